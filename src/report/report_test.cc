// The report of the sample documents in testdata/ (made by tests/golden/make_report_samples.py): structure,
// honesty of the answer, accessibility, size. Not byte by byte, so that wording may change.
#include "report/report.h"

#include <gtest/gtest.h>

#include <ctime>
#include <set>

#include "report/assets.h"
#include "report/testdata.h"

namespace tagwerk::report {
namespace {

std::string Html(const Json& run, const std::string& language = "en") {
  auto html = RenderHtml(run, language);
  EXPECT_TRUE(html.has_value());
  return html ? *html : "";
}

class Samples : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  std::string task() const { return std::get<0>(GetParam()); }
  std::string language() const { return std::get<1>(GetParam()); }
  std::string html() const { return Html(Sample(task()), language()); }
};

INSTANTIATE_TEST_SUITE_P(TasksAndLanguages, Samples,
                         testing::Combine(testing::ValuesIn(Tasks()), testing::ValuesIn(Languages())));

TEST_P(Samples, EveryTagIsClosedInOrder) { EXPECT_EQ(Malformed(html()), ""); }

TEST_P(Samples, AsksNothingOfTheOutside) {
  const std::string page = html();
  for (const char* word : {"http", "src=", "url(", "@import", "<link", "<img", "<iframe"})
    EXPECT_EQ(page.find(word), std::string::npos) << word;
}

TEST_P(Samples, HasOneFirstHeadingAndSkipsNoLevel) {
  const std::string page = Markup(html());
  int last = 0;
  int first = 0;
  const std::regex heading("<h([1-6])[ >]");
  for (std::sregex_iterator it(page.begin(), page.end(), heading), end; it != end; ++it) {
    const int level = std::stoi((*it)[1]);
    first += level == 1 ? 1 : 0;
    EXPECT_LE(level, last + 1) << "after h" << last << " near " << page.substr(std::size_t(it->position()), 80);
    last = level;
  }
  EXPECT_EQ(first, 1);
}

TEST_P(Samples, HasLandmarksAndASkipLink) {
  const std::string page = html();
  for (const char* part : {"<main>", "<header class=\"top\">", "<nav aria-label=", "<footer>",
                           "class=\"skip\" href=\"#short\"", "id=\"short\""})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_NE(page.find("<html lang=\"" + language() + "\""), std::string::npos);
}

TEST_P(Samples, IdsAreUniqueAndEveryAnchorLeadsSomewhere) {
  const std::string page = Markup(html());
  std::set<std::string> ids;
  const std::regex id(" id=\"([^\"]+)\"");
  for (std::sregex_iterator it(page.begin(), page.end(), id), end; it != end; ++it)
    EXPECT_TRUE(ids.insert((*it)[1]).second) << (*it)[1];
  const std::regex anchor("href=\"#([^\"]+)\"");
  for (std::sregex_iterator it(page.begin(), page.end(), anchor), end; it != end; ++it)
    EXPECT_EQ(ids.count((*it)[1]), 1U) << (*it)[1];
  for (const char* stable : {"short", "pictures", "cases", "data", "search", "trace"})
    EXPECT_EQ(ids.count(stable), 1U) << stable;
}

TEST_P(Samples, EveryPictureHasASentenceOrIsHidden) {
  const std::string page = Markup(html());
  const std::regex svg("<svg[^>]*>");
  int depth_role = 0;
  for (std::sregex_iterator it(page.begin(), page.end(), svg), end; it != end; ++it) {
    const std::string tag = it->str();
    if (tag.find("overflow=\"visible\"") != std::string::npos) continue;  // a layer inside a labelled plot
    const bool hidden = tag.find("aria-hidden=\"true\"") != std::string::npos;
    const bool labelled = std::regex_search(tag, std::regex("role=\"img\" aria-label=\"[^\"]{4,}\""));
    EXPECT_TRUE(hidden || labelled) << tag;
    depth_role += labelled ? 1 : 0;
  }
  EXPECT_GT(depth_role, 3);
  EXPECT_EQ(CountOf(page, "<figure "),
            CountOf(page, "</summary><div class=\"scroll\"") - CountOf(page, "class=\"src\"><summary>"))
      << "each figure has its numbers";
}

TEST_P(Samples, TextInChartsNeverScales) {
  const std::string page = Markup(html());
  const std::regex scaled("<svg[^>]*viewBox=[^>]*>");
  for (std::sregex_iterator it(page.begin(), page.end(), scaled), end; it != end; ++it) {
    const std::size_t at = std::size_t(it->position());
    const std::string inside = page.substr(at, page.find("</svg>", at) - at);
    EXPECT_EQ(inside.find("<text"), std::string::npos) << inside.substr(0, 120);
  }
}

TEST_P(Samples, NoKeyAndNoPlaceholderIsLeftInTheText) {
  const std::string text = Visible(html());
  EXPECT_FALSE(std::regex_search(text, std::regex("\\{[a-z_]+(:[a-z]+)?\\}")));
  EXPECT_EQ(text.find("**"), std::string::npos);
  std::smatch match;
  const std::regex key(" (answer|news|stats|waffle|asked|good|limits|next|column|metric|learning|action)\\.[a-z_.]+ ");
  EXPECT_FALSE(std::regex_search(text, match, key)) << match.str();
  EXPECT_FALSE(std::regex_search(text, std::regex("[ (](nan|inf)[ ),]")));
}

TEST_P(Samples, TheSameDocumentGivesTheSameBytes) { EXPECT_EQ(html(), html()); }

TEST_P(Samples, StaysInsideTheBudgetOfThirtyColumns) {
  const std::string page = html();
  EXPECT_LE(page.size(), 300'000U);
  EXPECT_LE(CountOf(page, "<") / 2, 15'000U);
}

TEST_P(Samples, MarkdownAndCardHaveTheSameFacts) {
  const auto markdown = RenderMarkdown(Sample(task()), language());
  const auto card = RenderCard(Sample(task()), language());
  ASSERT_TRUE(markdown && card);
  EXPECT_EQ(markdown->rfind("# ", 0), 0U);
  EXPECT_GE(CountOf(*markdown, "\n## "), 8U);
  EXPECT_GE(CountOf(*card, "\n## "), 6U);
  EXPECT_EQ(markdown->find("<svg"), std::string::npos);
  EXPECT_NE(card->find("sha256:"), std::string::npos);
  EXPECT_FALSE(std::regex_search(*markdown, std::regex("\\{[a-z_]+(:[a-z]+)?\\}")));
}

TEST(Report, AnUnknownLanguageIsRefusedWithTheList) {
  const auto html = RenderHtml(Sample("binary"), "xx");
  ASSERT_FALSE(html);
  EXPECT_EQ(html.error().id(), "language-unknown");
  EXPECT_EQ(html.error().exit_code(), 2);
  EXPECT_EQ(html.error().allowed(), Languages());
  EXPECT_FALSE(RenderCard(Sample("binary"), "xx"));
  EXPECT_FALSE(RenderMarkdown(Sample("binary"), ""));
}

TEST(Report, ScriptsAreSmallAndNothingDependsOnThem) {
  EXPECT_LT(FindAsset("assets/report.js").size() + FindAsset("assets/theme.js").size(), 5000U);
  EXPECT_EQ(Markup(Html(Sample("binary"))).find("onclick"), std::string::npos);
}

// ---- Bad news has the same size as good news

TEST(Answer, SaysLoudlyWhenTheModelIsNotShownToBeBetter) {
  Json run = Sample("binary");
  EXPECT_NE(Visible(Html(run)).find("clearly better than the simplest rule"), std::string::npos);
  run["test"]["better_than_baseline"] = {{"metric", "auc"}, {"difference", 0.01}, {"low", -0.02},
                                         {"high", 0.04},    {"p_value", 0.4},     {"better", false}};
  const std::string page = Html(run);
  const std::string answer = page.substr(page.find("class=\"answer\""), 900);
  EXPECT_NE(answer.find("<strong class=\"q\">Not yet.</strong>"), std::string::npos);
  EXPECT_NE(answer.find("<strong class=\"q\">not shown to be better than the simplest rule</strong>"),
            std::string::npos);
  EXPECT_EQ(answer.find("Yes,"), std::string::npos);
}

TEST(Answer, NamesTheSingleModelThatIsAsGood) {
  Json run = Sample("binary");
  run["test"]["versus_best_single"]["better"] = false;
  run["test"]["versus_best_single"]["high"] = 0.01;
  EXPECT_NE(Html(run).find("not shown to be better than one model alone</strong>"), std::string::npos);
  run["test"]["versus_best_single"]["high"] = -0.001;
  EXPECT_NE(Html(run).find("worse than one model alone</strong>"), std::string::npos);
  run["test"]["versus_best_single"]["better"] = true;
  EXPECT_EQ(Html(run).find("one model alone</strong>"), std::string::npos);
}

TEST(Answer, SaysThatStatedChancesAreOff) {
  Json run = Sample("binary");
  Json bins = Json::array();
  for (int i = 1; i <= 5; ++i)
    bins.push_back({{"predicted", i * 0.1},
                    {"observed", i * 0.1 + 0.2},
                    {"low", i * 0.1 + 0.15},
                    {"high", i * 0.1 + 0.25},
                    {"rows", 100}});
  run["test"]["calibration"] = {{"bins", bins}, {"error", 0.2}};
  run["test"]["versus_best_single"] = nullptr;
  EXPECT_NE(Html(run).find("too low by 20 points</strong>"), std::string::npos);
}

TEST(Answer, DistrustsAModelThatLeansOnSuspects) {
  Json run = Sample("binary");
  const auto metric = [](double v) {
    return Json{{"name", "auc"}, {"value", v},  {"low", v - 0.01},   {"high", v + 0.01},
                {"level", 0.95}, {"rows", 143}, {"direction", "max"}};
  };
  run["leakage"] = {
      {"columns",
       {{{"column", "worst symmetry"}, {"kind", "suspect"}, {"used", true}, {"score_alone", 0.98}, {"reason", ""}}}},
      {"score_without", metric(0.7)},
      {"score_with", metric(0.98)}};
  const std::string page = Html(run);
  EXPECT_NE(page.find("Too good to be trusted yet."), std::string::npos);
  EXPECT_NE(page.find("Columns that know the answer"), std::string::npos);
  EXPECT_NE(page.find("--drop worst symmetry"), std::string::npos);
  EXPECT_NE(page.find("0.700"), std::string::npos) << "the score without the suspect";
}

TEST(Answer, CertainLeakageStandsFirstAmongTheFindings) {
  Json run = Sample("binary");
  const auto finding = [](const char* id, const char* severity, const char* action, const char* text) {
    return Json{{"id", id},
                {"severity", severity},
                {"columns", {"x"}},
                {"rows", 3},
                {"examples", Json::array()},
                {"evidence", Json::object()},
                {"action", action},
                {"text_key", ""},
                {"text_values", Json::object()},
                {"text", text},
                {"brief", ""},
                {"override", ""},
                {"suspect", false}};
  };
  run["findings"] = {finding("column.constant", "note", "left_out", "note one"),
                     finding("missing.heavy", "warning", "kept", "warning one"),
                     finding("value.unit", "critical", "converted", "critical one"),
                     finding("leakage.single_column", "critical", "left_out", "leak one")};
  const std::string text = Visible(Html(run));
  EXPECT_LT(text.find("Leak one"), text.find("Critical one"));
  EXPECT_LT(text.find("Critical one"), text.find("Warning one"));
  EXPECT_LT(text.find("Warning one"), text.find("Note one"));
}

TEST(Answer, ShowsTheStretchOfTimeThatTheModelDidNotSeeComing) {
  Json run = Sample("binary");
  Json points = Json::array();
  for (int day = 1; day <= 28; ++day) {
    const std::string when = "2013-12-" + std::string(day < 10 ? "0" : "") + std::to_string(day);
    points.push_back({{"when", when},
                      {"rows", 100},
                      {"actual", (day > 21 ? 0.5 : 0.2) + 0.01 * (day % 3)},
                      {"expected", 0.2 + 0.01 * (day % 2)}});
  }
  run["detail"]["time"] = {{"points", points}};
  const std::string text = Visible(Html(run));
  EXPECT_NE(text.find("The model did not see 22 Dec 2013 to 28 Dec 2013 coming"), std::string::npos);
  for (Json& point : run["detail"]["time"]["points"]) point["actual"] = point["expected"];
  EXPECT_NE(Visible(Html(run)).find("What was expected and what happened stay together"), std::string::npos);
}

TEST(Findings, AreRenderedInTheLanguageWithEnglishAsFallback) {
  Json finding = {{"text_key", "finding.missing_target"},
                  {"text_values", {{"count", 9430}}},
                  {"text", "as written"},
                  {"rows", 9430}};
  EXPECT_EQ(FindingText(finding, "en"), "9,430 rows have no target; they were set aside");
  EXPECT_EQ(FindingText(finding, "de"), "9.430 Zeilen haben keinen Zielwert; sie wurden beiseitegelegt");
  EXPECT_EQ(FindingText(finding, "xx"), "9,430 rows have no target; they were set aside");
  finding["text_values"]["count"] = 1;
  EXPECT_EQ(FindingText(finding, "en"), "1 row has no target; it was set aside");
  finding["text_key"] = "finding.of_the_future";
  EXPECT_EQ(FindingText(finding, "de"), "as written");
}

/// 500 columns with findings, importance, panels and slices.
Json Wide() {
  Json run = Sample("binary");
  const Json column = run["columns"][0];
  const Json use = run["detail"]["importance"]["columns"][0];
  Json finding = {{"id", "missing.heavy"},
                  {"severity", "note"},
                  {"rows", 10},
                  {"examples", Json::array()},
                  {"evidence", {{"share", 0.7}}},
                  {"action", "kept"},
                  {"text_key", "finding.missing_heavy"},
                  {"text", ""},
                  {"override", "--drop x"},
                  {"suspect", false}};
  for (int i = 0; i < 500; ++i) {
    const std::string name = "column number " + std::to_string(i);
    Json next = column;
    next["name"] = name;
    run["columns"].push_back(next);
    Json weight = use;
    weight["column"] = name;
    run["detail"]["importance"]["columns"].push_back(weight);
    finding["text_values"] = {{"column", name}, {"share", 0.7}};
    run["findings"].push_back(finding);
  }
  for (int i = 0; i < 400; ++i) run["leaderboard"].push_back(run["leaderboard"][i % 4]);
  return run;
}

TEST(Report, FiveHundredColumnsStayUnderAMegabyteAndASecond) {
  const Json run = Wide();
  const std::clock_t start = std::clock();  // processor time: other work on the machine does not count
  const std::string page = Html(run);
  const double took = double(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_LT(page.size(), 1'000'000U);
  EXPECT_LE(CountOf(page, "<") / 2, 15'000U);
#ifndef __SANITIZE_ADDRESS__
  EXPECT_LT(took, 1.0);
#else
  EXPECT_GT(took, 0.0);
#endif
  EXPECT_EQ(Malformed(page), "");
  EXPECT_NE(Visible(page).find("further columns are in run.json"), std::string::npos);
}

}  // namespace
}  // namespace tagwerk::report
