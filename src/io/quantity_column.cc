// Units are gathered into groups that have a fixed relation; the group with most values names the column's.
#include "io/quantity_column.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "table/quantity.h"

namespace tagwerk::io {
namespace {

using table::Dictionary;
using table::NumberStyle;
using table::Quantity;
using table::SplitQuantity;
using table::ValueForm;

constexpr std::size_t kMostUnits = 40;
constexpr std::size_t kMostWords = 3;       // texts that may stand for no value
constexpr std::size_t kEnoughDistinct = 8;  // numbers beside which such texts may be many
constexpr double kMostOtherUnits = 0.05;    // share of values in units without a relation
constexpr std::size_t kMostTextsToSplit = 2'000'000;

struct Tally {
  std::map<std::string, std::int64_t> units;      // spelling -> values
  std::map<std::string, std::int64_t> compounds;  // finest unit of values like "2h 50m"
  std::map<std::string, std::int64_t> words;      // texts that are no quantity and have no digit
  std::set<double> distinct;
  std::set<char> magnitudes;
  std::int64_t bare = 0, words_total = 0, junk = 0, affixed = 0, leading_zeros = 0;
  std::int64_t glued_letters = 0;               // values with a unit of one letter right after the number
  std::int64_t thousandths = 0, fractions = 0;  // values with a point: with exactly three digits after it, all
  bool long_clock = false, clock_of_three = false, clock_of_two = false;
};

bool IsOneLetter(const std::string& unit) { return unit.size() == 1 && unsigned((unit[0] | 0x20) - 'a') < 26; }

void CountQuantity(const Quantity& q, std::string_view text, std::int64_t count, Tally& tally) {
  const auto& first = q.parts[0];
  const std::string* finest = &first.unit;
  for (std::size_t i = 1; i < q.num_parts; ++i) {
    const auto ratio = table::UnitRatio(q.parts[i].unit, *finest);
    if (ratio && *ratio < 1) finest = &q.parts[i].unit;
  }
  if (q.num_parts > 1) tally.compounds[*finest] += count;
  if (first.unit.empty()) {
    tally.bare += count;
  } else {
    tally.units[first.unit] += count;
  }
  if (q.magnitude != 0) tally.magnitudes.insert(q.magnitude);
  if (tally.distinct.size() < 64) tally.distinct.insert(first.number.value);
  const bool affixed = !first.unit.empty() || q.magnitude != 0 || q.open_ended || q.parentheses || text.back() == '-';
  tally.affixed += affixed ? count : 0;
  tally.leading_zeros += first.number.leading_zero ? count : 0;
  tally.glued_letters += q.glued && IsOneLetter(first.unit) ? count : 0;
  tally.clock_of_two |= q.clock == 2;
  tally.clock_of_three |= q.clock == 3;
  tally.long_clock |= q.clock == 2 && first.number.value >= 24;
  if (!q.fraction) return;
  tally.fractions += count;
  const std::size_t point = text.find('.');
  std::size_t digits = 0;
  while (point != std::string_view::npos && point + 1 + digits < text.size() && IsDigit(text[point + 1 + digits])) {
    ++digits;
  }
  tally.thousandths += digits == 3 ? count : 0;
}

// Counts all texts; returns false as soon as the column cannot be one of quantities.
bool CountTexts(const Dictionary& dictionary, const Weights& weights, NumberStyle style, Tally& tally) {
  for (std::int32_t code = 0; code < dictionary.size(); ++code) {
    const std::int64_t count = weights.count[std::size_t(code)];
    if (count == 0) continue;
    const std::string_view text = dictionary.at(code);
    const Quantity q = SplitQuantity(text, style);
    if (q.num_parts > 0) {
      CountQuantity(q, text, count, tally);
    } else if (std::none_of(text.begin(), text.end(), IsDigit) && text.size() <= 64 &&
               (tally.words.size() < kMostWords || tally.words.count(std::string(text)) > 0)) {
      tally.words[std::string(text)] += count;
      tally.words_total += count;
    } else {
      tally.junk += count;
    }
    if (!FewFailed(tally.junk, weights.present) || tally.units.size() > kMostUnits) return false;
  }
  return true;
}

// In a large column a text that occurs once is a fault of its row, not a way to write "no value".
void CountRareWords(const Weights& weights, Tally& tally) {
  for (auto word = tally.words.begin(); word != tally.words.end();) {
    if (word->second > 1 || !FewFailed(tally.junk + 1, weights.present)) {
      ++word;
      continue;
    }
    ++tally.junk;
    --tally.words_total;
    word = tally.words.erase(word);
  }
}

struct Group {
  std::string unit;  // most frequent spelling
  std::int64_t values = 0;
  std::vector<std::string> spellings;
};

// Gathers spellings that have a fixed relation, most values first.
std::vector<Group> GroupUnits(const Tally& tally) {
  std::vector<std::pair<std::string, std::int64_t>> by_count(tally.units.begin(), tally.units.end());
  std::stable_sort(by_count.begin(), by_count.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<Group> groups;
  for (const auto& [unit, count] : by_count) {
    auto home = std::find_if(groups.begin(), groups.end(),
                             [&, &name = unit](const Group& g) { return table::UnitRatio(name, g.unit).has_value(); });
    if (home == groups.end()) home = groups.insert(groups.end(), Group{unit, 0, {}});
    home->values += count;
    home->spellings.push_back(unit);
  }
  std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) { return a.values > b.values; });
  return groups;
}

std::string MainUnit(const Group& group, const Tally& tally) {
  if (tally.clock_of_two && (tally.long_clock || tally.clock_of_three) && group.unit == "h") return "min";
  std::string unit = group.unit;
  for (const auto& [finest, count] : tally.compounds) {
    const auto ratio = table::UnitRatio(finest, unit);
    if (ratio && *ratio < 1) unit = finest;
  }
  // "2h 50m": beside hours, m is minutes.
  return unit == "m" && table::UnitRatio(group.unit, "h") && group.unit != "m" ? "min" : unit;
}

// Letters behind digits are codes ("12A", "12B", "007A") unless they are one known unit or magnitude.
bool LooksLikeCodes(const Tally& tally, const std::vector<Group>& groups) {
  const std::string unit = groups.empty() ? "" : groups[0].unit;
  const bool money = table::IsCurrency(unit);
  const bool known = table::IsKnownUnit(unit);
  const std::int64_t values = tally.bare + (groups.empty() ? 0 : groups[0].values);
  if (tally.leading_zeros * 100 >= values && tally.leading_zeros > 0 && (!known || IsOneLetter(unit))) return true;
  if (tally.glued_letters > 0 && (!known || groups.size() > 1)) return true;
  if (tally.glued_letters > 0 && !tally.magnitudes.empty() && !table::UnitRatio("byte", unit)) return true;
  const bool only_billions = tally.magnitudes.size() == 1 && tally.magnitudes.count('B') > 0;
  return only_billions && groups.empty() && !money && tally.fractions == 0;
}

}  // namespace

