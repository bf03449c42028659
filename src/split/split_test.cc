// Properties of splits: nothing overlaps, what belongs together stays together, membership does not
// depend on the order or the length of a file.
#include "split/split.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/random.h"
#include "base/threads.h"

namespace tagwerk::split {
namespace {

struct Made {
  table::Table table;
  SplitInput input;
};

table::Field NumberField(std::string name) {
  table::Field field;
  field.name = field.original_name = std::move(name);
  return field;
}

Made Make(std::vector<std::vector<double>> columns, std::vector<double> target, Task task, int classes) {
  Made made;
  std::vector<table::Field> fields;
  std::vector<table::ColumnPtr> data;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    fields.push_back(NumberField("x" + std::to_string(c)));
    data.push_back(table::Column::Doubles(columns[c]));
    made.input.features.push_back(c);
  }
  made.table = table::Table(fields, data, target.size());
  for (std::size_t i = 0; i < target.size(); ++i) made.input.rows.push_back(RowIndex(i));
  made.input.target = std::move(target);
  made.input.task = task;
  made.input.num_classes = classes;
  return made;
}

/// n rows with two random features and a class of the given share.
Made Binary(std::size_t n, double share, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::vector<double>> columns(2);
  std::vector<double> target;
  for (std::size_t i = 0; i < n; ++i) {
    columns[0].push_back(random.Uniform());
    columns[1].push_back(random.Normal());
    target.push_back(random.Uniform() < share);
  }
  return Make(std::move(columns), std::move(target), Task::kBinary, 2);
}

Result<Split> SplitRows(Made& made, SplitOptions options = {}) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  made.input.table = &made.table;
  return MakeSplit(context, made.input, options);
}

void ExpectPartition(const Rows& all, const Rows& a, const Rows& b) {
  std::vector<RowIndex> joined(a.begin(), a.end());
  joined.insert(joined.end(), b.begin(), b.end());
  std::sort(joined.begin(), joined.end());
  EXPECT_TRUE(std::equal(joined.begin(), joined.end(), all.begin(), all.end()));
}

double Share(const Made& made, const Rows& rows) {
  double sum = 0;
  for (const RowIndex r : rows) sum += made.input.target[r];
  return sum / double(rows.size());
}

TEST(Split, PartsAndFoldsPartitionTheRows) {
  for (const std::size_t n : {60, 900, 4000, 12000}) {
    Made made = Binary(n, 0.3, n);
    const auto split = SplitRows(made);
    ASSERT_TRUE(split) << split.error().Text();
    EXPECT_EQ(split->kind, Kind::kStratified);
    ExpectPartition(made.input.rows, split->train, split->test);
    Rows validated;
    for (const Fold& fold : split->folds) {
      ExpectPartition(split->train, fold.train, fold.valid);
      validated.insert(validated.end(), fold.valid.begin(), fold.valid.end());
    }
    ExpectPartition(split->train, validated, {});
    EXPECT_NEAR(double(split->test.size()) / double(n), 0.2, n < 5000 ? 2.0 / double(n) + 0.001 : 0.02);
  }
}

TEST(Split, StrataAreExactBelowFiveThousandRows) {
  Made made = Binary(1000, 0.1, 3);
  const auto split = SplitRows(made);
  ASSERT_TRUE(split);
  EXPECT_TRUE(split->exact_strata);
  EXPECT_EQ(split->folds.size(), 8u);
  const double share = Share(made, made.input.rows);
  EXPECT_NEAR(Share(made, split->test), share, 0.006);
  for (const Fold& fold : split->folds) EXPECT_NEAR(Share(made, fold.valid), share, 0.02);
}

TEST(Split, MembershipSurvivesGrowthAndReordering) {
  Made small = Binary(8000, 0.4, 7);
  Made large = Binary(10000, 0.4, 7);  // its first 8,000 rows are those of `small`
  std::vector<std::vector<double>> columns(2);
  std::vector<double> target;
  for (std::size_t i = large.input.rows.size(); i > 0; --i) {
    columns[0].push_back((*large.table.column(0).doubles())[i - 1]);
    columns[1].push_back((*large.table.column(1).doubles())[i - 1]);
    target.push_back(large.input.target[i - 1]);
  }
  Made reversed = Make(columns, target, Task::kBinary, 2);
  const auto a = SplitRows(small), b = SplitRows(large), c = SplitRows(reversed);
  ASSERT_TRUE(a && b && c);
  const std::set<RowIndex> in_b(b->test.begin(), b->test.end());
  for (const RowIndex row : a->test) EXPECT_TRUE(in_b.count(row));
  EXPECT_EQ(std::count_if(b->test.begin(), b->test.end(), [](RowIndex r) { return r < 8000; }),
            std::ptrdiff_t(a->test.size()));
  EXPECT_EQ(b->test.size(), c->test.size());
  for (const RowIndex row : c->test) EXPECT_TRUE(in_b.count(RowIndex(9999 - row)));
}

