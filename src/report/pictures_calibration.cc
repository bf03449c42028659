// Does it mean what it says: stated against observed shares, and coverage of intervals.
#include <algorithm>
#include <cmath>

#include "report/pictures.h"

namespace tagwerk::report {

namespace {

struct Bin {
  double stated, seen, low, high, rows;
};

std::vector<Bin> Bins(const Facts& facts) {
  std::vector<Bin> bins;
  for (const View& item : facts.run["test"]["calibration"]["bins"].items()) {
    const auto stated = item["predicted"].number();
    const auto seen = item["observed"].number();
    if (stated && seen)
      bins.push_back(
          {*stated, *seen, item["low"].number_or(*seen), item["high"].number_or(*seen), item["rows"].number_or(0)});
  }
  return bins;
}

/// The bin that says most: the widest gap when calibration is off, else the one nearest to 50 %.
const Bin& Telling(const std::vector<Bin>& bins, bool off) {
  return *std::max_element(bins.begin(), bins.end(), [&](const Bin& a, const Bin& b) {
    const auto weight = [&](const Bin& bin) {
      return off ? std::abs(bin.seen - bin.stated) : -std::abs(bin.stated - 0.5);
    };
    return weight(a) < weight(b);
  });
}

Table BinNumbers(const Language& t, const std::vector<Bin>& bins) {
  Table table;
  table.heads = {NumberHead(t.Fill("column.stated")), NumberHead(t.Fill("column.happened")),
                 NumberHead(t.Fill("column.interval")), NumberHead(t.Fill("column.rows"))};
  for (const Bin& bin : bins)
    table.rows.push_back(
        {{NumberCell(t.Percent(bin.stated)), NumberCell(t.Percent(bin.seen)),
          NumberCell(t.Text("number.span", {{"low", t.Percent(bin.low)}, {"high", t.Percent(bin.high)}})),
          NumberCell(t.Count(bin.rows))},
         "",
         ""});
  return table;
}

}  // namespace

void DrawCalibration(const Facts& facts, Section& section) {
  const Language& t = facts.t;
  const std::vector<Bin> bins = Bins(facts);
  if (bins.size() < 2) return;
  double most = 0;
  for (const Bin& bin : bins) most = std::max({most, bin.high, bin.stated});
  const Scale scale{0, std::min(1.0, most * 1.04)};
  const Labels ticks = TickLabels(t, scale, true, 5);
  Plot plot(scale, scale, 250, LabelRoom(ticks),
            t.Text(facts.binary ? "calibration.label" : "calibration.label.class", {{"positive", facts.positive}}));
  PutAxes(plot, ticks, ticks);
  plot.Line({{0, 0}, {scale.high, scale.high}}, "l-base l-dash");
  const auto gap = facts.CalibrationGap();
  const Bin& telling = Telling(bins, gap.has_value());
  for (const Bin& bin : bins) {
    const bool outside = bin.stated < bin.low || bin.stated > bin.high;
    plot.VerticalInterval(bin.stated, bin.low, bin.high, outside ? "bad" : "model");
    plot.Dot(bin.stated, bin.seen, outside ? "bad" : "model", 4.5,
             t.Text("calibration.tip",
                    {{"stated", t.WholePercent(bin.stated)}, {"seen", t.WholePercent(bin.seen)}, {"count", bin.rows}}));
  }
  const bool left = telling.stated > scale.high * 0.4;
  plot.Label(telling.stated, telling.seen, left ? -10 : 10, left ? -8 : 16, left ? "end" : "start", gap ? "b" : "m",
             t.Text("calibration.point",
                    {{"stated", t.WholePercent(telling.stated)}, {"seen", t.WholePercent(telling.seen)}}));
  const std::string points = t.Count(std::round(std::abs(gap.value_or(0)) * 100));
  Inline title = t.Fill("calibration.title.fine");
  Inline read = t.Fill("calibration.read.fine");
  if (gap) {
    title = t.Fill("calibration.title.off",
                   {{"stated", t.WholePercent(telling.stated)}, {"seen", t.WholePercent(telling.seen)}});
    read = std::abs(*gap) < 0.01 || !facts.binary
               ? t.Fill("calibration.read.off", {{"points", t.Count(std::round(facts.CalibrationError() * 100))}})
           : *gap > 0 ? t.Fill("calibration.read.low", {{"points", points}})
                      : t.Fill("calibration.read.high", {{"points", points}});
  }
  std::vector<Inline> said{read};
  const View calibration = facts.run["test"]["calibration"];
  const auto error = calibration["error"].number(), chance = calibration["error_by_chance"].number();
  if (error && chance)
    said.push_back(t.Fill("calibration.error", {{"error", t.Percent(*error)}, {"chance", t.Percent(*chance)}}));
  section.figures.push_back({"", title,
                             t.Fill(facts.binary ? "calibration.lede" : "calibration.lede.class",
                                    {{"positive", facts.positive}, {"groups", double(bins.size())}}),
                             plot.Svg(), said, BinNumbers(t, bins), "test.calibration"});
}

void DrawCoverage(const Facts& facts, Section& section) {
  const Language& t = facts.t;
  const std::vector<View> items = facts.run["test"]["calibration"]["coverage"].items();
  if (items.empty()) return;
  const Scale scale{0, 1};
  const Labels ticks = TickLabels(t, scale, true, 2);
  Table table;
  Table numbers;
  table.css = "rows";
  table.in_box = false;
  table.heads = {Head{t.Fill("coverage.promised"), false, true, "", ""},
                 Head{t.Fill("coverage.seen"), false, true, "mk", RowAxis(scale, ticks)},
                 {}};
  numbers.heads = {TextHead(t.Fill("coverage.promised")), NumberHead(t.Fill("coverage.kept")),
                   NumberHead(t.Fill("column.interval"))};
  bool all_fine = true;
  for (const View& item : items) {
    const auto level = item["level"].number();
    const auto seen = item["observed"].number();
    if (!level || !seen) continue;
    const double low = item["low"].number_or(*seen);
    const double high = item["high"].number_or(*seen);
    const bool fine = *level >= low && *level <= high;
    all_fine = all_fine && fine;
    RowMarks marks(scale, TickValues(ticks), 26);
    marks.Interval(low, high, fine ? "model" : "bad").Dot(*seen, fine ? "model" : "bad").Tick(*level, "base");
    table.rows.push_back({{TextCell(Plain(t.WholePercent(*level))),
                           {{}, marks.Svg(), "class=\"mk\"", false},
                           {Plain(t.Percent(*seen)), "", "class=\"v r\"", false}},
                          "",
                          ""});
    numbers.rows.push_back({{TextCell(Plain(t.WholePercent(*level))), NumberCell(t.Percent(*seen)),
                             NumberCell(t.Text("number.span", {{"low", t.Percent(low)}, {"high", t.Percent(high)}}))},
                            "",
                            ""});
  }
  const auto off = facts.CoverageOff();
  const char* title = off        ? (*off < 0.9 ? "coverage.title.low" : "coverage.title.high")
                      : all_fine ? "coverage.title.fine"
                                 : "coverage.title.some";
  section.figures.push_back({"",
                             t.Fill(title, {{"seen", off ? t.Count(std::round(*off * 100)) : ""}}),
                             t.Fill("coverage.lede"),
                             TableHtml(table),
                             {t.Fill("coverage.read")},
                             numbers,
                             "test.calibration.coverage"});
}

}  // namespace tagwerk::report
