// The smaller use cases: predict, evaluate, test, profile, drift, report. Each is a request and a
// response.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/options.h"
#include "base/context.h"
#include "base/json.h"
#include "base/result.h"
#include "pipeline/pipeline.h"
#include "profile/drift.h"

namespace tagwerk::app {

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

struct CompareResponse {
  Json document;  ///< tagwerk.comparison/1
  std::vector<Error> warnings;
};
/// Errors: model-not-found (2), no-held-out-rows, no-shared-rows, compare-unlike (3), those of reading and loading.
Result<CompareResponse> Compare(const Context& context, const Arguments& arguments);

struct ExplainResponse {
  Json document;  ///< tagwerk.explanation/1
  std::vector<Error> warnings;
};
/// Errors: argument-missing, option-value, option-contradiction, row-not-found, those of reading and loading.
Result<ExplainResponse> Explain(const Context& context, const Arguments& arguments);
/// Explains the rows of a table in memory: method shap (contributions to every row, `top` a row, and the columns'
/// means), dependence, or whatif (one row: what would turn the decision of a classifier, or what `changes`, columns and
/// values as text, would do). Returns tagwerk.explanation/1. Errors: option-value, option-contradiction, no-rows,
/// column-missing, column-not-found, interrupted.
Result<Json> ExplainTable(const Context& context, const pipeline::Pipeline& pipeline, const table::Table& table,
                          const std::string& method, int top,
                          const std::vector<std::pair<std::string, std::string>>& changes = {});
/// Returns the columns by the importance that the model file holds, most important first; empty if it holds none.
std::vector<std::string> StoredImportance(const pipeline::Pipeline& pipeline);

struct ProfileResponse {
  Json document;        ///< tagwerk.profile/1; of several files tagwerk.profiles/1
  std::string text;     ///< SQL of --ddl, TOML of --schema
  bool failed = false;  ///< --fail and a finding that severe
};
Result<ProfileResponse> Profile(const Context& context, const Arguments& arguments);

/// Two data sets, or a model's training profile and data, compared column by column and as a whole.
struct DriftRequest {
  std::string reference, current;  ///< as typed, for the document
  std::string weight;              ///< column of both; empty: every row counts 1
  profile::DriftOptions options;
};
struct DriftResponse {
  Json document;        ///< tagwerk.drift/1
  bool failed = false;  ///< a column drifted, is missing or changed its type, or the data as a whole did
};
Result<DriftResponse> CompareData(const Context& context, table::Table reference, table::Table current,
                                  const DriftRequest& request);
Result<DriftResponse> CompareWithModel(const Context& context, const pipeline::Pipeline& model, table::Table current,
                                       const DriftRequest& request);
/// Whether a REFERENCE names a model: by `.tw`, as a run's folder, or by its first bytes.
bool NamesModel(const std::string& typed);
/// The command; `failed` is set only with --fail. Errors: model-no-profile, drift-no-columns, weight-type,
/// weight-value, column-not-found, those of reading.
Result<DriftResponse> Drift(const Context& context, const Arguments& arguments);

struct ImportResponse {
  Json document;        ///< tagwerk.import/1
  bool failed = false;  ///< --check found another prediction
};
/// import: a LightGBM text model as a model file. Errors: import-format, import-damaged (3), import-unsupported (2).
Result<ImportResponse> Import(const Context& context, const Arguments& arguments);

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

/// Rows whose truth is known, mapped to the model's classes.
struct LabelledRows {
  table::Table table;
  std::vector<double> truth;
  std::int64_t without_target = 0;
};
/// Reads labelled rows for a model; --target names another column than the model's. Errors: those of reading,
/// column-missing, target-not-found, target-empty.
Result<LabelledRows> ReadLabelled(const Context& context, const Arguments& arguments, const std::string& data,
                                  const pipeline::Pipeline& pipeline, std::vector<Error>& warnings);

}  // namespace tagwerk::app
