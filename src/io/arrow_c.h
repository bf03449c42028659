// Tables across the Arrow C Data Interface: how Python (pandas, polars, pyarrow) hands data over
// without a file. The ABI structs are the published ones (arrow.apache.org, C data interface).
#pragma once

#include "base/context.h"
#include "base/result.h"
#include "io/read.h"
#include "table/table.h"

struct ArrowArrayStream;

namespace tagwerk::io {

/// Reads a stream to its end (and releases it) into a table, with the same type inference as files.
Result<ReadResult> ReadArrowStream(const Context& context, ArrowArrayStream* stream, const ReadOptions& options);
/// Exports a table as a stream of one batch; the stream keeps the columns alive.
Status ExportArrowStream(const table::Table& table, ArrowArrayStream* out);

}  // namespace tagwerk::io
