// How many of a server's loops are in use: as many as there is work for and as the machine has free cores for. A loop
// more than that waits for its core a slice of the scheduler at a time, and its connections wait with it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tagwerk::serve {

/// What the loops in use did since the last look, in cores (1: one processor the whole time).
struct LoopLoad {
  double busy = 0;             ///< ran
  double waited = 0;           ///< could have run, but others had the processor
  std::optional<double> idle;  ///< of the processors that this process may use, what nobody used; absent: not measured
};

class LoopCount {
 public:
  explicit LoopCount(std::size_t most) : most_(most) {}
  std::size_t in_use() const { return in_use_; }
  /// Returns whether the next look should know what the machine has idle.
  bool asks_for_idle() const { return saturated_ > 0; }
  /// Takes what was seen since the last look; `seconds`: time now, on any clock that does not go back.
  void Look(const LoopLoad& load, double seconds);

 private:
  void GiveUp(std::size_t loops, double seconds);

  const std::size_t most_;
  std::size_t in_use_ = 1;
  int saturated_ = 0, crowded_ = 0, slack_ = 0;  ///< looks in a row
  double opened_ = 0, rests_until_ = 0, rest_ = 0;
};

/// Reads from Linux what threads did: /proc/self/task/ID/schedstat.
class ThreadMeter {
 public:
  ThreadMeter() = default;
  ~ThreadMeter();
  ThreadMeter(ThreadMeter&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  ThreadMeter& operator=(ThreadMeter&&) = delete;
  /// Starts to watch a thread of this process; false where the system does not tell.
  bool Open(int thread_id);
  struct Seconds {
    double busy = 0, waited = 0;
  };
  /// Since the thread began; absent where it has ended.
  std::optional<Seconds> Read() const;

 private:
  int fd_ = -1;
};

/// Seconds that the processors which this process may use were idle since the machine started, all together.
std::optional<double> IdleSeconds();
/// The same of the text of /proc/stat, for the processors for which `allowed` is true; `tick`: seconds.
std::optional<double> IdleSecondsIn(const std::string& stat, const std::vector<bool>& allowed, double tick);

}  // namespace tagwerk::serve
