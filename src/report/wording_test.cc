// The wording rules of every catalogue: plain words, formal address, the same facts in each language.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "report/assets.h"
#include "report/language.h"
#include "report/testdata.h"

namespace tagwerk::report {
namespace {

constexpr const char* kNarrow = "\xE2\x80\xAF";  // narrow no-break space
constexpr const char* kNoBreak = "\xC2\xA0";

Json CatalogueOf(const std::string& language) { return *ParseJson(FindAsset("texts/" + language + ".json"), language); }

/// Both forms of a text, one after the other.
std::string Joined(const Json& value) {
  return value.is_object() ? value.value("one", "") + " " + value.value("other", "") : value.get<std::string>();
}

/// The numbers of a text outside placeholders, in English notation: {"90", "0.5"}.
std::set<std::string> NumbersIn(std::string text) {
  text = std::regex_replace(text, std::regex("\\{[^}]*\\}"), " ");
  std::set<std::string> found;
  const std::regex number("[0-9]+(?:[.,][0-9]+)?");
  for (std::sregex_iterator it(text.begin(), text.end(), number), end; it != end; ++it) {
    std::string digits = it->str();
    std::replace(digits.begin(), digits.end(), ',', '.');
    found.insert(digits);
  }
  return found;
}

class Wording : public testing::TestWithParam<std::string> {
 protected:
  void ForEach(const auto& check) {
    const Json texts = CatalogueOf(GetParam());
    for (auto& [key, value] : texts.items()) check(key, Joined(value));
  }
};

INSTANTIATE_TEST_SUITE_P(Languages, Wording, testing::Values("de", "en", "fr", "it"));

TEST_P(Wording, IsCalm) {
  ForEach([&](const std::string& key, const std::string& text) {
    EXPECT_EQ(text.find('!'), std::string::npos) << key;
    EXPECT_EQ(text.find("..."), std::string::npos) << key;
    EXPECT_EQ(text.find("  "), std::string::npos) << key;
  });
}

/// Praise, apology, jargon and blame; std::regex knows ASCII only, so that each word stands with its edges.
TEST_P(Wording, UsesNoForbiddenWord) {
  const std::string praise_en = "smart|powerful|amazing|awesome|great|successfully|simply|please|sorry|oops|invalid";
  const std::map<std::string, std::string> words = {
      {"en", praise_en},
      {"de", praise_en + "|schlau|leistungsstark|großartig|toll|erfolgreich|bitte|leider|Entschuldigung|ungültig"},
      {"fr", praise_en + "|intelligent|intelligente|puissant|puissante|génial|formidable|succès|désolé|hélas|invalide"},
      {"it", praise_en + "|intelligente|potente|fantastico|eccezionale|successo|scusi|purtroppo|invalido"}};
  const std::regex forbidden("(^|[^A-Za-z\x80-\xFF])(" + words.at(GetParam()) + ")($|[^A-Za-z\x80-\xFF])",
                             std::regex::icase);
  const std::regex machine("(^|[^A-Za-z])(AI|KI|IA)($|[^A-Za-z])");  // as written: "ai" is a word of Italian
  ForEach([&](const std::string& key, const std::string& text) {
    std::smatch match;
    EXPECT_FALSE(std::regex_search(text, match, forbidden)) << key << ": " << match.str();
    EXPECT_FALSE(std::regex_search(text, match, machine)) << key << ": " << match.str();
  });
}

TEST_P(Wording, AddressesThePersonFormally) {
  const std::map<std::string, std::string> familiar = {{"en", "dear"},
                                                       {"de", "du|dich|dir|dein|deine|deinen|deiner|euch|euer"},
                                                       {"fr", "tu|toi|te|ton|tes|ta"},
                                                       {"it", "tu|ti|tuo|tua|tuoi|tue|voi|vostro|vostra"}};
  const std::regex word("(^|[^A-Za-z\x80-\xFF])(" + familiar.at(GetParam()) + ")($|[^A-Za-z\x80-\xFF])",
                        std::regex::icase);
  ForEach([&](const std::string& key, const std::string& text) {
    std::smatch match;
    EXPECT_FALSE(std::regex_search(text, match, word)) << key << ": " << match.str();
  });
}

TEST_P(Wording, SaysTheSameNumbersAsEnglish) {
  const Json english = CatalogueOf("en");
  ForEach([&](const std::string& key, const std::string& text) {
    if (english.contains(key)) {
      EXPECT_EQ(NumbersIn(text), NumbersIn(Joined(english[key]))) << key;
    }
  });
}

TEST_P(Wording, EndsSentencesWhereEnglishDoes) {
  const Json english = CatalogueOf("en");
  const auto ends = [](const std::string& text) {
    const std::string bare = text.ends_with('*') ? text.substr(0, text.size() - 1) : text;
    return bare.ends_with('.') ? '.' : bare.ends_with('?') ? '?' : ' ';
  };
  ForEach([&](const std::string& key, const std::string& text) {
    if (!key.starts_with("format.") && english.contains(key)) {
      EXPECT_EQ(ends(text), ends(Joined(english[key]))) << key;
    }
  });
}

TEST_P(Wording, IsAboutAsLongAsEnglish) {
  const Json english = CatalogueOf("en");
  std::size_t mine = 0;
  std::size_t theirs = 0;
  ForEach([&](const std::string& key, const std::string& text) {
    if (!english.contains(key)) return;
    const std::string source = Joined(english[key]);
    mine += text.size();
    theirs += source.size();
    const bool narrow = key.starts_with("nav.") || key.starts_with("button.") || key.starts_with("state.");
    EXPECT_LE(text.size(), narrow ? source.size() * 16 / 10 + 12 : text.size()) << key << ": " << text;
    EXPECT_LE(text.size(), source.size() * 2 + 24) << key << ": " << text;
  });
  EXPECT_LT(double(mine), 1.3 * double(theirs));
}

TEST_P(Wording, KeepsNaturalFrequencies) {
  const Json english = CatalogueOf("en");
  std::size_t found = 0;
  for (auto& [key, value] : english.items()) {
    if (!std::regex_search(Joined(value), std::regex("(out of|[Oo]f) 100"))) continue;
    ++found;
    EXPECT_NE(Joined(CatalogueOf(GetParam())[key]).find("100"), std::string::npos) << key;
  }
  EXPECT_GT(found, 10U);
}

TEST(French, HoldsSpacesBeforeItsMarksAndInsideItsQuotes) {
  const Json texts = CatalogueOf("fr");
  for (auto& [key, value] : texts.items()) {
    const std::string text = Joined(value);
    EXPECT_FALSE(std::regex_search(text, std::regex(" [:;?]"))) << key << ": breakable space before a mark";
    EXPECT_FALSE(std::regex_search(text, std::regex("[a-z}*][;?]"))) << key << ": no space before a mark";
    EXPECT_FALSE(std::regex_search(text, std::regex("[a-z}]: "))) << key << ": no space before a colon";
    EXPECT_EQ(CountOf(text, "\xC2\xAB"), CountOf(text, std::string("\xC2\xAB") + kNoBreak)) << key;
    EXPECT_EQ(CountOf(text, "\xC2\xBB"), CountOf(text, std::string(kNoBreak) + "\xC2\xBB")) << key;
    EXPECT_EQ(text.find('\''), std::string::npos) << key << ": straight apostrophe";
  }
}

TEST(French, CountsNoneAsOne) {
  const Language& fr = *Language::Find("fr");
  EXPECT_EQ(fr.Text("finding.rows", {{"count", 0}}), "0 ligne");
  EXPECT_EQ(fr.Text("finding.rows", {{"count", 1}}), "1 ligne");
  EXPECT_EQ(fr.Text("finding.rows", {{"count", 1234}}), std::string("1") + kNarrow + "234 lignes");
  EXPECT_EQ(Language::Find("it")->Text("finding.rows", {{"count", 0}}), "0 righe");
}

TEST(Notation, OfFrenchAndItalian) {
  const Language& fr = *Language::Find("fr");
  const Language& it = *Language::Find("it");
  EXPECT_EQ(fr.Number(0.6834), "0,683");
  EXPECT_EQ(it.Number(0.6834), "0,683");
  EXPECT_EQ(fr.Fixed(1234.5, 1), std::string("1") + kNarrow + "234,5");
  EXPECT_EQ(it.Fixed(1234.5, 1), "1.234,5");
  EXPECT_EQ(fr.Date("2026-11-22T08:00:01.000Z"), "22 nov. 2026");
  EXPECT_EQ(it.Date("2026-11-22"), "22 nov 2026");
  EXPECT_EQ(fr.Date("2026-08-01"), "1er août 2026");
  EXPECT_EQ(fr.Percent(0.032), std::string("3,2") + kNarrow + "%");
}

}  // namespace
}  // namespace tagwerk::report
