// Columns that are filled only when the outcome is known: the pattern of their empty cells is the
// target's own pattern, or that of one class.
#include <algorithm>
#include <cmath>

#include "profile/leakage.h"

namespace tagwerk::profile {
namespace {

constexpr double kMismatch = 0.001;      ///< of all rows
constexpr double kMismatchSide = 0.005;  ///< of the smaller side
constexpr double kLeastSide = 20;

/// Columns often are empty together because rows are empty as a whole or a page of a form was skipped
/// (sensor off, question not asked); that is the shape of the data, not a leak.
bool TargetPatternIsCommon(const CheckState& state) {
  double no_target = 0;
  for (const double y : state.target) no_target += std::isnan(y);
  const double side = std::min(no_target, double(state.target.size()) - no_target);
  std::size_t alike = 0, columns = 0;
  for (std::size_t c = 0; c < state.table.num_columns(); ++c) {
    if (state.IsTarget(c)) continue;
    ++columns;
    if (std::fabs(double(state.profile.columns[c].missing) - no_target) > 0.05 * side) continue;
    double mismatches = 0;
    for (std::size_t row = 0; row < state.target.size(); ++row) {
      mismatches += state.table.column(c).IsMissing(row) != std::isnan(state.target[row]);
    }
    alike += mismatches <= 0.05 * side;
  }
  return alike > std::max<std::size_t>(3, columns / 5);
}

bool Matches(double mismatches, double rows, double side, double other_side) {
  return std::min(side, other_side) >= kLeastSide && mismatches <= kMismatch * rows &&
         mismatches <= kMismatchSide * std::min(side, other_side);
}

std::optional<Leak> LikeTarget(const CheckState& state, std::size_t c) {
  const table::Column& column = state.table.column(c);
  double mismatches = 0, no_target = 0;
  const double n = double(state.target.size());
  for (std::size_t row = 0; row < state.target.size(); ++row) {
    const bool empty = std::isnan(state.target[row]);
    no_target += empty;
    mismatches += column.IsMissing(row) != empty;
  }
  if (!Matches(mismatches, n, no_target, n - no_target)) return std::nullopt;
  Leak leak{c, LeakKind::kMissingTarget};
  leak.rows = std::int64_t(no_target);
  leak.agree = 1 - mismatches / n;
  return leak;
}

std::optional<Leak> LikeClass(const CheckState& state, std::size_t c) {
  if (!IsClassification(state.goal->task)) return std::nullopt;
  const table::Column& column = state.table.column(c);
  const std::size_t classes = state.goal->classes.size();
  std::vector<double> filled(classes), rows(classes);
  double all_filled = 0, n = 0;
  for (const table::RowIndex row : state.profile.labelled) {
    const std::size_t k = std::size_t(state.target[row]);
    const bool present = !column.IsMissing(row);
    filled[k] += present;
    rows[k] += 1;
    all_filled += present;
    n += 1;
  }
  if (n < 200) return std::nullopt;
  for (std::size_t k = 0; k < classes; ++k) {
    const double mismatches = (rows[k] - filled[k]) + (all_filled - filled[k]);
    if (std::min(rows[k], n - rows[k]) < 30 || !Matches(mismatches, n, rows[k], n - rows[k])) continue;
    Leak leak{c, LeakKind::kMissingClass};
    leak.rows = std::int64_t(rows[k]);
    leak.agree = 1 - mismatches / n;
    leak.label = state.goal->classes[k];
    return leak;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Leak> FindFilledWhenKnown(const CheckState& state) {
  std::vector<Leak> leaks;
  const bool common = state.profile.labelled.size() == state.target.size() || TargetPatternIsCommon(state);
  for (const std::size_t c : state.OpenColumns()) {
    if (state.profile.columns[c].missing == 0) continue;
    auto leak = common ? std::nullopt : LikeTarget(state, c);
    if (!leak) leak = LikeClass(state, c);
    if (leak) leaks.push_back(std::move(*leak));
  }
  return leaks;
}

}  // namespace tagwerk::profile
