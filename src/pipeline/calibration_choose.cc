// Choice among calibration maps by cross-fitted log loss.
#include <array>
#include <cmath>

#include "base/random.h"
#include "pipeline/calibration_fit.h"
#include "pipeline/logit.h"

namespace tagwerk::pipeline {
namespace {

constexpr int kFolds = 5;
constexpr std::size_t kFewestRows = 50;           ///< below, nothing is fitted
constexpr std::size_t kFewestForIsotonic = 1000;  ///< rows of each class

using Fit = Calibration (*)(const CalibrationData&);
struct Candidate {
  Calibration::Kind kind;
  Fit fit;
};

/// Log loss of one row after a map.
double RowLoss(const CalibrationData& data, const Calibration& map, std::size_t row, std::vector<double>& scratch) {
  const auto width = static_cast<std::size_t>(data.num_classes);
  scratch.assign(data.probabilities.begin() + std::ptrdiff_t(row * width),
                 data.probabilities.begin() + std::ptrdiff_t((row + 1) * width));
  map.Apply(scratch, data.num_classes);
  return -std::log(ClipProbability(scratch[static_cast<std::size_t>(data.truth[row])]));
}

/// Losses per usable row; every map is fitted without the fold it is judged on.
std::vector<double> CrossFitted(const CalibrationData& data, Fit fit, std::uint64_t seed) {
  std::vector<double> losses(data.rows.size());
  std::vector<double> scratch;
  for (int fold = 0; fold < kFolds; ++fold) {
    const auto in_fold = [&](std::size_t row) { return int(Mix64(seed, 0x63616cULL, row) % kFolds) == fold; };
    std::vector<std::size_t> rest;
    for (const std::size_t row : data.rows) {
      if (!in_fold(row)) rest.push_back(row);
    }
    CalibrationData part = data;
    part.rows = rest;
    const Calibration map = fit == nullptr ? Calibration() : fit(part);
    for (std::size_t i = 0; i < data.rows.size(); ++i) {
      if (in_fold(data.rows[i])) losses[i] = RowLoss(data, map, data.rows[i], scratch);
    }
  }
  return losses;
}

double Mean(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return sum / static_cast<double>(v.size());
}

/// Standard error of the mean of a - b.
double PairedError(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean = Mean(a) - Mean(b), n = static_cast<double>(a.size());
  double square = 0;
  for (std::size_t i = 0; i < a.size(); ++i) square += (a[i] - b[i] - mean) * (a[i] - b[i] - mean);
  return std::sqrt(square / (n - 1) / n);
}

std::vector<Candidate> CandidatesFor(const CalibrationData& data, bool in_time) {
  std::vector<std::size_t> counts(static_cast<std::size_t>(data.num_classes), 0);
  for (const std::size_t row : data.rows) ++counts[static_cast<std::size_t>(data.truth[row])];
  std::size_t fewest = data.rows.size();
  for (const std::size_t count : counts) fewest = std::min(fewest, count);
  if (data.rows.size() < kFewestRows || (data.num_classes == 2 && fewest < kFolds)) return {};
  std::vector<Candidate> out{{Calibration::Kind::kTemperature, &FitTemperature}};
  if (!data.ranks.empty() && !in_time) out.push_back({Calibration::Kind::kOrdered, &FitOrdered});
  if (data.num_classes != 2 || in_time) return out;
  out.push_back({Calibration::Kind::kPlatt, &FitPlatt});
  if (fewest >= kFewestForIsotonic) out.push_back({Calibration::Kind::kIsotonic, &FitIsotonic});
  return out;
}

/// Rows with a class and finite probabilities.
std::vector<std::size_t> UsableRows(std::span<const double> probabilities, std::span<const double> truth,
                                    int num_classes) {
  const auto width = static_cast<std::size_t>(num_classes);
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    bool good = truth[i] >= 0 && truth[i] < num_classes;
    for (std::size_t k = 0; k < width; ++k) good = good && std::isfinite(probabilities[i * width + k]);
    if (good) rows.push_back(i);
  }
  return rows;
}

}  // namespace

Calibration ChooseCalibration(std::span<const double> probabilities, std::span<const double> truth, int num_classes,
                              std::uint64_t seed, Json* evidence, bool in_time, std::span<const double> ranks) {
  Calibration chosen;
  Json candidates = Json::array();
  double gain = 0, error = 0;
  const std::vector<std::size_t> rows =
      num_classes >= 2 ? UsableRows(probabilities, truth, num_classes) : std::vector<std::size_t>();
  if (!rows.empty()) {
    const CalibrationData data{probabilities, truth, num_classes, rows, ranks};
    const std::vector<double> plain = CrossFitted(data, nullptr, seed);
    double best = Mean(plain);
    candidates.push_back({{"name", "none"}, {"loss", best}});
    for (const Candidate& candidate : CandidatesFor(data, in_time)) {
      const std::vector<double> losses = CrossFitted(data, candidate.fit, seed);
      const double loss = Mean(losses), se = PairedError(plain, losses);
      Calibration fitted = candidate.fit(data);
      candidates.push_back({{"name", fitted.name()}, {"loss", loss}});
      if (loss < best && Mean(plain) - loss > se) {
        best = loss;
        gain = Mean(plain) - loss;
        error = se;
        chosen = std::move(fitted);
      }
    }
  }
  if (evidence != nullptr) {
    *evidence = {{"chosen", chosen.name()},
                 {"rows", rows.size()},
                 {"gain", gain},
                 {"standard_error", error},
                 {"candidates", candidates}};
  }
  return chosen;
}

}  // namespace tagwerk::pipeline
