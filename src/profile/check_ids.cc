// Columns that name rows instead of describing them: row numbers, keys, texts that hardly repeat.
// Learning from them means learning rows by heart.
#include <array>
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "profile/checks.h"

namespace tagwerk::profile {
namespace {

using table::SemanticType;
using table::Storage;

constexpr std::array<std::string_view, 14> kIdNames = {"id", "index", "row", "rowid", "rownumber", "rownum", "number",
                                                       "no", "nr",    "key", "uuid",  "guid",      "order",  "instant"};

/// Returns whether a name calls itself an id: "id", "customer_id", "customerID", "PassengerId", "objid".
bool NamedAsId(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) plain += c;
  }
  const std::string lower = Lower(plain);
  if (std::find(kIdNames.begin(), kIdNames.end(), lower) != kIdNames.end()) return true;
  const std::string_view tail = plain.size() > 2 ? std::string_view(plain).substr(plain.size() - 2) : "";
  const char before = name.size() > 2 ? name[name.size() - 3] : ' ';
  if (tail == "ID" || tail == "Id") return true;
  if (tail == "id" && (before == '_' || before == '-' || before == '.' || before == ' ')) return true;
  return lower == "objid" || lower == "specobjid" || lower == "pid" || lower == "uid";
}

enum class Order : std::uint8_t { kNone, kAscending, kDescending };

Order OrderOf(const std::vector<double>& values) {
  bool up = true, down = true;
  for (std::size_t i = 1; i < values.size() && (up || down); ++i) {
    up &= values[i] > values[i - 1];
    down &= values[i] < values[i - 1];
  }
  if (values.size() < 2) return Order::kNone;
  return up ? Order::kAscending : down ? Order::kDescending : Order::kNone;
}

/// Whole numbers, all different: numbers of rows when in steps of the file, or when named so.
void CheckNumbers(CheckState& state, std::size_t c) {
  const ColumnProfile& column = state.profile.columns[c];
  const table::Field& field = state.table.field(c);
  if (!field.integers || !column.distinct_exact || column.rows < 20) return;
  const bool named = NamedAsId(field.name);
  const double present = double(column.rows - column.missing);
  const bool unique = column.distinct == column.rows;
  const Order order = unique ? OrderOf(*state.table.column(c).doubles()) : Order::kNone;
  // A count of 1, 2, 3, ... fills its range; a measure that happens to rise does not.
  const bool dense = unique && column.max - column.min <= 1.5 * double(column.rows);
  // Named as a key and nearly unique, or too large to be an amount (digits were lost in the file).
  const bool nearly = named && (double(column.distinct) > 0.95 * present || column.max > 9.1e15);
  if (!(unique && (named || (order != Order::kNone && dense))) && !nearly) return;
  const char* how = order == Order::kAscending ? "ascending" : order == Order::kDescending ? "descending" : "unordered";
  Finding finding = MakeFinding("column.id_like", Severity::kNote, field.name, "finding.id_numbers",
                                {{"count", column.distinct}, {"order", how}});
  finding.rows = column.rows;
  finding.brief = "numbers the rows";
  finding.evidence = {{"distinct", column.distinct}, {"rows", column.rows}, {"named_as_id", named}, {"order", how}};
  SetLeftOut(state, finding, c, "id");
  state.profile.findings.push_back(std::move(finding));
}

void CheckStrings(CheckState& state, std::size_t c) {
  const ColumnProfile& column = state.profile.columns[c];
  const table::Field& field = state.table.field(c);
  const std::int64_t present = column.rows - column.missing;
  if (present < 20) return;
  const double share = double(column.distinct) / double(present);
  const bool text = field.type == SemanticType::kText;
  const double limit = field.type == SemanticType::kId || NamedAsId(field.name) ? 0.5 : 0.9;
  if (share <= limit) return;
  if (!state.IsTarget(c) && !NamedAsId(field.name) && state.IsText(c)) return;
  Finding finding = MakeFinding("column.id_like", text ? Severity::kWarning : Severity::kNote, field.name,
                                text ? "finding.text_unique" : "finding.id_values", {{"distinct", share}});
  finding.rows = present;
  finding.brief = text ? "text that hardly repeats: " + Percent(share) + " distinct"
                       : "identifies rows: " + Percent(share) + " distinct";
  finding.evidence = {{"distinct", column.distinct}, {"present", present}, {"mean_length", column.mean_length}};
  SetLeftOut(state, finding, c, text ? "text" : "id");
  state.profile.findings.push_back(std::move(finding));
}

}  // namespace

void CheckIds(CheckState& state) {
  for (const std::size_t c : state.OpenColumns()) {
    if (state.table.column(c).storage() == Storage::kString) CheckStrings(state, c);
    if (state.table.column(c).storage() == Storage::kDouble) CheckNumbers(state, c);
  }
}

}  // namespace tagwerk::profile
