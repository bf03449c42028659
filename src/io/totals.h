// Statistics over every row of data of which only a sample is kept: one pass, fixed memory for each column.
#pragma once

#include <span>

#include "io/csv_chunk.h"
#include "stats/sketch.h"
#include "table/read_result.h"

namespace tagwerk::io {

/// Gathers one column, stretch by stretch in the order of the rows. Mean, variance and skewness by the pairwise
/// update of Pebay (2008); distinct values and quantiles from sketches (stats/sketch.h).
class ColumnTotalsMaker {
 public:
  void AddNumbers(std::span<const double> values);      ///< NaN = missing
  void AddTimes(std::span<const std::int64_t> values);  ///< as seconds since 1970
  void AddStrings(std::span<const std::int32_t> codes, const table::Dictionary& dictionary);
  void Add(const ChunkColumn& column, PlanKind kind);
  void Add(const table::Column& column);
  table::ColumnTotals Finish() const;

 private:
  void AddNumber(double value);

  table::ColumnTotals totals_;
  double n_ = 0, m2_ = 0, m3_ = 0, length_ = 0;  ///< of finite numbers; of texts
  stats::DistinctSketch distinct_{14};
  stats::QuantileSketch quantiles_;
};

/// Returns the rows of a stretch that a sample keeps: `share` of them, by hash of the row's number in the data.
std::vector<table::RowIndex> SampledRows(std::uint64_t seed, std::uint64_t first, std::size_t rows, double share);

/// Keeps the given rows of a chunk only.
void KeepRows(Chunk& chunk, const std::vector<table::RowIndex>& rows, const std::vector<ColumnPlan>& plans);

}  // namespace tagwerk::io
