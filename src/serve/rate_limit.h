// How often one caller may ask: the generic cell rate algorithm (ITU-T I.371, Annex A), one time stamp a caller.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/context.h"

namespace tagwerk::serve {

class RateLimit {
 public:
  /// `requests` in `seconds`, all of them at once if the caller likes; 0 requests: no limit.
  RateLimit(double requests, double seconds)
      : interval_(requests > 0 ? seconds / requests : 0), burst_(requests >= 1 ? seconds - interval_ : 0) {}
  bool any() const { return interval_ > 0; }
  /// Counts a request; returns 0 where it may pass, else the seconds after which one will. Callers that are refused are
  /// not counted. Any thread; callers beyond some 65,000 that asked just now share one count.
  double Ask(std::string_view caller, TimePoint now);

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, TimePoint> due;  ///< when the caller's count is back at 0
    TimePoint swept;
  };
  double interval_, burst_;  ///< seconds
  std::array<Shard, 16> shards_;
};

/// Callers that one party may have at will count as one: the 2^64 addresses of an IPv6 network.
std::string AddressGroup(std::string_view address);

}  // namespace tagwerk::serve
