// How it errs (residuals) and how it learns (more rows, more rounds), and what the target looks like.
#include <algorithm>
#include <cmath>

#include "report/pictures.h"

namespace tagwerk::report {

namespace {

struct Bars {
  std::vector<double> edges, counts;
  bool fits() const { return !counts.empty() && edges.size() == counts.size() + 1; }
};

Bars ReadBars(const View& histogram) { return {histogram["edges"].numbers(), histogram["counts"].numbers()}; }

std::string BarsSvg(const Language& t, const Bars& bars, const std::string& label, int height, const char* css,
                    bool zero_line) {
  const double most = std::max(1.0, *std::max_element(bars.counts.begin(), bars.counts.end()));
  const Scale x{bars.edges.front(), bars.edges.back()};
  const Scale y{0, most};
  const Labels y_ticks = TickLabels(t, y, false, 3);
  Plot plot(x, y, height, LabelRoom(y_ticks), label);
  PutAxes(plot, TickLabels(t, x, false, 5), y_ticks);
  if (zero_line && x.low < 0 && x.high > 0) plot.VerticalReference(0);
  for (std::size_t i = 0; i < bars.counts.size(); ++i)
    plot.Bar(
        bars.edges[i], bars.edges[i + 1], bars.counts[i], css,
        t.Text("bars.tip",
               {{"low", t.Number(bars.edges[i])}, {"high", t.Number(bars.edges[i + 1])}, {"count", bars.counts[i]}}));
  return plot.Svg();
}

Table BarNumbers(const Language& t, const Bars& bars) {
  Table table;
  table.heads = {NumberHead(t.Fill("column.from")), NumberHead(t.Fill("column.to")), NumberHead(t.Fill("column.rows"))};
  for (std::size_t i = 0; i < bars.counts.size() && i < 40; ++i)
    table.rows.push_back({{NumberCell(t.Number(bars.edges[i])), NumberCell(t.Number(bars.edges[i + 1])),
                           NumberCell(t.Count(bars.counts[i]))},
                          "",
                          ""});
  return table;
}

/// Many equal dots as one path: zero-length strokes with round caps keep their size when stretched.
std::string DotCloud(const Points& points, const Scale& x, const Scale& y) {
  std::string path;
  for (const auto& [px, py] : points) path += "M" + Number2(x.At(px)) + " " + Number2(100 - y.At(py)) + "h0";
  return path;
}

void DrawHistogram(const Facts& facts, Section& section, const View& residuals) {
  const Language& t = facts.t;
  const Bars bars = ReadBars(residuals["histogram"]);
  if (!bars.fits()) return;
  double above = 0;
  double all = 0;
  for (std::size_t i = 0; i < bars.counts.size(); ++i) {
    const double middle = (bars.edges[i] + bars.edges[i + 1]) / 2;
    all += bars.counts[i];
    if (middle > 0) above += bars.counts[i];
  }
  if (all <= 0) return;
  const double share = above / all;
  const char* title = share > 0.6   ? "residuals.title.low"
                      : share < 0.4 ? "residuals.title.high"
                                    : "residuals.title.even";
  section.figures.push_back({"",
                             t.Fill(title, {{"share", t.Count(std::round((share > 0.5 ? share : 1 - share) * 100))}}),
                             t.Fill("residuals.lede", {{"target", facts.target}}),
                             BarsSvg(t, bars, t.Text("residuals.label"), 220, "base", true),
                             {t.Fill("residuals.read")},
                             BarNumbers(t, bars),
                             "test.residuals.histogram"});
}

void DrawScatter(const Facts& facts, Section& section, const View& residuals) {
  const Language& t = facts.t;
  Points points;
  std::vector<double> values;
  for (const View& item : residuals["examples"].items()) {
    const std::vector<double> pair = item.numbers();
    if (pair.size() != 2) continue;
    points.emplace_back(pair[0], pair[1]);
    values.push_back(pair[0]);
    values.push_back(pair[1]);
  }
  if (points.size() < 5) return;
  const Scale scale = Scale::Around(values, 0.03);
  const Labels ticks = TickLabels(t, scale, false, 5);
  Plot plot(scale, scale, 250, LabelRoom(ticks), t.Text("scatter.label"));
  PutAxes(plot, ticks, ticks);
  plot.Line({{scale.low, scale.low}, {scale.high, scale.high}}, "l-base l-dash");
  std::string svg = plot.Svg();
  const std::string cloud = "<path class=\"cloud\" d=\"" + DotCloud(Thinned(points, 400), scale, scale) + "\"/>";
  const std::size_t at = svg.find("<path class=\"l-base l-dash\"");
  if (at != std::string::npos) svg.insert(at, cloud);
  Table numbers;
  numbers.heads = {NumberHead(t.Fill("column.predicted_mean")), NumberHead(t.Fill("column.mean_error")),
                   NumberHead(t.Fill("column.interval")), NumberHead(t.Fill("column.rows"))};
  std::optional<View> worst;
  double worst_size = 0;
  for (const View& bin : residuals["by_prediction"].items()) {
    const auto mean = bin["mean_residual"].number();
    const auto predicted = bin["predicted"].number();
    if (!mean || !predicted) continue;
    const double low = bin["low"].number_or(*mean);
    const double high = bin["high"].number_or(*mean);
    const double half = (high - low) / 2;
    numbers.rows.push_back(
        {{NumberCell(t.Number(*predicted)), NumberCell(half > 0 ? t.Signed(*mean, half) : t.Number(*mean)),
          NumberCell(t.Text("number.span", {{"low", t.Number(low)}, {"high", t.Number(high)}})),
          NumberCell(t.Count(bin["rows"].number_or(0)))},
         "",
         ""});
    if ((low > 0 || high < 0) && std::abs(*mean) > worst_size) {
      worst_size = std::abs(*mean);
      worst = bin;
    }
  }
  Inline title = t.Fill("scatter.title.fine");
  if (worst)
    title = t.Fill((*worst)["mean_residual"].number_or(0) > 0 ? "scatter.title.low" : "scatter.title.high",
                   {{"at", t.Number((*worst)["predicted"].number_or(0))}, {"error", t.Number(worst_size)}});
  section.figures.push_back({"",
                             title,
                             t.Fill("scatter.lede", {{"count", double(points.size())}}),
                             svg,
                             {t.Fill("scatter.read")},
                             numbers,
                             "test.residuals.by_prediction"});
}

struct Growth {
  double rows, train, validation, low, high;
};

}  // namespace

void DrawResiduals(const Facts& facts, Section& section) {
  const View residuals = facts.run["test"]["residuals"];
  if (!residuals) return;
  DrawHistogram(facts, section, residuals);
  DrawScatter(facts, section, residuals);
}

void DrawLearning(const Facts& facts, Section& section) {
  const Language& t = facts.t;
  std::vector<Growth> steps;
  for (const View& item : facts.run["detail"]["learning_curve"].items()) {
    const auto rows = item["rows"].number();
    const auto validation = item["validation"].number();
    if (!rows || !validation) continue;
    steps.push_back({*rows, item["train"].number_or(*validation), *validation, item["low"].number_or(*validation),
                     item["high"].number_or(*validation)});
  }
  if (steps.size() < 2) return;
  std::vector<double> values;
  Points train;
  Points validation;
  Points upper;
  Points lower;
  Table numbers;
  numbers.heads = {NumberHead(t.Fill("column.rows")), NumberHead(t.Fill("learning.train")),
                   NumberHead(t.Fill("learning.validation")), NumberHead(t.Fill("column.interval"))};
  for (const Growth& s : steps) {
    for (const double v : {s.train, s.validation, s.low, s.high}) values.push_back(v);
    train.emplace_back(s.rows, s.train);
    validation.emplace_back(s.rows, s.validation);
    upper.emplace_back(s.rows, s.high);
    lower.emplace_back(s.rows, s.low);
    numbers.rows.push_back(
        {{NumberCell(t.Count(s.rows)), NumberCell(t.Number(s.train)), NumberCell(t.Number(s.validation)),
          NumberCell(t.Text("number.span", {{"low", t.Number(s.low)}, {"high", t.Number(s.high)}}))},
         "",
         ""});
  }
  const Scale x{0, steps.back().rows * 1.02};
  const Scale y = Scale::Around(values, 0.1);
  const Labels y_ticks = TickLabels(t, y, false, 5);
  const std::string metric = facts.MetricName(facts.metric);
  Plot plot(x, y, 230, LabelRoom(y_ticks), t.Text("learning.label", {{"metric", metric}}));
  PutAxes(plot, TickLabels(t, x, false, 4), y_ticks);
  plot.Area(upper, lower, "a-model").Line(train, "l-base").Line(validation, "l-model");
  for (const Growth& s : steps) plot.Dot(s.rows, s.train, "base", 3.2).Dot(s.rows, s.validation, "model", 4);
  const bool train_above = steps.back().train > steps.back().validation;
  const Growth& first = steps.front();
  plot.Label(steps.back().rows, steps.back().train, 0, train_above ? -9 : 18, "end", "lab", t.Text("learning.train"));
  plot.Label(first.rows, train_above ? first.low : first.high, 0, train_above ? 18 : -9, "start", "m",
             t.Text("learning.validation"));
  const std::string verdict = facts.Verdict();
  const Inline title = t.Has("learning." + verdict) ? t.Fill("learning." + verdict) : t.Fill("learning.title");
  const Inline read = t.Has("learning." + verdict + ".read") ? t.Fill("learning." + verdict + ".read") : Inline{};
  section.figures.push_back(
      {"", title, t.Fill("learning.lede", {{"metric", metric}}), plot.Svg(), {read}, numbers, "detail.learning_curve"});
}

void DrawFit(const Facts& facts, Section& section) {
  const Language& t = facts.t;
  const View fit = facts.run["detail"]["fit_curve"];
  Points train;
  Points valid;
  std::vector<double> values;
  for (const View& p : fit["points"].items()) {
    const auto at = p["iteration"].number();
    if (!at) continue;
    if (const auto v = p["train"].number()) {
      train.emplace_back(*at, *v);
      values.push_back(*v);
    }
    if (const auto v = p["valid"].number()) {
      valid.emplace_back(*at, *v);
      values.push_back(*v);
    }
  }
  if (valid.size() < 3) return;
  const double last = valid.back().first;
  const double best = fit["best_iteration"].number_or(last);
  const Scale x{0, last};
  const Scale y = Scale::Around(values, 0.06);
  const Labels y_ticks = TickLabels(t, y, false, 5);
  Plot plot(x, y, 230, LabelRoom(y_ticks), t.Text("fit.label"));
  PutAxes(plot, TickLabels(t, x, false, 4), y_ticks);
  plot.VerticalReference(best).Line(train, "l-base").Line(valid, "l-model");
  double best_value = valid.front().second;
  for (const auto& [at, value] : valid)
    if (at <= best) best_value = value;
  plot.Dot(best, best_value, "model", 5);
  const auto below = train.empty() ? valid.front() : train[train.size() / 4];
  const auto above = valid[valid.size() / 2];
  if (!train.empty()) plot.Label(below.first, below.second, 8, -7, "start", "lab", t.Text("fit.train"));
  plot.Label(above.first, above.second, 6, -10, "start", "m", t.Text("fit.valid"));
  const bool late = best >= 0.97 * last;
  const double width = std::abs(valid.front().second - best_value);
  const bool worse = std::abs(valid.back().second - best_value) > 0.05 * width && !late;
  const char* title = worse ? "fit.title.over" : late ? "fit.title.late" : "fit.title.flat";
  Table numbers;
  numbers.heads = {NumberHead(t.Fill("column.round")), NumberHead(t.Fill("fit.train")),
                   NumberHead(t.Fill("fit.valid"))};
  const std::size_t step = std::max<std::size_t>(1, valid.size() / 24);
  for (std::size_t i = 0; i < valid.size(); i += step)
    numbers.rows.push_back(
        {{NumberCell(t.Count(valid[i].first)), NumberCell(i < train.size() ? t.Number(train[i].second) : ""),
          NumberCell(t.Number(valid[i].second))},
         "",
         ""});
  section.figures.push_back({"",
                             t.Fill(title, {{"count", best}}),
                             t.Fill("fit.lede", {{"model", facts.ModelTitle(fit)}}),
                             plot.Svg(),
                             {t.Fill(worse  ? "fit.read.over"
                                     : late ? "fit.read.late"
                                            : "fit.read.flat",
                                     {{"count", best}})},
                             numbers,
                             "detail.fit_curve"});
}

namespace {

void DrawClasses(const Facts& facts, Section& section, const std::vector<View>& classes) {
  const Language& t = facts.t;
  double most = 0;
  double least = 1;
  for (const View& c : classes) {
    most = std::max(most, c["share"].number_or(0));
    least = std::min(least, c["share"].number_or(0));
  }
  if (!(most > 0)) return;
  const Scale scale{0, most * 1.02};
  const Labels ticks = TickLabels(t, scale, true, 3);
  Table table;
  Table numbers;
  table.css = "rows";
  table.in_box = false;
  table.heads = {{}, Head{t.Fill("target.axis"), false, true, "mk", RowAxis(scale, ticks)}, {}};
  numbers.heads = {TextHead(Code(facts.target)), NumberHead(t.Fill("column.rows")), NumberHead(t.Fill("column.share"))};
  for (std::size_t i = 0; i < classes.size() && i < 100; ++i) {
    const double share = classes[i]["share"].number_or(0);
    const Inline name = Name(classes[i]["label"].text());
    numbers.rows.push_back(
        {{TextCell(name), NumberCell(t.Count(classes[i]["rows"].number_or(0))), NumberCell(t.Percent(share))}, "", ""});
    if (i >= 20) continue;
    const bool positive = facts.binary && classes[i]["label"].text() == facts.positive;
    const std::string bar = RowMarks(scale, TickValues(ticks), 20).Bar(0, share, positive ? "model" : "base").Svg();
    table.rows.push_back(
        {{TextCell(name), {{}, bar, "class=\"mk\"", false}, {Plain(t.Percent(share)), "", "class=\"v r\"", false}},
         "",
         ""});
  }
  const bool even = most < 3 * least;
  Figure figure;
  figure.title =
      t.Fill(even ? "target.title.even" : "target.title.uneven", {{"times", t.Number(least > 0 ? most / least : 0)}});
  figure.lede = t.Fill("target.lede", {{"target", facts.target}});
  figure.body = TableHtml(table);
  figure.read = {t.Fill(even ? "target.read.even" : "target.read.uneven")};
  figure.numbers = std::move(numbers);
  figure.source = "detail.target";
  section.figures.push_back(std::move(figure));
}

}  // namespace

void DrawTarget(const Facts& facts, Section& section) {
  const Language& t = facts.t;
  const View target = facts.run["detail"]["target"];
  const Bars bars = ReadBars(target["histogram"]);
  if (!bars.fits()) {
    const std::vector<View> classes = target["classes"].items();
    if (classes.size() >= 2) DrawClasses(facts, section, classes);
    return;
  }
  Figure figure;
  figure.title = t.Fill("target.title.number", {{"target", facts.target}});
  figure.lede = t.Fill("target.lede.number", {{"target", facts.target}});
  figure.body = BarsSvg(t, bars, t.Text("target.label", {{"target", facts.target}}), 220, "base", false);
  figure.numbers = BarNumbers(t, bars);
  figure.source = "detail.target";
  section.figures.push_back(std::move(figure));
}

}  // namespace tagwerk::report
