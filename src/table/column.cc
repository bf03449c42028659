// Columns: construction, text, hashes that depend on values only, and copies of chosen rows.
#include "table/table.h"

#include <cmath>

#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"
#include "table/value_hash.h"

namespace tagwerk::table {
namespace {

template <class T>
std::vector<T> Gather(const std::vector<T>& values, RowSpan rows) {
  std::vector<T> out;
  out.reserve(rows.size());
  for (RowIndex row : rows) {
    TW_CHECK(row < values.size());
    out.push_back(values[row]);
  }
  return out;
}

}  // namespace

ColumnPtr Column::Doubles(std::vector<double> values) {
  auto column = std::make_shared<Column>();
  column->storage_ = Storage::kDouble;
  column->doubles_ = std::make_shared<const std::vector<double>>(std::move(values));
  return column;
}

ColumnPtr Column::Timestamps(std::vector<std::int64_t> microseconds) {
  auto column = std::make_shared<Column>();
  column->storage_ = Storage::kTimestamp;
  column->timestamps_ = std::make_shared<const std::vector<std::int64_t>>(std::move(microseconds));
  return column;
}

ColumnPtr Column::Strings(std::vector<std::int32_t> codes, std::shared_ptr<const Dictionary> dictionary) {
  TW_CHECK(dictionary != nullptr);
  const std::int32_t limit = dictionary->size();
  for (std::int32_t code : codes) TW_CHECK(code >= -1 && code < limit);
  auto column = std::make_shared<Column>();
  column->storage_ = Storage::kString;
  column->codes_ = std::make_shared<const std::vector<std::int32_t>>(std::move(codes));
  column->dictionary_ = std::move(dictionary);
  return column;
}

std::size_t Column::size() const {
  switch (storage_) {
    case Storage::kDouble:
      return doubles_ ? doubles_->size() : 0;
    case Storage::kTimestamp:
      return timestamps_->size();
    case Storage::kString:
      return codes_->size();
  }
  return 0;
}

bool Column::IsMissing(std::size_t row) const {
  switch (storage_) {
    case Storage::kDouble:
      return std::isnan((*doubles_)[row]);
    case Storage::kTimestamp:
      return (*timestamps_)[row] == kMissingTime;
    case Storage::kString:
      return (*codes_)[row] < 0;
  }
  return true;
}

std::string Column::Text(std::size_t row) const {
  if (IsMissing(row)) return "";
  switch (storage_) {
    case Storage::kDouble:
      return Shortest((*doubles_)[row]);
    case Storage::kTimestamp:
      return TimestampText((*timestamps_)[row]);
    case Storage::kString:
      return std::string(dictionary_->at((*codes_)[row]));
  }
  return "";
}

std::uint64_t Column::Hash(std::size_t row) const {
  switch (storage_) {
    case Storage::kDouble:
      return HashNumber((*doubles_)[row]);
    case Storage::kTimestamp:
      return HashTime((*timestamps_)[row]);
    case Storage::kString: {
      const std::int32_t code = (*codes_)[row];
      return code < 0 ? kMissingHash : HashBytes(dictionary_->at(code));
    }
  }
  return kMissingHash;
}

// Adds Mix64(value hash, salt): a sum does not depend on the order of columns, and the salt (from the
// column's name) keeps equal values of different columns apart.
void Column::HashInto(std::span<std::uint64_t> row_hashes, std::uint64_t salt) const {
  TW_CHECK(row_hashes.size() == size());
  if (storage_ == Storage::kString) {
    std::vector<std::uint64_t> entry(std::size_t(dictionary_->size()) + 1);
    entry[0] = Mix64(kMissingHash, salt);
    for (std::int32_t code = 0; code < dictionary_->size(); ++code) {
      entry[std::size_t(code) + 1] = Mix64(HashBytes(dictionary_->at(code)), salt);
    }
    for (std::size_t i = 0; i < row_hashes.size(); ++i) row_hashes[i] += entry[std::size_t((*codes_)[i] + 1)];
    return;
  }
  for (std::size_t i = 0; i < row_hashes.size(); ++i) row_hashes[i] += Mix64(Hash(i), salt);
}

ColumnPtr Column::Take(RowSpan rows) const {
  switch (storage_) {
    case Storage::kDouble:
      return Doubles(doubles_ ? Gather(*doubles_, rows) : std::vector<double>());
    case Storage::kTimestamp:
      return Timestamps(Gather(*timestamps_, rows));
    case Storage::kString:
      return Strings(Gather(*codes_, rows), dictionary_);
  }
  return nullptr;
}

}  // namespace tagwerk::table
