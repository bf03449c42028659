// Calibration maps of class probabilities: none, temperature, Platt (binary), isotonic (binary).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/archive.h"

namespace tagwerk::pipeline {

struct Calibration {
  enum class Kind : std::uint8_t { kNone, kTemperature, kPlatt, kIsotonic };
  Kind kind = Kind::kNone;
  double a = 1, b = 0;       ///< temperature: a; Platt: sigmoid(a * logit + b)
  std::vector<double> x, y;  ///< isotonic: knots, linear between them

  /// Changes probabilities in place (rows x classes, row-major; binary calibrates class 1).
  void Apply(std::span<double> probabilities, int num_classes) const;
  void Save(model::ByteWriter& writer) const;
  static Result<Calibration> Load(model::ByteReader& reader);
  std::string name() const;  ///< "none", "temperature", ...
};

/// Fits every fitting kind on out-of-fold probabilities and keeps the one with the lowest cross-fitted
/// log loss; kNone unless the gain exceeds one standard error of the paired loss difference
/// (isotonic needs 1,000 rows of each class). `in_time`: the rows are one stretch of time whose base rate need not
/// hold in the next; then only the temperature, which leaves the base rate alone, may be fitted.
Calibration ChooseCalibration(std::span<const double> probabilities, std::span<const double> truth, int num_classes,
                              std::uint64_t seed, Json* evidence, bool in_time = false);

}  // namespace tagwerk::pipeline
