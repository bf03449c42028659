// Semantic types from whole columns of strings (algorithms 4.1): numbers, times, booleans, categories,
// texts and ids, each with a sentence of evidence. The decision depends on all values of the column,
// never on a sample, so the same data gives the same types however it was cut or read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/draft.h"
#include "io/missing.h"
#include "table/table.h"

namespace tagwerk::io {

inline constexpr std::size_t kExamples = 5;      ///< values shown of a column
inline constexpr std::size_t kFailedRows = 100;  ///< rows remembered of a column

using table::DateOrder;
using table::NumberKind;
using table::NumberStyle;
using table::ParsedNumber;
using table::ParseNumber;
using table::TrimBlanks;
using table::ValueForm;
using table::ValueKind;

/// What the surroundings of a column say about its spelling.
struct InferHints {
  bool numbers = true;                ///< false: typed source, strings stay strings
  std::optional<char> decimal;        ///< told by the user
  bool prefer_decimal_comma = false;  ///< other columns or the delimiter suggest it
  bool prefer_day_first = false;
  /// Order of day and month that alone fits other columns of the file, and the first of these.
  std::optional<DateOrder> other_order;
  std::string other_column;
  bool keys = false;  ///< the name says that digits are a code: zip, phone
  /// How a model read the column in training; taken where it fits the values, or (`form_fixed`) anyway.
  std::optional<table::ValueForm> form;
  bool form_fixed = false;
};

/// Decides how the values are to be read; at least 99 % of the values must fit.
ValueForm DecideForm(const StringDraft& draft, const InferHints& hints);
/// Returns the order of day and month if all values but few are dates in one of the two only.
std::optional<DateOrder> ProvedOrder(const StringDraft& draft);
/// Decides how values of a told type are to be read; the trained form wins where it fits.
ValueForm DecideFormAs(const StringDraft& draft, table::SemanticType type, const InferHints& hints);

/// What conversion of a column to numbers or times met.
struct Conversion {
  std::int64_t present = 0;  ///< values that are not missing markers
  std::int64_t failed = 0;   ///< did not convert
  std::int64_t infinite = 0;
  std::int64_t inexact = 0;
  std::int64_t leading_zero = 0;
  std::int64_t affixed = 0;           ///< converted although a unit or the like stood beside the number
  std::int64_t form_missing = 0;      ///< stand for no value by the form
  bool zoned = false;                 ///< some times named a zone
  std::vector<std::string> examples;  ///< of failed values, first rows first, at most kExamples
  std::vector<std::string> affixed_examples;
  std::vector<std::size_t> failed_rows;  ///< first rows with a failed value, at most kFailedRows
};

/// Converts a draft by the form (number or time) to a column.
table::ColumnPtr ConvertDraft(const StringDraft& draft, const ValueForm& form, Conversion& conversion);

/// Fills type, confidence, evidence and flags of the field from a finished column.
void DescribeNumbers(const table::Column& column, const Conversion& conversion, const ValueForm& form,
                     table::Field& field);
void DescribeTimes(const table::Column& column, const Conversion& conversion, const ValueForm& form,
                   table::Field& field);
void DescribeStrings(const table::Column& column, table::Field& field);

/// Turns a draft into a column of the inferred type.
table::ColumnPtr FinishDraft(StringDraft draft, const InferHints& hints, table::Field& field,
                             Conversion* facts = nullptr);
/// Turns a draft into a column of the type that is told; failures are in field.unparsed.
table::ColumnPtr FinishDraftAs(StringDraft draft, table::SemanticType type, const InferHints& hints,
                               table::Field& field);
/// Returns the storage that carries a type told by the user or a model.
table::Storage StorageOf(table::SemanticType type);

}  // namespace tagwerk::io
