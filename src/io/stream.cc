// Streams DATA in batches with fixed types: memory stays at the size of a batch (text files are mapped).
#include <algorithm>

#include "base/text.h"
#include "io/bytes.h"
#include "io/arrow_files.h"
#include "io/csv_read.h"
#include "io/json_lines.h"
#include "io/read.h"

namespace tagwerk::io {
namespace {

class CsvStream : public TableStream {
 public:
  CsvStream(const Context& context, CsvSource source, const ReadOptions& options, std::size_t batch_rows)
      : context_(context),
        source_(std::move(source)),
        options_(options),
        batch_rows_(batch_rows),
        log_(options.rejected_path) {
    for (CsvColumn& column : source_.columns) {
      column.fixed = true;
      // Columns that nobody expects are handed through as they are written.
      if (!column.told) column.told = table::SemanticType::kCategorical;
    }
    plans_ = source_.Plan(context_, CsvTuning());
    StartFile(0);
  }

  Result<std::optional<table::Table>> Next() override {
    while (file_ < source_.files.size()) {
      if (context_.Stopped()) return Error(Code::kCancelled, "interrupted", "reading was interrupted");
      const CsvFile& file = source_.files[file_];
      if (position_ >= file.input.bytes.size()) {
        StartFile(file_ + 1);
        continue;
      }
      ChunkJob job = source_.Job(file_, plans_);
      job.keep_rejected_rows = options_.keep_rejected_rows;
      job.max_rows = batch_rows_;
      Chunk chunk = ParseChunk(context_, job, position_, file.input.bytes.size());
      if (chunk.too_long) {
        return LineTooLong(file.input.path, file.input.bytes, chunk.end, line_ + chunk.lines, chunk.open_quote);
      }
      for (Reject& reject : chunk.rejects) reject.line += line_;
      TW_RETURN_IF_ERROR(log_.Add(file.input.path, file.input.bytes, chunk.rejects, file.format.num_columns));
      if (file.input.LargerThanMemory(context_)) file.input.GiveBack(position_, chunk.end);
      position_ = chunk.end;
      line_ += chunk.lines;
      data_lines_ += chunk.lines - chunk.blank_lines;
      if (chunk.rows > 0) return std::optional<table::Table>(Build(chunk));
    }
    if (!finished_) TW_RETURN_IF_ERROR(log_.Finish(data_lines_, options_.max_rejected));
    finished_ = true;
    return std::optional<table::Table>();
  }

  const std::vector<RejectedLine>& rejected() const override { return log_.lines(); }
  std::int64_t rejected_lines() const override { return log_.count(); }
  std::vector<std::string> column_names() const override { return source_.data_names; }

 private:
  void StartFile(std::size_t file) {
    file_ = file;
    if (file_ >= source_.files.size()) return;
    position_ = source_.files[file_].format.data_begin;
    line_ = source_.files[file_].format.data_line;
  }

  table::Table Build(Chunk& chunk) {
    std::vector<table::Field> fields;
    std::vector<table::ColumnPtr> columns;
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      CsvColumn column = source_.columns[i];
      std::vector<ChunkColumn*> parts{&chunk.columns[i]};
      columns.push_back(BuildColumn(parts, plans_[i], column));
      fields.push_back(std::move(column.field));
    }
    return table::Table(std::move(fields), std::move(columns), chunk.rows);
  }

  Context context_;
  CsvSource source_;
  ReadOptions options_;
  std::size_t batch_rows_;
  RejectLog log_;
  std::vector<ColumnPlan> plans_;
  std::size_t file_ = 0, position_ = 0;
  std::int64_t line_ = 1, data_lines_ = 0;
  bool finished_ = false;
};

// Parquet, Arrow and JSON lines: one input after the other.
class TypedStream : public TableStream {
 public:
  TypedStream(const Context& context, std::vector<Input> inputs, std::vector<FileFormat> formats,
              const ReadOptions& options, std::size_t batch_rows)
      : context_(context),
        inputs_(std::move(inputs)),
        formats_(std::move(formats)),
        options_(options),
        batch_rows_(batch_rows),
        log_(options.rejected_path) {}

  // Reads ahead one batch: its names are those of the data.
  Status Start() {
    TW_TRY(ahead_, NextSource());
    if (!ahead_) return Error(Code::kInvalidData, "file-empty", "file has no data rows").In(inputs_[0].path);
    for (const TypedColumn& column : ahead_->columns) original_names_.push_back(column.name);
    names_ = MakeNames(original_names_).unique;
    return Ok();
  }

  Result<std::optional<table::Table>> Next() override {
    if (context_.Stopped()) return Error(Code::kCancelled, "interrupted", "reading was interrupted");
    std::optional<TypedSource> source = std::move(ahead_);
    ahead_.reset();
    if (!source) {
      TW_TRY(source, NextSource());
    }
    if (!source) {
      if (!finished_) TW_RETURN_IF_ERROR(log_.Finish(data_lines_, options_.max_rejected));
      finished_ = true;
      return std::optional<table::Table>();
    }
    TW_TRY(auto aligned, Align(std::move(*source)));
    TW_TRY(auto result, AssembleTyped(context_, std::move(aligned), options_, false));
    return std::optional<table::Table>(std::move(result.table));
  }

