// Where and when it holds: expectation against reality over time, and in parts of the data.
#include <algorithm>
#include <cmath>

#include "report/pictures.h"

namespace tagwerk::report {

namespace {

struct Moment {
  std::string when;
  double rows, actual, expected;
};

std::vector<Moment> Moments(const Facts& facts) {
  std::vector<Moment> moments;
  for (const View& p : facts.run["detail"]["time"]["points"].items()) {
    const auto actual = p["actual"].number();
    const auto expected = p["expected"].number();
    if (actual && expected) moments.push_back({p["when"].text(), p["rows"].number_or(0), *actual, *expected});
  }
  return moments;
}

/// A difference that stands out: beyond twice the usual one of the days.
double Remarkable(const std::vector<Moment>& moments) {
  std::vector<double> gaps;
  for (const Moment& m : moments) gaps.push_back(std::abs(m.actual - m.expected));
  std::nth_element(gaps.begin(), gaps.begin() + std::ptrdiff_t(gaps.size() / 2), gaps.end());
  return 2.5 * 1.4826 * gaps[gaps.size() / 2];
}

Table TimeNumbers(const Facts& facts, const std::vector<Moment>& moments) {
  const Language& t = facts.t;
  Table table;
  table.heads = {TextHead(t.Fill("column.when")), NumberHead(t.Fill("column.rows")),
                 NumberHead(t.Fill("column.expected")), NumberHead(t.Fill("column.actual"))};
  for (const Moment& m : moments)
    table.rows.push_back({{TextCell(Plain(m.when.substr(0, 10))), NumberCell(t.Count(m.rows)),
                           NumberCell(facts.Target(m.expected)), NumberCell(facts.Target(m.actual))},
                          "",
                          ""});
  return table;
}

std::string SliceName(const View& slice) { return slice["column"].text() + " = " + slice["value"].text(); }

double Rest(const View& slice) {
  return slice["rest"].number() ? *slice["rest"].number() : slice["rest"]["value"].number_or(0);
}

bool IsWeak(const Facts& facts, const View& slice) {
  for (const View& weak : facts.WeakSlices())
    if (SliceName(weak) == SliceName(slice)) return true;
  return false;
}

}  // namespace

void DrawTime(const Facts& facts, Section& section) {
  const Language& t = facts.t;
  const std::vector<Moment> moments = Moments(facts);
  if (moments.size() < 3) return;
  std::vector<double> values;
  for (const Moment& m : moments) {
    values.push_back(m.actual);
    values.push_back(m.expected);
  }
  Scale y = Scale::Around(values, 0.08);
  if (facts.binary) y.low = 0;
  const Scale x{0, double(moments.size() - 1)};
  const Labels y_ticks = TickLabels(t, y, facts.binary, 5);
  Labels x_ticks;
  const std::size_t parts = moments.size() >= 5 ? 4 : 2;
  for (std::size_t i = 0; i <= parts; ++i) {
    const std::size_t at = (moments.size() - 1) * i / parts;
    x_ticks.emplace_back(double(at), t.DayMonth(moments[at].when));
  }
  Plot plot(x, y, 245, LabelRoom(y_ticks), t.Text("time.label", {{"target", facts.target}}));
  PutAxes(plot, x_ticks, y_ticks);
  const double limit = Remarkable(moments);
  Points expected;
  std::size_t worst = 0;
  std::size_t remarkable = 0;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const Moment& m = moments[i];
    expected.emplace_back(double(i), m.expected);
    const bool off = std::abs(m.actual - m.expected) > limit;
    remarkable += off ? 1 : 0;
    plot.Dot(
        double(i), m.actual, off ? "bad" : "base", 3.2,
        t.Text("time.tip",
               {{"when", t.Date(m.when)}, {"expected", facts.Target(m.expected)}, {"actual", facts.Target(m.actual)}}));
    if (std::abs(m.actual - m.expected) > std::abs(moments[worst].actual - moments[worst].expected)) worst = i;
  }
  plot.Line(expected, "l-model");
  if (remarkable > 0)
    plot.Label(double(worst), moments[worst].actual, worst > moments.size() / 2 ? -8 : 8, 4,
               worst > moments.size() / 2 ? "end" : "start", "b",
               t.DayMonth(moments[worst].when) + ": " + facts.Target(moments[worst].actual));
  const auto drift = facts.WorstPeriod();
  const bool clear = drift && drift->clear;
  const Values words = clear ? Values{{"from", t.Date(drift->from)},
                                      {"to", t.Date(drift->to)},
                                      {"expected", facts.Target(drift->expected)},
                                      {"actual", facts.Target(drift->actual)}}
                             : Values{};
  const char* more = !clear || drift->actual < drift->expected ? "time.title.high"
                     : drift->Wide()                           ? "time.title.low"
                                                               : "time.title.some";
  section.figures.push_back({"w12",
                             clear ? t.Fill(more, words) : t.Fill("time.title.fine"),
                             t.Fill("time.lede", {{"target", facts.target}}),
                             plot.Svg(),
                             {clear ? t.Fill("time.read.off", words) : t.Fill("time.read.fine")},
                             TimeNumbers(facts, moments),
                             "detail.time"});
}

