// Ladder of models, threshold curve, ROC and precision-recall curves.
#include <algorithm>
#include <cmath>

#include "report/pictures.h"

namespace tagwerk::report {

namespace {

struct Step {
  Inline name;
  std::optional<MetricFact> validation, test;
  bool chosen = false;
};

std::optional<MetricFact> BoardScore(const View& row, bool more_is_better) {
  const auto value = row["score"].number();
  if (!value || row["status"].text() != "ok") return std::nullopt;
  return MetricFact{row["metric"].text(),       *value, row["score_low"].number(),
                    row["score_high"].number(), 0,      more_is_better};
}

/// All baselines, then the best candidate of each learner, then the chosen model; weakest first.
std::vector<Step> LadderSteps(const Facts& facts) {
  const auto test = facts.Test(facts.metric);
  const bool up = test ? test->more_is_better : facts.metric == "auc";
  std::vector<Step> steps;
  std::vector<std::string> learners;
  const std::string baseline = facts.run["baseline"]["model"].text();
  const std::vector<View> members = facts.run["model"]["members"].items();
  std::vector<View> rows = facts.run["leaderboard"].items();
  std::stable_sort(rows.begin(), rows.end(),
                   [](const View& a, const View& b) { return a["rank"].number_or(1e9) < b["rank"].number_or(1e9); });
  for (const View& row : rows) {
    const auto score = BoardScore(row, up);
    if (!score || steps.size() >= 12) continue;
    const std::string learner = row["learner"].text();
    const bool is_baseline = row["baseline"].truth();
    if (!is_baseline && std::find(learners.begin(), learners.end(), learner) != learners.end()) continue;
    if (!is_baseline) learners.push_back(learner);
    Step step{facts.ModelTitle(row), score, std::nullopt, false};
    if (is_baseline && (row["model"].text() == baseline || row["model"].text() == "baseline/" + baseline)) {
      step.name = facts.BaselineName();
      step.test = facts.Baseline(facts.metric);
    }
    if (members.size() == 1 && members[0]["title"].text() == row["model"].text()) {
      step.test = test;
      step.chosen = true;
    }
    steps.push_back(std::move(step));
  }
  std::reverse(steps.begin(), steps.end());
  const bool marked = std::any_of(steps.begin(), steps.end(), [](const Step& step) { return step.chosen; });
  if (!marked && test) steps.push_back({facts.ChosenTitle(), std::nullopt, test, true});
  return steps;
}

void Collect(const std::optional<MetricFact>& metric, std::vector<double>& values) {
  if (!metric) return;
  values.push_back(metric->low.value_or(metric->value));
  values.push_back(metric->high.value_or(metric->value));
}

Cell Marked(const std::optional<MetricFact>& metric, const Scale& scale, const std::vector<double>& grid, bool chosen) {
  if (!metric) return {{}, "", "class=\"mk\"", false};
  RowMarks marks(scale, grid, 26);
  const char* css = chosen ? "model" : "base";
  if (metric->low && metric->high) marks.Interval(*metric->low, *metric->high, css);
  return {{}, marks.Dot(metric->value, css).Svg(), "class=\"mk\"", false};
}

Cell Printed(const Facts& facts, const std::optional<MetricFact>& metric) {
  return {metric ? Plain(facts.Score(*metric)) : Inline{}, "", "class=\"v r\"", false};
}

Inline LadderTitle(const Facts& facts) {
  const Language& t = facts.t;
  if (!facts.BetterKnown()) return t.Fill("ladder.title");
  if (!facts.Better()) return t.Fill("ladder.title.not_better", {{"baseline", facts.BaselineName()}});
  const View single = facts.run["test"]["versus_best_single"];
  return single.has() && !single["better"].truth() ? t.Fill("ladder.title.not_single") : t.Fill("ladder.title.better");
}

Table LadderNumbers(const Facts& facts, const std::vector<Step>& steps) {
  const Language& t = facts.t;
  Table table;
  table.heads = {TextHead(t.Fill("column.model")), NumberHead(t.Fill("column.validation")),
                 NumberHead(t.Fill("column.interval")), NumberHead(t.Fill("column.test")),
                 NumberHead(t.Fill("column.interval"))};
  for (const Step& step : steps) {
    const auto span = [&](const std::optional<MetricFact>& m) {
      return m && m->HalfWidth() > 0 ? t.Text("number.span", {{"low", t.Rounded(*m->low, m->HalfWidth())},
                                                              {"high", t.Rounded(*m->high, m->HalfWidth())}})
                                     : std::string();
    };
    table.rows.push_back({{TextCell(step.name), NumberCell(step.validation ? facts.Score(*step.validation) : ""),
                           NumberCell(span(step.validation)), NumberCell(step.test ? facts.Score(*step.test) : ""),
                           NumberCell(span(step.test))},
                          step.chosen ? "hl" : "",
                          ""});
  }
  return table;
}

}  // namespace

void DrawLadder(const Facts& facts, Section& section) {
  const Language& t = facts.t;
  const std::vector<Step> steps = LadderSteps(facts);
  if (steps.size() < 2) return;
  std::vector<double> values;
  for (const Step& step : steps) {
    Collect(step.validation, values);
    Collect(step.test, values);
  }
  if (values.empty()) return;
  const Scale scale = Scale::Around(values);
  const Labels ticks = TickLabels(t, scale, false, 4);
  const std::vector<double> grid = TickValues(ticks);
  const bool up = steps.back().test ? steps.back().test->more_is_better
                                    : steps.front().validation && steps.front().validation->more_is_better;
  const Inline better = t.Fill(up ? "phrase.higher_better" : "phrase.lower_better");
  Table table;
  table.css = "rows ladder";
  table.in_box = false;
  const auto head = [&](const char* key) {
    return Head{t.Fill(key, {{"metric", facts.MetricName(facts.metric)}, {"better", better}}), false, true, "mk",
                RowAxis(scale, ticks)};
  };
  table.heads = {
      Head{t.Fill("column.model"), false, true, "", ""}, head("ladder.validation"), {}, head("ladder.test"), {}};
  for (const Step& step : steps) {
    Cell name = TextCell(step.chosen && !(step.validation) ? step.name : step.name);
    if (step.chosen) name.text = name.text + Plain(" ") + t.Fill("phrase.chosen");
    table.rows.push_back({{name, Marked(step.validation, scale, grid, step.chosen), Printed(facts, step.validation),
                           Marked(step.test, scale, grid, step.chosen), Printed(facts, step.test)},
                          step.chosen ? "hl" : "",
                          ""});
  }
  section.figures.push_back({"w12",
                             LadderTitle(facts),
                             t.Fill("ladder.lede", {{"count", facts.test_rows}}),
                             TableHtml(table),
                             {},
                             LadderNumbers(facts, steps),
                             "leaderboard, test.metrics"});
}

namespace {

struct Cut {
  double at, found, missed, needless, quiet;
  std::optional<double> value;
};

std::vector<Cut> Cuts(const View& thresholds) {
  std::vector<Cut> cuts;
  for (const View& p : thresholds["points"].items())
    if (const auto at = p["threshold"].number())
      cuts.push_back({*at, p["true_positive"].number_or(0), p["false_negative"].number_or(0),
                      p["false_positive"].number_or(0), p["true_negative"].number_or(0), p["value"].number()});
  std::sort(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) { return a.at < b.at; });
  return cuts;
}

Table CutNumbers(const Facts& facts, const std::vector<Cut>& cuts, bool with_value) {
  const Language& t = facts.t;
  Table table;
  table.heads = {NumberHead(t.Fill("column.threshold")), NumberHead(t.Fill("column.found")),
                 NumberHead(t.Fill("column.missed")), NumberHead(t.Fill("column.needless")),
                 NumberHead(t.Fill("column.quiet"))};
  if (with_value) table.heads.push_back(NumberHead(t.Fill("column.value")));
  const std::size_t step = std::max<std::size_t>(1, cuts.size() / 20);
  for (std::size_t i = 0; i < cuts.size(); i += step) {
    const Cut& c = cuts[i];
    Row row{{NumberCell(t.WholePercent(c.at)), NumberCell(t.Count(c.found)), NumberCell(t.Count(c.missed)),
             NumberCell(t.Count(c.needless)), NumberCell(t.Count(c.quiet))},
            "",
            ""};
    if (with_value) row.cells.push_back(NumberCell(c.value ? facts.Money(*c.value) : ""));
    table.rows.push_back(std::move(row));
  }
  return table;
}

void DrawValueCurve(const Facts& facts, Section& section, const std::vector<Cut>& cuts, double chosen) {
  const Language& t = facts.t;
  const View thresholds = facts.run["test"]["thresholds"];
  Points line;
  std::vector<double> values;
  for (const Cut& cut : cuts)
    if (cut.value) {
      line.emplace_back(cut.at, *cut.value);
      values.push_back(*cut.value);
    }
  const auto nothing = thresholds["value_nothing"].number();
  const double at_chosen = thresholds["value_model"].number_or(0);
  if (nothing) values.push_back(*nothing);
  const Scale x{0, 1};
  const Scale y = Scale::Around(values, 0.08);
  const Labels y_ticks = TickLabels(t, y, false, 5);
  Plot plot(x, y, 250, LabelRoom(y_ticks), t.Text("threshold.value.label", {{"unit", facts.unit}}));
  PutAxes(plot, TickLabels(t, x, true, 5), y_ticks);
  plot.VerticalReference(chosen);
  if (nothing)
    plot.HorizontalReference(*nothing).Label(1, *nothing, 0, -7, "end", "lab",
                                             t.Text("threshold.nothing", {{"value", facts.Money(*nothing)}}));
  plot.Line(line, "l-model").Dot(chosen, at_chosen, "model", 5.5);
  plot.Label(chosen, at_chosen, chosen > 0.35 ? -8 : 8, 20, chosen > 0.35 ? "end" : "start", "m",
             t.Text("threshold.here", {{"threshold", t.WholePercent(chosen)}, {"value", facts.Money(at_chosen)}}));
  const auto [low_value, high_value] =
      std::minmax_element(line.begin(), line.end(), [](auto& a, auto& b) { return a.second < b.second; });
  double low = chosen;
  double high = chosen;
  const double good_enough = at_chosen - 0.05 * (high_value->second - low_value->second);
  for (auto it = line.rbegin(); it != line.rend(); ++it) {
    if (it->first > chosen) continue;
    if (it->second < good_enough) break;
    low = it->first;
  }
  for (const auto& [at, value] : line) {
    if (at < chosen) continue;
    if (value < good_enough) break;
    high = at;
  }
  std::vector<Inline> read;
  if (high - low > 0.08)
    read.push_back(t.Fill("threshold.flat", {{"low", t.WholePercent(low)}, {"high", t.WholePercent(high)}}));
  read.push_back(t.Fill("threshold.move"));
  section.figures.push_back({"", t.Fill("threshold.value.title"),
                             t.Fill("threshold.value.lede", {{"rows", t.Count(thresholds["per_rows"].number_or(1000))},
                                                             {"positive", facts.positive}}),
                             plot.Svg(), read, CutNumbers(facts, cuts, true), "test.thresholds"});
}

void DrawShareCurve(const Facts& facts, Section& section, const std::vector<Cut>& cuts, double chosen) {
  const Language& t = facts.t;
  Points found;
  Points right;
  for (const Cut& c : cuts) {
    if (c.found + c.missed > 0) found.emplace_back(c.at, c.found / (c.found + c.missed));
    if (c.found + c.needless > 0) right.emplace_back(c.at, c.found / (c.found + c.needless));
  }
  if (found.size() < 2) return;
  const Scale unit{0, 1};
  const Labels ticks = TickLabels(t, unit, true, 5);
  Plot plot(unit, unit, 250, LabelRoom(ticks), t.Text("threshold.share.label"));
  PutAxes(plot, ticks, ticks);
  plot.VerticalReference(chosen).Line(right, "l-base").Line(found, "l-model");
  const auto middle = found[found.size() / 3];
  plot.Label(middle.first, middle.second, 6, -10, "start", "m", t.Text("threshold.found"));
  if (right.size() > 2)
    plot.Label(right[right.size() / 5].first, right[right.size() / 5].second, 6, 18, "start", "lab",
               t.Text("threshold.right"));
  plot.Label(chosen, 0, 6, -8, "start", "lab", t.Text("threshold.bar", {{"threshold", t.WholePercent(chosen)}}));
  section.figures.push_back({"",
                             t.Fill("threshold.share.title"),
                             t.Fill("threshold.share.lede", {{"positive", facts.positive}}),
                             plot.Svg(),
                             {t.Fill("threshold.share.read")},
                             CutNumbers(facts, cuts, false),
                             "test.thresholds"});
}

Points PointsOf(const View& list) {
  Points points;
  for (const View& item : list.items()) {
    const std::vector<double> pair = item.numbers();
    if (pair.size() == 2) points.emplace_back(pair[0], pair[1]);
  }
  return points;
}

Table PointNumbers(const Language& t, const Points& points, const char* first, const char* second) {
  Table table;
  table.heads = {NumberHead(t.Fill(first)), NumberHead(t.Fill(second))};
  for (const auto& [x, y] : Thinned(points, 20))
    table.rows.push_back({{NumberCell(t.WholePercent(x)), NumberCell(t.WholePercent(y))}, "", ""});
  return table;
}

}  // namespace

