// ROC and precision-recall curves of a binary model, thinned to what a chart can show.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "evaluate/evaluate.h"

namespace tagwerk::evaluate {
namespace {

constexpr std::size_t kPoints = 200;
using Point = std::array<double, 2>;

// Keeps the first and the last point and those that are evenly spaced along the curve.
std::vector<Point> Thin(const std::vector<Point>& points) {
  if (points.size() <= kPoints) return points;
  std::vector<double> along(points.size(), 0.0);
  for (std::size_t i = 1; i < points.size(); ++i)
    along[i] = along[i - 1] + std::abs(points[i][0] - points[i - 1][0]) + std::abs(points[i][1] - points[i - 1][1]);
  std::vector<Point> kept{points.front()};
  double next = along.back() / double(kPoints - 1);
  for (std::size_t i = 1; i + 1 < points.size() && kept.size() + 1 < kPoints; ++i) {
    if (along[i] < next) continue;
    kept.push_back(points[i]);
    next = std::max(next, along[i]) + along.back() / double(kPoints - 1);
  }
  kept.push_back(points.back());
  return kept;
}

}  // namespace

Json CurvesJson(const EvaluateInput& input) {
  const metrics::Scored& scored = input.scored;
  TW_CHECK(scored.task == Task::kBinary);
  const std::size_t n = scored.truth.size();
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  const auto score = [&](std::uint32_t i) { return scored.scores[2 * i + std::size_t(scored.positive)]; };
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return score(a) > score(b); });
  double positives = 0, negatives = 0;
  const auto weight = [&](std::size_t i) { return scored.weight.empty() ? 1.0 : scored.weight[i]; };
  for (std::size_t i = 0; i < n; ++i) (scored.truth[i] == scored.positive ? positives : negatives) += weight(i);
  if (!(positives > 0 && negatives > 0)) return {{"roc", Json::array()}, {"precision_recall", Json::array()}};
  std::vector<Point> roc{{0, 0}}, precision_recall;
  double hits = 0, misses = 0;
  for (std::size_t i = 0; i < n; ++i) {
    (scored.truth[order[i]] == scored.positive ? hits : misses) += weight(order[i]);
    if ((i + 1 < n && score(order[i + 1]) == score(order[i])) || !(hits + misses > 0)) continue;
    roc.push_back({misses / negatives, hits / positives});
    precision_recall.push_back({hits / positives, hits / (hits + misses)});
  }
  precision_recall.insert(precision_recall.begin(), Point{0, precision_recall.front()[1]});
  return {{"roc", Thin(roc)}, {"precision_recall", Thin(precision_recall)}};
}

}  // namespace tagwerk::evaluate
