// predict: streams rows through a model file; row n of the output is row n of the input.
#include <algorithm>
#include <cmath>
#include <map>

#include "app/names.h"
#include "app/run.h"
#include "app/batch_bar.h"
#include "app/reasons.h"
#include "app/use.h"
#include "base/files.h"
#include "base/text.h"
#include "io/read.h"
#include "pipeline/range.h"

namespace tagwerk::app {

namespace {

constexpr std::size_t kBatchRows = 65536;

/// Counts over all batches.
struct Surprises {
  std::map<std::string, std::map<std::string, std::int64_t>> new_categories;  // column -> value -> rows
  std::map<std::string, std::int64_t> new_category_rows;
  std::map<std::string, std::int64_t> unparsed;
  std::map<std::string, std::string> unparsed_example;
  std::int64_t rows = 0;

  struct Range {
    std::int64_t rows = 0;
    double low = INFINITY, high = -INFINITY;  ///< of the values that lie outside
  };
  std::map<std::string, Range> out_of_range;

  void AddRanges(const table::Table& batch, const std::vector<pipeline::Input>& inputs) {
    for (const pipeline::Input& input : inputs) {
      const auto at = batch.Find(input.field.name);
      if (!at || batch.column(*at).storage() != table::Storage::kDouble) continue;
      for (const double value : *batch.column(*at).doubles()) {
        if (!pipeline::OutOfRange(input, value)) continue;
        Range& range = out_of_range[input.field.name];
        ++range.rows;
        range.low = std::min(range.low, value);
        range.high = std::max(range.high, value);
      }
    }
  }