  const std::vector<RejectedLine>& rejected() const override { return log_.lines(); }
  std::int64_t rejected_lines() const override { return log_.count(); }
  std::vector<std::string> column_names() const override { return names_; }

 private:
  Result<std::optional<TypedSource>> NextSource() {
    while (file_ < inputs_.size()) {
      std::optional<TypedSource> source;
      if (formats_[file_] == FileFormat::kJson) {
        TW_TRY(source, NextJson());
      } else {
        if (!batches_) {
          TW_TRY(batches_, OpenBatches(context_, inputs_[file_], formats_[file_], options_, batch_rows_));
        }
        TW_TRY(source, batches_->Next());
      }
      if (!source) {
        ++file_;
        batches_.reset();
        json_.reset();
      } else if (source->rows > 0) {
        return source;
      }
    }
    return std::optional<TypedSource>();
  }

  Result<std::optional<TypedSource>> NextJson() {
    Input& input = inputs_[file_];
    if (!json_) {
      TW_RETURN_IF_ERROR(ToUtf8(context_, input, options_.encoding));
      json_ = std::make_unique<JsonBatches>(context_, input, options_);
      TW_RETURN_IF_ERROR(json_->Open());
    }
    const std::int64_t before = json_->records();
    TW_TRY(auto source, json_->Next(batch_rows_, log_));
    data_lines_ += json_->records() - before;
    return source;
  }

  // Gives every batch the columns of the first one: JSON objects may leave keys out.
  Result<TypedSource> Align(TypedSource source) {
    TypedSource out;
    out.info = source.info;
    out.rows = source.rows;
    for (const std::string& name : original_names_) {
      const auto found = std::find_if(source.columns.begin(), source.columns.end(),
                                      [&](const TypedColumn& column) { return column.name == name; });
      if (found != source.columns.end()) {
        out.columns.push_back(std::move(*found));
        found->name.clear();
        continue;
      }
      if (formats_[std::min(file_, formats_.size() - 1)] != FileFormat::kJson) {
        return Error(Code::kInvalidData, "schema-differs",
                     "files have different columns; this one lacks " + Quoted(name))
            .In(source.info.path);
      }
      TypedColumn missing;
      missing.name = name;
      missing.column =
          table::Column::Doubles(std::vector<double>(source.rows, std::numeric_limits<double>::quiet_NaN()));
      out.columns.push_back(std::move(missing));
    }
    return out;
  }

  Context context_;
  std::vector<Input> inputs_;
  std::vector<FileFormat> formats_;
  ReadOptions options_;
  std::size_t batch_rows_;
  RejectLog log_;
  std::unique_ptr<BatchSource> batches_;
  std::unique_ptr<JsonBatches> json_;
  std::optional<TypedSource> ahead_;
  std::vector<std::string> original_names_, names_;
  std::size_t file_ = 0;
  std::int64_t data_lines_ = 0;
  bool finished_ = false;
};

Result<std::unique_ptr<TableStream>> StreamOf(const Context& context, std::vector<Input> inputs,
                                              const std::string& data, const ReadOptions& options,
                                              std::size_t batch_rows) {
  TW_CHECK(batch_rows > 0);
  std::vector<FileFormat> formats;
  std::size_t csv = 0;
  for (const Input& input : inputs) {
    TW_TRY(const FileFormat format, DetectFormat(input));
    formats.push_back(format);
    csv += format == FileFormat::kCsv;
  }
  if (csv == inputs.size()) {
    TW_TRY(auto source, CsvSource::Open(context, std::move(inputs), options));
    return std::unique_ptr<TableStream>(std::make_unique<CsvStream>(context, std::move(source), options, batch_rows));
  }
  if (csv > 0) {
    return Error(Code::kInvalidData, "schema-differs", "CSV files and typed files cannot be streamed together")
        .In(data)
        .Do("give them one by one");
  }
  auto stream = std::make_unique<TypedStream>(context, std::move(inputs), std::move(formats), options, batch_rows);
  TW_RETURN_IF_ERROR(stream->Start());
  return std::unique_ptr<TableStream>(std::move(stream));
}

}  // namespace

Result<std::unique_ptr<TableStream>> OpenStream(const Context& context, const std::string& data,
                                                const ReadOptions& options, std::size_t batch_rows) {
  TW_TRY(auto inputs, OpenInputs(context, data, options.table));
  return StreamOf(context, std::move(inputs), data, options, batch_rows);
}

Result<std::unique_ptr<TableStream>> OpenBytes(const Context& context, std::string_view bytes, const std::string& name,
                                               const ReadOptions& options, std::size_t batch_rows) {
  Input input;
  input.path = name;
  input.file_bytes = bytes.size();
  input.bytes = bytes;
  std::vector<Input> inputs;
  inputs.push_back(std::move(input));
  return StreamOf(context, std::move(inputs), name, options, batch_rows);
}

}  // namespace tagwerk::io
