// drift: does new data still look like the reference?
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "app/names.h"
#include "app/run.h"
#include "app/use.h"
#include "base/files.h"
#include "base/text.h"
#include "diagnose/two_sample.h"
#include "io/read.h"
#include "profile/drift.h"
#include "report/report.h"

namespace tagwerk::app {

namespace {

namespace fs = std::filesystem;

double Since(TimePoint started) { return std::chrono::duration<double>(Clock::now() - started).count(); }

struct Reference {
  double seconds = 0;  ///< that sampling took
  profile::DataSample sample;
  std::optional<table::Table> table;  ///< of data
  std::vector<table::Field> fields;   ///< as which the current data is read
};

Result<std::vector<double>> Weights(const table::Table& table, const std::string& typed, const std::string& where) {
  if (typed.empty()) return std::vector<double>();
  TW_TRY(const std::size_t c, table::ResolveColumn(table.names(), typed, "column-not-found", where));
  if (table.column(c).storage() != table::Storage::kDouble)
    return Error(Code::kInvalidData, "weight-type", "weights must be numbers")
        .In(where)
        .Column(table.field(c).name)
        .Do("choose another --weight");
  std::vector<double> weights = *table.column(c).doubles();
  for (std::size_t row = 0; row < weights.size(); ++row) {
    if (std::isnan(weights[row])) weights[row] = 0;
    if (weights[row] < 0 || !std::isfinite(weights[row]))
      return Error(Code::kInvalidData, "weight-value",
                   "weights must be 0 or more: got " + Quoted(Shortest(weights[row])))
          .In(where)
          .Column(table.field(c).name)
          .Row(std::int64_t(row) + 1);
  }
  return weights;
}

Result<Reference> FromModel(const pipeline::Pipeline& pipeline, const std::string& typed) {
  if (pipeline.training_profile.empty())
    return Error(Code::kInvalidData, "model-no-profile", "model file holds no profile of its training data")
        .In(typed)
        .Do("train again: tagwerk run DATA --target COL")
        .Do("or compare with the training data: tagwerk drift TRAINING_DATA CURRENT");
  Reference out;
  TW_TRY(out.sample, profile::LoadSample(pipeline.training_profile, typed));
  out.fields = pipeline.ExpectedFields();
  for (const profile::ColumnSample& column : out.sample.columns) {
    if (column.name != out.sample.target) continue;
    table::Field field;
    field.name = field.original_name = column.name;
    field.type = column.type;
    out.fields.push_back(field);
  }
  return out;
}

Result<Reference> FromTable(const Context& context, table::Table table, const std::string& source,
                            const std::string& weight) {
  Reference out;
  TW_TRY(const std::vector<double> weights, Weights(table, weight, source));
  std::vector<std::size_t> columns;
  for (std::size_t c = 0; c < table.num_columns(); ++c) {
    if (weight.empty() || table.field(c).name != weight) columns.push_back(c);
  }
  const TimePoint started = Clock::now();
  out.sample = profile::SampleTable(context, table, columns, weights);
  out.seconds = Since(started);
  out.sample.source = source;
  out.fields = table.fields();
  out.table = std::move(table);
  return out;
}

Result<DriftResponse> Compare(const Context& context, const Reference& reference, const table::Table& current,
                              const DriftRequest& request) {
  TW_TRY(const std::vector<double> weights, Weights(current, request.weight, request.current));
  const TimePoint started = Clock::now();
  TW_TRY(profile::Drift drift, profile::CompareTables(context, reference.sample, current, request.options, weights));
  const double columns_seconds = reference.seconds + Since(started);
  drift.current = request.current;
  if (!request.weight.empty()) std::erase(drift.extra_columns, request.weight);
  Json multivariate;
  const TimePoint whole = Clock::now();
  if (reference.table) {
    std::vector<std::string> names;
    for (const profile::ColumnDrift& column : drift.columns) names.push_back(column.name);
    multivariate = diagnose::MultivariateJson(context, *reference.table, current, names, request.options.alpha);
    if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "interrupted; nothing was compared");
  }
  DriftResponse response;
  response.document = profile::DriftJson(drift, multivariate);
  response.document["seconds"] = {{"columns", columns_seconds}, {"multivariate", Since(whole)}};
  const Json& document = response.document;
  response.failed = !document["drifted"].empty() || !drift.missing_columns.empty() || !drift.type_changes.empty() ||
                    document["data_set_drifted"] == Json(true);
  return response;
}

Result<double> Amount(const Arguments& arguments, const char* option, double high) {
  const std::string typed = arguments.Get(option);
  double value = 0;
  if (typed.ends_with("%")) {
    TW_TRY(value, ParseShare(typed, option));
  } else if (const auto number = ParseDouble(typed)) {
    value = *number;
  } else {
    value = -1;
  }
  if (!(value >= 0 && value <= high))
    return Error(Code::kInvalidArgument, "option-value",
                 std::string(option) + " is a number from 0 to " + Shortest(high))
        .Got(typed);
  return value;
}

Status WriteDrift(const Json& document, const std::string& output, const std::string& language) {
  if (output.ends_with(".json")) return WriteFileAtomically(output, DumpJson(document, 1) + "\n");
  TW_TRY(const std::string html, report::RenderDrift(document, language));
  return WriteFileAtomically(output, html);
}

}  // namespace

