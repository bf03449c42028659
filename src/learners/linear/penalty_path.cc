// Grid, golden section, held-out loss.
#include "learners/linear/penalty_path.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tagwerk::learners::linear {

double ChoosePowerOfTen(const std::vector<double>& exponents, int refinements,
                        const std::function<double(double value)>& score) {
  std::size_t best = 0;
  double best_score = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < exponents.size(); ++i) {
    const double s = score(std::pow(10.0, exponents[i]));
    if (std::isnan(s)) return i == 0 ? 1.0 : std::pow(10.0, exponents[best]);
    if (s < best_score) {
      best = i;
      best_score = s;
    }
  }
  double low = exponents[best == 0 ? 0 : best - 1];
  double high = exponents[std::min(best + 1, exponents.size() - 1)];
  double chosen = exponents[best];
  constexpr double kGolden = 0.3819660112501051;
  for (int i = 0; i < refinements; ++i) {
    // The probe goes into the larger side; the bracket always holds the best point.
    const double probe =
        high - chosen > chosen - low ? chosen + kGolden * (high - chosen) : chosen - kGolden * (chosen - low);
    const double s = score(std::pow(10.0, probe));
    if (std::isnan(s)) break;
    if (s < best_score) {
      (probe > chosen ? low : high) = chosen;
      chosen = probe;
      best_score = s;
    } else {
      (probe > chosen ? high : low) = probe;
    }
  }
  return std::pow(10.0, chosen);
}

double HeldOutLoss(const model::Model& model, const model::TrainingData& data, model::RowSpan rows) {
  const auto outputs = static_cast<std::size_t>(model.num_outputs());
  std::vector<double> predictions(rows.size() * outputs);
  model.Predict(*data.x, rows, predictions);
  double sum = 0, total = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double y = data.y[rows[i]];
    const double w = data.weight.empty() ? 1.0 : data.weight[rows[i]];
    if (!(w > 0) || !std::isfinite(y)) continue;
    total += w;
    if (data.task == Task::kRegression) {
      sum += w * (predictions[i] - y) * (predictions[i] - y);
    } else {
      const double p = predictions[i * outputs + static_cast<std::size_t>(y)];
      sum -= w * std::log(std::max(p, 1e-15));
    }
  }
  return total > 0 ? sum / total : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace tagwerk::learners::linear
