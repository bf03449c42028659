// Few rows of numbers through a model without a table around them: what Python services ask for, again and again.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <memory>
#include <optional>
#include <vector>

#include "pipeline/single_row.h"

namespace tagwerk::python {

using NumberMatrix = nanobind::ndarray<const double, nanobind::ndim<2>, nanobind::c_contig, nanobind::device::cpu>;

/// The pipeline must outlive it. Calls take turns by the GIL.
class NumberRows {
 public:
  /// Null where some input is not a number, or some feature or model works on tables only.
  static std::unique_ptr<NumberRows> Make(const pipeline::Pipeline& pipeline);

  /// Predicts rows of float64, NaN = missing: columns in the order of the inputs, or as AutoClassifier names those of
  /// an array (x0, x1, ...). Empty where the array is not as wide.
  std::optional<pipeline::Predictions> Predict(const NumberMatrix& rows, double level);

 private:
  NumberRows(const pipeline::Pipeline& pipeline, std::unique_ptr<pipeline::SingleRow> row);
  bool Fits(std::size_t width) const { return by_position_ ? width > last_ : width == places_.size(); }

  const pipeline::Pipeline& pipeline_;
  std::unique_ptr<pipeline::SingleRow> row_;
  std::vector<std::size_t> places_;  ///< column of the array for each input
  bool by_position_ = false;         ///< inputs are called x0, x1, ...: some columns may be unused
  std::size_t last_ = 0;             ///< largest place
};

}  // namespace tagwerk::python
