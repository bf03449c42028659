// Parses a stretch of CSV text into typed columns. Chunks are independent of each other; csv_read.cc
// makes sure that each starts where the one before it ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "io/csv_scan.h"
#include "io/infer.h"
#include "io/missing.h"
#include "table/table.h"

namespace tagwerk::io {

enum class PlanKind : std::uint8_t { kSkip, kNumber, kTime, kString };

/// How one column of the table is read.
struct ColumnPlan {
  PlanKind kind = PlanKind::kString;
  ValueForm form;
  std::optional<table::DateOrder> proved;  ///< order of day and month that alone fits the sample
};

/// The last three are listed but not counted as malformed.
enum class RejectReason : std::uint8_t {
  kTooFewFields,
  kTooManyFields,
  kOpenQuote,
  kBadJson,
  kShifted,
  kPreamble,
  kFooter
};

/// A malformed line; the text itself stays in the file's bytes.
struct Reject {
  std::size_t begin = 0;
  std::size_t length = 0;
  std::int64_t line = 0;   ///< from 0, counted from the chunk's start (in a finished list: of the file, from 1)
  std::int64_t lines = 1;  ///< physical lines
  RejectReason reason = RejectReason::kOpenQuote;
  std::size_t cells = 0;
  std::string detail;  ///< filled for JSON
};

/// What a chunk holds of one column.
struct ChunkColumn {
  std::vector<double> numbers;
  std::vector<std::int64_t> times;
  std::vector<std::int32_t> codes;
  std::shared_ptr<const table::Dictionary> dictionary;
  Conversion conversion;
  std::vector<std::pair<std::string, std::int64_t>> markers;  ///< missing markers met, with counts
};

struct Chunk {
  std::size_t begin = 0, end = 0;  ///< bytes that were read
  std::int64_t lines = 0;          ///< physical lines in them
  std::int64_t blank_lines = 0;
  std::size_t rows = 0;
  std::vector<ChunkColumn> columns;  ///< by table column
  std::vector<Reject> rejects;
  std::vector<table::RowIndex> kept;  ///< with look_at_all: the rows of the share
  Reject located;
  bool too_long = false, open_quote = false;  ///< stopped at a record beyond the limit
};

/// Everything that parsing a chunk needs to know.
struct ChunkJob {
  std::string_view text;
  Dialect dialect;
  std::size_t width = 0;             ///< cells of a record
  std::vector<std::int32_t> target;  ///< cell -> table column, -1 = not read
  const std::vector<ColumnPlan>* plans = nullptr;
  const MissingMarkers* markers = nullptr;
  bool keep_rejected_rows = false;
  double share = 1.0;        ///< of rows to keep, by hash of their bytes
  bool look_at_all = false;  ///< convert every row and list those of the share in Chunk::kept
  std::uint64_t seed = 0;
  std::size_t max_rows = std::size_t(-1);
  std::size_t expected_rows = 0;         ///< to reserve
  std::size_t locate = std::size_t(-1);  ///< row of the chunk whose place is wanted in Chunk::located
};

/// Parses the records that begin in [begin, stop).
Chunk ParseChunk(const Context& context, const ChunkJob& job, std::size_t begin, std::size_t stop);

}  // namespace tagwerk::io
