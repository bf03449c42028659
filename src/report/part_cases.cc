// Three single cases as waterfalls: from the average to the answer, one row for each column's push.
#include <algorithm>
#include <cmath>

#include "report/chart.h"
#include "report/parts.h"

namespace tagwerk::report {

namespace {

double Chance(double log_odds) { return 1 / (1 + std::exp(-log_odds)); }

struct Push {
  Inline name;
  std::string column, value;
  double effect;
};

struct Waterfall {
  double base = 0, total = 0;
  std::vector<Push> pushes;
};

Waterfall Read(const Facts& facts, const View& item) {
  Waterfall fall;
  fall.base = item["base"].number_or(0);
  fall.total = fall.base;
  for (const View& c : item["contributions"].items()) {
    const auto effect = c["effect"].number();
    if (!effect || fall.pushes.size() >= 8) continue;
    const std::string value = c["value"].text();
    const Inline shown = value.empty() ? facts.t.Fill("case.missing_value") : Plain(Shorten(value, 32));
    Inline faint;
    for (const Run& run : shown) faint.push_back({run.text, Style::kFaint});
    fall.pushes.push_back({Code(c["column"].text()) + Plain(" ") + faint, c["column"].text(), value, *effect});
    fall.total += *effect;
  }
  const double rest = item["rest"].number_or(0);
  if (std::abs(rest) > 1e-12) {
    fall.pushes.push_back({facts.t.Fill("case.rest"), facts.t.Text("case.rest"), "", rest});
    fall.total += rest;
  }
  return fall;
}

/// Ticks in log-odds at round probabilities, at most four that fit; or plain ticks for numbers.
std::vector<std::pair<double, std::string>> Axis(const Facts& facts, const Scale& scale) {
  std::vector<std::pair<double, std::string>> ticks;
  if (facts.regression) {
    const std::vector<double> values = Ticks(scale.low, scale.high, 3);
    for (const double value : values) ticks.emplace_back(value, facts.t.Fixed(value, TickDecimals(values)));
    return ticks;
  }
  double last = -1000;
  const double room = (scale.high - scale.low) * 0.19;
  for (const double p : {0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999}) {
    const double at = std::log(p / (1 - p));
    if (at < scale.low || at > scale.high || at - last < room) continue;
    ticks.emplace_back(at, facts.t.Number(p * 100) + "\xE2\x80\xAF%");
    last = at;
  }
  return ticks;
}

std::string Said(const Facts& facts, const View& item, double total) {
  if (!facts.regression) return facts.t.WholePercent(item["probability"].number_or(Chance(total)));
  return facts.t.Number(item["prediction"].number_or(total));
}

Inline Verdict(const Facts& facts, const View& item) {
  const Values values = {{"target", facts.target},
                         {"positive", facts.positive},
                         {"truth", item["truth"].text()},
                         {"said", item["prediction"].text()}};
  if (facts.regression) {
    const auto truth = item["truth"].number();
    return truth ? facts.t.Fill("case.truth.number", {{"truth", facts.t.Number(*truth)}}) : Inline{};
  }
  return facts.t.Fill(facts.binary ? "case.truth.binary" : "case.truth.class", values);
}

std::string Change(const Facts& facts, double effect) {
  const Language& t = facts.t;
  if (facts.regression) return t.Text("case.tip.number", {{"effect", (effect > 0 ? "+" : "") + t.Number(effect)}});
  return t.Text("case.tip.odds", {{"factor", t.Number(std::exp(effect))}});
}

Table Rows(const Facts& facts, const Waterfall& fall) {
  std::vector<double> reach = {fall.base, fall.total};
  double at = fall.base;
  for (const Push& push : fall.pushes) reach.push_back(at += push.effect);
  const Scale scale = Scale::Around(reach, 0.1);
  const auto ticks = Axis(facts, scale);
  std::vector<double> grid;
  for (const auto& [value, text] : ticks) grid.push_back(value);
  Table table;
  table.css = "rows fall";
  table.in_box = false;
  table.heads = {{}, Head{{}, false, true, "ax", RowAxis(scale, ticks)}};
  const auto dot = [&](double value, const char* css, double radius) {
    return RowMarks(scale, grid, 20).Dot(value, css, radius).Svg();
  };
  table.rows.push_back(
      {{TextCell(facts.t.Fill("case.average")), {{}, dot(fall.base, "openbase", 4), "", false}}, "", ""});
  at = fall.base;
  for (const Push& push : fall.pushes) {
    const RowMarks marks = RowMarks(scale, grid, 20).Bar(at, at + push.effect, push.effect > 0 ? "bad" : "model");
    table.rows.push_back(
        {{TextCell(push.name), {{}, marks.Svg(), "", false}}, "", push.column + ": " + Change(facts, push.effect)});
    at += push.effect;
  }
  table.rows.push_back(
      {{TextCell(facts.t.Fill("case.this")), {{}, dot(fall.total, "model", 5.5), "", false}}, "hl", ""});
  return table;
}

}  // namespace

Section CasesPart(const Facts& facts) {
  const Language& t = facts.t;
  Section section{
      "cases", t.Fill("cases.title"), t.Fill(facts.regression ? "cases.lede.number" : "cases.lede"), {}, {}};
  std::string html = "<div class=\"rowx\">";
  Table numbers;
  numbers.heads = {TextHead(t.Fill("column.case")), NumberHead(t.Fill("column.row")), TextHead(t.Fill("column.column")),
                   TextHead(t.Fill("column.at")), TextHead(t.Fill("column.effect"))};
  std::size_t shown = 0;
  for (const View& item : facts.run["detail"]["cases"].items()) {
    const std::string key = "case." + item["kind"].text();
    if (shown >= 3 || !t.Has(key)) continue;
    const Waterfall fall = Read(facts, item);
    if (fall.pushes.empty()) continue;
    ++shown;
    html += "<article><h3>" + Html(t.Fill(key)) + "</h3><p class=\"faint\">" +
            Html(t.Fill("case.row", {{"row", item["row"].text()}})) + "</p><p class=\"big v\">" +
            Escape(Said(facts, item, fall.total)) + "</p><p>" + Html(Verdict(facts, item)) + "</p>" +
            TableHtml(Rows(facts, fall)) + "</article>";
    for (const Push& push : fall.pushes)
      numbers.rows.push_back({{TextCell(t.Fill(key)), NumberCell(item["row"].text()),
                               TextCell(push.value.empty() ? Plain(push.column) : Code(push.column)),
                               TextCell(Name(push.value)), TextCell(Plain(Change(facts, push.effect)))},
                              "",
                              ""});
  }
  if (shown == 0) return section;
  numbers.sortable = true;
  html += "</div><details class=\"src\"><summary>" + Html(t.Fill("figure.numbers")) + "</summary>" +
          TableHtml(numbers) + "<p>" + Html(t.Fill("figure.source", {{"member", "detail.cases"}})) + "</p></details>";
  section.blocks.push_back({{}, {}, html, {numbers}, {}, false});
  return section;
}

}  // namespace tagwerk::report
