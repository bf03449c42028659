#include "serve/loop_watch.h"

#include <algorithm>
#include <utility>

namespace tagwerk::serve {
namespace {

constexpr double kMeasureSeconds = 0.09;  ///< at least, between two measurements

}  // namespace

LoopWatch::LoopWatch(Shared& shared, std::vector<Loop*> loops, std::function<LoopLoad()> told)
    : shared_(shared),
      loops_(std::move(loops)),
      told_(std::move(told)),
      count_(loops_.size()),
      looked_(Clock::now()),
      given_up_(shared_.restless || loops_.size() == 1) {
  Use(given_up_ ? loops_.size() : 1);
}

void LoopWatch::Look() {
  const TimePoint now = Clock::now();
  const double passed = std::chrono::duration<double>(now - looked_).count();
  if (given_up_ || passed < kMeasureSeconds) return;
  looked_ = now;
  const auto load = told_ ? told_() : LoadSince(passed);
  if (load) count_.Look(*load, std::chrono::duration<double>(now.time_since_epoch()).count());
  Use(given_up_ ? loops_.size() : count_.in_use());
}

// Absent until there are two measurements, and where the system does not tell.
std::optional<LoopLoad> LoopWatch::LoadSince(double passed) {
  if (meters_.empty()) {
    if (std::any_of(loops_.begin(), loops_.end(), [](const Loop* loop) { return loop->thread_id() == 0; })) return {};
    for (const Loop* loop : loops_) given_up_ = !meters_.emplace_back().Open(loop->thread_id()) || given_up_;
  }
  LoopLoad load;
  const bool first = before_.empty();
  given_up_ = given_up_ || !Measure(passed, load);
  return first || given_up_ ? std::nullopt : std::optional(load);
}

bool LoopWatch::Measure(double passed, LoopLoad& load) {
  before_.resize(loops_.size());
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    const auto did = meters_[i].Read();
    if (!did) return false;
    load.busy += (did->busy - before_[i].busy) / passed;
    load.waited += (did->waited - before_[i].waited) / passed;
    before_[i] = *did;
  }
  const auto idle = count_.asks_for_idle() ? IdleSeconds() : std::nullopt;
  if (idle && idle_before_) load.idle = (*idle - *idle_before_) / passed;
  idle_before_ = idle;
  return true;
}

void LoopWatch::Use(std::size_t loops) {
  if (shared_.loops_in_use.exchange(loops) == loops) return;
  shared_.shares.fetch_add(1, std::memory_order_release);
}

}  // namespace tagwerk::serve
