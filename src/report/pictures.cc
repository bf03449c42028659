#include "report/pictures.h"

#include <algorithm>

namespace tagwerk::report {

Labels TickLabels(const Language& language, const Scale& scale, bool share, int most) {
  const std::vector<double> ticks = Ticks(scale.low, scale.high, most);
  Labels labels;
  const int decimals = TickDecimals(ticks);
  for (const double tick : ticks) {
    std::string text;
    if (share)
      text = language.Fixed(tick * 100, std::max(0, decimals - 2)) + "\xE2\x80\xAF%";
    else
      text = decimals > 4 ? language.Number(tick) : language.Fixed(tick, decimals);
    labels.emplace_back(tick, std::move(text));
  }
  return labels;
}

std::vector<double> TickValues(const Labels& labels) {
  std::vector<double> values;
  for (const auto& [value, text] : labels) values.push_back(value);
  return values;
}

Plot& PutAxes(Plot& plot, const Labels& x, const Labels& y) {
  for (const auto& [value, text] : x) plot.XTick(value, text);
  for (const auto& [value, text] : y) plot.YTick(value, text, value == 0);
  return plot;
}

double LabelRoom(const Labels& labels) {
  std::size_t longest = 2;
  for (const auto& [value, text] : labels) {
    std::size_t length = 0;
    for (const char c : text) length += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
    longest = std::max(longest, length);
  }
  return 0.9 + 0.43 * double(longest);
}

namespace {

/// Half-width figures stand in pairs: before a wide one, a lone half is joined by the next half.
void Pair(std::vector<Figure>& figures) {
  const auto half = [](const Figure& figure) { return figure.css.empty(); };
  std::size_t halves = 0;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (half(figures[i])) {
      ++halves;
      continue;
    }
    if (halves % 2 == 1) {
      const auto next = std::find_if(figures.begin() + std::ptrdiff_t(i), figures.end(), half);
      if (next != figures.end()) {
        std::rotate(figures.begin() + std::ptrdiff_t(i), next, next + 1);
        ++halves;
        continue;
      }
    }
    halves = 0;
  }
}

}  // namespace

Section Pictures(const Facts& facts) {
  Section section{
      "pictures", facts.t.Fill("pictures.title"), facts.t.Fill("pictures.lede", {{"count", facts.test_rows}}), {}, {}};
  DrawLadder(facts, section);
  DrawCalibration(facts, section);
  DrawCoverage(facts, section);
  DrawThresholds(facts, section);
  DrawCurves(facts, section);
  DrawTime(facts, section);
  DrawSlices(facts, section);
  DrawImportance(facts, section);
  DrawTarget(facts, section);
  DrawDependence(facts, section);
  DrawResiduals(facts, section);
  DrawLearning(facts, section);
  DrawFit(facts, section);
  Pair(section.figures);
  return section;
}

}  // namespace tagwerk::report
