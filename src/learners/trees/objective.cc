#include "learners/trees/objective.h"

#include <fmt/format.h>

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

double WeightedQuantile(std::vector<Weighed>& items, double share) {
  if (items.empty()) return 0;
  std::sort(items.begin(), items.end(), [](const Weighed& a, const Weighed& b) { return a.value < b.value; });
  double total = 0;
  for (const Weighed& item : items) total += item.weight;
  double sum = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    sum += items[i].weight;
    if (sum == share * total && i + 1 < items.size()) return items[i].value / 2 + items[i + 1].value / 2;
    if (sum >= share * total) return items[i].value;
  }
  return items.back().value;
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
