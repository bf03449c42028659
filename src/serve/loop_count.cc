#include "serve/loop_count.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace tagwerk::serve {
namespace {

constexpr double kSaturated = 0.9;    ///< of a core, that each loop in use has run
constexpr double kFreeCore = 0.5;     ///< idle, for another loop to be worth it
constexpr double kCrowded = 0.25;     ///< cores waited for: loops stand in each other's way, or in the client's
constexpr double kWorthALoop = 0.25;  ///< of a core, that a loop more must have brought
constexpr double kSlack = 0.6;        ///< of a core a loop, which fewer loops would have: there is work for fewer
constexpr int kLooksToOpen = 2, kLooksToClose = 2, kLooksOfSlack = 20;
constexpr double kLeastRest = 1, kMostRest = 30;  ///< seconds after a loop that brought nothing
constexpr double kProven = 10;                    ///< seconds after which a loop was worth opening

template <class T>
bool TakeNumber(std::string_view& text, T& value) {
  while (!text.empty() && (text[0] == ' ' || text[0] == '\n')) text.remove_prefix(1);
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc()) return false;
  text.remove_prefix(std::size_t(end - text.data()));
  return true;
}

}  // namespace

void LoopCount::Look(const LoopLoad& load, double seconds) {
  const double in_use = double(in_use_);
  const auto carried = std::size_t(std::max(1.0, std::ceil(load.busy - kWorthALoop)));
  crowded_ = load.waited > kCrowded && carried < in_use_ ? crowded_ + 1 : 0;
  if (crowded_ >= kLooksToClose) return GiveUp(carried, seconds);
  const auto needed = std::size_t(std::max(1.0, std::ceil((load.busy + load.waited) / kSlack)));
  slack_ = needed < in_use_ ? slack_ + 1 : 0;
  if (slack_ >= kLooksOfSlack) {
    in_use_ = needed;
    slack_ = 0;
  }
  const bool wanted = in_use_ < most_ && load.busy > kSaturated * in_use && seconds >= rests_until_;
  saturated_ = wanted ? saturated_ + 1 : 0;
  if (saturated_ < kLooksToOpen || load.idle.value_or(0) < kFreeCore) return;
  in_use_ += std::clamp<std::size_t>(std::size_t(*load.idle), 1, std::min(in_use_, most_ - in_use_));
  opened_ = seconds;
  saturated_ = slack_ = 0;
}

// A loop that was tried in vain is not tried again soon: what the machine calls idle may not be ours (a quota).
void LoopCount::GiveUp(std::size_t loops, double seconds) {
  in_use_ = loops;
  rest_ = seconds - opened_ < kProven ? std::clamp(2 * rest_, kLeastRest, kMostRest) : kLeastRest;
  rests_until_ = seconds + rest_;
  saturated_ = crowded_ = slack_ = 0;
}

ThreadMeter::~ThreadMeter() {
  if (fd_ >= 0) ::close(fd_);
}

bool ThreadMeter::Open(int thread_id) {
  const std::string path = "/proc/self/task/" + std::to_string(thread_id) + "/schedstat";
  fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  return Read().has_value();
}

std::optional<ThreadMeter::Seconds> ThreadMeter::Read() const {
  std::array<char, 96> bytes;
  const ssize_t size = fd_ < 0 ? -1 : ::pread(fd_, bytes.data(), bytes.size(), 0);
  if (size <= 0) return std::nullopt;
  std::string_view text(bytes.data(), std::size_t(size));
  std::uint64_t busy = 0, waited = 0;
  if (!TakeNumber(text, busy) || !TakeNumber(text, waited) || busy == 0) return std::nullopt;  // 0: nothing is counted
  return Seconds{double(busy) * 1e-9, double(waited) * 1e-9};
}

std::optional<double> IdleSecondsIn(const std::string& stat, const std::vector<bool>& allowed, double tick) {
  double ticks = 0;
  bool any = false;
  for (std::string_view left = stat; !left.empty();) {
    std::string_view line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(left.size(), line.size() + 1));
    if (!line.starts_with("cpu")) break;  // they come first
    line.remove_prefix(3);
    std::size_t number = 0;
    if (line.empty() || line[0] == ' ' || !TakeNumber(line, number)) continue;  // the sum of all
    if (number >= allowed.size() || !allowed[number]) continue;
    std::uint64_t value = 0;
    for (int field = 0; field < 4; ++field)  // user, nice, system, idle
      if (!TakeNumber(line, value)) return std::nullopt;
    ticks += double(value);
    any = true;
  }
  if (!any) return std::nullopt;
  return ticks * tick;
}

std::optional<double> IdleSeconds() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return std::nullopt;
  std::vector<bool> allowed(CPU_SETSIZE);
  for (std::size_t i = 0; i < allowed.size(); ++i) allowed[i] = CPU_ISSET(i, &set);
  const int fd = ::open("/proc/stat", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::string text;
  std::array<char, 4096> bytes;
  for (ssize_t size = 0; (size = ::read(fd, bytes.data(), bytes.size())) > 0;) {
    text.append(bytes.data(), std::size_t(size));
    if (text.find("\nintr") != std::string::npos) break;  // what follows may be long, and is not asked for
  }
  ::close(fd);
  return IdleSecondsIn(text, allowed, 1.0 / double(::sysconf(_SC_CLK_TCK)));
}

}  // namespace tagwerk::serve
