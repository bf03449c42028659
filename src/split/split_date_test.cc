// Splits by time where the time is split over columns.
#include <gtest/gtest.h>

#include <numeric>

#include "base/random.h"
#include "base/threads.h"
#include "split/split.h"
#include "table/time_text.h"

namespace tagwerk::split {
namespace {

table::Field PartField(const std::string& name) {
  table::Field field;
  field.name = field.original_name = name;
  return field;
}

/// Splits rows of four hours a day from 2020 on; the parts of their time are the columns.
Result<Split> SplitParts(bool shuffled, const std::string& prefix, SplitOptions options = {}) {
  const std::size_t n = 3000;
  std::vector<std::size_t> place(n);
  std::iota(place.begin(), place.end(), std::size_t(0));
  Random random(8);
  if (shuffled) Shuffle(place, random);
  const char* names[] = {"year", "month", "day", "hour"};
  std::vector<std::vector<double>> parts(4);
  SplitInput input;
  for (const std::size_t i : place) {
    const table::Civil day = table::CivilFromDays(18262 + std::int64_t(i / 4));  // 2020-01-01
    const double values[] = {double(day.year), double(day.month), double(day.day), double(i % 4 * 6)};
    for (std::size_t k = 0; k < 4; ++k) parts[k].push_back(values[k]);
    input.rows.push_back(table::RowIndex(input.rows.size()));
    input.target.push_back(double(random.Uniform() < 0.3));
  }
  std::vector<table::Field> fields;
  std::vector<table::ColumnPtr> columns;
  for (std::size_t k = 0; k < 4; ++k) {
    fields.push_back(PartField(prefix + names[k]));
    columns.push_back(table::Column::Doubles(parts[k]));
    input.features.push_back(k);
  }
  const table::Table table(fields, columns, n);
  input.table = &table;
  input.task = Task::kBinary;
  input.num_classes = 2;
  Pool pool(1);
  Context context;
  context.pool = &pool;
  return MakeSplit(context, input, options);
}

TEST(SplitByParts, RowsInTheirOrderAreSplitByTime) {
  const auto split = SplitParts(false, "seen_");
  ASSERT_TRUE(split);
  EXPECT_EQ(split->kind, Kind::kTime);
  EXPECT_EQ(split->reason, "by time (seen_year, seen_month, seen_day, seen_hour): last 20 % of rows held out");
  EXPECT_EQ(split->test.size(), 600u);
  EXPECT_LT(split->train.back(), split->test.front());
  for (const Fold& fold : split->folds) EXPECT_LT(fold.train.back(), fold.valid.front());
  EXPECT_EQ(split->test_from, "2021-08-23T00:00:00");
  SplitOptions options;
  options.gap_seconds = 48 * 3600;
  EXPECT_EQ(SplitParts(false, "seen_", options)->train.size() + 7, split->train.size());
  options = {};
  options.kind = Kind::kRandom;
  EXPECT_EQ(SplitParts(false, "seen_", options)->kind, Kind::kRandom);
}

TEST(SplitByParts, ShuffledOnesNeedPlainNames) {
  EXPECT_EQ(SplitParts(true, "")->kind, Kind::kTime);
  EXPECT_EQ(SplitParts(true, "renewal ")->kind, Kind::kStratified);
  EXPECT_EQ(SplitParts(false, "birth ")->kind, Kind::kStratified);
  SplitOptions options;
  options.kind = Kind::kTime;
  EXPECT_EQ(SplitParts(true, "renewal ", options).error().id(), "split-needs-time");
}

}  // namespace
}  // namespace tagwerk::split
