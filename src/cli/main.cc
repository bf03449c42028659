// The program: installs the signal handlers and hands over to cli/command.cc.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/command.h"

namespace {

tagwerk::cli::Interrupts interrupts;  // signal handlers cannot be given anything
volatile sig_atomic_t last_signal = 0;

/// First signal: end with the best so far. Second: stop soon. Third: the process ends here; everything on
/// disk is whole at any instant.
extern "C" void OnSignal(int signal_number) {
  last_signal = signal_number;
  if (interrupts.second.requested()) _exit(130);
  if (interrupts.first.requested()) interrupts.second.Request();
  interrupts.first.Request();
}

}  // namespace

int main(int argc, char** argv) {
  const tagwerk::TimePoint started = tagwerk::Clock::now();
  const double started_unix = tagwerk::UnixNow();
  struct sigaction action{};
  action.sa_handler = OnSignal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction pipe_action{};
  pipe_action.sa_handler = [](int) { _exit(0); };  // the reader has seen enough
  sigaction(SIGPIPE, &pipe_action, nullptr);
  const int code =
      tagwerk::cli::RunCommand(std::vector<std::string>(argv + 1, argv + argc), interrupts, started, started_unix);
  return code == 130 && last_signal == SIGTERM ? 143 : code;
}
