// Fuzz target: any bytes as tagwerk.toml. What must hold: arguments are filled, or one clear error.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "app/project.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int file = ::memfd_create("project", MFD_CLOEXEC);
  if (file < 0 || ::write(file, data, size) != ssize_t(size)) return 0;
  tagwerk::app::Arguments arguments;
  arguments.verb = tagwerk::app::FindVerb("run");
  const auto status = tagwerk::app::TakeProject("/proc/self/fd/" + std::to_string(file), arguments);
  ::close(file);
  if (!status) (void)status.error().Text();
  return 0;
}
