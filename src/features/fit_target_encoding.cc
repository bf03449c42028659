// Fitting target encoding with out-of-fold values for the training rows.
#include <algorithm>
#include <numeric>

#include "base/random.h"
#include "features/fit.h"
#include "features/target_encoding.h"

namespace tagwerk::features {
namespace {

/// Sums of the target by level and fold; the level after the last one holds the missing cells.
class Sums {
 public:
  Sums(std::size_t levels, std::size_t outputs)
      : outputs_(outputs), counts_((levels + 1) * kTargetFolds), sums_(counts_.size() * outputs) {}
  void Add(std::size_t level, int fold, const double* y) {
    const std::size_t cell = level * kTargetFolds + std::size_t(fold);
    counts_[cell] += 1;
    for (std::size_t k = 0; k < outputs_; ++k) sums_[cell * outputs_ + k] += y[k];
  }
  /// Returns the smoothed mean over all folds but one (-1: over all).
  double Encode(std::size_t level, std::size_t k, int without, double prior) const {
    double sum = 0, count = 0;
    for (int fold = 0; fold < kTargetFolds; ++fold) {
      if (fold == without) continue;
      const std::size_t cell = level * kTargetFolds + std::size_t(fold);
      sum += sums_[cell * outputs_ + k];
      count += counts_[cell];
    }
    return (sum + kTargetSmoothing * prior) / (count + kTargetSmoothing);
  }

 private:
  std::size_t outputs_;
  std::vector<double> counts_, sums_;
};

/// Returns the classes that get an output: all, or the most frequent ones; empty for one output.
std::vector<std::int32_t> ClassesOf(const FitInput& input) {
  if (input.task != Task::kMulticlass) return {};
  std::vector<std::int64_t> counts(std::size_t(input.num_classes), 0);
  for (const table::RowIndex row : input.train_rows) ++counts[std::size_t(input.y[row])];
  std::vector<std::int32_t> classes(counts.size());
  std::iota(classes.begin(), classes.end(), 0);
  if (classes.size() > std::size_t(kMostTargetClasses)) {
    std::stable_sort(classes.begin(), classes.end(),
                     [&](auto a, auto b) { return counts[std::size_t(a)] > counts[std::size_t(b)]; });
    classes.resize(std::size_t(kMostTargetClasses));
    std::sort(classes.begin(), classes.end());
  }
  return classes;
}

/// The fold of a row depends on seed and row number only.
int FoldOf(std::uint64_t seed, table::RowIndex row) {
  return static_cast<int>(Mix64(seed, 0x7461726765742e65ULL, row) % kTargetFolds);
}

}  // namespace

LevelEncoding EncodeLevels(const FitInput& fit, std::size_t num_levels,
                           const std::function<std::size_t(table::RowIndex)>& level_of) {
  const std::vector<std::int32_t> classes = ClassesOf(fit);
  const std::size_t width = classes.empty() ? 1 : classes.size();
  const auto targets = [&](table::RowIndex row, std::vector<double>& y) {
    if (classes.empty()) {
      y[0] = fit.y[row];
    } else {
      for (std::size_t k = 0; k < width; ++k) y[k] = fit.y[row] == classes[k] ? 1 : 0;
    }
  };
  Sums sums(num_levels, width);
  std::vector<double> y(width), prior(width, 0.0);
  for (const table::RowIndex row : fit.train_rows) {
    targets(row, y);
    sums.Add(level_of(row), FoldOf(fit.seed, row), y.data());
    for (std::size_t k = 0; k < width; ++k) prior[k] += y[k];
  }
  // One prior for all folds: a prior of its own would tell a tree which fold a row is in.
  for (double& p : prior) p /= std::max<double>(1, static_cast<double>(fit.train_rows.size()));
  std::vector<double> values(num_levels * width), missing(width);
  for (std::size_t k = 0; k < width; ++k) {
    for (std::size_t v = 0; v < num_levels; ++v) values[v * width + k] = sums.Encode(v, k, -1, prior[k]);
    missing[k] = sums.Encode(num_levels, k, -1, prior[k]);
  }
  LevelEncoding out;
  out.train_values.assign(width, std::vector<double>(fit.train_rows.size()));
  for (std::size_t i = 0; i < fit.train_rows.size(); ++i) {
    const table::RowIndex row = fit.train_rows[i];
    const std::size_t level = level_of(row);
    const int fold = FoldOf(fit.seed, row);
    for (std::size_t k = 0; k < width; ++k) {
      out.train_values[k][i] = sums.Encode(level, k, fold, prior[k]);
    }
  }
  out.classes = classes;
  out.values = std::move(values);
  out.missing = std::move(missing);
  return out;
}

Fitted FitTargetEncoding(const FitState& state, std::uint32_t input) {
  const std::size_t num_levels = std::size_t(state.specs[input].levels.size());
  LevelEncoding encoding = EncodeLevels(state.input, num_levels, [&](table::RowIndex row) {
    const std::int32_t level = state.columns[input].levels[row];
    return level < 0 ? num_levels : std::size_t(level);
  });
  Fitted out;
  out.train_values = std::move(encoding.train_values);
  out.transform = std::make_unique<TargetEncoding>(input, std::move(encoding.classes), std::move(encoding.values),
                                                   std::move(encoding.missing));
  return out;
}

}  // namespace tagwerk::features
