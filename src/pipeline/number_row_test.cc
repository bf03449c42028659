#include "pipeline/number_row.h"

#include <bit>
#include <cmath>

#include "base/constants.h"
#include "pipeline/pipeline_test.h"

namespace tagwerk::pipeline {
namespace {

using namespace testing;

/// The toy pipeline on its two columns of numbers, as they are; regression with a model of the error.
Pipeline NumbersOnly(Task task) {
  Pipeline p = ToyPipeline(task);
  const auto features = features::PlainFeatures({{"z", {}, false}, {"x", {}, false}});
  p.inputs.resize(2);
  for (Member& member : p.members) {
    member.features = features;
    member.model = std::make_shared<ToyModel>(p.num_outputs(), std::vector<double>{0.3, -0.7 * member.weight});
  }
  if (task == Task::kRegression) {
    p.shift = 0.25;
    p.spread = p.members[0];
    p.spread_floor = 0.5;
  }
  return p;
}

/// The columns of ToyTable, with every kind of odd number in them.
table::Table OddTable() {
  const double odd[] = {kNaN, -kNaN, INFINITY, -INFINITY, 0.0, -0.0, 5e-324, -1e-310, 1.7e308, -1.7e308, 0.1, 1248};
  std::vector<double> z, x;
  for (const double a : odd)
    for (const double b : odd) {
      z.push_back(a);
      x.push_back(b);
    }
  const table::Table t = ToyTable(1);
  const std::size_t rows = z.size();
  return table::Table({t.field(0), t.field(1)},
                      {table::Column::Doubles(std::move(z)), table::Column::Doubles(std::move(x))}, rows);
}

/// Whether two numbers have the same bits; which NaN does not matter.
bool Same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

TEST(NumberRow, HasTheBitsOfATable) {
  for (const table::Table& t : {ToyTable(60), OddTable()})
    for (const Task task : {Task::kBinary, Task::kMulticlass, Task::kRegression}) {
      const Pipeline p = NumbersOnly(task);
      const Predictions batch = PredictOf(p, t);
      const auto row = NumberRow::Make(p);
      ASSERT_NE(row, nullptr);
      Predictions one;
      const std::size_t width = std::size_t(p.num_outputs());
      for (std::size_t i = 0; i < t.num_rows(); ++i) {
        for (std::size_t j = 0; j < 2; ++j) *row->inputs()[j] = (*t.column(j).doubles())[i];
        row->Predict(0.9, one);
        for (std::size_t k = 0; k < width; ++k) EXPECT_TRUE(Same(one.scores[k], batch.scores[i * width + k])) << i;
        if (task != Task::kRegression) {
          EXPECT_EQ(one.labels[0], batch.labels[i]);
          continue;
        }
        EXPECT_TRUE(Same(one.values[0], batch.values[i])) << i;
        EXPECT_TRUE(Same(one.lower[0], batch.lower[i])) << i;
        EXPECT_TRUE(Same(one.upper[0], batch.upper[i])) << i;
      }
    }
}

TEST(NumberRow, OnlyWhereNumbersAreAllThereIs) {
  EXPECT_EQ(NumberRow::Make(ToyPipeline(Task::kBinary)), nullptr);
  Pipeline p = NumbersOnly(Task::kBinary);
  p.members[1].features = ToyPipeline(Task::kBinary).members[1].features;
  EXPECT_FALSE(NumberRow::Fits(p));
}

}  // namespace
}  // namespace tagwerk::pipeline
