// Statistics against numpy, goals, and the findings that need no target.
#include "profile/profile.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "profile/column_profile.h"
#include "profile/made_tables.h"
#include "profile/texts.h"

namespace tagwerk::profile {
namespace {

using test::Each;
using test::Integers;

using test::Made;
using test::Uniforms;

TEST(ColumnStatistics, AgreeWithNumpy) {
  Made made;
  auto values = Each(200, [](std::size_t i) { return double(i * i % 97) + 0.5; });
  values.push_back(kNaN);
  made.Numbers("x", values);
  const ColumnProfile p = ProfileColumn(made.read.table, 0);
  EXPECT_EQ(p.rows, 201);
  EXPECT_EQ(p.missing, 1);
  EXPECT_EQ(p.distinct, 49);
  EXPECT_NEAR(p.mean, 47.335, 1e-10);
  EXPECT_NEAR(p.sd, 30.714404572467398, 1e-10);
  EXPECT_NEAR(p.skewness, 0.050796214792988466, 1e-10);
  const std::vector<double> expected = {0.5, 0.5, 2.5, 4.5, 18.5, 48.0, 73.5, 89.7, 94.5, 96.5, 96.5};
  ASSERT_EQ(p.quantiles.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(p.quantiles[i], expected[i], 1e-9);
  std::int64_t counted = 0;
  for (const std::int64_t n : p.histogram_counts) counted += n;
  EXPECT_EQ(counted, 200);
  EXPECT_EQ(p.histogram_edges.size(), p.histogram_counts.size() + 1);
}

TEST(ColumnStatistics, StringsCountLevelsMostFrequentFirst) {
  Made made;
  made.Strings("s", {"b", "a", "", "b", "cc", "a", "b"});
  const ColumnProfile p = ProfileColumn(made.read.table, 0);
  EXPECT_EQ(p.missing, 1);
  EXPECT_EQ(p.distinct, 3);
  ASSERT_EQ(p.top.size(), 3u);
  EXPECT_EQ(p.top[0].value, "b");
  EXPECT_EQ(p.top[0].count, 3);
  EXPECT_EQ(p.top[1].value, "a");
  EXPECT_NEAR(p.mean_length, 7.0 / 6, 1e-12);
}

TEST(ColumnStatistics, EmptyColumnsAndInfinitiesAreHarmless) {
  Made made;
  made.Numbers("none", {kNaN, kNaN, kNaN}).Numbers("inf", {1, INFINITY, 2});
  EXPECT_EQ(ProfileColumn(made.read.table, 0).missing, 3);
  const ColumnProfile p = ProfileColumn(made.read.table, 1);
  EXPECT_EQ(p.mean, 1.5);
  EXPECT_TRUE(p.histogram_edges.empty());
}

TEST(ColumnStatistics, RelationGivesMeansByBin) {
  const std::size_t n = 4000;
  const auto x = Uniforms(n, 1);
  Made made;
  made.Numbers("x", x).Numbers("z", Uniforms(n, 2)).Numbers("y", Each(n, [&](std::size_t i) {
                                                              return double(x[i] > 0.7 ? i % 4 != 0 : i % 4 == 0);
                                                            }));
  const auto profile = made.Run("y");
  ASSERT_TRUE(profile);
  const ColumnProfile& column = profile->columns[0];
  EXPECT_GT(*column.target_score, 0.7);
  EXPECT_NEAR(*profile->columns[1].target_score, 0.5, 0.04);
  ASSERT_EQ(column.target_relation.size(), 10u);
  EXPECT_NEAR(column.target_relation[0]["value"].get<double>(), 0.25, 0.06);
  EXPECT_NEAR(column.target_relation[9]["value"].get<double>(), 0.75, 0.06);
  EXPECT_LT(column.target_relation[9]["low"].get<double>(), 0.75);
}

Result<Goal> GoalOf(Made& made, const std::string& task = "", const std::string& positive = "") {
  return ResolveGoal(made.read.table, 0, task, positive);
}

std::vector<double> Counts(const std::vector<std::pair<double, int>>& counts) {
  std::vector<double> values;
  for (const auto& [value, n] : counts) values.insert(values.end(), std::size_t(n), value);
  return values;
}

TEST(Goal, TaskFollowsTheTarget) {
  const auto task_of = [](std::vector<double> values) {
    Made made;
    made.Numbers("y", std::move(values));
    return GoalOf(made)->task;
  };
  EXPECT_EQ(task_of(Counts({{1, 700}, {2, 300}})), Task::kBinary);
  EXPECT_EQ(task_of(Counts({{1, 70}, {2, 76}, {3, 17}, {5, 13}, {6, 9}, {7, 29}})), Task::kMulticlass);
  EXPECT_EQ(task_of(Counts({{3, 20}, {4, 163}, {5, 1457}, {6, 2198}, {7, 880}, {8, 175}, {9, 5}})), Task::kRegression);
  EXPECT_EQ(task_of(Counts({{0, 1143}, {1, 1143}, {2, 1144}, {3, 1055}, {4, 1144}, {5, 1055}})), Task::kMulticlass);
  EXPECT_EQ(task_of(Uniforms(100, 1)), Task::kRegression);
  EXPECT_EQ(task_of(Integers(1000, 1, 1, 29)), Task::kRegression);
  EXPECT_EQ(task_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), Task::kRegression);
}

TEST(Goal, LabelsAreTrimmedAndOrdered) {
  Made made;
  made.Strings("y", {" 10", "9", "2 ", "10"});
  EXPECT_EQ(GoalOf(made)->classes, (std::vector<std::string>{"2", "9", "10"}));
  Made words;
  words.Strings("y", {"true", "false", "true"}, table::SemanticType::kBoolean);
  const auto goal = GoalOf(words);
  EXPECT_EQ(goal->classes, (std::vector<std::string>{"false", "true"}));
  EXPECT_EQ(goal->task, Task::kBinary);
  EXPECT_EQ(goal->positive, 1);
  EXPECT_EQ(TargetValues(words.read.table, *goal), (std::vector<double>{1, 0, 1}));
}

TEST(Goal, NumbersAsClassesKeepTheirSpelling) {
  Made made;
  made.Numbers("y", {2, 1, kNaN, 2});
  const auto goal = GoalOf(made, "", "1");
  EXPECT_EQ(goal->classes, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(goal->positive, 0);
  const auto values = TargetValues(made.read.table, *goal);
  EXPECT_EQ(values[0], 1);
  EXPECT_TRUE(std::isnan(values[2]));
}

TEST(Goal, FaultsAreNamed) {
  Made one, empty, words, time;
  one.Strings("y", {"no", "no"});
  EXPECT_EQ(GoalOf(one).error().id(), "target-one-class");
  empty.Numbers("y", {kNaN, kNaN});
  EXPECT_EQ(GoalOf(empty).error().id(), "target-empty");
  words.Strings("y", {"1", "2", "PG", "4"});
  EXPECT_EQ(GoalOf(words, "regression").error().id(), "target-type");
  EXPECT_EQ(GoalOf(words, "regresion").error().id(), "unknown-task");
  EXPECT_EQ(GoalOf(words, "binary").error().id(), "target-type");
  EXPECT_EQ(GoalOf(words, "", "5").error().id(), "label-not-found");
  time.Times("y", {1, 2, 3});
  EXPECT_EQ(GoalOf(time).error().id(), "target-type");
}

TEST(Goal, LikelyTargetsStartWithTheNamedOne) {
  std::vector<std::string> churn;
  for (int i = 0; i < 50; ++i) churn.push_back(i % 3 == 0 ? "yes" : "no");
  Made table;
  table.Strings("churn", churn).Numbers("x", Uniforms(50, 1)).Numbers("flag", Integers(50, 2, 0, 1));
  const auto likely = LikelyTargets(table.read.table);
  ASSERT_GE(likely.size(), 2u);
  EXPECT_EQ(likely[0].column, "churn");
  EXPECT_EQ(likely[0].reason, "its name; two values");
  EXPECT_EQ(likely[1].column, "flag");
}

TEST(Findings, ConstantsAndIdsAreLeftOutAndTextsAreKept) {
  const std::size_t n = 100;
  std::vector<std::string> names, texts;
  for (std::size_t i = 0; i < n; ++i) {
    names.push_back("K" + std::to_string(i * 7919));
    texts.push_back("a long text about " + std::to_string(i));
  }
  Made made;
  made.Numbers("year", std::vector<double>(n, 2013)).Numbers("row", Each(n, [](std::size_t i) {
                                                               return double(i + 1);
                                                             }));
  made.Strings("key", names, table::SemanticType::kId).Strings("text", texts, table::SemanticType::kText);
  made.Numbers("rising", Each(n, [](std::size_t i) { return double(i * i * 40); })).Numbers("x", Uniforms(n, 1));
  made.Numbers("y", Integers(n, 2, 0, 1));
  const auto profile = made.Run("y");
  EXPECT_EQ(profile->reason_not_used, (std::vector<std::string>{"constant", "id", "id", "", "", "", "target"}));
  const Finding* finding = test::Find(*profile, "column.constant", "year");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->brief, "constant: 2013");
  EXPECT_EQ(finding->text, "year has one value: 2013; it was left out");
}

TEST(Findings, TextsAreKeptWithoutATargetToo) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 100; ++i) texts.push_back("a long text about " + std::to_string(i));
  Made made;
  made.Strings("text", texts, table::SemanticType::kText).Numbers("x", Uniforms(100, 1));
  const auto profile = made.Run("");
  EXPECT_EQ(test::Find(*profile, "column.id_like", "text"), nullptr);
}

