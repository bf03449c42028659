// Ranges, names and texts of declared hyperparameters.
#include "model/parameters.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tagwerk::model {
namespace {

const std::vector<ParameterSpec> kSpecs = {
    {.name = "learning_rate", .default_value = 0.1, .low = 0, .high = 1, .low_open = true},
    {.name = "max_leaf_nodes", .type = ParameterType::kInteger, .default_value = 31, .low = 2, .high = 65535},
    {.name = "max_bins", .type = ParameterType::kInteger, .default_value = 255, .low = 2, .high = 255},
    {.name = "bootstrap", .type = ParameterType::kBoolean, .default_value = 1},
    {.name = "criterion", .type = ParameterType::kChoice, .default_value = 0, .choices = {"gini", "entropy"}},
};

Status Check(std::string name, double value) {
  Parameters parameters;
  parameters.Set(std::move(name), value);
  return ValidateParameters("gradient_boosting", kSpecs, parameters);
}

TEST(Parameters, DefaultsFillIn) {
  Parameters parameters;
  parameters.Set("max_bins", 63);
  EXPECT_EQ(parameters.Get(kSpecs, "max_bins"), 63);
  EXPECT_EQ(parameters.Get(kSpecs, "learning_rate"), 0.1);
}

TEST(Parameters, UnknownNameListsSimilarOnes) {
  const auto status = Check("max_leafs", 63);
  ASSERT_FALSE(status.has_value());
  const Error& error = status.error();
  EXPECT_EQ(error.id(), "unknown-parameter");
  EXPECT_EQ(error.exit_code(), 2);
  EXPECT_EQ(error.message(), "gradient_boosting has no parameter: \"max_leafs\"");
  ASSERT_FALSE(error.similar().empty());
  EXPECT_EQ(error.similar()[0], "max_leaf_nodes");
  ASSERT_EQ(error.remedies().size(), 1U);
  EXPECT_EQ(error.remedies()[0], "--set gradient_boosting.max_leaf_nodes=31");
}

TEST(Parameters, RangeIsSaidInWords) {
  const auto status = Check("learning_rate", 5);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().id(), "parameter-range");
  EXPECT_EQ(status.error().exit_code(), 2);
  EXPECT_EQ(status.error().message(), "learning_rate must be above 0 and at most 1: got \"5\"");
  EXPECT_EQ(status.error().where().file, "--set gradient_boosting.learning_rate");
  EXPECT_EQ(Check("max_bins", 1).error().message(),
            "max_bins must be a whole number at least 2 and at most 255: got \"1\"");
}

TEST(Parameters, EndsOfTheRange) {
  EXPECT_FALSE(Check("learning_rate", 0));
  EXPECT_TRUE(Check("learning_rate", 1));
  EXPECT_TRUE(Check("max_bins", 2));
  EXPECT_FALSE(Check("max_bins", 256));
  EXPECT_FALSE(Check("max_bins", 2.5));
  EXPECT_FALSE(Check("max_bins", std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(Check("learning_rate", std::nan("")));
  EXPECT_FALSE(Check("bootstrap", 2));
  EXPECT_FALSE(Check("criterion", 2));
  EXPECT_FALSE(Check("criterion", -1));
  EXPECT_TRUE(Check("criterion", 1));
}

TEST(Parameters, AllFaultsComeTogether) {
  Parameters parameters;
  parameters.Set("learning_rate", 5);
  parameters.Set("max_bins", 1000);
  parameters.Set("nothing_like_it", 1);
  const auto status = ValidateParameters("x", kSpecs, parameters);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().causes().size(), 2U);
}

TEST(Parameters, TextIsParsedByType) {
  Parameters p;
  EXPECT_TRUE(ParseParameter("x", kSpecs, "max_leaf_nodes", "63", p));
  EXPECT_TRUE(ParseParameter("x", kSpecs, "learning_rate", " 5e-2", p));
  EXPECT_TRUE(ParseParameter("x", kSpecs, "bootstrap", "false", p));
  EXPECT_TRUE(ParseParameter("x", kSpecs, "criterion", "entropy", p));
  EXPECT_EQ(p.Get(kSpecs, "max_leaf_nodes"), 63);
  EXPECT_EQ(p.Get(kSpecs, "learning_rate"), 0.05);
  EXPECT_EQ(p.Get(kSpecs, "bootstrap"), 0);
  EXPECT_EQ(p.Get(kSpecs, "criterion"), 1);
  const Parameters before = p;
  for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{{"max_leaf_nodes", "many"},
                                                                                   {"max_leaf_nodes", "6.5"},
                                                                                   {"learning_rate", ""},
                                                                                   {"learning_rate", "nan"},
                                                                                   {"bootstrap", "1"},
                                                                                   {"criterion", "Gini"},
                                                                                   {"leaf", "1"}}) {
    const auto status = ParseParameter("x", kSpecs, name, text, p);
    ASSERT_FALSE(status.has_value()) << name << "=" << text;
    EXPECT_EQ(status.error().id(), name == "leaf" ? "unknown-parameter" : "parameter-range");
  }
  EXPECT_EQ(p, before);
}

TEST(Parameters, ChoicesAreNamedInTheError) {
  Parameters p;
  const auto status = ParseParameter("x", kSpecs, "criterion", "mse", p);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message(), "criterion must be one of gini, entropy: got \"mse\"");
  EXPECT_EQ(status.error().allowed(), (std::vector<std::string>{"gini", "entropy"}));
}

TEST(Parameters, JsonHasTypesAndDefaults) {
  Parameters p;
  p.Set("criterion", 1);
  EXPECT_EQ(DumpJson(ParametersJson(kSpecs, p)),
            R"({"learning_rate":0.1,"max_leaf_nodes":31,"max_bins":255,"bootstrap":true,"criterion":"entropy"})");
}

}  // namespace
}  // namespace tagwerk::model
