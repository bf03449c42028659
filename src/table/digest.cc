// Digest of a table; see digest.h.
#include "table/digest.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "base/hash.h"
#include "base/sort.h"
#include "table/value_hash.h"

namespace tagwerk::table {
namespace {

constexpr std::size_t kBlockRows = 4096;  ///< their hashes stay in the nearest cache from column to column

/// One column on its way into the row hashes; entries of a dictionary are hashed once.
struct Salted {
  const Column* column = nullptr;
  std::uint64_t salt = 0;
  std::vector<std::uint64_t> entries;  ///< by code + 1

  Salted() = default;
  Salted(const Column& of, const std::string& name) : column(&of), salt(HashBytes(name)) {
    if (of.storage() != Storage::kString) return;
    const Dictionary& dictionary = *of.dictionary();
    entries.push_back(InRow(kMissingHash, salt));
    for (std::int32_t code = 0; code < dictionary.size(); ++code) {
      entries.push_back(InRow(HashBytes(dictionary.at(code)), salt));
    }
  }

  void AddTo(std::span<std::uint64_t> hashes, std::size_t begin) const {
    switch (column->storage()) {
      case Storage::kDouble:
        for (std::size_t i = 0; i < hashes.size(); ++i) {
          hashes[i] += InRow(HashNumber((*column->doubles())[begin + i]), salt);
        }
        return;
      case Storage::kTimestamp:
        for (std::size_t i = 0; i < hashes.size(); ++i) {
          hashes[i] += InRow(HashTime((*column->timestamps())[begin + i]), salt);
        }
        return;
      case Storage::kString:
        for (std::size_t i = 0; i < hashes.size(); ++i) {
          hashes[i] += entries[std::size_t((*column->codes())[begin + i] + 1)];
        }
    }
  }
};

}  // namespace

std::vector<std::uint64_t> RowHashes(const Table& table, Pool& pool) {
  std::vector<Salted> columns(table.num_columns());
  pool.For(columns.size(), [&](std::size_t c) { columns[c] = Salted(table.column(c), table.field(c).name); });
  std::vector<std::uint64_t> hashes(table.num_rows());
  pool.Chunks(hashes.size(), kBlockRows, [&](std::size_t begin, std::size_t end) {
    const std::span<std::uint64_t> block(&hashes[begin], end - begin);
    for (const Salted& column : columns) column.AddTo(block, begin);
    for (std::uint64_t& hash : block) hash = Mix64(hash);
  });
  return hashes;
}

// SHA-256 over the sorted `name NUL type LF` lines and the sorted row hashes in little-endian order.
Digest MakeDigest(const Table& table, Pool& pool) {
  std::vector<std::string> lines;
  for (const Field& field : table.fields()) {
    std::string line = field.name;
    line += '\0';
    line += TypeName(field.type);
    line += '\n';
    lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());
  std::vector<std::uint64_t> hashes = RowHashes(table, pool);
  SortHashes(hashes);
  Digest digest;
  for (std::size_t i = 1; i < hashes.size(); ++i) {
    if (hashes[i] != hashes[i - 1]) continue;
    ++digest.repeats;
    digest.repeated_sets += i < 2 || hashes[i - 1] != hashes[i - 2];
  }
  std::string bytes;
  for (const std::string& line : lines) bytes += line;
  bytes += '\n';
  const std::size_t start = bytes.size();
  bytes.resize(start + hashes.size() * sizeof(std::uint64_t));
  if (!hashes.empty()) std::memcpy(bytes.data() + start, hashes.data(), hashes.size() * sizeof(std::uint64_t));
  digest.fingerprint = "sha256:" + Sha256Hex(bytes);
  return digest;
}

}  // namespace tagwerk::table
