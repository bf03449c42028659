// The best single column: each column is cut into bins, each bin predicts its shrunken mean or shares,
// and the column with the lowest cross-fitted log loss or squared error wins.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "learners/baseline/baseline.h"
#include "learners/baseline/column_model.h"
#include "learners/baseline/constant_model.h"
#include "learners/baseline/sample.h"

namespace tagwerk::learners::baseline {
namespace {

constexpr std::size_t kScoreRows = 50000;  ///< rows that choose the column
constexpr std::size_t kFitRows = 1000000;  ///< rows that fill its bins
constexpr std::size_t kBins = 32;
constexpr std::size_t kFolds = 3;
constexpr double kShrink = 10;  ///< weight of the prior in each bin

/// Sums per bin: weight of each class, or weight, weighted target and weighted square.
struct Sums {
  std::size_t cells;
  std::vector<double> values;  ///< bins x cells
  Sums(std::size_t bins, const Sample& sample)
      : cells(IsClassification(sample.task) ? sample.outputs : 3), values(bins * cells, 0.0) {}
  void Add(const Sample& sample, std::size_t i, std::size_t bin) {
    double* cell = values.data() + bin * cells;
    const double w = sample.weight[i], t = sample.target[i];
    if (IsClassification(sample.task)) {
      cell[static_cast<std::size_t>(t)] += w;
    } else {
      cell[0] += w;
      cell[1] += w * t;
      cell[2] += w * t * t;
    }
  }
};

/// Writes the prediction of a bin: (sum + kShrink prior) / (weight + kShrink).
void PredictBin(const Sample& sample, const double* cell, double* out) {
  if (!IsClassification(sample.task)) {
    out[0] = (cell[1] + kShrink * sample.prior[0]) / (cell[0] + kShrink);
    return;
  }
  double weight = 0;
  for (std::size_t k = 0; k < sample.outputs; ++k) weight += cell[k];
  for (std::size_t k = 0; k < sample.outputs; ++k) {
    out[k] = (cell[k] + kShrink * sample.prior[k]) / (weight + kShrink);
  }
}

double LossOfBin(const Sample& sample, const double* cell, const double* prediction) {
  if (!IsClassification(sample.task)) {
    return cell[2] - 2 * prediction[0] * cell[1] + prediction[0] * prediction[0] * cell[0];
  }
  double loss = 0;
  for (std::size_t k = 0; k < sample.outputs; ++k) {
    if (cell[k] > 0) loss -= cell[k] * std::log(prediction[k]);
  }
  return loss;
}

std::size_t FoldOf(const Context& context, std::size_t i) { return Mix64(context.seed, i) % kFolds; }

/// Cross-fitted loss of one column over all folds.
double ScoreColumn(const Context& context, const model::MatrixColumn& column, const Sample& sample) {
  const std::size_t most = std::clamp<std::size_t>(sample.rows.size() / 20, 2, kBins);
  const Bins bins = MakeBins(column, sample, most);
  std::vector<Sums> folds(kFolds, Sums(bins.count(), sample));
  for (std::size_t i = 0; i < sample.rows.size(); ++i) {
    folds[FoldOf(context, i)].Add(sample, i, bins.Of(column, sample.rows[i]));
  }
  Sums all(bins.count(), sample);
  for (const Sums& fold : folds) {
    for (std::size_t i = 0; i < all.values.size(); ++i) all.values[i] += fold.values[i];
  }
  double loss = 0;
  std::vector<double> rest(all.cells), prediction(sample.outputs);
  for (const Sums& fold : folds) {
    for (std::size_t b = 0; b < bins.count(); ++b) {
      const double* held_out = fold.values.data() + b * all.cells;
      for (std::size_t c = 0; c < all.cells; ++c) {
        rest[c] = all.values[b * all.cells + c] - held_out[c];
        if (IsClassification(sample.task) || c == 0) rest[c] = std::max(rest[c], 0.0);
      }
      PredictBin(sample, rest.data(), prediction.data());
      loss += LossOfBin(sample, held_out, prediction.data());
    }
  }
  return loss;
}

/// Returns the column with the lowest loss; the first one of equals.
std::size_t BestColumn(const Context& context, const model::Matrix& x, const Sample& sample, bool& stopped) {
  std::vector<double> losses(x.cols(), std::numeric_limits<double>::infinity());
  context.pool->For(x.cols(), [&](std::size_t j) {
    if (x.column(j).from_model || x.column(j).sparse) return;
    if (!context.ShouldStop()) losses[j] = ScoreColumn(context, x.column(j), sample);
  });
  stopped = context.ShouldStop();
  return static_cast<std::size_t>(std::min_element(losses.begin(), losses.end()) - losses.begin());
}

Result<model::Fitted> FitColumn(const Context& context, const model::TrainingData& data,
                                const model::Parameters& parameters) {
  TW_RETURN_IF_ERROR(model::ValidateParameters("baseline_column", {}, parameters));
  TW_TRY(const Sample few, TakeSample(data, kScoreRows));
  TW_TRY(const Sample sample, TakeSample(data, kFitRows));
  model::Fitted fitted;
  const model::Matrix& x = *data.x;
  const auto usable = [](const model::MatrixColumn& column) { return !column.from_model && !column.sparse; };
  if (std::none_of(x.columns().begin(), x.columns().end(), usable)) {
    std::vector<double> prior = sample.prior;
    for (double& p : prior) p *= sample.unit;
    fitted.model = std::make_unique<ConstantModel>(std::move(prior));
    return fitted;
  }
  const std::size_t best = BestColumn(context, x, few, fitted.stopped_early);
  const model::MatrixColumn& column = x.column(best);
  const std::size_t most = std::clamp<std::size_t>(sample.rows.size() / 20, 2, kBins);
  Bins bins = MakeBins(column, few, most);
  Sums sums(bins.count(), sample);
  for (std::size_t i = 0; i < sample.rows.size(); ++i) sums.Add(sample, i, bins.Of(column, sample.rows[i]));
  std::vector<double> values(bins.count() * sample.outputs);
  for (std::size_t b = 0; b < bins.count(); ++b) {
    PredictBin(sample, sums.values.data() + b * sums.cells, values.data() + b * sample.outputs);
  }
  for (double& v : values) v *= sample.unit;
  fitted.model = std::make_unique<ColumnModel>(best, column.name, std::move(bins), sample.outputs, std::move(values));
  return fitted;
}

double Cost(std::size_t rows, std::size_t cols, int, const model::Parameters&) {
  const auto n = static_cast<double>(std::min(rows, kScoreRows));
  return 1e-3 + n * static_cast<double>(cols) * 1.5e-7 + static_cast<double>(rows) * 3e-8;
}

}  // namespace

const model::LearnerDescriptor& Column() {
  static const model::LearnerDescriptor descriptor = {
      .id = "baseline_column",
      .title = "one column",
      .doc = "Predicts from the bins of the single column that predicts best.",
      .tasks = {Task::kBinary, Task::kMulticlass, Task::kRegression},
      .recipe = model::Recipe::kTree,
      .capabilities = {.missing = true, .categories = true, .iterative = false},
      .parameters = {},
      .references = {"Holte 1993, Machine Learning 11(1): very simple classification rules"},
      .fit = &FitColumn,
      .baseline = true,
      .describe = [](const model::Parameters&) { return std::string("best of all"); },
      .cost = &Cost};
  return descriptor;
}

}  // namespace tagwerk::learners::baseline