TEST(Findings, DatesSplitOverColumns) {
  const std::size_t n = 300;
  Made made;
  made.Numbers("year", std::vector<double>(n, 2013)).Numbers("month", Each(n, [](std::size_t i) {
                                                               return 1.0 + double(i % 12);
                                                             }));
  made.Numbers("day", Each(n, [](std::size_t i) { return 1.0 + double(i * 7 % 28); })).Numbers("x", Uniforms(n, 1));
  made.Numbers("y", Integers(n, 2, 0, 1));
  const auto profile = made.Run("y");
  const Finding* finding = test::Find(*profile, "order.time", "year");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->columns, (std::vector<std::string>{"year", "month", "day"}));
  EXPECT_EQ(finding->text,
            "year, month, day are one point in time together: its weekday, weekend and day of the year were added");
  EXPECT_EQ(finding->override_option, "--type year=categorical");
  EXPECT_EQ(profile->reason_not_used[0], "");  // the one year says which weekdays the days are
}

TEST(Findings, ManyConstantsShareOneFinding) {
  Made made;
  for (int c = 0; c < 6; ++c) made.Numbers("k" + std::to_string(c), std::vector<double>(60, c));
  made.Numbers("x", Uniforms(60, 1)).Numbers("y", Integers(60, 2, 0, 1));
  const auto profile = made.Run("y");
  EXPECT_EQ(profile->features.size(), 1u);
  const Finding* finding = test::Find(*profile, "column.constant", "k0");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->columns.size(), 6u);
}