TEST(Split, SeedChangesTheMembersAndRepeatsExactly) {
  Made made = Binary(6000, 0.5, 1);
  SplitOptions other;
  other.seed = 1;
  const auto a = SplitRows(made), b = SplitRows(made), c = SplitRows(made, other);
  EXPECT_EQ(a->test, b->test);
  EXPECT_NE(a->test, c->test);
}

TEST(Split, EqualRowsStayTogether) {
  for (const std::size_t n : {2000, 9000}) {
    Made base = Binary(n, 0.4, 11);
    std::vector<std::vector<double>> columns = {*base.table.column(0).doubles(), *base.table.column(1).doubles()};
    std::vector<double> target = base.input.target;
    for (std::size_t i = 0; i < n / 4; ++i) {
      for (auto& column : columns) column.push_back(column[i]);
      target.push_back(target[i]);
    }
    Made made = Make(columns, target, Task::kBinary, 2);
    const auto split = SplitRows(made);
    ASSERT_TRUE(split);
    EXPECT_EQ(split->duplicate_groups, std::int64_t(n / 4));
    std::map<RowIndex, int> side;
    for (const RowIndex r : split->test) side[r] = -1;
    for (std::size_t f = 0; f < split->folds.size(); ++f) {
      for (const RowIndex r : split->folds[f].valid) side[r] = int(f);
    }
    for (std::size_t i = 0; i < n / 4; ++i) EXPECT_EQ(side[RowIndex(i)], side[RowIndex(n + i)]);
  }
}

TEST(Split, RowsThatRepeatByNatureAreNotDuplicates) {
  Random random(2);
  std::vector<std::vector<double>> columns(2);
  std::vector<double> target;
  for (int i = 0; i < 6000; ++i) {
    columns[0].push_back(double(random.Below(20)));
    columns[1].push_back(double(random.Below(20)));
    target.push_back(double(random.Below(2)));
  }
  Made made = Make(columns, target, Task::kBinary, 2);
  const auto split = SplitRows(made);
  ASSERT_TRUE(split);
  EXPECT_EQ(split->duplicate_groups, 0);
  EXPECT_NEAR(double(split->test.size()), 1200, 120);
}

TEST(Split, GroupsAreNeverDivided) {
  for (const int groups : {12, 900}) {
    Random random(4);
    std::vector<std::vector<double>> columns(2);
    std::vector<double> target;
    for (int i = 0; i < 6000; ++i) {
      columns[0].push_back(double(random.Below(std::uint64_t(groups))));
      columns[1].push_back(random.Uniform());
      target.push_back(random.Uniform() < 0.3);
    }
    Made made = Make(columns, target, Task::kBinary, 2);
    made.input.group = 0;
    made.input.group_given = true;
    const auto split = SplitRows(made);
    ASSERT_TRUE(split) << split.error().Text();
    EXPECT_EQ(split->kind, Kind::kGroup);
    const auto group = [&](RowIndex r) { return columns[0][r]; };
    std::set<double> in_train, in_test;
    for (const RowIndex r : split->train) in_train.insert(group(r));
    for (const RowIndex r : split->test) in_test.insert(group(r));
    for (const double g : in_test) EXPECT_FALSE(in_train.count(g));
    EXPECT_NEAR(double(split->test.size()) / 6000, 0.2, 0.06);
    for (const Fold& fold : split->folds) {
      std::set<double> learnt;
      for (const RowIndex r : fold.train) learnt.insert(group(r));
      for (const RowIndex r : fold.valid) EXPECT_FALSE(learnt.count(group(r)));
    }
  }
}

Made Timed(std::size_t n, bool shuffled, const std::string& name) {
  Made made = Binary(n, 0.3, 5);
  std::vector<std::int64_t> when;
  for (std::size_t i = 0; i < n; ++i) when.push_back(std::int64_t(i / 3) * 3600 * 1000000);
  Random random(8);
  if (shuffled) Shuffle(when, random);
  table::Field field = NumberField(name);
  field.type = table::SemanticType::kDatetime;
  made.table = made.table.WithColumn(field, table::Column::Timestamps(when));
  made.input.features.push_back(2);
  return made;
}

TEST(Split, RowsInOrderOfTimeAreSplitByTime) {
  Made made = Timed(3000, false, "seen");
  const auto split = SplitRows(made);
  ASSERT_TRUE(split);
  EXPECT_EQ(split->kind, Kind::kTime);
  EXPECT_EQ(split->test.size(), 600u);
  EXPECT_EQ(split->reason, "by time (seen): last 20 % of rows held out");
  EXPECT_LT(split->train.back(), split->test.front());
  for (const Fold& fold : split->folds) EXPECT_LT(fold.train.back(), fold.valid.front());
  EXPECT_EQ(split->test_from, "1970-02-03T08:00:00");
  ASSERT_EQ(split->folds.size(), 5u);
  EXPECT_EQ(split->folds.back().train.size(), 960u);
  EXPECT_GT(split->folds[0].valid.front(), split->folds[1].valid.back());
}

