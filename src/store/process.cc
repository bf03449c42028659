#include "store/process.h"

#include <unistd.h>

#include <fstream>
#include <sstream>

namespace tagwerk::store {

namespace {

std::string BootId() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id.empty() ? "unknown" : id;
}

/// The 22nd field of /proc/<pid>/stat (proc(5)): start in ticks after boot; "" if there is no such process.
std::string StartOf(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return "";
  std::istringstream fields(line.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i)
    if (!(fields >> field)) return "";
  return field;
}

}  // namespace

std::string ThisProcess() {
  const std::string pid = std::to_string(::getpid());
  return BootId() + " " + pid + " " + StartOf(pid);
}

bool StillRuns(const std::string& process) {
  std::istringstream words(process);
  std::string boot, pid, start;
  words >> boot >> pid >> start;
  if (boot != BootId() || pid.empty() || pid.find_first_not_of("0123456789") != std::string::npos) return false;
  return !start.empty() && StartOf(pid) == start;
}

}  // namespace tagwerk::store
