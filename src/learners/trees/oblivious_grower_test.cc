// Oblivious trees: what they are, that they are the best ones, and that limits, threads and memory do as elsewhere.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <set>
#include <tuple>

#include "learners/trees/boosting_fixture.h"
#include "learners/trees/table_forest.h"

namespace tagwerk::learners::trees {
namespace {

BoostingSettings Oblivious(int trees = 20, int leaves = 32, int least = 5) {
  BoostingSettings settings = Small(trees, least);
  settings.grow.growth = Growth::kOblivious;
  settings.grow.max_leaves = leaves;
  return settings;
}

struct LevelCase {
  Task task;
  int classes;
};
const LevelCase kLevelCases[] = {{Task::kRegression, 0}, {Task::kBinary, 2}, {Task::kMulticlass, 4}};

// Squared-loss oblivious trees by exhaustive search over raw values: no bins, no histograms, no quantisation.
struct LevelReference {
  using Rows = std::vector<std::size_t>;
  const std::vector<std::vector<double>>& x;
  std::vector<double> residual;
  std::size_t least;

  double GainOf(const Rows& rows, std::size_t column, double cut) const {
    double sum[2] = {0, 0}, count[2] = {0, 0};
    for (const std::size_t i : rows) {
      const bool right = x[column][i] > cut;
      sum[right] += residual[i];
      count[right] += 1;
    }
    if (std::min(count[0], count[1]) < double(least)) return 0;
    const double all = sum[0] + sum[1];
    return sum[0] * sum[0] / count[0] + sum[1] * sum[1] / count[1] - all * all / double(rows.size());
  }

  void AddTree(double rate, int levels) {
    std::vector<Rows> leaves(1);
    for (std::size_t i = 0; i < residual.size(); ++i) leaves[0].push_back(i);
    for (int level = 0; level < levels; ++level) {
      double most = 0, best_cut = 0;
      std::size_t best_column = 0;
      for (std::size_t j = 0; j < x.size(); ++j) {
        for (const double cut : std::set<double>(x[j].begin(), x[j].end())) {
          double gain = 0;
          for (const Rows& rows : leaves) gain += GainOf(rows, j, cut);
          if (gain <= most * (1 + 1e-9)) continue;
          most = gain;
          best_column = j;
          best_cut = cut;
        }
      }
      if (most <= 0) break;
      std::vector<Rows> next;
      for (const Rows& rows : leaves) {
        if (GainOf(rows, best_column, best_cut) <= 0) {
          next.push_back(rows);
          continue;
        }
        Rows sides[2];
        for (const std::size_t i : rows) sides[x[best_column][i] > best_cut].push_back(i);
        next.insert(next.end(), std::begin(sides), std::end(sides));
      }
      leaves = std::move(next);
    }
    for (const Rows& rows : leaves) {
      double sum = 0;
      for (const std::size_t i : rows) sum += residual[i];
      for (const std::size_t i : rows) residual[i] -= rate * sum / double(rows.size());
    }
  }
};

TEST(ObliviousTrees, EqualThoseFoundByExhaustiveSearch) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Random random(seed);
    Sample s;
    std::vector<std::vector<double>> x(3, std::vector<double>(150));
    for (auto& column : x) {
      for (double& v : column) v = double(random.Below(14)) * 0.5;  // fewer values than bins
    }
    double mean = 0;
    for (std::size_t i = 0; i < 150; ++i) {
      s.y.push_back(x[0][i] * x[1][i] - x[2][i] + random.Normal());
      mean += s.y.back() / 150;
    }
    for (const auto& column : x) s.AddNumeric(column);
    const model::Fitted fitted = Fit(s.Data(), Oblivious(10, 16, 4));
    const std::vector<double> ours = PredictAll(*fitted.model, s.x);
    LevelReference reference{x, {}, 4};
    for (const double y : s.y) reference.residual.push_back(y - mean);
    for (int t = 0; t < 10; ++t) reference.AddTree(0.1, 4);
    for (std::size_t i = 0; i < 150; ++i) EXPECT_NEAR(ours[i], s.y[i] - reference.residual[i], 1e-3) << seed;
  }
}

