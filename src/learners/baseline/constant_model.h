// Predicts the same for every row.
#pragma once

#include <vector>

#include "model/model.h"

namespace tagwerk::learners::baseline {

class ConstantModel final : public model::Model {
 public:
  explicit ConstantModel(std::vector<double> values) : values_(std::move(values)) {}
  std::string_view type_id() const override { return "baseline/constant"; }
  int num_outputs() const override { return static_cast<int>(values_.size()); }
  void Predict(const model::Matrix& x, model::RowSpan rows, std::span<double> out) const override;
  void Save(model::ByteWriter& writer) const override;
  Json Summary() const override;

 private:
  std::vector<double> values_;
};

Result<std::unique_ptr<model::Model>> LoadConstant(model::ByteReader& reader, std::size_t columns);

/// Returns whether rows of `outputs` values can be predictions: finite, and shares of 1 if outputs > 1.
bool ArePredictions(const std::vector<double>& values, std::size_t outputs);

}  // namespace tagwerk::learners::baseline
