// The recipes: which transforms a column gets, by its type, its number of levels and the learner's family.
//   column                 tree recipe                           linear recipe
//   numbers                as they are (shared, no copy)         scaled, imputed, indicator
//   boolean strings        0 / 1                                 0 / 1, scaled
//   categories, few        native codes (at most 254 levels)     codes for one-hot (at most 50 levels)
//   known order            rank                                  codes for one-hot
//   categories, many       254 codes + other, target, count      target and count, scaled
//   strings with numbers   also the first number                 also the first number, scaled
//   dates                  parts that vary, seconds              cycles, trend scaled
//   nearly unique strings  length, words, share of digits        the same, scaled
//   text                   the same, shares of capitals and      the same, scaled; sparse vectors of words
//                          symbols, topics, out-of-fold score    and runs of characters
//   2 to 4 date columns    differences of all pairs in days      the same, scaled
//   year, month, day       weekday, weekend, day of the year     cycles, trend scaled (split_date.h)
#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_set>

#include "features/category.h"
#include "features/date.h"
#include "features/fit.h"
#include "features/fit_text.h"
#include "features/numeric.h"
#include "features/ordinal.h"
#include "features/text.h"
#include "features/text_words.h"
#include "table/quantity.h"

namespace tagwerk::features {
namespace {

using model::Recipe;
using table::SemanticType;
using table::Storage;

constexpr double kNearlyUnique = 0.9;       ///< levels / values above which a category is no category
constexpr double kTextNearlyUnique = 0.5;   ///< the same for text columns
constexpr std::size_t kFewestForText = 20;  ///< with fewer values a share says nothing
constexpr double kNumbersShare = 0.8;
constexpr std::size_t kFewestNumbers = 10;
constexpr std::size_t kMostDateColumns = 4;

/// Codes of the training rows with their counts, by dictionary code.
std::vector<std::int64_t> CountCodes(const InputColumn& column, table::RowSpan rows, std::int64_t& missing) {
  std::vector<std::int64_t> counts(std::size_t(column.dictionary->size()), 0);
  missing = 0;
  for (const table::RowIndex row : rows) {
    const std::int32_t code = (*column.codes)[row];
    if (code < 0) {
      ++missing;
    } else {
      ++counts[std::size_t(code)];
    }
  }
  return counts;
}

bool IsNearlyUnique(SemanticType type, std::size_t levels, std::size_t values) {
  if (type == SemanticType::kId) return true;
  const double limit = type == SemanticType::kText ? kTextNearlyUnique : kNearlyUnique;
  return values >= kFewestForText && static_cast<double>(levels) > limit * static_cast<double>(values);
}

/// Adds a transform as it is (trees) or scaled (linear); what is constant in training is left out.
void Add(const FitState& state, Recipe recipe, Fitted fitted, std::vector<Fitted>& out) {
  if (recipe == Recipe::kLinear) fitted = FitScaled(state, std::move(fitted));
  if (fitted.transform) out.push_back(std::move(fitted));
}

template <class T, class... Args>
Fitted Plain(Args... args) {
  return {std::make_unique<T>(args...), {}};
}

void FitCategory(const FitState& state, Recipe recipe, std::uint32_t input, std::vector<Fitted>& out) {
  const Levels& levels = state.specs[input].levels;
  if (levels.size() == 0) return;
  const bool tree = recipe == Recipe::kTree;
  const bool many = levels.size() > (tree ? kMostCodes : kMostOneHotLevels);
  std::optional<std::vector<double>> order = KnownOrder(levels);
  if (tree && order) out.push_back({std::make_unique<Flag>(input, std::move(*order)), {}, {}});
  if (tree && !order) out.push_back(Plain<CategoryCodes>(input, kMostCodes, false));
  if (!tree && !many) {
    out.push_back(Plain<CategoryCodes>(input, kMostOneHotLevels, levels.missing() > 0));
  }
  if (!many) return;
  Add(state, recipe, FitTargetEncoding(state, input), out);
  Add(state, recipe, Plain<CategoryCount>(input), out);
}

void FitDate(const FitState& state, Recipe recipe, std::uint32_t input, std::vector<Fitted>& out) {
  const std::uint32_t parts = VaryingParts(state, input);
  if (recipe == Recipe::kTree) {
    if (parts != 0) out.push_back(Plain<DateParts>(input, parts));
    return;
  }
  std::uint32_t cycles = 0;
  if ((parts & (kHour | kMinute)) != 0) cycles |= kDayCycle;
  if ((parts & kWeekday) != 0) cycles |= kWeekCycle;
  if ((parts & kMonth) != 0) cycles |= kYearCycle;
  if (cycles != 0) out.push_back(Plain<DateCycles>(input, cycles));
  Add(state, recipe, Plain<DateParts>(input, std::uint32_t(kEpoch)), out);
}

}  // namespace

Levels FitLevels(const InputColumn& column, table::RowSpan train_rows) {
  std::int64_t missing = 0;
  const std::vector<std::int64_t> counts = CountCodes(column, train_rows, missing);
  std::vector<std::int32_t> order;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] > 0) order.push_back(static_cast<std::int32_t>(c));
  }
  std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    const std::int64_t na = counts[std::size_t(a)], nb = counts[std::size_t(b)];
    return na != nb ? na > nb : column.dictionary->at(a) < column.dictionary->at(b);
  });
  std::vector<std::string> texts;
  std::vector<std::int64_t> level_counts;
  for (const std::int32_t code : order) {
    texts.emplace_back(column.dictionary->at(code));
    level_counts.push_back(counts[std::size_t(code)]);
  }
  return Levels(std::move(texts), std::move(level_counts), missing);
}