TEST(ObliviousTrees, AskTheSameOnEveryNodeOfALevelAndAreTables) {
  for (const LevelCase& c : kLevelCases) {
    Sample s = MakeSample(3000, c.task, c.classes, 3);
    BoostingSettings settings = Oblivious(10, 20);
    const auto fitted = Fit(s.Data(), settings);
    const Forest& forest = *ForestOf(*fitted.model);
    EXPECT_NE(TableForest::Make(forest), nullptr);
    std::size_t most = 0;
    for (std::size_t t = 0; t < forest.trees(); ++t) {
      std::set<std::tuple<int, int, int, CodeSet>> tests;
      std::size_t leaves = 0;
      for (std::size_t i = forest.tree_begin[t]; i < forest.tree_begin[t + 1]; ++i) {
        const FlatNode& node = forest.nodes[i];
        leaves += (node.flags & kLeafNode) != 0;
        if ((node.flags & kLeafNode) != 0) continue;
        const bool category = (node.flags & kCategoryNode) != 0;
        tests.insert({node.slot, node.limit, node.flags, category ? forest.sets[forest.payload[i]] : CodeSet{}});
      }
      EXPECT_LE(tests.size(), 5u);
      EXPECT_LE(leaves, 20u);
      most = std::max(most, leaves);
    }
    EXPECT_EQ(most, 20u);
  }
}

TEST(ObliviousTrees, AreBitEqualForAnyThreadsMemoryAndInstructionSet) {
  for (const LevelCase& c : kLevelCases) {
    Sample s = MakeSample(20000, c.task, c.classes, 5, 19, 300);
    BoostingSettings settings = Oblivious(4, 50);
    settings.subsample = 0.8;
    settings.grow.split.path_smooth = c.classes == 2 ? 3 : 0;
    settings.bins.max_categories = 50;
    const model::TrainingData data = s.Data();
    const std::string one = Bytes(*Fit(data, settings, 1).model);
    for (const int threads : {2, 3}) EXPECT_EQ(one, Bytes(*Fit(data, settings, threads).model)) << c.classes;
    for (std::int64_t targets = hwy::SupportedTargets(), t; targets != 0; targets &= targets - 1) {
      t = targets & -targets;
      hwy::SetSupportedTargetsForTest(t);
      hwy::GetChosenTarget().Update(t);
      EXPECT_EQ(one, Bytes(*Fit(data, settings).model)) << hwy::TargetName(t);
      hwy::SetSupportedTargetsForTest(0);
    }
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    settings.grow.histogram_bytes = 1;
    for (const int threads : {1, 2}) EXPECT_EQ(one, Bytes(*Fit(data, settings, threads).model)) << c.classes;
  }
}

TEST(ObliviousTrees, LearnWhereMissingValuesBelong) {
  for (const double at_missing : {10.0, -10.0}) {
    Sample s;
    std::vector<double> v;
    for (int i = 0; i < 400; ++i) {
      v.push_back(i % 4 == 0 ? kNan : i * 0.01);
      s.y.push_back(i % 4 == 0 ? at_missing : (i > 200 ? 5.0 : -5.0));
    }
    s.AddNumeric(v);
    BoostingSettings settings = Oblivious(100, 4);
    settings.learning_rate = 0.3;
    EXPECT_LT(MeanAbsolute(PredictAll(*Fit(s.Data(), settings).model, s.x), s.y), 0.05);
  }
}

TEST(ObliviousTrees, PartCategoriesInSets) {
  Random random(4);
  Sample s;
  std::vector<std::int32_t> codes;
  for (int i = 0; i < 3000; ++i) {
    codes.push_back(static_cast<std::int32_t>(random.Below(21)) - 1);
    s.y.push_back(double((codes.back() + 1) * 7 % 11) + 0.1 * random.Normal());
  }
  s.AddCategory(codes, 20);
  BoostingSettings settings = Oblivious(200, 8);
  settings.grow.split.category_l2 = 0;
  EXPECT_LT(MeanAbsolute(PredictAll(*Fit(s.Data(), settings).model, s.x), s.y), 0.12);
}

TEST(ObliviousTrees, DrawOneCutForEachColumnWhereAsked) {
  Sample s = MakeSample(2000, Task::kRegression, 0, 9);
  BoostingSettings settings = Oblivious(60);
  const double best = Fit(s.Data(), settings).curve.back().train_loss;
  settings.grow.split.random_thresholds = true;
  const double random = Fit(s.Data(), settings).curve.back().train_loss;
  EXPECT_GT(random, best);
  EXPECT_LT(random, 2 * best);
}

}  // namespace
}  // namespace tagwerk::learners::trees
