// Bins of one feature by row, whatever form they are held in.
#pragma once

#include <vector>

#include "learners/trees/bins.h"

namespace tagwerk::learners::trees {

/// One per thread: keeps a column that listed ones are spelled out in.
class BinReader {
 public:
  explicit BinReader(const BinnedData& data) : data_(data) {}

  /// Returns the feature's bins by matrix row, right for `rows` and readable for all; until the next call.
  const std::uint8_t* Of(std::size_t feature, model::RowSpan rows);
  /// The same, right for all rows.
  const std::uint8_t* Whole(std::size_t feature);

 private:
  void Clear(int fill);

  const BinnedData& data_;
  std::vector<std::uint8_t> spelled_;     ///< `fill_` but for the rows of `written_`
  std::vector<table::RowIndex> written_;  ///< when only some of a feature's rows were
  std::ptrdiff_t whole_ = -1;             ///< feature whose list is written
  int fill_ = -1;
};

}  // namespace tagwerk::learners::trees
