// Waiting without sleep, for things that take less time than falling asleep would.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace tagwerk {

/// Tells the processor that this thread waits in a loop.
inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Looks for up to 300 microseconds until `done`; returns whether it is done. To wake a sleeping core takes a tenth to
/// a half of that.
template <class Done>
bool LookFor(const Done& done) {
  constexpr std::chrono::microseconds kPatience(300);
  const auto start = std::chrono::steady_clock::now();
  do {
    for (int i = 0; i < 64; ++i) {
      if (done()) return true;
      Pause();
    }
  } while (std::chrono::steady_clock::now() - start < kPatience);
  return done();
}

/// A lock for a few instructions at a time.
class SpinLock {
 public:
  void lock() {
    while (taken_.test_and_set(std::memory_order_acquire)) {
      if (!LookFor([&] { return !taken_.test(std::memory_order_relaxed); })) std::this_thread::yield();
    }
  }
  void unlock() { taken_.clear(std::memory_order_release); }

 private:
  std::atomic_flag taken_;
};

}  // namespace tagwerk
