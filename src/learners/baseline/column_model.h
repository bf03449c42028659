// A table from the bins of one column to predictions.
#pragma once

#include <string>
#include <vector>

#include "learners/baseline/sample.h"
#include "model/model.h"

namespace tagwerk::learners::baseline {

class ColumnModel final : public model::Model {
 public:
  ColumnModel(std::size_t column, std::string name, Bins bins, std::size_t outputs, std::vector<double> values)
      : column_(column),
        name_(std::move(name)),
        bins_(std::move(bins)),
        outputs_(outputs),
        values_(std::move(values)) {}
  std::string_view type_id() const override { return "baseline/column"; }
  int num_outputs() const override { return static_cast<int>(outputs_); }
  void Predict(const model::Matrix& x, model::RowSpan rows, std::span<double> out) const override;
  void Save(model::ByteWriter& writer) const override;
  /// Names the column: {"column": ..., "bins": ...}.
  Json Summary() const override;

 private:
  std::size_t column_;
  std::string name_;
  Bins bins_;
  std::size_t outputs_;
  std::vector<double> values_;  ///< bins x outputs
};

Result<std::unique_ptr<model::Model>> LoadColumn(model::ByteReader& reader, std::size_t columns);

}  // namespace tagwerk::learners::baseline
