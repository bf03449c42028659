#include "features/ordinal.h"

#include <cmath>

#include "features/features_test.h"

namespace tagwerk::features {
namespace {

Levels Of(std::vector<std::string> texts) {
  std::vector<std::int64_t> counts(texts.size(), 10);
  return {std::move(texts), std::move(counts), 0};
}

TEST(KnownOrder, RanksTheStepsOfAScale) {
  EXPECT_EQ(*KnownOrder(Of({"medium", "low", "high"})), (std::vector<double>{3, 2, 4}));
  const auto cut = KnownOrder(Of({"Ideal", "Premium", "Very Good", "Good", "Fair"}));
  ASSERT_TRUE(cut.has_value());
  for (std::size_t i = 1; i < cut->size(); ++i) EXPECT_LE((*cut)[i], (*cut)[i - 1]);
  EXPECT_TRUE(KnownOrder(Of({"Strongly_Agree", "neutral", "Disagree"})).has_value());
}

TEST(KnownOrder, WordsThatSayNothingHaveNoRank) {
  const auto ranks = KnownOrder(Of({"primary", "unknown", "tertiary", "secondary"}));
  ASSERT_TRUE(ranks.has_value());
  EXPECT_TRUE(std::isnan((*ranks)[1]));
}

TEST(KnownOrder, OtherWordsHaveNone) {
  EXPECT_FALSE(KnownOrder(Of({"red", "green", "blue"})).has_value());
  EXPECT_FALSE(KnownOrder(Of({"low", "high"})).has_value());
  EXPECT_FALSE(KnownOrder(Of({"low", "medium", "high", "purple"})).has_value());
  EXPECT_FALSE(KnownOrder(Of({"unknown", "other", "na"})).has_value());
}

TEST(KnownSteps, AreDenseAndOfEveryLabel) {
  const auto of = [](std::vector<std::string> labels) { return KnownSteps(labels); };
  EXPECT_EQ(of({"High", "low", "medium"}), (std::vector<double>{2, 0, 1}));
  EXPECT_EQ(of({"Strongly agree", "agree", "disagree"}), (std::vector<double>{2, 1, 0}));
  EXPECT_FALSE(of({"high", "low", "medium", "unknown"}));   // a class of its own, without a step
  EXPECT_FALSE(of({"low", "medium", "moderate", "high"}));  // two labels of one step
  EXPECT_FALSE(of({"low", "high"}));
  EXPECT_FALSE(of({"cat", "cow", "dog"}));
}

}  // namespace
}  // namespace tagwerk::features
