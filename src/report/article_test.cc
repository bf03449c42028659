// The article and the page of tests: structure, prose from the document, nothing of the outside.
#include <gtest/gtest.h>

#include "report/report.h"
#include "report/testdata.h"

namespace tagwerk::report {
namespace {

class Articles : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  Json run() const { return Sample(std::get<0>(GetParam())); }
  std::string language() const { return std::get<1>(GetParam()); }
  std::string html() const { return *RenderArticle(run(), language(), false); }
};

INSTANTIATE_TEST_SUITE_P(TasksAndLanguages, Articles,
                         testing::Combine(testing::ValuesIn(Tasks()), testing::ValuesIn(Languages())));

TEST_P(Articles, AreOneWellFormedFile) {
  const std::string page = html();
  EXPECT_EQ(Malformed(page), "");
  for (const char* word : {"http", "src=", "url(", "@import", "<link", "<img", "<iframe"})
    EXPECT_EQ(page.find(word), std::string::npos) << word;
  EXPECT_EQ(CountOf(Markup(page), "<h1"), 1U);
  EXPECT_NE(page.find("<html lang=\"" + language() + "\""), std::string::npos);
}

TEST_P(Articles, HaveTheirChaptersInOrder) {
  const std::string page = Markup(html());
  std::size_t last = 0;
  for (const char* id : {"question", "data", "method", "results", "look", "limits", "reproduce", "references"}) {
    const std::size_t at = page.find("<section id=\"" + std::string(id) + "\"");
    ASSERT_NE(at, std::string::npos) << id;
    EXPECT_GT(at, last) << id;
    EXPECT_NE(page.find("href=\"#" + std::string(id) + "\""), std::string::npos) << id;
    last = at;
  }
}

TEST_P(Articles, LeaveNoKeyAndNoPlaceholder) {
  for (const bool markdown : {false, true}) {
    const std::string text = markdown ? *RenderArticle(run(), language(), true) : Visible(html());
    EXPECT_FALSE(std::regex_search(text, std::regex("\\{[a-z_]+(:[a-z]+)?\\}")));
    std::smatch match;
    EXPECT_FALSE(std::regex_search(text, match, std::regex("[ (](article|check|split|stop|metric)\\.[a-z_.]+[ )]")))
        << match.str();
  }
}

TEST_P(Articles, SayTheScoreWithItsInterval) {
  const Json document = run();
  const std::string name = document["goal"]["metric"];
  for (const Json& metric : document["test"]["metrics"]) {
    if (metric["name"] != name) continue;
    Json moved = document;
    for (Json& other : moved["test"]["metrics"])
      if (other["name"] == name) other["value"] = metric["value"].get<double>() * 0.9;
    EXPECT_NE(Visible(*RenderArticle(moved, language(), false)), Visible(html())) << "prose follows the document";
  }
}

TEST(Article, NamesTheLiteratureOfWhatWasDoneOnly) {
  Json run = Sample("binary");
  const std::string with = *RenderArticle(run, "en", true);
  EXPECT_NE(with.find("Efron"), std::string::npos);
  EXPECT_NE(with.find("Caruana"), std::string::npos);
  EXPECT_EQ(with.find("Kaufman"), std::string::npos) << "no leakage in this run";
  run["leaderboard"] = Json::array();
  run["model"]["members"] = Json::array({run["model"]["members"][0]});
  const std::string without = *RenderArticle(run, "en", true);
  EXPECT_EQ(without.find("Caruana"), std::string::npos);
  EXPECT_EQ(without.find("gradient boosting machine"), std::string::npos);
}

TEST(Article, OfADocumentWithHolesIsStillAnArticle) {
  for (const char* member :
       {"test", "split", "model", "findings", "leaderboard", "detail", "data", "columns", "goal"}) {
    Json run = Sample("regression");
    run.erase(member);
    const auto page = RenderArticle(run, "de", false);
    ASSERT_TRUE(page) << member;
    EXPECT_EQ(Malformed(*page), "") << member;
  }
}

TEST(TestsPage, ShowsFailuresFirstAndEscapesWhatItShows) {
  const Json document = {
      {"schema", "tagwerk.test/1"},
      {"model", "m.tw"},
      {"data", "<b>.csv"},
      {"tests_file", "tests.toml"},
      {"rows", 20},
      {"passed", 1},
      {"failed", 1},
      {"tests",
       {{{"family", "data"},
         {"status", "ok"},
         {"text_key", "check.rows"},
         {"text_values", {{"count", 1}}},
         {"seen_key", "check.seen.rows"},
         {"seen_values", {{"count", 20}}}},
        {{"family", "direction"},
         {"status", "fail"},
         {"text_key", "check.direction.not_lower"},
         {"text_values", {{"column", "<age>"}, {"by", 5}}},
         {"seen_key", "check.seen.moved"},
         {"seen_values", {{"row", 7}, {"before", 0.5}, {"after", 0.25}, {"count", 3}, {"rows", 20}}}}}}};
  const std::string page = *RenderTests(document, "en");
  EXPECT_EQ(Malformed(page), "");
  EXPECT_LT(page.find("does not lower the prediction"), page.find("There is at least"));
  EXPECT_NE(Visible(page).find("row 7: 0.5 becomes 0.25; 3 of 20 rows break it"), std::string::npos) << Visible(page);
  EXPECT_EQ(page.find("<age>"), std::string::npos);
  EXPECT_NE(Visible(*RenderTests(document, "fr")).find("ligne 7"), std::string::npos);
}

}  // namespace
}  // namespace tagwerk::report
