#include "base/context.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>

namespace tagwerk {

namespace {

/// Reads the first number of a file of the kernel; nothing if it is absent or says "max".
std::optional<std::uint64_t> KernelNumber(const char* path, int position = 0) {
  std::ifstream file(path);
  std::string word;
  for (int i = 0; i <= position; ++i)
    if (!(file >> word)) return std::nullopt;
  if (word.empty() || !std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  return std::stoull(word);
}

std::uint64_t AvailableMemory() {
  std::ifstream file("/proc/meminfo");
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t kib = 0;
    if (words >> name >> kib && name == "MemAvailable:") return kib * 1024;
  }
  return std::uint64_t(sysconf(_SC_PHYS_PAGES)) * std::uint64_t(sysconf(_SC_PAGESIZE));
}

}  // namespace

double Context::SecondsLeft() const {
  if (deadline == TimePoint::max()) return 1e18;
  return std::chrono::duration<double>(deadline - Clock::now()).count();
}

Context Context::Until(TimePoint limit) const {
  Context narrowed = *this;
  narrowed.deadline = std::min(deadline, limit);
  return narrowed;
}

void Context::Log(Level level, std::string phase, std::string text) const {
  if (listener) listener(Event{level, std::move(phase), std::move(text)});
}

std::uint64_t ResidentBytes() {
  const auto pages = KernelNumber("/proc/self/statm", 1);
  return pages.value_or(0) * std::uint64_t(sysconf(_SC_PAGESIZE));
}

std::uint64_t PeakResidentBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::uint64_t(usage.ru_maxrss) * 1024;
}

std::uint64_t DefaultMemoryLimit() {
  std::uint64_t available = AvailableMemory();
  if (const auto limit = KernelNumber("/sys/fs/cgroup/memory.max")) available = std::min(available, *limit);
  return available / 5 * 4;
}

int UsableCores() {
  int cores = 1;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = std::max(1, CPU_COUNT(&set));
  const auto quota = KernelNumber("/sys/fs/cgroup/cpu.max", 0);
  const auto period = KernelNumber("/sys/fs/cgroup/cpu.max", 1);
  if (quota && period && *period > 0)
    cores = std::min(cores, std::max(1, int(std::ceil(double(*quota) / double(*period)))));
  return cores;
}

}  // namespace tagwerk
