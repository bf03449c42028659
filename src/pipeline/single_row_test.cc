#include "pipeline/single_row.h"

#include <bit>
#include <cmath>

#include "base/constants.h"
#include "features/features_test.h"
#include "pipeline/pipeline_test.h"

namespace tagwerk::pipeline {
namespace {

using namespace testing;
using features::testing::CellOf;
using table::SemanticType;
using table::Storage;

/// The toy pipeline; regression with two models of the error, one of them on features of its own.
Pipeline Toy(Task task) {
  Pipeline p = ToyPipeline(task);
  if (task != Task::kRegression) return p;
  p.shift = 0.25;
  p.spread = p.members[0];
  p.spread_below = p.members[0];
  p.spread_below->features = features::PlainFeatures({{"z", {}, false}, {"color", {"red", "blue"}, true}});
  p.spread_floor = 0.5;
  return p;
}

/// The columns of ToyTable, with every kind of odd value in them.
table::Table OddTable() {
  const double odd[] = {kNaN, -kNaN, INFINITY, -INFINITY, 0.0, -0.0, 5e-324, -1e-310, 1.7e308, -1.7e308, 0.1, 1248};
  const std::string long_text(3000, 'n');
  const char* const texts[] = {"red", "green", " red",   "Red",      "",
                               "n7",  "n299",  "violet", "\xc3\xa9", long_text.c_str()};
  const std::int64_t moments[] = {table::kMissingTime, 0, -1, 86399999999, -62135596800000000, 4102444800000000};
  std::vector<double> z, x;
  std::vector<std::int32_t> colors, many;
  std::vector<std::int64_t> times;
  auto dictionary = std::make_shared<table::Dictionary>();
  for (const char* text : texts) dictionary->Append(text);
  for (std::size_t i = 0; i < std::size(odd) * std::size(odd); ++i) {
    z.push_back(odd[i / std::size(odd)]);
    x.push_back(odd[i % std::size(odd)]);
    colors.push_back(std::int32_t(i % (std::size(texts) + 1)) - 1);
    many.push_back(std::int32_t(i * 7 % (std::size(texts) + 1)) - 1);
    times.push_back(moments[i % std::size(moments)]);
  }
  const table::Table t = ToyTable(1);
  const std::size_t rows = z.size();
  return table::Table(
      t.fields(),
      {table::Column::Doubles(std::move(x)), table::Column::Doubles(std::move(z)),
       table::Column::Strings(std::move(colors), dictionary), table::Column::Strings(std::move(many), dictionary),
       table::Column::Timestamps(std::move(times))},
      rows);
}

/// The columns in other storages than those of training.
table::Table OtherStorages() {
  auto texts = std::make_shared<table::Dictionary>();
  for (const char* text : {"12", "1e3", "-0.5", "x", "2013-05-01", "2013-05-01T10:00:00", ""}) texts->Append(text);
  const std::vector<std::int32_t> codes = {0, 1, 2, 3, 4, 5, 6, -1};
  const std::vector<double> numbers = {0, 1.5, kNaN, 1e300, -7, 20130501, INFINITY, 0.1};
  const std::vector<std::int64_t> times = {0, 1, table::kMissingTime, -5, 86400000000, 1367366400000000, 7, 8};
  return table::Table(
      ToyTable(1).fields(),
      {table::Column::Strings(codes, texts), table::Column::Timestamps(times), table::Column::Doubles(numbers),
       table::Column::Timestamps(times), table::Column::Strings(codes, texts)},
      codes.size());
}

/// Whether two numbers have the same bits; which NaN does not matter.
bool Same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

void ExpectSame(const Predictions& one, const Predictions& batch, std::size_t row, std::size_t width) {
  for (std::size_t k = 0; k < width; ++k) EXPECT_TRUE(Same(one.scores[k], batch.scores[row * width + k])) << row;
  if (one.task != Task::kRegression) {
    EXPECT_EQ(one.labels[0], batch.labels[row]) << row;
    return;
  }
  EXPECT_TRUE(Same(one.values[0], batch.values[row])) << row;
  EXPECT_TRUE(Same(one.lower[0], batch.lower[row])) << row;
  EXPECT_TRUE(Same(one.upper[0], batch.upper[row])) << row;
}

std::vector<std::string> NewCategories(const features::ApplyReport& report) {
  std::vector<std::string> columns;
  for (const auto& entry : report.new_categories) columns.push_back(entry.column);
  return columns;
}

TEST(SingleRow, HasTheBitsOfATable) {
  for (const table::Table& t : {ToyTable(60, 5), OddTable(), OtherStorages()})
    for (const Task task : {Task::kBinary, Task::kMulticlass, Task::kRegression}) {
      const Pipeline p = Toy(task);
      const Predictions batch = PredictOf(p, t);
      const auto row = SingleRow::Make(p);
      ASSERT_NE(row, nullptr);
      Predictions one;
      for (std::size_t i = 0; i < t.num_rows(); ++i) {
        for (std::size_t j = 0; j < t.num_columns(); ++j) row->cells()[j] = CellOf(t.column(j), i);
        row->Predict(0.9, one);
        ExpectSame(one, batch, i, std::size_t(p.num_outputs()));
        const table::Rows only{table::RowIndex(i)};
        EXPECT_EQ(NewCategories(one.report), NewCategories(PredictOf(p, t.Take(only)).report)) << i;
      }
    }
}

TEST(SingleRow, LeavesNothingOfTheRowBefore) {
  const Pipeline p = Toy(Task::kRegression);
  const table::Table t = OddTable();
  const auto used = SingleRow::Make(p);
  Predictions one, fresh;
  for (std::size_t i = 0; i < t.num_rows(); ++i) {
    const auto unused = SingleRow::Make(p);
    for (std::size_t j = 0; j < t.num_columns(); ++j)
      used->cells()[j] = unused->cells()[j] = CellOf(t.column(j), t.num_rows() - 1 - i);
    used->Predict(0.9, one);
    unused->Predict(0.9, fresh);
    EXPECT_TRUE(Same(one.values[0], fresh.values[0])) << i;
    EXPECT_EQ(NewCategories(one.report), NewCategories(fresh.report)) << i;
  }
}

}  // namespace
}  // namespace tagwerk::pipeline
