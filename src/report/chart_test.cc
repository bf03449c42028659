// Chart primitives and the colours of the style sheet.
#include "report/chart.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "report/assets.h"
#include "report/testdata.h"

namespace tagwerk::report {
namespace {

TEST(Ticks, AreRoundAndInsideTheRange) {
  EXPECT_EQ(Ticks(0, 1, 5), (std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
  for (const auto& [low, high] :
       std::vector<std::pair<double, double>>{{-3, 17}, {0.4971, 0.5023}, {-1e9, 2e9}, {1e-7, 3e-7}}) {
    const std::vector<double> ticks = Ticks(low, high, 5);
    EXPECT_GE(ticks.size(), 2U);
    EXPECT_LE(ticks.size(), 7U);
    EXPECT_GE(ticks.front(), low - 1e-9 * std::abs(low));
    EXPECT_LE(ticks.back(), high + 1e-9 * std::abs(high));
  }
  EXPECT_EQ(Ticks(3, 3, 5).size(), 1U);
  EXPECT_EQ(Ticks(0, std::nan(""), 5).size(), 1U);
  EXPECT_EQ(TickDecimals({0, 0.25, 0.5}), 2);
  EXPECT_EQ(TickDecimals({0, 50, 100}), 0);
}

TEST(Scale, ClampsAndSurvivesOneValue) {
  const Scale scale{10, 20};
  EXPECT_DOUBLE_EQ(scale.At(15), 50);
  EXPECT_DOUBLE_EQ(scale.At(-5), 0);
  EXPECT_DOUBLE_EQ(scale.At(1e300), 100);
  EXPECT_LT(Scale::Around({3, 3}).low, 3);
  EXPECT_DOUBLE_EQ((Scale{1, 1}.At(1)), 50);
}

TEST(Hundred, AddsUpToAHundredByLargestRemainder) {
  EXPECT_EQ(Hundred({1, 1, 1}), (std::vector<int>{34, 33, 33}));
  EXPECT_EQ(Hundred({52, 1, 19, 71}), (std::vector<int>{36, 1, 13, 50}));
  EXPECT_EQ(Hundred({0, 0}), (std::vector<int>{0, 0}));
  const std::vector<int> whole = Hundred({0.4, 0.4, 0.4, 998.8});
  EXPECT_EQ(std::accumulate(whole.begin(), whole.end(), 0), 100);
}

TEST(Waffle, DrawsEveryCaseOnce) {
  const std::string svg = Waffle({{0, 36}, {1, 1}, {2, 13}, {3, 50}}, "label");
  EXPECT_EQ(CountOf(svg, "class=\"d-model\""), 36U);
  EXPECT_EQ(CountOf(svg, "class=\"cross\""), 1U);
  EXPECT_EQ(CountOf(svg, "class=\"ring\""), 13U);
  EXPECT_EQ(CountOf(svg, "class=\"d-base\""), 50U);
}

TEST(Thinned, KeepsTheEndsAndAtMostTheLimit) {
  Points points;
  for (int i = 0; i < 5000; ++i) points.emplace_back(i, i);
  const Points kept = Thinned(points, 400);
  EXPECT_EQ(kept.size(), 400U);
  EXPECT_EQ(kept.front(), points.front());
  EXPECT_EQ(kept.back(), points.back());
}

// ---- Contrast of the tokens (WCAG 2.2, 1.4.3 and 1.4.11)

using Palette = std::map<std::string, std::string>;

Palette TokensAfter(const std::string& css, const std::string& selector) {
  const std::size_t at = css.find(selector);
  EXPECT_NE(at, std::string::npos) << selector;
  const std::string body = css.substr(at + selector.size(), css.find('}', at) - at - selector.size());
  Palette tokens;
  const std::regex token("--([a-z0-9-]+):(#[0-9a-f]{6})");
  for (std::sregex_iterator it(body.begin(), body.end(), token), end; it != end; ++it) tokens[(*it)[1]] = (*it)[2];
  return tokens;
}

double Luminance(const std::string& hex) {
  double sum = 0;
  for (int i = 0; i < 3; ++i) {
    const double c = std::stoi(hex.substr(std::size_t(1 + 2 * i), 2), nullptr, 16) / 255.0;
    const double linear = c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    sum += linear * (i == 0 ? 0.2126 : i == 1 ? 0.7152 : 0.0722);
  }
  return sum;
}

double Contrast(const std::string& a, const std::string& b) {
  const double x = Luminance(a);
  const double y = Luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

void ExpectReadable(const Palette& p, const std::string& theme) {
  for (const char* text : {"ink", "ink-2", "ink-3", "model", "bad", "warn", "good"})
    EXPECT_GE(Contrast(p.at(text), p.at("bg")), 4.5) << theme << " " << text;
  for (const char* text : {"ink", "ink-2", "ink-3", "model"})
    EXPECT_GE(Contrast(p.at(text), p.at("surface")), 4.5) << theme << " " << text;
  for (const char* pill : {"bad", "warn", "good", "model"})
    EXPECT_GE(Contrast(p.at(pill), p.at(std::string(pill) + "-soft")), 4.5) << theme << " pill " << pill;
  for (const char* mark : {"model", "base", "bad-mark", "good-mark"})
    EXPECT_GE(Contrast(p.at(mark), p.at("bg")), 3.0) << theme << " mark " << mark;
}

TEST(Palette, TextAndMarksAreReadableInBothThemes) {
  const std::string css(FindAsset("assets/report.css"));
  const Palette light = TokensAfter(css, ":root{");
  const Palette dark = TokensAfter(css, ":root[data-theme=dark]{");
  ASSERT_GE(light.size(), 20U);
  ExpectReadable(light, "light");
  ExpectReadable(dark, "dark");
  EXPECT_EQ(dark, TokensAfter(css, ":root:not([data-theme=light]){")) << "system and button give the same dark";
  EXPECT_NEAR(Contrast(light.at("ink"), light.at("bg")), 16.2, 0.1);
  EXPECT_NEAR(Contrast(dark.at("ink"), dark.at("bg")), 14.9, 0.1);
}

TEST(StyleSheet, HonoursThemePrintAndReducedMotion) {
  const std::string css(FindAsset("assets/report.css"));
  for (const char* rule :
       {"prefers-color-scheme:dark", "data-theme=dark", "@media print", "prefers-reduced-motion", ":focus-visible"})
    EXPECT_NE(css.find(rule), std::string::npos) << rule;
}

}  // namespace
}  // namespace tagwerk::report
