// The sentence of evidence and the confidence of each inferred type.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "io/infer.h"

namespace tagwerk::io {
namespace {

using table::SemanticType;

// Below this many values a share of distinct ones says nothing.
constexpr std::int64_t kFewValues = 20;

void TakeFacts(const Conversion& c, const ValueForm& form, table::Field& field) {
  field.form = form;
  field.unit = form.unit;
  field.converted = c.affixed;
  field.converted_examples = c.affixed_examples;
  field.form_missing = c.form_missing;
  field.unparsed = c.failed + c.infinite;
  field.unparsed_examples = c.examples;
}

struct StringFacts {
  std::int64_t present = 0, distinct = 0;
  double mean_length = 0, mean_tokens = 0;
  bool all_digits = true;
  std::size_t longest = 0;
  std::vector<std::string_view> first;  // at most 3 distinct texts
};

std::int64_t Tokens(std::string_view text) {
  std::int64_t tokens = 0;
  bool inside = false;
  for (char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    tokens += !blank && !inside;
    inside = !blank;
  }
  return tokens;
}

StringFacts Gather(const table::Column& column) {
  const table::Dictionary& dictionary = *column.dictionary();
  std::vector<std::int64_t> count(std::size_t(dictionary.size()), 0);
  StringFacts f;
  for (std::int32_t code : *column.codes()) {
    if (code < 0) continue;
    ++count[std::size_t(code)];
    ++f.present;
  }
  double length = 0, tokens = 0;
  for (std::int32_t code = 0; code < dictionary.size(); ++code) {
    const std::int64_t n = count[std::size_t(code)];
    if (n == 0) continue;
    const std::string_view text = dictionary.at(code);
    ++f.distinct;
    if (f.first.size() < 3) f.first.push_back(text);
    length += double(n) * double(text.size());
    tokens += double(n) * double(Tokens(text));
    f.longest = std::max(f.longest, text.size());
    f.all_digits = f.all_digits && std::all_of(text.begin(), text.end(),
                                               [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '+'; });
  }
  if (f.present > 0) {
    f.mean_length = length / double(f.present);
    f.mean_tokens = tokens / double(f.present);
  }
  return f;
}

bool IsBooleanPair(const StringFacts& f) {
  if (f.distinct != 2) return false;
  std::string a = Lower(f.first[0]), b = Lower(f.first[1]);
  if (a > b) std::swap(a, b);
  return (a == "false" && b == "true") || (a == "no" && b == "yes") || (a == "f" && b == "t") || (a == "n" && b == "y");
}

void Set(table::Field& field, SemanticType type, double confidence, std::string evidence) {
  field.type = type;
  field.type_confidence = confidence;
  field.type_evidence = std::move(evidence);
}

// By value, not by spelling: the same times are the same kind of column in every file format.
bool AllAtMidnight(const std::vector<std::int64_t>& times) {
  constexpr std::int64_t kDay = 86'400'000'000;
  return std::all_of(times.begin(), times.end(),
                     [](std::int64_t t) { return t == table::kMissingTime || t % kDay == 0; });
}

std::string Values(std::int64_t n) { return Count(n) + (n == 1 ? " value" : " values"); }

}  // namespace

void DescribeNumbers(const table::Column& column, const Conversion& c, const ValueForm& form, table::Field& field) {
  TakeFacts(c, form, field);
  bool integers = c.present > 0;
  for (double value : *column.doubles()) {
    if (std::isnan(value)) continue;
    if (value != std::trunc(value)) {
      integers = false;
      break;
    }
  }
  field.integers = integers;
  if (c.present == 0) return Set(field, SemanticType::kNumeric, 0, "no row has a value");
  const std::int64_t failed = c.failed + c.infinite;
  const char* what = integers ? "whole numbers" : "numbers";
  std::string evidence =
      failed == 0
          ? fmt::format("all {} are {}", Values(c.present), what)
          : fmt::format("{} of {} are {}; {} not: {}", Percent(double(c.present - failed) / double(c.present)),
                        Values(c.present), what, Count(failed), c.examples.empty() ? "" : Quoted(c.examples[0]));
  if (c.affixed > 0) evidence += fmt::format("; {} written as {}", Count(c.affixed), Quoted(c.affixed_examples[0]));
  if (form.ambiguous) evidence += "; thousands separators or decimal commas by convention: both fit all values";
  const double share = double(c.present - failed) / double(c.present);
  Set(field, SemanticType::kNumeric, form.ambiguous ? 0.5 : share, std::move(evidence));
}

void DescribeTimes(const table::Column& column, const Conversion& c, const ValueForm& form, table::Field& field) {
  TakeFacts(c, form, field);
  field.date_only = AllAtMidnight(*column.timestamps());
  std::string first;
  for (std::size_t i = 0; i < column.size() && first.empty(); ++i) {
    if (!column.IsMissing(i)) first = table::TimestampText((*column.timestamps())[i], field.date_only);
  }
  if (c.present == 0) return Set(field, SemanticType::kDatetime, 0, "no row has a value");
  const double share = double(c.present - c.failed) / double(c.present);
  std::string evidence =
      fmt::format("{} of the values are {}, first {}", Percent(share), field.date_only ? "dates" : "times", first);
  if (form.epoch) evidence += "; read as a count since 1970";
  if (form.order == DateOrder::kDayFirst) evidence += "; day before month";
  if (form.order == DateOrder::kMonthFirst) evidence += "; month before day";
  if (form.ambiguous) evidence += " by convention: both orders fit all values";
  if (c.zoned) evidence += "; zones converted to UTC";
  Set(field, SemanticType::kDatetime, form.ambiguous ? 0.5 : share, std::move(evidence));
}

// Category, text or id (algorithms 4.1). Boolean pairs first; then long digits, which are keys.
void DescribeStrings(const table::Column& column, table::Field& field) {
  const StringFacts f = Gather(column);
  if (f.present == 0) return Set(field, SemanticType::kCategorical, 0, "no row has a value");
  if (IsBooleanPair(f)) {
    return Set(field, SemanticType::kBoolean, 1.0,
               fmt::format("two values: {} and {}", Quoted(f.first[0]), Quoted(f.first[1])));
  }
  const double share = double(f.distinct) / double(f.present);
  if (f.all_digits && f.longest > 15) {
    return Set(field, SemanticType::kId, 0.95,
               fmt::format("whole numbers of up to {} digits, too long for an amount", f.longest));
  }
  const bool wordy = f.mean_tokens >= 3;
  if ((wordy && share > 0.5) || (f.mean_tokens >= 8 && share > 0.3)) {
    return Set(
        field, SemanticType::kText, std::min(1.0, 0.5 + 0.5 * share),
        fmt::format("{:.1f} words a value, {} distinct in {}", f.mean_tokens, Count(f.distinct), Values(f.present)));
  }
  if (share > 0.95 && f.present >= kFewValues) {
    return Set(field, SemanticType::kId, std::clamp((share - 0.9) * 10, 0.5, 1.0),
               fmt::format("nearly every value is different: {} distinct in {}", Count(f.distinct), Values(f.present)));
  }
  const double confidence = share <= 0.2 ? 1.0 : share < 0.5 ? 0.8 : 0.5;
  Set(field, SemanticType::kCategorical, confidence,
      fmt::format("{} distinct in {}", Count(f.distinct), Values(f.present)));
}

}  // namespace tagwerk::io
