#include "cli/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "cli/lines.h"

namespace tagwerk::cli {

namespace {

const Json* MetricNamed(const Json& list, const std::string& name) {
  for (const Json& metric : list)
    if (Text(metric, "name") == name) return &metric;
  return nullptr;
}

std::string MetricText(const Json& metric) {
  return Interval(Number(metric, "value"), Number(metric, "low"), Number(metric, "high"));
}

/// Which metrics the summary shows: the main one first, then the usual companion of the task.
std::vector<std::string> ShownMetrics(const Json& run) {
  const std::string main = Text(run["goal"], "metric"), task = Text(run["goal"], "task");
  std::vector<std::string> names = {main};
  const std::vector<std::string> usual = task == "binary"       ? std::vector<std::string>{"auc", "log_loss"}
                                         : task == "multiclass" ? std::vector<std::string>{"log_loss", "accuracy"}
                                                                : std::vector<std::string>{"rmse", "r2"};
  for (const std::string& name : usual)
    if (name != main) names.push_back(name);
  return names;
}

std::string InWords(const Json& run) {
  const Json& goal = run["goal"];
  const Json& metrics = run["test"]["metrics"];
  const std::string task = Text(goal, "task"), target = Printable(Text(goal, "target"));
  if (const Json* auc = MetricNamed(metrics, "auc"); task == "binary" && auc != nullptr) {
    const std::string label =
        Printable(goal["positive"].is_string() ? goal["positive"].get<std::string>() : DumpJson(goal["positive"]));
    return fmt::format(
        "In words: given one row with {} = {} and one without, it picks the right one {} times out of 100; "
        "guessing would pick it 50 times.",
        target, label, std::lround(Number(*auc, "value") * 100));
  }
  if (const Json* accuracy = MetricNamed(metrics, "accuracy"); task == "multiclass" && accuracy != nullptr)
    return fmt::format("In words: it names the right {} for {} rows out of 100.", target,
                       std::lround(Number(*accuracy, "value") * 100));
  const Json& residuals = run["test"]["residuals"];
  if (residuals.is_object() && residuals.contains("within"))
    for (const Json& within : residuals["within"])
      if (std::abs(Number(within, "share") - 0.5) < 1e-9) {
        const double error = Number(within, "error");
        return fmt::format("In words: half of its predictions of {} are off by at most {}.", target,
                           Rounded(error, error / 20));
      }
  return "";
}

/// Why the bar lies where it lies.
std::string BarReason(const std::string& rule) {
  if (rule == "given") return "as you set it";
  if (rule == "value") return "best by the costs given";
  if (rule == "capacity") return "as many as can be acted on";
  if (rule == "f1" || rule == "f1_negative")
    return "best F1 of the rarer class on out-of-fold rows; no costs were given";
  if (rule == "half_better") return "classes are uneven, but no other bar is better";
  return "";
}

/// The bar, and what decisions are worth in the user's unit.
std::string DecisionLines(const Json& run) {
  const Json& decision = run["test"].contains("decision") ? run["test"]["decision"] : Json();
  if (!decision.is_object()) return "";
  const Json& goal = run["goal"];
  const std::string unit = Text(goal, "unit").empty() ? "" : " " + Printable(Text(goal, "unit"));
  std::string out;
  if (const std::string reason = BarReason(Text(decision, "rule")); !reason.empty())
    out += Wrapped(
        fmt::format("{} = {} is said from a probability of {} on: {}.", Printable(Text(goal, "target")),
                    Printable(goal["positive"].is_string() ? Text(goal, "positive") : DumpJson(goal["positive"])),
                    Percent(Number(decision, "threshold")), reason),
        "  ");
  const auto amount = [&](double value, double half) { return Rounded(value, half) + unit; };
  for (const char* name : {"value", "regret"}) {
    if (!decision.contains(name) || !decision[name].is_object()) continue;
    const Json& worth = decision[name];
    const Json& gain = worth["gain"];
    const double half = std::max((Number(gain, "high") - Number(gain, "low")) / 2, 1e-12);
    const bool costs = std::string(name) == "regret";
    out += Wrapped(
        fmt::format("{} rows {} {}; {} {}, gain {} [{}, {}].", Count(std::int64_t(Number(worth, "per_rows"))),
                    costs ? "cost" : "are worth", amount(Number(worth, "model"), half),
                    Text(gain, "over") == "nothing"     ? "marking nothing"
                    : Text(gain, "over") == "all"       ? "marking all"
                    : Text(gain, "over") == "undecided" ? "predicting the middle"
                                                        : "baseline",
                    amount(Number(worth, Text(gain, "over").c_str()), half), Signed(Number(gain, "difference"), half),
                    Signed(Number(gain, "low"), half), Signed(Number(gain, "high"), half)),
        "  ");
  }
  const Json& capacity = decision.contains("capacity") ? decision["capacity"] : Json();
  if (capacity.is_object()) {
    const Json& model = capacity["model"];
    out += Wrapped(fmt::format("Of the {} rated highest {} in 100 are right [{}, {}]; picked at random {}.",
                               Percent(Number(capacity, "share")), std::lround(100 * Number(model, "precision")),
                               std::lround(100 * Number(model, "low")), std::lround(100 * Number(model, "high")),
                               std::lround(100 * Number(capacity, "chance"))),
                   "  ");
  }
  return out;
}

std::string ResultBlock(const Json& run, const Stream& stream) {
  const Json& test = run["test"];
  const bool held_out = Text(test, "method") == "held_out";
  const Json& split = run["split"];
  std::string rows = test["metrics"].empty() ? "0" : Count(test["metrics"][0].value("rows", 0));
  std::string title = held_out ? "Result on " + rows + " held-out rows that no choice saw"
                               : "Result on " + rows + " out-of-fold rows, corrected for the choice of models";
  const std::string from = Text(split, "from"), to = Text(split, "to");
  if (held_out && !from.empty() && !to.empty()) title += "\n  (" + from.substr(0, 10) + " to " + to.substr(0, 10) + ")";
  std::string out = "\n" + title + "\n";
  for (const std::string& name : ShownMetrics(run)) {
    const Json* metric = MetricNamed(test["metrics"], name);
    if (metric == nullptr) continue;
    const Json* base = test.contains("baseline_metrics") ? MetricNamed(test["baseline_metrics"], name) : nullptr;
    std::string line = "  " + PadRight(name, 9) + " " + PadRight(MetricText(*metric), 24);
    if (base != nullptr) line += " baseline " + MetricText(*base);
    out += Fit(line, kWidth) + "\n";
  }
  const Json& better = test["better_than_baseline"];
  if (better.is_object()) {
    const double low = Number(better, "low"), high = Number(better, "high"), half = (high - low) / 2;
    const bool is_better = better.value("better", false);
    const std::string verdict =
        is_better ? stream.Paint("yes", Ink::kGreen) : stream.Paint("no difference could be shown", Ink::kYellow);
    out += "  Better than the baseline: " + verdict + ",\n    " + Text(run["goal"], "metric") + " better by " +
           Signed(Number(better, "difference"), half) + " [" + Signed(low, half) + ", " + Signed(high, half) + "], " +
           PValue(Number(better, "p_value")) + "\n";
  }
  const std::string words = InWords(run);
  return out + (words.empty() ? "" : Wrapped(words, "  ")) + DecisionLines(run);
}

std::string DoneWith(const std::string& action) {
  std::string words = action;
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string FindingsBlock(const Json& run, const Stream& stream) {
  const Json& findings = run["findings"];
  if (findings.empty()) return "\nFound in the data: nothing that needs attention\n";
  std::string out = "\nFound in the data (" + std::to_string(findings.size()) + "; all in the report)\n";
  std::size_t name_width = 7;
  for (const Json& finding : findings)
    if (!finding["columns"].empty())
      name_width = std::max(
          name_width, std::min<std::size_t>(16, DisplayWidth(Printable(finding["columns"][0].get<std::string>()))));
  int notes = 0, hidden = 0, shown = 0;
  std::string use;
  for (const Json& finding : findings) {
    const std::string severity = Text(finding, "severity");
    if ((severity == "note" && ++notes > 3) || shown >= 20) {
      ++hidden;
      continue;
    }
    ++shown;
    const Ink ink = severity == "critical" ? Ink::kRed : severity == "warning" ? Ink::kYellow : Ink::kPlain;
    const std::string column =
        finding["columns"].empty() ? "rows" : Printable(finding["columns"][0].get<std::string>());
    const std::string action = DoneWith(Text(finding, "action"));
    const std::size_t room = kWidth - 2 - 9 - name_width - 2 - action.size() - 1;
    out += "  " + stream.Paint(PadRight(severity, 8), ink) + "  " + PadRight(Fit(column, name_width), name_width) +
           " " + PadRight(Fit(Printable(Text(finding, "brief"), 200), room - 1), room) + action + "\n";
    if (use.empty() && severity == "critical" && Text(finding, "action") == "left_out") use = Text(finding, "override");
  }
  const Json& leakage = run["leakage"];
  if (leakage.is_object() && leakage["score_with"].is_object() && leakage["score_without"].is_object())
    out +=
        Wrapped(fmt::format("With the leaking columns a plain model's {} would be {}, without them {}.",
                            Text(leakage["score_with"], "name"), Rounded(Number(leakage["score_with"], "value"), 0.005),
                            Rounded(Number(leakage["score_without"], "value"), 0.005)),
                "  ");
  if (!use.empty()) out += "  To use one all the same: " + use + "\n";
  if (hidden > 0) out += "  ... " + std::to_string(hidden) + " more notes\n";
  return out;
}

std::string FilesBlock(const Json& run, const std::string& folder) {
  if (folder.empty()) return "";
  std::string names;
  for (const auto& [name, file] : run["files"].items()) names += (names.empty() ? "" : "  ") + name;
  return "\nFiles in " + folder + "\n  " + names + (names.empty() ? "run.json\n" : "  run.json\n");
}

std::string GateBlock(const Json& run, const Stream& stream) {
  std::string out;
  const Json& gate = run["gate"];
  if (gate.is_object()) {
    const bool passed = gate.value("passed", false);
    out +=
        std::string("Gate ") + (passed ? stream.Paint("passed", Ink::kGreen) : stream.Paint("failed", Ink::kRed)) + ":";
    for (const Json& part : gate["parts"])
      out += " " + Text(part, "text") + " (" + (part.value("passed", false) ? "ok" : "no") + ", got " +
             Shortest(Number(part, "value")) + ")";
    out += "\n";
  }
  const Json& data = run["data"];
  if (const auto rejected = data.value("rejected_rows", 0); rejected > 0)
    out += "Rejected: " + Count(rejected) + " malformed lines (" + Percent(Number(data, "rejected_share")) +
           "), listed in rejected.csv\n";
  return out;
}

/// " version 1, alias champion", or nothing for a model that is not registered.
std::string VersionWords(const Json& run) {
  const Json model = run.contains("model") ? run["model"] : Json();
  if (!model.is_object() || !model.contains("version") || !model["version"].is_number_integer()) return "";
  return " version " + DumpJson(model["version"]) + ", alias " + Printable(Text(model, "alias"));
}

/// What four more budgets may bring; see SearchResult::expected_gain_limit.
std::string MoreTime(const Json& run) {
  const Json& gain = run["detail"].contains("expected_gain") ? run["detail"]["expected_gain"] : Json();
  if (!gain.is_object() || Text(run, "stop_reason") != "budget") return "";
  const double limit = Number(gain, "limit"), per_minute = Number(gain, "per_minute");
  if (!(per_minute > 0 && limit > 0)) return "";
  const double spent = 60 * (limit / per_minute - 1), more = 4 * Number(run, "budget_seconds");
  return "  " + Seconds(more) + " more may give about " + Signed(limit * more / (spent + more), 0.002) + " " +
         Text(gain, "metric") + ": --resume --budget " + Shortest(more * 5 / 4) + "s\n";
}

}  // namespace

std::string RunSummary(const Json& run, const std::string& folder, const Stream& stream, bool quiet) {
  std::string out;
  if (!quiet) {
    const bool interrupted = Text(run, "stop_reason") == "interrupt";
    out += "\nDone in " + Seconds(Number(run["used"], "seconds")) + ". Model " + Printable(Text(run, "name")) +
           VersionWords(run) + (interrupted ? " (ended early, best so far).\n" : ".\n");
  }
  out += GateBlock(run, stream);
  out += ResultBlock(run, stream);
  if (!quiet) out += FindingsBlock(run, stream);
  out += FilesBlock(run, folder);
  if (quiet || folder.empty()) return out;
  out += "Next\n  tagwerk predict " + folder + "/model.tw NEW -o out.csv\n";
  return out + MoreTime(run);
}

std::string EvaluationText(const Json& evaluation) {
  std::string out = "Result on " + Count(evaluation.value("rows", 0)) + " rows\n";
  for (const Json& metric : evaluation["metrics"])
    out += "  " + PadRight(Text(metric, "name"), 18) + " " + MetricText(metric) + "\n";
  const Json& confusion = evaluation["confusion"];
  if (confusion.is_object() && confusion["labels"].size() <= 8) {
    out += "Truth (rows) and decision (columns)\n";
    std::string head = "  " + PadRight("", 16);
    for (const Json& label : confusion["labels"]) head += PadLeft(Fit(Printable(label.get<std::string>()), 9), 10);
    out += head + "\n";
    for (std::size_t i = 0; i < confusion["counts"].size(); ++i) {
      out += "  " + PadRight(Fit(Printable(confusion["labels"][i].get<std::string>()), 16), 16);
      for (const Json& count : confusion["counts"][i]) out += PadLeft(Count(count.get<std::int64_t>()), 10);
      out += "\n";
    }
  }
  if (!evaluation["slices"].empty()) out += "Weakest slices\n";
  for (std::size_t i = 0; i < evaluation["slices"].size() && i < 5; ++i) {
    const Json& slice = evaluation["slices"][i];
    out += Fit("  " + Printable(Text(slice, "column")) + " = " +
                   Printable(slice["value"].is_string() ? Text(slice, "value") : DumpJson(slice["value"])) + ": " +
                   MetricText(slice["metric"]) + ", " + Count(slice.value("rows", 0)) + " rows",
               kWidth) +
           "\n";
  }
  const Json& gate = evaluation["gate"];
  if (gate.is_object()) out += std::string("Gate ") + (gate.value("passed", false) ? "passed\n" : "failed\n");
  return out;
}

std::string TestText(const Json& tests, const Stream& stream, bool quiet) {
  std::string out;
  for (const Json& test : tests["tests"]) {
    const bool fails = Text(test, "status") == "fail";
    if (quiet && !fails) continue;
    const std::string line = test.value("line", Json()).is_number() ? ":" + DumpJson(test["line"]) : "";
    out += stream.Paint(fails ? "fail" : "ok  ", fails ? Ink::kRed : Ink::kGreen) + "  " +
           PadRight(Text(test, "family"), 12) + Printable(Text(test, "text"), 200) + ": " +
           Printable(Text(test, "seen"), 200) +
           (fails ? "  (" + Printable(Text(tests, "tests_file"), 200) + line + ")" : "") + "\n";
  }
  const std::int64_t failed = tests.value("failed", std::int64_t(0)), passed = tests.value("passed", std::int64_t(0));
  return out + Count(failed + passed) + " tests, " + (failed == 0 ? "all ok" : Count(failed) + " failed") + "\n";
}

std::string ImportText(const Json& document) {
  std::string text = fmt::format(
      "{}: LightGBM {}, {}, {} trees, {} leaves, {} inputs -> {} ({})\n",
      Printable(document["source"]["path"].get<std::string>(), 200),
      Printable(document["source"]["version"].get<std::string>()),
      document["objective"].get<std::string>().empty() ? "no objective"
                                                       : Printable(document["objective"].get<std::string>()),
      Count(document["trees"].get<std::int64_t>()), Count(document["leaves"].get<std::int64_t>()),
      Count(document["inputs"].get<std::int64_t>()), Printable(document["model"]["path"].get<std::string>(), 200),
      Bytes(document["model"]["bytes"].get<std::uint64_t>()));
  const Json& check = document["check"];
  if (check.is_object())
    text += fmt::format("{} rows checked: largest difference {:.3g} (relative {:.3g}): {}\n",
                        Count(check["rows"].get<std::int64_t>()), check["largest_difference"].get<double>(),
                        check["largest_relative_difference"].get<double>(),
                        check["passed"].get<bool>() ? "the same predictions" : "not the same");
  return text;
}

std::string ModelText(const Json& manifest) {
  std::string out = "Model for " + Printable(Text(manifest, "target")) + " (" + Text(manifest, "task") + "), metric " +
                    Text(manifest, "metric") + ", format " + std::to_string(manifest.value("format", 0)) +
                    ", written by " + Text(manifest, "written_by") + "\n";
  if (manifest.contains("classes") && !manifest["classes"].empty()) {
    std::vector<std::string> labels;
    for (const Json& label : manifest["classes"])
      labels.push_back(Printable(label.is_string() ? label.get<std::string>() : DumpJson(label)));
    out += Wrapped("Classes: " + Join(labels, ", "), "");
  }
  if (manifest.contains("test") && manifest["test"].is_array() && !manifest["test"].empty())
    out += "Score on held-out rows\n";
  if (manifest.contains("test") && manifest["test"].is_array())
    for (const Json& metric : manifest["test"])
      out += "  " + PadRight(Text(metric, "name"), 18) + " " + MetricText(metric) + "\n";
  out += "Learners\n";
  for (const Json& learner : manifest["learners"])
    out +=
        "  " + PadRight(Text(learner, "id"), 20) + " weight " + fmt::format("{:.2f}", Number(learner, "weight")) + "\n";
  out += "Inputs (" + std::to_string(manifest["inputs"].size()) + ")\n";
  for (const Json& input : manifest["inputs"])
    out += "  " + PadRight(Fit(Printable(Text(input, "name")), 28), 28) + " " + Text(input, "type") + "\n";
  return out;
}

}  // namespace tagwerk::cli
