#include "learners/trees/objective.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "learners/trees/losses.h"

namespace tagwerk::learners::trees {

using model::RowIndex;

const std::vector<RegressionLoss>& RegressionLosses() {
  static const std::vector<RegressionLoss> losses = {
      {"squared", MakeSquared},   {"absolute", MakeAbsolute},
      {"quantile", MakeQuantile}, {"huber", MakeHuber},
      {"poisson", MakePoisson},   {"gamma", MakeGamma},
      {"tweedie", MakeTweedie},   {"cross_entropy", MakeCrossEntropy},
  };
  return losses;
}

MadeObjective MakeObjective(const model::TrainingData& data, const TrainingRows& rows, const LossSettings& settings) {
  if (data.task == Task::kBinary) return MakeLogistic(data, rows);
  if (data.task == Task::kMulticlass) return MakeSoftmax(data, rows);
  for (const RegressionLoss& loss : RegressionLosses()) {
    if (loss.name == settings.loss) return loss.make(data, rows, settings);
  }
  return Error(Code::kInternal, "internal", "no such loss: " + settings.loss);
}

// By halving, as quickselect: each step keeps the half in which the share is reached.
double WeightedQuantile(std::vector<Weighed>& items, double share) {
  if (items.empty()) return 0;
  const auto less = [](const Weighed& a, const Weighed& b) { return a.value < b.value; };
  const auto sum_of = [](auto begin, auto end) {
    double sum = 0;
    for (; begin != end; ++begin) sum += begin->weight;
    return sum;
  };
  const double wanted = share * sum_of(items.begin(), items.end());
  auto begin = items.begin(), end = items.end();
  double below = 0;  // weight before `begin`
  while (end - begin > 16) {
    const auto middle = begin + (end - begin) / 2;
    std::nth_element(begin, middle, end, less);
    const double half = sum_of(begin, middle);
    if (below + half >= wanted) {
      end = middle;
    } else {
      below += half;
      begin = middle;
    }
  }
  std::sort(begin, end, less);
  for (auto at = begin; at != end; ++at) {
    below += at->weight;
    if (below < wanted && at + 1 != items.end()) continue;
    if (below != wanted || at + 1 == items.end()) return at->value;
    const auto next = at + 1 != end ? at + 1 : std::min_element(end, items.end(), less);
    return at->value / 2 + next->value / 2;
  }
  return std::prev(end)->value;
}

Status CheckDomain(const model::TrainingData& data, const TrainingRows& rows, std::string_view loss, double low,
                   bool open, double high) {
  for (const auto* part : {&rows.train, &rows.valid}) {
    for (const RowIndex r : *part) {
      const double y = data.y[r];
      if ((open ? y > low : y >= low) && y <= high) continue;
      std::string range = fmt::format("{} {}", open ? "above" : "of at least", Shortest(low));
      if (std::isfinite(high)) range = fmt::format("from {} to {}", Shortest(low), Shortest(high));
      return Error(Code::kInvalidData, "target-domain", fmt::format("loss {} needs targets {}", loss, range))
          .Row(std::int64_t(r) + 1)
          .Got(Shortest(y))
          .Do("another loss: squared takes every number");
    }
  }
  return Ok();
}

}  // namespace tagwerk::learners::trees
