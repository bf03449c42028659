// Chooses and makes the split; see split.h.
#include "split/split.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "split/choose.h"
#include "split/time_split.h"
#include "split/units.h"

namespace tagwerk::split {
namespace {

constexpr std::size_t kExactBelow = 5000;  ///< rows; above, membership is by hash alone
constexpr std::uint64_t kTestSalt = 0x7465, kFoldSalt = 0x666f;

/// Folds by rows, so that a search of a minute sees many configurations: 10, 8, 5, 3 folds, then one
/// hold-out, which at that size is as exact as the rows of the test set.
int ChooseFolds(std::size_t rows) {
  if (rows < 300) return 10;
  if (rows < 10000) return 8;
  if (rows < 50000) return 5;
  if (rows < 300000) return 3;
  return 1;
}

double HoldOutShare(std::size_t rows) {
  const double wanted = std::max(20000.0, std::min(0.1 * double(rows), 100000.0));
  return std::min(0.2, wanted / double(rows));
}

std::string ColumnName(const SplitInput& input, std::optional<std::size_t> column) {
  return column ? input.table->field(*column).name : "";
}

Error TooFew(std::string message) {
  return Error(Code::kInvalidData, "split-impossible", std::move(message))
      .Do("more rows, or --test 0 to keep all for training");
}

Status CheckOptions(const SplitInput& input, const SplitOptions& options) {
  if (!(options.test_share >= 0 && options.test_share < 1)) {
    return Error(Code::kOutOfRange, "test-share",
                 "share of test rows must be 0 to below 1: " + Shortest(options.test_share))
        .In("--test");
  }
  if (options.folds < 0 || (options.folds > 0 && std::size_t(options.folds) * 2 > input.rows.size())) {
    return Error(Code::kOutOfRange, "folds-range",
                 "number of folds must be 1 to half the rows: " + std::to_string(options.folds))
        .In("--folds");
  }
  if (options.gap_seconds < 0 || options.gap_rows < 0) {
    return Error(Code::kOutOfRange, "gap-range", "gap must not be negative").In("--gap");
  }
  if (input.rows.size() < 4 || (options.test_share > 0 && input.rows.size() < 10)) {
    return TooFew("too few rows with a target to hold some out: " + Count(std::int64_t(input.rows.size())));
  }
  return Ok();
}

/// Decides the kind and its column.
Status Choose(const SplitInput& input, const SplitOptions& options, Split& split) {
  const auto given = [&]() -> std::optional<table::EventTime> {
    return input.time ? std::optional(table::EventTime::Of(*input.time)) : std::nullopt;
  };
  if (input.time_given) split.time = given();
  split.group = input.group_given ? input.group : std::nullopt;
  if (options.kind) {
    split.kind = *options.kind;
    if (split.kind == Kind::kTime && !split.time) split.time = input.time ? given() : FindTime(input);
    if (split.kind == Kind::kTime && !split.time) {
      return Error(Code::kInvalidArgument, "split-needs-time", "no column was found that orders the rows in time")
          .In("--split time")
          .Do("--time COLUMN");
    }
    if (split.kind == Kind::kGroup && !split.group) {
      split.group = input.group ? input.group : FindGroupColumn(input);
    }
    if (split.kind == Kind::kGroup && !split.group) {
      return Error(Code::kInvalidArgument, "split-needs-group", "no column was found that groups the rows")
          .In("--split group")
          .Do("--group COLUMN");
    }
    return Ok();
  }
  if (split.time) {
    split.kind = Kind::kTime;
  } else if (split.group) {
    split.kind = Kind::kGroup;
  } else if ((split.time = FindTime(input))) {
    split.kind = Kind::kTime;
  } else if ((split.group = FindGroupColumn(input))) {
    split.kind = Kind::kGroup;
  } else {
    split.kind = Kind::kStratified;
  }
  return Ok();
}

/// Worst deviation of the parts from their shares, over rows and classes; the smaller the better.
double Imbalance(const Units& by_group, const SplitInput& input, const std::vector<std::int32_t>& part,
                 const std::vector<double>& shares) {
  const std::size_t classes = std::size_t(std::max(1, input.num_classes));
  std::vector<double> counts(shares.size() * classes), totals(classes);
  for (std::size_t i = 0; i < input.rows.size(); ++i) {
    const std::size_t c = input.num_classes > 0 ? std::size_t(input.target[input.rows[i]]) : 0;
    counts[std::size_t(part[by_group.unit_of[i]]) * classes + c] += 1;
    totals[c] += 1;
  }
  double worst = 0;
  for (std::size_t p = 0; p < shares.size(); ++p) {
    for (std::size_t c = 0; c < classes; ++c) {
      if (totals[c] < 2) continue;
      worst = std::max(worst, std::fabs(counts[p * classes + c] / totals[c] - shares[p]));
    }
  }
  return worst;
}

/// Assigns groups: by hash where there are many, else the most balanced of 32 deals.
std::vector<std::int32_t> AssignGroups(const SplitInput& input, const Units& units, const std::vector<double>& shares,
                                       std::uint64_t seed, std::uint64_t salt) {
  if (units.count() >= 500 && input.rows.size() >= kExactBelow) {
    return Assign(units, shares, seed, salt, false, false, std::int32_t(shares.size()) - 1);
  }
  std::vector<std::int32_t> best;
  double least = INFINITY;
  for (std::uint64_t deal = 0; deal < 32; ++deal) {
    auto part = Assign(units, shares, seed, salt + (deal << 16), true, false, std::int32_t(shares.size()) - 1);
    const double imbalance = Imbalance(units, input, part, shares);
    if (imbalance < least) {
      least = imbalance;
      best = std::move(part);
    }
  }
  return best;
}

Units MakeUnits(const SplitInput& input, const Split& split) {
  Units units = split.kind == Kind::kGroup ? UnitsByGroup(input, *split.group) : UnitsByFeatures(input);
  SetStrata(input, split.kind != Kind::kStratified, units);
  return units;
}

/// Reduces the folds to what classes (binary) and groups allow.
int LimitFolds(const SplitInput& input, const Split& split, const Units& units, int folds) {
  if (folds < 2) return folds;
  if (split.kind == Kind::kGroup) return std::min<int>(folds, int(units.count()));
  if (input.task == Task::kBinary) {
    std::vector<int> rows_of(2);
    for (const RowIndex row : input.rows) ++rows_of[input.target[row] > 0.5];
    folds = std::max(2, std::min(folds, std::min(rows_of[0], rows_of[1])));
  }
  return folds;
}

Status MakeFolds(const SplitInput& input, const SplitOptions& options, Split& split) {
  SplitInput inner = input;
  inner.rows = split.train;
  const Units units = MakeUnits(inner, split);
  const int wanted = options.folds > 0 ? options.folds : ChooseFolds(inner.rows.size());
  const int folds = LimitFolds(inner, split, units, wanted);
  const bool exact = inner.rows.size() < kExactBelow;
  std::vector<double> shares(std::size_t(folds), 1.0 / folds);
  if (folds == 1) {
    const double share = inner.rows.size() < 100000 ? 0.2 : HoldOutShare(inner.rows.size());
    shares = {share, 1 - share};
  }
  const std::int32_t never = -1;  // a class of one row trains in every fold and is validated in none
  const std::vector<std::int32_t> part = split.kind == Kind::kGroup
                                             ? AssignGroups(inner, units, shares, options.seed, kFoldSalt)
                                             : Assign(units, shares, options.seed, kFoldSalt, exact, true, never);
  split.folds.resize(std::size_t(folds));
  for (std::size_t i = 0; i < inner.rows.size(); ++i) {
    for (int fold = 0; fold < folds; ++fold) {
      Fold& of = split.folds[std::size_t(fold)];
      (part[units.unit_of[i]] == fold ? of.valid : of.train).push_back(inner.rows[i]);
    }
  }
  std::erase_if(split.folds, [](const Fold& f) { return f.valid.empty() || f.train.empty(); });
  if (split.folds.empty()) {
    return TooFew("rows cannot be divided for validation: too few groups or all rows are equal");
  }
  return Ok();
}

Status SplitByUnits(const SplitInput& input, const SplitOptions& options, Split& split) {
  const Units units = MakeUnits(input, split);
  if (split.kind == Kind::kGroup && units.count() < 3) {
    return TooFew("too few groups to hold some out: " + std::to_string(units.count()));
  }
  split.duplicate_groups = split.kind == Kind::kGroup ? 0 : units.duplicate_groups;
  split.exact_strata = split.kind == Kind::kStratified && input.rows.size() < kExactBelow;
  const double n = double(input.rows.size());
  const double share = std::min(options.test_share, double(options.max_test_rows) / n);
  if (share > 0) {
    const std::vector<double> shares = {share, 1 - share};
    const bool exact = input.rows.size() < kExactBelow;
    const std::vector<std::int32_t> part = split.kind == Kind::kGroup
                                               ? AssignGroups(input, units, shares, options.seed, kTestSalt)
                                               : Assign(units, shares, options.seed, kTestSalt, exact, false, 1);
    for (std::size_t i = 0; i < input.rows.size(); ++i) {
      (part[units.unit_of[i]] == 0 ? split.test : split.train).push_back(input.rows[i]);
    }
    if (split.test.empty() || split.train.size() < 4) return TooFew("rows cannot be divided: too few differ");
  } else {
    split.train = input.rows;
  }
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.test.begin(), split.test.end());
  return MakeFolds(input, options, split);
}

void Explain(const SplitInput& input, const SplitOptions& options, Split& split) {
  const bool test = options.test_share > 0;
  const double share = double(split.test.size()) / double(input.rows.size());
  std::string what, key;
  split.reason_values = Json::object();
  switch (split.kind) {
    case Kind::kTime:
      key = "split.time", what = "by time (" + table::NameOf(*input.table, *split.time) + "): last ";
      split.reason_values["column"] = table::NameOf(*input.table, *split.time);
      break;
    case Kind::kGroup:
      key = "split.group", what = "by group (" + ColumnName(input, split.group) + "): whole groups, ";
      split.reason_values["column"] = ColumnName(input, split.group);
      break;
    case Kind::kStratified:
      key = input.task == Task::kRegression ? "split.deciles" : "split.classes";
      what =
          input.task == Task::kRegression ? "at random within tenths of the target: " : "at random within each class: ";
      break;
    case Kind::kRandom:
      key = "split.random", what = "at random: ";
      break;
  }
  split.reason_values["share"] = test ? share : 0.0;
  split.reason_values["folds"] = split.folds.size();
  split.reason_key = test ? key : key + "_no_test";
  if (test) {
    split.reason = what + Percent(share) + " of rows held out";
    return;
  }
  if (split.kind == Kind::kTime) what = "by time (" + table::NameOf(*input.table, *split.time) + "): ";
  split.reason = what + "no test set, " + std::to_string(split.folds.size()) +
                 (split.folds.size() == 1 ? " validation set" : " validation folds");
}

}  // namespace

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kRandom:
      return "random";
    case Kind::kStratified:
      return "stratified";
    case Kind::kGroup:
      return "group";
    case Kind::kTime:
      return "time";
  }
  return "random";
}