TEST(Findings, OneMarkerInManyColumnsIsOneFinding) {
  const std::size_t n = 400;
  Made made;
  for (int c = 0; c < 5; ++c) {
    auto values = Uniforms(n, std::uint64_t(c), 10, 90);
    for (std::size_t i = 0; i < 20; ++i) values[i * 3 + std::size_t(c)] = -200;
    made.Numbers("gas" + std::to_string(c), values);
  }
  const auto profile = made.Run("");
  const Finding* finding = test::Find(*profile, "value.sentinel", "gas0");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->columns.size(), 5u);
  EXPECT_EQ(finding->rows, 20);
  EXPECT_EQ(finding->brief, "5 columns hold -200, which may mean missing");
  EXPECT_EQ(finding->override_option, "--missing -200");
}

TEST(Findings, SentinelsAreSeenAndMeasuresAreNot) {
  const std::size_t n = 500;
  const auto pressure = Uniforms(n, 1, 60, 120), income = Uniforms(n, 2, 0, 100), u = Uniforms(n, 3);
  Made made;
  made.Numbers("gas", Each(n, [&](std::size_t i) { return u[i] < 0.1 ? -200 : income[i]; }));
  made.Numbers("days", Each(n, [&](std::size_t i) { return u[i] < 0.8 ? 999 : std::floor(income[i] / 5); }));
  made.Numbers("pressure", Each(n, [&](std::size_t i) { return u[i] < 0.1 ? 0 : std::floor(pressure[i]); }));
  made.Numbers("count", Each(n, [&](std::size_t i) { return std::floor(income[i] / 4); }));
  made.Numbers("balance", Each(n, [&](std::size_t i) { return income[i] - 50; }));
  made.Strings("job", [&] {
    std::vector<std::string> jobs;
    for (std::size_t i = 0; i < n; ++i) jobs.push_back(u[i] < 0.1 ? "unknown" : u[i] < 0.5 ? "clerk" : "cook");
    return jobs;
  }());
  const auto profile = made.Run("");
  for (const char* column : {"gas", "days", "pressure", "job"}) {
    EXPECT_NE(test::Find(*profile, "value.sentinel", column), nullptr) << column;
  }
  EXPECT_EQ(test::Find(*profile, "value.sentinel", "count"), nullptr);
  EXPECT_EQ(test::Find(*profile, "value.sentinel", "balance"), nullptr);
}

