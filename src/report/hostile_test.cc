// The run document is data from outside: no name in it may become markup, and no missing or odd member
// may stop the report.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "report/inline.h"
#include "report/report.h"
#include "report/testdata.h"

namespace tagwerk::report {
namespace {

const std::string kHostile =
    "</code></style></script><script>alert(1)</script><img x=\"y\" "
    "onerror='z'>&amp;\"'`|*_\n\t\x01\xE2\x80\xAE"
    "abc {count} *x*";

void ForEachObject(Json& json, const std::function<void(Json&)>& visit) {
  if (json.is_object()) visit(json);
  if (json.is_structured())
    for (Json& item : json) ForEachObject(item, visit);
}

std::set<std::string> StringMembers(Json json) {
  std::set<std::string> names;
  ForEachObject(json, [&](Json& object) {
    for (auto& [name, value] : object.items())
      if (value.is_string() || (value.is_array() && !value.empty() && value[0].is_string())) names.insert(name);
  });
  return names;
}

void Poison(Json& json, const std::string& member, const std::string& with) {
  ForEachObject(json, [&](Json& object) {
    const auto it = object.find(member);
    if (it == object.end()) return;
    if (it->is_string())
      *it = with;
    else if (it->is_array())
      for (Json& item : *it)
        if (item.is_string()) item = with;
  });
}

/// A document with every kind of name in it.
Json Full(const std::string& task) {
  Json run = Sample(task);
  const Json metric = run["test"]["metrics"][0];
  run["findings"].push_back({{"id", "x"},
                             {"severity", "critical"},
                             {"columns", {"a"}},
                             {"rows", 2},
                             {"action", "left_out"},
                             {"text_key", "finding.constant"},
                             {"text_values", {{"column", "a"}, {"value", "b"}}},
                             {"text", "t"},
                             {"brief", "b"},
                             {"override", "--use a"},
                             {"suspect", false},
                             {"examples", {{{"file", "f"}, {"line", 3}, {"value", "v"}}}},
                             {"evidence", {{"note", "n"}}}});
  run["test"]["slices"] = {{{"column", "a"},
                            {"value", "b"},
                            {"rows", 40},
                            {"metric", metric},
                            {"rest", 0.99},
                            {"difference", -0.1},
                            {"p_value", 0.001},
                            {"q_value", 0.001},
                            {"expected", 0.2},
                            {"actual", 0.4}}};
  run["leakage"]["columns"] = {
      {{"column", "a"}, {"kind", "suspect"}, {"used", true}, {"score_alone", 0.9}, {"reason", "r"}}};
  run["leakage"]["score_with"] = metric;
  run["leakage"]["score_without"] = metric;
  run["gate"] = {{"expression", "auc>=0.9"},
                 {"passed", false},
                 {"parts", {{{"text", "auc"}, {"value", 0.8}, {"limit", 0.9}, {"passed", false}}}}};
  run["split"]["group"] = "g";
  run["split"]["reason"] = "a reason";
  run["detail"]["dependence"].push_back({{"column", "cat"},
                                         {"type", "categorical"},
                                         {"rows", 10},
                                         {"points",
                                          {{{"x", "a"}, {"label", "a"}, {"value", 0.4}, {"share", 0.5}},
                                           {{"x", "b"}, {"label", "b"}, {"value", 0.6}, {"share", 0.5}}}}});
  run["detail"]["time"] = {{"points", Json::array()}};
  for (int i = 0; i < 8; ++i)
    run["detail"]["time"]["points"].push_back(
        {{"when", "2013-01-0" + std::to_string(i + 1)}, {"rows", 5}, {"actual", 0.1 * i}, {"expected", 0.3}});
  run["leaderboard"][0]["error"] = "failed so";
  return run;
}

TEST(Hostile, NoNameInAnyPlaceBecomesMarkup) {
  for (const std::string& task : Tasks()) {
    const Json whole = Full(task);
    for (const std::string& member : StringMembers(whole)) {
      Json run = whole;
      Poison(run, member, kHostile);
      const auto html = RenderHtml(run, "en");
      ASSERT_TRUE(html) << member;
      EXPECT_EQ(Malformed(*html), "") << task << " " << member;
      EXPECT_EQ(html->find("<script>alert"), std::string::npos) << task << " " << member;
      EXPECT_EQ(html->find("<img"), std::string::npos) << task << " " << member;
      EXPECT_EQ(html->find("\x01"), std::string::npos) << task << " " << member;
      EXPECT_EQ(CountOf(*html, "<script>"), 2U) << task << " " << member;
    }
  }
}

TEST(Hostile, EveryKindOfNameIsShownSomewhere) {
  Json run = Full("binary");
  for (const char* member :
       {"target", "positive", "column", "value", "label", "title", "model", "path", "command", "fingerprint",
        "override", "text", "expression", "truth", "id", "name", "unit", "reason"}) {
    Json poisoned = run;
    Poison(poisoned, member, "Zzz<&>zzz");
    EXPECT_NE(RenderHtml(poisoned, "en")->find("Zzz&lt;&amp;&gt;zzz"), std::string::npos) << member;
  }
}

TEST(Hostile, NamesOfMembersAreEscapedToo) {
  Json run = Full("binary");
  run["findings"][0]["evidence"] = {{"<script>alert(2)</script>", 3.5}};
  const auto html = RenderHtml(run, "en");
  EXPECT_EQ(html->find("<script>alert"), std::string::npos);
  EXPECT_NE(html->find("&lt;script&gt;alert(2)"), std::string::npos);
}

TEST(Hostile, LongNamesAreCutAndRightToLeftNamesAreIsolated) {
  std::string longest;
  for (int i = 0; i < 400; ++i) longest += "\xC3\xA4";
  Json run = Full("binary");
  Poison(run, "column", longest);
  EXPECT_EQ(RenderHtml(run, "en")->find(longest), std::string::npos);
  EXPECT_EQ(Shorten(longest, 200).size(), 199 * 2 + 3U);
  EXPECT_EQ(Html(Name("\xD7\xA9\xD7\x9C")), "<bdi>\xD7\xA9\xD7\x9C</bdi>");
  EXPECT_NE(RenderHtml(run, "en")->find("code,bdi{unicode-bidi:isolate"), std::string::npos);
}

TEST(Hostile, InvalidUtf8IsRenderedWithoutHarm) {
  Json run = Full("binary");
  Poison(run, "target", "a\xFF\xFE<b>");
  const auto html = RenderHtml(run, "en");
  ASSERT_TRUE(html);
  EXPECT_EQ(Malformed(*html), "");
}

TEST(Hostile, MarkdownCannotBeBrokenByNames) {
  Json run = Full("binary");
  Poison(run, "column", "a|b`c``d\n# head <i>");
  Poison(run, "text", "<script>x</script> | *b* [l](u)");
  const auto markdown = RenderMarkdown(run, "en");
  const auto card = RenderCard(run, "en");
  ASSERT_TRUE(markdown && card);
  for (const std::string& whole : {*markdown, *card}) {
    const std::string text =
        std::regex_replace(whole, std::regex("(`+)[^`].*?\\1"), "");  // code spans show markup as it is
    EXPECT_EQ(text.find("<script>"), std::string::npos);
    EXPECT_EQ(text.find("\n# head"), std::string::npos);
    EXPECT_EQ(text.find("[l](u)"), std::string::npos);
  }
}

/// Sets members to null, to nothing and to the wrong type, two levels deep.
TEST(Hostile, MissingAndOddMembersLeaveSectionsOutButNeverFail) {
  const std::vector<Json> odd = {Json(),        Json("text"),   Json(-1e308),
                                 Json::array(), Json::object(), Json(Json::array({nullptr, 3, "x"})),
                                 Json(true)};
  for (const std::string& task : Tasks()) {
    const Json whole = Full(task);
    std::vector<std::vector<std::string>> paths;
    for (auto& [name, value] : whole.items()) {
      paths.push_back({name});
      if (value.is_object())
        for (auto& [inner, ignored] : value.items()) paths.push_back({name, inner});
    }
    for (std::size_t i = 0; i < paths.size(); ++i) {
      Json run = whole;
      Json& holder = paths[i].size() == 1 ? run : run[paths[i][0]];
      holder[paths[i].back()] = odd[i % odd.size()];
      const auto html = RenderHtml(run, i % 2 == 0 ? "en" : "de");
      ASSERT_TRUE(html);
      EXPECT_EQ(Malformed(*html), "") << task << " " << paths[i].back();
      EXPECT_TRUE(RenderMarkdown(run, "en"));
      EXPECT_TRUE(RenderCard(run, "en"));
    }
  }
}

TEST(Hostile, AnEmptyDocumentIsAPageWithoutSections) {
  for (const Json& run : {Json::object(), Json(), Json("x"), Json::array()}) {
    const auto html = RenderHtml(run, "en");
    ASSERT_TRUE(html);
    EXPECT_EQ(Malformed(*html), "");
    EXPECT_EQ(CountOf(*html, "<figure"), 0U);
    EXPECT_EQ(html->find("id=\"pictures\""), std::string::npos);
    EXPECT_EQ(html->find("href=\"#cases\""), std::string::npos);
  }
}

}  // namespace
}  // namespace tagwerk::report
