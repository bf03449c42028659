// Leakage: columns that would not be known, or not yet, when a prediction is needed.
//
// Certain - left out. The evidence is an identity, never mere strength, so that a legitimately strong
// column stays:
//   filled  a column is empty exactly where the target is, or filled exactly where one class is
//   single  each level belongs to one class; or an ordered column is cut cleanly although its values are
//           dense on both sides of the cut; or the numeric target is computed from it
//   pair    difference, sum or ratio of two columns (clock times and dates included) does one of these
// Suspect - kept by default: strength or dominance without an identity, a name or a time that lies after
// the fact, or a part of an identity.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "profile/checks.h"

namespace tagwerk::profile {

enum class LeakKind : std::uint8_t {
  kMissingTarget,
  kMissingClass,  // filled only when known
  kThreshold,
  kLevels,
  kEqual,  // single
  kPairClasses,
  kPairNumbers,
  kCompanion,  // with another column
  kStrong,
  kDominates,
  kName,
  kLater,
  kDerived,
  kPart,  // suspect
};
inline bool IsSuspect(LeakKind kind) { return kind >= LeakKind::kStrong; }

struct Leak {
  std::size_t column = 0;
  LeakKind kind = LeakKind::kStrong;
  std::optional<std::size_t> other;  ///< second column of a pair, or what a suspect is compared with
  std::string other_name;            ///< of a date put together from columns; else empty
  std::string source;                ///< column that is derived, or that a companion belongs to
  double score = 0;                  ///< of the relation found, in the metric of the task
  double agree = 0;                  ///< share of rows in which an identity holds
  std::int64_t rows = 0;             ///< rows that the evidence rests on
  std::int64_t levels = 0;
  std::string label;      ///< class of kMissingClass
  std::string operation;  ///< "difference", "sum", "ratio"
  std::string formula;    ///< "cnt = casual + registered"
};

/// A column (or a date put together from year, month and day columns) as numbers on the sample rows.
struct LeakView {
  enum class Kind : std::uint8_t { kNumber, kTime, kClock, kComposedDate };
  std::size_t column = 0;  ///< composed date: its day column
  Kind kind = Kind::kNumber;
  std::string name;
  std::vector<double> values;      ///< times in seconds, clock times in minutes; NaN = missing
  std::vector<std::size_t> parts;  ///< composed date: its year, month and day columns
};
std::vector<LeakView> MakeViews(const CheckState& state);

// ---- names
bool SoundsAfter(std::string_view name);     ///< delay, duration, result, actual, final, ...
bool SoundsLikeTime(std::string_view name);  ///< nothing but date, time, hour, ...
bool SoundsPlanned(std::string_view name);   ///< scheduled, planned, expected, ...

// ---- searches; each returns leaks of columns that are still open and not in `known`
std::vector<Leak> FindFilledWhenKnown(const CheckState& state);
std::vector<Leak> FindSingles(const CheckState& state);
std::vector<Leak> FindClassPairs(const CheckState& state, const std::vector<LeakView>& views,
                                 const std::vector<Leak>& known);
std::vector<Leak> FindNumberPairs(const CheckState& state, const std::vector<LeakView>& views,
                                  const std::vector<Leak>& known);
std::vector<Leak> FindCompanions(const CheckState& state, const std::vector<Leak>& known);
/// Also returns the suspects in `known` (parts of an identity) at their place in the order.
std::vector<Leak> FindSuspects(const CheckState& state, const std::vector<LeakView>& views,
                               const std::vector<Leak>& known);

bool Contains(const std::vector<Leak>& leaks, std::size_t column);
/// Of two columns that give something away together: how much column a rather than b is known later.
double LaterScore(const CheckState& state, std::size_t column);

// ---- identities between numbers
/// y = first (op) second, up to a constant: additive for + and -, a factor for * and /.
struct Identity {
  std::size_t first = 0, second = 0;  ///< indices into views
  char operation = '+';               ///< + - * /
  double constant = 0;
  double agree = 0;  ///< share of the rows that are not y's most frequent value
};
/// Finds the pair of views that computes `y` in at least `least` of the rows.
std::vector<Identity> FindIdentities(const Context& context, const std::vector<double>& y, bool y_clock_minutes,
                                     const std::vector<LeakView>& views, const std::vector<bool>& allowed,
                                     double least);
/// Distance up to which two numbers count as equal: rounding of y's last decimal, or 1e-6 of its spread.
double EqualTolerance(const std::vector<double>& y);

}  // namespace tagwerk::profile
