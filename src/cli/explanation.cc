// What `tagwerk explain` prints.
#include "cli/explanation.h"

#include <fmt/format.h>

#include "cli/lines.h"

namespace tagwerk::cli {

namespace {

std::string AnswerText(const Json& answer, const Json& positive) {
  std::string text =
      answer["prediction"].is_number() ? Shortest(Number(answer, "prediction")) : LabelText(answer["prediction"]);
  if (answer["probability"].is_number())
    text += fmt::format(" (probability of {} {})",
                        positive.is_null() ? LabelText(answer["prediction"]) : LabelText(positive),
                        Percent(Number(answer, "probability")));
  return text;
}

std::string ValueText(const Json& change, const char* name) {
  const std::string text = Text(change, name);
  return text.empty() ? "missing" : Printable(text, 30);
}

std::string ChangesText(const Json& changes) {
  std::string text;
  for (const Json& change : changes)
    text += (text.empty() ? "" : ", ") + Printable(Text(change, "column"), 30) + " from " + ValueText(change, "from") +
            " to " + ValueText(change, "to");
  return text;
}

/// One line a column: name, value, effect.
std::string EffectLines(const Json& row, bool exact) {
  std::string out;
  const auto line = [&](const std::string& name, const std::string& value, double effect) {
    out += "  " + PadRight(Fit(name, 28), 28) + " " + PadRight(Fit(value, 28), 28) + " " +
           PadLeft(fmt::format("{:+.4g}", effect), 12) + "\n";
  };
  line(exact ? "average of the training rows" : "average of the background", "", Number(row, "base"));
  for (const Json& c : row["contributions"])
    line(Printable(Text(c, "column")), ValueText(c, "value"), Number(c, "effect"));
  if (std::abs(Number(row, "rest")) > 1e-9 * (1 + std::abs(Number(row, "score"))))
    line("all other columns", "", Number(row, "rest"));
  line("this row", "", Number(row, "score"));
  return out;
}

std::string RowText(const Json& document) {
  std::string out;
  const bool odds = Text(document, "scale") == "log_odds";
  for (const Json& row : document["rows"]) {
    out += "Row " + Count(row.value("row", 0)) + ": " + Printable(Text(document, "target")) + " = " +
           AnswerText(row, document["positive"]) + "\n";
    out += odds ? "What moved it, in log-odds (+0.69 doubles the odds)\n" : "What moved it, in units of the target\n";
    out += EffectLines(row, document.value("exact", false));
  }
  return out;
}

std::string WhatIfText(const Json& document) {
  const Json& positive = document["positive"];
  std::string out = "Row " + Count(document.value("row", 0)) + ": " + Printable(Text(document, "target")) + " = " +
                    AnswerText(document["before"], positive) + "\n";
  if (document["after"].is_object()) {
    out += Wrapped("With " + ChangesText(document["changes"]) + ": " + AnswerText(document["after"], positive) + ".",
                   "  ");
    for (const Json& change : document["changes"])
      if (!change.value("used", true))
        out += Wrapped(Printable(Text(change, "column")) + " is no input of this model: it changes nothing.", "  ");
    return out;
  }
  out += document["counterfactuals"].empty() ? "No change of up to four columns was found that turns the decision.\n"
                                             : "Smallest changes that turn the decision\n";
  for (const Json& one : document["counterfactuals"])
    out += Wrapped("- " + ChangesText(one["changes"]) + ": " + AnswerText(one, positive), "  ");
  return out;
}

std::string ColumnsText(const Json& columns, const char* value, const std::string& title) {
  std::string out = title + "\n";
  for (const Json& column : columns)
    out += "  " + PadRight(Fit(Printable(Text(column, "column")), 40), 40) + " " +
           PadLeft(fmt::format("{:.4g}", Number(column, value)), 12) + "\n";
  return out;
}

std::string DependenceText(const Json& document) {
  std::string out;
  for (const Json& column : document["dependence"]) {
    out += Printable(Text(column, "column")) + "\n";
    for (const Json& point : column["points"])
      out += "  " + PadRight(Fit(Printable(Text(point, "label")), 40), 40) + " " +
             PadLeft(fmt::format("{:.4g}", Number(point, "value")), 12) + "\n";
  }
  return out;
}

std::string StoredText(const Json& document) {
  const Json& stored = document["stored"];
  std::string out = "Model for " + Printable(Text(document, "target")) + ", " +
                    Count(std::int64_t(stored["inputs"].size())) + " inputs, " +
                    Count(stored.value("background_rows", 0)) + " background rows\n";
  const Json& importance = stored["importance"];
  if (!importance.is_object() || !importance.contains("columns"))
    return out + "It holds no importance; tagwerk explain MODEL DATA --method permutation\n";
  return out + ColumnsText(importance["columns"], "value",
                           "What the model uses: loss of " + Text(importance, "metric") + " when a column is shuffled");
}

}  // namespace

std::string ComparisonText(const Json& document) {
  const double low = Number(document, "low"), high = Number(document, "high"), half = std::max((high - low) / 2, 1e-12);
  const auto score = [&](const char* side, const char* name) {
    const Json& metric = document[side];
    return "  " + std::string(name) + " " + PadRight(Fit(Printable(Text(document, name), 60), 40), 40) + " " +
           Interval(Number(metric, "value"), Number(metric, "low"), Number(metric, "high")) + "\n";
  };
  std::string out = Text(document, "metric") + " on " + Count(document.value("rows", 0)) +
                    (document["data"].is_null() ? " rows that both runs held out\n" : " rows\n");
  out += score("score_a", "a") + score("score_b", "b");
  const bool shown = low > 0 || high < 0;
  out += Wrapped(fmt::format("{}: {} [{}, {}] in favour of a, {}.",
                             !shown    ? "No difference could be shown"
                             : low > 0 ? "a is better"
                                       : "b is better",
                             Signed(Number(document, "difference"), half), Signed(low, half), Signed(high, half),
                             PValue(Number(document, "p_value"))),
                 "");
  out += Wrapped(fmt::format("Probability that a is better by more than {:.3g}: {}.", Number(document, "margin"),
                             Percent(Number(document, "probability_better"))),
                 "");
  const Json& folds = document["folds"];
  if (folds.is_object())
    out += Wrapped(fmt::format("On the {} folds that both share: {} [{}, {}], {}, probability {}.",
                               folds.value("units", 0), Signed(Number(folds, "difference"), half),
                               Signed(Number(folds, "low"), half), Signed(Number(folds, "high"), half),
                               PValue(Number(folds, "p_value")), Percent(Number(folds, "probability_better"))),
                   "");
  return out;
}

std::string ExplanationText(const Json& document) {
  if (document.contains("stored")) return StoredText(document);
  if (document.contains("rows") && document["rows"].is_array()) return RowText(document);
  if (document.contains("before")) return WhatIfText(document);
  if (document.contains("dependence")) return DependenceText(document);
  if (Text(document, "method") == "permutation")
    return ColumnsText(document["columns"], "value",
                       "Loss of " + Text(document, "metric") + " when a column is shuffled, on " +
                           Count(document["rows"].is_number() ? document["rows"].get<std::int64_t>() : 0) + " rows");
  return ColumnsText(document["columns"], "mean_absolute",
                     "Mean size of the contribution over " + Count(document.value("rows_explained", 0)) + " rows");
}

}  // namespace tagwerk::cli
