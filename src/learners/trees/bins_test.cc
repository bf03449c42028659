#include "learners/trees/bins.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "learners/trees/bin_edges.h"
#include "learners/trees/test_data.h"

namespace tagwerk::learners::trees {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

std::shared_ptr<const BinnedData> Bin(Sample& s, int max_bins = 255) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  const model::TrainingData data = s.Data();
  return BuildBins(context, *data.x, data.train_rows, {.max_bins = max_bins});
}

TEST(SortDoubles, OrdersAnyDoublesLikeTheStandardSort) {
  Random random(3);
  std::vector<double> values = {kInf, -kInf, 0.0, -0.0, 5e-324, -5e-324, 1e308, -1e308};
  for (int i = 0; i < 5000; ++i) {
    const double scale = std::pow(10, double(random.Below(40)) - 20);
    values.push_back(random.Normal() * scale);
    values.push_back(1.0 + double(random.Below(1000)) * 1e-15);  // equal high halves
  }
  std::vector<double> expected = values;
  std::sort(expected.begin(), expected.end());
  SortDoubles(values);
  EXPECT_EQ(values, expected);
}

TEST(Between, LiesBetweenItsArgumentsEvenAtTheEdges) {
  const double next = std::nextafter(1.0, 2.0);
  for (const auto& [a, b] : {std::pair{1.0, 2.0},
                             {1.0, next},
                             {-kInf, 0.0},
                             {0.0, kInf},
                             {-1e308, 1e308},
                             {-kInf, kInf},
                             {0.0, 5e-324},
                             {16777216.0, 16777217.0}}) {
    const double t = Between(a, b);
    EXPECT_LE(a, t);
    EXPECT_LT(t, b);
  }
  EXPECT_EQ(Between(1.0, 2.0), 1.5);
}

TEST(BinThresholds, GivesEachDistinctValueItsBinWhenTheyFit) {
  std::vector<double> values = {3, 1, 2, 2, 1, 3, 3};
  EXPECT_EQ(BinThresholds(values, 3), (std::vector<double>{1.5, 2.5}));
}

TEST(BinThresholds, TreatsBothZerosAsOne) {
  std::vector<double> values = {0.0, -0.0, 1.0};
  EXPECT_EQ(BinThresholds(values, 10).size(), 1u);
}

TEST(BinThresholds, CutsManyValuesIntoEqualMass) {
  std::vector<double> values;
  for (int i = 0; i < 10000; ++i) values.push_back(i);
  const std::vector<double> t = BinThresholds(values, 100);
  ASSERT_EQ(t.size(), 99u);
  for (std::size_t i = 0; i < t.size(); ++i) EXPECT_NEAR(t[i], 100.0 * double(i + 1) - 0.5, 2.0);
}

TEST(BinThresholds, KeepsHeavyValuesApartAndTheTailResolved) {
  std::vector<double> values(9000, 0.0);
  for (int i = 1; i <= 1000; ++i) values.push_back(i);
  const std::vector<double> t = BinThresholds(values, 50);
  EXPECT_GE(t.size(), 45u);
  EXPECT_EQ(t.front(), 0.5);
  EXPECT_TRUE(std::is_sorted(t.begin(), t.end()));
}

TEST(BuildBins, PutsEveryValueBetweenItsThresholds) {
  Sample s = MakeSample(3000, Task::kRegression, 0, 1);
  const auto bins = Bin(s);
  for (std::size_t k = 0; k < bins->features.size(); ++k) {
    const Feature& f = bins->features[k];
    if (f.category) continue;
    const std::vector<double>& values = *s.columns[f.column].numeric;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const int bin = bins->columns[k][i];
      if (std::isnan(values[i])) {
        EXPECT_EQ(bin, f.missing_bin());
        continue;
      }
      EXPECT_GT(values[i], bin > 0 ? f.thresholds[std::size_t(bin) - 1] : -kInf);
      EXPECT_LE(values[i], bin + 1 < f.num_bins ? f.thresholds[std::size_t(bin)] : kInf);
    }
  }
}

// 30 columns of which each row has one, two columns of full numbers, and one that meets the 30.
Sample Exclusive(std::size_t n) {
  Random random(7);
  Sample s;
  std::vector<std::vector<double>> parts(30, std::vector<double>(n, 0.0));
  std::vector<double> x(n), meets(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t which = random.Below(30);
    parts[which][i] = which % 3 == 2 ? (random.Uniform() < 0.3 ? kNan : 1 + double(random.Below(3))) : 1;
    x[i] = random.Normal();
    meets[i] = random.Uniform() < 0.1 ? 1 : 0;
    s.y.push_back(double(which % 7) + x[i] * (which % 2 == 0 ? 1 : -1) + meets[i] + 0.1 * random.Normal());
  }
  for (auto& part : parts) s.AddNumeric(std::move(part));
  s.AddNumeric(x);
  s.AddNumeric(std::move(x));
  s.AddNumeric(std::move(meets));
  return s;
}

