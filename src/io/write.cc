// Writers of tables; the format follows from the name.
#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/writer.h>
#include <parquet/arrow/writer.h>

#include <algorithm>
#include <functional>

#include "base/json.h"
#include "base/text.h"
#include "io/arrow_convert.h"
#include "io/arrow_sink.h"
#include "io/bytes.h"
#include "io/csv_write.h"
#include "io/read.h"

namespace tagwerk::io {
namespace {

constexpr std::size_t kBlockRows = 4096;

class CsvWriter : public TableWriter {
 public:
  CsvWriter(OutputFile file, char delimiter) : file_(std::move(file)), delimiter_(delimiter) {}

  Status Write(const table::Table& batch) override {
    std::string text;
    if (!started_) AppendCsvHeader(text, batch, delimiter_);
    started_ = true;
    for (std::size_t begin = 0; begin < batch.num_rows(); begin += kBlockRows) {
      AppendCsvRows(text, batch, begin, std::min(batch.num_rows(), begin + kBlockRows), delimiter_);
      TW_RETURN_IF_ERROR(file_.Write(text));
      text.clear();
    }
    return file_.Write(text);
  }
  Status Close() override { return file_.Commit(); }

 private:
  OutputFile file_;
  char delimiter_;
  bool started_ = false;
};

class JsonWriter : public TableWriter {
 public:
  explicit JsonWriter(OutputFile file) : file_(std::move(file)) {}

  Status Write(const table::Table& batch) override {
    std::vector<std::string> keys;
    for (const std::string& name : batch.names()) keys.push_back(DumpJson(Json(name)) + ":");
    std::string text;
    for (std::size_t row = 0; row < batch.num_rows(); ++row) {
      text += '{';
      for (std::size_t c = 0; c < keys.size(); ++c) {
        if (c > 0) text += ',';
        text += keys[c];
        AppendValue(batch, c, row, text);
      }
      text += "}\n";
      if (text.size() > (1 << 20)) {
        TW_RETURN_IF_ERROR(file_.Write(text));
        text.clear();
      }
    }
    return file_.Write(text);
  }
  Status Close() override { return file_.Commit(); }

 private:
  static void AppendValue(const table::Table& table, std::size_t column, std::size_t row, std::string& out) {
    const table::Column& values = table.column(column);
    if (values.IsMissing(row)) {
      out += "null";
      return;
    }
    const std::string text = CellString(table, column, row);
    const bool boolean =
        table.field(column).type == table::SemanticType::kBoolean && (text == "true" || text == "false");
    const bool bare = boolean || values.storage() == table::Storage::kDouble;
    out += bare ? text : DumpJson(Json(text));
  }

  OutputFile file_;
};

class ArrowWriter : public TableWriter {
 public:
  ArrowWriter(OutputFile file, bool parquet) : sink_(std::make_shared<ArrowSink>(std::move(file))), parquet_(parquet) {}

  Status Write(const table::Table& batch) override {
    if (schema_ == nullptr) {
      schema_ = ToSchema(batch);
      TW_RETURN_IF_ERROR(sink_->Checked(Start()));
    }
    TW_TRY(const auto data, ToBatch(batch, schema_));
    return sink_->Checked(parquet_ ? parquet_writer_->WriteRecordBatch(*data) : ipc_writer_->WriteRecordBatch(*data));
  }

  Status Close() override {
    if (schema_ == nullptr) {
      schema_ = arrow::schema({});
      TW_RETURN_IF_ERROR(sink_->Checked(Start()));
    }
    TW_RETURN_IF_ERROR(sink_->Checked(parquet_ ? parquet_writer_->Close() : ipc_writer_->Close()));
    return sink_->file().Commit();
  }

 private:
  arrow::Status Start() {
    if (parquet_) {
      auto properties = parquet::WriterProperties::Builder().compression(arrow::Compression::SNAPPY)->build();
      ARROW_ASSIGN_OR_RAISE(
          parquet_writer_, parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(), sink_, properties));
      return arrow::Status::OK();
    }
    auto options = arrow::ipc::IpcWriteOptions::Defaults();
    options.use_threads = false;
    ARROW_ASSIGN_OR_RAISE(ipc_writer_, arrow::ipc::MakeFileWriter(sink_, schema_, options));
    return arrow::Status::OK();
  }

  std::shared_ptr<ArrowSink> sink_;
  bool parquet_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<parquet::arrow::FileWriter> parquet_writer_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> ipc_writer_;
};

arrow::Status WriteStream(const table::Table& table, arrow::io::BufferOutputStream& sink) {
  const auto schema = ToSchema(table);
  auto batch = ToBatch(table, schema);
  if (!batch) return arrow::Status::Invalid(batch.error().message());
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.use_threads = false;
  ARROW_ASSIGN_OR_RAISE(auto writer, arrow::ipc::MakeStreamWriter(&sink, schema, options));
  ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(**batch));
  return writer->Close();
}

}  // namespace

Result<std::string> ArrowStreamBytes(const table::Table& table) {
  std::string fault = "no memory";
  if (auto sink = arrow::io::BufferOutputStream::Create(); sink.ok()) {
    const arrow::Status written = WriteStream(table, **sink);
    if (auto bytes = (*sink)->Finish(); written.ok() && bytes.ok()) return (*bytes)->ToString();
    fault = written.message();
  }
  return Error(Code::kResourceExhausted, "memory-limit", "table cannot be written: " + Printable(fault, 200));
}

Result<std::unique_ptr<TableWriter>> OpenWriter(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  const std::size_t slash = path.rfind('/');
  const bool has_ending = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  const std::string ending = path == "-" ? ".csv" : has_ending ? Lower(path.substr(dot)) : "";
  std::function<std::unique_ptr<TableWriter>(OutputFile)> make;
  if (ending == ".csv" || ending == ".tsv") {
    make = [&](OutputFile file) { return std::make_unique<CsvWriter>(std::move(file), ending == ".tsv" ? '\t' : ','); };
  } else if (ending == ".jsonl" || ending == ".ndjson") {
    make = [](OutputFile file) { return std::make_unique<JsonWriter>(std::move(file)); };
  } else if (ending == ".parquet" || ending == ".arrow" || ending == ".ipc" || ending == ".feather") {
    make = [&](OutputFile file) { return std::make_unique<ArrowWriter>(std::move(file), ending == ".parquet"); };
  } else {
    return Error(Code::kInvalidArgument, "format-unknown",
                 "no format belongs to the ending of the file: " + Quoted(path))
        .In(path)
        .Got(ending)
        .Allowed({".csv", ".tsv", ".jsonl", ".parquet", ".arrow"});
  }
  TW_TRY(auto file, OutputFile::Open(path));
  return make(std::move(file));
}

}  // namespace tagwerk::io
