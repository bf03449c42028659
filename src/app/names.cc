#include "app/names.h"

#include <filesystem>

#include "app/store_place.h"
#include "base/text.h"
#include "store/runs.h"

namespace tagwerk::app {

namespace fs = std::filesystem;

namespace {

std::string IfExists(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored) ? path.string() : "";
}

ModelFiles FilesIn(const std::string& folder) {
  const fs::path base(folder);
  return {IfExists(base / "model.tw"), IfExists(base / "run.json"), IfExists(base / "held_out.parquet"), folder};
}

/// The kept copies of a run's files; its own folder where the store keeps none.
Result<ModelFiles> FilesOfRun(store::Store& store, const store::RunFacts& run) {
  ModelFiles files;
  TW_TRY(files.model, store::RunFile(store, run.id, "model.tw"));
  TW_TRY(files.run, store::RunFile(store, run.id, "run.json"));
  TW_TRY(files.held_out, store::RunFile(store, run.id, "held_out.parquet"));
  if (files.model.empty() && files.run.empty()) return FilesIn(run.folder);
  return files;
}

}  // namespace

bool IsPath(const std::string& typed) {
  std::error_code ignored;
  return typed.find('/') != std::string::npos || typed.ends_with(".tw") || fs::exists(typed, ignored);
}

Result<ModelFiles> KeptFiles(store::Store& store, const store::VersionFacts& version) {
  ModelFiles files;
  files.model = version.path;
  if (version.run.empty()) return files;
  TW_TRY(files.run, store::RunFile(store, version.run, "run.json"));
  TW_TRY(files.held_out, store::RunFile(store, version.run, "held_out.parquet"));
  return files;
}

Result<ModelFiles> FindModelFiles(const Arguments& arguments, const std::string& typed) {
  std::error_code ignored;
  if (fs::is_directory(typed, ignored)) return FilesIn(typed);
  if (IsPath(typed)) {
    if (!fs::exists(typed, ignored))
      return Error(Code::kNotFound, "model-not-found", "model or run does not exist: " + Quoted(typed))
          .ExitCode(2)
          .Do("name a model file, a run's folder, or a name of `tagwerk models list`");
    ModelFiles files = FilesIn(fs::path(typed).parent_path().string());
    files.model = typed;
    return files;
  }
  TW_TRY(const auto store, OpenStore(arguments, store::Access::kRead));
  // A name of the registry first: a run's id would be no name that is registered by chance.
  const auto name = store::ParseModelName(typed);
  Result<store::VersionFacts> version = name ? store::FindVersion(*store, *name) : name.error();
  if (version) return KeptFiles(*store, *version);
  if (const auto run = store::FindRun(*store, typed)) return FilesOfRun(*store, *run);
  return version.error();
}

Result<pipeline::Pipeline> LoadModelFile(const std::string& typed) {
  std::error_code ignored;
  if (fs::is_directory(typed, ignored)) return pipeline::Pipeline::Load((fs::path(typed) / "model.tw").string());
  if (IsPath(typed)) return pipeline::Pipeline::Load(typed);
  return Error(Code::kNotFound, "model-not-found", "model does not exist: " + Quoted(typed))
      .ExitCode(2)
      .Do("name a model file (model.tw), a run's folder, or a name of `tagwerk models list`");
}

Result<pipeline::Pipeline> LoadModel(const Arguments& arguments, const std::string& typed) {
  if (IsPath(typed)) return LoadModelFile(typed);
  TW_TRY(const ModelFiles files, FindModelFiles(arguments, typed));
  if (files.model.empty())
    return Error(Code::kNotFound, "model-not-found", "the run has no model: " + Quoted(typed))
        .ExitCode(2)
        .Do("name another run, or a name of `tagwerk models list`");
  return LoadModelFile(files.model);
}

Result<std::string> FindRunDocument(const Arguments& arguments, const std::string& typed) {
  std::error_code ignored;
  if (fs::is_directory(typed, ignored)) return (fs::path(typed) / "run.json").string();
  if (fs::exists(typed, ignored)) return typed;
  TW_TRY(const auto store, OpenStore(arguments, store::Access::kRead));
  TW_TRY(const store::RunFacts run, store::FindRun(*store, typed));
  TW_TRY(const ModelFiles files, FilesOfRun(*store, run));
  if (files.run.empty())
    return Error(Code::kNotFound, "run-not-found", "the run has no document: it is " + run.status)
        .In(run.id)
        .ExitCode(2)
        .Do("tagwerk runs show " + run.id);
  return files.run;
}

}  // namespace tagwerk::app
