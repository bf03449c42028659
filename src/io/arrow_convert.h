// Between Arrow arrays and our columns. Arrow's types appear in the .cc files of this folder only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/missing.h"
#include "io/typed_table.h"

namespace arrow {
class Array;
class ChunkedArray;
class RecordBatch;
class RecordBatchReader;
class Schema;
class Status;
}  // namespace arrow

namespace tagwerk::io {

/// Turns an Arrow column of any type into one of ours: whole numbers beyond 2^53 become text, booleans
/// the texts "false" and "true", nested values JSON text.
Result<TypedColumn> FromArrow(const arrow::ChunkedArray& array, const std::string& name, const MissingMarkers& markers);

/// Reads all batches of a reader (validated in full). `error_id` names the fault of the source.
Result<TypedSource> FromBatches(const Context& context, arrow::RecordBatchReader& reader, const MissingMarkers& markers,
                                const std::string& error_id, const std::string& path);

/// Turns batches that are already in memory into columns.
Result<TypedSource> FromBatchList(const Context& context, const arrow::Schema& schema,
                                  const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                                  const MissingMarkers& markers);

/// Turns a table into a batch: doubles, timestamp[us], large_utf8.
Result<std::shared_ptr<arrow::RecordBatch>> ToBatch(const table::Table& table,
                                                    const std::shared_ptr<arrow::Schema>& schema);
std::shared_ptr<arrow::Schema> ToSchema(const table::Table& table);

/// Appends the JSON form of one value of any Arrow array.
void AppendJsonValue(const arrow::Array& array, std::int64_t row, std::string& out);

/// Makes an error of ours from a status of Arrow.
Error ArrowError(const arrow::Status& status, const std::string& error_id, const std::string& what,
                 const std::string& path);

}  // namespace tagwerk::io
