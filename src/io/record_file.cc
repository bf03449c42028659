#include "io/record_file.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>

#include <cmath>

#include "base/files.h"
#include "io/arrow_sink.h"

namespace tagwerk::io {
namespace {

constexpr std::uint64_t kGroupBytes = 2 << 20;  ///< held before they are written as a row group
constexpr std::int64_t kGroupRows = 128 << 10;

std::shared_ptr<arrow::DataType> TypeOf(RecordType type) {
  switch (type) {
    case RecordType::kText:
      return arrow::utf8();
    case RecordType::kTexts:
      return arrow::list(arrow::utf8());
    case RecordType::kDouble:
      return arrow::float64();
    case RecordType::kInt32:
      return arrow::int32();
    case RecordType::kInt64:
      return arrow::int64();
    case RecordType::kBoolean:
      return arrow::boolean();
    case RecordType::kUtcTime:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case RecordType::kWallTime:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
  }
  return nullptr;
}

/// Texts repeat often and numbers mostly not: dictionaries of these cost more than they save. Memory is the system's:
/// pools of Arrow keep what a burst took.
std::shared_ptr<parquet::WriterProperties> PropertiesOf(const std::vector<RecordColumn>& columns) {
  parquet::WriterProperties::Builder builder;
  builder.memory_pool(arrow::system_memory_pool());
  builder.compression(arrow::Compression::SNAPPY)->enable_dictionary();
  for (const RecordColumn& column : columns)
    if (column.distinct || (column.type != RecordType::kText && column.type != RecordType::kTexts))
      builder.disable_dictionary(column.name);
  return builder.build();
}

}  // namespace

struct RecordFile::State {
  std::vector<RecordType> types;
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;
  std::shared_ptr<ArrowSink> sink;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
  std::int64_t rows = 0, held_rows = 0;
  std::uint64_t held_bytes = 0;
  std::vector<std::uint8_t> valid;  ///< scratch space
  arrow::Status fault;              ///< of an append

  void Keep(const arrow::Status& status) {
    if (!status.ok() && fault.ok()) fault = status;
  }
  template <class Builder>
  Builder& As(std::size_t column) {
    return static_cast<Builder&>(*builders[column]);
  }

  arrow::Status Start(const std::vector<RecordColumn>& columns) {
    arrow::FieldVector fields;
    for (const RecordColumn& column : columns) {
      fields.push_back(arrow::field(column.name, TypeOf(column.type)));
      types.push_back(column.type);
      ARROW_ASSIGN_OR_RAISE(auto builder, arrow::MakeBuilder(fields.back()->type(), arrow::system_memory_pool()));
      builders.push_back(std::move(builder));
    }
    schema = arrow::schema(fields);
    ARROW_ASSIGN_OR_RAISE(
        writer, parquet::arrow::FileWriter::Open(*schema, arrow::system_memory_pool(), sink, PropertiesOf(columns)));
    return arrow::Status::OK();
  }