namespace {

/// Both axes of the slices: the metric, and the mean of prediction and truth.
struct SliceAxes {
  std::string metric;
  Scale scale, share;
  Labels ticks, share_ticks;
};

std::optional<SliceAxes> Axes(const Facts& facts, const std::vector<View>& slices) {
  SliceAxes axes;
  std::vector<double> values;
  std::vector<double> shares;
  for (const View& slice : slices) {
    const auto m = ReadMetric(slice["metric"]);
    if (!m) continue;
    axes.metric = facts.MetricName(m->name);
    for (const double v : {m->value, m->low.value_or(m->value), m->high.value_or(m->value), Rest(slice)})
      values.push_back(v);
    if (slice["expected"].number() && slice["actual"].number()) {
      shares.push_back(*slice["expected"].number());
      shares.push_back(*slice["actual"].number());
    }
  }
  if (values.empty()) return std::nullopt;
  axes.scale = Scale::Around(values);
  axes.share = Scale::Around(shares, 0.08);
  if (facts.binary) axes.share.low = 0;
  axes.ticks = TickLabels(facts.t, axes.scale, false, 3);
  axes.share_ticks = TickLabels(facts.t, axes.share, facts.binary, 3);
  return axes;
}

Inline SliceTitle(const View& slice) {
  return Code(slice["column"].text()) + Plain(" = ") + Name(slice["value"].text());
}

Row SliceMarks(const Facts& facts, const SliceAxes& axes, const View& slice, const MetricFact& m) {
  const char* css = IsWeak(facts, slice) ? "bad" : "model";
  RowMarks marks(axes.scale, TickValues(axes.ticks), 20);
  marks.Reference(Rest(slice));
  if (m.low && m.high) marks.Interval(*m.low, *m.high, css);
  marks.Dot(m.value, css, 4);
  const auto expected = slice["expected"].number();
  const auto actual = slice["actual"].number();
  std::string second;
  if (expected && actual)
    second = RowMarks(axes.share, TickValues(axes.share_ticks), 20)
                 .Interval(std::min(*expected, *actual), std::max(*expected, *actual), "base")
                 .Dot(*actual, "base", 4)
                 .Tick(*expected, "model")
                 .Svg();
  return {{TextCell(SliceTitle(slice)),
           {Plain(facts.t.Count(slice["rows"].number_or(0))), "", "class=\"v r opt faint\"", false},
           {{}, marks.Svg(), "class=\"mk\"", false},
           {Plain(facts.Score(m)), "", "class=\"v r\"", false},
           {{}, second, "class=\"mk opt\"", false}},
          "",
          ""};
}

Row SliceNumbers(const Facts& facts, const View& slice, const MetricFact& m) {
  const Language& t = facts.t;
  const auto q = slice["q_value"].number();
  const auto expected = slice["expected"].number();
  const auto actual = slice["actual"].number();
  const double half = m.HalfWidth();
  return {{TextCell(SliceTitle(slice)), NumberCell(t.Count(slice["rows"].number_or(0))), NumberCell(facts.Score(m)),
           NumberCell(facts.ScoreSpan(m)), NumberCell(half > 0 ? t.Rounded(Rest(slice), half) : t.Number(Rest(slice))),
           NumberCell(q ? t.Number(*q) : ""), NumberCell(expected ? facts.Target(*expected) : ""),
           NumberCell(actual ? facts.Target(*actual) : "")},
          "",
          ""};
}

}  // namespace

void DrawSlices(const Facts& facts, Section& section) {
  const Language& t = facts.t;
  const std::vector<View> slices = facts.run["test"]["slices"].items();
  const auto axes = Axes(facts, slices);
  if (!axes) return;
  Table table;
  Table numbers;
  table.css = "rows slice";
  table.in_box = false;
  table.heads = {
      Head{t.Fill("column.slice"), false, true, "", ""},
      Head{t.Fill("column.rows"), true, true, "opt", ""},
      Head{Plain(axes->metric), false, true, "mk", RowAxis(axes->scale, axes->ticks)},
      {},
      Head{t.Fill("slices.expected_actual"), false, true, "mk opt", RowAxis(axes->share, axes->share_ticks)}};
  numbers.heads = {TextHead(t.Fill("column.slice")),      NumberHead(t.Fill("column.rows")),
                   NumberHead(Plain(axes->metric)),       NumberHead(t.Fill("column.interval")),
                   NumberHead(t.Fill("column.rest")),     NumberHead(t.Fill("column.q")),
                   NumberHead(t.Fill("column.expected")), NumberHead(t.Fill("column.actual"))};
  for (const View& slice : slices) {
    const auto m = ReadMetric(slice["metric"]);
    if (!m) continue;
    table.rows.push_back(SliceMarks(facts, *axes, slice, *m));
    numbers.rows.push_back(SliceNumbers(facts, slice, *m));
  }
  const std::vector<View> weak = facts.WeakSlices();
  Inline title = t.Fill("slices.title.fine");
  Inline read = t.Fill("slices.read.fine");
  if (!weak.empty()) {
    title = t.Fill("slices.title.weak", {{"column", weak[0]["column"].text()}, {"value", weak[0]["value"].text()}});
    read = t.Fill("slices.read.weak", {{"count", double(weak.size())}});
  }
  section.figures.push_back({"w12", title, t.Fill("slices.lede"), TableHtml(table), {read}, numbers, "test.slices"});
}

}  // namespace tagwerk::report
