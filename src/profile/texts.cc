// English texts of the findings; see texts.h.
#include "profile/texts.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace tagwerk::profile {
namespace {

constexpr std::array kTexts = {
    FindingText{"finding.leak_single_threshold", "",
                "{column:code} restates the target alone: every value on one side of a limit belongs to one class "
                "({metric} {score}); it was left out"},
    FindingText{"finding.leak_single_levels", "",
                "{column:code} restates the target alone: each of its {levels} values belongs to one class in "
                "{agree:percent} of {count} rows; it was left out"},
    FindingText{"finding.leak_single_equal", "",
                "{column:code} restates the target alone: the target is computed from it in {agree:percent} of "
                "{count} rows; it was left out"},
    FindingText{"finding.leak_pair_classes", "",
                "{column:code} with {other:code} gives the target: their {operation} alone reaches auc {score}; "
                "{column:code} was left out"},
    FindingText{"finding.leak_pair_numbers", "",
                "{column:code} with {other:code} gives the target: {formula} in {agree:percent} of {count} rows; "
                "{column:code} was left out"},
    FindingText{"finding.leak_missing_target", "",
                "{column:code} is empty exactly where the target is empty ({count} rows): it is filled only when the "
                "outcome is known; it was left out"},
    FindingText{"finding.leak_missing_class", "",
                "{column:code} is filled exactly where the target is {label} ({count} rows): it is filled only when "
                "the outcome is known; it was left out"},
    FindingText{"finding.leak_companion", "",
                "{column:code} dates {source:code}, which restates the target: both come with the outcome; "
                "it was left "
                "out"},
    FindingText{"finding.suspect_strong", "",
                "{column:code} alone nearly gives the target away ({metric} {score}); check that it is known when a "
                "prediction is needed"},
    FindingText{"finding.suspect_dominates", "",
                "{column:code} alone says far more about the target than any other column ({metric} {score}, next "
                "{next} {next_score}); check that it is known when a prediction is needed"},
    FindingText{"finding.suspect_name", "",
                "{column:code} may be known only after the fact, by its name, and says much about the target "
                "({metric} {score}); check that it is known when a prediction is needed"},
    FindingText{"finding.suspect_later", "",
                "{column:code} lies after {other:code} in every row, and the time between them says much about the "
                "target ({metric} {score}); check that it is known when a prediction is needed"},
    FindingText{"finding.suspect_derived", "",
                "{column:code} with {other:code} gives {source:code}, which is leakage or suspect itself; check that "
                "it is known when a prediction is needed"},
    FindingText{"finding.suspect_part", "",
                "{column:code} is a part of the sum that gives the target ({formula}); check that it is known when a "
                "prediction is needed"},
    FindingText{"finding.used_anyway", "", "{column:code} would be left out ({why}); it is used as told by --use"},
    FindingText{"finding.constant", "", "{column:code} has one value: {value}; it was left out"},
    FindingText{"finding.constants", "", "{count} columns have one value or none; they were left out"},
    FindingText{"finding.same_columns", "",
                "{count} columns hold the same values as an earlier column; they were left out"},
    FindingText{"finding.empty", "", "{column:code} has no value in any row; it was left out"},
    FindingText{"finding.id_numbers", "",
                "{column:code} numbers the rows: {count} distinct whole numbers, {order}; it was left out"},
    FindingText{"finding.id_values", "",
                "{column:code} identifies rows: {distinct:percent} of its values occur once; it was left out"},
    FindingText{"finding.text_words", "", "{column:code} is text ({count} distinct); it is read by its words"},
    FindingText{"finding.text_words_many", "", "{count} columns are text; they are read by their words"},
    FindingText{"finding.text_unique", "",
                "{column:code} is text that hardly repeats ({distinct:percent} distinct); it was left out"},
    FindingText{"finding.high_cardinality", "",
                "{column:code} has {count} categories, {rare} of them in fewer than 10 rows; it was encoded "
                "by target "
                "means from other folds"},
    FindingText{"finding.same_as", "", "{column:code} holds the same values as {other:code}; it was left out"},
    FindingText{"finding.near_duplicate", "",
                "{column:code} says nearly the same as {other:code} (rank correlation {value}); both were kept"},
    FindingText{"finding.sentinel",
                "{column:code} holds {value} in {count} row, where it stands apart from all other "
                "values: it may mean missing; it was kept as it is",
                "{column:code} holds {value} in {count} rows, where it stands apart from all other values: "
                "it may mean "
                "missing; it was kept as it is"},
    FindingText{"finding.zero_sentinel", "",
                "{column:code} is 0 in {count} rows although every other value is far above 0: it may mean "
                "missing; it "
                "was kept as it is"},
    FindingText{"finding.unknown_level", "",
                "{column:code} holds {value} in {count} rows: it may mean missing; it was kept as a category"},
    FindingText{"finding.mixed_types",
                "{column:code} holds {count} value that is not of its type {type}, for example "
                "{value}; it counts as missing",
                "{column:code} holds {count} values that are not of its type {type}, for example {value}; they count "
                "as missing"},
    FindingText{"finding.mixed_text", "",
                "{column:code} mixes {share:percent} numbers with text, for example {value}: it is read as text"},
    FindingText{"finding.unit", "",
                "{column:code} holds numbers with a unit in {share:percent} of its values, for example "
                "{value}: it is read as text"},
    FindingText{"finding.date_order", "",
                "the dates of {column:code} make sense in both orders of day and month; they were read as {order}"},
    FindingText{"finding.form_missing",
                "{count} value of {column:code} is no number that can be compared with the others, for example "
                "{value}; it counts as missing",
                "{count} values of {column:code} are no numbers that can be compared with the others, for example "
                "{value}; they count as missing"},
    FindingText{
        "finding.number_text",
        "{column:code} is written with more than digits, for example {value}; {count} value was read as a number",
        "{column:code} is written with more than digits, for example {value}; {count} values were read as numbers"},
    FindingText{
        "finding.unit_read",
        "{column:code} is written with a unit, for example {value}; {count} value was read as a number in {unit}",
        "{column:code} is written with a unit, for example {value}; {count} values were read as numbers in {unit}"},
    FindingText{"finding.outliers",
                "{column:code} has {count} value far outside the others (beyond {limit:number}); it "
                "was kept",
                "{column:code} has {count} values far outside the others (beyond {limit:number}); they were kept"},
    FindingText{"finding.duplicates",
                "{count} row repeats an earlier row in every column; equal rows stay on one side "
                "of the split",
                "{count} rows repeat an earlier row in every column; equal rows stay on one side of the split"},
    FindingText{"finding.missing_target", "{count} row has no target; it was set aside",
                "{count} rows have no target; they were set aside"},
    FindingText{"finding.missing_heavy", "", "{column:code} is {share:percent} missing; it was kept"},
    FindingText{"finding.missing_predicts", "",
                "whether {column:code} is empty says something about the target: {value:number} where empty, "
                "{other_value:number} elsewhere"},
    FindingText{"finding.imbalance", "",
                "the class {label} has {share:percent} of the rows ({count}); accuracy says little here"},
    FindingText{"finding.rare_class", "the class {label} has {count} row; a score for it means little",
                "the class {label} has {count} rows; a score for it means little"},
    FindingText{"finding.rare_classes", "",
                "{classes} classes have fewer than 10 rows, the rarest is {label} with {count}; scores for them mean "
                "little"},
    FindingText{"finding.split_date", "",
                "{column:code} are one point in time together: its weekday, weekend and day of the year were added"},
    FindingText{"finding.order_target", "",
                "the rows of the file are sorted by the target or nearly so (auc of the row number {value:number})"},
    FindingText{"finding.order_drift", "",
                "the target moves with time: by month of {column:code} its mean goes from {low} to {high}"},
    FindingText{"finding.label_noise", "",
                "about {count} values of {column:code} look wrong ({share:percent}; {low:percent} to {high:percent}): "
                "models that did not see these rows are sure of another one; look at the examples"},
    FindingText{"finding.duplicates_across_split",
                "{count} test row ({share:percent}) equals a training row in every column used, {same} with the same "
                "target; the score without such rows stands beside",
                "{count} test rows ({share:percent}) equal a training row in every column used, {same} with the same "
                "target; the score without such rows stands beside"},
    FindingText{"finding.groups_across_split", "",
                "rows of one {column:code} are alike: on values that training did not see, the loss of a small model "
                "is {share:percent} higher; if new data brings new values, judge with --group"},
    FindingText{"finding.test_differs", "",
                "test rows differ from training rows: a classifier tells them apart with auc {value}, mostly by "
                "{columns}; the score holds for rows like those of the test"},
    FindingText{"finding.rejected", "{count} malformed row was rejected ({share:percent}); it is in rejected.csv",
                "{count} malformed rows were rejected ({share:percent}); they are in rejected.csv"},
    FindingText{"finding.note", "", "{text}"},
    // Several columns in one finding; {count} columns, {rows} rows in the column that has most.
    FindingText{"finding.sentinel_many", "",
                "{count} columns hold {value} in up to {rows} rows, where it stands apart from all other values: it "
                "may mean missing; it was kept as it is"},
    FindingText{"finding.zero_sentinel_many", "",
                "{count} columns are 0 in up to {rows} rows although every other value is far above 0: it may mean "
                "missing; it was kept as it is"},
    FindingText{"finding.unknown_level_many", "",
                "{count} columns hold {value} in up to {rows} rows: it may mean missing; it was kept as a category"},
    FindingText{"finding.high_cardinality_many", "",
                "{count} columns have more than 254 categories; they were encoded by target means from other folds"},
    FindingText{"finding.missing_heavy_many", "", "{count} columns are more than half missing; they were kept"},
    FindingText{"finding.missing_predicts_many", "",
                "whether {count} columns are empty says something about the target"},
    FindingText{"finding.outliers_many", "", "{count} columns have values far outside the others; they were kept"},
    FindingText{"finding.near_duplicate_many", "",
                "{count} columns say nearly the same as an earlier column; they were kept"},
    FindingText{"finding.id_values_many", "",
                "{count} columns identify rows: nearly every value occurs once; they were left out"},
    FindingText{"finding.text_unique_many", "", "{count} columns are text that hardly repeats; they were left out"},
    // Reasons of the split; the values come with the split.
    FindingText{"split.time", "", "by time ({column:code}): last {share:percent} of rows held out"},
    FindingText{"split.time_no_test", "", "by time ({column:code}): no test set, {folds} validation folds"},
    FindingText{"split.group", "", "by group ({column:code}): whole groups, {share:percent} of rows held out"},
    FindingText{"split.group_no_test", "", "by group ({column:code}): no test set, {folds} validation folds"},
    FindingText{"split.classes", "", "at random within each class: {share:percent} of rows held out"},
    FindingText{"split.classes_no_test", "", "at random within each class: no test set, {folds} validation folds"},
    FindingText{"split.deciles", "", "at random within tenths of the target: {share:percent} of rows held out"},
    FindingText{"split.deciles_no_test", "",
                "at random within tenths of the target: no test set, {folds} validation folds"},
    FindingText{"split.random", "", "at random: {share:percent} of rows held out"},
    FindingText{"split.random_no_test", "", "at random: no test set, {folds} validation folds"},
};

std::string NumberText(double value) {
  if (std::fabs(value) < 1e15 && value == std::trunc(value)) return Count(std::int64_t(value));
  return fmt::format("{:.4g}", value);
}

std::string ValueText(const Json& value, std::string_view form) {
  if (value.is_string()) {
    const std::string text = value.get<std::string>();
    return form == "code" ? Printable(text) : text;
  }
  if (value.is_number()) {
    const double number = value.get<double>();
    if (form == "percent") return Percent(number);
    return NumberText(number);
  }
  return value.is_boolean() ? (value.get<bool>() ? "true" : "false") : "";
}

}  // namespace

