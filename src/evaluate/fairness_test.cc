// Figures by group, against Fairlearn 0.12's demographic_parity_difference and equalized_odds_difference.
#include "evaluate/fairness.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace tagwerk::evaluate {
namespace {

struct Applicants {
  std::vector<double> truth, scores;
  table::Table rows;
  EvaluateInput input;
  Pool pool{1};
  Context context;
};

/// Group "a": marked with probability `a` whatever the truth; group "b" with probability `b`.
void MakeApplicants(Applicants& w, int n, double a, double b, std::uint64_t seed) {
  Random random(seed);
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> codes;
  for (int i = 0; i < n; ++i) {
    const bool first = random.Uniform() < 0.5;
    codes.push_back(builder.Intern(first ? "a" : "b"));
    w.truth.push_back(random.Uniform() < 0.4);
    const double p = random.Uniform() < (first ? a : b) ? 0.9 : 0.1;
    w.scores.insert(w.scores.end(), {1 - p, p});
  }
  table::Field field;
  field.name = "group";
  field.type = table::SemanticType::kCategorical;
  w.rows = table::Table({field}, {table::Column::Strings(codes, std::move(builder).Finish())}, std::size_t(n));
  w.input.scored.task = Task::kBinary;
  w.input.scored.num_classes = 2;
  w.input.scored.truth = w.truth;
  w.input.scored.scores = w.scores;
  w.context.pool = &w.pool;
}

const Json& GapNamed(const Json& json, const std::string& name) {
  for (const Json& gap : json["gaps"])
    if (gap["name"] == name) return gap;
  return json;
}

TEST(FairnessJson, IsTheDifferenceOfRates) {
  Applicants w;
  MakeApplicants(w, 400, 0.7, 0.3, 1);
  const Json json = FairnessJson(w.context, w.input, w.rows, 0);
  double rows[2] = {0, 0}, marked[2] = {0, 0}, truth[2][2] = {{0, 0}, {0, 0}}, hit[2][2] = {{0, 0}, {0, 0}};
  for (std::size_t i = 0; i < w.truth.size(); ++i) {
    const int g = w.rows.column(0).Text(i) == "a" ? 0 : 1, t = int(w.truth[i]), d = w.scores[2 * i + 1] >= 0.5;
    rows[g] += 1, marked[g] += d, truth[g][t] += 1, hit[g][t] += d;
  }
  const double parity = std::abs(marked[0] / rows[0] - marked[1] / rows[1]);
  double odds = 0;
  for (const int t : {0, 1}) odds = std::max(odds, std::abs(hit[0][t] / truth[0][t] - hit[1][t] / truth[1][t]));
  EXPECT_NEAR(GapNamed(json, "demographic_parity")["value"].get<double>(), parity, 1e-12);
  EXPECT_NEAR(GapNamed(json, "equalised_odds")["value"].get<double>(), odds, 1e-12);
  ASSERT_EQ(json["groups"].size(), 2u);
  EXPECT_EQ(json["groups"][0]["value"], "a");
  EXPECT_NEAR(json["groups"][0]["selected_share"]["value"].get<double>(), marked[0] / rows[0], 1e-12);
  EXPECT_NEAR(json["groups"][1]["true_positive_rate"]["value"].get<double>(), hit[1][1] / truth[1][1], 1e-12);
}

TEST(FairnessJson, IntervalsHoldTheTruthAndTellChanceFromDifference) {
  int held = 0, clear = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Applicants apart;
    MakeApplicants(apart, 1500, 0.6, 0.4, seed);
    const Json gap = GapNamed(FairnessJson(apart.context, apart.input, apart.rows, 0), "demographic_parity");
    held += gap["low"].get<double>() <= 0.2 && gap["high"].get<double>() >= 0.2;
    clear += gap["low"].get<double>() > 0.05;
  }
  EXPECT_GE(held, 36);
  EXPECT_GE(clear, 38);
  Applicants even;
  MakeApplicants(even, 1500, 0.5, 0.5, 77);
  const Json gap = GapNamed(FairnessJson(even.context, even.input, even.rows, 0), "demographic_parity");
  EXPECT_LT(gap["low"].get<double>(), 0.02);
}

TEST(FairnessJson, OfOneGroupIsNull) {
  Applicants w;
  MakeApplicants(w, 30, 0.5, 0.5, 2);
  EXPECT_TRUE(FairnessJson(w.context, w.input, w.rows, 0).is_null());
}

}  // namespace
}  // namespace tagwerk::evaluate