std::optional<QuantityForm> DecideQuantity(const StringDraft& draft, const Weights& weights, NumberStyle style,
                                           bool told) {
  if (std::size_t(draft.dictionary->size()) > kMostTextsToSplit) return std::nullopt;
  Tally tally;
  if (!CountTexts(*draft.dictionary, weights, style, tally) || tally.affixed == 0) return std::nullopt;
  CountRareWords(weights, tally);
  const std::vector<Group> groups = GroupUnits(tally);
  const std::int64_t main = tally.bare + (groups.empty() ? 0 : groups[0].values);
  std::int64_t other = 0;
  for (std::size_t g = 1; g < groups.size(); ++g) other += groups[g].values;
  if (main == 0) return std::nullopt;
  if (!told) {
    if (LooksLikeCodes(tally, groups)) return std::nullopt;
    if (double(other) > kMostOtherUnits * double(main + other)) return std::nullopt;
    const bool many_words = !FewFailed(tally.words_total, weights.present);
    if (many_words && (tally.words_total > main || tally.distinct.size() < kEnoughDistinct)) return std::nullopt;
  }
  ValueForm form;
  form.kind = table::ValueKind::kNumber;
  form.style = style;
  form.affixed = true;
  if (!groups.empty()) form.unit = MainUnit(groups[0], tally);
  for (const auto& [text, count] : tally.words) form.missing.push_back(text);
  for (std::size_t g = 1; g < groups.size(); ++g) {
    form.missing.insert(form.missing.end(), groups[g].spellings.begin(), groups[g].spellings.end());
  }
  std::sort(form.missing.begin(), form.missing.end());
  // Money has two decimals or none: three digits after every point are thousands, "€1.234".
  form.ambiguous = style == NumberStyle::kPlain && tally.fractions >= 3 && tally.fractions == tally.thousandths &&
                   table::IsCurrency(form.unit);
  return QuantityForm{std::move(form), tally.junk};
}

}  // namespace tagwerk::io
