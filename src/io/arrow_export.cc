// Our tables as Arrow batches, and across the C Data Interface.
#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <cmath>

#include "io/arrow_c.h"
#include "io/arrow_convert.h"

namespace tagwerk::io {
namespace {

arrow::Result<std::shared_ptr<arrow::Array>> Doubles(const table::Column& column) {
  arrow::DoubleBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(std::int64_t(column.size())));
  for (double value : *column.doubles()) {
    if (std::isnan(value)) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(value);
    }
  }
  return builder.Finish();
}

arrow::Result<std::shared_ptr<arrow::Array>> Times(const table::Column& column) {
  arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MICRO), arrow::default_memory_pool());
  for (std::int64_t value : *column.timestamps()) {
    ARROW_RETURN_NOT_OK(value == table::kMissingTime ? times.AppendNull() : times.Append(value));
  }
  return times.Finish();
}

arrow::Result<std::shared_ptr<arrow::Array>> ExportTexts(const table::Column& column) {
  arrow::LargeStringBuilder builder;
  const table::Dictionary& dictionary = *column.dictionary();
  for (std::int32_t code : *column.codes()) {
    ARROW_RETURN_NOT_OK(code < 0 ? builder.AppendNull() : builder.Append(dictionary.at(code)));
  }
  return builder.Finish();
}

}  // namespace

std::shared_ptr<arrow::Schema> ToSchema(const table::Table& table) {
  arrow::FieldVector fields;
  for (std::size_t i = 0; i < table.num_columns(); ++i) {
    std::shared_ptr<arrow::DataType> type;
    switch (table.column(i).storage()) {
      case table::Storage::kDouble:
        type = arrow::float64();
        break;
      case table::Storage::kString:
        type = arrow::large_utf8();
        break;
      case table::Storage::kTimestamp:
        type = arrow::timestamp(arrow::TimeUnit::MICRO);
        break;
    }
    fields.push_back(arrow::field(table.field(i).name, type));
  }
  return arrow::schema(fields);
}

Result<std::shared_ptr<arrow::RecordBatch>> ToBatch(const table::Table& table,
                                                    const std::shared_ptr<arrow::Schema>& schema) {
  TW_CHECK(std::size_t(schema->num_fields()) == table.num_columns());
  arrow::ArrayVector arrays;
  for (std::size_t i = 0; i < table.num_columns(); ++i) {
    const table::Column& column = table.column(i);
    const auto id = schema->field(int(i))->type()->id();
    arrow::Result<std::shared_ptr<arrow::Array>> array = std::shared_ptr<arrow::Array>();
    switch (column.storage()) {
      case table::Storage::kDouble:
        array = Doubles(column);
        break;
      case table::Storage::kTimestamp:
        array = Times(column);
        break;
      case table::Storage::kString:
        array = ExportTexts(column);
        break;
    }
    if (!array.ok()) {
      return Error(Code::kResourceExhausted, "memory-limit", array.status().message()).Column(table.field(i).name);
    }
    TW_CHECK((*array)->type_id() == id);
    arrays.push_back(std::move(*array));
  }
  return arrow::RecordBatch::Make(schema, std::int64_t(table.num_rows()), std::move(arrays));
}

Result<ReadResult> ReadArrowStream(const Context& context, ArrowArrayStream* stream, const ReadOptions& options) {
  const std::string path = "Arrow stream";
  auto reader = arrow::ImportRecordBatchReader(stream);
  if (!reader.ok()) return ArrowError(reader.status(), "arrow-unreadable", "Arrow stream cannot be read", path);
  const MissingMarkers markers(options.missing, false);
  TW_TRY(auto source, FromBatches(context, **reader, markers, "arrow-unreadable", path));
  source.info.path = path;
  source.info.format = "Arrow";
  const SourceInfo info = source.info;
  TW_TRY(auto result, AssembleTyped(context, std::move(source), options));
  result.sources.push_back(info);
  return result;
}

Status ExportArrowStream(const table::Table& table, ArrowArrayStream* out) {
  const auto schema = ToSchema(table);
  TW_TRY(auto batch, ToBatch(table, schema));
  auto reader = arrow::RecordBatchReader::Make({batch}, schema);
  if (!reader.ok()) return Error(Code::kInternal, "arrow-export", reader.status().message());
  const arrow::Status status = arrow::ExportRecordBatchReader(*reader, out);
  if (!status.ok()) return Error(Code::kInternal, "arrow-export", status.message());
  return Ok();
}

}  // namespace tagwerk::io
