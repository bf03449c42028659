#include "cli/command.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <new>

#include "app/mlflow_log.h"
#include "app/project.h"
#include "app/registry.h"
#include "app/run.h"
#include "app/targets.h"
#include "app/use.h"
#include "app/version.h"
#include "base/files.h"
#include "base/heap.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/drift_text.h"
#include "cli/explanation.h"
#include "cli/help.h"
#include "cli/progress.h"
#include "cli/serve.h"
#include "cli/settings.h"
#include "cli/store_text.h"
#include "cli/streams.h"
#include "cli/summary.h"

namespace tagwerk::cli {

namespace {

/// Everything one verb needs to work and to talk.
struct Session {
  const app::Arguments& arguments;
  const Settings& settings;
  const Stream& out;
  const Stream& err;
  const Interrupts& interrupts;
  TimePoint started;
  double started_unix;
  std::string command;

  Context MakeContext(Pool& pool) const {
    Context context;
    context.pool = &pool;
    context.stop = &interrupts.first;
    context.memory_limit = settings.memory;
    context.seed = settings.seed;
    return context;
  }
};

std::string ShellQuoted(const std::string& word) {
  if (!word.empty() &&
      word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=:,%@+#") ==
          std::string::npos)
    return word;
  std::string quoted = "'";
  for (char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

int Fail(const Error& error, bool json, const Stream& out, const Stream& err) {
  if (json) out.Write(DumpJson(ErrorJson(error)) + "\n");
  const std::string text = error.Text();
  const auto colon = text.find(':');
  err.Write(err.Paint(text.substr(0, colon), Ink::kRed) + text.substr(colon) + "\n");
  return error.exit_code();
}

void Warn(const std::vector<Error>& warnings, const Stream& err) {
  for (const Error& warning : warnings) {
    const std::string text = warning.Text("warning");
    const auto colon = text.find(':');
    err.Write(err.Paint(text.substr(0, colon), Ink::kYellow) + text.substr(colon) + "\n");
  }
}

std::string RunTitle(const app::RunRequest& request) {
  const auto slash = request.data.rfind('/');
  return Printable(slash == std::string::npos ? request.data : request.data.substr(slash + 1)) +
         (request.target.empty() ? "" : " -> " + Printable(request.target));
}

/// Tells the person once that the first Ctrl-C was heard.
class InterruptNotice {
 public:
  InterruptNotice(const StopFlag& flag, Progress& progress)
      : watcher_([this, &flag, &progress] {
          while (!done_.load() && !flag.requested()) ::usleep(50'000);
          if (flag.requested()) progress.Notice("ending with the best so far (Ctrl-C again to stop at once)");
        }) {}
  ~InterruptNotice() { done_ = true; }

 private:
  std::atomic<bool> done_{false};
  Background watcher_;  // last: joined before done_ goes
};

/// One run of the command, with its own progress.
Result<app::RunResponse> RunOne(const Session& session, Pool& pool, const app::RunRequest& request) {
  ProgressOptions options;
  const char* term = std::getenv("TERM");
  options.live = session.err.terminal() && session.settings.progress && session.err.Width() >= 60 &&
                 !(term != nullptr && std::string(term) == "dumb");
  options.quiet = session.settings.quiet;
  options.verbose = session.settings.verbose;
  options.json_lines = session.settings.json_lines;
  options.log_file = session.settings.log_file;
  options.title = RunTitle(request);
  options.budget_seconds = request.budget_seconds;
  options.threads = session.settings.threads;
  options.memory_text = session.settings.memory_text;
  options.seed = session.settings.seed;
  options.started = request.started;
  Progress progress(session.err, options);
  Context context = session.MakeContext(pool);
  context.listener = [&](const Event& event) { progress.Log(event); };
  Result<app::RunResponse> response = [&] {
    const InterruptNotice notice(session.interrupts.first, progress);
    return app::Run(context, request, progress, &session.interrupts.second);
  }();
  progress.Close();
  if (response && response->was_finished) session.err.Write("run is finished; nothing to continue\n");
  return response;
}

Result<int> RunVerb(const Session& session) {
  TW_TRY(app::RunRequest request, app::RunRequestFrom(session.arguments));
  request.command = app::MlflowLog::WithoutSecret(session.command, request.mlflow);
  request.started = session.started;
  request.started_unix = session.started_unix;
  TW_TRY(request.store, app::FindStore(session.arguments));
  Pool pool(session.settings.threads);
  TW_TRY(std::vector<app::RunRequest> requests, app::RequestsByTarget(session.MakeContext(pool), request));
  int code = 0;
  Json documents = Json::array();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests.size() > 1)
      app::ShareOfBudget(requests[i], session.started, request.budget_seconds, requests.size() - i);
    TW_TRY(const app::RunResponse response, RunOne(session, pool, requests[i]));
    Warn(response.warnings, session.err);
    if (response.gate_failed) code = 1;
    if (session.settings.json)
      documents.push_back(response.document);
    else
      session.out.Write(RunSummary(response.document, response.folder, session.out, session.settings.quiet));
    if (session.interrupts.first.requested() && i + 1 < requests.size()) {
      session.err.Write("interrupted: " + Printable(requests[i + 1].target) + " was not begun\n");
      break;
    }
  }
  if (session.settings.json) session.out.Write(DumpJson(requests.size() > 1 ? documents : documents[0], 1) + "\n");
  return code;
}

/// What a capacity did to a file: how many rows were marked, and from which probability on.
std::string CapacityLine(const Json& decision) {
  if (!decision.is_object()) return "";
  const std::string marked = Count(decision.value("marked", 0)) + " marked from a probability of " +
                             Shortest(std::round(decision.value("threshold", 0.0) * 1e4) / 1e4) + " on: ";
  if (decision.value("rule", "") != "rank_in_file") return marked + "the bar of training\n";
  return marked + "the capacity is " + Percent(decision.value("share", 0.0)) + " of the rows (in training " +
         Shortest(std::round(decision.value("threshold_trained", 0.0) * 1e4) / 1e4) + ")\n";
}

Result<int> PredictVerb(const Session& session) {
  Pool pool(session.settings.threads);
  TW_TRY(const app::PredictResponse response, app::Predict(session.MakeContext(pool), session.arguments));
  Warn(response.warnings, session.err);
  const bool to_stdout = session.arguments.Get("--output") == "-";
  if (session.settings.json && !to_stdout) session.out.Write(DumpJson(response.document) + "\n");
  if (!session.settings.json && !session.settings.quiet && !to_stdout)
    session.err.Write(Count(response.document.value("rows", 0)) + " rows predicted in " +
                      Seconds(response.document.value("seconds", 0.0)) + ": " + session.arguments.Get("--output") +
                      "\n" + CapacityLine(response.document["decision"]));
  return 0;
}

Result<int> EvaluateVerb(const Session& session) {
  Pool pool(session.settings.threads);
  TW_TRY(const app::EvaluateResponse response, app::Evaluate(session.MakeContext(pool), session.arguments));
  Warn(response.warnings, session.err);
  session.out.Write(session.settings.json ? DumpJson(response.document) + "\n" : EvaluationText(response.document));
  return response.gate_failed ? 1 : 0;
}

Result<int> TestVerb(const Session& session) {
  Pool pool(session.settings.threads);
  TW_TRY(const app::TestResponse response, app::Test(session.MakeContext(pool), session.arguments));
  if (!response.written.empty() && !session.settings.quiet)
    session.err.Write("tests proposed: " + Printable(response.written, 200) + "\n");
  session.out.Write(session.settings.json ? DumpJson(response.document) + "\n"
                                          : TestText(response.document, session.out, session.settings.quiet));
  return response.failed ? 1 : 0;
}

Result<int> CompareVerb(const Session& session) {
  Pool pool(session.settings.threads);
  TW_TRY(const app::CompareResponse response, app::Compare(session.MakeContext(pool), session.arguments));
  Warn(response.warnings, session.err);
  session.out.Write(session.settings.json ? DumpJson(response.document) + "\n" : ComparisonText(response.document));
  return 0;
}

Result<int> ExplainVerb(const Session& session) {
  Pool pool(session.settings.threads);
  TW_TRY(const app::ExplainResponse response, app::Explain(session.MakeContext(pool), session.arguments));
  Warn(response.warnings, session.err);
  if (session.settings.json)
    session.out.Write(DumpJson(response.document) + "\n");
  else if (session.arguments.Get("--output") == "-")
    session.out.Write(ExplanationText(response.document));
  return 0;
}

Result<int> ProfileVerb(const Session& session) {
  Pool pool(session.settings.threads);
  TW_TRY(const app::ProfileResponse response, app::Profile(session.MakeContext(pool), session.arguments));
  session.out.Write(session.settings.json    ? DumpJson(response.document) + "\n"
                    : !response.text.empty() ? response.text
                                             : ProfileText(response.document, session.out));
  return response.failed ? 1 : 0;
}

Result<int> DriftVerb(const Session& session) {
  Pool pool(session.settings.threads);
  TW_TRY(const app::DriftResponse response, app::Drift(session.MakeContext(pool), session.arguments));
  session.out.Write(session.settings.json ? DumpJson(response.document) + "\n"
                                          : DriftText(response.document, session.out));
  return response.failed ? 1 : 0;
}

/// Asks on a terminal; without one, or with another answer, nothing is confirmed.
bool Confirmed(const Session& session, const std::string& question) {
  if (question.empty()) return true;
  if (!session.err.terminal() || ::isatty(STDIN_FILENO) != 1) return false;
  session.err.Write(question + " [y/N] ");
  const int answer = std::getchar();
  return answer == 'y' || answer == 'Y';
}

int ShowStore(const Session& session, const app::StoreResponse& response) {
  Warn(response.warnings, session.err);
  session.out.Write(session.settings.json ? DumpJson(response.document) + "\n"
                                          : StoreText(session.arguments.verb->name, response, session.settings.quiet));
  return response.failed ? 1 : response.damaged ? 3 : 0;
}

Result<int> ModelsVerb(const Session& session) {
  const std::string question = app::QuestionBefore(session.arguments);
  if (!Confirmed(session, question))
    return Error(Code::kInvalidArgument, "not-confirmed", "nothing was done: this needs a yes")
        .In("tagwerk models")
        .Do("add --yes");
  Pool pool(session.settings.threads);
  TW_TRY(const app::StoreResponse response, app::Models(session.MakeContext(pool), session.arguments));
  return ShowStore(session, response);
}

Result<int> RunsVerb(const Session& session) {
  TW_TRY(const app::StoreResponse response, app::Runs(session.arguments));
  if (response.kind == "show" && !session.settings.json && response.document.contains("test")) {
    session.out.Write(RunSummary(response.document, "", session.out, session.settings.quiet));
    return 0;
  }
  return ShowStore(session, response);
}

Result<int> StoreVerb(const Session& session) {
  const bool confirmed = Confirmed(session, app::QuestionBefore(session.arguments));
  TW_TRY(const app::StoreResponse response, app::StoreVerb(session.arguments, confirmed));
  return ShowStore(session, response);
}

Result<int> ImportVerb(const Session& session) {
  Pool pool(session.settings.threads);
  TW_TRY(const app::ImportResponse response, app::Import(session.MakeContext(pool), session.arguments));
  session.out.Write(session.settings.json ? DumpJson(response.document) + "\n" : ImportText(response.document));
  return response.failed ? 1 : 0;
}

Result<int> ReportVerb(const Session& session) {
  TW_TRY(const std::string text, app::RenderReport(session.arguments));
  const std::string output = session.arguments.Get("--output");
  if (output == "-")
    session.out.Write(text);
  else
    TW_RETURN_IF_ERROR(WriteFileAtomically(output, text));
  return 0;
}

Result<int> HelpVerb(const Session& session) {
  if (session.arguments.positional.empty()) {
    session.out.Write(OverviewHelp());
    return 0;
  }
  const std::string& topic = session.arguments.positional[0];
  if (topic == "learners") {
    session.out.Write(LearnersHelp());
  } else if (topic == "metrics") {
    session.out.Write(MetricsHelp());
  } else if (const app::VerbSpec* verb = app::FindVerb(topic)) {
    session.out.Write(VerbHelp(*verb));
  } else {
    return app::UnknownVerb(topic);
  }
  return 0;
}

Result<int> ServeVerb(const Session& session) {
  return Serve(session.arguments, session.settings, session.out, session.err, session.interrupts);
}

struct VerbEntry {
  const char* name;
  Result<int> (*run)(const Session&);
};
constexpr VerbEntry kVerbs[] = {{"run", RunVerb},         {"profile", ProfileVerb},   {"drift", DriftVerb},
                                {"predict", PredictVerb}, {"evaluate", EvaluateVerb}, {"test", TestVerb},
                                {"compare", CompareVerb}, {"explain", ExplainVerb},   {"models", ModelsVerb},
                                {"runs", RunsVerb},       {"store", StoreVerb},       {"import", ImportVerb},
                                {"report", ReportVerb},   {"serve", ServeVerb},       {"help", HelpVerb}};

/// Turns what a lower layer threw into an error: memory, or a bug of ours.
template <class Body>
Result<int> Guarded(Body&& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return Error(Code::kResourceExhausted, "memory-exhausted", "the machine has no more memory for this")
        .Do("give --memory, or --drop wide columns");
  } catch (const std::exception& failure) {
    return Error(Code::kInternal, "internal", failure.what()).Do("report this message together with the command");
  }
}

Result<int> Dispatch(const Session& session) {
  if (session.arguments.verb->name == "serve")
    GiveFreedMemoryBack();
  else
    KeepFreedMemory(session.settings.memory);
  for (const VerbEntry& verb : kVerbs)
    if (session.arguments.verb->name == verb.name) return Guarded([&] { return verb.run(session); });
  return app::UnknownVerb(session.arguments.verb->name);
}

}  // namespace

int RunCommand(const std::vector<std::string>& words, const Interrupts& interrupts, TimePoint started,
               double started_unix) {
  bool json = false;
  std::string command = "tagwerk";
  for (const std::string& word : words) {
    json |= word == "--json";
    command += " " + ShellQuoted(word);
  }
  const Stream out(stdout, "auto"), err(stderr, "auto");
  if (words.empty()) {
    err.Write(OverviewHelp());
    return 2;
  }
  if (words[0] == "--version") {
    out.Write(std::string("tagwerk ") + app::kVersion + "\n");
    return 0;
  }
  if (words[0] == "--help" || words[0] == "-h") {
    out.Write(OverviewHelp());
    return 0;
  }
  const app::VerbSpec* verb = app::FindVerb(words[0]);
  if (verb == nullptr) return Fail(app::UnknownVerb(words[0]), json, out, err);
  auto arguments = app::ParseArguments(*verb, {words.begin() + 1, words.end()});
  if (!arguments) return Fail(arguments.error(), json, out, err);
  if (arguments->Has("--help")) {
    out.Write(VerbHelp(*verb));
    return 0;
  }
  if (const std::string folder = arguments->Get("-C"); !folder.empty() && ::chdir(folder.c_str()) != 0)
    return Fail(FileNotFound(folder), json, out, err);
  err.Write(TakeEnvironment(*arguments));
  const std::string project = arguments->Has("--config") ? arguments->Get("--config") : app::FindProjectFile();
  const bool serves = verb->name == "serve";
  if (!project.empty() && (serves || verb->name == "run"))
    if (const Status taken = app::TakeProject(project, *arguments); !taken) return Fail(taken.error(), json, out, err);
  if (serves)
    if (const Status taken = app::TakeServerOfUser(*arguments); !taken) return Fail(taken.error(), json, out, err);
  const auto settings = ResolveSettings(*arguments);
  if (!settings) return Fail(settings.error(), json, out, err);
  const Stream colored_out(stdout, settings->color), colored_err(stderr, settings->color);
  const auto code =
      Dispatch({*arguments, *settings, colored_out, colored_err, interrupts, started, started_unix, command});
  return code ? *code : Fail(code.error(), json, colored_out, colored_err);
}

}  // namespace tagwerk::cli