TEST(Findings, UnitsAndMixedTextAreNamed) {
  std::vector<std::string> engine, year, plain;
  for (int i = 0; i < 60; ++i) {
    engine.push_back(std::to_string(900 + 17 * (i % 20)) + (i % 2 ? " CC" : " cc"));
    year.push_back(i == 7 || i == 9 ? "PG" : std::to_string(1950 + i % 30));
    plain.push_back("model " + std::to_string(i % 12));
  }
  Made made;
  made.Strings("engine", engine).Strings("year", year).Strings("plain", plain);
  const auto profile = made.Run("");
  EXPECT_NE(test::Find(*profile, "value.unit", "engine"), nullptr);
  EXPECT_NE(test::Find(*profile, "value.mixed_types", "year"), nullptr);
  for (const Finding& f : profile->findings) EXPECT_TRUE(f.columns.empty() || f.columns[0] != "plain") << f.text;
}

TEST(Findings, DuplicatesOutliersAndBalanceAreCounted) {
  const std::size_t n = 400;
  auto x = Uniforms(n, 1), z = Uniforms(n, 2), y = std::vector<double>(n);
  for (std::size_t i = 0; i < 8; ++i) y[i * 40] = 1;
  x[0] = 500;
  for (std::size_t i = 0; i < 10; ++i) x[i + 100] = x[205], z[i + 100] = z[205], y[i + 100] = y[205];
  Made made;
  made.Numbers("x", x).Numbers("z", z).Numbers("y", y);
  const auto profile = made.Run("y");
  bool duplicates = false;
  for (const Finding& f : profile->findings) duplicates |= f.id == "row.duplicates" && f.rows == 10;
  EXPECT_TRUE(duplicates);
  EXPECT_EQ(test::Find(*profile, "value.outliers", "x")->rows, 1);
  EXPECT_NE(test::Find(*profile, "target.rare_class", "y"), nullptr);
  EXPECT_NE(test::Find(*profile, "target.imbalance", "y"), nullptr);
}

TEST(Findings, DriftByMonthIsToldAndStabilityIsNot) {
  const std::size_t n = 6000;
  const auto u = Uniforms(n, 1);
  std::vector<std::int64_t> seconds;
  for (std::size_t i = 0; i < n; ++i) seconds.push_back(std::int64_t(i) * 3600);
  for (const bool drifts : {true, false}) {
    Made made;
    made.Numbers("x", Uniforms(n, 2)).Times("seen", seconds);
    made.Numbers("y", Each(n, [&](std::size_t i) { return double(u[i] < (drifts && i > 3000 ? 0.4 : 0.2)); }));
    const auto profile = made.Run("y");
    EXPECT_EQ(test::Find(*profile, "order.drift", "seen") != nullptr, drifts);
  }
}

