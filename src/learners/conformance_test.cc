// What every learner of the catalogue must keep, each on every task it names. A new learner is checked by
// being in the list; nothing here knows one by name. Hostile input is in robustness_test.cc.
#include "learners/conformance_fixture.h"

namespace tagwerk::learners {
namespace {

INSTANTIATE_TEST_SUITE_P(AllLearners, Conformance, testing::ValuesIn(Cases()), &CaseName);

TEST_P(Conformance, LearnsAnEasySignal) {
  const Problem problem = Make(600);
  const auto model = FitSound(problem);
  ASSERT_NE(model, nullptr);
  if (model->type_id() == "baseline/constant") return;
  const auto out = Predict(*model, problem, problem.valid);
  double right = 0, error = 0;
  for (std::size_t i = 0; i < problem.valid.size(); ++i) {
    const double y = problem.y[problem.valid[i]];
    const double* row = out.data() + i * problem.outputs();
    if (problem.num_classes > 0) {
      right += std::max_element(row, row + problem.outputs()) - row == static_cast<std::ptrdiff_t>(y) ? 1 : 0;
    } else {
      error += (y - *row) * (y - *row);
    }
  }
  const auto n = static_cast<double>(problem.valid.size());
  if (problem.num_classes > 0) {
    EXPECT_GT(right / n, 0.75);
  } else {
    EXPECT_LT(std::sqrt(error / n), 0.6 * Spread(problem));
  }
}

TEST_P(Conformance, WeightsOfOneAreNoWeights) {
  Problem problem = Make();
  const auto without = FitSound(problem);
  problem.weight.assign(problem.y.size(), 1.0);
  const auto with = FitSound(problem);
  ASSERT_TRUE(with && without);
  EXPECT_EQ(Bytes(*with), Bytes(*without));
}

TEST_P(Conformance, WeightZeroRemovesARow) {
  Problem weighted = Make(1000), shorter = Make(1000);
  weighted.weight.assign(weighted.y.size(), 1.0);
  shorter.train.clear();
  for (const model::RowIndex r : weighted.train) {
    if (r % 3 == 0) {
      weighted.weight[r] = 0;
      weighted.y[r] = 0;  // would mislead if it counted
    } else {
      shorter.train.push_back(r);
    }
  }
  const auto a = FitSound(weighted), b = FitSound(shorter);
  ASSERT_TRUE(a && b);
  const Rows all = model::AllRows(weighted.x.rows());
  EXPECT_LE(MeanDifference(shorter, Predict(*a, shorter, all), Predict(*b, shorter, all)), Tolerance(learner()));
}

TEST_P(Conformance, WeightTwoIsARowTwice) {
  Problem weighted = Make(1000), longer = Make(1000);
  weighted.weight.assign(weighted.y.size(), 1.0);
  longer.train.clear();
  for (const model::RowIndex r : weighted.train) {
    longer.train.push_back(r);
    if (r % 2 == 0) {
      weighted.weight[r] = 2;
      longer.train.push_back(r);
    }
  }
  weighted.valid.clear();
  longer.valid.clear();
  Parameters parameters = Quick(learner());
  for (const auto& spec : learner().parameters) {
    // A fixed penalty: folds without validation rows are drawn by row, and rows differ here.
    if (spec.name == "alpha") parameters.Set("alpha", 0.1);
    if (spec.name == "C" || spec.name == "text_C") parameters.Set(spec.name, 1);
  }
  const auto a = Fit(learner(), weighted, parameters), b = Fit(learner(), longer, parameters);
  ASSERT_TRUE(a && b);
  const Rows all = model::AllRows(weighted.x.rows());
  EXPECT_LE(MeanDifference(weighted, Predict(*a->model, weighted, all), Predict(*b->model, weighted, all)),
            Tolerance(learner()));
}

TEST_P(Conformance, FittingTwiceGivesTheSameBytes) {
  const Problem problem = Make();
  const auto a = FitSound(problem), b = FitSound(problem);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(Bytes(*a), Bytes(*b));
}

TEST_P(Conformance, ThreadsDoNotChangeTheBytes) {
  const Problem problem = Make(3000);
  const auto one = FitSound(problem, {.threads = 1});
  ASSERT_TRUE(one);
  for (const int threads : {2, 3}) {
    const auto more = FitSound(problem, {.threads = threads});
    ASSERT_TRUE(more);
    EXPECT_EQ(Bytes(*one), Bytes(*more)) << threads << " threads";
  }
}

TEST_P(Conformance, LoadedModelPredictsTheSameBits) {
  const Problem problem = Make();
  const auto model = FitSound(problem);
  ASSERT_TRUE(model);
  const std::string bytes = Bytes(*model);
  model::ByteReader reader(bytes);
  auto loaded = LoadModelOf(model->type_id(), reader, problem.x.cols());
  ASSERT_TRUE(loaded.has_value()) << loaded.error().Text();
  EXPECT_TRUE(reader.Finish("model").has_value());
  const Rows all = model::AllRows(problem.x.rows());
  EXPECT_EQ(Predict(**loaded, problem, all), Predict(*model, problem, all));
  EXPECT_EQ((*loaded)->num_outputs(), model->num_outputs());
  EXPECT_EQ(Bytes(**loaded), bytes);
  EXPECT_EQ((*loaded)->Summary(), model->Summary());
}

TEST_P(Conformance, OneRowHasTheBitsOfABatch) {
  const Problem problem = Make(333);
  const auto model = FitSound(problem);
  ASSERT_TRUE(model);
  const auto batch = Predict(*model, problem, model::AllRows(problem.x.rows()));
  for (std::size_t r = 0; r < problem.x.rows(); ++r) {
    const auto one = Predict(*model, problem, {static_cast<model::RowIndex>(r)});
    for (std::size_t k = 0; k < one.size(); ++k) ASSERT_EQ(one[k], batch[r * problem.outputs() + k]) << r;
  }
  Rows backwards = model::AllRows(problem.x.rows());
  std::reverse(backwards.begin(), backwards.end());
  EXPECT_EQ(Predict(*model, problem, backwards).back(), batch[problem.outputs() - 1]);
}

}  // namespace
}  // namespace tagwerk::learners
