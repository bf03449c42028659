// The first phases of a run: read, goal, profile, split.
#include <numeric>
#include <algorithm>
#include <cmath>

#include "app/run_state.h"
#include "base/random.h"
#include "base/text.h"
#include "features/ordinal.h"

namespace tagwerk::app {

namespace {

Error TargetNeeded(const RunState& state) {
  Error error(Code::kInvalidArgument, "target-needed", "say which column to predict");
  error.In(state.request.data.empty() ? "table" : state.request.data,
           Count(std::int64_t(state.table().num_columns())) + " columns");
  std::vector<std::string> likely;
  for (const auto& candidate : profile::LikelyTargets(state.table())) {
    if (likely.size() == 3) break;
    likely.push_back(Printable(candidate.column) + " (" + candidate.reason + ")");
  }
  if (!likely.empty()) error.Allowed({"likely targets: " + Join(likely, "; ")});
  return error.Do("add --target COL");
}

Result<std::optional<std::size_t>> OptionalColumn(const RunState& state, const std::string& typed, const char* option) {
  if (typed.empty()) return std::optional<std::size_t>();
  TW_TRY(const std::size_t index, table::ResolveColumn(state.table().names(), typed, "column-not-found", option));
  return std::optional<std::size_t>(index);
}

void SetRole(table::Table& table, std::optional<std::size_t> column, table::Role role) {
  if (!column) return;
  table::Field field = table.field(*column);
  field.role = role;
  table = table.WithField(*column, field);
}

Status CheckColumns(const RunState& state, const std::vector<std::string>& typed, const char* option) {
  for (const std::string& name : typed)
    TW_RETURN_IF_ERROR(table::ResolveColumn(state.table().names(), name, "column-not-found", option));
  return Ok();
}

Status TakeWeights(RunState& state) {
  if (!state.goal.weight) return Ok();
  const table::Column& column = state.table().column(*state.goal.weight);
  const std::string& name = state.table().field(*state.goal.weight).name;
  if (column.storage() != table::Storage::kDouble)
    return Error(Code::kInvalidData, "weight-type", "weights must be numbers")
        .Column(name)
        .Do("choose another --weight");
  state.weight = *column.doubles();
  for (std::size_t row = 0; row < state.weight.size(); ++row) {
    double& w = state.weight[row];
    if (std::isnan(w)) w = 0;
    if (w < 0 || !std::isfinite(w))
      return Error(Code::kInvalidData, "weight-value", "weights must be 0 or more: got " + Quoted(Shortest(w)))
          .Column(name)
          .Row(std::int64_t(row) + 1);
  }
  return Ok();
}

/// The step of each class: of labels that are steps of a known scale (low, medium, high), or of a target that was typed
/// `ordinal` (numbers by size, other labels by their first characters: "1 poor", "2 fair").
std::vector<double> OrderOf(const RunState& state) {
  const std::vector<std::string>& classes = state.goal.classes;
  if (state.goal.task != Task::kMulticlass) return {};
  if (auto steps = features::KnownSteps(classes)) return std::move(*steps);
  if (state.table().field(state.goal.target).type != table::SemanticType::kOrdinal) return {};
  std::vector<double> steps(classes.size());
  std::iota(steps.begin(), steps.end(), 0.0);  // classes stand in that order
  return steps;
}

Status ResolveGoalColumns(RunState& state) {
  const RunRequest& request = state.request;
  if (request.target.empty()) return TargetNeeded(state);
  const std::string where = request.data.empty() ? "table" : request.data;
  TW_TRY(const std::size_t target,
         table::ResolveColumn(state.table().names(), request.target, "target-not-found", where));
  TW_TRY(state.goal,
         profile::ResolveGoal(state.table(), target, request.task == "auto" ? "" : request.task, request.positive));
  state.order = OrderOf(state);
  TW_TRY(state.goal.time, OptionalColumn(state, request.time, "--time"));
  TW_TRY(state.goal.group, OptionalColumn(state, request.group, "--group"));
  TW_TRY(state.goal.weight, OptionalColumn(state, request.weight, "--weight"));
  TW_TRY(state.goal.id, OptionalColumn(state, request.id, "--id"));
  TW_RETURN_IF_ERROR(CheckColumns(state, request.use, "--use"));
  TW_RETURN_IF_ERROR(CheckColumns(state, request.drop, "--drop"));
  SetRole(state.read.table, target, table::Role::kTarget);
  SetRole(state.read.table, state.goal.time, table::Role::kTime);
  SetRole(state.read.table, state.goal.group, table::Role::kGroup);
  SetRole(state.read.table, state.goal.weight, table::Role::kWeight);
  SetRole(state.read.table, state.goal.id, table::Role::kId);
  return Ok();
}

Status ResolveMetric(RunState& state) {
  const Task task = state.goal.task;
  state.metric = &metrics::DefaultMetric(task);
  if (state.request.metric != "auto") {
    TW_TRY(state.metric, metrics::FindMetric(state.request.metric, task));
  }
  TW_RETURN_IF_ERROR(CheckDecisionGoal(state));
  std::vector<std::string> known;
  for (const metrics::Metric* metric : metrics::MetricsOf(task)) known.push_back(metric->id);
  TW_TRY(state.gate, ParseGate(state.request.gate, known));
  return Ok();
}

std::string ReadLine(const table::ReadResult& read) {
  std::uint64_t bytes = 0;
  for (const auto& source : read.sources) bytes += source.bytes;
  std::string text = Count(std::int64_t(read.table.num_rows())) + " rows x " +
                     Count(std::int64_t(read.table.num_columns())) + " columns";
  if (bytes > 0) text += ", " + Bytes(bytes);
  if (!read.sources.empty()) text += ", " + read.sources[0].format;
  if (read.rejected_lines > 0) text += ", " + Count(read.rejected_lines) + " lines rejected";
  if (read.sampled.share() < 1) text += ", sampled " + Percent(read.sampled.share());
  return text;
}

/// Keeps as many rows, evenly by hash, as profile and split can go through in a quarter of the budget.
/// With --resume the share is that of the first session: the same rows.
void SampleToBudget(RunState& state) {
  constexpr double kSecondsPerCell = 1.3e-7;
  table::Table& table = state.read.table;
  const double seconds = double(table.num_rows()) * double(table.num_columns()) * kSecondsPerCell;
  const double affordable = 0.25 * state.request.budget_seconds / std::max(seconds, 1e-9);
  const double share = state.earlier ? state.earlier->table : affordable;
  if (share >= 1 || table.num_rows() < 10000) return;
  table::Rows kept;
  for (std::size_t row = 0; row < table.num_rows(); ++row)
    if (double(Mix64(state.context.seed, 0x5a3b1e, row)) < share * 0x1p64) kept.push_back(table::RowIndex(row));
  table = table.Take(kept);
  state.read.sampled.table = share;
  std::erase_if(state.read.notes, [](const table::ReadNote& note) { return note.id == "read.sampled"; });
  state.read.notes.push_back(
      {"read.sampled",
       {},
       Json{{"share", state.read.sampled.share()}, {"rows", kept.size()}},
       Percent(state.read.sampled.share()) + " of the rows are used, evenly over the data, to stay within the time"});
}

}  // namespace

Status ReadData(RunState& state) {
  Phase phase(state, "read");
  if (state.request.given) {
    state.read = *state.request.given;
  } else {
    if (state.request.data.empty())
      return Error(Code::kInvalidArgument, "data-needed", "say which data to read").Do("tagwerk run DATA --target COL");
    io::ReadOptions options = state.request.read;
    if (state.earlier) options.sampled = state.earlier;
    options.seconds_to_read = std::max(0.5, state.request.budget_seconds / 3 - state.Elapsed());
    if (state.folder) options.rejected_path = state.folder->File("rejected.csv");
    auto result = io::Read(state.context, state.request.data, options);
    if (!result) {
      if (state.folder && result.error().id() == "rows-rejected") state.folder->Keep();
      return std::move(result).error();
    }
    state.read = std::move(*result);
    if (state.folder && state.read.rejected_lines > 0) TW_RETURN_IF_ERROR(state.folder->Note("rejected.csv"));
  }
  SampleToBudget(state);
  TW_RETURN_IF_ERROR(ResolveGoalColumns(state));
  TW_RETURN_IF_ERROR(TakeWeights(state));
  TW_RETURN_IF_ERROR(ResolveMetric(state));
  state.y = profile::TargetValues(state.table(), state.goal);
  phase.Done(ReadLine(state.read));
  return Ok();
}

namespace {

/// Every column was left out: which, and why.
Error NothingLeft(const RunState& state) {
  std::vector<std::string> left_out;
  for (std::size_t j = 0; j < state.table().num_columns() && left_out.size() < 8; ++j)
    if (j != state.goal.target)
      left_out.push_back(Printable(state.table().field(j).name, 40) + " (" + state.profile.reason_not_used[j] + ")");
  const std::size_t columns = state.table().num_columns() - 1;
  if (columns > left_out.size()) left_out.push_back("...");
  const std::string facts = columns == 0 ? "the target is the only column" : "left out: " + Join(left_out, ", ");
  Error error(Code::kInvalidData, "leakage-everything", "no column is left to learn from");
  error.In(state.request.data.empty() ? "table" : state.request.data, facts);
  if (columns > 0) error.Do("keep what is known at prediction time: --use COLS");
  return error;
}

}  // namespace

Status ProfileData(RunState& state) {
  Phase phase(state, "profile");
  profile::ProfileOptions options;
  options.drop_suspects = state.request.drop_suspects;
  options.use = state.request.use;
  options.drop = state.request.drop;
  TW_TRY(state.profile, profile::MakeProfile(state.context, state.read, &state.goal, options));
  int counts[3] = {0, 0, 0};
  for (const auto& finding : state.profile.findings) ++counts[int(finding.severity)];
  const auto named = [](int n, const char* one, const char* many) {
    return std::to_string(n) + " " + (n == 1 ? one : many);
  };
  std::size_t left_out = 0;
  for (std::size_t j = 0; j < state.profile.reason_not_used.size(); ++j)
    left_out += j != state.goal.target && !state.profile.reason_not_used[j].empty();
  phase.Done(named(counts[0], "critical", "critical") + ", " + named(counts[1], "warning", "warnings") + ", " +
             named(counts[2], "note", "notes") + "; " + named(int(left_out), "column", "columns") + " left out");
  for (const auto& finding : state.profile.findings)
    if (finding.severity != profile::Severity::kNote)
      state.context.Log(Level::kWarn, "finding",
                        std::string(profile::SeverityName(finding.severity)) + " " + finding.id + " " +
                            Printable(Join(finding.columns, ", ")) + ": " + finding.brief);
  if (state.profile.features.empty()) return NothingLeft(state);
  return Ok();
}

Status SplitData(RunState& state) {
  Phase phase(state, "split");
  split::SplitInput input;
  input.table = &state.table();
  input.rows = state.profile.labelled;
  input.target = state.y;
  input.task = state.goal.task;
  input.num_classes = int(state.goal.classes.size());
  input.features = state.profile.features;
  input.time = state.goal.time;
  input.group = state.goal.group;
  input.time_given = state.goal.time.has_value();
  input.group_given = state.goal.group.has_value();
  split::SplitOptions options;
  options.kind = state.request.split_kind;
  options.test_share = state.request.test_share.value_or(0.2);
  options.folds = state.request.folds;
  options.gap_seconds = state.request.gap_seconds;
  options.gap_rows = state.request.gap_rows;
  options.seed = state.context.seed;
  TW_TRY(state.split, split::MakeSplit(state.context, input, options));
  TW_RETURN_IF_ERROR(ResolveCapacity(state));
  phase.Done(state.split.reason);
  return Ok();
}

}  // namespace tagwerk::app
