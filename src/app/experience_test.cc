#include "app/experience.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/text.h"
#include "learners/catalog.h"
#include "store/experience.h"
#include "store/runs.h"

namespace tagwerk::app {
namespace {

namespace fs = std::filesystem;

Json Meta(double rows, const std::vector<std::string>& columns, const std::string& target = "y") {
  return {{"rows", rows},      {"features", columns.size()}, {"numeric_share", 0.5}, {"datetime_share", 0.0},
          {"text_share", 0.0}, {"missing_share", 0.1},       {"classes", 2},         {"rarest_class_share", 0.3},
          {"target", target},  {"columns", columns}};
}

class ExperienceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("experience-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    store_ = std::move(*store::Store::Open({(folder_ / "store.db").string()}, store::Access::kWrite));
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Earlier(const std::string& id, const Json& meta, double rate) {
    const auto learner = learners::FindLearner("gradient_boosting");
    model::Parameters parameters;
    parameters.Set("learning_rate", rate);
    parameters.Set("random_thresholds", 1);
    const Json values = model::ParametersJson((*learner)->parameters, parameters);
    Json rows = Json::array();
    const auto add = [&](int trial, const char* name, const char* status, double weight, const Json& rank) {
      rows.push_back({{"trial", trial},
                      {"learner", name},
                      {"model", name},
                      {"parameters", values},
                      {"metric", "auc"},
                      {"status", status},
                      {"rank", rank},
                      {"folds", 3},
                      {"rows_share", 1.0},
                      {"ensemble_weight", weight},
                      {"baseline", false}});
    };
    add(1, "gradient_boosting", "ok", 0.7, 2);
    add(2, "no_such_learner", "ok", 0.2, 1);
    add(3, "gradient_boosting", "failed", 0, nullptr);
    Json document = {{"schema", "tagwerk.run/1"},   {"id", id},         {"name", "x"},
                     {"started_at", UtcTime(0)},    {"status", "done"}, {"leaderboard", rows},
                     {"goal", {{"task", "binary"}}}};
    ASSERT_TRUE(store::ImportRun(*store_, document));
    ASSERT_TRUE(store::RememberData(*store_, id, meta));
  }

  fs::path folder_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(ExperienceTest, DistanceIsSmallForOtherRowsAndLargeForOtherColumns) {
  const Json data = Meta(1000, {"a", "b", "c", "d"});
  EXPECT_EQ(DataDistance(data, data), 0);
  EXPECT_LT(DataDistance(data, Meta(2000, {"a", "b", "c", "d"})), 0.2);
  EXPECT_GE(DataDistance(data, Meta(1000, {"e", "f", "g", "h"})), 1);
  EXPECT_GT(DataDistance(data, Meta(1000, {"a", "b", "c", "d"}, "z")), 0.2);
  EXPECT_EQ(DataDistance(data, Meta(50, {"a"})), DataDistance(Meta(50, {"a"}), data));
  EXPECT_GE(DataDistance(data, Json::array()), 0.5);
  EXPECT_GE(DataDistance(data, {{"columns", "a"}, {"rows", "many"}}), 0.5);
}

TEST_F(ExperienceTest, TheNearestRunTeachesItsMembersHeaviestFirst) {
  Earlier("far", Meta(1000, {"e", "f", "g", "h"}), 0.9);
  Earlier("near", Meta(1100, {"a", "b", "c", "d"}), 0.25);
  Earlier("nearly", Meta(1000, {"a", "b", "c", "e"}), 0.5);
  const auto lesson = AskStore(*store_, Meta(1000, {"a", "b", "c", "d"}), "binary");
  ASSERT_TRUE(lesson);
  EXPECT_EQ(lesson->run, "near");
  ASSERT_EQ(lesson->hints.size(), 1u);  // neither failed trials nor learners that are gone
  EXPECT_EQ(lesson->hints[0].learner, "gradient_boosting");
  // Defaults are left out, so that equal settings are equal configurations.
  EXPECT_EQ(lesson->hints[0].parameters.values().size(), 2u);
  EXPECT_EQ(lesson->hints[0].parameters.values().at("learning_rate"), 0.25);
  EXPECT_TRUE(AskStore(*store_, Meta(1000, {"a", "b", "c", "d"}), "regression")->hints.empty());
  EXPECT_TRUE(AskStore(*store_, Meta(1000, {"p", "q"}), "binary")->hints.empty());
}

TEST_F(ExperienceTest, OfEquallyNearRunsTheNewestTeaches) {
  Earlier("old", Meta(1000, {"a", "b"}), 0.25);
  Earlier("new", Meta(1000, {"a", "b"}), 0.5);
  EXPECT_EQ(AskStore(*store_, Meta(900, {"a", "b"}), "binary")->run, "new");
}

}  // namespace
}  // namespace tagwerk::app
