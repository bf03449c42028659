// A small pool of worker threads. Parallel loops may be nested: the caller always takes part, so a
// loop inside a task never waits for a free worker. Nothing process-wide is touched.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace tagwerk {

class Pool {
 public:
  /// `threads` counts the calling thread: Pool(1) starts none and runs everything inline.
  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return threads_; }

  /// Calls body(i) for i in [0, n), each exactly once, in any order, on up to threads() threads;
  /// returns when all are done. The first exception thrown by a body is thrown again here.
  void For(std::size_t n, const std::function<void(std::size_t)>& body);

  /// Splits [0, n) into chunks of about `grain` and calls body(begin, end) for each.
  void Chunks(std::size_t n, std::size_t grain, const std::function<void(std::size_t, std::size_t)>& body);

 private:
  struct State;
  int threads_;
  std::unique_ptr<State> state_;
};

/// Runs one function on a thread of its own; joined on destruction. The first exception is kept for Get().
class Background {
 public:
  explicit Background(std::function<void()> body);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  /// Waits at most so long; returns whether the function has ended.
  bool WaitFor(double seconds);
  /// Waits for the end and throws again what the function threw.
  void Get();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tagwerk
