// Expected weights: scikit-learn 1.9.1, LogisticRegression(C=2, fit_intercept=False, tol=1e-10) and
// Ridge(alpha=0.5, fit_intercept=False) on the rows of sparse_test.h with a column of ones appended.
#include "sparse/dual_descent.h"

#include <cmath>

#include "sparse/sparse_test.h"

namespace tagwerk::sparse {
namespace {

using testing::Bench;
using testing::Example;

template <class Target>
DualProblem Problem(const Csr& x, Loss loss, std::size_t margins, const Target& target) {
  DualProblem problem;
  problem.x = &x;
  problem.width = x.width;
  problem.loss = loss;
  problem.margins = margins;
  for (std::uint32_t i = 0; i < x.rows(); ++i) {
    problem.row.push_back(i);
    problem.target.push_back(target(i));
    problem.weight.push_back(1 + i % 3);
  }
  return problem;
}

void ExpectWeights(const LinearWeights& got, const std::vector<std::vector<double>>& expected) {
  ASSERT_EQ(got.margins, expected.size());
  for (std::size_t m = 0; m < expected.size(); ++m) {
    for (std::size_t f = 0; f + 1 < expected[m].size(); ++f)
      EXPECT_NEAR(got.w[f * got.margins + m], expected[m][f], 2e-4) << m << " " << f;
    EXPECT_NEAR(got.bias[m], expected[m].back(), 2e-4);
  }
}

TEST(DualDescent, LogisticRegressionHasTheWeightsOfScikitLearn) {
  const Csr x = Example();
  DualDescent descent(Problem(x, Loss::kLogistic, 1, [](std::uint32_t i) { return i * 37 % 11 < 5 ? 1.0 : 0.0; }), 1);
  EXPECT_TRUE(descent.Fit(Bench().context, 2, 1e-8, 5000));
  ExpectWeights(descent.Weights(), {{-2.1144, -0.01481, -0.74007, 0.2125, -0.03481, 0.11449, 2.12481, -1.17314,
                                     -0.68577, -0.83331, 2.85397, 0.01452, -0.16967}});
}

TEST(DualDescent, SoftmaxHasTheWeightsOfScikitLearn) {
  const Csr x = Example();
  DualDescent descent(Problem(x, Loss::kSoftmax, 3, [](std::uint32_t i) { return double(i * 53 % 7 % 3); }), 1);
  EXPECT_TRUE(descent.Fit(Bench().context, 2, 1e-8, 5000));
  ExpectWeights(descent.Weights(), {{0.5603, -0.08339, -0.36223, 0.13779, -0.04576, 0.56004, 0.92838, 0.81156, -2.18529,
                                     -1.45527, -0.20936, 0.87779, 0.46018},
                                    {0.70654, 0.07169, 1.89543, 0.08684, 0.56382, -0.1959, -0.34509, -1.20315, 1.1757,
                                     0.31604, 0.64683, -1.99909, -0.26965},
                                    {-1.26684, 0.0117, -1.5332, -0.22463, -0.51806, -0.36414, -0.58329, 0.39159, 1.0096,
                                     1.13923, -0.43747, 1.1213, -0.19053}});
}

TEST(DualDescent, RidgeHasTheWeightsOfScikitLearn) {
  const Csr x = Example();
  const auto target = [&](std::uint32_t i) {
    double sum = std::sin(double(i));
    for (std::size_t k = 0; k < x.indices(i).size(); ++k) sum += x.indices(i)[k] * double(x.values(i)[k]) / 5;
    return sum;
  };
  DualDescent descent(Problem(x, Loss::kSquared, 1, target), 1);
  EXPECT_TRUE(descent.Fit(Bench().context, 2, 1e-9, 5000));
  ExpectWeights(descent.Weights(), {{-0.28709, 0.16085, 0.50287, 0.67596, 0.97098, 0.485, 1.32065, 1.15941, 0.4486,
                                     1.58201, 1.42488, 1.59854, 0.03707}});
}

TEST(DualDescent, AWarmStartEndsWhereAColdOneDoes) {
  const Csr x = Example();
  const auto target = [](std::uint32_t i) { return double(i * 53 % 7 % 3); };
  DualDescent warm(Problem(x, Loss::kSoftmax, 3, target), 1), cold(Problem(x, Loss::kSoftmax, 3, target), 2);
  EXPECT_TRUE(warm.Fit(Bench().context, 0.1, 1e-6, 500));
  EXPECT_TRUE(warm.Fit(Bench().context, 3, 1e-8, 5000));
  EXPECT_TRUE(cold.Fit(Bench().context, 3, 1e-8, 5000));
  const LinearWeights a = warm.Weights(), b = cold.Weights();
  for (std::size_t i = 0; i < a.w.size(); ++i) EXPECT_NEAR(a.w[i], b.w[i], 2e-4);
}

TEST(DualDescent, AnOffsetThatIsRightLeavesNothingToLearn) {
  const Csr x = Example();
  DualProblem problem = Problem(x, Loss::kSquared, 1, [](std::uint32_t i) { return double(i); });
  problem.offset = problem.target;
  DualDescent descent(std::move(problem), 1);
  EXPECT_TRUE(descent.Fit(Bench().context, 1, 1e-6, 100));
  for (const float w : descent.Weights().w) EXPECT_EQ(w, 0);
}

TEST(DualDescent, ManyMarginsAndLargePenaltiesStayFinite) {
  const Csr x = Example();
  for (const std::size_t margins : {std::size_t(5), std::size_t(9), std::size_t(70)}) {
    DualDescent descent(Problem(x, Loss::kSoftmax, margins, [&](std::uint32_t i) { return double(i % margins); }), 1);
    EXPECT_TRUE(descent.Fit(Bench().context, 1e6, 1e-3, 50));
    for (const float w : descent.Weights().w) ASSERT_TRUE(std::isfinite(w));
  }
}

TEST(DualDescent, StopsWhenTold) {
  const Csr x = Example();
  Bench bench;
  bench.context.deadline = Clock::now();
  DualDescent descent(Problem(x, Loss::kLogistic, 1, [](std::uint32_t i) { return double(i % 2); }), 1);
  EXPECT_FALSE(descent.Fit(bench.context, 1, 1e-6, 100));
}

}  // namespace
}  // namespace tagwerk::sparse
