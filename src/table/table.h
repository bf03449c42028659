// Table: immutable typed columns. Copying a Table copies pointers; columns are shared.
// Three storages carry the seven semantic types: double (NaN = missing), timestamp (microseconds
// since 1970 UTC or zone-less; kMissingTime = missing), string (codes into a dictionary; -1 = missing).
// Integers that a double cannot hold exactly are kept as strings: they are keys, not amounts.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "table/value_form.h"

namespace tagwerk::table {

enum class SemanticType : std::uint8_t {
  kNumeric,
  kCategorical,
  kOrdinal,
  kBoolean,
  kDatetime,
  kText,
  kId,
};
enum class Role : std::uint8_t { kFeature, kTarget, kWeight, kGroup, kTime, kId, kIgnored };
enum class Storage : std::uint8_t { kDouble, kTimestamp, kString };

std::string_view TypeName(SemanticType type);  ///< "numeric", "categorical", ...
std::optional<SemanticType> TypeFromName(std::string_view name);
std::string_view RoleName(Role role);

inline constexpr std::int64_t kMissingTime = std::numeric_limits<std::int64_t>::min();

/// Row numbers into a table, from 0. Stages pass these instead of copying rows.
using RowIndex = std::uint32_t;
using Rows = std::vector<RowIndex>;
using RowSpan = std::span<const RowIndex>;

/// Distinct strings, addressed by code; bytes in one block.
class Dictionary {
 public:
  std::int32_t size() const { return static_cast<std::int32_t>(offsets_.size()) - 1; }
  std::string_view at(std::int32_t code) const {
    return std::string_view(bytes_).substr(offsets_[code], offsets_[code + 1] - offsets_[code]);
  }
  /// Appends without looking for an equal entry; returns the new code.
  std::int32_t Append(std::string_view text);

 private:
  std::vector<std::uint64_t> offsets_{0};
  std::string bytes_;
};

/// Builds a dictionary: Intern returns the code of an equal entry, or a new one.
class DictionaryBuilder {
 public:
  DictionaryBuilder();
  ~DictionaryBuilder();
  DictionaryBuilder(DictionaryBuilder&&) noexcept;
  DictionaryBuilder& operator=(DictionaryBuilder&&) noexcept;
  std::int32_t Intern(std::string_view text);
  std::optional<std::int32_t> Find(std::string_view text) const;
  std::int32_t size() const;
  std::shared_ptr<const Dictionary> Finish() &&;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One column of values.
class Column {
 public:
  static std::shared_ptr<const Column> Doubles(std::vector<double> values);
  static std::shared_ptr<const Column> Timestamps(std::vector<std::int64_t> microseconds);
  static std::shared_ptr<const Column> Strings(std::vector<std::int32_t> codes,
                                               std::shared_ptr<const Dictionary> dictionary);

  Storage storage() const { return storage_; }
  std::size_t size() const;
  bool IsMissing(std::size_t row) const;

  /// Shared storage, so that views keep it alive; null for other storages.
  const std::shared_ptr<const std::vector<double>>& doubles() const { return doubles_; }
  const std::shared_ptr<const std::vector<std::int64_t>>& timestamps() const { return timestamps_; }
  const std::shared_ptr<const std::vector<std::int32_t>>& codes() const { return codes_; }
  const std::shared_ptr<const Dictionary>& dictionary() const { return dictionary_; }

  /// Returns the value as it is written to CSV: shortest number, RFC 3339 time, the string; "" if missing.
  std::string Text(std::size_t row) const;
  /// Returns a hash of the value (not of its dictionary code), independent of row order and file format.
  std::uint64_t Hash(std::size_t row) const;
  /// Hashes all values at once (dictionary entries are hashed once).
  void HashInto(std::span<std::uint64_t> row_hashes, std::uint64_t salt) const;
  /// Copies the given rows.
  std::shared_ptr<const Column> Take(RowSpan rows) const;

 private:
  Storage storage_ = Storage::kDouble;
  std::shared_ptr<const std::vector<double>> doubles_;
  std::shared_ptr<const std::vector<std::int64_t>> timestamps_;
  std::shared_ptr<const std::vector<std::int32_t>> codes_;
  std::shared_ptr<const Dictionary> dictionary_;
};
using ColumnPtr = std::shared_ptr<const Column>;

/// Writes microseconds since 1970 as RFC 3339 without zone: 2013-10-19T18:00:00 (date only at midnight
/// when `date_only`).
std::string TimestampText(std::int64_t microseconds, bool date_only = false);

/// What is known about a column.
struct Field {
  std::string name;           ///< trimmed, unique
  std::string original_name;  ///< as in the file
  SemanticType type = SemanticType::kNumeric;
  Role role = Role::kFeature;
  double type_confidence = 1.0;                 ///< 0..1
  std::string type_evidence;                    ///< "99.8 % of the values are dates like 2013-01-31"
  bool integers = false;                        ///< double storage: every value is a whole number
  bool date_only = false;                       ///< timestamp storage: no time of day
  std::string unit;                             ///< of numbers that were written with one: "CC", "$", "%"
  ValueForm form;                               ///< how the texts were read
  std::int64_t converted = 0;                   ///< values with a unit, sign of currency or magnitude beside them
  std::vector<std::string> converted_examples;  ///< at most 5
  std::int64_t form_missing = 0;                ///< values that are one of form.missing
  std::int64_t unparsed = 0;                    ///< values that did not convert to the type; they count as missing
  std::vector<std::string> unparsed_examples;   ///< at most 5
};

class Table {
 public:
  Table() = default;
  Table(std::vector<Field> fields, std::vector<ColumnPtr> columns, std::size_t num_rows);

  std::size_t num_rows() const { return num_rows_; }
  std::size_t num_columns() const { return columns_.size(); }
  const std::vector<Field>& fields() const { return fields_; }
  const Field& field(std::size_t i) const { return fields_[i]; }
  const Column& column(std::size_t i) const { return *columns_[i]; }
  const ColumnPtr& column_ptr(std::size_t i) const { return columns_[i]; }
  std::vector<std::string> names() const;
  std::optional<std::size_t> Find(std::string_view name) const;

  Table Take(RowSpan rows) const;
  Table Select(const std::vector<std::size_t>& columns) const;
  /// Returns a copy whose field i is replaced (roles and types are set this way).
  Table WithField(std::size_t i, Field field) const;
  Table WithColumn(Field field, ColumnPtr column) const;

  /// Returns one hash per row over the given columns (all when empty), independent of the order of
  /// columns, of the file's format and of dictionaries. Equal rows have equal hashes.
  std::vector<std::uint64_t> RowHashes(const std::vector<std::size_t>& columns = {}) const;
  /// Returns `sha256:<hex>` of names, types and the multiset of row hashes (experience.md part 5).
  std::string Fingerprint() const;

 private:
  std::vector<Field> fields_;
  std::vector<ColumnPtr> columns_;
  std::size_t num_rows_ = 0;
};

/// Resolves what a person typed for a column: a name, or #3 / #-1 by position (a real column of that
/// name wins). Error: `id` target-not-found or column-not-found, with similar names.
Result<std::size_t> ResolveColumn(const std::vector<std::string>& names, std::string_view typed,
                                  std::string_view error_id, std::string_view where);

}  // namespace tagwerk::table
