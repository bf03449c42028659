// What was found in the data, what the model is not for, and what to do next. Nothing here is boilerplate:
// each sentence stands on a member of the run document.
#include <algorithm>
#include <cmath>

#include "report/story.h"

namespace tagwerk::report {

namespace {

constexpr std::size_t kMostAdvice = 5;
constexpr std::size_t kMostLimits = 5;
constexpr std::size_t kMostSteps = 4;

/// Order of urgency: critical before warning before note; what was left out for certain first of all.
int Urgency(const View& finding) {
  const std::string severity = finding["severity"].text();
  const bool certain = finding["id"].text().starts_with("leakage.") && finding["action"].text() == "left_out" &&
                       !finding["suspect"].truth();
  const int level = severity == "critical" ? 0 : severity == "warning" ? 2 : 4;
  return level + (certain ? 0 : 1);
}

Inline SliceScores(const Facts& facts, const View& slice, const char* key) {
  const auto value = ReadMetric(slice["metric"]);
  const auto rest = slice["rest"].number() ? slice["rest"].number() : slice["rest"]["value"].number();
  if (!value || !rest) return {};
  return facts.t.Fill(key, {{"column", slice["column"].text()},
                            {"value", slice["value"].text()},
                            {"metric", facts.MetricName(value->name)},
                            {"score", facts.Score(*value)},
                            {"rest", facts.t.Rounded(*rest, std::max(value->HalfWidth(), 1e-9))},
                            {"count", slice["rows"].number_or(0)}});
}

void RareClasses(const Facts& facts, Story& story) {
  const View confusion = facts.run["test"]["confusion"];
  const std::vector<View> labels = confusion["labels"].items();
  double worst = 0.6;
  std::size_t which = labels.size();
  for (std::size_t truth = 0; truth < labels.size(); ++truth) {
    double rows = 0;
    for (const double n : confusion["counts"].at(truth).numbers()) rows += n;
    const double share = rows > 0 ? confusion["counts"].at(truth).at(truth).number_or(0) / rows : 1;
    if (rows >= 5 && share < worst) {
      worst = share;
      which = truth;
    }
  }
  if (which < labels.size())
    story.limits.push_back(facts.t.Fill(
        "limits.class", {{"value", labels[which].text()}, {"found", facts.t.Count(std::round(worst * 100))}}));
}

void TargetRange(const Facts& facts, Story& story) {
  for (const View& column : facts.run["columns"].items()) {
    if (column["name"].text() != facts.target) continue;
    const auto low = column["statistics"]["min"].number();
    const auto high = column["statistics"]["max"].number();
    if (low && high)
      story.limits.push_back(facts.t.Fill(
          "limits.range", {{"target", facts.target}, {"low", facts.t.Number(*low)}, {"high", facts.t.Number(*high)}}));
  }
}

void Add(std::vector<Inline>& list, std::size_t most, Inline text) {
  if (!text.empty() && list.size() < most) list.push_back(std::move(text));
}

}  // namespace

Inline FindingInline(const View& finding, const Language& language) {
  const std::string key = finding["text_key"].text();
  if (!key.empty() && language.Has(key)) {
    Values values;
    const View given = finding["text_values"];
    const std::vector<std::string> names = given.keys();
    for (const std::string& name : names) values.emplace_back(name, Value::From(given[name]));
    if (!given["count"].has()) values.emplace_back("count", finding["rows"].number_or(0));
    return language.Fill(key, values);
  }
  return Plain(finding["text"].text());
}

std::pair<std::string, std::string> FindingPill(const View& finding, const Language& language) {
  const std::string severity = finding["severity"].text();
  const std::string kind = severity == "critical" ? "bad" : severity == "warning" ? "warn" : "info";
  std::string key = "action." + finding["action"].text();
  if (finding["suspect"].truth() && finding["action"].text() == "kept") key = "action.suspect";
  return {kind, language.Has(key) ? language.Text(key) : language.Text("action.kept")};
}

void TellFound(const Facts& facts, Story& story) {
  std::vector<View> findings = facts.run["findings"].items();
  std::stable_sort(findings.begin(), findings.end(),
                   [](const View& a, const View& b) { return Urgency(a) < Urgency(b); });
  for (const View& finding : findings) {
    if (story.found.size() >= kMostAdvice) break;
    const auto [kind, word] = FindingPill(finding, facts.t);
    Inline text = Sentence(FindingInline(finding, facts.t));
    if (PlainText(text).empty()) continue;
    story.found.push_back({kind, word, std::move(text)});
  }
  const auto with = ReadMetric(facts.run["leakage"]["score_with"]);
  const auto without = ReadMetric(facts.run["leakage"]["score_without"]);
  const std::vector<std::string> suspects = facts.UsedSuspects();
  if (with && without && !suspects.empty()) {
    if (story.found.size() >= kMostAdvice) story.found.pop_back();
    const Inline text = facts.t.Fill("found.suspects", {{"columns", suspects},
                                                        {"metric", facts.MetricName(with->name)},
                                                        {"with", facts.Score(*with)},
                                                        {"without", facts.Score(*without)}});
    const auto first_mild =
        std::find_if(story.found.begin(), story.found.end(), [](const Found& f) { return f.kind != "bad"; });
    story.found.insert(first_mild, {"bad", facts.t.Text("action.suspect"), text});
  }
}

void TellLimits(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  auto& limits = story.limits;
  if (const auto suspects = facts.UsedSuspects(); !suspects.empty())
    Add(limits, kMostLimits, t.Fill("limits.suspects", {{"columns", suspects}, {"count", double(suspects.size())}}));
  for (const View& finding : facts.run["findings"].items())
    if (finding["id"].text() == "missing.target")
      Add(limits, kMostLimits,
          t.Fill("limits.no_target", {{"target", facts.target}, {"count", finding["rows"].number_or(0)}}));
  if (const auto drift = facts.WorstPeriod(); drift && drift->clear)
    Add(limits, kMostLimits,
        t.Fill(facts.binary ? "limits.drift" : "limits.drift.number", {{"from", t.Date(drift->from)},
                                                                       {"to", t.Date(drift->to)},
                                                                       {"expected", facts.Target(drift->expected)},
                                                                       {"actual", facts.Target(drift->actual)}}));
  else if (const auto gap = facts.CalibrationGap())
    Add(limits, kMostLimits,
        t.Fill("limits.calibration", {{"points", t.Count(std::round(facts.CalibrationError() * 100))}}));
  if (const auto counts = facts.Counts(); counts && counts->Precision() && *counts->Precision() < 0.5)
    Add(limits, kMostLimits,
        t.Fill("limits.single", {{"wrong", t.Count(std::round((1 - *counts->Precision()) * 100))}}));
  if (const auto weak = facts.WeakSlices(); !weak.empty())
    Add(limits, kMostLimits, SliceScores(facts, weak[0], "limits.slice"));
  if (facts.multiclass && limits.size() < kMostLimits) RareClasses(facts, story);
  if (facts.regression && limits.size() < kMostLimits) TargetRange(facts, story);
  if (facts.time_split && !facts.run["split"]["to"].text().empty())
    Add(limits, kMostLimits, t.Fill("limits.later", {{"to", facts.run["split"]["to"].text()}}));
  const View first = facts.run["detail"]["importance"]["columns"].at(0);
  if (first["value"].number_or(0) > 0 && !first["column"].text().empty())
    Add(limits, kMostLimits, t.Fill("limits.cause", {{"column", first["column"].text()}}));
}

void TellNext(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  auto& next = story.next;
  if (const auto suspects = facts.UsedSuspects(); !suspects.empty())
    Add(next, kMostSteps,
        t.Fill("next.suspects",
               {{"columns", suspects}, {"option", "--drop " + suspects[0]}, {"count", double(suspects.size())}}));
  if (facts.BetterKnown() && !facts.Better())
    Add(next, kMostSteps, t.Fill("next.baseline", {{"baseline", facts.BaselineName()}}));
  const std::string step = "next.learning." + facts.Verdict();
  if (t.Has(step)) Add(next, kMostSteps, t.Fill(step));
  if (const auto weak = facts.WeakSlices(); !weak.empty())
    Add(next, kMostSteps, SliceScores(facts, weak[0], "next.slice"));
  if (facts.CalibrationGap() || facts.CoverageOff()) Add(next, kMostSteps, t.Fill("next.calibration"));
  const View gain = facts.run["detail"]["expected_gain"];
  if (const auto per_minute = gain["per_minute"].number();
      per_minute && *per_minute > 1e-4 && facts.run["stop_reason"].text() == "budget")
    Add(next, kMostSteps,
        t.Fill("next.time", {{"gain", t.Signed(*per_minute, *per_minute)},
                             {"metric", facts.MetricName(gain["metric"].text())},
                             {"command", "tagwerk run --resume --budget 5m"}}));
  if (facts.binary && facts.run["goal"]["value"].size() == 0)
    Add(next, kMostSteps, t.Fill("next.costs", {{"setting", "[goal.value]"}}));
  if (facts.run["model"].has() && facts.run["model"]["own"].size() == 0 && facts.Better())
    Add(next, kMostSteps, t.Fill("next.predict", {{"command", "tagwerk predict model.tw NEW -o out.csv"}}));
}

}  // namespace tagwerk::report
