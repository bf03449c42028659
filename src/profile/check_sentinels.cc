// Values that stand for "missing": -200, 999, 0 where nothing is near 0, "unknown".
#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/text.h"
#include "profile/checks.h"
#include "base/sort.h"

namespace tagwerk::profile {
namespace {

using table::Storage;

/// Returns whether a number is one that people write for "missing": 9s, or minus a round or 9s number.
bool MarkerLike(double value) {
  const double size = std::fabs(value);
  if (size != std::trunc(size) || size > 1e12) return false;
  const std::string digits = std::to_string(std::int64_t(size));
  const bool nines = digits.size() >= 2 && digits.find_first_not_of('9') == std::string::npos;
  if (nines || digits == "88" || digits == "77" || digits == "777" || digits == "888") return true;
  const bool round = digits.size() >= 2 && digits.find_first_not_of('0', 1) == std::string::npos;
  return value < 0 && (round || size == 1 || size == 9);
}

std::vector<double> SortedValues(const table::Column& column) {
  std::vector<double> sorted;
  for (const double v : *column.doubles()) {
    if (std::isfinite(v)) sorted.push_back(v);
  }
  SortNumbers(sorted);
  return sorted;
}

/// What is found in one column; columns are looked at side by side.
using Findings = std::vector<Finding>;

void Add(const CheckState& state, Findings& found, std::size_t c, const char* key, const std::string& value,
         std::int64_t count, Json evidence) {
  Finding finding =
      MakeFinding("value.sentinel", Severity::kWarning, state.Name(c), key, {{"value", value}, {"count", count}});
  finding.rows = count;
  finding.brief = Printable(value) + " in " + Count(count) + " rows may mean missing";
  finding.evidence = std::move(evidence);
  finding.evidence["value"] = value;
  finding.evidence["rows"] = count;
  finding.override_option = "--missing " + OptionName(value);
  found.push_back(std::move(finding));
}

/// A marker at one end: repeated, and further from its neighbour than half of all other values spread.
void CheckEnds(const CheckState& state, Findings& found, std::size_t c, const std::vector<double>& sorted) {
  const std::size_t n = sorted.size();
  const std::size_t least = std::max<std::size_t>(3, n / 500);
  for (const bool low : {true, false}) {
    const double marker = low ? sorted.front() : sorted.back();
    const auto range = std::equal_range(sorted.begin(), sorted.end(), marker);
    const std::size_t count = std::size_t(range.second - range.first);
    if (count < least || count > n - 10 || !MarkerLike(marker)) continue;
    const std::span<const double> rest =
        low ? std::span(range.second, sorted.end()) : std::span(sorted.begin(), range.first);
    const double gap = low ? rest.front() - marker : marker - rest.back();
    const double spread = rest.back() - rest.front();
    const bool alone_below_zero = low && marker < 0 && rest.front() >= 0 && spread > 0;
    if (!alone_below_zero && gap < 0.5 * spread) continue;
    if (spread == 0) continue;
    Add(state, found, c, "finding.sentinel", Shortest(marker), std::int64_t(count),
        {{"nearest_other", low ? rest.front() : rest.back()}, {"spread_of_others", spread}});
  }
}

void CheckZeros(const CheckState& state, Findings& found, std::size_t c, const std::vector<double>& sorted) {
  if (sorted.front() != 0) return;
  const auto first = std::upper_bound(sorted.begin(), sorted.end(), 0.0);
  const std::size_t zeros = std::size_t(first - sorted.begin()), rest = sorted.size() - zeros;
  if (zeros < 3 || rest < 50 || double(zeros) > 0.5 * double(sorted.size())) return;
  const double median = first[std::ptrdiff_t(rest / 2)];
  // The step from 0 to the next value is large against the steps after it: 0 is not on the scale.
  double last = *first, steps = 0;
  for (auto at = first; at != sorted.end() && steps < 9; ++at) {
    if (*at == last) continue;
    last = *at;
    steps += 1;
  }
  if (state.profile.columns[c].distinct < 20 || *first < 0.1 * median ||
      *first < 5 * (last - *first) / std::max(1.0, steps))
    return;
  Add(state, found, c, "finding.zero_sentinel", "0", std::int64_t(zeros),
      {{"nearest_other", *first}, {"median_of_others", median}});
}

void CheckLevels(const CheckState& state, Findings& found, std::size_t c) {
  constexpr std::array<std::string_view, 9> kUnknown = {"unknown",   "not available", "unspecified",
                                                        "undefined", "missing",       "not known",
                                                        "n.a.",      "not recorded",  "no data"};
  const table::Column& column = state.table.column(c);
  std::vector<std::int64_t> counts(std::size_t(column.dictionary()->size()));
  for (const std::int32_t code : *column.codes()) {
    if (code >= 0) ++counts[std::size_t(code)];
  }
  for (std::size_t code = 0; code < counts.size(); ++code) {
    const std::string label(column.dictionary()->at(std::int32_t(code)));
    if (counts[code] == 0 || label.size() > 20) continue;
    if (std::find(kUnknown.begin(), kUnknown.end(), Lower(Trim(label))) == kUnknown.end()) continue;
    Finding finding = MakeFinding("value.sentinel", Severity::kNote, state.Name(c), "finding.unknown_level",
                                  {{"value", label}, {"count", counts[code]}});
    finding.rows = counts[code];
    finding.brief = label + " in " + Count(counts[code]) + " rows may mean missing";
    finding.evidence = {{"value", label}, {"rows", counts[code]}};
    finding.override_option = "--missing " + OptionName(label);
    found.push_back(std::move(finding));
    return;
  }
}

void CheckColumn(const CheckState& state, Findings& found, std::size_t c) {
  if (!state.IsOpen(c) && !state.IsTarget(c)) return;
  if (state.table.column(c).storage() == Storage::kString) {
    if (!state.IsTarget(c)) CheckLevels(state, found, c);
    return;
  }
  if (state.table.column(c).storage() != Storage::kDouble || state.profile.columns[c].distinct < 5) return;
  const ColumnProfile& column = state.profile.columns[c];
  if (!MarkerLike(column.min) && !MarkerLike(column.max) && column.min != 0) return;
  const std::vector<double> sorted = SortedValues(state.table.column(c));
  if (sorted.size() < 30) return;
  CheckEnds(state, found, c, sorted);
  if (!state.IsTarget(c)) CheckZeros(state, found, c, sorted);
}

}  // namespace

void CheckSentinels(CheckState& state) {
  std::vector<Findings> found(state.table.num_columns());
  state.context.pool->For(found.size(), [&](std::size_t c) {
    if (!state.context.Stopped()) CheckColumn(state, found[c], c);
  });
  for (Findings& of_column : found) {
    for (Finding& finding : of_column) state.profile.findings.push_back(std::move(finding));
  }
}

}  // namespace tagwerk::profile
