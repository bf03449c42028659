#include "io/csv_header_rows.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "io/missing.h"
#include "table/number_text.h"
#include "table/time_text.h"

namespace tagwerk::io {
namespace {

using table::DateOrder;
using table::NumberKind;
using table::NumberStyle;
using table::ParseNumber;

constexpr std::size_t kRowsLookedAt = 200;
constexpr std::size_t kFewestNumbered = 3;

bool IsWhole(std::string_view text) {
  return !text.empty() && std::all_of(text.begin() + (text[0] == '-' ? 1 : 0), text.end(), IsDigit) && text != "-";
}

/// Share-like facts of one column below the first two records.
struct Below {
  std::size_t present = 0, values = 0, whole = 0;
  bool repeats = false;  // the second record's text occurs again
};

Below LookBelow(const RawRows& rows, std::size_t column, std::size_t from, const MissingMarkers& missing) {
  Below below;
  for (std::size_t r = from; r < rows.size() && r < kRowsLookedAt; ++r) {
    const std::string& text = rows[r][column];
    below.repeats |= r > 1 && rows.size() > 1 && text == rows[1][column];
    if (missing.Contains(text)) continue;
    ++below.present;
    below.values += IsValue(text);
    below.whole += IsWhole(text);
  }
  return below;
}

/// "X0.12" of "X0" and 12.
struct Numbered {
  std::string base;
  int repeat = 0;
};

Numbered Split(const std::string& name, bool prefixed, const std::map<std::string, int>& seen) {
  const std::string text = prefixed ? name.substr(1) : name;
  const std::size_t point = text.rfind('.');
  if (point == std::string::npos || !IsWhole(std::string_view(text).substr(point + 1)) || text.size() - point > 8) {
    return {text, 0};
  }
  const std::string base = text.substr(0, point);
  const auto found = seen.find(base);
  const int repeat = std::stoi(text.substr(point + 1));
  // Only the next number of a name that was there before is a repeat; else it is a decimal.
  if (found == seen.end() || repeat != found->second) return {text, 0};
  return {base, repeat};
}

}  // namespace

bool IsValue(std::string_view text) {
  for (NumberStyle style : {NumberStyle::kPlain, NumberStyle::kGrouped, NumberStyle::kDecimalComma}) {
    if (ParseNumber(text, style).kind != NumberKind::kNotNumber) return true;
  }
  for (DateOrder order : {DateOrder::kYearFirst, DateOrder::kDayFirst, DateOrder::kMonthFirst}) {
    if (table::ParseTime(text, order)) return true;
  }
  return false;
}

bool HasSecondHeader(const RawRows& rows, std::size_t width) {
  if (rows.size() < 4 || rows[0].size() != width) return false;
  const MissingMarkers missing({}, true);
  std::set<std::string> labels;
  for (std::size_t c = 0; c < width; ++c) {
    const std::string& second = rows[1][c];
    if (IsValue(rows[0][c])) return false;
    if (missing.Contains(second)) continue;
    const Below below = LookBelow(rows, c, 2, missing);
    if (below.values * 5 < below.present * 4 || below.present == 0) continue;
    if (IsValue(second) || below.repeats) return false;
    labels.insert(second);
  }
  return labels.size() >= 2;
}

std::vector<std::string> JoinHeader(const std::vector<std::string>& top, const std::vector<std::string>& labels) {
  std::vector<std::string> names = top;
  std::string over;  // the name that spans the present columns
  for (std::size_t c = 0; c < names.size(); ++c) {
    const bool own = !Trim(top[c]).empty();
    const bool spans = c + 1 < names.size() && Trim(top[c + 1]).empty() && !labels[c + 1].empty();
    if (own) over = spans ? std::string(Trim(top[c])) : std::string();
    const std::string label = c < labels.size() ? std::string(Trim(labels[c])) : std::string();
    if ((own && !spans) || label.empty()) continue;
    names[c] = over.empty() ? label : over + ": " + label;
  }
  return names;
}

std::optional<std::vector<std::string>> RecoverRow(const RawRows& rows, std::size_t width) {
  if (rows.size() < 3 || rows[0].size() != width || width < kFewestNumbered) return std::nullopt;
  const MissingMarkers missing({}, true);
  const bool prefixed = std::all_of(rows[0].begin(), rows[0].end(), [](const std::string& name) {
    return name.size() > 1 && name[0] == 'X' && (IsDigit(name[1]) || name[1] == '.');
  });
  std::map<std::string, int> seen;  // value -> how often so far
  std::vector<std::string> row;
  std::size_t numbered = 0, known = 0;  // known: the value occurs below in the column
  for (std::size_t c = 0; c < width; ++c) {
    const Numbered name = Split(rows[0][c], prefixed, seen);
    const Below below = LookBelow(rows, c, 1, missing);
    const bool numbers = below.present > 0 && below.values == below.present;
    // R writes a minus as a point too, so that "X.5" is -5 or 0.5.
    if (!IsValue(name.base) || !numbers || name.base[0] == '.') return std::nullopt;
    for (std::size_t r = 1; r < rows.size() && r < kRowsLookedAt; ++r) {
      if (rows[r][c] != name.base) continue;
      ++known;
      break;
    }
    if (name.repeat > 0) {
      if (below.whole < below.present) return std::nullopt;
      ++numbered;
    }
    ++seen[name.base];
    row.push_back(name.base);
  }
  if (numbered < kFewestNumbered || known * 5 < width * 4) return std::nullopt;
  return row;
}

}  // namespace tagwerk::io
