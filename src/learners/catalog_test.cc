// The two lists: learners with complete descriptors, model types that load.
#include "learners/catalog.h"

#include <gtest/gtest.h>

namespace tagwerk::learners {
namespace {

using model::LearnerDescriptor;
using model::Parameters;

TEST(Catalog, DescriptorsAreComplete) {
  for (const LearnerDescriptor& learner : AllLearners()) {
    SCOPED_TRACE(learner.id);
    EXPECT_FALSE(learner.title.empty() || learner.doc.empty() || learner.tasks.empty());
    ASSERT_NE(learner.fit, nullptr);
    ASSERT_TRUE(learner.describe && learner.cost);
    EXPECT_FALSE(learner.describe({}).empty());
    EXPECT_GT(learner.cost(1000, 10, 2, {}), 0);
    EXPECT_GE(learner.cost(100000, 10, 2, {}), learner.cost(1000, 10, 2, {}));
    EXPECT_EQ(learner.baseline, learner.id.starts_with("baseline_"));
    Parameters defaults;
    for (const model::ParameterSpec& spec : learner.parameters) {
      defaults.Set(spec.name, spec.default_value);
      EXPECT_FALSE(spec.doc.empty()) << spec.name;
      if (spec.tune_low != spec.tune_high) {
        EXPECT_GE(spec.tune_low, spec.low) << spec.name;
        EXPECT_LE(spec.tune_high, spec.high) << spec.name;
      }
    }
    EXPECT_TRUE(model::ValidateParameters(learner.id, learner.parameters, defaults).has_value());
  }
}

TEST(Catalog, UnknownLearnerIsAnErrorWithSimilarNames) {
  const auto found = FindLearner("logistics");
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().id(), "unknown-learner");
  EXPECT_EQ(found.error().exit_code(), 2);
  EXPECT_EQ(found.error().similar(), std::vector<std::string>{"logistic"});
  EXPECT_EQ(found.error().allowed().size(), AllLearners().size());
  EXPECT_EQ((*FindLearner("ridge"))->id, "ridge");
}

TEST(Catalog, UnknownModelTypeIsDamage) {
  model::ByteReader reader("");
  const auto loaded = LoadModelOf("trees/none", reader, 3);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().id(), "model-damaged");
}

}  // namespace
}  // namespace tagwerk::learners
