// profile, models show, report: looking at data, models and finished runs.
#include <algorithm>
#include <filesystem>

#include "app/relational.h"
#include "app/run.h"
#include "app/use.h"
#include "base/files.h"
#include "base/text.h"
#include "io/read.h"
#include "profile/profile.h"
#include "report/report.h"

namespace tagwerk::app {
namespace {

Result<ProfileResponse> ProfileOne(const Context& context, const Arguments& arguments) {
  TW_TRY(io::ReadOptions options, ReadOptionsFrom(arguments));
  options.whole_figures = true;
  TW_TRY(const table::ReadResult read, io::Read(context, arguments.positional[0], options));
  std::optional<profile::Goal> goal;
  if (const std::string target = arguments.Get("--target"); !target.empty()) {
    TW_TRY(const std::size_t column,
           table::ResolveColumn(read.table.names(), target, "target-not-found", arguments.positional[0]));
    TW_TRY(goal, profile::ResolveGoal(read.table, column, "", ""));
  }
  profile::ProfileOptions profile_options;
  profile_options.full = true;
  TW_TRY(const profile::Profile made, profile::MakeProfile(context, read, goal ? &*goal : nullptr, profile_options));
  ProfileResponse response;
  response.document = profile::ProfileJson(made, read);
  response.failed = HasSevere(arguments, made);
  return response;
}

}  // namespace

Result<ProfileResponse> Profile(const Context& context, const Arguments& arguments) {
  if (arguments.positional.empty())
    return Error(Code::kInvalidArgument, "argument-missing", "data is needed")
        .In("tagwerk profile")
        .Do("tagwerk profile FILE");
  const std::string fail = arguments.Get("--fail");
  if (fail != "critical" && fail != "warning")
    return Error(Code::kInvalidArgument, "option-value", "--fail is critical or warning").Got(fail);
  ProfileResponse response;
  if (arguments.positional.size() > 1 || arguments.Has("--ddl")) {
    TW_TRY(response, ProfileSeveral(context, arguments));
  } else {
    TW_TRY(response, ProfileOne(context, arguments));
  }
  const std::string output = arguments.Get("--output");
  if (output.empty()) return response;
  if (output.ends_with(".html")) {
    TW_TRY(const std::string page, report::RenderProfile(response.document, arguments.Get("--lang")));
    TW_RETURN_IF_ERROR(WriteFileAtomically(output, page));
    return response;
  }
  const bool sql = !response.sql.empty() && output.ends_with(".sql");
  TW_RETURN_IF_ERROR(WriteFileAtomically(output, sql ? response.sql : DumpJson(response.document, 1) + "\n"));
  return response;
}

Result<Json> ShowModel(const Arguments& arguments) {
  if (arguments.positional.size() < 2 || arguments.positional[0] != "show")
    return Error(Code::kInvalidArgument, "argument-missing", "say what to do: show MODEL")
        .In("tagwerk models")
        .Do("tagwerk models show model.tw");
  TW_TRY(const pipeline::Pipeline pipeline, LoadModelFile(arguments.positional[1]));
  return pipeline.Manifest();
}

Result<std::string> RenderReport(const Arguments& arguments) {
  namespace fs = std::filesystem;
  if (arguments.positional.empty())
    return Error(Code::kInvalidArgument, "argument-missing", "a run is needed")
        .In("tagwerk report")
        .Do("tagwerk report DIR");
  std::string path = arguments.positional[0];
  std::error_code ignored;
  if (path == "last") {
    path.clear();
    fs::file_time_type newest{};
    for (fs::directory_iterator it("tagwerk-runs", ignored), end; !ignored && it != end; ++it) {
      const auto document = it->path() / "run.json";
      if (!fs::exists(document, ignored)) continue;
      if (const auto time = fs::last_write_time(document, ignored); path.empty() || time > newest)
        newest = time, path = it->path().string();
    }
    if (path.empty())
      return Error(Code::kNotFound, "run-not-found", "there is no finished run in tagwerk-runs").ExitCode(2);
  }
  if (fs::is_directory(path, ignored)) path = (fs::path(path) / "run.json").string();
  TW_TRY(const std::string bytes, ReadFile(path));
  TW_TRY(const Json document, ParseJson(bytes, path));
  if (!document.is_object() || document.value("schema", Json()) != "tagwerk.run/1")
    return Error(Code::kInvalidData, "not-a-run", "file is not a run document").In(path).Do("name a run's folder");
  const std::string format = arguments.Get("--format"), language = arguments.Get("--lang");
  if (format == "html") return report::RenderHtml(document, language);
  if (format == "md") return report::RenderMarkdown(document, language);
  if (format == "article") return report::RenderArticle(document, language, arguments.Get("--output").ends_with(".md"));
  if (format == "json") return DumpJson(document, 1) + "\n";
  return Error(Code::kInvalidArgument, "option-value", "--format is html, md, json or article").Got(format);
}

}  // namespace tagwerk::app
