// Files of the store as answers: model files, reports, cards and what else a run left.
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "base/files.h"
#include "base/text.h"
#include "serve/catalogue.h"
#include "store/models.h"
#include "store/runs.h"

namespace tagwerk::serve {
namespace {

constexpr std::int64_t kMostBytes = 256 << 20;  ///< an answer is held in memory whole

// Reports hold their own scripts and styles and load nothing; `sandbox` keeps them from asking this server in the name
// of whoever looks at them.
constexpr std::string_view kReportPolicy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-downloads";

struct TypeOfEnding {
  std::string_view ending, type;
};
constexpr std::array<TypeOfEnding, 5> kTypes{{{".json", "application/json"},
                                              {".html", "text/html; charset=utf-8"},
                                              {".md", "text/markdown; charset=utf-8"},
                                              {".csv", "text/csv; charset=utf-8"},
                                              {".parquet", "application/vnd.apache.parquet"}}};

std::string_view TypeOfName(std::string_view name) {
  for (const TypeOfEnding& one : kTypes)
    if (name.ends_with(one.ending)) return one.type;
  return "application/octet-stream";
}

Error NotKept(const std::string& name, const std::string& of) {
  return Error(Code::kNotFound, "file-not-kept", "the store keeps no such file: " + Quoted(name)).In(of);
}

/// A name that may stand in a header.
std::string HeaderName(const std::string& name) {
  std::string out;
  for (const char c : name) out += IsAlphanumeric(c) || c == '.' || c == '_' || c == '-' ? c : '_';
  return out.substr(0, 128);
}

Result<StoredFile> FileOfRun(store::Store& store, const std::string& run, const std::string& name) {
  TW_TRY(std::string path, store::RunFile(store, run, name));
  if (path.empty()) return NotKept(name, run);
  return StoredFile{name, std::move(path)};
}

}  // namespace

bool IsFile(AdminResource resource) {
  using enum AdminResource;
  return resource == kVersionReport || resource == kVersionCard || resource == kVersionFile || resource == kRunReport ||
         resource == kRunFile;
}

Result<StoredFile> FindStoredFile(store::Store& store, const AdminRoute& route) {
  if (route.resource == AdminResource::kRunReport || route.resource == AdminResource::kRunFile) {
    TW_TRY(const store::RunFacts run, store::FindRunById(store, route.name));
    return FileOfRun(store, run.id, route.resource == AdminResource::kRunReport ? "report.html" : route.part);
  }
  const auto number = ParseWhole(route.part);
  if (!number || *number < 1)
    return Error(Code::kNotFound, "version-not-found", "model has no such version: " + Quoted(route.part))
        .In(route.name);
  TW_TRY(const store::VersionFacts version, store::FindVersion(store, {route.name, "", *number}));
  const std::string title = version.model + "-" + std::to_string(version.version);
  if (route.resource == AdminResource::kVersionFile) return StoredFile{title + ".tw", version.path};
  const std::string name = route.resource == AdminResource::kVersionReport ? "report.html" : "card.md";
  if (version.run.empty()) return NotKept(name, title);
  return FileOfRun(store, version.run, name);
}

Status SendFile(const StoredFile& file, Response& response) {
  struct stat found{};
  if (::stat(file.path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return NotKept(file.name, "the store");
  if (found.st_size > kMostBytes)
    return Error(Code::kResourceExhausted, "file-too-large",
                 "the file is larger than what is answered over HTTP: " + Bytes(std::uint64_t(found.st_size)))
        .Do("take it from the store's folder, or a backup");
  auto bytes = ReadFile(file.path);
  if (!bytes) return NotKept(file.name, "the store");  // the path is nobody's business
  response.body = std::move(*bytes);
  response.content_type = TypeOfName(file.name);
  const bool page = file.name.ends_with(".html");
  if (page) response.policy = kReportPolicy;
  response.headers.append(std::string("Content-Disposition: ") + (page ? "inline" : "attachment") + "; filename=\"" +
                          HeaderName(file.name) + "\"\r\n");
  return Ok();
}

}  // namespace tagwerk::serve
