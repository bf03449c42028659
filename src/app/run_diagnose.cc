// What needs a model to be found: labels that look wrong, what the split hides, where the error comes from.
// Findings and the `diagnosis` member of the run document; nothing here can fail a run.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "app/run_state.h"
#include "base/text.h"
#include "diagnose/across_split.h"
#include "diagnose/errors.h"
#include "diagnose/label_noise.h"
#include "diagnose/two_sample.h"
#include "profile/checks.h"

namespace tagwerk::app {

namespace {

using profile::Finding;
using profile::Severity;

constexpr std::size_t kMostListed = 200;  // suspect labels in the document
constexpr double kClearAuc = 0.55;
constexpr double kMostHashed = 2e8;  // cells; more take longer than the answer is worth

/// File and line of a row of the table; line 0 when rows and lines do not go together (quoted line breaks,
/// rejected lines, samples, files without lines).
profile::Example Place(const RunState& state, table::RowIndex row) {
  profile::Example out;
  const auto& sources = state.read.sources;
  std::int64_t headers = 0, rows = 0;
  bool lines = state.read.sampled.share() >= 1;
  for (const auto& source : sources) {
    lines = lines && (source.format == "CSV" || source.format == "TSV") && source.dialect.is_object();
    headers += lines && source.dialect.value("header", Json()) == Json(true);
    rows += std::int64_t(source.rows);
  }
  lines = lines && rows == std::int64_t(state.table().num_rows()) && state.read.physical_lines == rows + headers;
  std::int64_t before = 0;
  for (const auto& source : sources) {
    if (std::int64_t(row) < before + std::int64_t(source.rows)) {
      out.file = source.path;
      if (lines) out.line = std::int64_t(row) - before + 1 + (source.dialect.value("header", Json()) == Json(true));
      break;
    }
    before += std::int64_t(source.rows);
  }
  return out;
}

/// Rows with scores of models that did not see them: out of fold, and held out.
struct Unseen {
  table::Rows rows;
  std::vector<double> truth, scores;
};

Unseen UnseenRows(const RunState& state) {
  Unseen out;
  out.rows.assign(state.search.oof_rows.begin(), state.search.oof_rows.end());
  out.scores = state.blend;
  const auto& held_out = state.judged_predictions.scores;
  const std::size_t k = state.goal.task == Task::kRegression ? 1 : state.goal.classes.size();
  if (state.request.test_data.empty() && !state.split.test.empty() && held_out.size() == state.split.test.size() * k) {
    out.rows.insert(out.rows.end(), state.split.test.begin(), state.split.test.end());
    out.scores.insert(out.scores.end(), held_out.begin(), held_out.end());
  }
  for (const auto row : out.rows) out.truth.push_back(state.y[row]);
  return out;
}

Json LabelJson(const RunState& state, double label) {
  if (state.goal.task == Task::kRegression) return label;
  return state.goal.classes[std::size_t(label)];
}

std::string LabelText(const RunState& state, double label) {
  return state.goal.task == Task::kRegression ? Shortest(std::round(label * 1e4) / 1e4)
                                              : state.goal.classes[std::size_t(label)];
}

Json SuspectsJson(const RunState& state, const Unseen& unseen, const diagnose::LabelNoise& noise) {
  Json out = Json::array();
  for (const auto& suspect : noise.suspects) {
    if (out.size() == kMostListed) break;
    const table::RowIndex row = unseen.rows[suspect.row];
    const profile::Example place = Place(state, row);
    Json entry = {{"row", row + 1},
                  {"file", place.file},
                  {"line", place.line > 0 ? Json(place.line) : Json()},
                  {"given", LabelJson(state, suspect.given)},
                  {"suggested", LabelJson(state, suspect.suggested)}};
    if (state.goal.task == Task::kRegression) {
      entry["deviations"] = suspect.deviations;
    } else {
      entry["probability_given"] = suspect.p_given;
      entry["probability_suggested"] = suspect.p_suggested;
    }
    out.push_back(std::move(entry));
  }
  return out;
}

Finding NoiseFinding(const RunState& state, const Unseen& unseen, const diagnose::LabelNoise& noise) {
  const double n = double(unseen.rows.size());
  const auto count = std::int64_t(std::llround(noise.rows));
  Finding finding = profile::MakeFinding(
      "label.noise", Severity::kWarning, state.table().field(state.goal.target).name, "finding.label_noise",
      {{"count", count}, {"share", noise.rows / n}, {"low", noise.low / n}, {"high", noise.high / n}});
  finding.rows = count;
  finding.brief = "about " + Count(count) + " labels look wrong (" + Percent(noise.rows / n) + ")";
  finding.evidence = {
      {"estimated", noise.rows}, {"low", noise.low}, {"high", noise.high}, {"rows", unseen.rows.size()}};
  if (state.goal.task != Task::kRegression) finding.evidence["confident_joint"] = noise.confident_joint;
  for (const auto& suspect : noise.suspects) {
    if (finding.examples.size() == 5) break;
    profile::Example example = Place(state, unseen.rows[suspect.row]);
    example.value = (example.line > 0 ? "" : "row " + Count(std::int64_t(unseen.rows[suspect.row]) + 1) + ": ") +
                    LabelText(state, suspect.given) + ", rather " + LabelText(state, suspect.suggested);
    if (state.goal.task != Task::kRegression) example.value += fmt::format(" ({:.3f})", suspect.p_suggested);
    finding.examples.push_back(std::move(example));
  }
  return finding;
}

void AddFinding(RunState& state, Finding finding) {
  if (finding.severity != Severity::kNote)
    state.context.Log(Level::kWarn, "finding",
                      std::string(profile::SeverityName(finding.severity)) + " " + finding.id + " " +
                          Printable(Join(finding.columns, ", ")) + ": " + finding.brief);
  state.profile.findings.push_back(std::move(finding));
}

/// `label_noise`, and which judged rows are suspect.
Json LabelNoiseMember(RunState& state, std::vector<std::size_t>& suspect_judged) {
  const Unseen unseen = UnseenRows(state);
  const int classes = int(state.goal.classes.size());
  if (unseen.scores.size() != unseen.rows.size() * std::size_t(state.goal.task == Task::kRegression ? 1 : classes))
    return nullptr;
  const diagnose::LabelNoise noise = diagnose::FindLabelNoise({state.goal.task, classes, unseen.truth, unseen.scores});
  std::map<std::pair<double, double>, int> pairs;
  const bool held_out = unseen.rows.size() > state.search.oof_rows.size();
  const std::size_t first_judged = held_out ? state.search.oof_rows.size() : 0;
  for (const auto& suspect : noise.suspects) {
    ++pairs[{suspect.given, suspect.suggested}];
    if (state.request.test_data.empty() && suspect.row >= first_judged)
      suspect_judged.push_back(suspect.row - first_judged);
  }
  Json between = Json::array();
  if (state.goal.task != Task::kRegression)
    for (const auto& [labels, rows] : pairs)
      between.push_back(
          {{"given", LabelJson(state, labels.first)}, {"suggested", LabelJson(state, labels.second)}, {"rows", rows}});
  if (noise.found) AddFinding(state, NoiseFinding(state, unseen, noise));
  return {{"found", noise.found},
          {"rows_looked_at", unseen.rows.size()},
          {"rows", noise.rows},
          {"low", noise.low},
          {"high", noise.high},
          {"rate_surest", noise.rate_surest},
          {"rate_sure", noise.rate_sure},
          {"confident_joint", noise.confident_joint},
          {"pairs", between},
          {"suspects", SuspectsJson(state, unseen, noise)}};
}

std::vector<std::string> FeatureNames(const RunState& state) {
  std::vector<std::string> names;
  for (const std::size_t c : state.profile.features) names.push_back(state.table().field(c).name);
  return names;
}

const std::vector<double>& JudgedScores(const RunState& state) {
  return state.test.value("method", "") == "held_out" ? state.judged_predictions.scores : state.blend;
}

/// Scores of the judged rows that remain when some are left out.
Json ScoreWithout(const RunState& state, const std::vector<std::size_t>& rows) {
  const auto& scores = JudgedScores(state);
  const std::size_t n = state.judge_truth.size(), k = n > 0 ? scores.size() / n : 0;
  std::vector<char> left_out(n, 0);
  for (const std::size_t row : rows) left_out[row] = 1;
  std::vector<double> truth, kept;
  for (std::size_t i = 0; i < n; ++i) {
    if (left_out[i]) continue;
    truth.push_back(state.judge_truth[i]);
    kept.insert(kept.end(), scores.begin() + std::ptrdiff_t(i * k), scores.begin() + std::ptrdiff_t((i + 1) * k));
  }
  if (truth.size() < 20) return nullptr;
  auto input = OutOfFoldInput(state, truth, kept);
  input.resamples = 400;
  const auto value = evaluate::MetricWithInterval(state.context, input, *state.metric);
  return std::isnan(value.value) ? Json() : evaluate::MetricJson(value);
}

Json DuplicatesMember(RunState& state) {
  const double cells = double(state.table().num_rows()) * double(state.profile.features.size());
  if (state.test.value("method", "") != "held_out" || cells > kMostHashed) return nullptr;
  const auto found = diagnose::FindSplitDuplicates(state.table(), state.split.train, state.y, state.judge_table,
                                                   state.judge_truth, FeatureNames(state));
  const double n = double(state.judge_truth.size()), share = double(found.rows.size()) / std::max(1.0, n);
  Json out = {{"rows", found.rows.size()},
              {"share", share},
              {"same_target", found.same_target},
              {"other_target", found.other_target},
              {"score_without", nullptr}};
  if (found.rows.empty()) return out;
  out["score_without"] = ScoreWithout(state, found.rows);
  Finding finding = profile::MakeFinding(
      "leakage.duplicates_across_split", share > 0.01 ? Severity::kWarning : Severity::kNote, "",
      "finding.duplicates_across_split", {{"count", found.rows.size()}, {"share", share}, {"same", found.same_target}});
  finding.rows = std::int64_t(found.rows.size());
  finding.brief = Count(finding.rows) + " test rows equal a training row (" + Percent(share) + ")";
  finding.evidence = {{"rows", found.rows.size()},
                      {"share", share},
                      {"same_target", found.same_target},
                      {"other_target", found.other_target}};
  if (out["score_without"].is_object()) finding.evidence["score_without"] = out["score_without"]["value"];
  AddFinding(state, std::move(finding));
  return out;
}

/// Columns whose values may be compared between earlier and later rows: no times, nor the parts of split dates.
std::vector<std::size_t> WithoutTimes(const RunState& state) {
  const std::vector<std::size_t>& features = state.profile.features;
  std::vector<std::size_t> columns = diagnose::ComparableColumns(state.table(), features);
  for (const table::SplitDate& date : table::FindSplitDates(state.table(), features))
    for (const std::size_t part : date.Columns()) std::erase(columns, part);
  return columns;
}

Json AdversarialMember(RunState& state, const Context& context) {
  const bool external = !state.request.test_data.empty();
  if (!external && (state.split.test.empty() || state.split.kind == split::Kind::kRandom ||
                    state.split.kind == split::Kind::kStratified))
    return nullptr;  // alike by construction
  diagnose::TwoSampleInput input;
  table::Table both;
  if (external) {
    const table::Rows train = diagnose::SampleOf(state.split.train, input.most_rows, context.seed);
    table::Rows judged(state.judge_table.num_rows());
    std::iota(judged.begin(), judged.end(), table::RowIndex{0});
    both = diagnose::Stack(state.table(), train, state.judge_table, judged, WithoutTimes(state));
    input.table = &both;
    input.columns.resize(both.num_columns());
    std::iota(input.columns.begin(), input.columns.end(), std::size_t{0});
    for (std::size_t i = 0; i < both.num_rows(); ++i)
      (i < train.size() ? input.reference : input.current).push_back(table::RowIndex(i));
  } else {
    input.table = &state.table();
    input.columns = WithoutTimes(state);
    input.reference = state.split.train;
    input.current = state.split.test;
  }
  const auto test = diagnose::TestByClassifier(context, input);
  if (!test || context.ShouldStop()) return nullptr;
  std::vector<std::string> top;
  for (const auto& column : test->top) top.push_back(input.table->field(column.column).name);
  const bool differs = test->p_value <= 0.01 && test->auc >= kClearAuc;
  if (differs) {
    Finding finding = profile::MakeFinding("order.drift", test->auc >= 0.7 ? Severity::kWarning : Severity::kNote, "",
                                           "finding.test_differs",
                                           {{"value", fmt::format("{:.3f}", test->auc)}, {"columns", Join(top, ", ")}});
    finding.columns = top;
    finding.rows = std::int64_t(input.current.size());
    finding.brief = fmt::format("test rows differ from training rows: auc {:.3f}", test->auc);
    finding.evidence = {{"auc", test->auc}, {"low", test->low}, {"high", test->high}, {"p_value", test->p_value}};
    AddFinding(state, std::move(finding));
  }
  return {{"auc", test->auc},
          {"low", test->low},
          {"high", test->high},
          {"p_value", test->p_value},
          {"top_columns", top},
          {"differs", differs},
          {"rows", test->reference_rows + test->current_rows}};
}

Json GroupsMember(RunState& state, const Context& context) {
  if (state.split.kind == split::Kind::kGroup || state.split.kind == split::Kind::kTime) return nullptr;
  diagnose::GroupInput input;
  input.table = &state.table();
  input.rows = state.split.train;
  input.y = state.y;
  input.task = state.goal.task;
  input.num_classes = int(state.goal.classes.size());
  input.features = state.profile.features;
  const auto& leaks = state.profile.certain_leaks;
  for (const std::size_t c : diagnose::GroupCandidates(state.table(), state.split.train, state.goal.target))
    if (std::find(leaks.begin(), leaks.end(), c) == leaks.end()) input.candidates.push_back(c);
  Json names = Json::array();
  for (const std::size_t c : input.candidates) names.push_back(state.table().field(c).name);
  Json out = {{"looked_at", names}, {"column", nullptr}};
  const auto check = diagnose::CheckGroups(context, input);
  if (!check) return out;
  const std::string name = state.table().field(check->column).name;
  const double share = check->difference / check->shuffled;
  out["column"] = name;
  out["groups"] = check->groups;
  out["rows"] = check->rows;
  out["loss_shuffled"] = check->shuffled;
  out["loss_grouped"] = check->grouped;
  out["difference"] = check->difference;
  out["standard_error"] = check->error;
  Finding finding = profile::MakeFinding("leakage.duplicates_across_split", Severity::kWarning, name,
                                         "finding.groups_across_split", {{"share", share}});
  finding.rows = std::int64_t(check->rows);
  finding.brief = "rows of one value are alike: new values cost " + Percent(share) + " more loss";
  finding.evidence = {{"loss_shuffled", check->shuffled},
                      {"loss_grouped", check->grouped},
                      {"standard_error", check->error},
                      {"groups", check->groups}};
  finding.override_option = "--group " + profile::OptionName(name);
  AddFinding(state, std::move(finding));
  return out;
}

Json ErrorsMember(const RunState& state, const Context& context, const std::vector<std::size_t>& suspects) {
  diagnose::ErrorInput input;
  input.task = state.goal.task;
  input.table = &state.judge_table;
  for (const std::string& name : FeatureNames(state))
    if (const auto found = state.judge_table.Find(name)) input.columns.push_back(*found);
  input.truth = state.judge_truth;
  input.scores = JudgedScores(state);
  input.classes = state.goal.classes;
  std::vector<std::int32_t> decisions;
  if (state.goal.task != Task::kRegression) decisions = state.judged.Decide(input.scores);
  input.decisions = decisions;
  input.suspects = suspects;
  return diagnose::ErrorsJson(context, input);
}

}  // namespace

void DiagnoseModel(RunState& state, const Context& context) {
  Json out = {{"label_noise", nullptr},
              {"duplicates", nullptr},
              {"adversarial", nullptr},
              {"groups", nullptr},
              {"errors", nullptr}};
  const std::size_t outputs = state.goal.task == Task::kRegression ? 1 : state.goal.classes.size();
  std::vector<std::size_t> suspects;
  out["label_noise"] = LabelNoiseMember(state, suspects);
  out["duplicates"] = DuplicatesMember(state);
  if (JudgedScores(state).size() == state.judge_truth.size() * outputs && !context.ShouldStop())
    out["errors"] = ErrorsMember(state, context, suspects);
  // The tests that train small models take a share of the time that is left.
  const bool exact = state.request.trials > 0 && state.interrupted_reason.empty();
  const double share = 0.03 * state.request.budget_seconds;
  const auto slot = [&] { return exact ? context : context.Until(Clock::now() + ToDuration(share)); };
  const auto time = [&] {
    return state.interrupted_reason.empty() && (exact || context.SecondsLeft() > 2 * share) && !context.ShouldStop();
  };
  if (time()) out["adversarial"] = AdversarialMember(state, slot());
  if (time()) out["groups"] = GroupsMember(state, slot());
  profile::SortFindings(state.profile.findings);
  state.diagnosis = std::move(out);
}

}  // namespace tagwerk::app
