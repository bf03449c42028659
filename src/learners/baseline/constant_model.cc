// A constant prediction.
#include "learners/baseline/constant_model.h"

#include <algorithm>
#include <cmath>

namespace tagwerk::learners::baseline {

void ConstantModel::Predict(const model::Matrix&, model::RowSpan rows, std::span<double> out) const {
  TW_CHECK(out.size() == rows.size() * values_.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::copy(values_.begin(), values_.end(), out.begin() + std::ptrdiff_t(r * values_.size()));
  }
}

void ConstantModel::Save(model::ByteWriter& writer) const {
  writer.U32(1);  // version of this section
  writer.Doubles(values_);
}

Json ConstantModel::Summary() const {
  Json json;
  json["constant"] = values_;
  return json;
}

bool ArePredictions(const std::vector<double>& values, std::size_t outputs) {
  if (outputs == 0 || values.empty() || values.size() % outputs != 0) return false;
  for (std::size_t i = 0; i < values.size(); i += outputs) {
    double sum = 0;
    for (std::size_t k = 0; k < outputs; ++k) {
      const double v = values[i + k];
      if (!std::isfinite(v) || (outputs > 1 && (v < 0 || v > 1))) return false;
      sum += v;
    }
    if (outputs > 1 && std::abs(sum - 1) > 1e-6) return false;
  }
  return true;
}

Result<std::unique_ptr<model::Model>> LoadConstant(model::ByteReader& reader, std::size_t) {
  reader.Expect(reader.U32() == 1, "the version of a constant model is unknown");
  std::vector<double> values = reader.Doubles();
  reader.Expect(ArePredictions(values, values.size()), "a constant prediction is not one");
  if (!reader.ok()) return reader.Finish("baseline/constant").error();
  return std::unique_ptr<model::Model>(std::make_unique<ConstantModel>(std::move(values)));
}

}  // namespace tagwerk::learners::baseline
