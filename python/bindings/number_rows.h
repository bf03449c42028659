// Few rows of numbers through a model without a table around them: what Python services ask for, again and again.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <memory>
#include <optional>
#include <utility>

#include "pipeline/single_row.h"

namespace tagwerk::python {

using NumberMatrix = nanobind::ndarray<const double, nanobind::ndim<2>, nanobind::c_contig, nanobind::device::cpu>;

/// The pipeline must outlive it. Calls take turns by the GIL.
class NumberRows {
 public:
  /// Null where some input is not a number, or some feature or model works on tables only.
  static std::unique_ptr<NumberRows> Make(const pipeline::Pipeline& pipeline);

  /// Predicts rows of float64, NaN = missing, columns in the order of the inputs. Empty where there are not as many.
  std::optional<pipeline::Predictions> Predict(const NumberMatrix& rows, double level);

 private:
  NumberRows(const pipeline::Pipeline& pipeline, std::unique_ptr<pipeline::SingleRow> row)
      : pipeline_(pipeline), row_(std::move(row)) {}

  const pipeline::Pipeline& pipeline_;
  std::unique_ptr<pipeline::SingleRow> row_;
};

}  // namespace tagwerk::python
