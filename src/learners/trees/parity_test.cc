// Accuracy against LightGBM 4.7.0 (100 trees, 31 leaves, rate 0.1, 20 rows a leaf) and scikit-learn 1.9.1
// forests (100 trees) on the same rows: row i is in fold i mod 5. The reference figures were computed with
// those libraries; tolerances are about two standard errors of the difference over folds.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "learners/trees/test_data.h"
#include "learners/trees/tree_grower.h"
#include "learners/trees/trees.h"

namespace tagwerk::learners::trees {
namespace {

double Auc(const std::vector<double>& y, const std::vector<double>& p) {
  std::vector<std::size_t> order(y.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  double ranks = 0, positive = 0;
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && p[order[end]] == p[order[i]]) ++end;
    for (std::size_t k = i; k < end; ++k) {
      if (y[order[k]] > 0) {
        ranks += (double(i) + double(end) + 1) / 2;
        positive += 1;
      }
    }
    i = end;
  }
  return (ranks - positive * (positive + 1) / 2) / (positive * (double(y.size()) - positive));
}

// Fits on all rows but those of the fold; returns auc, mean log loss or root mean squared error on it.
double FoldMetric(const model::LearnerDescriptor& learner, Sample& s, std::size_t fold, int trees) {
  Pool pool(2);
  Context context;
  context.pool = &pool;
  model::TrainingData data = s.Data();
  model::Rows train, test;
  for (const model::RowIndex r : s.rows) (r % 5 == fold ? test : train).push_back(r);
  data.train_rows = train;
  model::Parameters p;
  p.Set("n_estimators", trees);
  if (&learner == &GradientBoosting()) {  // as LightGBM does by default
    p.Set("growth", double(Growth::kLeafWise));
    p.Set("gradient_levels", 65535);
  }
  const auto fitted = learner.fit(context, data, p);
  EXPECT_TRUE(fitted.has_value());
  const auto k = std::size_t(fitted->model->num_outputs());
  std::vector<double> out(test.size() * k), truth, score;
  fitted->model->Predict(s.x, test, out);
  double sum = 0;
  for (std::size_t i = 0; i < test.size(); ++i) {
    truth.push_back(s.y[test[i]]);
    score.push_back(out[i * k + k - 1]);
    if (s.classes > 2) sum -= std::log(std::max(out[i * k + std::size_t(truth[i])], 2.3e-16));
    if (s.classes == 0) sum += (out[i] - truth[i]) * (out[i] - truth[i]);
  }
  if (s.classes == 2) return Auc(truth, score);
  const double mean = sum / double(test.size());
  return s.classes == 0 ? std::sqrt(mean) : mean;
}

std::optional<Sample> HiggsSmall() {
  const auto train = ReadNumbers("higgs_small/higgs_train.tsv", '\t', false);
  auto test = ReadNumbers("higgs_small/higgs_test.tsv", '\t', false);
  if (!train || !test) return std::nullopt;
  std::vector<std::vector<double>> rows = *train;
  rows.insert(rows.end(), test->begin(), test->end());
  Sample s;
  s.task = Task::kBinary;
  s.classes = 2;
  std::vector<std::size_t> columns(28);
  std::iota(columns.begin(), columns.end(), 1);
  FillSample(rows, 0, columns, s);
  return s;
}

std::optional<Sample> Phoneme() {
  const auto rows = ReadNumbers("phoneme/phoneme.csv", ',', false);
  if (!rows) return std::nullopt;
  Sample s;
  s.task = Task::kBinary;
  s.classes = 2;
  FillSample(*rows, 5, {0, 1, 2, 3, 4}, s);
  return s;
}

std::optional<Sample> Letter() {
  const auto rows = ReadNumbers("letter/letter.csv", ',', true);
  if (!rows) return std::nullopt;
  Sample s;
  s.task = Task::kMulticlass;
  s.classes = 26;
  std::vector<std::size_t> columns(16);
  std::iota(columns.begin(), columns.end(), 1);
  FillSample(*rows, 0, columns, s);
  return s;
}

std::optional<Sample> DiamondsNumbers() {
  const auto rows = ReadNumbers("diamonds/diamonds.csv", ',', true);
  if (!rows) return std::nullopt;
  Sample s;
  FillSample(*rows, 6, {0, 4, 5, 7, 8, 9}, s);
  return s;
}

double MeanOverFolds(const model::LearnerDescriptor& learner, Sample& s, int trees) {
  double sum = 0;
  for (std::size_t fold = 0; fold < 5; ++fold) sum += FoldMetric(learner, s, fold, trees) / 5;
  return sum;
}

TEST(BoostingParity, HiggsSmallAuc) {
  auto s = HiggsSmall();
  if (!s) GTEST_SKIP() << "../shared/data/higgs_small is not there";
  EXPECT_GT(MeanOverFolds(GradientBoosting(), *s, 100), 0.7741 - 0.004);
}

TEST(BoostingParity, PhonemeAuc) {
  auto s = Phoneme();
  if (!s) GTEST_SKIP() << "../shared/data/phoneme is not there";
  EXPECT_GT(MeanOverFolds(GradientBoosting(), *s, 100), 0.9529 - 0.002);
}

TEST(BoostingParity, DiamondsRmse) {
  auto s = DiamondsNumbers();
  if (!s) GTEST_SKIP() << "../shared/data/diamonds is not there";
  EXPECT_LT(MeanOverFolds(GradientBoosting(), *s, 100), 1345.5 * 1.005);
}

TEST(BoostingParity, LetterLogLoss) {
  auto s = Letter();
  if (!s) GTEST_SKIP() << "../shared/data/letter is not there";
  EXPECT_LT(FoldMetric(GradientBoosting(), *s, 0, 30), 0.1942 * 1.06);
}

TEST(ForestParity, RandomForest) {
  auto higgs = HiggsSmall();
  auto phoneme = Phoneme();
  auto letter = Letter();
  auto diamonds = DiamondsNumbers();
  if (!higgs || !phoneme || !letter || !diamonds) GTEST_SKIP() << "../shared/data is not there";
  EXPECT_GT(FoldMetric(RandomForest(), *higgs, 0, 100), 0.7756 - 0.006);
  EXPECT_GT(FoldMetric(RandomForest(), *phoneme, 0, 100), 0.9558 - 0.003);
  EXPECT_LT(FoldMetric(RandomForest(), *letter, 0, 100), 0.2755 * 1.05);
  EXPECT_LT(FoldMetric(RandomForest(), *diamonds, 0, 50), 1363.3 * 1.01);
}

TEST(ForestParity, ExtraTrees) {
  auto higgs = HiggsSmall();
  auto phoneme = Phoneme();
  auto letter = Letter();
  if (!higgs || !phoneme || !letter) GTEST_SKIP() << "../shared/data is not there";
  EXPECT_GT(FoldMetric(ExtraTrees(), *higgs, 0, 100), 0.7527 - 0.006);
  EXPECT_GT(FoldMetric(ExtraTrees(), *phoneme, 0, 100), 0.9639 - 0.003);
  EXPECT_LT(FoldMetric(ExtraTrees(), *letter, 0, 100), 0.2682 * 1.05);
}

}  // namespace
}  // namespace tagwerk::learners::trees
