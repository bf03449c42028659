// Ordered classes against scikit-learn's cohen_kappa_score(weights="quadratic").
#include "evaluate/ordinal.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace tagwerk::evaluate {
namespace {

TEST(OrdinalJson, EqualsScikitLearn) {
  // Classes "hi", "lo", "mid" with steps 2, 0, 1. In steps: truth 0 0 1 1 2 2 2 0 1 2, decided 0 1 1 2 2 0 2 0 0 1.
  const std::vector<double> ranks{2, 0, 1}, class_of_step{1, 2, 0};
  const std::vector<int> truth{0, 0, 1, 1, 2, 2, 2, 0, 1, 2}, decided{0, 1, 1, 2, 2, 0, 2, 0, 0, 1};
  std::vector<double> y, scores(30, 0.1);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    y.push_back(class_of_step[std::size_t(truth[i])]);
    scores[3 * i + std::size_t(class_of_step[std::size_t(decided[i])])] = 0.8;
  }
  Pool pool(1);
  Context context;
  context.pool = &pool;
  EvaluateInput input;
  input.scored = {Task::kMulticlass, 3, 1, 0.5, y, scores, {}};
  input.classes = {"hi", "lo", "mid"};
  const Json json = OrdinalJson(context, input, ranks);
  EXPECT_NEAR(json["quadratic_kappa"]["value"].get<double>(), 0.43661971830985913, 1e-12);
  EXPECT_NEAR(json["mean_steps"]["value"].get<double>(), 0.6, 1e-12);
  EXPECT_NEAR(json["exact"].get<double>(), 0.5, 1e-12);
  EXPECT_NEAR(json["within_one"].get<double>(), 0.9, 1e-12);
  EXPECT_EQ(json["order"], Json({"lo", "mid", "hi"}));
  EXPECT_LT(json["mean_steps"]["low"].get<double>(), 0.6);
  EXPECT_GT(json["mean_steps"]["high"].get<double>(), 0.6);
  EXPECT_TRUE(OrdinalJson(context, input, {}).is_null());
}

}  // namespace
}  // namespace tagwerk::evaluate
