// Looking up bins, saving and loading them.
#include "learners/baseline/column_model.h"

#include <algorithm>
#include <cmath>

#include "learners/baseline/constant_model.h"

namespace tagwerk::learners::baseline {

void ColumnModel::Predict(const model::Matrix& x, model::RowSpan rows, std::span<double> out) const {
  TW_CHECK(column_ < x.cols() && out.size() == rows.size() * outputs_);
  const model::MatrixColumn& column = x.column(column_);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double* from = values_.data() + bins_.Of(column, rows[r]) * outputs_;
    std::copy(from, from + outputs_, out.begin() + std::ptrdiff_t(r * outputs_));
  }
}

void ColumnModel::Save(model::ByteWriter& writer) const {
  writer.U32(1);  // version of this section
  writer.U64(column_);
  writer.String(name_);
  writer.U8(bins_.category ? 1 : 0);
  writer.Doubles(bins_.edges);
  writer.I32(bins_.num_categories);
  writer.U64(outputs_);
  writer.Doubles(values_);
}

Json ColumnModel::Summary() const {
  Json json;
  json["column"] = name_;
  json["bins"] = bins_.count();
  return json;
}

Result<std::unique_ptr<model::Model>> LoadColumn(model::ByteReader& reader, std::size_t columns) {
  reader.Expect(reader.U32() == 1, "the version of a column model is unknown");
  const std::uint64_t column = reader.U64();
  std::string name = reader.String();
  Bins bins;
  bins.category = reader.U8() != 0;
  bins.edges = reader.Doubles();
  bins.num_categories = reader.I32();
  const std::uint64_t outputs = reader.U64();
  std::vector<double> values = reader.Doubles();
  reader.Expect(column < columns, "a column model has another number of columns");
  const bool ascending = std::is_sorted(bins.edges.begin(), bins.edges.end()) &&
                         std::none_of(bins.edges.begin(), bins.edges.end(), [](double e) { return std::isnan(e); });
  reader.Expect(ascending && bins.num_categories >= 0, "the bins of a column model are not in order");
  reader.Expect(outputs > 0 && outputs <= values.size() && values.size() / outputs == bins.count() &&
                    ArePredictions(values, outputs),
                "the predictions of a column model are none");
  if (!reader.ok()) return reader.Finish("baseline/column").error();
  return std::unique_ptr<model::Model>(
      std::make_unique<ColumnModel>(column, std::move(name), std::move(bins), outputs, std::move(values)));
}

}  // namespace tagwerk::learners::baseline