  void Add(const table::Table& batch, const features::ApplyReport& report) {
    rows += std::int64_t(batch.num_rows());
    for (const auto& entry : report.new_categories) {
      new_category_rows[entry.column] += entry.rows;
      for (const auto& [value, count] : entry.examples) new_categories[entry.column][value] += count;
    }
    for (const table::Field& field : batch.fields()) {
      if (field.unparsed == 0) continue;
      unparsed[field.name] += field.unparsed;
      if (!field.unparsed_examples.empty()) unparsed_example.try_emplace(field.name, field.unparsed_examples[0]);
    }
  }
};

Error NewCategory(const Surprises& seen, const std::string& column, const std::string& data) {
  std::vector<std::pair<std::int64_t, std::string>> ranked;
  if (const auto it = seen.new_categories.find(column); it != seen.new_categories.end())
    for (const auto& [value, count] : it->second) ranked.emplace_back(-count, value);
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> examples;
  for (std::size_t i = 0; i < ranked.size() && i < 3; ++i)
    examples.push_back(Quoted(ranked[i].second) + " (" + Count(-ranked[i].first) + ")");
  return Error(Code::kInvalidData, "new-category",
               Count(seen.new_category_rows.at(column)) +
                   " rows hold categories that training never saw: " + Join(examples, ", "))
      .In(data)
      .Column(column)
      .Do("handled as missing; retrain if they stay");
}

Error OutOfRangeWarning(const std::string& column, const Surprises::Range& range,
                        const std::vector<pipeline::Input>& inputs, const std::string& data) {
  double low = 0, high = 0;
  for (const pipeline::Input& input : inputs)
    if (input.field.name == column) low = input.low, high = input.high;
  return Error(Code::kInvalidData, "out-of-range",
               Count(range.rows) + (range.rows == 1 ? " row lies" : " rows lie") + " beyond what training saw (" +
                   Shortest(low) + " to " + Shortest(high) + "): " + Shortest(range.low) + " to " +
                   Shortest(range.high))
      .In(data)
      .Column(column)
      .Do("check the unit; predictions there are guesses");
}

Status CheckSurprises(const Surprises& seen, const SurprisePolicy& policy, std::vector<Error>& warnings) {
  for (const auto& [column, rows] : seen.new_category_rows) {
    Error error = NewCategory(seen, column, policy.data);
    if (policy.fail_on_new_category) return error;
    warnings.push_back(std::move(error));
  }
  for (const auto& [column, values] : seen.unparsed) {
    const double share = double(values) / double(std::max<std::int64_t>(1, seen.rows));
    const auto example = seen.unparsed_example.find(column);
    const std::string first = example == seen.unparsed_example.end() ? "" : ", first " + Quoted(example->second);
    Error error =
        Error(Code::kInvalidData, "type-changed",
              "column has values of another type than in training: " + Percent(share) + " of the values" + first)
            .In(policy.data)
            .Column(column);
    if (share > policy.max_invalid)
      return error.Do("deliver the type of training, raise --max-invalid, or train again with this form");
    warnings.push_back(error.Do("they count as missing"));
  }
  return Ok();
}

/// Returns the names of input columns that the output repeats.
Result<std::vector<std::string>> KeptColumns(const Arguments& arguments, const pipeline::Pipeline& pipeline,
                                             const std::vector<std::string>& names) {
  std::vector<std::string> kept;
  const auto has = [&](const std::string& name) { return std::find(kept.begin(), kept.end(), name) != kept.end(); };
  if (!pipeline.id_column.empty() && std::find(names.begin(), names.end(), pipeline.id_column) != names.end())
    kept.push_back(pipeline.id_column);
  if (!arguments.Has("--keep")) return kept;
  const std::string typed = arguments.Get("--keep");
  if (typed.empty()) return names;
  for (const std::string& name : SplitList(typed)) {
    TW_TRY(const std::size_t index, table::ResolveColumn(names, name, "column-not-found", "--keep"));
    if (!has(names[index])) kept.push_back(names[index]);
  }
  return kept;
}

table::Table Joined(const table::Table& batch, const std::vector<std::string>& kept, const table::Table& output) {
  std::vector<table::Field> fields;
  std::vector<table::ColumnPtr> columns;
  for (const std::string& name : kept)
    if (const auto index = batch.Find(name)) {
      fields.push_back(batch.field(*index));
      columns.push_back(batch.column_ptr(*index));
    }
  for (std::size_t j = 0; j < output.num_columns(); ++j) {
    fields.push_back(output.field(j));
    columns.push_back(output.column_ptr(j));
  }
  return table::Table(std::move(fields), std::move(columns), batch.num_rows());
}

Json WarningsJson(const Surprises& seen) {
  Json list = Json::array();
  for (const auto& [column, rows] : seen.new_category_rows) {
    Json examples = Json::array();
    if (const auto it = seen.new_categories.find(column); it != seen.new_categories.end())
      for (const auto& [value, count] : it->second)
        if (examples.size() < 5) examples.push_back(value);
    list.push_back({{"id", "new-category"}, {"column", column}, {"rows", rows}, {"examples", examples}});
  }
  for (const auto& [column, rows] : seen.unparsed)
    list.push_back({{"id", "type-changed"}, {"column", column}, {"rows", rows}, {"examples", Json::array()}});
  for (const auto& [column, range] : seen.out_of_range)
    list.push_back({{"id", "out-of-range"},
                    {"column", column},
                    {"rows", range.rows},
                    {"examples", {Shortest(range.low), Shortest(range.high)}}});
  return list;
}

struct PredictPlan {
  pipeline::Pipeline pipeline;
  SurprisePolicy policy;
  std::string data, output;
  double level = 0.9;
  int reasons = 0;
  bool sets = false;  ///< classification with --level: prediction sets
  io::ReadOptions read;
};

/// Adds the column prediction_set: the labels that hold the truth with probability `level`, joined by "|"; an empty
/// cell where no label is likely enough.
table::Table WithSets(const PredictPlan& plan, const pipeline::Predictions& predictions, const table::Table& output,
                      std::int64_t& empty) {
  const std::size_t width = plan.pipeline.classes.size();
  const std::vector<std::uint8_t> in = plan.pipeline.PredictionSets(predictions.scores, plan.level);
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> codes;
  for (std::size_t i = 0; i + width <= in.size(); i += width) {
    std::string labels;
    for (std::size_t k = 0; k < width; ++k)
      if (in[i + k] != 0) labels += (labels.empty() ? "" : "|") + plan.pipeline.classes[k];
    empty += labels.empty();
    codes.push_back(labels.empty() ? -1 : builder.Intern(labels));
  }
  table::Field field;
  field.name = field.original_name = "prediction_set";
  field.type = table::SemanticType::kText;
  return output.WithColumn(field, table::Column::Strings(std::move(codes), std::move(builder).Finish()));
}

/// Adds the columns reason_1 to reason_N.
Result<table::Table> WithReasons(const Context& context, const PredictPlan& plan, const table::Table& batch,
                                 const table::Table& output) {
  TW_TRY(const std::vector<std::string> reasons, ReasonsOf(context, plan.pipeline, batch, plan.reasons));
  table::Table out = output;
  for (int place = 0; place < plan.reasons; ++place) {
    table::DictionaryBuilder builder;
    std::vector<std::int32_t> codes(batch.num_rows(), -1);
    for (std::size_t row = 0; row < batch.num_rows(); ++row) {
      const std::string& reason = reasons[row * std::size_t(plan.reasons) + std::size_t(place)];
      if (!reason.empty()) codes[row] = builder.Intern(reason);
    }
    table::Field field;
    field.name = field.original_name = "reason_" + std::to_string(place + 1);
    field.type = table::SemanticType::kText;
    out = out.WithColumn(field, table::Column::Strings(std::move(codes), std::move(builder).Finish()));
  }
  return out;
}

Result<PredictPlan> MakePlan(const Arguments& arguments) {
  PredictPlan plan;
  if (arguments.positional.size() < 2)
    return Error(Code::kInvalidArgument, "argument-missing", "a model and data are needed")
        .In("tagwerk predict")
        .Do("tagwerk predict model.tw new.csv -o out.csv");
  TW_TRY(plan.read, ReadOptionsFrom(arguments));
  TW_TRY(plan.level, ParseShare(arguments.Get("--level"), "--level"));
  TW_TRY(plan.policy.max_invalid, ParseShare(arguments.Get("--max-invalid"), "--max-invalid"));
  plan.policy.fail_on_new_category = arguments.Get("--on-new-category") == "fail";
  plan.policy.fail_on_missing_column = arguments.Get("--on-missing-column") == "fail";
  for (const char* option : {"--on-new-category", "--on-missing-column"})
    if (arguments.Get(option) != "warn" && arguments.Get(option) != "fail")
      return Error(Code::kInvalidArgument, "option-value", std::string(option) + " is warn or fail")
          .Got(arguments.Get(option));
  const auto reasons = ParseDouble(arguments.Get("--reasons"));
  if (!reasons || *reasons < 0 || *reasons > 30 || *reasons != std::floor(*reasons))
    return Error(Code::kInvalidArgument, "option-value", "--reasons is a whole number from 0 to 30")
        .Got(arguments.Get("--reasons"));
  plan.reasons = int(*reasons);
  TW_TRY(plan.pipeline, LoadModel(arguments, arguments.positional[0]));
  if (plan.reasons > 0) TW_RETURN_IF_ERROR(CheckReasons(plan.pipeline, arguments.positional[0]));
  plan.sets = arguments.Has("--level") && IsClassification(plan.pipeline.task) && !plan.pipeline.class_scores.empty();
  if (const std::string typed = arguments.Get("--threshold"); !typed.empty()) {
    TW_TRY(plan.pipeline.threshold, ParseShare(typed, "--threshold"));
  }
  plan.data = plan.policy.data = arguments.positional[1];
  plan.output = arguments.Get("--output");
  plan.read.expected = plan.pipeline.ExpectedFields();
  plan.read.keep_rejected_rows = true;
  plan.read.rejected_path = arguments.Get("--rejected");
  if (plan.read.rejected_path.empty() && plan.output != "-") plan.read.rejected_path = plan.output + ".rejected.csv";
  plan.read.keep_extra = arguments.Has("--keep") || !plan.pipeline.id_column.empty();
  return plan;
}

}  // namespace

Status CheckColumns(const pipeline::Pipeline& pipeline, const std::vector<std::string>& names,
                    const SurprisePolicy& policy, std::vector<Error>& warnings) {
  std::vector<std::string> absent, similar;
  for (const pipeline::Input& input : pipeline.inputs)
    if (std::find(names.begin(), names.end(), input.field.name) == names.end()) {
      absent.push_back(Quoted(input.field.name));
      for (const std::string& near : SimilarNames(input.field.name, names)) similar.push_back(near);
    }
  if (absent.empty()) return Ok();
  const std::string which =
      absent.size() > 8 ? Join({absent.begin(), absent.begin() + 8}, ", ") + ", ..." : Join(absent, ", ");
  Error error(Code::kInvalidData, "column-missing",
              "data lacks " + Count(std::int64_t(absent.size())) + (absent.size() == 1 ? " column" : " columns") +
                  " that the model needs: " + which);
  error.In(policy.data, Count(std::int64_t(names.size())) + " columns");
  if (similar.size() > 3) similar.resize(3);
  error.Similar(similar);
  if (policy.fail_on_missing_column)
    return error.Do("rename them in the file, or --on-missing-column warn to score without them");
  warnings.push_back(error.Do("they count as missing"));
  return Ok();
}

namespace {

/// A model with a capacity: the rows of the file are ranked in a pass of their own, then the bar is set so that as many
/// pass as can be acted on. Standard input cannot be read twice: there the trained bar holds.
Result<Json> RankBatch(const Context& context, const Arguments& arguments, PredictPlan& plan) {
  const auto rule = BatchRuleOf(plan.pipeline);
  if (!rule || !arguments.Get("--threshold").empty()) return Json();
  Json out = {{"rule", "trained_bar"}, {"share", rule->share}, {"threshold_trained", plan.pipeline.threshold}};
  std::vector<double> scores;
  if (plan.data != "-") {
    io::ReadOptions quiet = plan.read;
    quiet.rejected_path.clear();
    TW_TRY(auto stream, io::OpenStream(context, plan.data, quiet, kBatchRows));
    std::vector<Error> unused;
    TW_RETURN_IF_ERROR(CheckColumns(plan.pipeline, stream->column_names(), plan.policy, unused));
    while (true) {
      TW_TRY(auto batch, stream->Next());
      if (!batch) break;
      if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "interrupted; nothing was written");
      TW_TRY(const pipeline::Predictions predictions, plan.pipeline.Predict(context, *batch, 0));
      const auto part = PositiveScores(predictions.scores, 2, plan.pipeline.positive);
      scores.insert(scores.end(), part.begin(), part.end());
    }
    if (rule->MostOf(scores.size()) > 0) out["rule"] = "rank_in_file";
    plan.pipeline.threshold = BarOfBatch(*rule, scores, plan.pipeline.threshold);
  }
  out["threshold"] = plan.pipeline.threshold;
  return out;
}

}  // namespace

