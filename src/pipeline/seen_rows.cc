// Section `seen-rows`; a model without it predicts all the same.
#include "pipeline/seen_rows.h"

#include <algorithm>
#include <bit>

#include "base/random.h"
#include "pipeline/pipeline.h"
#include "table/digest.h"

namespace tagwerk::pipeline {
namespace {

constexpr std::uint8_t kSeenVersion = 1;

}  // namespace

SeenRows::SeenRows(std::span<const std::uint64_t> hashes) {
  if (hashes.size() > kMost) last_ = std::uint32_t(double(kMost) / double(hashes.size()) * 0x1p32);
  for (const std::uint64_t hash : hashes)
    if (Covers(hash)) kept_.push_back(std::uint32_t(hash));
  std::sort(kept_.begin(), kept_.end());
  kept_.erase(std::unique(kept_.begin(), kept_.end()), kept_.end());
}

bool SeenRows::Contains(std::uint64_t hash) const {
  return Covers(hash) && std::binary_search(kept_.begin(), kept_.end(), std::uint32_t(hash));
}

void SeenRows::Save(model::ByteWriter& writer) const {
  writer.U8(kSeenVersion);
  writer.U32(last_);
  writer.U32s(kept_);
}

Result<SeenRows> SeenRows::Load(model::ByteReader& reader) {
  SeenRows seen;
  reader.Expect(reader.U8() == kSeenVersion, "version of the seen rows");
  seen.last_ = reader.U32();
  seen.kept_ = reader.U32s();
  // More than kMost by the chance of the hash, never by half.
  reader.Expect(seen.kept_.size() <= kMost + kMost / 2, "number of seen rows");
  reader.Expect(std::is_sorted(seen.kept_.begin(), seen.kept_.end()), "order of the seen rows");
  if (auto done = reader.Finish("seen-rows"); !done) return std::move(done).error();
  return seen;
}

std::vector<std::uint64_t> SeenRowHashes(const Pipeline& pipeline, const table::Table& table,
                                         std::span<const double> truth, Pool& pool) {
  std::vector<std::size_t> columns;
  for (const Input& input : pipeline.inputs)
    if (const auto at = table.Find(input.field.name)) columns.push_back(*at);
  std::vector<std::uint64_t> hashes = table::RowHashes(table.Select(columns), pool);
  for (std::size_t i = 0; i < hashes.size(); ++i)
    hashes[i] = Mix64(hashes[i] ^ std::bit_cast<std::uint64_t>(truth[i] + 0.0));
  return hashes;
}

}  // namespace tagwerk::pipeline