TEST(Split, ShuffledTimesNeedAPlainName) {
  Made plain = Timed(3000, true, "time_hour"), other = Timed(3000, true, "renewed"),
       birth = Timed(3000, false, "birth_date");
  EXPECT_EQ(SplitRows(plain)->kind, Kind::kTime);
  EXPECT_EQ(SplitRows(other)->kind, Kind::kStratified);
  EXPECT_EQ(SplitRows(birth)->kind, Kind::kStratified);
}

TEST(Split, GapIsLeftOutBeforeEveryEvaluation) {
  Made made = Timed(3000, false, "seen");
  SplitOptions options;
  options.gap_seconds = 24 * 3600;
  const auto split = SplitRows(made, options);
  ASSERT_TRUE(split);
  const auto& when = *made.table.column(2).timestamps();
  const auto expect_gap = [&](const Rows& before, const Rows& after) {
    EXPECT_GE(when[after.front()] - when[before.back()], std::int64_t(24) * 3600 * 1000000);
  };
  expect_gap(split->train, split->test);
  for (const Fold& fold : split->folds) expect_gap(fold.train, fold.valid);
  options.kind = Kind::kStratified;
  EXPECT_EQ(SplitRows(made, options).error().id(), "gap-needs-time");
}

TEST(Split, RegressionKeepsTheDistributionInSmallData) {
  Random random(3);
  std::vector<std::vector<double>> columns(1);
  std::vector<double> target;
  for (int i = 0; i < 400; ++i) {
    columns[0].push_back(random.Uniform());
    target.push_back(std::exp(2 * random.Normal()));
  }
  Made made = Make(columns, target, Task::kRegression, 0);
  const auto split = SplitRows(made);
  ASSERT_TRUE(split);
  std::vector<double> sorted = target;
  std::sort(sorted.begin(), sorted.end());
  int high = 0;
  for (const RowIndex r : split->test) high += target[r] >= sorted[360];
  EXPECT_NEAR(high, 8, 1);
}

TEST(Split, ClassOfOneRowIsAlwaysLearntFrom) {
  Made made = Binary(500, 0.5, 9);
  made.input.task = Task::kMulticlass;
  made.input.num_classes = 3;
  made.input.target[17] = 2;
  const auto split = SplitRows(made);
  ASSERT_TRUE(split);
  EXPECT_TRUE(std::binary_search(split->train.begin(), split->train.end(), RowIndex(17)));
  for (const Fold& fold : split->folds) {
    EXPECT_TRUE(std::binary_search(fold.train.begin(), fold.train.end(), RowIndex(17)));
  }
}

TEST(Split, RareClassIsInTestAndEveryFold) {
  Made made = Binary(300, 0, 9);
  for (int i = 0; i < 8; ++i) made.input.target[std::size_t(i) * 30] = 1;
  const auto split = SplitRows(made);
  ASSERT_TRUE(split);
  EXPECT_GT(Share(made, split->test), 0);
  EXPECT_LE(split->folds.size(), 7u);
  for (const Fold& fold : split->folds) EXPECT_GT(Share(made, fold.valid), 0);
}

TEST(Split, TestSetHasALimitAndCanBeLeftOut) {
  Made made = Binary(20000, 0.5, 9);
  SplitOptions options;
  options.max_test_rows = 1000;
  EXPECT_NEAR(double(SplitRows(made, options)->test.size()), 1000, 150);
  options.test_share = 0;
  const auto split = SplitRows(made, options);
  EXPECT_TRUE(split->test.empty());
  EXPECT_EQ(split->train.size(), 20000u);
  EXPECT_EQ(split->reason_key, "split.classes_no_test");
}

TEST(Split, ImpossibleSplitsAreRefused) {
  Made tiny = Binary(7, 0.5, 9);
  EXPECT_EQ(SplitRows(tiny).error().id(), "split-impossible");
  Made made = Binary(100, 0.5, 9);
  SplitOptions options;
  options.kind = Kind::kTime;
  EXPECT_EQ(SplitRows(made, options).error().id(), "split-needs-time");
  options.kind = Kind::kGroup;
  EXPECT_EQ(SplitRows(made, options).error().id(), "split-needs-group");
  options.kind.reset();
  options.test_share = 1.5;
  EXPECT_EQ(SplitRows(made, options).error().id(), "test-share");
}

TEST(Split, GroupColumnIsFoundOnlyWhenGroupsDominate) {
  Random random(6);
  std::vector<std::vector<double>> columns(2);
  std::vector<double> target;
  for (int i = 0; i < 2000; ++i) {
    const int patient = i / 10;
    columns[0].push_back(1000 + patient);
    columns[1].push_back(random.Uniform());
    target.push_back(double(Mix64(std::uint64_t(patient)) % 2));
  }
  Made made = Make(columns, target, Task::kBinary, 2);
  table::Field field = made.table.field(0);
  field.integers = true;
  field.name = "patient_id";
  made.table = made.table.WithField(0, field);
  EXPECT_EQ(SplitRows(made)->kind, Kind::kGroup);
  for (double& y : made.input.target) y = double(random.Below(2));
  EXPECT_EQ(SplitRows(made)->kind, Kind::kStratified);
}

}  // namespace
}  // namespace tagwerk::split
