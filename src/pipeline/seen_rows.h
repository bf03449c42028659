// Which rows a model learned from, as hashes: so that a score on them is not taken for one on new rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/threads.h"
#include "model/archive.h"
#include "table/table.h"

namespace tagwerk::pipeline {

class Pipeline;

class SeenRows {
 public:
  static constexpr std::size_t kMost = 50'000;  ///< rows whose hashes are kept; of more, a part that the hash chooses

  SeenRows() = default;
  explicit SeenRows(std::span<const std::uint64_t> hashes);
  bool empty() const { return kept_.empty(); }
  /// Whether a row with this hash would have been kept: always, unless there were more than kMost.
  bool Covers(std::uint64_t hash) const { return (hash >> 32) <= last_; }
  /// Whether a row with this hash was among them; of new rows at most kMost in 2^32 seem so.
  bool Contains(std::uint64_t hash) const;

  void Save(model::ByteWriter& writer) const;
  /// Error model-damaged when the hashes are too many or not sorted.
  static Result<SeenRows> Load(model::ByteReader& reader);

 private:
  std::uint32_t last_ = ~std::uint32_t(0);  ///< upper halves up to this are kept
  std::vector<std::uint32_t> kept_;         ///< lower halves, sorted
};

/// Hashes of rows as the model takes them in: its inputs and the target (class index or number), one a row.
std::vector<std::uint64_t> SeenRowHashes(const Pipeline& pipeline, const table::Table& table,
                                         std::span<const double> truth, Pool& pool);

}  // namespace tagwerk::pipeline
