// Looks at the loops of a server and lets as many be in use as help: measures for loop_count.h.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/context.h"
#include "serve/loop.h"
#include "serve/loop_count.h"

namespace tagwerk::serve {

class LoopWatch {
 public:
  /// Both must outlive this. Where the system does not tell what threads do, all loops are in use.
  /// `told`: what the loops do, for tests; empty: it is measured.
  LoopWatch(Shared& shared, std::vector<Loop*> loops, std::function<LoopLoad()> told);
  /// To be called many times a second while the loops run; measures every tenth of a second.
  void Look();

 private:
  std::optional<LoopLoad> LoadSince(double passed);
  bool Measure(double passed, LoopLoad& load);
  void Use(std::size_t loops);

  Shared& shared_;
  const std::vector<Loop*> loops_;
  const std::function<LoopLoad()> told_;
  LoopCount count_;
  std::vector<ThreadMeter> meters_;  ///< of each loop, once all run
  std::vector<ThreadMeter::Seconds> before_;
  std::optional<double> idle_before_;
  TimePoint looked_;
  bool given_up_ = false;
};

}  // namespace tagwerk::serve
