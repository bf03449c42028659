#include "io/read_sample.h"

#include <algorithm>
#include <unordered_map>

#include "base/constants.h"
#include "base/text.h"
#include "io/json_lines.h"
#include "io/totals.h"

namespace tagwerk::io {
namespace {

constexpr std::size_t kBatchRows = 16'384;

using table::ColumnPtr;

// The rows of a column with a dictionary of its own: that of the batch would keep all its texts.
ColumnPtr TakeRows(const table::Column& column, const std::vector<table::RowIndex>& rows) {
  if (column.storage() != table::Storage::kString) return column.Take(rows);
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> codes;
  codes.reserve(rows.size());
  for (const table::RowIndex row : rows) {
    const std::int32_t code = (*column.codes())[row];
    codes.push_back(code < 0 ? -1 : builder.Intern(column.dictionary()->at(code)));
  }
  return table::Column::Strings(std::move(codes), std::move(builder).Finish());
}

class SampleReader {
 public:
  SampleReader(const Context& context, const ReadOptions& options, double share, RejectLog& log)
      : context_(context), options_(options), share_(share), log_(log) {}

  Status ReadInput(const Input& input, FileFormat format) {
    SourceInfo info;
    if (format == FileFormat::kJson) {
      JsonBatches batches(context_, input, options_);
      TW_RETURN_IF_ERROR(batches.Open());
      while (true) {
        TW_TRY(auto source, batches.Next(kBatchRows, log_));
        if (!source) break;
        TW_RETURN_IF_ERROR(Take(input, std::move(*source), info));
      }
      out_.data_lines += batches.records();
      out_.lines += batches.lines();
    } else {
      TW_TRY(auto batches, OpenBatches(context_, input, format, options_, kBatchRows));
      while (true) {
        TW_TRY(auto source, batches->Next());
        if (!source) break;
        TW_RETURN_IF_ERROR(Take(input, std::move(*source), info));
      }
      info.format = format == FileFormat::kParquet ? "Parquet" : "Arrow IPC";
    }
    info.bytes = input.file_bytes;
    out_.infos.push_back(std::move(info));
    return Ok();
  }

  Result<SampledSource> Finish() {
    std::vector<TypedSource> parts;
    for (TypedSource& part : parts_) parts.push_back(Align(std::move(part)));
    if (parts.empty()) return Error(Code::kInvalidData, "file-empty", "file has no data rows").In(path_);
    TW_TRY(out_.source, JoinTyped(context_, std::move(parts)));
    for (std::size_t c = 0; options_.whole_figures && c < totals_.size(); ++c) {
      table::ColumnTotals totals = totals_[c].Finish();
      totals.rows = std::int64_t(rows_);  // where a batch does not have the column, its cells are missing
      out_.totals.push_back(std::move(totals));
    }
    return std::move(out_);
  }

 private:
  Status Take(const Input& input, TypedSource source, SourceInfo& info) {
    if (context_.Stopped()) return Error(Code::kCancelled, "interrupted", "reading was interrupted").In(input.path);
    path_ = input.path;
    MakeDistinct(source);
    const std::size_t rows_before = info.rows;
    info = source.info;
    info.rows = rows_before + source.rows;
    for (const TypedColumn& column : source.columns) {
      if (by_name_.try_emplace(column.name, names_.size()).second) names_.push_back(column.name);
    }
    if (options_.whole_figures) {
      totals_.resize(names_.size());
      context_.pool->For(source.columns.size(), [&](std::size_t c) {
        totals_[by_name_.at(source.columns[c].name)].Add(*source.columns[c].column);
      });
    }
    const auto kept = SampledRows(context_.seed, rows_, source.rows, share_);
    rows_ += source.rows;
    context_.pool->For(source.columns.size(), [&](std::size_t c) {
      TypedColumn& column = source.columns[c];
      column.column = TakeRows(*column.column, kept);
    });
    source.rows = kept.size();
    if (source.rows > 0) parts_.push_back(std::move(source));
    if (input.LargerThanMemory(context_)) input.GiveBack(0, input.bytes.size());
    return Ok();
  }

  // Parquet allows a name twice; here each column needs its own.
  static void MakeDistinct(TypedSource& source) {
    std::unordered_map<std::string, int> seen;
    for (TypedColumn& column : source.columns) {
      const int before = seen[column.name]++;
      if (before > 0) column.name += "_" + std::to_string(before + 1);
    }
  }

  // JSON objects may leave keys out; other formats have the same columns in every batch.
  TypedSource Align(TypedSource part) const {
    TypedSource out;
    out.info = std::move(part.info);
    out.rows = part.rows;
    out.columns.resize(names_.size());
    for (std::size_t c = 0; c < names_.size(); ++c) out.columns[c].name = names_[c];
    for (TypedColumn& column : part.columns) {
      TypedColumn& to = out.columns[by_name_.at(column.name)];
      to = std::move(column);
    }
    for (TypedColumn& column : out.columns) {
      if (column.column) continue;
      column.column = table::Column::Doubles(std::vector<double>(out.rows, kNaN));
      column.boolean = true;
    }
    return out;
  }

  const Context& context_;
  const ReadOptions& options_;
  double share_;
  RejectLog& log_;
  SampledSource out_;
  std::string path_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::vector<ColumnTotalsMaker> totals_;
  std::vector<TypedSource> parts_;
  std::uint64_t rows_ = 0;
};

}  // namespace

Result<SampledSource> ReadSample(const Context& context, const std::vector<Input>& inputs,
                                 const std::vector<FileFormat>& formats, const ReadOptions& options, double share,
                                 RejectLog& log) {
  SampleReader reader(context, options, share, log);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs.size() > 1 && inputs[i].bytes.empty()) continue;
    TW_RETURN_IF_ERROR(reader.ReadInput(inputs[i], formats[i]));
  }
  return reader.Finish();
}

}  // namespace tagwerk::io
