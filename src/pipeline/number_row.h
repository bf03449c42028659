// One row at a time without a table around it, for pipelines whose features are numbers as they are: what a server
// does thousands of times a second. The bits are those of Pipeline::Predict.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "pipeline/pipeline.h"

namespace tagwerk::pipeline {

/// Scratch space of one thread. The pipeline must outlive it.
class NumberRow {
 public:
  /// Whether Make gives one: no calibration, spread or feature of the pipeline needs more than the numbers themselves.
  static bool Fits(const Pipeline& pipeline);
  static std::unique_ptr<NumberRow> Make(const Pipeline& pipeline);

  /// Where the number of each input goes (in the pipeline's order; NaN = missing).
  std::span<double* const> inputs() const { return inputs_; }
  /// Predicts the row that lies in inputs(). `out` is reused.
  void Predict(double level, Predictions& out);

 private:
  explicit NumberRow(const Pipeline& pipeline);
  model::Matrix MatrixOf(const Member& member);
  double SpreadOf(const Member& member, const model::Matrix& matrix, double sign) const;

  const Pipeline& pipeline_;
  std::vector<std::shared_ptr<std::vector<double>>> cells_;  ///< one row of each input
  std::vector<double*> inputs_;
  std::vector<model::Matrix> matrices_;  ///< of each member
  model::Matrix spread_, spread_below_;
  std::vector<double> scratch_, weights_;
  std::vector<std::span<const double>> parts_;
};

}  // namespace tagwerk::pipeline
