// Calibration maps of class probabilities: none, temperature, Platt (binary), isotonic (binary), ordered (classes with
// an order).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/archive.h"

namespace tagwerk::pipeline {

struct Calibration {
  enum class Kind : std::uint8_t { kNone, kTemperature, kPlatt, kIsotonic, kOrdered };
  Kind kind = Kind::kNone;
  /// temperature: a; Platt: sigmoid(a * logit + b); ordered: slope a on the expected step, share b of the map
  double a = 1, b = 0;
  std::vector<double> x, y;   ///< isotonic: knots, linear between them; ordered: x = thresholds
  std::vector<double> ranks;  ///< ordered: step of each class, 0 to classes - 1

  /// Changes probabilities in place (rows x classes, row-major; binary calibrates class 1).
  void Apply(std::span<double> probabilities, int num_classes) const;
  void Save(model::ByteWriter& writer) const;
  static Result<Calibration> Load(model::ByteReader& reader);
  std::string name() const;  ///< "none", "temperature", ...
};

/// Fits every fitting kind on out-of-fold probabilities and keeps the one with the lowest cross-fitted
/// log loss; kNone unless the gain exceeds one standard error of the paired loss difference
/// (isotonic needs 1,000 rows of each class). `in_time`: the rows are one stretch of time whose base rate need not
/// hold in the next; then only the temperature, which leaves the base rate alone, may be fitted. `ranks`: step of each
/// class where the classes have an order; a threshold model on the expected step is then tried too.
Calibration ChooseCalibration(std::span<const double> probabilities, std::span<const double> truth, int num_classes,
                              std::uint64_t seed, Json* evidence, bool in_time = false,
                              std::span<const double> ranks = {});

}  // namespace tagwerk::pipeline
