#include "serve/rate_limit.h"

#include <arpa/inet.h>

#include <algorithm>

namespace tagwerk::serve {
namespace {

constexpr std::size_t kMostOfShard = 4096;
constexpr double kSweepSeconds = 0.1;

}  // namespace

double RateLimit::Ask(std::string_view caller, TimePoint now) {
  Shard& shard = shards_[std::hash<std::string_view>()(caller) % shards_.size()];
  const std::lock_guard lock(shard.mutex);
  std::string key(caller);
  if (shard.due.size() >= kMostOfShard && !shard.due.contains(key)) {
    if (now - shard.swept >= ToDuration(kSweepSeconds)) {  // not for every request of an attack
      std::erase_if(shard.due, [&](const auto& entry) { return entry.second <= now; });
      shard.swept = now;
    }
    if (shard.due.size() >= kMostOfShard) key.clear();
  }
  TimePoint& due = shard.due[key];
  const TimePoint start = std::max(due, now);
  const double ahead = std::chrono::duration<double>(start - now).count();
  if (ahead > burst_ + 1e-9) return ahead - burst_;
  due = start + ToDuration(interval_);
  return 0;
}

std::string AddressGroup(std::string_view address) {
  std::string text(address);
  in6_addr six{};
  if (inet_pton(AF_INET6, text.c_str(), &six) != 1) return text;
  std::fill(six.s6_addr + 8, six.s6_addr + 16, 0);
  char network[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, &six, network, sizeof network);
  return std::string(network) + "/64";
}

}  // namespace tagwerk::serve
