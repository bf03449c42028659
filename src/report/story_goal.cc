// What was asked of decisions (costs, capacity, bar) and what they turned out to be worth.
#include <cmath>

#include "report/story.h"

namespace tagwerk::report {

namespace {

void AskedBar(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  const View decision = facts.run["test"]["decision"];
  const auto threshold = facts.run["goal"]["threshold"].number();
  if (!facts.binary || !threshold) return;
  const std::string rule = decision["rule"].text();
  std::string key = facts.run["goal"]["value"].size() > 0 ? "asked.bar.costs" : "asked.bar.plain";
  if (t.Has("asked.bar." + rule)) key = "asked.bar." + rule;
  const auto f1 = [&](const char* name) { return t.Rounded(decision[name].number_or(0), 0.01); };
  story.asked.push_back(t.Fill(key, {{"threshold", t.Percent(*threshold)},
                                     {"positive", facts.positive},
                                     {"metric", facts.MetricName(facts.metric)},
                                     {"f1", f1("validation_f1")},
                                     {"half", f1("validation_f1_at_half")}}));
}

void Gained(const Facts& facts, Story& story, const View& gain, double rows) {
  const auto low = gain["low"].number(), high = gain["high"].number();
  const std::string over = "good.gain." + gain["over"].text();
  if (!low || !high || !facts.t.Has(over)) return;
  story.good.push_back(
      facts.t.Fill(*low > 0 ? "good.gain" : "good.gain.less", {{"gain", facts.Money(gain["difference"].number_or(0))},
                                                               {"over", facts.t.Text(over)},
                                                               {"low", facts.Money(*low)},
                                                               {"high", facts.Money(*high)},
                                                               {"count", facts.t.Count(rows)}}));
}

void WorthOfCosts(const Facts& facts, Story& story) {
  const View value = facts.run["test"]["decision"]["value"];
  const auto model = value["model"].number(), nothing = value["nothing"].number(), base = value["baseline"].number();
  if (!model || !nothing || !base) return;
  const double rows = value["per_rows"].number_or(1000);
  story.good.push_back(facts.t.Fill("good.value", {{"count", facts.t.Count(rows)},
                                                   {"nothing", facts.Money(*nothing)},
                                                   {"base", facts.Money(*base)},
                                                   {"model", facts.Money(*model)}}));
  Gained(facts, story, value["gain"], rows);
}

void WorthOfCapacity(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  const View capacity = facts.run["test"]["decision"]["capacity"];
  const View model = capacity["model"];
  const auto right = model["precision"].number();
  if (!right) return;
  story.good.push_back(t.Fill("good.capacity", {{"share", t.Percent(capacity["share"].number_or(0))},
                                                {"right", t.OfHundred(*right)},
                                                {"low", t.OfHundred(model["low"].number_or(0))},
                                                {"high", t.OfHundred(model["high"].number_or(0))},
                                                {"found", t.OfHundred(model["found_share"].number_or(0))},
                                                {"chance", t.OfHundred(capacity["chance"].number_or(0))}}));
}

void WorthOfSteps(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  const View ordinal = facts.run["test"]["ordinal"];
  const auto exact = ordinal["exact"].number(), mean = ordinal["mean_steps"]["value"].number();
  if (!exact || !mean) return;
  story.good.push_back(
      t.Fill("good.ordinal", {{"exact", t.OfHundred(*exact)},
                              {"near", t.OfHundred(ordinal["within_one"].number_or(0))},
                              {"steps", t.Fixed(*mean, 2)},
                              {"kappa", t.Fixed(ordinal["quadratic_kappa"]["value"].number_or(0), 2)}}));
}

void WorthOfRegret(const Facts& facts, Story& story) {
  const View regret = facts.run["test"]["decision"]["regret"];
  const auto model = regret["model"].number();
  if (!model) return;
  const double rows = regret["per_rows"].number_or(1000);
  story.good.push_back(facts.t.Fill("good.regret", {{"model", facts.Money(*model)},
                                                    {"plain", facts.Money(regret["undecided"].number_or(0))},
                                                    {"base", facts.Money(regret["baseline"].number_or(0))},
                                                    {"count", facts.t.Count(rows)}}));
  Gained(facts, story, regret["gain"], rows);
}

}  // namespace

void TellGoal(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  const View goal = facts.run["goal"];
  const View costs = goal["value"];
  if (facts.binary && costs.size() > 0) {
    const auto money = [&](const char* key) { return facts.Money(costs[key].number_or(0)); };
    story.asked.push_back(t.Fill("asked.costs", {{"found", money("true_positive")},
                                                 {"missed", money("false_negative")},
                                                 {"needless", money("false_positive")},
                                                 {"quiet", money("true_negative")}}));
  }
  const View capacity = goal["capacity"];
  if (const std::string per = "period." + capacity["per"].text(); t.Has(per))
    story.asked.push_back(t.Fill("asked.capacity", {{"actions", t.Count(capacity["actions"].number_or(0))},
                                                    {"per", t.Text(per)},
                                                    {"rows", t.Count(capacity["rows_per_period"].number_or(0))},
                                                    {"share", t.Percent(capacity["share"].number_or(0))}}));
  const View regret = goal["regret"];
  if (regret.size() > 0)
    story.asked.push_back(t.Fill(
        "asked.regret", {{"under", facts.Money(regret["under"].number_or(0))},
                         {"over", facts.Money(regret["over"].number_or(0))},
                         {"share", t.Percent(facts.run["test"]["decision"]["regret"]["quantile"].number_or(0.5))}}));
  AskedBar(facts, story);
}

void TellWorth(const Facts& facts, Story& story) {
  WorthOfCosts(facts, story);
  WorthOfCapacity(facts, story);
  WorthOfRegret(facts, story);
  WorthOfSteps(facts, story);
}

}  // namespace tagwerk::report
