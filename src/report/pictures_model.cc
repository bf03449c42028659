// What the model uses, and how each column moves its answer.
#include <algorithm>
#include <cmath>

#include "report/pictures.h"

namespace tagwerk::report {

namespace {

constexpr std::size_t kMostBars = 15;
constexpr std::size_t kMostPanels = 8;

struct Use {
  std::string column;
  double value, low, high;
};

std::vector<Use> Uses(const Facts& facts) {
  std::vector<Use> uses;
  for (const View& item : facts.run["detail"]["importance"]["columns"].items()) {
    const auto value = item["value"].number();
    if (value)
      uses.push_back({item["column"].text(), *value, item["low"].number_or(*value), item["high"].number_or(*value)});
  }
  std::stable_sort(uses.begin(), uses.end(), [](const Use& a, const Use& b) { return a.value > b.value; });
  return uses;
}

Table UseNumbers(const Facts& facts, const std::vector<Use>& uses) {
  const Language& t = facts.t;
  Table table;
  table.heads = {TextHead(t.Fill("column.column")), NumberHead(t.Fill("column.loss")),
                 NumberHead(t.Fill("column.interval"))};
  for (std::size_t i = 0; i < uses.size() && i < 100; ++i) {
    const Use& use = uses[i];
    const double half = (use.high - use.low) / 2;
    table.rows.push_back(
        {{TextCell(Code(use.column)), NumberCell(half > 0 ? t.Rounded(use.value, half) : t.Number(use.value)),
          NumberCell(
              half > 0 ? t.Text("number.span", {{"low", t.Rounded(use.low, half)}, {"high", t.Rounded(use.high, half)}})
                       : "")},
         "",
         ""});
  }
  return table;
}

struct Stop {
  double x;
  std::string label;
  double value, share;
};

struct Panel {
  std::string column;
  bool ordered = true;  ///< numbers and times; else categories
  std::vector<Stop> stops;
  double Span() const {
    const auto [low, high] =
        std::minmax_element(stops.begin(), stops.end(), [](auto& a, auto& b) { return a.value < b.value; });
    return high->value - low->value;
  }
};

std::vector<Panel> Panels(const Facts& facts) {
  std::vector<Panel> panels;
  for (const View& item : facts.run["detail"]["dependence"].items()) {
    Panel panel{item["column"].text(), true, {}};
    bool numbers = true;
    for (const View& p : item["points"].items()) {
      const auto value = p["value"].number();
      if (!value) continue;
      const auto x = p["x"].number();
      numbers = numbers && x.has_value();
      panel.stops.push_back({x.value_or(double(panel.stops.size())),
                             p["label"].text().empty() ? p["x"].text() : p["label"].text(), *value,
                             std::max(0.0, p["share"].number_or(0))});
    }
    const std::string type = item["type"].text();
    panel.ordered = numbers && type != "categorical" && type != "boolean" && type != "string";
    if (panel.ordered)
      std::stable_sort(panel.stops.begin(), panel.stops.end(), [](const Stop& a, const Stop& b) { return a.x < b.x; });
    if (panel.stops.size() >= 2 && panels.size() < kMostPanels) panels.push_back(std::move(panel));
  }
  return panels;
}

/// The shares under the curve: bars between the middles of neighbouring points.
std::string ShareBars(const Panel& panel, const Scale& x, double room, const std::string& label, const Language& t) {
  double most = 0;
  for (const Stop& stop : panel.stops) most = std::max(most, stop.share);
  if (most <= 0) return "";
  Plot bars(x, {0, most}, 22, room, label);
  for (std::size_t i = 0; i < panel.stops.size(); ++i) {
    const double here = panel.stops[i].x;
    const double from = i == 0 ? x.low : (panel.stops[i - 1].x + here) / 2;
    const double to = i + 1 == panel.stops.size() ? x.high : (panel.stops[i + 1].x + here) / 2;
    bars.Bar(from, to, panel.stops[i].share, "basesoft",
             t.Text("dependence.tip", {{"label", panel.stops[i].label}, {"share", t.Percent(panel.stops[i].share)}}));
  }
  return bars.Svg();
}

std::string CurveHtml(const Facts& facts, const Panel& panel, const Scale& y, const Labels& y_ticks, double room) {
  const Language& t = facts.t;
  Scale x{panel.stops.front().x, panel.stops.back().x};
  if (!(x.high > x.low)) x = {x.low - 0.5, x.low + 0.5};
  Plot plot(x, y, 96, room, t.Text("dependence.label", {{"column", panel.column}}));
  for (const auto& [value, text] : y_ticks) plot.YTick(value, text, value == 0);
  Points line;
  for (const Stop& stop : panel.stops) line.emplace_back(stop.x, stop.value);
  plot.Line(line, "l-model");
  const Stop& first = panel.stops.front();
  const Stop& last = panel.stops.back();
  const std::string bars = ShareBars(panel, x, room, t.Text("dependence.shares", {{"column", panel.column}}), t);
  Plot axis(x, {0, 1}, 2, room, "");
  const std::string ends = "<p class=\"ends\" style=\"margin-left:" + Number2(room) + "rem\"><span>" +
                           Escape(Shorten(first.label, 24)) + "</span><span>" + Escape(Shorten(last.label, 24)) +
                           "</span></p>";
  return plot.Svg() + bars + ends;
}

std::string CategoriesHtml(const Facts& facts, const Panel& panel, const Scale& y) {
  const Language& t = facts.t;
  std::vector<Stop> stops = panel.stops;
  std::stable_sort(stops.begin(), stops.end(), [](const Stop& a, const Stop& b) { return a.value > b.value; });
  Table table;
  table.css = "rows cats";
  table.in_box = false;
  for (std::size_t i = 0; i < stops.size() && i < 7; ++i) {
    const Stop& stop = stops[i];
    RowMarks marks(y, {}, 18);
    table.rows.push_back({{TextCell(Name(Shorten(stop.label, 28))),
                           {{}, marks.Dot(stop.value, "model", 4).Svg(), "class=\"mk\"", false},
                           {Plain(facts.Target(stop.value)), "", "class=\"v r\"", false}},
                          "",
                          t.Text("dependence.tip", {{"label", stop.label}, {"share", t.Percent(stop.share)}})});
  }
  std::string out = TableHtml(table);
  if (stops.size() > 7)
    out += "<p class=\"small faint\">" + Html(t.Fill("list.more", {{"count", double(stops.size() - 7)}})) + "</p>";
  return out;
}

}  // namespace

void DrawImportance(const Facts& facts, Section& section) {
  const Language& t = facts.t;
  const std::vector<Use> uses = Uses(facts);
  if (uses.empty()) return;
  const View importance = facts.run["detail"]["importance"];
  std::size_t shown = 0;
  while (shown < uses.size() && shown < kMostBars && (uses[shown].low > 0 || shown < 3)) ++shown;
  std::vector<double> values = {0};
  for (std::size_t i = 0; i < shown; ++i) {
    values.push_back(uses[i].high);
    values.push_back(uses[i].low);
  }
  const Scale scale = Scale::Around(values, 0.04);
  const Labels ticks = TickLabels(t, scale, false, 3);
  Table table;
  table.css = "rows";
  table.in_box = false;
  const std::string metric = facts.MetricName(importance["metric"].text());
  table.heads = {
      {}, Head{t.Fill("importance.axis", {{"metric", metric}}), false, true, "mk", RowAxis(scale, ticks)}, {}};
  for (std::size_t i = 0; i < shown; ++i) {
    const Use& use = uses[i];
    const double half = (use.high - use.low) / 2;
    RowMarks marks(scale, TickValues(ticks), 20);
    marks.Bar(0, use.value, use.value >= 0 ? "model" : "base").Interval(use.low, use.high, "ink");
    table.rows.push_back(
        {{TextCell(Code(use.column)),
          {{}, marks.Svg(), "class=\"mk\"", false},
          {Plain(half > 0 ? t.Rounded(use.value, half) : t.Number(use.value)), "", "class=\"v r\"", false}},
         "",
         ""});
  }
  std::vector<Inline> read;
  if (uses.size() > shown) read.push_back(t.Fill("importance.rest", {{"count", double(uses.size() - shown)}}));
  if (importance["complete"].has() && !importance["complete"].truth()) read.push_back(t.Fill("importance.incomplete"));
  read.push_back(t.Fill("importance.read", {{"target", facts.target}}));
  double sum = 0;
  for (const Use& use : uses) sum += std::max(0.0, use.value);
  const bool alone = sum > 0 && uses[0].value > 0.5 * sum;
  section.figures.push_back({"",
                             t.Fill(alone ? "importance.title.one" : "importance.title", {{"column", uses[0].column}}),
                             t.Fill("importance.lede", {{"metric", metric},
                                                        {"count", importance["rows"].number_or(facts.test_rows)},
                                                        {"repeats", importance["repeats"].number_or(1)}}),
                             TableHtml(table), read, UseNumbers(facts, uses), "detail.importance"});
}

void DrawDependence(const Facts& facts, Section& section) {
  const Language& t = facts.t;
  const std::vector<Panel> panels = Panels(facts);
  if (panels.empty()) return;
  std::vector<double> values;
  for (const Panel& panel : panels)
    for (const Stop& stop : panel.stops) values.push_back(stop.value);
  const bool share = !facts.regression;
  const Scale y = Scale::Around(values, 0.08);
  const Labels y_ticks = TickLabels(t, y, share, 4);
  const double room = LabelRoom(y_ticks);
  std::string body = "<div class=\"sm\">";
  Table numbers;
  numbers.heads = {TextHead(t.Fill("column.column")), TextHead(t.Fill("column.at")),
                   NumberHead(t.Fill("column.prediction")), NumberHead(t.Fill("column.share"))};
  for (const Panel& panel : panels) {
    const std::string span = share ? t.Text("dependence.points", {{"points", t.Number(panel.Span() * 100)}})
                                   : t.Text("dependence.span", {{"span", t.Number(panel.Span())}});
    body += "<div class=\"pd\"><h4><code>" + Escape(Shorten(panel.column, 60)) + "</code> <small>" + Escape(span) +
            "</small></h4>" +
            (panel.ordered ? CurveHtml(facts, panel, y, y_ticks, room) : CategoriesHtml(facts, panel, y)) + "</div>";
    for (const Stop& stop : panel.stops)
      numbers.rows.push_back(
          {{TextCell(Code(panel.column)), TextCell(Name(stop.label)),
            NumberCell(share ? t.Percent(stop.value) : t.Number(stop.value)), NumberCell(t.Percent(stop.share))},
           "",
           ""});
  }
  section.figures.push_back(
      {"w12",
       t.Fill("dependence.title"),
       t.Fill(facts.regression ? "dependence.lede.number" : "dependence.lede", {{"target", facts.target}}),
       body + "</div>",
       {t.Fill("dependence.read")},
       numbers,
       "detail.dependence"});
}

}  // namespace tagwerk::report
