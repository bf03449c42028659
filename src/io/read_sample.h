// Typed inputs (Parquet, Arrow, JSON) whose table would not fit into the memory limit: read batch by batch, keeping a
// sample of the rows.
#pragma once

#include <cstdint>
#include <vector>

#include "base/context.h"
#include "io/arrow_files.h"
#include "io/input.h"
#include "io/read.h"
#include "io/rejects.h"
#include "io/typed_table.h"

namespace tagwerk::io {

struct SampledSource {
  std::vector<SourceInfo> infos;            ///< by input
  TypedSource source;                       ///< the rows that were kept
  std::vector<table::ColumnTotals> totals;  ///< of all rows, by column
  std::int64_t lines = 0, data_lines = 0;   ///< of JSON
};

/// Keeps `share` of the rows of all inputs (UTF-8 already), by hash of their number. Errors: those of the readers,
/// schema-differs.
Result<SampledSource> ReadSample(const Context& context, const std::vector<Input>& inputs,
                                 const std::vector<FileFormat>& formats, const ReadOptions& options, double share,
                                 RejectLog& log);

}  // namespace tagwerk::io