Result<Split> MakeSplit(const Context& context, const SplitInput& input, const SplitOptions& options) {
  TW_CHECK(input.table != nullptr && input.target.size() == input.table->num_rows());
  TW_RETURN_IF_ERROR(CheckOptions(input, options));
  Split split;
  split.seed = options.seed;
  TW_RETURN_IF_ERROR(Choose(input, options, split));
  if (split.kind != Kind::kTime && (options.gap_seconds > 0 || options.gap_rows > 0)) {
    return Error(Code::kInvalidArgument, "gap-needs-time", "a gap is only used by a split by time")
        .In("--gap")
        .Do("--split time --time COLUMN");
  }
  if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "interrupted while splitting");
  if (split.kind == Kind::kTime) {
    split.gap_seconds = options.gap_seconds;
    const double train = (1 - options.test_share) * double(input.rows.size());
    int folds = options.folds > 0 ? options.folds : std::min(5, ChooseFolds(std::size_t(train)));
    TW_RETURN_IF_ERROR(SplitByTime(input, options, *split.time, folds, split));
  } else {
    TW_RETURN_IF_ERROR(SplitByUnits(input, options, split));
  }
  Explain(input, options, split);
  return split;
}

Json SplitJson(const Split& split, const table::Table& table) {
  const auto name = [&](std::optional<std::size_t> c) { return c ? Json(table.field(*c).name) : Json(); };
  const auto text = [](const std::string& s) { return s.empty() ? Json() : Json(s); };
  Json json = Json::object();
  json["kind"] = KindName(split.kind);
  json["reason"] = split.reason;
  json["reason_key"] = split.reason_key;
  json["reason_values"] = split.reason_values;
  json["seed"] = split.seed;
  json["test_rows"] = split.test.size();
  json["train_rows"] = split.train.size();
  json["folds"] = split.folds.size();
  json["group"] = name(split.group);
  json["time"] = split.time ? Json(table::NameOf(table, *split.time)) : Json();
  json["time_columns"] = split.time ? Json(table::NamesOf(table, *split.time)) : Json::array();
  json["gap_seconds"] = split.gap_seconds;
  json["from"] = text(split.test_from);
  json["to"] = text(split.test_to);
  json["train_from"] = text(split.train_from);
  json["train_to"] = text(split.train_to);
  json["duplicate_groups"] = split.duplicate_groups;
  json["exact_strata"] = split.exact_strata;
  return json;
}

}  // namespace tagwerk::split
