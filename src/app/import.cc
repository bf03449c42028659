// import: models that other libraries trained, as model files of ours.
#include <algorithm>
#include <cmath>

#include "app/plain_pipeline.h"
#include "app/run.h"
#include "app/use.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "io/read.h"
#include "learners/import.h"

namespace tagwerk::app {
namespace {

using learners::ImportedModel;

constexpr double kTolerance = 1e-9;  ///< relative difference that --check allows

pipeline::Pipeline PipelineOf(ImportedModel model) {
  std::vector<std::string> classes;
  for (std::uint32_t c = 0; c < model.classes; ++c) classes.push_back(std::to_string(c));
  pipeline::Member member;
  member.learner = "gradient_boosting";
  member.parameters = {{"imported", "lightgbm"}, {"objective", model.objective}};
  member.model = std::move(model.model);
  pipeline::Pipeline out = PlainPipeline(std::move(classes), model.classes > 0, std::move(model.features), member);
  out.target = "target";  // the file does not name it
  out.extra = {{"imported", {{"format", "lightgbm"}, {"version", model.version}, {"objective", model.objective}}}};
  return out;
}

/// The largest difference from what the other library said of the same rows.
Result<Json> Check(const Context& context, const Arguments& arguments, const pipeline::Pipeline& pipeline) {
  const std::string data = arguments.Get("--check");
  TW_TRY(io::ReadOptions options, ReadOptionsFrom(arguments));
  options.expected = pipeline.ExpectedFields();
  options.keep_extra = true;
  TW_TRY(const table::ReadResult read, io::Read(context, data, options));
  std::vector<Error> warnings;
  SurprisePolicy policy;
  policy.data = data;
  TW_RETURN_IF_ERROR(CheckColumns(pipeline, read.table.names(), policy, warnings));
  const auto outputs = std::size_t(pipeline.num_outputs());
  std::vector<std::pair<std::size_t, std::size_t>> pairs;  // column of DATA, output
  if (outputs <= 2) {
    TW_TRY(const std::size_t column, table::ResolveColumn(read.table.names(), "prediction", "column-missing", data));
    pairs.emplace_back(column, outputs - 1);
  }
  for (std::size_t k = 0; outputs > 2 && k < outputs; ++k) {
    TW_TRY(const std::size_t column,
           table::ResolveColumn(read.table.names(), "prediction[" + pipeline.classes[k] + "]", "column-missing", data));
    pairs.emplace_back(column, k);
  }
  TW_TRY(const pipeline::Predictions ours, pipeline.Predict(context, read.table, 0));
  double largest = 0, relative = 0;
  for (const auto& [column, output] : pairs) {
    const auto& values = read.table.column(column).doubles();
    if (values == nullptr)
      return Error(Code::kInvalidData, "type-changed", "predictions are no numbers")
          .In(data)
          .Column(read.table.field(column).name);
    for (std::size_t i = 0; i < values->size(); ++i) {
      const double off = std::abs((*values)[i] - ours.scores[i * outputs + output]);
      largest = std::max(largest, std::isnan(off) ? INFINITY : off);
      relative = std::max(relative, std::isnan(off) ? INFINITY : off / std::max(1e-300, std::abs((*values)[i])));
    }
  }
  return Json{{"rows", read.table.num_rows()},
              {"largest_difference", largest},
              {"largest_relative_difference", relative},
              {"passed", relative <= kTolerance}};
}

}  // namespace

Result<ImportResponse> Import(const Context& context, const Arguments& arguments) {
  if (arguments.positional.empty() || !arguments.Has("--output"))
    return Error(Code::kInvalidArgument, "argument-missing", "a model and the file to write are needed")
        .In("tagwerk import")
        .Do("tagwerk import model.txt -o model.tw");
  const std::string format = arguments.Get("--format"), path = arguments.positional[0];
  if (format != "auto" && format != "lightgbm")
    return Error(Code::kInvalidArgument, "option-value", "--format is auto or lightgbm").Got(format);
  TW_TRY(const std::string bytes, ReadFile(path));
  TW_TRY(ImportedModel model, learners::ImportLightGbm(bytes, path));
  ImportResponse response;
  response.document = {
      {"schema", "tagwerk.import/1"}, {"source", {{"path", path}, {"format", "lightgbm"}, {"version", model.version}}},
      {"objective", model.objective}, {"trees", model.trees},
      {"leaves", model.leaves},       {"check", nullptr}};
  const pipeline::Pipeline pipeline = PipelineOf(std::move(model));
  response.document["task"] = TaskName(pipeline.task);
  response.document["classes"] = pipeline.classes;
  response.document["inputs"] = pipeline.inputs.size();
  TW_TRY(const std::string written, pipeline.Serialize());
  if (arguments.Has("--check")) {
    TW_TRY(response.document["check"], Check(context, arguments, pipeline));
    response.failed = !response.document["check"].value("passed", false);
  }
  const std::string output = arguments.Get("--output");
  TW_RETURN_IF_ERROR(WriteFileAtomically(output, written));
  response.document["model"] = {{"path", output}, {"bytes", written.size()}, {"sha256", Sha256Hex(written)}};
  return response;
}

}  // namespace tagwerk::app
