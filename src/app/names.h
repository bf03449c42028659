// What people type for a model or a run: a path, a run's folder, a registry name, a run's id, `last`.
#pragma once

#include <string>

#include "app/options.h"
#include "base/json.h"
#include "base/result.h"
#include "pipeline/pipeline.h"
#include "store/models.h"

namespace tagwerk::app {

/// The files behind a name; those that do not exist are empty.
struct ModelFiles {
  std::string model;     ///< model.tw
  std::string run;       ///< run.json
  std::string held_out;  ///< held_out.parquet
  std::string folder;    ///< where they lie together, if they do
};

/// Whether this is meant as a path: it holds a slash, ends in .tw, or exists.
bool IsPath(const std::string& typed);
/// Finds the files of a model or a run. Errors: model-not-found, version-not-found, alias-not-found, run-not-found (2).
Result<ModelFiles> FindModelFiles(const Arguments& arguments, const std::string& typed);
/// Loads a model file: a path, or a run's folder. Errors: model-not-found (2), those of Pipeline::Load.
Result<pipeline::Pipeline> LoadModelFile(const std::string& typed);
/// Loads a model by path, run's folder, registry name or run. Errors: those of both.
Result<pipeline::Pipeline> LoadModel(const Arguments& arguments, const std::string& typed);
/// The files that the store keeps of a version and its run.
Result<ModelFiles> KeptFiles(store::Store& store, const store::VersionFacts& version);
/// Finds run.json by folder, file, run's id or `last`. Error run-not-found (2).
Result<std::string> FindRunDocument(const Arguments& arguments, const std::string& typed);

}  // namespace tagwerk::app
