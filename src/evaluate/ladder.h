// Rows in the order of their score with running sums of positives and negatives: what every threshold would
// decide. Internal to this folder.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "evaluate/evaluate.h"

namespace tagwerk::evaluate {

/// What one decision of each kind earns (+) or costs (-).
struct Value {
  bool given = false;
  double true_positive = 0, false_positive = 0, false_negative = 0, true_negative = 0;
};

inline Value ValueFrom(const Json& json) {
  Value value;
  if (!json.is_object()) return value;
  const auto read = [&](const char* key, double& to) {
    const auto it = json.find(key);
    if (it == json.end() || !it->is_number() || !std::isfinite(it->get<double>())) return;
    to = it->get<double>();
    value.given = value.given || to != 0;
  };
  read("true_positive", value.true_positive);
  read("false_positive", value.false_positive);
  read("false_negative", value.false_negative);
  read("true_negative", value.true_negative);
  return value;
}

/// Weight of the rows by truth and decision; plain counts without weights.
struct Outcomes {
  double true_positive = 0, false_positive = 0, false_negative = 0, true_negative = 0;
  double Worth(const Value& value) const {
    return true_positive * value.true_positive + false_positive * value.false_positive +
           false_negative * value.false_negative + true_negative * value.true_negative;
  }
};

/// Rows by descending score of the positive class with running sums of positives and negatives.
class Ladder {
 public:
  Ladder(const metrics::Scored& scored, std::span<const double> scores, bool weighted) {
    const std::size_t n = scored.truth.size();
    std::vector<std::uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0u);
    const auto score = [&](std::uint32_t i) { return scores[2 * i + std::size_t(scored.positive)]; };
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return score(a) > score(b); });
    positives_.assign(1, 0.0);
    negatives_.assign(1, 0.0);
    for (const std::uint32_t i : order) {
      const double w = weighted && !scored.weight.empty() ? scored.weight[i] : 1.0;
      const bool positive = scored.truth[i] == scored.positive;
      scores_.push_back(score(i));
      positives_.push_back(positives_.back() + (positive ? w : 0));
      negatives_.push_back(negatives_.back() + (positive ? 0 : w));
    }
  }
  std::size_t size() const { return scores_.size(); }
  const std::vector<double>& scores() const { return scores_; }
  double total() const { return positives_.back() + negatives_.back(); }

  /// Returns the outcomes when the first `taken` rows are decided positive.
  Outcomes Taking(std::size_t taken) const {
    return {positives_[taken], negatives_[taken], positives_.back() - positives_[taken],
            negatives_.back() - negatives_[taken]};
  }
  Outcomes At(double threshold) const {
    const auto end = std::partition_point(scores_.begin(), scores_.end(), [&](double s) { return s >= threshold; });
    return Taking(std::size_t(end - scores_.begin()));
  }

 private:
  std::vector<double> scores_, positives_, negatives_;
};

}  // namespace tagwerk::evaluate
