// Table: copies share columns; row hashes and the fingerprint depend on names, types and values only.
#include "table/table.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"
#include "table/digest.h"

namespace tagwerk::table {
namespace {

constexpr std::array<std::string_view, 7> kTypeNames = {"numeric",  "categorical", "ordinal", "boolean",
                                                        "datetime", "text",        "id"};
constexpr std::array<std::string_view, 7> kRoleNames = {"feature", "target", "weight", "group",
                                                        "time",    "id",     "ignored"};

}  // namespace

std::string_view TypeName(SemanticType type) { return kTypeNames[std::size_t(type)]; }
std::string_view RoleName(Role role) { return kRoleNames[std::size_t(role)]; }

std::optional<SemanticType> TypeFromName(std::string_view name) {
  for (std::size_t i = 0; i < kTypeNames.size(); ++i) {
    if (kTypeNames[i] == name) return SemanticType(i);
  }
  return std::nullopt;
}

Table::Table(std::vector<Field> fields, std::vector<ColumnPtr> columns, std::size_t num_rows)
    : fields_(std::move(fields)), columns_(std::move(columns)), num_rows_(num_rows) {
  TW_CHECK(fields_.size() == columns_.size());
  TW_CHECK(num_rows_ <= std::numeric_limits<RowIndex>::max());
  for (const ColumnPtr& column : columns_) TW_CHECK(column != nullptr && column->size() == num_rows_);
}

std::vector<std::string> Table::names() const {
  std::vector<std::string> names;
  names.reserve(fields_.size());
  for (const Field& field : fields_) names.push_back(field.name);
  return names;
}

std::optional<std::size_t> Table::Find(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == name) return i;
  }
  return std::nullopt;
}

Table Table::Take(RowSpan rows) const {
  std::vector<ColumnPtr> columns;
  columns.reserve(columns_.size());
  for (const ColumnPtr& column : columns_) columns.push_back(column->Take(rows));
  return Table(fields_, std::move(columns), rows.size());
}

Table Table::Select(const std::vector<std::size_t>& columns) const {
  std::vector<Field> fields;
  std::vector<ColumnPtr> chosen;
  for (std::size_t i : columns) {
    TW_CHECK(i < columns_.size());
    fields.push_back(fields_[i]);
    chosen.push_back(columns_[i]);
  }
  return Table(std::move(fields), std::move(chosen), num_rows_);
}

Table Table::WithField(std::size_t i, Field field) const {
  TW_CHECK(i < fields_.size());
  Table copy = *this;
  copy.fields_[i] = std::move(field);
  return copy;
}

Table Table::WithColumn(Field field, ColumnPtr column) const {
  TW_CHECK(column != nullptr && (columns_.empty() || column->size() == num_rows_));
  Table copy = *this;
  copy.num_rows_ = column->size();
  copy.fields_.push_back(std::move(field));
  copy.columns_.push_back(std::move(column));
  return copy;
}

std::vector<std::uint64_t> Table::RowHashes(const std::vector<std::size_t>& columns) const {
  std::vector<std::uint64_t> hashes(num_rows_, 0);
  auto add = [&](std::size_t i) { columns_[i]->HashInto(hashes, HashBytes(fields_[i].name)); };
  if (columns.empty()) {
    for (std::size_t i = 0; i < columns_.size(); ++i) add(i);
  } else {
    for (std::size_t i : columns) {
      TW_CHECK(i < columns_.size());
      add(i);
    }
  }
  for (std::uint64_t& hash : hashes) hash = Mix64(hash);
  return hashes;
}

std::string Table::Fingerprint() const {
  Pool alone(1);
  return MakeDigest(*this, alone).fingerprint;
}

Result<std::size_t> ResolveColumn(const std::vector<std::string>& names, std::string_view typed,
                                  std::string_view error_id, std::string_view where) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == typed) return i;
  }
  if (typed.size() > 1 && typed[0] == '#') {
    std::int64_t position = 0;
    const auto [end, status] = std::from_chars(typed.data() + 1, typed.data() + typed.size(), position);
    if (status == std::errc() && end == typed.data() + typed.size()) {
      const auto count = std::int64_t(names.size());
      if (position >= 1 && position <= count) return std::size_t(position - 1);
      if (position <= -1 && position >= -count) return std::size_t(count + position);
    }
  }
  return Error(Code::kInvalidArgument, std::string(error_id), "column is not in the data: " + Quoted(typed))
      .In(std::string(where), Count(std::int64_t(names.size())) + " columns")
      .Got(std::string(typed))
      .Similar(SimilarNames(typed, names));
}

}  // namespace tagwerk::table
