#include "app/store_place.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "app/project.h"
#include "app/toml.h"
#include "app/toml_faults.h"
#include "base/files.h"
#include "base/text.h"

namespace tagwerk::app {

namespace fs = std::filesystem;

namespace {

constexpr const char* kStoreKeys[] = {"url", "keep_runs"};

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path Absolute(const fs::path& path) {
  std::error_code failure;
  const fs::path full = fs::absolute(path, failure);
  return (failure ? path : full).lexically_normal();
}

/// A file, sqlite:FILE, or a folder that holds (or will hold) store.db.
Result<std::string> FileOfUrl(std::string url, const fs::path& base, const std::string& where) {
  if (url.rfind("sqlite:", 0) == 0) url = url.substr(7);
  const auto scheme = url.find("://");
  if (scheme != std::string::npos)
    return Error(Code::kUnimplemented, "store-unsupported",
                 "this program keeps its store in SQLite: " + Quoted(url.substr(0, scheme) + "://..."))
        .In(where)
        .Do("name a file: .tagwerk/store.db");
  if (url.empty()) return Error(Code::kInvalidArgument, "option-value", "a store needs a file").In(where);
  fs::path path = Absolute(base / url);
  std::error_code ignored;
  if (url.back() == '/' || fs::is_directory(path, ignored)) path /= "store.db";
  return path.lexically_normal().string();
}

/// What one settings file says.
struct SettingsSaid {
  std::string url, project;
  fs::path folder;
};

class StoreReader {
 public:
  StoreReader(std::string path, StorePlace& place) : path_(std::move(path)), faults_(path_), place_(place) {}

  Result<SettingsSaid> Read() {
    TW_TRY(const std::string bytes, ReadFile(path_));
    TW_TRY(const toml::table root, ParseToml(bytes, path_));
    SettingsSaid said;
    said.folder = Absolute(path_).parent_path();
    said.project = root.at_path("project.name").value_or(said.folder.filename().string());
    if (const auto* store = root.get_as<toml::table>("store")) Take(*store, said);
    place_.deploy_margin = root.at_path("deploy.margin").value_or(place_.deploy_margin);
    place_.deploy_probability = root.at_path("deploy.probability").value_or(place_.deploy_probability);
    if (faults_.first()) return std::move(*faults_.first());
    return said;
  }

 private:
  void Take(const toml::table& store, SettingsSaid& said) {
    for (const auto& [key, node] : store) {
      const std::string name(key.str());
      if (std::find(std::begin(kStoreKeys), std::end(kStoreKeys), name) == std::end(kStoreKeys)) {
        faults_.Add("config-unknown-key", "[store] has no key: " + Quoted(name), node,
                    SimilarNames(name, {std::begin(kStoreKeys), std::end(kStoreKeys)}));
        continue;
      }
      const auto text = node.value<std::string>();
      if (!text)
        faults_.Add("config-value", "text is needed: " + Quoted("store." + name), node);
      else if (name == "url")
        said.url = *text;
      else if (const auto seconds = ParseDuration(*text, "keep_runs"))
        place_.keep_runs_seconds = *seconds;
      else
        faults_.Add("config-value", "a duration is needed, such as 365d: " + Quoted(*text), node);
    }
  }

  std::string path_;
  TomlFaults faults_;
  StorePlace& place_;
};

Result<std::string> HomeStore() {
  if (const std::string home = Variable("TAGWERK_HOME"); !home.empty()) return Absolute(home) / "store.db";
  if (const std::string data = Variable("XDG_DATA_HOME"); !data.empty())
    return (Absolute(data) / "tagwerk" / "store.db").string();
  if (const std::string home = Variable("HOME"); !home.empty())
    return (Absolute(home) / ".local/share/tagwerk/store.db").string();
  return Error(Code::kResourceExhausted, "store-no-home", "there is no home folder for the store")
      .Do("set TAGWERK_HOME, or name a file with --store");
}

Result<std::string> UrlOfUser(StorePlace& place, fs::path& base) {
  const std::string path = FindUserFile();
  if (path.empty()) return std::string();
  TW_TRY(const SettingsSaid said, StoreReader(path, place).Read());
  base = said.folder;
  return said.url;
}

}  // namespace

Result<StorePlace> FindStore(const Arguments& arguments) {
  StorePlace place;
  fs::path user_base, project_base;
  std::string project_url;
  TW_TRY(const std::string user_url, UrlOfUser(place, user_base));
  const std::string project = arguments.Has("--config") ? arguments.Get("--config") : FindProjectFile();
  if (!project.empty()) {
    TW_TRY(const SettingsSaid said, StoreReader(project, place).Read());
    place.project = said.project;
    project_base = said.folder;
    project_url = said.url;
  }
  if (const std::string typed = arguments.Get("--store"); !typed.empty()) {
    TW_TRY(place.location.path, FileOfUrl(typed, fs::path(), "--store"));
  } else if (!project_url.empty()) {
    TW_TRY(place.location.path, FileOfUrl(project_url, project_base, project));
  } else if (!user_url.empty()) {
    TW_TRY(place.location.path, FileOfUrl(user_url, user_base, "config.toml"));
  } else if (!project.empty()) {
    place.location.path = (project_base / ".tagwerk" / "store.db").string();
  } else {
    TW_TRY(place.location.path, HomeStore());
  }
  return place;
}

Result<std::unique_ptr<store::Store>> OpenStore(const Arguments& arguments, store::Access access) {
  TW_TRY(const StorePlace place, FindStore(arguments));
  return store::Store::Open(place.location, access);
}

}  // namespace tagwerk::app
