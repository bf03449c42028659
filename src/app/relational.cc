// profile of several files, or with --ddl: what refers to what, and the schema as SQL.
#include "app/relational.h"

#include "app/run.h"
#include "base/files.h"
#include "base/text.h"
#include "io/read.h"
#include "profile/profile.h"
#include "profile/schema_sql.h"

namespace tagwerk::app {
namespace {

struct ProfiledFile {
  table::ReadResult read;
  profile::Profile made;
};

Result<profile::SqlDialect> DialectOf(const Arguments& arguments) {
  const std::string typed = arguments.Get("--ddl");
  if (typed == "both") return profile::SqlDialect::kBoth;
  if (typed == "sqlite") return profile::SqlDialect::kSqlite;
  if (typed == "postgresql") return profile::SqlDialect::kPostgresql;
  return Error(Code::kInvalidArgument, "option-value", "--ddl is sqlite or postgresql, or without a value both")
      .In("--ddl")
      .Got(typed)
      .Allowed({"sqlite", "postgresql"});
}

}  // namespace

Result<ProfileResponse> ProfileSeveral(const Context& context, const Arguments& arguments) {
  TW_TRY(const profile::SqlDialect dialect, DialectOf(arguments));
  TW_TRY(const io::ReadOptions options, ReadOptionsFrom(arguments));
  const std::vector<std::string>& paths = arguments.positional;
  if (paths.size() > 1 && arguments.Has("--target"))
    return Error(Code::kInvalidArgument, "option-contradiction",
                 "--target needs one file, " + Count(std::int64_t(paths.size())) + " are given")
        .In("--target")
        .Do("profile the file with the target alone");
  profile::ProfileOptions profile_options;
  profile_options.full = true;
  std::vector<ProfiledFile> files(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    TW_TRY(files[i].read, io::Read(context, paths[i], options));
    TW_TRY(files[i].made, profile::MakeProfile(context, files[i].read, nullptr, profile_options));
  }
  const std::vector<std::string> names = profile::TableNames(paths);
  std::vector<profile::NamedTable> tables;
  for (std::size_t i = 0; i < files.size(); ++i)
    tables.push_back({names[i], &files[i].read.table, &files[i].made.columns, &*files[i].made.dependencies});
  const std::vector<profile::Reference> references = profile::FindReferences(context, tables);
  ProfileResponse response;
  Json items = Json::array();
  for (std::size_t i = 0; i < files.size(); ++i) {
    items.push_back(profile::ProfileJson(files[i].made, files[i].read));
    items.back()["name"] = names[i];
    response.failed |= HasSevere(arguments, files[i].made);
  }
  response.document["schema"] = "tagwerk.profiles/1";
  response.document["items"] = std::move(items);
  response.document["references"] = profile::ReferencesJson(references, tables);
  if (!arguments.Has("--ddl")) return response;
  response.text = profile::SchemaSql(tables, references, dialect);
  response.document["ddl"] = response.text;
  return response;
}

bool HasSevere(const Arguments& arguments, const profile::Profile& made) {
  if (!arguments.Has("--fail")) return false;
  const auto limit = arguments.Get("--fail") == "critical" ? profile::Severity::kCritical : profile::Severity::kWarning;
  for (const auto& finding : made.findings) {
    if (finding.severity <= limit) return true;
  }
  return false;
}

}  // namespace tagwerk::app
