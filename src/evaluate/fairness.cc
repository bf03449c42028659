#include "evaluate/fairness.h"

#include <algorithm>
#include <cmath>

#include "base/constants.h"
#include "evaluate/resampling.h"
#include "evaluate/slice_groups.h"
#include "metrics/decisions.h"

namespace tagwerk::evaluate {
namespace {

constexpr std::size_t kLeastGroup = 20;

/// Weighted rows of one group.
struct Tally {
  double rows = 0, truth[2] = {0, 0}, decided[2] = {0, 0}, right = 0, error = 0, absolute = 0;
  double Selected() const { return rows > 0 ? (decided[0] + decided[1]) / rows : kNaN; }
  double Rate(int truth_class) const {
    return truth[truth_class] > 0 ? decided[truth_class] / truth[truth_class] : kNaN;
  }
  double Accuracy() const { return rows > 0 ? right / rows : kNaN; }
  double MeanError() const { return rows > 0 ? error / rows : kNaN; }
  double MeanAbsolute() const { return rows > 0 ? absolute / rows : kNaN; }
};

/// What one row adds to its group; group -1: in none.
struct RowFacts {
  std::int32_t group = -1;
  bool positive = false, marked = false, right = false;
  double error = 0;
};

std::vector<Tally> TalliesOf(const std::vector<RowFacts>& rows, std::size_t groups,
                             std::span<const std::uint8_t> counts) {
  std::vector<Tally> tallies(groups);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RowFacts& row = rows[i];
    const double w = counts.empty() ? 1 : counts[i];
    if (row.group < 0 || w == 0) continue;
    Tally& t = tallies[std::size_t(row.group)];
    t.rows += w;
    t.truth[row.positive ? 1 : 0] += w;
    if (row.marked) t.decided[row.positive ? 1 : 0] += w;
    if (row.right) t.right += w;
    t.error += w * row.error;
    t.absolute += w * std::abs(row.error);
  }
  return tallies;
}

using Figure = double (*)(const Tally& tally);

double GapOf(const std::vector<Tally>& tallies, Figure figure) {
  double low = INFINITY, high = -INFINITY;
  for (const Tally& tally : tallies) {
    const double value = figure(tally);
    if (std::isnan(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  return high >= low ? high - low : kNaN;
}

/// The largest of the gaps of several figures, made ready for resampling.
class Gaps : public metrics::Resampled {
 public:
  Gaps(const std::vector<RowFacts>& rows, std::size_t groups, std::vector<Figure> figures)
      : rows_(rows), groups_(groups), figures_(std::move(figures)) {}
  double At(std::span<const std::uint8_t> counts) const override {
    const std::vector<Tally> tallies = TalliesOf(rows_, groups_, counts);
    double largest = kNaN;
    for (const Figure figure : figures_) {
      const double gap = GapOf(tallies, figure);
      if (std::isnan(largest) || gap > largest) largest = gap;
    }
    return largest;
  }
  double Cost() const override { return 2.0 * double(rows_.size()); }

 private:
  const std::vector<RowFacts>& rows_;
  std::size_t groups_;
  std::vector<Figure> figures_;
};

std::vector<RowFacts> FactsOf(const EvaluateInput& input, const std::vector<Slice>& groups) {
  const metrics::Scored& scored = input.scored;
  std::vector<RowFacts> rows(scored.truth.size());
  std::vector<std::int32_t> decided;
  if (IsClassification(scored.task)) decided = metrics::Decide(scored);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    RowFacts& row = rows[i];
    if (scored.task == Task::kRegression) {
      row.error = scored.scores[i] - scored.truth[i];
      continue;
    }
    row.positive = scored.truth[i] == scored.positive;
    row.marked = decided[i] == scored.positive;
    row.right = scored.truth[i] == decided[i];
  }
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (const std::uint32_t i : groups[g].rows) rows[i].group = std::int32_t(g);
  return rows;
}

Json ShareJson(double part, double whole) {
  if (!(whole > 0)) return nullptr;
  const stats::Range range = stats::WilsonInterval(part, whole);
  return {{"value", part / whole}, {"low", range.low}, {"high", range.high}};
}

Json MeanErrorJson(const std::vector<RowFacts>& rows, const Slice& group, bool absolute) {
  double sum = 0, squares = 0;
  const auto n = double(group.rows.size());
  const auto value = [&](std::uint32_t i) { return absolute ? std::abs(rows[i].error) : rows[i].error; };
  for (const std::uint32_t i : group.rows) sum += value(i);
  for (const std::uint32_t i : group.rows) squares += (value(i) - sum / n) * (value(i) - sum / n);
  const stats::Range range = stats::MeanInterval(sum / n, std::sqrt(squares / (n - 1)), n);
  return {{"value", sum / n}, {"low", range.low}, {"high", range.high}};
}

Json GroupJson(Task task, const std::vector<RowFacts>& rows, const Slice& group, const Tally& t) {
  Json out = {{"value", group.label}, {"rows", group.rows.size()}};
  if (task == Task::kRegression) {
    out["mean_error"] = MeanErrorJson(rows, group, false);
    out["mean_absolute_error"] = MeanErrorJson(rows, group, true);
    return out;
  }
  if (task == Task::kBinary) {
    out["positive_share"] = t.truth[1] / t.rows;
    out["selected_share"] = ShareJson(t.decided[0] + t.decided[1], t.rows);
    out["true_positive_rate"] = ShareJson(t.decided[1], t.truth[1]);
    out["false_positive_rate"] = ShareJson(t.decided[0], t.truth[0]);
  }
  out["accuracy"] = ShareJson(t.right, t.rows);
  return out;
}

struct NamedGap {
  const char* name;
  std::vector<Figure> figures;
};

std::vector<NamedGap> GapsOf(Task task) {
  const Figure selected = [](const Tally& t) { return t.Selected(); };
  const Figure tpr = [](const Tally& t) { return t.Rate(1); };
  const Figure fpr = [](const Tally& t) { return t.Rate(0); };
  const Figure accuracy = [](const Tally& t) { return t.Accuracy(); };
  const Figure error = [](const Tally& t) { return t.MeanError(); };
  const Figure absolute = [](const Tally& t) { return t.MeanAbsolute(); };
  if (task == Task::kRegression) return {{"mean_error", {error}}, {"mean_absolute_error", {absolute}}};
  if (task == Task::kMulticlass) return {{"accuracy", {accuracy}}};
  return {{"demographic_parity", {selected}}, {"equalised_odds", {tpr, fpr}}, {"accuracy", {accuracy}}};
}

}  // namespace

Json FairnessJson(const Context& context, const EvaluateInput& input, const table::Table& rows, std::size_t column) {
  const std::vector<Slice> groups = SlicesOf(rows, column, kLeastGroup);
  if (groups.size() < 2) return nullptr;
  const std::vector<RowFacts> facts = FactsOf(input, groups);
  const std::vector<Tally> tallies = TalliesOf(facts, groups.size(), {});
  Json out = {{"column", rows.field(column).name}, {"groups", Json::array()}, {"gaps", Json::array()}};
  for (std::size_t g = 0; g < groups.size(); ++g)
    out["groups"].push_back(GroupJson(input.scored.task, facts, groups[g], tallies[g]));
  std::vector<Gaps> gaps;
  std::vector<const metrics::Resampled*> prepared;
  const std::vector<NamedGap> named = GapsOf(input.scored.task);
  for (const NamedGap& gap : named) gaps.emplace_back(facts, groups.size(), gap.figures);
  for (const Gaps& gap : gaps) prepared.push_back(&gap);
  const auto samples = ResampleAll(context, ResamplerOf(input), prepared, 400, kFullWork / 4);
  for (std::size_t i = 0; i < named.size(); ++i) {
    // A largest difference grows with chance alone, so the interval is reflected.
    const stats::Range range = stats::ReflectedInterval(samples[i], 0);
    out["gaps"].push_back(
        {{"name", named[i].name}, {"value", samples[i].value}, {"low", range.low}, {"high", range.high}});
  }
  return out;
}

}  // namespace tagwerk::evaluate
