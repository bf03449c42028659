// Reads CSV files that share one schema into one table, in parallel, with types decided by all values.
// Order: open and sniff each file, join the schemas, plan columns from a sample, parse all chunks, read
// columns whose plan did not hold again as strings, build the columns.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "io/csv_chunk.h"
#include "io/csv_sniff.h"
#include "io/encoding.h"
#include "io/input.h"
#include "io/names.h"
#include "io/read.h"
#include "io/rejects.h"

namespace tagwerk::io {

/// Sizes that tests make small to reach every path.
struct CsvTuning {
  std::size_t chunk_bytes = 4 << 20;
  std::size_t sample_rows = 10'000;
};

/// One file after sniffing.
struct CsvFile {
  Input input;
  EncodingFacts encoding;
  CsvFormat format;
  Names names;
  std::vector<std::int32_t> target;  ///< cell -> table column, -1 = not read
};

/// One column of the table to be.
struct CsvColumn {
  table::Field field;
  std::optional<table::SemanticType> told;  ///< by --type
  bool expected = false;                    ///< by a model's schema
  bool fixed = false;                       ///< streaming: the plan holds whatever the values are
  InferHints hints;
  std::vector<std::size_t> failed_rows;  ///< first rows with a value that did not convert
};

/// Opens the files' text and joins their schemas. Errors as of Read().
class CsvSource {
 public:
  static Result<CsvSource> Open(const Context& context, std::vector<Input> inputs, const ReadOptions& options);
  /// Returns how each column is to be read, from rows at the start of the files and spread over them.
  std::vector<ColumnPlan> Plan(const Context& context, const CsvTuning& tuning) const;
  /// Fills what a chunk of file `f` needs; `plans` must outlive the job.
  ChunkJob Job(std::size_t f, const std::vector<ColumnPlan>& plans) const;

  std::vector<CsvFile> files;
  std::vector<CsvColumn> columns;
  std::vector<std::string> data_names;  ///< all columns of the data
  MissingMarkers markers{{}, true};
  std::vector<table::ReadNote> notes;

  std::size_t total_bytes() const;

 private:
  Status JoinSchemas(const ReadOptions& options);
  Status AddColumns(const ReadOptions& options);
  Error SchemaDiffers(const CsvFile& file) const;
};

Result<ReadResult> ReadCsv(const Context& context, std::vector<Input> inputs, const ReadOptions& options,
                           const CsvTuning& tuning = {});

/// Builds the finished column of one table column from its chunks (in file order).
/// Returns null when the plan did not hold: the column must be read again as strings.
table::ColumnPtr BuildColumn(std::vector<ChunkColumn*>& parts, const ColumnPlan& plan, CsvColumn& column);

/// Describes a column of numbers or times again after rows with failed values were set aside.
void DescribeAgain(const table::Column& column, table::Field& field);

/// Describes a source for the report.
SourceInfo DescribeSource(const CsvFile& file);

}  // namespace tagwerk::io
