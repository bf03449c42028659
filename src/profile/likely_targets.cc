// Guesses which columns a person may want to predict, with the reason for each.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "profile/profile.h"

namespace tagwerk::profile {
namespace {

using table::SemanticType;
using table::Storage;

constexpr std::array<std::string_view, 26> kTargetNames = {
    "target",  "label",  "class",     "y",        "outcome",     "response",  "churn",  "churned",    "survived",
    "default", "fraud",  "cancelled", "canceled", "is_canceled", "late",      "price",  "sale_price", "saleprice",
    "sales",   "rating", "score",     "quality",  "strength",    "attrition", "income", "charges"};

struct Candidate {
  TargetCandidate target;
  double points;
};

std::int64_t DistinctUpTo(const table::Column& column, std::size_t limit) {
  std::vector<std::uint64_t> seen;
  for (std::size_t row = 0; row < column.size() && seen.size() <= limit; ++row) {
    if (column.IsMissing(row)) continue;
    const std::uint64_t hash = column.Hash(row);
    const auto at = std::lower_bound(seen.begin(), seen.end(), hash);
    if (at == seen.end() || *at != hash) seen.insert(at, hash);
  }
  return std::int64_t(seen.size());
}

std::string Kind(const table::Table& table, std::size_t c, std::int64_t distinct) {
  if (distinct == 2) return "two values";
  if (table.column(c).storage() == Storage::kString) return Count(distinct) + " classes";
  return distinct <= 20 ? Count(distinct) + " distinct numbers" : "numbers";
}

}  // namespace

std::vector<TargetCandidate> LikelyTargets(const table::Table& table) {
  std::vector<Candidate> candidates;
  for (std::size_t c = 0; c < table.num_columns(); ++c) {
    const table::Field& field = table.field(c);
    if (field.type == SemanticType::kId || field.type == SemanticType::kText || field.type == SemanticType::kDatetime)
      continue;
    const std::int64_t distinct = DistinctUpTo(table.column(c), 200);
    const bool strings = table.column(c).storage() == Storage::kString;
    if (distinct < 2 || (strings && distinct > 100)) continue;
    const std::string kind = Kind(table, c, distinct);
    const bool named = std::find(kTargetNames.begin(), kTargetNames.end(), Lower(field.name)) != kTargetNames.end();
    double points = distinct == 2 ? 2 : strings ? 1 : 0.5;
    std::string reason = kind;
    if (named) {
      points += 5;
      reason = "its name; " + kind;
    } else if (c + 1 == table.num_columns()) {
      points += 3;
      reason = "last column; " + kind;
    } else if (c == 0) {
      points += 1;
      reason = "first column; " + kind;
    }
    candidates.push_back({{field.name, reason}, points});
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const auto& a, const auto& b) { return a.points > b.points; });
  std::vector<TargetCandidate> best;
  for (const Candidate& candidate : candidates) {
    if (best.size() < 5) best.push_back(candidate.target);
  }
  return best;
}

}  // namespace tagwerk::profile