std::span<const FindingText> FindingTexts() { return kTexts; }

namespace {

const FindingText* FindText(std::string_view key) {
  for (const auto part : {FindingTexts(), ComparedTexts()}) {
    for (const FindingText& text : part) {
      if (text.key == key) return &text;
    }
  }
  return nullptr;
}

}  // namespace

std::string EnglishText(std::string_view key, const Json& values) {
  std::string_view pattern;
  if (const FindingText* found = FindText(key)) {
    const FindingText& text = *found;
    const bool one = values.contains("count") && values["count"].is_number() && values["count"].get<double>() == 1;
    pattern = one && !text.one.empty() ? text.one : text.other;
  }
  TW_CHECK(!pattern.empty());
  std::string result;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    result += pattern.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = pattern.find('}', open);
    const std::string_view inside = pattern.substr(open + 1, close - open - 1);
    const std::size_t colon = inside.find(':');
    const std::string name(inside.substr(0, colon));
    const std::string_view form = colon == std::string_view::npos ? "" : inside.substr(colon + 1);
    const auto at = values.find(name);
    result += at == values.end() ? "{" + std::string(inside) + "}" : ValueText(*at, form);
    pattern.remove_prefix(close + 1);
  }
  return result;
}

Json FindingTextCatalogue() {
  Json catalogue = Json::object();
  for (const auto part : {FindingTexts(), ComparedTexts()}) {
    for (const FindingText& text : part) {
      if (text.one.empty()) {
        catalogue[std::string(text.key)] = text.other;
      } else {
        catalogue[std::string(text.key)] = {{"one", text.one}, {"other", text.other}};
      }
    }
  }
  return catalogue;
}

}  // namespace tagwerk::profile
