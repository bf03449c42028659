#include "app/project.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "app/run.h"
#include "app/setting_forms.h"
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
  EXPECT_EQ(request->decision.value["false_negative"], -30.0);
  EXPECT_EQ(request->decision.value["true_positive"], 0.0);
  EXPECT_EQ(request->decision.unit, "EUR");
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

TEST_F(ProjectFile, HostileTomlIsOneError) {
  std::string parts, inner;
  for (int i = 0; i < 200'000; ++i) parts += i == 0 ? "a" : ".a";
  for (int i = 0; i < 5'000; ++i) inner += "[";
  for (const std::string& text : {"[" + parts + "]\n", parts + " = 1\n", "x = {" + parts + " = 1}\n", "x = " + inner,
                                  "y = 'a'\n\"b\"." + parts + " = 1\n", std::string("[$data]\n"), std::string("[\""),
                                  std::string("\xEF\xB9\xBF[[r]]\n"),
                                  std::string("gr\xC3\xB6\xC3\x9F"
                                              "e = 1\n"),
                                  std::string("x = 10\"\xEF\xB9\xBF\n")}) {
    Arguments arguments = Typed({});
    const Status status = Take(text, arguments);
    ASSERT_FALSE(status) << text.substr(0, 40);
    EXPECT_EQ(status.error().id(), "config-syntax") << text.substr(0, 40);
  }
  Arguments arguments = Typed({});
  EXPECT_TRUE(
      Take("[project]\nname = 'a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t' # a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r\n"
           "owner = \"\"\"a\n..................\"\"\"\n",
           arguments));
}

TEST_F(ProjectFile, ReadsCostsAndCapacity) {
  Arguments arguments = Typed({"--target", "y"});
  ASSERT_TRUE(
      Take("[goal.regret]\nunder = 3\nover = 1.5\n[goal.capacity]\nactions = 200\nper = \"day\"\n"
           "[goal]\nfairness = [\"sex\"]\n",
           arguments));
  const auto request = RunRequestFrom(arguments);
  ASSERT_TRUE(request) << request.error().Text();
  EXPECT_EQ(request->decision.regret["under"], 3.0);
  EXPECT_EQ(request->decision.regret["over"], 1.5);
  EXPECT_EQ(request->decision.capacity->actions, 200);
  EXPECT_EQ(request->decision.capacity->per, "day");
  EXPECT_EQ(request->decision.fairness, std::vector<std::string>{"sex"});
}

TEST_F(ProjectFile, RefusesWrongCosts) {
  for (const char* text :
       {"[goal.value]\ntrue_positiv = 1\n", "[goal.value]\ntrue_positive = \"x\"\n", "[goal.capacity]\nper = \"day\"\n",
        "[goal.capacity]\nactions = 3\nper = \"year\"\n", "[goal]\nvalue = 3\n"}) {
    Arguments arguments = Typed({});
    const Status status = Take(text, arguments);
    ASSERT_FALSE(status) << text;
    EXPECT_EQ(status.error().exit_code(), 2) << text;
  }
}

TEST(Options, CostsAreTyped) {
  const auto request = [](const std::vector<std::string>& words) {
    return RunRequestFrom(*ParseArguments(*FindVerb("run"), words));
  };
  const auto good = request({"a.csv", "--value", "true_positive=40,false_positive=-8", "--value", "false_negative=-25",
                             "--capacity", "20/week", "--unit", "EUR", "--threshold", "0.3"});
  ASSERT_TRUE(good) << good.error().Text();
  EXPECT_EQ(good->decision.value["true_positive"], 40.0);
  EXPECT_EQ(good->decision.value["false_positive"], -8.0);
  EXPECT_EQ(good->decision.value["false_negative"], -25.0);
  EXPECT_EQ(good->decision.value["true_negative"], 0.0);
  EXPECT_EQ(good->decision.capacity->per, "week");
  EXPECT_EQ(good->decision.threshold, 0.3);
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--value", "tp=3"},
                                                {"--value", "true_positive"},
                                                {"--value", "true_positive=inf"},
                                                {"--regret", "under=1"},
                                                {"--regret", "under=0,over=1"},
                                                {"--capacity", "0/day"},
                                                {"--capacity", "3/year"},
                                                {"--capacity", "many"},
                                                {"--threshold", "2"}}) {
    const auto bad = request(words);
    ASSERT_FALSE(bad) << words[1];
    EXPECT_EQ(bad.error().id(), "option-value") << words[1];
  }
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

TEST_F(ProjectFile, TheServerTakesItsSectionAndNoOther) {
  Arguments arguments = *ParseArguments(*FindVerb("serve"), {"m.tw", "--port", "9"});
  ASSERT_TRUE(
      Take("data = \"/d/a.csv\"\n[search]\nthreads = 1\n[server]\nhost = \"::1\"\nport = 1\ntls_cert = \"c.pem\"\n"
           "tls_key = \"/k.pem\"\nmax_body = \"1M\"\nmax_concurrency = 0\nrate = \"5/m\"\ntimeout = 3\n"
           "metrics_public = true\n",
           arguments));
  EXPECT_EQ(arguments.positional, std::vector<std::string>{"m.tw"});
  EXPECT_EQ(arguments.Get("--port"), "9");
  EXPECT_EQ(arguments.Get("--host"), "::1");
  EXPECT_EQ(arguments.Get("--tls-cert"), (std::filesystem::temp_directory_path() / "c.pem").string());
  EXPECT_EQ(arguments.Get("--tls-key"), "/k.pem");
  EXPECT_EQ(arguments.Get("--max-body"), "1M");
  EXPECT_EQ(arguments.Get("--max-concurrency"), "0");
  EXPECT_EQ(arguments.Get("--rate"), "5/m");
  EXPECT_EQ(arguments.Get("--timeout"), "3");
  EXPECT_EQ(arguments.Get("--metrics-public"), "true");
  EXPECT_FALSE(arguments.Has("--threads"));
  Arguments bare = *ParseArguments(*FindVerb("serve"), {});
  ASSERT_TRUE(Take("data = \"/d/a.csv\"\n", bare));
  EXPECT_TRUE(bare.positional.empty());
}

TEST_F(ProjectFile, EveryFaultOfTheServerIsNamed) {
  const char* kText =
      "[server]\nhots = \"a\"\nhost = \"\"\nport = 70000\ntls_cert = 1\nmax_body = 16\nmax_concurrency = -1\n"
      "rate = \"5\"\ntimeout = \"soon\"\nmetrics_public = \"yes\"\n";
  for (const char* verb : {"serve", "run"}) {
    Arguments arguments = *ParseArguments(*FindVerb(verb), {});
    const Status taken = Take(kText, arguments);
    ASSERT_FALSE(taken) << verb;
    EXPECT_EQ(taken.error().causes().size(), 8u);
  }
  Arguments arguments = *ParseArguments(*FindVerb("serve"), {});
  EXPECT_FALSE(Take("server = 5\n", arguments));
}

TEST(Rate, IsRequestsInSomeTime) {
  EXPECT_EQ(ParseRate("100/s", "")->requests, 100);
  EXPECT_EQ(ParseRate("0.5/m", "")->requests, 0.5);
  EXPECT_EQ(ParseRate("9/h", "")->seconds, 3600);
  EXPECT_EQ(ParseRate("none", "")->requests, 0);
  for (const char* wrong : {"", "100", "100/", "/s", "0/s", "-1/s", "nan/s", "inf/s", "1e30/s", "1/S", "1/s/s", "None"})
    EXPECT_FALSE(ParseRate(wrong, "")) << wrong;
}

}  // namespace
}  // namespace tagwerk::app
