#include "app/project.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "app/run.h"
#include "base/files.h"

namespace tagwerk::app {
namespace {

class ProjectFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = (std::filesystem::temp_directory_path() / ("project-" + std::to_string(::getpid()) + ".toml")).string();
  }
  void TearDown() override { std::filesystem::remove(path_); }
  Status Take(const std::string& text, Arguments& arguments) {
    EXPECT_TRUE(WriteFileAtomically(path_, text));
    return TakeProject(path_, arguments);
  }
  Arguments Typed(const std::vector<std::string>& words) { return *ParseArguments(*FindVerb("run"), words); }
  std::string path_;
};

TEST_F(ProjectFile, FillsWhatWasNotTyped) {
  Arguments arguments = Typed({"--budget", "5s"});
  ASSERT_TRUE(
      Take("data = \"/d/a.csv\"\ntarget = \"late\"\n[search]\nbudget = \"60s\"\nlearners = [\"ridge\"]\n"
           "[columns]\ndrop = [\"a\", \"b,c\"]\n[goal]\nunit = \"EUR\"\n[goal.value]\nfalse_negative = -30.0\n",
           arguments));
  const auto request = RunRequestFrom(arguments);
  ASSERT_TRUE(request) << request.error().Text();
  EXPECT_EQ(request->data, "/d/a.csv");
  EXPECT_EQ(request->target, "late");
  EXPECT_EQ(request->budget_seconds, 5);
  EXPECT_EQ(request->drop, (std::vector<std::string>{"a", "b,c"}));
  EXPECT_EQ(request->value["false_negative"], -30.0);
  EXPECT_EQ(request->value["true_positive"], 0.0);
  EXPECT_EQ(request->unit, "EUR");
}

TEST_F(ProjectFile, ReportsAllFaultsWithTheirPlaces) {
  Arguments arguments = Typed({});
  const Status status = Take("[goal]\ntarrget = \"late\"\n[split]\nkindd = \"time\"\n", arguments);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().id(), "config-unknown-key");
  EXPECT_EQ(status.error().exit_code(), 2);
  EXPECT_EQ(status.error().where().line, 2);
  EXPECT_EQ(status.error().similar(), std::vector<std::string>{"target"});
  ASSERT_EQ(status.error().causes().size(), 1u);
  EXPECT_EQ(status.error().causes()[0].similar(), std::vector<std::string>{"kind"});
}

TEST_F(ProjectFile, SyntaxErrorsNameTheLine) {
  Arguments arguments = Typed({});
  const Status status = Take("target = \"late\"\nbudget = = 3\n", arguments);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().id(), "config-syntax");
  EXPECT_EQ(status.error().where().line, 2);
}

TEST(Options, WordsMayStandAnywhere) {
  const auto arguments =
      ParseArguments(*FindVerb("run"), {"--target=y", "a.csv", "--resume", "--set", "a.b=1", "--set", "a.c=2"});
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->Get("--target"), "y");
  EXPECT_EQ(arguments->positional, std::vector<std::string>{"a.csv"});
  EXPECT_TRUE(arguments->Has("--resume"));
  EXPECT_EQ(arguments->All("--set").size(), 2u);
  EXPECT_EQ(arguments->Get("--budget"), "60s");
  const auto names = ParseArguments(*FindVerb("run"), {"--", "--target"});
  ASSERT_TRUE(names);
  EXPECT_EQ(names->positional, std::vector<std::string>{"--target"});
}

}  // namespace
}  // namespace tagwerk::app
