// Target encoding: hand-calculated values, and that no row sees its own target.
#include "features/target_encoding.h"

#include <cmath>
#include <map>

#include "base/random.h"
#include "features/features_test.h"
#include "features/text.h"

namespace tagwerk::features {
namespace {

using model::Recipe;
using namespace testing;

/// A category with `levels` levels that has nothing to do with anything.
table::Table RandomCategory(std::size_t n, std::uint64_t levels, std::uint64_t seed) {
  std::vector<std::string> c(n);
  for (std::size_t i = 0; i < n; ++i) c[i] = "k" + std::to_string(Mix64(seed, i) % levels);
  return TableMaker().Texts("c", c).Make();
}

double Correlation(const std::vector<double>& a, const std::vector<double>& b) {
  double ma = 0, mb = 0;
  const double n = double(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) ma += a[i] / n, mb += b[i] / n;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return ab / std::sqrt(aa * bb);
}

TEST(TargetEncoding, NewRowsGetTheSmoothedMeanOfAllTrainingRows) {
  std::vector<std::string> c;
  std::vector<double> y;
  for (int level = 0; level < 300; ++level) {
    for (int i = 0; i < 4; ++i) {
      c.push_back("k" + std::to_string(level));
      y.push_back(level == 5 ? 1 : i == 0 ? 1 : 0);
    }
  }
  const table::Table t = TableMaker().Texts("c", c).Make();
  const FitOutput fit = Fit(t, Recipe::kTree, y, {}, Task::kBinary, 2);
  const double prior = (299.0 + 4) / 1200;
  const auto m = Apply(*fit.features, TableMaker().Texts("c", {"k5", "k6", "new", ""}).Make());
  const auto& e = NumbersOf(m, "c.target");
  EXPECT_DOUBLE_EQ(e[0], (4 + 10 * prior) / 14);
  EXPECT_DOUBLE_EQ(e[1], (1 + 10 * prior) / 14);
  EXPECT_DOUBLE_EQ(e[2], prior);
  EXPECT_DOUBLE_EQ(e[3], prior);  // training had no missing cell
}

TEST(TargetEncoding, ATrainingRowDoesNotSeeItsOwnTarget) {
  const std::size_t n = 2000;
  const table::Table t = RandomCategory(n, 500, 1);
  std::vector<double> y(n);
  for (std::size_t i = 0; i < n; ++i) y[i] = ToUnit(Mix64(i, 5)) < 0.3;
  const FitOutput before = Fit(t, Recipe::kTree, y, {}, Task::kBinary, 2);
  // Flip one target: its own value may only move through the shared prior (one part in n).
  for (const std::size_t row : {std::size_t(3), std::size_t(777), std::size_t(1999)}) {
    std::vector<double> flipped = y;
    flipped[row] = 1 - flipped[row];
    const FitOutput after = Fit(t, Recipe::kTree, flipped, {}, Task::kBinary, 2);
    const double move =
        std::fabs(NumbersOf(*after.matrix, "c.target")[row] - NumbersOf(*before.matrix, "c.target")[row]);
    EXPECT_LE(move, 1.0 / double(n) + 1e-12);
  }
}

TEST(TargetEncoding, RandomHighCardinalityColumnGainsNoWeight) {
  // 40 data sets with n / 4 levels and a target of its own: the mean correlation of the out-of-fold
  // encoding with the target must be 0 within its error; encoding with the own target would give > 0.3.
  double sum = 0, square = 0;
  const int sets = 40;
  for (int s = 0; s < sets; ++s) {
    const std::size_t n = 2000;
    const table::Table t = RandomCategory(n, n / 4, 100 + std::uint64_t(s));
    std::vector<double> y(n);
    for (std::size_t i = 0; i < n; ++i) y[i] = ToUnit(Mix64(i, 900 + std::uint64_t(s))) < 0.3;
    const FitOutput fit = Fit(t, Recipe::kTree, y, {}, Task::kBinary, 2);
    const double r = Correlation(NumbersOf(*fit.matrix, "c.target"), y);
    sum += r;
    square += r * r;
    const double own = Correlation(NumbersOf(Apply(*fit.features, t), "c.target"), y);
    EXPECT_GT(own, 0.3);  // the test can fail: this is what a leak looks like
  }
  const double mean = sum / sets, error = std::sqrt((square / sets - mean * mean) / (sets - 1));
  EXPECT_LT(std::fabs(mean), 3 * error);
  EXPECT_LT(std::fabs(mean), 0.02);
}

TEST(TargetEncoding, ValidationRowsGetFullTrainingValues) {
  const std::size_t n = 3000;
  const table::Table t = RandomCategory(n, 700, 2);
  std::vector<double> y(n);
  for (std::size_t i = 0; i < n; ++i) y[i] = double(i % 13);
  table::Rows train;
  for (table::RowIndex i = 0; i < n; ++i) {
    if (i % 3 != 0) train.push_back(i);
  }
  const FitOutput fit = Fit(t, Recipe::kTree, y, train);
  const model::Matrix m = Apply(*fit.features, t);
  std::size_t differ = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double a = NumbersOf(*fit.matrix, "c.target")[i], b = NumbersOf(m, "c.target")[i];
    if (i % 3 == 0) {
      EXPECT_EQ(a, b);
    } else {
      differ += a != b;
    }
  }
  EXPECT_GT(differ, train.size() / 2);
  // Targets of validation rows teach nothing.
  std::vector<double> other = y;
  for (std::size_t i = 0; i < n; i += 3) other[i] = 1e6;
  const FitOutput same = Fit(t, Recipe::kTree, other, train);
  EXPECT_EQ(NumbersOf(*same.matrix, "c.target"), NumbersOf(*fit.matrix, "c.target"));
}

TEST(TargetEncoding, MulticlassHasOneColumnPerClassUpToTen) {
  const std::size_t n = 4000;
  const table::Table t = RandomCategory(n, 600, 3);
  for (const int classes : {3, 14}) {
    std::vector<double> y(n);
    for (std::size_t i = 0; i < n; ++i) y[i] = double(Mix64(i, 1) % std::uint64_t(classes));
    const FitOutput fit = Fit(t, Recipe::kTree, y, {}, Task::kMulticlass, classes);
    EXPECT_EQ(fit.features->num_outputs(), std::size_t(2 + std::min(classes, 10)));
    if (classes != 3) continue;
    const auto &a = NumbersOf(*fit.matrix, "c.target[0]"), &b = NumbersOf(*fit.matrix, "c.target[1]"),
               &c = NumbersOf(*fit.matrix, "c.target[2]");
    for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(a[i] + b[i] + c[i], 1, 1e-12);
  }
}

TEST(TargetEncoding, LinearRecipeScalesTheOutOfFoldValues) {
  const std::size_t n = 3000;
  const table::Table t = RandomCategory(n, 100, 4);
  std::vector<double> y(n);
  for (std::size_t i = 0; i < n; ++i) y[i] = double(i % 7);
  const FitOutput fit = Fit(t, Recipe::kLinear, y);
  ASSERT_EQ(fit.features->output_names(), (std::vector<std::string>{"c.target", "c.count"}));
  std::vector<double> z = NumbersOf(*fit.matrix, "c.target");
  std::sort(z.begin(), z.end());
  EXPECT_NEAR(z[n / 2], 0, 0.02);
  EXPECT_NEAR(z[n * 3 / 4] - z[n / 4], 1, 0.1);
}

}  // namespace
}  // namespace tagwerk::features