bool NamesModel(const std::string& typed) {
  std::error_code ignored;
  if (typed.ends_with(".tw")) return true;
  if (fs::is_directory(typed, ignored)) return fs::exists(fs::path(typed) / "model.tw", ignored);
  if (typed == "-" || !fs::is_regular_file(typed, ignored)) return false;
  char start[7] = {};
  std::ifstream(typed, std::ios::binary).read(start, sizeof start);
  return std::string_view(start, sizeof start) == "TAGWERK";
}

Result<DriftResponse> CompareData(const Context& context, table::Table reference, table::Table current,
                                  const DriftRequest& request) {
  TW_TRY(const Reference made, FromTable(context, std::move(reference), request.reference, request.weight));
  return Compare(context, made, std::move(current), request);
}

Result<DriftResponse> CompareWithModel(const Context& context, const pipeline::Pipeline& model, table::Table current,
                                       const DriftRequest& request) {
  TW_TRY(const Reference made, FromModel(model, request.reference));
  return Compare(context, made, std::move(current), request);
}

Result<DriftResponse> Drift(const Context& context, const Arguments& arguments) {
  if (arguments.positional.size() < 2)
    return Error(Code::kInvalidArgument, "argument-missing",
                 "a reference (data or a model) and current data are needed")
        .In("tagwerk drift")
        .Do("tagwerk drift train.csv week.csv");
  DriftRequest request;
  request.reference = arguments.positional[0];
  request.current = arguments.positional[1];
  request.options.columns = SplitList(arguments.Get("--columns"));
  request.weight = arguments.Get("--weight");
  TW_TRY(request.options.alpha, Amount(arguments, "--alpha", 1));
  TW_TRY(request.options.min_effect, Amount(arguments, "--min-effect", 1e9));
  const std::string output = arguments.Get("--output");
  if (!output.empty() && !output.ends_with(".html") && !output.ends_with(".json"))
    return Error(Code::kInvalidArgument, "option-value", "-o names an .html or .json file").Got(output);
  TW_TRY(io::ReadOptions options, ReadOptionsFrom(arguments));
  Reference reference;
  // What is no file may be a name of the registry.
  const bool registered = !IsPath(request.reference) && request.reference != "-" &&
                          FindModelFiles(arguments, request.reference).has_value();
  if (registered || NamesModel(request.reference)) {
    TW_TRY(const pipeline::Pipeline model, LoadModel(arguments, request.reference));
    TW_TRY(reference, FromModel(model, request.reference));
  } else {
    TW_TRY(table::ReadResult read, io::Read(context, request.reference, options));
    TW_TRY(reference, FromTable(context, std::move(read.table), request.reference, request.weight));
  }
  options.expected = reference.fields;
  options.keep_extra = true;
  TW_TRY(table::ReadResult current, io::Read(context, request.current, options));
  TW_TRY(DriftResponse response, Compare(context, reference, std::move(current.table), request));
  response.failed = response.failed && arguments.Has("--fail");
  if (!output.empty()) TW_RETURN_IF_ERROR(WriteDrift(response.document, output, arguments.Get("--lang")));
  return response;
}

}  // namespace tagwerk::app
