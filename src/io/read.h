// From any file to a Table: CSV / TSV, JSON, JSON lines, Parquet, Arrow IPC, Excel; plain, gzip, zstd, bzip2, xz, zip;
// one file, a folder, a quoted glob, or "-" for standard input. Formats are found by content first, then by name.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "table/read_result.h"
#include "table/table.h"

namespace tagwerk::io {

enum class Header : std::uint8_t { kAuto, kYes, kNo };

/// What a schema file says of a column, and where.
struct ToldColumn {
  std::optional<table::SemanticType> type;
  std::optional<table::ValueForm> form;
  std::string unit;
  std::string file;
  std::int64_t line = 0;
};

/// Reading options of every verb that takes DATA (experience.md 2.1).
struct ReadOptions {
  std::map<std::string, table::SemanticType> types;  ///< overrides by column name (or #N)
  std::map<std::string, ToldColumn> told;            ///< from a schema file, by column name (or #N)
  std::optional<char> delimiter;
  std::optional<char> quote;
  std::optional<char> decimal;  ///< '.' or ','
  std::string encoding;         ///< empty: found
  Header header = Header::kAuto;
  std::string table;  ///< sheet of a workbook, member of a zip, key of a JSON object; empty: the only one
  std::vector<std::string> missing;  ///< added to the known markers
  double max_rejected = 0.01;        ///< share of malformed physical lines
  double seconds_to_read = 0;        ///< > 0: sample by row hash if reading would take longer
  /// Exactly this sample, as an earlier reading chose it; seconds_to_read does not count then.
  std::optional<table::Sampled> sampled;
  /// A table that would not fit into the memory limit is sampled by row; with this its totals are of all rows.
  bool whole_figures = false;
  std::string rejected_path;  ///< where rejected.csv goes; empty: only counted
  /// Prediction: the schema of the model. Columns are matched by name, read as these types, values that
  /// do not convert count as missing (Field::unparsed); other columns are skipped unless keep_extra.
  std::vector<table::Field> expected;
  bool keep_extra = true;
  bool keep_rejected_rows = false;  ///< predict: a malformed row stays, all cells missing
};

using table::ReadNote;
using table::ReadResult;
using table::RejectedLine;
using table::SourceInfo;

/// Reads DATA whole. Errors (all exit 3 unless noted): file-not-found, file-unreadable, file-empty,
/// not-a-table, delimiter-unclear, encoding-wrong, rows-rejected, line-too-long, type-override-failed,
/// parquet-unreadable, arrow-unreadable, schema-differs (files of a glob), memory-limit (5).
Result<ReadResult> Read(const Context& context, const std::string& data, const ReadOptions& options);

/// Streams DATA in batches of at most `batch_rows` rows with fixed types (options.expected); for predict.
class TableStream {
 public:
  virtual ~TableStream() = default;
  /// Returns the next batch, or nothing at the end. Rejected lines so far are in rejected().
  virtual Result<std::optional<table::Table>> Next() = 0;
  virtual const std::vector<RejectedLine>& rejected() const = 0;
  virtual std::int64_t rejected_lines() const = 0;
  virtual std::vector<std::string> column_names() const = 0;  ///< of the data
};
Result<std::unique_ptr<TableStream>> OpenStream(const Context& context, const std::string& data,
                                                const ReadOptions& options, std::size_t batch_rows);

/// Writes tables batch by batch; format by extension (.csv .tsv .jsonl .parquet .arrow), CSV for "-".
/// The file appears only at Close(): temporary + fsync + rename.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  virtual Status Write(const table::Table& batch) = 0;
  virtual Status Close() = 0;
};
Result<std::unique_ptr<TableWriter>> OpenWriter(const std::string& path);

}  // namespace tagwerk::io
