// What a reader hands on beside the table: where the rows came from, what was rejected, what was guessed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "table/table.h"

namespace tagwerk::table {

struct RejectedLine {
  std::string file;
  std::int64_t line = 0;  ///< physical, 1 = first of the file
  std::int64_t byte = 0;
  std::string reason;  ///< slug: too-many-fields, too-few-fields, open-quote, bad-json, ...
  std::string detail;  ///< "9 fields, expected 7"
  std::string raw;     ///< cut at 4 kB
};

struct SourceInfo {
  std::string path;         ///< as given
  std::string format;       ///< CSV, TSV, JSON lines, Parquet, Arrow IPC
  std::string compression;  ///< "", gzip, zstd, zip
  std::uint64_t bytes = 0;
  std::size_t rows = 0;
  Json dialect;  ///< delimiter, quote, encoding, header, decimal, evidence
};

/// A fact about reading that becomes a finding: read.encoding, read.header, read.sampled,
/// column.name_trimmed, value.mixed_types, ...
struct ReadNote {
  std::string id;
  std::vector<std::string> columns;
  Json evidence;
  std::string text;  ///< English sentence
};

/// How much of large data is used: shares that multiply.
struct Sampled {
  double rows = 1;    ///< of a CSV file's rows, by hash of their bytes; every byte is looked at
  double blocks = 1;  ///< of a CSV file's blocks, evenly spaced; all their rows are kept
  double table = 1;   ///< of the rows read, by hash of their number
  double share() const { return rows * blocks * table; }
};

/// Figures of one column over all rows of the data, when the table holds a sample of them.
struct ColumnTotals {
  std::int64_t rows = 0, present = 0;
  std::int64_t distinct = 0;  ///< estimated: 0.8 % standard error
  bool numeric = false;       ///< numbers and times; the next ones are of their finite values
  double mean = 0, sd = 0, skewness = 0;
  std::int64_t zeros = 0, negatives = 0;
  std::vector<double> quantiles;  ///< at Shares(); minimum and maximum are exact, the others sketched
  double mean_length = 0;         ///< texts, in bytes

  static const std::vector<double>& Shares() {
    static const std::vector<double> shares = {0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1};
    return shares;
  }
};

struct ReadResult {
  Table table;
  std::vector<SourceInfo> sources;
  std::int64_t physical_lines = 0;
  std::int64_t rejected_lines = 0;
  std::vector<RejectedLine> rejected;  ///< at most 1,000; all are in rejected_path
  std::vector<ReadNote> notes;
  Sampled sampled;
  std::vector<ColumnTotals> totals;  ///< by column; empty unless asked for and the table is a sample
};

}  // namespace tagwerk::table