std::uint32_t VaryingParts(const FitState& state, std::uint32_t input) {
  const DateParts all(input, kAllDateParts);
  std::vector<model::MatrixColumn> columns(all.Outputs(state.specs).size());
  all.Apply(state.specs, state.columns, state.input.table->num_rows(), columns.data());
  std::uint32_t mask = 0;
  for (std::size_t bit = 0; bit < columns.size(); ++bit) {
    double first = std::nan("");
    for (const table::RowIndex row : state.input.train_rows) {
      const double value = (*columns[bit].numeric)[row];
      if (std::isnan(value)) continue;
      if (std::isnan(first)) first = value;
      if (value != first) {
        mask |= 1U << bit;
        break;
      }
    }
  }
  const auto column = state.input.columns[input];
  const bool is_time = state.input.table->field(column).role == table::Role::kTime;
  if (state.input.time_split || is_time) mask &= ~std::uint32_t(kEpoch);
  return mask;
}

bool HoldsNumbers(const FitState& state, std::uint32_t input) {
  const InputColumn& column = state.columns[input];
  std::int64_t missing = 0;
  const std::vector<std::int64_t> counts = CountCodes(column, state.input.train_rows, missing);
  std::int64_t with = 0, without = 0;
  std::unordered_set<double> distinct;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] == 0) continue;
    const double number = table::FirstNumber(column.dictionary->at(static_cast<std::int32_t>(c)));
    (std::isnan(number) ? without : with) += counts[c];
    if (!std::isnan(number) && distinct.size() <= kFewestNumbers) distinct.insert(number);
  }
  return distinct.size() > kFewestNumbers &&
         static_cast<double>(with) >= kNumbersShare * static_cast<double>(with + without);
}

InputSpec FitInputSpec(const FitInput& input, std::size_t column) {
  const table::Field& field = input.table->field(column);
  InputSpec spec;
  spec.name = field.name;
  spec.type = field.type;
  spec.form = field.form;
  spec.trained = spec.wanted = input.table->column(column).storage();
  // Numbers that are keys (zip codes told to be categories) are read as text; dates stay dates.
  if (spec.trained == Storage::kDouble && (spec.type == SemanticType::kCategorical)) {
    spec.wanted = Storage::kString;
  }
  if (spec.wanted != Storage::kString) return spec;
  const InputColumn read = ReadInput(spec, *input.table, nullptr);
  Levels levels = FitLevels(read, input.train_rows);
  const std::size_t values = input.train_rows.size() - std::size_t(levels.missing());
  if (IsNearlyUnique(spec.type, std::size_t(levels.size()), values)) return spec;
  spec.levels = std::move(levels);
  spec.has_levels = true;
  return spec;
}

std::vector<Fitted> FitColumn(const FitState& state, Recipe recipe, std::uint32_t input) {
  const InputSpec& spec = state.specs[input];
  std::vector<Fitted> out;
  if (spec.wanted == Storage::kDouble) {
    Add(state, recipe, Plain<Number>(input), out);
  } else if (spec.wanted == Storage::kTimestamp) {
    FitDate(state, recipe, input, out);
  } else if (!spec.has_levels) {
    Add(state, recipe, Plain<TextShape>(input), out);
  } else if (spec.type == SemanticType::kBoolean && spec.levels.size() <= 2) {
    if (spec.levels.size() > 0) Add(state, recipe, FitFlag(state, input), out);
  } else {
    FitCategory(state, recipe, input, out);
  }
  if (IsText(state, input)) {
    if (spec.has_levels) Add(state, recipe, Plain<TextShape>(input), out);
    Add(state, recipe, Plain<TextStyle>(input), out);
  }
  if (spec.wanted == Storage::kString && spec.trained == Storage::kString && spec.type != SemanticType::kBoolean &&
      HoldsNumbers(state, input)) {
    Add(state, recipe, Plain<TextNumber>(input), out);
  }
  return out;
}

std::vector<Fitted> FitPairs(const FitState& state, Recipe recipe) {
  std::vector<std::uint32_t> dates;
  for (std::uint32_t i = 0; i < state.specs.size(); ++i) {
    if (state.specs[i].wanted == Storage::kTimestamp) dates.push_back(i);
  }
  std::vector<Fitted> out;
  if (dates.size() > kMostDateColumns) return out;
  for (std::size_t a = 0; a < dates.size(); ++a) {
    for (std::size_t b = a + 1; b < dates.size(); ++b) {
      Add(state, recipe, Plain<DateDifference>(dates[a], dates[b]), out);
    }
  }
  return out;
}

}  // namespace tagwerk::features