TEST(BuildBins, ColumnsThatExcludeEachOtherShareAByte) {
  Sample s = Exclusive(2000);
  const model::TrainingData data = s.Data();
  const auto bins = BuildBins(Context(), *data.x, data.train_rows, {.bundle = true});
  ASSERT_EQ(bins->features.size(), 33u);
  ASSERT_EQ(bins->stores.size(), 4u);
  for (std::size_t f = 0; f < bins->features.size(); ++f) {
    const Feature& feature = bins->features[f];
    const Block& block = bins->blocks[bins->stores[feature.store].block];
    EXPECT_EQ(feature.frequent_bin >= 0, feature.column < 30);
    for (std::size_t i = 0; i < 2000; ++i) {
      const int code = block.rows[i * kBlock + feature.store % kBlock];
      const int bin = bins->columns[f][i];
      if (feature.frequent_bin < 0) {
        ASSERT_EQ(code, bin);
      } else if (bin != feature.frequent_bin) {
        ASSERT_EQ(code, feature.first_slot + bin - (bin > feature.frequent_bin ? 1 : 0));
      } else {
        ASSERT_TRUE(code < feature.first_slot || code >= feature.first_slot + feature.slots() - 1);
      }
    }
  }
}

TEST(BuildBins, RowBlocksHoldTheSameBinsAsColumns) {
  Sample s = MakeSample(500, Task::kRegression, 0, 2, 37);
  const auto bins = Bin(s);
  ASSERT_EQ(bins->features.size(), 38u);
  ASSERT_EQ(bins->blocks.size(), 3u);
  for (std::size_t k = 0; k < bins->features.size(); ++k) {
    ASSERT_EQ(bins->features[k].store, k);
    for (std::size_t i = 0; i < 500; ++i) {
      ASSERT_EQ(bins->blocks[k / kBlock].rows[i * kBlock + k % kBlock], bins->columns[k][i]);
    }
    EXPECT_LE(bins->features[k].slots(), bins->blocks[k / kBlock].stride);
  }
}

TEST(BuildBins, LeavesOutConstantColumnsButKeepsMissingAgainstConstant) {
  Sample s;
  s.AddNumeric({1, 1, 1, 1});
  s.AddNumeric({kNan, kNan, kNan, kNan});
  s.AddNumeric({1, kNan, 1, 1});
  s.AddCategory({0, 0, 0, 0}, 3);
  s.AddCategory({-1, -1, -1, -1}, 3);
  s.y = {1, 2, 3, 4};
  const auto bins = Bin(s);
  ASSERT_EQ(bins->features.size(), 1u);
  EXPECT_EQ(bins->features[0].column, 2u);
}

TEST(BuildBins, SharesTheLastBinAmongRareCategoriesAndCallsUnseenOnesMissing) {
  Sample s;
  std::vector<std::int32_t> codes;
  for (std::int32_t c = 0; c < 300; ++c) {
    for (int i = 0; i < (c < 200 ? 3 : 1); ++i) codes.push_back(c);
  }
  s.y.assign(codes.size(), 0.0);
  s.AddCategory(codes, 310);
  const auto bins = Bin(s);
  ASSERT_EQ(bins->features.size(), 1u);
  const Feature& f = bins->features[0];
  EXPECT_EQ(f.num_bins, 255);
  EXPECT_EQ(f.bin_of_code[305], f.missing_bin());
  EXPECT_EQ(f.bin_of_code[298], 254);
  EXPECT_EQ(f.bin_of_code[299], 254);
  EXPECT_NE(f.bin_of_code[10], f.bin_of_code[11]);
}

TEST(GetBins, AreBuiltOncePerCacheAndRows) {
  Sample s = MakeSample(200, Task::kRegression, 0, 4);
  model::TrainingData data = s.Data();
  model::FitCache cache;
  data.cache = &cache;
  Context context;
  TrainingRows rows, fewer;
  rows.train.assign(data.train_rows.begin(), data.train_rows.end());
  fewer.train.assign(data.train_rows.begin(), data.train_rows.begin() + 100);
  const auto first = GetBins(context, data, rows, {}, false);
  EXPECT_EQ(first, GetBins(context, data, rows, {}, false));
  EXPECT_NE(first, GetBins(context, data, rows, {.max_bins = 63}, false));
  EXPECT_NE(first, GetBins(context, data, fewer, {}, false));
  EXPECT_NE(first, GetBins(context, data, rows, {.max_categories = 3}, true));
}

// 100 categories, of which two have nine rows of ten: about 4 that are equally frequent.
TEST(BuildBins, RareCategoriesCountForLessWhereManyBecomeNumbers) {
  Sample s;
  s.task = Task::kBinary;
  s.classes = 2;
  std::vector<std::int32_t> uneven, even;
  for (int i = 0; i < 4000; ++i) {
    uneven.push_back(i % 10 == 0 ? i / 10 % 98 + 2 : i % 2);
    even.push_back(i % 25);
    s.y.push_back(i % 3 == 0);
  }
  s.AddCategory(uneven, 100);
  s.AddCategory(even, 25);
  const model::TrainingData data = s.Data();
  TrainingRows rows;
  rows.train.assign(data.train_rows.begin(), data.train_rows.end());
  const auto numbers = [&](int max_categories) {
    std::vector<std::uint32_t> columns;
    const auto bins = GetBins(Context(), data, rows, {.max_categories = max_categories}, true);
    for (const Feature& f : bins->features) {
      if (f.statistic) columns.push_back(f.column);
    }
    std::sort(columns.begin(), columns.end());
    return columns;
  };
  EXPECT_EQ(numbers(25), std::vector<std::uint32_t>{});
  EXPECT_EQ(numbers(24), std::vector<std::uint32_t>{1});
  EXPECT_EQ(numbers(3), (std::vector<std::uint32_t>{0, 1}));
}

}  // namespace
}  // namespace tagwerk::learners::trees
