// Input stage of all features: finds each column by name, brings it to the storage of training and maps
// strings to the levels seen in training. Done once per column, whatever is made of it later.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "features/features.h"
#include "model/archive.h"
#include "table/table.h"

namespace tagwerk::features {

inline constexpr std::int32_t kMissingLevel = -1;  ///< empty cell
inline constexpr std::int32_t kUnseenLevel = -2;   ///< a string that training never saw

/// Distinct strings of the training rows, most frequent first (ties by code point), found by hash.
class Levels {
 public:
  Levels() = default;
  Levels(std::vector<std::string> texts, std::vector<std::int64_t> counts, std::int64_t missing);

  std::int32_t size() const { return static_cast<std::int32_t>(texts_.size()); }
  /// Returns the level of an equal string, or kUnseenLevel.
  std::int32_t Find(std::string_view text) const;
  const std::string& text(std::int32_t level) const { return texts_[static_cast<std::size_t>(level)]; }
  std::int64_t count(std::int32_t level) const { return counts_[static_cast<std::size_t>(level)]; }
  std::int64_t missing() const { return missing_; }

  void Save(model::ByteWriter& writer) const;
  static Levels Load(model::ByteReader& reader);

 private:
  void Index();
  std::vector<std::string> texts_;
  std::vector<std::int64_t> counts_;
  std::int64_t missing_ = 0;
  std::vector<std::int32_t> slots_;  ///< open addressing, -1 = free
};

/// What a feature set knows about one of its input columns.
struct InputSpec {
  std::string name;
  table::SemanticType type = table::SemanticType::kNumeric;
  table::Storage trained = table::Storage::kDouble;  ///< storage in the training table
  table::Storage wanted = table::Storage::kDouble;   ///< storage that the transforms read
  table::ValueForm form;                             ///< how texts were read in training
  bool has_levels = false;
  Levels levels;

  void Save(model::ByteWriter& writer) const;
  static InputSpec Load(model::ByteReader& reader);
};

/// One column as the transforms see it; exactly the members of the wanted storage are set.
struct InputColumn {
  std::shared_ptr<const std::vector<double>> numbers;
  std::shared_ptr<const std::vector<std::int64_t>> times;
  std::shared_ptr<const std::vector<std::int32_t>> codes;
  std::shared_ptr<const table::Dictionary> dictionary;
  std::vector<std::int32_t> levels;  ///< per row, when the input has levels
};

/// Reads one column of a table (found by name; absent = all missing). `report` may be null; only this
/// column is added to it.
InputColumn ReadInput(const InputSpec& spec, const table::Table& table, ApplyReport* report);

/// Reads a text as the column of training was read; plain digits always count. NaN: no number.
double NumberOf(std::string_view text, const InputSpec& spec);
/// Reads a text as a time; kMissingTime: none.
std::int64_t TimeOf(std::string_view text, const InputSpec& spec);
/// Returns the level of a text, kUnseenLevel, or kMissingLevel for blanks.
std::int32_t LevelOf(const InputSpec& spec, std::string_view text);

/// Reads "true", "yes", "y", "t", "1", "on" as 1, their opposites as 0, anything else as -1 (any case).
int TruthOf(std::string_view text);

}  // namespace tagwerk::features
