#include "report/facts.h"

#include <algorithm>
#include <cmath>

namespace tagwerk::report {

namespace {

std::optional<MetricFact> FindMetric(const View& list, std::string_view name) {
  for (const View& item : list.items())
    if (item["name"].text() == name) return ReadMetric(item);
  return std::nullopt;
}

/// Title of a model as people read it: "boosting  63 leaves" -> "boosting, 63 leaves".
std::string Readable(std::string title) {
  for (std::size_t at = title.find("  "); at != std::string::npos; at = title.find("  "))
    title.replace(at, 2, at == 0 ? "" : ", ");
  return title;
}

}  // namespace

std::optional<MetricFact> ReadMetric(const View& view) {
  const auto value = view["value"].number();
  if (!value) return std::nullopt;
  return MetricFact{view["name"].text(),       *value,
                    view["low"].number(),      view["high"].number(),
                    view["rows"].number_or(0), view["direction"].text() == "max"};
}

std::optional<double> Decisions::Recall() const {
  return found + missed > 0 ? std::optional<double>(found / (found + missed)) : std::nullopt;
}

std::optional<double> Decisions::Precision() const {
  return found + needless > 0 ? std::optional<double>(found / (found + needless)) : std::nullopt;
}

Facts::Facts(const View& document, const Language& language) : run(document), t(language) {
  const View goal = run["goal"];
  task = goal["task"].text();
  binary = task == "binary";
  multiclass = task == "multiclass";
  regression = task == "regression";
  target = goal["target"].text();
  positive = goal["positive"].text();
  for (const View& label : goal["classes"].items())
    if (label.text() != positive && negative.empty()) negative = label.text();
  metric = goal["metric"].text();
  unit = goal["unit"].text();
  test_rows = run["split"]["test_rows"].number_or(0);
  train_rows = run["split"]["train_rows"].number_or(0);
  time_split = run["split"]["kind"].text() == "time";
}

std::optional<MetricFact> Facts::Test(std::string_view name) const { return FindMetric(run["test"]["metrics"], name); }

std::optional<MetricFact> Facts::Baseline(std::string_view name) const {
  return FindMetric(run["test"]["baseline_metrics"], name);
}

std::optional<Decisions> Facts::Counts() const {
  const View confusion = run["test"]["confusion"];
  const View labels = confusion["labels"];
  const View counts = confusion["counts"];
  if (!binary || labels.size() != 2 || counts.size() != 2) return std::nullopt;
  const std::size_t yes = labels.at(0).text() == positive ? 0 : 1;
  const std::size_t no = 1 - yes;
  const auto at = [&](std::size_t truth, std::size_t said) {
    return std::max(0.0, counts.at(truth).at(said).number_or(0));
  };
  const Decisions decisions{at(yes, yes), at(yes, no), at(no, yes), at(no, no)};
  return decisions.Rows() > 0 ? std::optional<Decisions>(decisions) : std::nullopt;
}

std::vector<std::string> Facts::UsedSuspects() const {
  std::vector<std::string> names;
  for (const View& column : run["leakage"]["columns"].items())
    if (column["kind"].text() == "suspect" && column["used"].truth()) names.push_back(column["column"].text());
  return names;
}

std::vector<View> Facts::WeakSlices() const {
  std::vector<View> weak;
  for (const View& slice : run["test"]["slices"].items()) {
    const auto value = ReadMetric(slice["metric"]);
    const auto rest =
        slice["rest"].has() && slice["rest"].number() ? slice["rest"].number() : slice["rest"]["value"].number();
    const auto q = slice["q_value"].number();
    if (!value || !rest || !q || *q >= 0.05) continue;
    if (value->more_is_better ? value->value < *rest : value->value > *rest) weak.push_back(slice);
  }
  return weak;
}

double Facts::CalibrationError() const { return run["test"]["calibration"]["error"].number_or(0); }

std::optional<double> Facts::CalibrationGap() const {
  double rows = 0;
  double outside = 0;
  double gap = 0;
  for (const View& bin : run["test"]["calibration"]["bins"].items()) {
    const auto stated = bin["predicted"].number();
    const auto seen = bin["observed"].number();
    const double n = bin["rows"].number_or(0);
    if (!stated || !seen || n <= 0) continue;
    rows += n;
    gap += n * (*seen - *stated);
    if (*stated < bin["low"].number_or(*stated) || *stated > bin["high"].number_or(*stated)) outside += n;
  }
  if (rows <= 0 || outside / rows < 0.3 || CalibrationError() < 0.03) return std::nullopt;
  return gap / rows;
}

std::optional<double> Facts::CoverageOff() const {
  for (const View& item : run["test"]["calibration"]["coverage"].items()) {
    const auto level = item["level"].number();
    const auto seen = item["observed"].number();
    if (!level || !seen || std::abs(*level - 0.9) > 1e-6) continue;
    if (*level < item["low"].number_or(0) || *level > item["high"].number_or(1)) return seen;
  }
  return std::nullopt;
}

std::optional<Drift> Facts::WorstPeriod() const {
  const std::vector<View> points = run["detail"]["time"]["points"].items();
  if (points.size() < 6) return std::nullopt;
  const std::size_t parts = points.size() >= 24 ? 4 : 2;
  std::optional<Drift> worst;
  double worst_gap = 0;
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t begin = points.size() * part / parts;
    const std::size_t end = points.size() * (part + 1) / parts;
    double rows = 0;
    Drift drift{points[begin]["when"].text(), points[end - 1]["when"].text(), 0, 0, false};
    std::vector<double> gaps;
    for (std::size_t i = begin; i < end; ++i) {
      const auto actual = points[i]["actual"].number();
      const auto expected = points[i]["expected"].number();
      if (!actual || !expected) continue;
      const double n = std::max(1.0, points[i]["rows"].number_or(1));
      rows += n;
      drift.actual += n * *actual;
      drift.expected += n * *expected;
      gaps.push_back(*actual - *expected);
    }
    if (gaps.size() < 3) continue;
    drift.actual /= rows;
    drift.expected /= rows;
    const double gap = drift.actual - drift.expected;
    double mean = 0;
    for (const double g : gaps) mean += g / double(gaps.size());
    double variance = 0;
    for (const double g : gaps) variance += (g - mean) * (g - mean) / double(gaps.size() - 1);
    const double error = std::sqrt(variance / double(gaps.size()));
    drift.clear = std::abs(gap) > 2 * error && std::abs(gap) > 0.1 * std::abs(drift.expected);
    const bool first_clear = drift.clear && !(worst && worst->clear);
    if (first_clear || (std::abs(gap) >= worst_gap && (drift.clear || !(worst && worst->clear)))) {
      worst_gap = std::abs(gap);
      worst = drift;
    }
  }
  return worst;
}

