// The smaller use cases: predict, evaluate, test, profile, models show, report. Each is a request and a response.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/options.h"
#include "base/context.h"
#include "base/json.h"
#include "base/result.h"
#include "pipeline/pipeline.h"

namespace tagwerk::app {

/// Finds a model file: a path, or a run's folder. Errors: model-not-found (2), those of Pipeline::Load.
Result<pipeline::Pipeline> LoadModelFile(const std::string& typed);

struct PredictResponse {
  Json document;                ///< tagwerk.predict/1
  std::vector<Error> warnings;  ///< printed as warning[...]
};
Result<PredictResponse> Predict(const Context& context, const Arguments& arguments);

struct EvaluateResponse {
  Json document;  ///< tagwerk.evaluation/1
  bool gate_failed = false;
  std::vector<Error> warnings;
};
Result<EvaluateResponse> Evaluate(const Context& context, const Arguments& arguments);

struct ProfileResponse {
  Json document;        ///< tagwerk.profile/1; of several files tagwerk.profiles/1
  std::string text;     ///< SQL of --ddl, TOML of --schema
  bool failed = false;  ///< --fail and a finding that severe
};
Result<ProfileResponse> Profile(const Context& context, const Arguments& arguments);

/// models show: the manifest of a model file (tagwerk.model/1).
Result<Json> ShowModel(const Arguments& arguments);

/// report: renders a finished run again; returns the text.
Result<std::string> RenderReport(const Arguments& arguments);

struct TestResponse {
  Json document;        ///< tagwerk.test/1
  std::string written;  ///< the file of --learn, or empty
  bool failed = false;  ///< a test failed
};
/// test: judges the statements of tests.toml, or proposes them (--learn). Errors: tests-missing, tests-exist,
/// tests-file, config-syntax, gate-expression (all 2).
Result<TestResponse> Test(const Context& context, const Arguments& arguments);

/// Checks predictions' surprises against the options. Fatal ones are errors (column-missing, type-changed,
/// new-category with fail); the others are returned as warnings.
struct SurprisePolicy {
  bool fail_on_new_category = false;
  bool fail_on_missing_column = true;
  double max_invalid = 0.01;
  std::string data;  ///< for messages
};
Status CheckColumns(const pipeline::Pipeline& pipeline, const std::vector<std::string>& names,
                    const SurprisePolicy& policy, std::vector<Error>& warnings);

}  // namespace tagwerk::app
