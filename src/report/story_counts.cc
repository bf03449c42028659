// The three figures and the 100 cases: counts before percentages, percentages before metrics.
#include <algorithm>
#include <cmath>

#include "report/chart.h"
#include "report/story.h"

namespace tagwerk::report {

namespace {

Inline SmallMetric(const Facts& facts, const MetricFact& metric, const std::optional<MetricFact>& base) {
  const Values values = {{"metric", facts.MetricName(metric.name)},
                         {"model", facts.ScoreInterval(metric)},
                         {"base", base ? facts.Score(*base) : std::string()}};
  return facts.t.Fill(base ? "stats.small.base" : "stats.small", values);
}

void AddShare(const Facts& facts, Story& story, std::string_view name, std::string_view key) {
  const auto metric = facts.Test(name);
  if (!metric) return;
  story.stats.push_back({facts.t.Count(std::round(metric->value * 100)),
                         facts.t.Fill(key, {{"target", facts.target}, {"positive", facts.positive}}),
                         SmallMetric(facts, *metric, facts.Baseline(name))});
}

bool AddValues(const Facts& facts, Story& story) {
  const View costs = facts.run["test"]["thresholds"];
  const auto model = costs["value_model"].number();
  const auto nothing = costs["value_nothing"].number();
  const auto base = costs["value_baseline"].number();
  if (!model || !nothing || !base) return false;
  const Language& t = facts.t;
  const std::string rows = t.Count(costs["per_rows"].number_or(1000));
  const auto add = [&](double other, const char* key, const char* small) {
    story.stats.push_back({facts.Money(*model - other),
                           t.Fill(key, {{"rows", rows}, {"baseline", facts.BaselineName()}}),
                           t.Fill(small, {{"model", facts.Money(*model)}, {"other", facts.Money(other)}})});
  };
  add(*nothing, "stats.value.nothing", "stats.value.small");
  add(*base, "stats.value.base", "stats.value.small");
  return true;
}

void AddRegression(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  for (const View& item : facts.run["test"]["residuals"]["within"].items()) {
    const double share = item["share"].number_or(0);
    const auto error = item["error"].number();
    if (!error || (std::abs(share - 0.5) > 1e-9 && std::abs(share - 0.9) > 1e-9)) continue;
    const auto mae = facts.Test("mae");
    story.stats.push_back({t.Number(*error), t.Fill(share < 0.6 ? "stats.within.half" : "stats.within.most"),
                           share < 0.6 && mae ? SmallMetric(facts, *mae, facts.Baseline("mae"))
                                              : t.Fill("stats.rows", {{"count", facts.test_rows}})});
  }
  const auto r2 = facts.Test("r2");
  if (r2)
    story.stats.push_back({t.Count(std::round(std::max(0.0, r2->value) * 100)),
                           t.Fill("stats.r2", {{"target", facts.target}}),
                           SmallMetric(facts, *r2, facts.Baseline("r2"))});
}

void AddMulticlass(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  AddShare(facts, story, "accuracy", "stats.accuracy");
  AddShare(facts, story, "balanced_accuracy", "stats.balanced");
  const auto model = facts.Test("accuracy");
  const auto base = facts.Baseline("accuracy");
  if (model && base && base->value < 1)
    story.stats.push_back({t.Count(std::round((1 - model->value) * 100)), t.Fill("stats.wrong"),
                           t.Fill("stats.wrong.small", {{"base", t.Count(std::round((1 - base->value) * 100))},
                                                        {"baseline", facts.BaselineName()}})});
}

void HundredBinary(const Facts& facts, Story& story) {
  const auto counts = facts.Counts();
  if (!counts) return;
  const std::vector<int> whole = Hundred({counts->found, counts->missed, counts->needless, counts->quiet});
  for (int kind = 0; kind < 4; ++kind) story.hundreds.shapes.emplace_back(kind, whole[std::size_t(kind)]);
  for (const char* key : {"waffle.found", "waffle.missed", "waffle.needless", "waffle.quiet"})
    story.hundreds.keys.push_back(facts.t.Fill(key, {{"positive", facts.positive}, {"negative", facts.negative}}));
  story.hundreds.note = facts.t.Fill("waffle.note", {{"count", counts->Rows()}});
}

void HundredMulticlass(const Facts& facts, Story& story) {
  const View confusion = facts.run["test"]["confusion"];
  const std::vector<View> labels = confusion["labels"].items();
  double right = 0;
  double wrong = 0;
  double most = 0;
  std::pair<std::size_t, std::size_t> pair;
  for (std::size_t truth = 0; truth < labels.size(); ++truth)
    for (std::size_t said = 0; said < labels.size(); ++said) {
      const double n = std::max(0.0, confusion["counts"].at(truth).at(said).number_or(0));
      (truth == said ? right : wrong) += n;
      if (truth != said && n > most) {
        most = n;
        pair = {truth, said};
      }
    }
  if (right + wrong <= 0) return;
  const std::vector<int> whole = Hundred({right, most, wrong - most});
  story.hundreds.shapes = {{0, whole[0]}, {1, whole[1]}, {2, whole[2]}};
  story.hundreds.keys = {facts.t.Fill("waffle.right"),
                         most > 0 ? facts.t.Fill("waffle.confused", {{"truth", labels[pair.first].text()},
                                                                     {"said", labels[pair.second].text()}})
                                  : facts.t.Fill("waffle.no_confusion"),
                         facts.t.Fill("waffle.wrong")};
  while (story.hundreds.shapes.size() > 1 && story.hundreds.shapes.back().second == 0) {
    story.hundreds.shapes.pop_back();
    story.hundreds.keys.pop_back();
  }
  story.hundreds.note = facts.t.Fill("waffle.note", {{"count", right + wrong}});
}

void HundredRegression(const Facts& facts, Story& story) {
  std::vector<std::pair<double, double>> steps;  // share, error
  for (const View& item : facts.run["test"]["residuals"]["within"].items()) {
    const auto share = item["share"].number();
    const auto error = item["error"].number();
    if (share && error && *share > 0 && *share < 1) steps.emplace_back(*share, *error);
  }
  std::sort(steps.begin(), steps.end());
  std::vector<std::pair<double, double>> kept;
  for (const double want : {0.5, 0.8, 0.95})
    for (const auto& step : steps)
      if (std::abs(step.first - want) < 1e-9) kept.push_back(step);
  if (kept.empty()) return;
  double before = 0;
  static constexpr int kKinds[] = {0, 2, 3};
  for (std::size_t i = 0; i < kept.size() && i < 3; ++i) {
    story.hundreds.shapes.emplace_back(kKinds[i], int(std::lround((kept[i].first - before) * 100)));
    story.hundreds.keys.push_back(i == 0 ? facts.t.Fill("waffle.within", {{"error", facts.t.Number(kept[i].second)}})
                                         : facts.t.Fill("waffle.between", {{"low", facts.t.Number(kept[i - 1].second)},
                                                                           {"high", facts.t.Number(kept[i].second)}}));
    before = kept[i].first;
  }
  story.hundreds.shapes.emplace_back(1, 100 - int(std::lround(before * 100)));
  story.hundreds.keys.push_back(facts.t.Fill("waffle.beyond", {{"error", facts.t.Number(kept.back().second)}}));
  story.hundreds.note = facts.t.Fill("waffle.note.regression", {{"count", facts.test_rows}});
}

}  // namespace

void TellStats(const Facts& facts, Story& story) {
  if (facts.regression) AddRegression(facts, story);
  if (facts.multiclass) AddMulticlass(facts, story);
  if (facts.binary) {
    if (!AddValues(facts, story)) {
      AddShare(facts, story, "recall", "stats.recall");
      AddShare(facts, story, "precision", "stats.precision");
    }
    AddShare(facts, story, "auc", "stats.auc");
  }
  if (story.stats.size() > 3) story.stats.resize(3);
}

void TellHundreds(const Facts& facts, Story& story) {
  story.hundreds.title =
      facts.t.Fill(facts.regression   ? "waffle.title.regression"
                   : facts.time_split ? "waffle.title.time"
                                      : "waffle.title",
                   {{"from", facts.run["split"]["from"].text()}, {"to", facts.run["split"]["to"].text()}});
  if (facts.binary) HundredBinary(facts, story);
  if (facts.multiclass) HundredMulticlass(facts, story);
  if (facts.regression) HundredRegression(facts, story);
}

}  // namespace tagwerk::report
