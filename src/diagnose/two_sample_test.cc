// Two-sample tests: silent when the sets are alike, loud when they differ, also only in how columns go together.
#include "diagnose/two_sample.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/random.h"

namespace tagwerk::diagnose {
namespace {

table::Field Field(const std::string& name, bool integers = false) {
  table::Field field;
  field.name = field.original_name = name;
  field.integers = integers;
  return field;
}

/// Three normal columns; `x` and `y` go together with the given correlation.
table::Table Normals(std::size_t n, std::uint64_t seed, double correlation, double shift = 0) {
  Random random(seed);
  std::vector<double> x(n), y(n), z(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = random.Normal();
    y[i] = correlation * x[i] + std::sqrt(1 - correlation * correlation) * random.Normal();
    z[i] = random.Normal() + shift;
  }
  return table::Table({Field("x"), Field("y"), Field("z")},
                      {table::Column::Doubles(x), table::Column::Doubles(y), table::Column::Doubles(z)}, n);
}

Json Compare(const table::Table& a, const table::Table& b, std::uint64_t seed = 0, int threads = 2) {
  Pool pool(threads);
  Context context;
  context.pool = &pool;
  context.seed = seed;
  return MultivariateJson(context, a, b, a.names(), 0.01);
}

TEST(TwoSampleTests, SilentWhenAlike) {
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Json out = Compare(Normals(400, 2 * seed + 1, 0.5), Normals(400, 2 * seed + 2, 0.5), seed);
    alarms += out["p_value"].get<double>() <= 0.05;
    EXPECT_LT(out["auc"].get<double>(), 0.62);
  }
  EXPECT_LE(alarms, 4);
}

TEST(TwoSampleTests, SeesASingleColumnThatMoved) {
  const Json out = Compare(Normals(1500, 1, 0, 0), Normals(1500, 2, 0, 0.7));
  EXPECT_TRUE(out["drifted"].get<bool>());
  EXPECT_EQ(out["top_columns"][0], "z");
  // Two normals 0.7 apart: the best AUC is Phi(0.7 / sqrt 2) = 0.690.
  EXPECT_NEAR(out["auc"].get<double>(), 0.69, 0.04);
}

TEST(TwoSampleTests, SeesColumnsThatOnlyPartCompany) {
  const Json out = Compare(Normals(3000, 1, 0.9), Normals(3000, 2, 0));
  EXPECT_TRUE(out["drifted"].get<bool>());
  const Json& rebuilt = out["reconstruction"];
  EXPECT_GT(rebuilt["low"].get<double>(), 0);  // rows fit the reference's directions worse than before
}

TEST(TwoSampleTests, SameSeedSameResultAtAnyNumberOfThreads) {
  const auto a = Normals(600, 1, 0.2), b = Normals(700, 2, 0.4);
  EXPECT_EQ(Compare(a, b, 7, 1).dump(), Compare(a, b, 7, 3).dump());
}

TEST(TwoSampleTests, RowNumbersAndTimesAreLeftOut) {
  std::vector<double> numbers(100), values(100);
  std::iota(numbers.begin(), numbers.end(), 1.0);
  Random random(1);
  for (double& v : values) v = random.Normal();
  table::Field time = Field("time");
  time.type = table::SemanticType::kDatetime;
  const table::Table table({Field("number", true), Field("value"), time},
                           {table::Column::Doubles(numbers), table::Column::Doubles(values),
                            table::Column::Timestamps(std::vector<std::int64_t>(100, 5))},
                           100);
  EXPECT_EQ(ComparableColumns(table, {0, 1, 2}), (std::vector<std::size_t>{1}));
}

TEST(TwoSampleTests, ATableIsLikeItself) {
  Random random(6);
  std::vector<double> x(800);
  std::vector<std::int32_t> codes(800);
  table::DictionaryBuilder dictionary;
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = random.Normal();
    codes[i] = dictionary.Intern("ticket " + std::to_string(random.Below(350)));
  }
  table::Field ticket = Field("ticket");
  ticket.type = table::SemanticType::kCategorical;
  const table::Table table({Field("x"), ticket},
                           {table::Column::Doubles(x), table::Column::Strings(codes, std::move(dictionary).Finish())},
                           x.size());
  EXPECT_FALSE(Compare(table, table)["drifted"].get<bool>());
}

TEST(TwoSampleTests, TooFewRowsAreNothingToTest) {
  EXPECT_TRUE(Compare(Normals(10, 1, 0), Normals(10, 2, 0)).is_null());
}

}  // namespace
}  // namespace tagwerk::diagnose
