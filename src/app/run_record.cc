#include "app/run_record.h"

#include "app/version.h"
#include "base/text.h"
#include "store/experience.h"

namespace tagwerk::app {

namespace {

constexpr int kWaitAtStart = 500, kWaitAtEnd = 4000;  // milliseconds for other writers

/// Files of a run that are kept beside the store.
constexpr const char* kKeptRunFiles[] = {"report.html", "card.md", "leaderboard.csv", "held_out.parquet"};

}  // namespace

RunRecorder::RunRecorder(const Context& context, const RunRequest& request, RunFolder* folder)
    : context_(context), request_(request), folder_(folder), given_up_(!request.store || folder == nullptr) {}

RunRecorder::~RunRecorder() = default;

void RunRecorder::Trouble(const Error& error) {
  given_up_ = true;
  store_.reset();
  Error warning = error;
  warning.Do("the run goes on without the store; later: tagwerk runs import " + folder_->File("run.json"));
  context_.Log(Level::kWarn, "store", error.message());
  warnings_.push_back(std::move(warning));
}

bool RunRecorder::Open(int wait_milliseconds) {
  if (given_up_) return false;
  if (store_ == nullptr) {
    auto store = store::Store::Open(request_.store->location, store::Access::kWrite);
    if (!store) {
      Trouble(store.error());
      return false;
    }
    store_ = std::move(*store);
  }
  store_->database().WaitAtMost(wait_milliseconds);
  return true;
}

store::RunStart RunRecorder::Start() const {
  store::RunStart start;
  start.id = folder_->id();
  start.name = request_.name;
  start.project = request_.store->project;
  start.command = request_.command;
  start.written_by = kVersion;
  start.data_source = request_.data;
  start.folder = folder_->path();
  start.seed = context_.seed;
  start.threads = context_.pool->threads();
  start.budget_seconds = request_.budget_seconds;
  start.started_unix = request_.started_unix > 0 ? request_.started_unix : UnixNow();
  return start;
}

void RunRecorder::BeginNew() {
  if (given_up_ || folder_->has_kept_id() || !Open(kWaitAtStart)) return;
  auto id = store::BeginNewRun(*store_, Start());
  begun_ = id.has_value();
  // Others may write for a while: what is free can be read all the same.
  if (!id && id.error().id() == "store-locked") id = store::FreeRunId(*store_, folder_->id(), folder_->path());
  if (id)
    folder_->SetId(*id);
  else
    Trouble(id.error());
}

void RunRecorder::BeginAgain() {
  if (!given_up_ && folder_->has_kept_id()) Begin();
}

void RunRecorder::Begin() {
  if (!Open(kWaitAtStart)) return;
  const Status begun = store::BeginRun(*store_, Start());
  begun_ = begun.has_value();
  // Others may write for a while; at the end there is another try.
  if (!begun && begun.error().id() != "store-locked") Trouble(begun.error());
}

void RunRecorder::Remember(const Json& meta_features) {
  meta_features_ = meta_features;
  if (!begun_ || !Open(kWaitAtStart)) return;
  if (store::RememberData(*store_, folder_->id(), meta_features)) meta_features_ = nullptr;
}

void RunRecorder::Finish(Json& document) {
  if (!begun_) Begin();
  if (!Open(kWaitAtEnd)) return;
  if (begun_ && !meta_features_.is_null()) (void)store::RememberData(*store_, folder_->id(), meta_features_);
  store::RunFiles files;
  const Json& written = folder_->files();
  const auto source = [&](const char* name) {
    return store::SourceFile{folder_->File(name), written[name]["sha256"].get<std::string>()};
  };
  for (const char* name : kKeptRunFiles)
    if (written.contains(name)) files.files[name] = source(name);
  if (written.contains("model.tw")) files.model = source("model.tw");
  files.project = request_.store->project;
  files.register_model = request_.registers;
  const Status recorded = store::RecordRun(*store_, document, files, store::MachineUser());
  if (!recorded) Trouble(recorded.error());
}

void RunRecorder::End(const Error& error) {
  if (!begun_ || !Open(kWaitAtStart)) return;
  const std::string status = error.code() == Code::kCancelled ? "interrupted" : "failed";
  const Status ended = store::EndRun(*store_, folder_->id(), status, ErrorJson(error));
  if (!ended) Trouble(ended.error());
}

}  // namespace tagwerk::app