Result<PredictResponse> Predict(const Context& context, const Arguments& arguments) {
  const TimePoint started = Clock::now();
  TW_TRY(PredictPlan plan, MakePlan(arguments));
  PredictResponse response;
  TW_TRY(Json decision, RankBatch(context, arguments, plan));
  std::int64_t marked = 0;
  TW_TRY(auto stream, io::OpenStream(context, plan.data, plan.read, kBatchRows));
  TW_RETURN_IF_ERROR(CheckColumns(plan.pipeline, stream->column_names(), plan.policy, response.warnings));
  TW_TRY(const std::vector<std::string> kept, KeptColumns(arguments, plan.pipeline, stream->column_names()));
  TW_TRY(auto writer, io::OpenWriter(plan.output));
  Surprises seen;
  std::int64_t empty_sets = 0;
  while (true) {
    TW_TRY(auto batch, stream->Next());
    if (!batch) break;
    if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "interrupted; nothing was written");
    TW_TRY(const pipeline::Predictions predictions, plan.pipeline.Predict(context, *batch, plan.level));
    seen.Add(*batch, predictions.report);
    if (decision.is_object())
      marked += std::count(predictions.labels.begin(), predictions.labels.end(), plan.pipeline.positive);
    seen.AddRanges(*batch, plan.pipeline.inputs);
    if (plan.policy.fail_on_new_category) TW_RETURN_IF_ERROR(CheckSurprises(seen, plan.policy, response.warnings));
    TW_TRY(table::Table output, plan.pipeline.OutputTable(predictions));
    if (plan.sets) output = WithSets(plan, predictions, output, empty_sets);
    if (plan.reasons > 0) {
      TW_TRY(output, WithReasons(context, plan, *batch, output));
    }
    TW_RETURN_IF_ERROR(writer->Write(Joined(*batch, kept, output)));
  }
  TW_RETURN_IF_ERROR(CheckSurprises(seen, plan.policy, response.warnings));
  for (const auto& [column, range] : seen.out_of_range)
    response.warnings.push_back(OutOfRangeWarning(column, range, plan.pipeline.inputs, plan.data));
  TW_RETURN_IF_ERROR(writer->Close());
  if (empty_sets > 0)
    response.warnings.push_back(
        Error(Code::kInvalidData, "set-empty",
              Count(empty_sets) + " of " + Count(seen.rows) + " rows are less like every class than " +
                  Percent(plan.level) + " of that class' rows: their prediction_set is empty")
            .In(plan.data)
            .Do("a higher --level gives larger sets; the column prediction names the likeliest"));
  if (stream->rejected_lines() > 0)
    response.warnings.push_back(
        Error(Code::kInvalidData, "row-rejected",
              Count(stream->rejected_lines()) + " malformed lines; their cells are empty")
            .In(plan.data, plan.read.rejected_path.empty() ? "" : "listed in " + plan.read.rejected_path));
  if (decision.is_object()) decision["marked"] = marked;
  response.document = {{"schema", "tagwerk.predict/1"},
                       {"model", arguments.positional[0]},
                       {"source", plan.data},
                       {"output", plan.output},
                       {"rows", seen.rows},
                       {"rejected_rows", stream->rejected_lines()},
                       {"empty_sets", plan.sets ? Json(empty_sets) : Json()},
                       {"decision", decision},
                       {"warnings", WarningsJson(seen)},
                       {"seconds", std::chrono::duration<double>(Clock::now() - started).count()}};
  return response;
}

}  // namespace tagwerk::app
