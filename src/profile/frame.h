// Frame: a seeded sample of rows with every column ready for comparing: numbers with their ranks, or
// groups. What is compared pair by pair, or block by block, works on it; it says how many rows it holds.
#pragma once

#include <cstdint>
#include <vector>

#include "base/context.h"
#include "table/table.h"

namespace tagwerk::profile {

struct FrameColumn {
  enum class Kind : std::uint8_t { kNone, kNumber, kGroups };
  Kind kind = Kind::kNone;          ///< kNone: constant, text, or names rows; nothing to compare
  std::vector<double> numbers;      ///< times in seconds; NaN = missing
  std::vector<double> ranks;        ///< average ranks of `numbers`
  std::vector<std::int32_t> group;  ///< -1 = missing; rare levels share the last group
  std::int32_t groups = 0;
  bool lumped = false;       ///< whether rare levels share a group
  std::int64_t present = 0;  ///< rows of the sample with a value
};

struct Frame {
  table::Rows rows;  ///< ascending
  bool sampled = false;
  std::vector<FrameColumn> columns;  ///< by column of the table
  bool empty() const { return rows.empty(); }
};

/// Draws about `limit` rows by hash of seed and row number: all of them when there are no more.
table::Rows SampleRows(std::size_t rows, std::size_t limit, std::uint64_t seed);
Frame MakeFrame(const Context& context, const table::Table& table, std::size_t limit);

}  // namespace tagwerk::profile