void DrawThresholds(const Facts& facts, Section& section) {
  const View thresholds = facts.run["test"]["thresholds"];
  const std::vector<Cut> cuts = Cuts(thresholds);
  if (cuts.size() < 3) return;
  const double chosen = thresholds["chosen"].number_or(facts.run["goal"]["threshold"].number_or(0.5));
  const bool valued = std::count_if(cuts.begin(), cuts.end(), [](const Cut& c) { return c.value.has_value(); }) >= 3;
  if (valued)
    DrawValueCurve(facts, section, cuts, chosen);
  else
    DrawShareCurve(facts, section, cuts, chosen);
}

void DrawCurves(const Facts& facts, Section& section) {
  const Language& t = facts.t;
  const Points roc = PointsOf(facts.run["test"]["curves"]["roc"]);
  const Points pr = PointsOf(facts.run["test"]["curves"]["precision_recall"]);
  const Scale unit{0, 1};
  const Labels ticks = TickLabels(t, unit, true, 5);
  if (roc.size() >= 3) {
    Plot plot(unit, unit, 250, LabelRoom(ticks), t.Text("roc.label"));
    PutAxes(plot, ticks, ticks);
    plot.Line({{0, 0}, {1, 1}}, "l-base l-dash")
        .Label(0.62, 0.62, 8, 14, "start", "", t.Text("roc.guessing"))
        .Line(roc, "l-model");
    const auto auc = facts.Test("auc");
    const Inline title =
        auc ? t.Fill("roc.title", {{"right", t.Count(std::round(auc->value * 100))}}) : t.Fill("roc.title.plain");
    section.figures.push_back({"",
                               title,
                               t.Fill("roc.lede", {{"positive", facts.positive}}),
                               plot.Svg(),
                               {auc ? t.Fill("roc.read", {{"auc", facts.ScoreInterval(*auc)}}) : Inline{}},
                               PointNumbers(t, roc, "column.false_alarms", "column.found_share"),
                               "test.curves.roc"});
  }
  if (pr.size() >= 3) {
    Plot plot(unit, unit, 250, LabelRoom(ticks), t.Text("pr.label"));
    PutAxes(plot, ticks, ticks);
    if (const auto counts = facts.Counts()) {
      const double share = (counts->found + counts->missed) / counts->Rows();
      plot.HorizontalReference(share).Label(0, share, 6, -7, "start", "",
                                            t.Text("pr.guessing", {{"share", t.Percent(share)}}));
    }
    plot.Line(pr, "l-model");
    section.figures.push_back({"",
                               t.Fill("pr.title"),
                               t.Fill("pr.lede", {{"positive", facts.positive}}),
                               plot.Svg(),
                               {t.Fill("pr.read")},
                               PointNumbers(t, pr, "column.found_share", "column.right_share"),
                               "test.curves.precision_recall"});
  }
}

}  // namespace tagwerk::report
