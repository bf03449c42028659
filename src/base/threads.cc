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

namespace tagwerk {

namespace {

/// One parallel loop: an atomic counter hands out indices to whoever helps.
struct Loop {
  std::size_t n;
  const std::function<void(std::size_t)>* body;
  std::atomic<std::size_t> next{0};
  std::size_t done = 0;        // guarded by mutex
  std::exception_ptr failure;  // guarded by mutex
  std::mutex mutex;
  std::condition_variable finished;

  bool HasWork() const { return next.load(std::memory_order_relaxed) < n; }

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
    std::lock_guard lock(mutex);
    if (failed && !failure) failure = failed;
    done += mine;
    if (done == n) finished.notify_all();
  }
};

}  // namespace

struct Pool::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::shared_ptr<Loop>> loops;
  bool stopping = false;
  std::vector<std::thread> workers;

  void Run() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return stopping || !loops.empty(); });
      if (stopping) return;
      // The newest loop first: inner loops finish before outer ones are widened.
      std::shared_ptr<Loop> loop = loops.back();
      if (!loop->HasWork()) {
        loops.pop_back();
        continue;
      }
      lock.unlock();
      loop->Work();
      lock.lock();
    }
  }

  void Remove(const std::shared_ptr<Loop>& loop) {
    std::lock_guard lock(mutex);
    const auto it = std::find(loops.begin(), loops.end(), loop);
    if (it != loops.end()) loops.erase(it);
  }
};

Pool::Pool(int threads) : threads_(std::max(1, threads)), state_(std::make_unique<State>()) {
  for (int i = 1; i < threads_; ++i) state_->workers.emplace_back([this] { state_->Run(); });
}

Pool::~Pool() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
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
  auto loop = std::make_shared<Loop>();
  loop->n = n;
  loop->body = &body;
  {
    std::lock_guard lock(state_->mutex);
    state_->loops.push_back(loop);
  }
  state_->wake.notify_all();
  loop->Work();
  state_->Remove(loop);
  std::unique_lock lock(loop->mutex);
  loop->finished.wait(lock, [&] { return loop->done == n; });
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
