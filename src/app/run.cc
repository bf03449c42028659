#include "app/run.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/held_out_file.h"
#include "app/mlflow_log.h"
#include "app/run_record.h"
#include "app/run_state.h"
#include "base/hash.h"
#include "base/text.h"
#include "profile/reference.h"
#include "report/report.h"

namespace tagwerk::app {

Phase::Phase(RunState& state, std::string name) : state_(state), name_(std::move(name)) {
  state_.observer.PhaseStarted(name_);
}

void Phase::Done(const std::string& text) {
  const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  state_.phases.push_back({name_, seconds, PeakResidentBytes()});
  state_.observer.PhaseDone(name_, text, seconds);
}

namespace {

/// Of the budget, at most this share counts as used by earlier sessions: the last steps need theirs.
constexpr double kMostUsed = 0.7;

/// Identifies what a run is about: with --resume everything here must be the same.
Json RunKey(const RunState& state) {
  const RunRequest& r = state.request;
  Json fixed = Json::object();
  for (const auto& [learner, parameters] : r.fixed) fixed[learner] = parameters.values();
  return {
      {"target", r.target},
      {"task", r.task},
      {"metric", r.metric},
      {"positive", r.positive},
      {"test", r.test_share.value_or(0.2)},
      {"test_data", r.test_data},
      {"split", r.split_kind ? Json(split::KindName(*r.split_kind)) : Json("auto")},
      {"group", r.group},
      {"time", r.time},
      {"weight", r.weight},
      {"value", r.decision.value},
      {"regret", r.decision.regret},
      {"capacity",
       r.decision.capacity ? Json(Shortest(r.decision.capacity->actions) + "/" + r.decision.capacity->per) : Json()},
      {"id", r.id},
      {"folds", r.folds},
      {"gap", {r.gap_seconds, r.gap_rows}},
      {"suspects", r.drop_suspects ? "drop" : "keep"},
      {"use", r.use},
      {"drop", r.drop},
      {"learners", r.learners},
      {"set", fixed},
      {"seed", state.context.seed},
      {"data", state.table().Fingerprint()}};
}

table::Sampled SampledFrom(const Json& json) {
  const auto share = [&](const char* name) { return std::clamp(json.value(name, 1.0), 1e-6, 1.0); };
  return {share("rows"), share("blocks"), share("table")};
}

/// Takes from the journal how earlier sessions read the data, and counts the time that they used.
Status BeginSession(RunState& state) {
  if (!state.folder) return Ok();
  search::Journal& journal = *state.folder->journal();
  double used = 0;
  for (const auto& record : journal.records()) {
    const Json& body = record.body;
    if (record.type == "run") state.earlier = SampledFrom(body.value("sampled", Json::object()));
    if (record.type == "session")  // the last one ended when the file was last written
      used = body.value("used", 0.0) + std::max(0.0, journal.last_written() - body.value("started", 1e300));
  }
  if (journal.records().empty()) return Ok();  // the key comes first
  used = std::min(used, kMostUsed * state.request.budget_seconds);
  state.started -= ToDuration(used);
  return journal.Append({"session", {{"started", UnixNow()}, {"used", used}}, ""});
}

/// Writes the key as the journal's first record, or compares it with the one that is there.
Status CheckResume(RunState& state) {
  if (!state.folder) return Ok();
  search::Journal& journal = *state.folder->journal();
  const Json key = RunKey(state);
  for (const auto& record : journal.records()) {
    if (record.type != "run") continue;
    for (const auto& [name, value] : key.items())
      if (record.body.value(name, Json()) != value)
        return Error(Code::kInvalidArgument, "resume-differs", "this run was started with another " + Quoted(name))
            .In("--resume", state.folder->path())
            .Got(Printable(DumpJson(value), 80))
            .Allowed({Printable(DumpJson(record.body.value(name, Json())), 80)})
            .Do("say the same as before, or start anew with --overwrite");
    return Ok();
  }
  Json first = key;
  first["run_id"] = state.folder->id();
  const table::Sampled& sampled = state.read.sampled;
  first["sampled"] = {{"rows", sampled.rows}, {"blocks", sampled.blocks}, {"table", sampled.table}};
  TW_RETURN_IF_ERROR(journal.Append({"run", first, ""}));
  return journal.Append({"session", {{"started", UnixNow() - state.Elapsed()}, {"used", 0.0}}, ""});
}

std::string DoneLine(const RunState& state) {
  const Json& metrics = state.test["metrics"];
  for (const Json& json : metrics) {
    const auto metric = evaluate::MetricFromJson(json);
    if (metric.name == state.metric->id)
      return metric.name + " " + Interval(metric.value, metric.low, metric.high) + " on " + Count(metric.rows) +
             " held-out rows";
  }
  return "";
}

Json FilesMember(const RunFolder& folder) { return folder.files(); }

/// Writes everything; run.json last, so that a folder with it is complete.
Status WriteFiles(RunState& state, RunResponse& response, RunRecorder& recorder) {
  RunFolder& folder = *state.folder;
  Json& document = response.document;
  const std::string& language = state.request.language;
  if (response.pipeline == nullptr)
    TW_RETURN_IF_ERROR(folder.Write("model.tw", response.model, document["model"]["sha256"]));
  TW_RETURN_IF_ERROR(folder.Write("leaderboard.csv", LeaderboardCsv(state)));
  TW_TRY(const std::string card, report::RenderCard(document, language));
  TW_RETURN_IF_ERROR(folder.Write("card.md", card));
  if (state.test.value("method", "") == "held_out") {
    const HeldOut rows{RowKeys(state.judge_table), state.judge_truth, state.judged_predictions.scores};
    const std::size_t classes = state.goal.task == Task::kRegression ? 0 : state.goal.classes.size();
    TW_RETURN_IF_ERROR(WriteHeldOut(folder.File("held_out.parquet"), rows, classes));
    TW_RETURN_IF_ERROR(folder.Note("held_out.parquet"));
  }
  if (state.request.report != "none") {
    TW_TRY(const std::string html, report::RenderHtml(document, language));
    TW_RETURN_IF_ERROR(folder.Write("report.html", html));
  }
  document["files"] = FilesMember(folder);
  document["used"]["seconds"] = state.Elapsed();
  document["finished_at"] = UtcTime(UnixNow());
  recorder.Finish(document);
  TW_RETURN_IF_ERROR(folder.Write("run.json", DumpJson(document, 1) + "\n"));
  return folder.journal()->Append({"end", {{"status", document["status"]}}, ""});
}

/// What the model was trained on, for `drift`: its inputs and the target over the labelled rows.
std::string TrainingProfile(const RunState& state) {
  constexpr std::size_t kMostRows = 500000;
  std::vector<std::size_t> columns = state.profile.features;
  columns.push_back(state.goal.target);
  const table::Rows& labelled = state.profile.labelled;
  const std::size_t step = labelled.size() / kMostRows + 1;
  table::Rows rows;
  for (std::size_t i = 0; i < labelled.size(); i += step) rows.push_back(labelled[i]);
  const bool all = rows.size() == state.table().num_rows();
  const table::Table sampled = all ? state.table() : state.table().Select(columns).Take(rows);
  if (!all) std::iota(columns.begin(), columns.end(), std::size_t{0});
  Context context = state.context;
  context.stop = nullptr;  // a short step that the model file needs
  profile::DataSample sample = profile::SampleTable(context, sampled, columns);
  sample.rows = std::int64_t(labelled.size());
  sample.target = state.table().field(state.goal.target).name;
  return profile::SaveSample(sample);
}

/// The rows that the final model was fitted on, for `evaluate`.
pipeline::SeenRows RowsSeen(const RunState& state) {
  const auto hashes = pipeline::SeenRowHashes(state.final_pipeline, state.table(), state.y, *state.context.pool);
  std::vector<std::uint64_t> seen;
  for (const table::RowIndex row : state.refitted ? state.profile.labelled : state.split.train)
    seen.push_back(hashes[row]);
  return pipeline::SeenRows(seen);
}

Status Finish(RunState& state, RunResponse& response, RunRecorder& recorder) {
  state.final_pipeline.training_profile = TrainingProfile(state);
  state.final_pipeline.seen = RowsSeen(state);
  const std::vector<std::string> own = OwnMembers(state);
  Json& document = response.document;
  document = RunDocument(state);
  document["model"]["own"] = own;
  document["model"]["background_rows"] = state.final_pipeline.background.num_rows();
  if (own.empty()) {
    TW_TRY(response.model, state.final_pipeline.Serialize());
    document["model"]["bytes"] = response.model.size();
    document["model"]["sha256"] = Sha256Hex(response.model);
  } else {  // a file holds no foreign code: the model stays in this process
    response.pipeline = std::make_shared<pipeline::Pipeline>(state.final_pipeline);
    document["model"]["path"] = nullptr;
  }
  response.gate_failed = document["gate"].is_object() && !document["gate"].value("passed", true);
  if (state.folder) {
    TW_RETURN_IF_ERROR(WriteFiles(state, response, recorder));
    response.folder = state.folder->path();
  }
  return Ok();
}

/// Returns whether a finished run is asked to go on: a larger budget or more trials than before.
bool AsksForMore(const RunRequest& request, const Json& document) {
  const double budget = document.value("budget_seconds", 0.0);
  const int trials = document.value("max_trials", 0);
  return request.budget_seconds > budget * 1.001 || (trials > 0 && request.trials > trials);
}

/// After Ctrl-C the last steps get a short time of their own; only a second interrupt ends them.
void EnterLastSteps(RunState& state, const StopFlag* second_stop) {
  state.interrupted_reason = "interrupt";
  state.context.stop = second_stop;
  state.context.deadline = Clock::now() + std::chrono::milliseconds(4200);
}

Status RunPhases(RunState& state, RunResponse& response, RunRecorder& recorder, const StopFlag* second_stop) {
  TW_RETURN_IF_ERROR(ReadData(state));
  if (state.context.Stopped()) return Error(Code::kCancelled, "interrupted", "interrupted before any model");
  recorder.BeginNew();
  TW_RETURN_IF_ERROR(CheckResume(state));
  recorder.BeginAgain();
  TW_RETURN_IF_ERROR(ProfileData(state));
  TW_RETURN_IF_ERROR(SplitData(state));
  TW_RETURN_IF_ERROR(SearchModels(state));
  if (state.context.Stopped()) EnterLastSteps(state, second_stop);
  TW_RETURN_IF_ERROR(JudgeModel(state));
  TW_RETURN_IF_ERROR(RefitModel(state));
  ExplainModel(state);
  TW_RETURN_IF_ERROR(Finish(state, response, recorder));
  state.context.Log(Level::kInfo, "done", Seconds(state.Elapsed()) + ", " + DoneLine(state));
  return Ok();
}

}  // namespace

Result<RunResponse> Run(const Context& context, const RunRequest& request, RunObserver& observer,
                        const StopFlag* second_stop) {
  RunResponse response;
  RunState state(context, request, observer);
  if (request.write_files) {
    TW_TRY(state.folder, RunFolder::Open(request));
    const auto& finished = state.folder->finished();
    if (finished && !AsksForMore(request, *finished)) {
      response.document = *finished;
      response.folder = state.folder->path();
      response.was_finished = true;
      response.gate_failed = finished->value("status", "") == "gate_failed";
      return response;
    }
  }
  std::unique_ptr<MlflowLog> mlflow;
  if (!request.mlflow.empty()) {
    TW_TRY(mlflow, MlflowLog::Begin(request));
    state.mlflow = mlflow.get();
  }
  TW_RETURN_IF_ERROR(BeginSession(state));
  state.context.deadline = state.At(1.0);
  RunRecorder recorder(state.context, request, state.folder.get());
  state.recorder = &recorder;
  const Status done = RunPhases(state, response, recorder, second_stop);
  if (!done) {
    recorder.End(done.error());
    if (mlflow) mlflow->Fail(done.error());
    return done.error();
  }
  response.warnings = recorder.TakeWarnings();
  if (mlflow) {
    mlflow->Finish(response.document, state.folder.get());
    for (Error& warning : mlflow->TakeWarnings()) response.warnings.push_back(std::move(warning));
  }
  return response;
}

}  // namespace tagwerk::app