  Status WriteGroup() {
    if (!fault.ok()) return Error(Code::kResourceExhausted, "memory-limit", Printable(fault.message(), 200));
    if (held_rows == 0) return Ok();
    arrow::ArrayVector arrays;
    for (const auto& builder : builders) {
      auto array = builder->Finish();
      if (!array.ok()) return Error(Code::kResourceExhausted, "memory-limit", Printable(array.status().message(), 200));
      arrays.push_back(std::move(*array));
    }
    const auto table = arrow::Table::Make(schema, std::move(arrays), held_rows);
    TW_RETURN_IF_ERROR(sink->Checked(writer->WriteTable(*table, held_rows)));
    held_rows = 0;
    held_bytes = 0;
    return Ok();
  }
};

RecordFile::RecordFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordFile::~RecordFile() = default;

Result<std::unique_ptr<RecordFile>> RecordFile::Open(const std::string& path,
                                                     const std::vector<RecordColumn>& columns) {
  auto state = std::make_unique<State>();
  TW_TRY(auto file, OutputFile::Open(path));
  state->sink = std::make_shared<ArrowSink>(std::move(file));
  TW_RETURN_IF_ERROR(state->sink->Checked(state->Start(columns)));
  return std::unique_ptr<RecordFile>(new RecordFile(std::move(state)));
}

void RecordFile::Text(std::size_t column, std::string_view text) {
  state_->Keep(state_->As<arrow::StringBuilder>(column).Append(text));
  state_->held_bytes += text.size() + sizeof(std::int32_t);
}

void RecordFile::Texts(std::size_t column, const std::vector<std::string>& texts) {
  auto& list = state_->As<arrow::ListBuilder>(column);
  state_->Keep(list.Append());
  for (const std::string& text : texts) {
    state_->Keep(static_cast<arrow::StringBuilder&>(*list.value_builder()).Append(text));
    state_->held_bytes += text.size() + sizeof(std::int32_t);
  }
  state_->held_bytes += sizeof(std::int32_t);
}

void RecordFile::Number(std::size_t column, double value) {
  auto& builder = state_->As<arrow::DoubleBuilder>(column);
  state_->Keep(std::isnan(value) ? builder.AppendNull() : builder.Append(value));
  state_->held_bytes += sizeof value;
}

void RecordFile::Numbers(std::size_t column, std::span<const double> values) {
  auto& builder = state_->As<arrow::DoubleBuilder>(column);
  state_->valid.resize(values.size());
  std::size_t present = 0;
  for (std::size_t i = 0; i < values.size(); ++i) present += state_->valid[i] = values[i] == values[i];
  const std::uint8_t* const valid = present < values.size() ? state_->valid.data() : nullptr;
  state_->Keep(builder.AppendValues(values.data(), std::int64_t(values.size()), valid));
  state_->held_bytes += values.size_bytes();
}

void RecordFile::Integer(std::size_t column, std::int64_t value) {
  if (state_->types[column] == RecordType::kInt32)
    state_->Keep(state_->As<arrow::Int32Builder>(column).Append(std::int32_t(value)));
  else
    state_->Keep(state_->As<arrow::Int64Builder>(column).Append(value));
  state_->held_bytes += sizeof value;
}

void RecordFile::Boolean(std::size_t column, bool value) {
  state_->Keep(state_->As<arrow::BooleanBuilder>(column).Append(value));
}

void RecordFile::Time(std::size_t column, std::int64_t microseconds) {
  state_->Keep(state_->As<arrow::TimestampBuilder>(column).Append(microseconds));
  state_->held_bytes += sizeof microseconds;
}

void RecordFile::Null(std::size_t column) {
  state_->Keep(state_->builders[column]->AppendNull());
  state_->held_bytes += sizeof(double);
}

Status RecordFile::EndRows(std::size_t count) {
  state_->rows += std::int64_t(count);
  state_->held_rows += std::int64_t(count);
  if (state_->held_bytes < kGroupBytes && state_->held_rows < kGroupRows) return Ok();
  return state_->WriteGroup();
}

Status RecordFile::Flush() { return state_->WriteGroup(); }

Status RecordFile::Close() {
  TW_RETURN_IF_ERROR(state_->WriteGroup());
  TW_RETURN_IF_ERROR(state_->sink->Checked(state_->writer->Close()));
  return state_->sink->file().Commit();
}

Status VisitTexts(const std::string& path, const std::string& column,
                  const std::function<void(std::string_view)>& visit) {
  TW_TRY(const auto file, MappedFile::Open(path));
  const auto unreadable = [&](const std::string& why) {
    return Error(Code::kInvalidData, "parquet-unreadable", "Parquet file cannot be read: " + Printable(why, 200))
        .In(path);
  };
  const auto buffer = std::make_shared<arrow::Buffer>(reinterpret_cast<const std::uint8_t*>(file->bytes().data()),
                                                      std::int64_t(file->bytes().size()));
  auto opened =
      parquet::arrow::OpenFile(std::make_shared<arrow::io::BufferReader>(buffer), arrow::default_memory_pool());
  if (!opened.ok()) return unreadable(opened.status().message());
  const auto& reader = *opened;
  const int index = reader->parquet_reader()->metadata()->schema()->ColumnIndex(column);
  if (index < 0) return unreadable("there is no column " + column);
  for (int group = 0; group < reader->num_row_groups(); ++group) {
    std::shared_ptr<arrow::Table> table;
    if (const arrow::Status read = reader->ReadRowGroup(group, {index}, &table); !read.ok())
      return unreadable(read.message());
    for (const auto& chunk : table->column(0)->chunks()) {
      if (chunk->type_id() != arrow::Type::STRING) return unreadable("the column is no text: " + column);
      if (const arrow::Status whole = chunk->ValidateFull(); !whole.ok()) return unreadable(whole.message());
      const auto& texts = static_cast<const arrow::StringArray&>(*chunk);
      for (std::int64_t row = 0; row < texts.length(); ++row)
        if (!texts.IsNull(row)) visit(texts.GetView(row));
    }
  }
  return Ok();
}

std::int64_t RecordFile::rows() const { return state_->rows; }
std::uint64_t RecordFile::held_bytes() const { return state_->held_bytes; }
std::uint64_t RecordFile::bytes() const { return std::uint64_t(state_->sink->position()) + state_->held_bytes; }

}  // namespace tagwerk::io
