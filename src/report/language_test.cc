// The catalogues: complete, used, alike in all languages; and the notation of each language.
#include "report/language.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "report/assets.h"
#include "report/testdata.h"

namespace tagwerk::report {
namespace {

Json Texts(const std::string& language) { return *ParseJson(FindAsset("texts/" + language + ".json"), language); }

std::set<std::string> Placeholders(const Json& value) {
  std::set<std::string> found;
  const std::string text =
      value.is_object() ? value.value("one", "") + value.value("other", "") : value.get<std::string>();
  const std::regex placeholder("\\{[^}]*\\}");
  for (std::sregex_iterator it(text.begin(), text.end(), placeholder), end; it != end; ++it) found.insert(it->str());
  return found;
}

/// All strings of the folder's sources that look like keys, and those that are starts of keys ("metric.").
void KeysOfSources(std::set<std::string>& keys, std::set<std::string>& starts) {
  const std::filesystem::path folder = std::string(TAGWERK_SOURCE_DIR) + "/src/report";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const std::string name = file.path().filename().string();
    if (!name.ends_with(".cc") || name.ends_with("_test.cc")) continue;
    const std::string source = ReadSource("report/" + name);
    const std::regex literal("\"([a-z_]+(?:\\.[a-z0-9_]+)*\\.?)\"");
    for (std::sregex_iterator it(source.begin(), source.end(), literal), end; it != end; ++it) {
      const std::string text = (*it)[1];
      if (text.find('.') == std::string::npos) continue;
      (text.back() == '.' ? starts : keys).insert(text);
    }
  }
}

TEST(Catalogue, KeysAreSortedFlatAndTheSameInAllLanguages) {
  const Json english = Texts("en");
  ASSERT_GT(english.size(), 400U);
  std::vector<std::string> keys;
  for (auto& [key, value] : english.items()) keys.push_back(key);
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  for (const std::string& language : Language::Names()) {
    const Json texts = Texts(language);
    for (const std::string& key : keys) EXPECT_TRUE(texts.contains(key)) << language << " lacks " << key;
    for (auto& [key, value] : texts.items()) {
      EXPECT_TRUE(english.contains(key)) << language << " has unknown " << key;
      EXPECT_TRUE(std::regex_match(key, std::regex("[a-z_]+(\\.[a-z0-9_]+)+"))) << key;
    }
  }
}

TEST(Catalogue, PlaceholdersPluralsAndEmphasisAgreeBetweenLanguages) {
  const Json english = Texts("en");
  const std::set<std::string> forms = {"", "percent", "number", "date", "span", "duration", "code"};
  for (const std::string& language : Language::Names()) {
    const Json texts = Texts(language);
    for (auto& [key, value] : texts.items()) {
      if (!english.contains(key)) continue;
      EXPECT_EQ(Placeholders(value), Placeholders(english[key])) << language << " " << key;
      EXPECT_EQ(value.is_object(), english[key].is_object()) << language << " " << key;
      for (const std::string& placeholder : Placeholders(value)) {
        const std::size_t colon = placeholder.find(':');
        EXPECT_TRUE(colon == std::string::npos ||
                    forms.count(placeholder.substr(colon + 1, placeholder.size() - colon - 2)) == 1)
            << key << " " << placeholder;
      }
      const std::string text =
          value.is_object() ? value.value("one", "") + value.value("other", "") : value.get<std::string>();
      EXPECT_EQ(std::count(text.begin(), text.end(), '*') % 2, 0) << language << " " << key;
      EXPECT_EQ(text.find('<'), std::string::npos) << language << " " << key;
      EXPECT_FALSE(text.empty()) << language << " " << key;
      if (key.starts_with("button.")) {
        EXPECT_LE(double(text.size()), 1.6 * double(english[key].get<std::string>().size()) + 2) << key;
      }
    }
  }
}

TEST(Catalogue, EveryKeyInTheSourcesExistsAndEveryTextIsUsed) {
  std::set<std::string> keys;
  std::set<std::string> starts;
  KeysOfSources(keys, starts);
  const Json english = Texts("en");
  const std::set<std::string> others = {"missing.target"};  // id of a finding, not a text
  for (const std::string& key : keys) {
    if (key.starts_with("detail.") || key.starts_with("test.") || key.starts_with("model.tw") || others.count(key) == 1)
      continue;  // members of run.json
    EXPECT_TRUE(english.contains(key)) << "no text for " << key;
  }
  starts.insert({"finding.", "split.", "check."});  // keys that come with the run document
  for (auto& [key, value] : english.items()) {
    const bool used = keys.count(key) == 1 || std::any_of(starts.begin(), starts.end(),
                                                          [&](const std::string& s) { return key.starts_with(s); });
    EXPECT_TRUE(used) << "unused: " << key;
  }
}

TEST(Catalogue, HoldsEveryTextThatFindingsAndSplitsRefersTo) {
  const Json english = Texts("en");
  std::size_t found = 0;
  for (const char* file :
       {"profile/texts.cc", "split/split.cc", "app/run_explain.cc", "app/run_judge.cc", "app/tests_data.cc",
        "app/tests_quality.cc", "app/tests_behaviour.cc", "app/tests_robustness.cc"}) {
    const std::string source = ReadSource(file);
    const std::regex key("\"((?:finding|split|check)\\.[a-z_]+(?:\\.[a-z_]+)*)\"");
    for (std::sregex_iterator it(source.begin(), source.end(), key), end; it != end; ++it, ++found)
      EXPECT_TRUE(english.contains((*it)[1].str())) << file << " " << (*it)[1];
  }
  EXPECT_GT(found, 20U);
  for (const char* verdict : {"more_rows_help", "overfitting", "underfitting", "balanced"})
    for (const std::string& key : {std::string("learning.") + verdict, std::string("learning.") + verdict + ".read",
                                   std::string("next.learning.") + verdict})
      EXPECT_TRUE(english.contains(key)) << key;
}

TEST(Language, WritesNumbersAndDatesAsItsReadersDo) {
  const Language& en = *Language::Find("en");
  const Language& de = *Language::Find("de");
  EXPECT_EQ(en.Count(336776), "336,776");
  EXPECT_EQ(de.Count(336776), "336.776");
  EXPECT_EQ(en.Number(0.6834), "0.683");
  EXPECT_EQ(de.Number(0.6834), "0,683");
  EXPECT_EQ(en.Number(-12.5),
            "\xE2\x88\x92"
            "12.5");
  EXPECT_EQ(en.Number(1818.4), "1,818");
  EXPECT_EQ(en.Number(0), "0");
  EXPECT_EQ(de.Percent(0.032), "3,2\xE2\x80\xAF%");
  EXPECT_EQ(en.WholePercent(0.997),
            ">\xE2\x80\xAF"
            "99\xE2\x80\xAF%");
  EXPECT_EQ(en.WholePercent(1), "100\xE2\x80\xAF%");
  EXPECT_EQ(en.WholePercent(0.001),
            "<\xE2\x80\xAF"
            "1\xE2\x80\xAF%");
  EXPECT_EQ(en.Fixed(26300.26, 1), "26,300.3");
  EXPECT_EQ(en.Date("2026-11-22T08:00:01.000Z"), "22 Nov 2026");
  EXPECT_EQ(de.Date("2026-11-02"), "2. Nov. 2026");
  EXPECT_EQ(en.Date("no date"), "no date");
  EXPECT_EQ(en.Date("2026-13-40"), "2026-13-40");
  EXPECT_EQ(en.Number(std::nan("")), "\xE2\x80\x93");
}

TEST(Language, FillsPlaceholdersOnceAndLeavesValuesAlone) {
  const Language& en = *Language::Find("en");
  EXPECT_EQ(en.Text("finding.constant", {{"column", "{value}"}, {"value", "*x* {column}"}}),
            "{value} has one value: *x* {column}; it was left out");
  EXPECT_EQ(Html(en.Fill("finding.constant", {{"column", "<a>"}, {"value", "1"}})),
            "<code>&lt;a&gt;</code> has one value: <bdi>1</bdi>; it was left out");
  EXPECT_EQ(Html(en.Fill("answer.not_yet", {}, true)), "<strong class=\"q\">Not yet.</strong>");
  EXPECT_EQ(en.Text("no.such.key"), "no.such.key");
  EXPECT_EQ(en.Text("finding.rows", {{"count", 1}}), "1 row");
  EXPECT_EQ(en.Text("finding.rows", {{"count", 0}}), "0 rows");
  EXPECT_EQ(PlainText(en.List({"a", "b", "c"}, Style::kCode)), "a, b and c");
}

TEST(Language, OfTheReportAreAllThatHaveACatalogue) {
  EXPECT_EQ(Language::Names(), (std::vector<std::string>{"de", "en", "fr", "it"}));
  EXPECT_EQ(Language::Find("es"), nullptr);
}

}  // namespace
}  // namespace tagwerk::report
