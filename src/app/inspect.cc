// profile, report: looking at data, models and finished runs.
#include <algorithm>
#include <filesystem>

#include "app/names.h"
#include "app/relational.h"
#include "app/run.h"
#include "app/schema_file.h"
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

/// `profile DATA --schema`: reading alone, no statistics.
Result<ProfileResponse> PrintSchema(const Context& context, const Arguments& arguments) {
  TW_TRY(const io::ReadOptions options, ReadOptionsFrom(arguments));
  TW_TRY(const table::ReadResult read, io::Read(context, arguments.positional[0], options));
  ProfileResponse response;
  response.text = SchemaText(read);
  Json columns = Json::array();
  for (const table::Field& field : read.table.fields()) {
    columns.push_back({{"name", field.name},
                       {"type", table::TypeName(field.type)},
                       {"unit", field.unit.empty() ? Json() : Json(field.unit)},
                       {"missing", field.form.missing},
                       {"confidence", field.type_confidence},
                       {"evidence", field.type_evidence}});
  }
  response.document = {{"schema", "tagwerk.schema/1"}, {"rows", read.table.num_rows()}, {"columns", columns}};
  return response;
}

/// The newest finished run in tagwerk-runs, for `last` where no store knows one.
std::string NewestHere() {
  namespace fs = std::filesystem;
  std::error_code ignored;
  std::string newest;
  fs::file_time_type latest{};
  for (fs::directory_iterator it("tagwerk-runs", ignored), end; !ignored && it != end; ++it) {
    const auto document = it->path() / "run.json";
    if (!fs::exists(document, ignored)) continue;
    if (const auto time = fs::last_write_time(document, ignored); newest.empty() || time > latest)
      latest = time, newest = document.string();
  }
  return newest;
}

Result<std::string> FindReport(const Arguments& arguments, const std::string& typed) {
  if (typed == "last")
    if (std::string here = NewestHere(); !here.empty()) return here;
  auto found = FindRunDocument(arguments, typed);
  if (found || typed == "last") return found;
  if (IsPath(typed)) return typed;
  if (const auto files = FindModelFiles(arguments, typed); files && !files->run.empty()) return files->run;
  return found;
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
  if (arguments.Has("--schema") && arguments.Get("--schema").empty()) {
    TW_TRY(response, PrintSchema(context, arguments));
  } else if (arguments.positional.size() > 1 || arguments.Has("--ddl")) {
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
  const bool text = !response.text.empty() && (output.ends_with(".sql") || output.ends_with(".toml"));
  TW_RETURN_IF_ERROR(WriteFileAtomically(output, text ? response.text : DumpJson(response.document, 1) + "\n"));
  return response;
}

Result<std::string> RenderReport(const Arguments& arguments) {
  if (arguments.positional.empty())
    return Error(Code::kInvalidArgument, "argument-missing", "a run is needed")
        .In("tagwerk report")
        .Do("tagwerk report DIR");
  TW_TRY(const std::string path, FindReport(arguments, arguments.positional[0]));
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