std::optional<View> Facts::BestSingle() const {
  std::optional<View> best;
  double best_rank = 0;
  for (const View& row : run["leaderboard"].items()) {
    const double rank = row["rank"].number_or(0);
    if (row["baseline"].truth() || rank <= 0) continue;
    if (!best || rank < best_rank) {
      best = row;
      best_rank = rank;
    }
  }
  return best;
}

bool Facts::Better() const { return run["test"]["better_than_baseline"]["better"].truth(); }
bool Facts::BetterKnown() const { return run["test"]["better_than_baseline"].has(); }

std::string Facts::Verdict() const {
  const std::string key = run["detail"]["learning_verdict"]["key"].text();
  constexpr std::string_view kPrefix = "learning.";
  return key.starts_with(kPrefix) ? key.substr(kPrefix.size()) : key;
}

bool Facts::TooGood() const {
  const auto with = ReadMetric(run["leakage"]["score_with"]);
  const auto without = ReadMetric(run["leakage"]["score_without"]);
  if (UsedSuspects().empty() || !with || !without) return false;
  const double gain = with->more_is_better ? with->value - without->value : without->value - with->value;
  return gain > std::max(with->HalfWidth() + without->HalfWidth(), 0.02 * std::abs(without->value));
}

std::string Facts::MetricName(std::string_view name) const {
  const std::string key = "metric." + std::string(name);
  return t.Has(key) ? t.Text(key) : std::string(name);
}

Inline Facts::BaselineName() const {
  const View baseline = run["baseline"];
  const std::string column = baseline["column"].text();
  if (!column.empty()) return t.Fill("baseline.one_column", {{"column", column}});
  const Json named = {{"model", "baseline/" + baseline["model"].text()}};
  return ModelTitle(baseline["model"].text().starts_with("baseline/") ? baseline : View(named));
}

Inline Facts::ModelTitle(const View& row) const {
  std::string title = row["model"].text();
  if (title.empty()) title = row["title"].text();
  constexpr std::string_view kBaseline = "baseline/";
  if (!title.starts_with(kBaseline)) return Name(Readable(title));
  title = title.substr(kBaseline.size());
  const std::size_t gap = std::min(title.find("  "), title.size());  // "shallow tree  depth 2"
  std::string key = "baseline." + title.substr(0, gap);
  std::replace(key.begin(), key.end(), ' ', '_');
  if (key == "baseline.one_column") key = "baseline.column";
  if (key == "baseline.prior" && regression) key = "baseline.mean";
  if (!t.Has(key)) return Name(Readable(title));
  const std::string rest = key == "baseline.shallow_tree" ? Readable(title.substr(gap)) : "";  // the others say it all
  return rest.empty() ? t.Fill(key) : t.Fill(key) + Plain(", ") + Name(rest);
}

Inline Facts::ChosenTitle() const {
  const View members = run["model"]["members"];
  if (members.size() == 1) return ModelTitle(members.at(0));
  if (members.size() > 1) return t.Fill("model.blend", {{"count", double(members.size())}});
  return t.Fill("model.chosen");
}

std::string Facts::Score(const MetricFact& fact) const {
  return fact.HalfWidth() > 0 ? t.Rounded(fact.value, fact.HalfWidth()) : t.Number(fact.value);
}

std::string Facts::ScoreInterval(const MetricFact& fact) const {
  if (!(fact.HalfWidth() > 0)) return t.Number(fact.value);
  return t.Text("number.interval", {{"value", t.Rounded(fact.value, fact.HalfWidth())},
                                    {"low", t.Rounded(*fact.low, fact.HalfWidth())},
                                    {"high", t.Rounded(*fact.high, fact.HalfWidth())}});
}

std::string Facts::ScoreSpan(const MetricFact& fact) const {
  const double half = fact.HalfWidth();
  if (!(half > 0)) return "";
  return t.Text("number.span", {{"low", t.Rounded(*fact.low, half)}, {"high", t.Rounded(*fact.high, half)}});
}

std::string Facts::Money(double value) const {
  return (std::abs(value) >= 100 ? t.Count(value) : t.Number(value)) + (unit.empty() ? "" : "\xE2\x80\xAF" + unit);
}

std::string Facts::Target(double value) const { return binary ? t.WholePercent(value) : t.Number(value); }

}  // namespace tagwerk::report
