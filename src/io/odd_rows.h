// Rows of a CSV file that are well formed and yet no data: cells shifted by a column, a total at the end.
// They are set aside and listed.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "io/csv_read.h"
#include "io/rejects.h"
#include "io/shifted_rows.h"

namespace tagwerk::io {

/// What a finished parse knows: chunks in the order of their files, and how to parse one again.
struct ParsedChunks {
  const std::vector<Chunk>& chunks;
  std::vector<std::size_t> file_of;  ///< per chunk
  std::function<ChunkJob(std::size_t file, const std::vector<ColumnPlan>& plans)> job;
  bool lines_known = true;  ///< false when blocks of the file were left out
};

class OddRows {
 public:
  OddRows(const Context& context, CsvSource& source, const std::vector<table::ColumnPtr>& columns, ParsedChunks parsed,
          RejectLog& log);
  /// Finds them. Errors: those of writing rejected.csv.
  Status Find(std::size_t num_rows);
  const std::set<std::size_t>& rows() const { return rows_; }
  const std::vector<table::ReadNote>& notes() const { return notes_; }
  /// Removes the rows from the columns, and from the counts of their files.
  void Drop(std::size_t& num_rows, std::vector<table::ColumnPtr>& columns, std::vector<table::Field>& fields,
            std::vector<SourceInfo>& sources) const;

 private:
  struct Row {
    std::size_t number = 0, file = 0;
    Reject place;
    std::vector<std::string> cells;  ///< by table column
  };
  std::optional<Row> Read(std::size_t row) const;
  Status CheckShift(std::size_t row, ShiftJudge& judge);
  Status CheckEnd(std::size_t num_rows);
  bool IsTotal(const Row& row) const;
  Status List(const Row& row, RejectReason reason, const std::string& detail);
  void Forget(const Row& row);

  const Context& context_;
  CsvSource& source_;
  const std::vector<table::ColumnPtr>& columns_;
  ParsedChunks parsed_;
  RejectLog& log_;
  std::vector<table::Field> fields_;
  std::set<std::size_t> rows_;
  std::vector<table::ReadNote> notes_;
};

}  // namespace tagwerk::io
