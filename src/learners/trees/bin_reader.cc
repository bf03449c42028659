#include "learners/trees/bin_reader.h"

#include <algorithm>

namespace tagwerk::learners::trees {

namespace {
constexpr std::size_t kSearchCost = 16;  // finding a row in a list, in entries written
}

const std::uint8_t* BinReader::Of(std::size_t feature, model::RowSpan rows) {
  const ColumnBins& column = data_.columns[feature];
  if (!column.listed()) return column.bytes.data();
  if (whole_ == std::ptrdiff_t(feature)) return spelled_.data();
  if (rows.size() * kSearchCost >= column.rows.size()) return Whole(feature);
  Clear(column.fill);
  for (const table::RowIndex row : rows) {
    const auto at = std::lower_bound(column.rows.begin(), column.rows.end(), row);
    if (at == column.rows.end() || *at != row) continue;
    spelled_[row] = column.bins[std::size_t(at - column.rows.begin())];
    written_.push_back(row);
  }
  return spelled_.data();
}

const std::uint8_t* BinReader::Whole(std::size_t feature) {
  const ColumnBins& column = data_.columns[feature];
  if (!column.listed()) return column.bytes.data();
  if (whole_ == std::ptrdiff_t(feature)) return spelled_.data();
  Clear(column.fill);
  for (std::size_t k = 0; k < column.rows.size(); ++k) spelled_[column.rows[k]] = column.bins[k];
  whole_ = std::ptrdiff_t(feature);
  return spelled_.data();
}

void BinReader::Clear(int fill) {
  if (fill != fill_) {
    spelled_.assign(data_.num_rows + kBinPadding, static_cast<std::uint8_t>(fill));
  } else {
    const std::vector<table::RowIndex>& rows = whole_ >= 0 ? data_.columns[std::size_t(whole_)].rows : written_;
    for (const table::RowIndex row : rows) spelled_[row] = static_cast<std::uint8_t>(fill);
  }
  written_.clear();
  whole_ = -1;
  fill_ = fill;
}

}  // namespace tagwerk::learners::trees
