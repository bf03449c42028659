#include "base/threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/spin.h"

namespace tagwerk {

namespace {

/// Locks a mutex that is never held for long: sleeping for it would take longer than it is held.
std::unique_lock<std::mutex> Lock(std::mutex& mutex) {
  std::unique_lock lock(mutex, std::defer_lock);
  if (!LookFor([&] { return lock.try_lock(); })) lock.lock();
  return lock;
}

}  // namespace

struct Pool::State {
  /// One parallel loop: an atomic counter hands out indices to whoever helps.
  struct Loop {
    std::size_t n;
    const std::function<void(std::size_t)>* body;
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> done{0};
    std::exception_ptr failure;  // guarded by mutex
    std::mutex mutex;
    std::condition_variable finished;

    bool HasWork() const { return next.load(std::memory_order_relaxed) < n; }
    bool Done() const { return done.load(std::memory_order_acquire) == n; }

    void Work() {
      std::size_t mine = 0;
      std::exception_ptr failed;
      for (std::size_t i; (i = next.fetch_add(1)) < n; ++mine) {
        try {
          if (!failed) (*body)(i);
        } catch (...) {
          failed = std::current_exception();
        }
      }
      if (mine == 0) return;
      if (failed) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = failed;
      }
      if (done.fetch_add(mine, std::memory_order_acq_rel) + mine < n) return;
      const std::lock_guard lock(mutex);
      finished.notify_all();
    }

    void Wait() {
      if (LookFor([&] { return Done(); })) return;
      std::unique_lock lock(mutex);
      finished.wait(lock, [&] { return Done(); });
    }
  };

  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::shared_ptr<Loop>> loops;
  std::atomic<std::uint64_t> published{0};  // changed under the mutex
  int asleep = 0;
  bool stopping = false;
  std::vector<std::thread> workers;

  void Run() {
    while (true) {
      const std::uint64_t seen = published.load(std::memory_order_acquire);
      if (const std::shared_ptr<Loop> loop = Newest()) {
        loop->Work();
        continue;
      }
      if (LookFor([&] { return published.load(std::memory_order_acquire) != seen; })) continue;
      std::unique_lock lock(mutex);
      ++asleep;
      wake.wait(lock, [&] { return stopping || published.load(std::memory_order_relaxed) != seen; });
      --asleep;
      if (stopping) return;
    }
  }

  // The newest loop first: inner loops finish before outer ones are widened.
  std::shared_ptr<Loop> Newest() {
    const auto lock = Lock(mutex);
    while (!loops.empty() && !loops.back()->HasWork()) loops.pop_back();
    return loops.empty() ? nullptr : loops.back();
  }

  void Publish(const std::shared_ptr<Loop>& loop) {
    const auto lock = Lock(mutex);
    loops.push_back(loop);
    published.fetch_add(1, std::memory_order_release);
    if (asleep > 0) wake.notify_all();
  }

  void Remove(const std::shared_ptr<Loop>& loop) {
    const auto lock = Lock(mutex);
    const auto it = std::find(loops.begin(), loops.end(), loop);
    if (it != loops.end()) loops.erase(it);
  }
};

Pool::Pool(int threads) : threads_(std::max(1, threads)), state_(std::make_unique<State>()) {
  for (int i = 1; i < threads_; ++i) state_->workers.emplace_back([this] { state_->Run(); });
}

Pool::~Pool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->published.fetch_add(1, std::memory_order_release);
  }
  state_->wake.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

void Pool::For(std::size_t n, const std::function<void(std::size_t)>& body) {
  if (n == 0) return;
  if (n == 1 || threads_ == 1) {
    for (std::size_t i = 0; i < n; ++i) body(i);
    return;
  }
  const auto loop = std::make_shared<State::Loop>();
  loop->n = n;
  loop->body = &body;
  state_->Publish(loop);
  loop->Work();
  state_->Remove(loop);
  loop->Wait();
  if (loop->failure) std::rethrow_exception(loop->failure);
}

void Pool::Chunks(std::size_t n, std::size_t grain, const std::function<void(std::size_t, std::size_t)>& body) {
  grain = std::max<std::size_t>(1, grain);
  For((n + grain - 1) / grain, [&](std::size_t i) { body(i * grain, std::min(n, (i + 1) * grain)); });
}

struct Background::State {
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  std::exception_ptr failure;
  std::thread thread;
};

Background::Background(std::function<void()> body) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.thread = std::thread([&state, body = std::move(body)] {
    std::exception_ptr failure;
    try {
      body();
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard lock(state.mutex);
    state.failure = failure;
    state.done = true;
    state.ended.notify_all();
  });
}

Background::~Background() {
  if (state_->thread.joinable()) state_->thread.join();
}

bool Background::WaitFor(double seconds) {
  std::unique_lock lock(state_->mutex);
  return state_->ended.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return state_->done; });
}

void Background::Get() {
  if (state_->thread.joinable()) state_->thread.join();
  if (state_->failure) std::rethrow_exception(state_->failure);
}

}  // namespace tagwerk