TEST(Findings, TargetThatMovesAlongASplitDate) {
  const std::size_t n = 6 * 28 * 24;
  const auto u = Uniforms(n, 1);
  for (const bool drifts : {true, false}) {
    Made made;
    made.Numbers("year", std::vector<double>(n, 2010));
    made.Numbers("month", Each(n, [](std::size_t i) { return 1.0 + double(i / 24 / 28); }));
    made.Numbers("day", Each(n, [](std::size_t i) { return 1.0 + double(i / 24 % 28); }));
    made.Numbers("hour", Each(n, [](std::size_t i) { return double(i % 24); }));
    made.Numbers("y", Each(n, [&](std::size_t i) { return double(u[i] < (drifts && i > 3000 ? 0.4 : 0.2)); }));
    const auto profile = made.Run("y");
    const Finding* finding = test::Find(*profile, "order.drift", "year");
    ASSERT_EQ(finding != nullptr, drifts);
    if (drifts) EXPECT_EQ(finding->columns, (std::vector<std::string>{"year", "month", "day", "hour", "y"}));
    EXPECT_EQ(test::Find(*profile, "order.time", "year")->evidence["to"], "2010-06-28T23:00:00");
  }
}

TEST(Findings, TravelThroughJson) {
  Finding finding;
  finding.id = "leakage.derived";
  finding.severity = Severity::kCritical;
  finding.columns = {"a", "b"};
  finding.rows = 12;
  finding.examples = {{"f.csv", 3, "x"}};
  finding.evidence["auc"] = 0.9996;
  finding.action = Action::kLeftOut;
  finding.text_key = "finding.constant";
  finding.text = "t";
  finding.brief = "b";
  finding.override_option = "--use a";
  finding.suspect = true;
  const Finding back = FindingFromJson(FindingJson(finding));
  EXPECT_EQ(DumpJson(FindingJson(back)), DumpJson(FindingJson(finding)));
  EXPECT_EQ(FindingFromJson(Json::parse(R"({"id": 5, "columns": "x", "rows": "many"})")).rows, 0);
}

TEST(Findings, AreSortedBySeverityLeakageFirst) {
  std::vector<Finding> findings(4);
  findings[0].id = "column.constant";
  findings[1].id = "missing.target", findings[1].severity = Severity::kWarning;
  findings[2].id = "leakage.derived", findings[2].severity = Severity::kCritical, findings[2].suspect = true;
  findings[3].id = "leakage.derived", findings[3].severity = Severity::kCritical;
  SortFindings(findings);
  EXPECT_FALSE(findings[0].suspect);
  EXPECT_TRUE(findings[1].suspect);
  EXPECT_EQ(findings[2].id, "missing.target");
}

TEST(Findings, TextsChooseTheNumberAndTheForm) {
  EXPECT_EQ(EnglishText("finding.missing_target", {{"count", 9430}, {"column", "late"}}),
            "9,430 rows have no target; they were set aside");
  EXPECT_EQ(EnglishText("finding.missing_target", {{"count", 1}}), "1 row has no target; it was set aside");
  EXPECT_EQ(EnglishText("finding.missing_heavy", {{"share", 0.9971}, {"column", "a\x1b"}}),
            "a\\x1b is 99.7 % missing; it was kept");
}

TEST(Profile, SameBytesForAnyNumberOfThreads) {
  const std::size_t n = 3000;
  Made made;
  for (int c = 0; c < 6; ++c) made.Numbers("x" + std::to_string(c), Uniforms(n, std::uint64_t(c)));
  made.Numbers("y", Integers(n, 9, 0, 1));
  std::vector<std::string> bytes;
  for (const int threads : {1, 3}) {
    Pool pool(threads);
    Context context;
    context.pool = &pool;
    const auto goal = ResolveGoal(made.read.table, 6, "", "");
    bytes.push_back(DumpJson(ProfileJson(*MakeProfile(context, made.read, &*goal, {}), made.read)));
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

TEST(Profile, JsonHoldsColumnsAndFindings) {
  Made made;
  made.Numbers("x", Uniforms(200, 1)).Strings("s", std::vector<std::string>(200, "a"));
  const auto profile = made.Run("");
  const Json json = ProfileJson(*profile, made.read);
  EXPECT_EQ(json["schema"], "tagwerk.profile/1");
  ASSERT_EQ(json["columns"].size(), 2u);
  EXPECT_EQ(json["columns"][0]["statistics"]["quantiles"].size(), 11u);
  EXPECT_EQ(json["columns"][1]["reason"], "constant");
  EXPECT_TRUE(json["findings"][0].is_object());
  EXPECT_TRUE(json["findings"][0]["evidence"].is_object());
}

}  // namespace
}  // namespace tagwerk::profile
