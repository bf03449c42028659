// What every stage gets from outside: threads, stop signal and deadline, memory limit, log, seed.
// There are no mutable globals; two runs in one process do not see each other.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/threads.h"

namespace tagwerk {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

inline Clock::duration ToDuration(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };

/// One log line: `TIME LEVEL PHASE TEXT`; the listener adds the time.
struct Event {
  Level level;
  std::string phase;  ///< read, profile, split, baseline, search, ...
  std::string text;
};
using Listener = std::function<void(const Event&)>;  ///< may be called from any thread

/// Set by Ctrl-C / SIGTERM (async-signal-safe) or by a caller; read by every long loop.
class StopFlag {
 public:
  StopFlag() = default;
  /// Is set when `outer` is, too, which may be null and must outlive this.
  explicit StopFlag(const StopFlag* outer) : outer_(outer) {}
  void Request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const {
    return requested_.load(std::memory_order_relaxed) || (outer_ != nullptr && outer_->requested());
  }

 private:
  std::atomic<bool> requested_{false};
  const StopFlag* outer_ = nullptr;
};

/// Cheap to copy; a stage narrows the deadline for what it calls.
struct Context {
  Pool* pool = nullptr;            ///< never null in use
  const StopFlag* stop = nullptr;  ///< null: cannot be interrupted
  TimePoint deadline = TimePoint::max();
  std::uint64_t memory_limit = 0;  ///< bytes for this process; 0 = none
  std::uint64_t seed = 0;
  Listener listener;  ///< may be empty

  bool Stopped() const { return stop != nullptr && stop->requested(); }
  /// Returns whether work should end now: interrupted or out of time.
  bool ShouldStop() const { return Stopped() || Clock::now() >= deadline; }
  double SecondsLeft() const;            ///< 1e18 without a deadline
  Context Until(TimePoint limit) const;  ///< the same with an earlier deadline
  void Log(Level level, std::string phase, std::string text) const;
};

/// Returns resident memory of this process in bytes (current / peak).
std::uint64_t ResidentBytes();
std::uint64_t PeakResidentBytes();
/// Returns the default memory limit: 80 % of the free memory or of the cgroup's limit.
std::uint64_t DefaultMemoryLimit();
/// Returns the usable cores: affinity mask and cgroup quota counted, at least 1.
int UsableCores();

}  // namespace tagwerk
