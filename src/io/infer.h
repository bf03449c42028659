// Semantic types from whole columns of strings (algorithms 4.1): numbers, times, booleans, categories,
// texts and ids, each with a sentence of evidence. The decision depends on all values of the column,
// never on a sample, so the same data gives the same types however it was cut or read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/missing.h"
#include "io/number_text.h"
#include "io/time_text.h"
#include "table/table.h"

namespace tagwerk::io {

inline constexpr std::size_t kExamples = 5;  ///< values shown of a column

/// What the surroundings of a column say about its spelling.
struct InferHints {
  bool numbers = true;                ///< false: typed source, strings stay strings
  std::optional<char> decimal;        ///< told by the user
  bool prefer_decimal_comma = false;  ///< other columns or the delimiter suggest it
  bool prefer_day_first = false;
};

enum class ValueKind : std::uint8_t { kNumber, kTime, kString };

/// How the values of a column are to be read.
struct ValueForm {
  ValueKind kind = ValueKind::kString;
  NumberStyle style = NumberStyle::kPlain;
  DateOrder order = DateOrder::kYearFirst;
  bool ambiguous = false;  ///< another reading fits as well; decided by convention
  bool epoch = false;      ///< times are counts since 1970
};

/// A column of strings before its type is known: codes (-1 = missing) into distinct texts.
struct StringDraft {
  std::vector<std::int32_t> codes;
  std::shared_ptr<const table::Dictionary> dictionary;
};

/// Decides how the values are to be read; at least 99 % of the values must fit.
ValueForm DecideForm(const StringDraft& draft, const InferHints& hints);

/// Returns whether at most 1 % of the values failed to convert.
inline bool FewFailed(std::int64_t failed, std::int64_t present) { return failed * 100 <= present; }

/// What conversion of a column to numbers or times met.
struct Conversion {
  std::int64_t present = 0;  ///< values that are not missing markers
  std::int64_t failed = 0;   ///< did not convert
  std::int64_t infinite = 0;
  std::int64_t inexact = 0;
  std::int64_t leading_zero = 0;
  bool zoned = false;                 ///< some times named a zone
  std::vector<std::string> examples;  ///< of failed values, first rows first, at most kExamples
};

/// Converts a draft by the form (number or time) to a column.
table::ColumnPtr ConvertDraft(const StringDraft& draft, const ValueForm& form, Conversion& conversion);

/// Fills type, confidence, evidence and flags of the field from a finished column.
void DescribeNumbers(const table::Column& column, const Conversion& conversion, table::Field& field);
void DescribeTimes(const table::Column& column, const Conversion& conversion, const ValueForm& form,
                   table::Field& field);
void DescribeStrings(const table::Column& column, table::Field& field);

/// Turns a draft into a column of the inferred type.
table::ColumnPtr FinishDraft(StringDraft draft, const InferHints& hints, table::Field& field);
/// Turns a draft into a column of the type that is told; failures are in field.unparsed.
table::ColumnPtr FinishDraftAs(StringDraft draft, table::SemanticType type, const InferHints& hints,
                               table::Field& field);
/// Returns the storage that carries a type told by the user or a model.
table::Storage StorageOf(table::SemanticType type);

}  // namespace tagwerk::io
