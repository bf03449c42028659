// explain: why single rows, what the model uses, how a prediction moves, what would turn a decision.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "app/names.h"
#include "app/run.h"
#include "app/use.h"
#include "base/files.h"
#include "base/text.h"
#include "explain/explain.h"
#include "explain/whatif.h"
#include "io/read.h"
#include "table/time_text.h"

namespace tagwerk::app {

namespace {

constexpr std::size_t kGlobalRows = 200;  ///< rows that stand for all when no row is named

struct ExplainPlan {
  std::optional<pipeline::Pipeline> own;  ///< loaded for this; else the caller holds it
  const pipeline::Pipeline* given = nullptr;
  const pipeline::Pipeline& pipeline() const { return own ? *own : *given; }
  std::string model, data, method, id;
  std::optional<std::size_t> row;  ///< from 0
  int top = 10;
  std::vector<std::pair<std::string, std::string>> changes;
  std::string change_word = "--change";  ///< where they were said, for messages
};

Error BadExplain(const std::string& option, const std::string& got, std::vector<std::string> allowed) {
  Error error(Code::kInvalidArgument, "option-value", option + " does not take this value: " + Quoted(got));
  error.In(option).Allowed(std::move(allowed));
  return error;
}

Result<std::size_t> NumberFrom(const Arguments& arguments, const char* option, double least) {
  const auto number = ParseDouble(arguments.Get(option));
  if (!number || *number < least || *number > 1e9 || *number != std::floor(*number))
    return BadExplain(option, arguments.Get(option), {"a whole number from " + Shortest(least) + " on"});
  return std::size_t(*number);
}

Result<ExplainPlan> MakeExplainPlan(const Arguments& arguments) {
  ExplainPlan plan;
  if (arguments.positional.empty())
    return Error(Code::kInvalidArgument, "argument-missing", "a model is needed")
        .In("tagwerk explain")
        .Do("tagwerk explain model.tw new.csv --row 17");
  plan.model = arguments.positional[0];
  if (arguments.positional.size() > 1) plan.data = arguments.positional[1];
  plan.method = arguments.Get("--method");
  const std::vector<std::string> methods = {"shap", "permutation", "dependence", "whatif"};
  if (std::find(methods.begin(), methods.end(), plan.method) == methods.end())
    return BadExplain("--method", plan.method, methods);
  TW_TRY(const std::size_t top, NumberFrom(arguments, "--top", 1));
  plan.top = int(std::min<std::size_t>(top, 1000));
  plan.id = arguments.Get("--id");
  if (arguments.Has("--row")) {
    TW_TRY(const std::size_t row, NumberFrom(arguments, "--row", 1));
    plan.row = row - 1;
  }
  if (plan.row && !plan.id.empty())
    return Error(Code::kInvalidArgument, "option-contradiction", "--row and --id exclude each other").In("--row");
  for (const std::string& word : arguments.All("--change")) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0) return BadExplain("--change", word, {"COL=VALUE"});
    plan.changes.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  if (!plan.changes.empty() && plan.method != "whatif") plan.method = "whatif";
  const bool one = plan.row || !plan.id.empty();
  if (plan.data.empty() && (one || arguments.Has("--method") || !plan.changes.empty()))
    return Error(Code::kInvalidArgument, "argument-missing", "data is needed for this explanation")
        .In("tagwerk explain")
        .Do("tagwerk explain " + plan.model + " DATA --row 1");
  if (plan.method == "whatif" && !one)
    return Error(Code::kInvalidArgument, "option-contradiction", "--method whatif is about one row")
        .In("--method")
        .Do("add --row N or --id KEY");
  TW_TRY(plan.own, LoadModel(arguments, plan.model));
  if (plan.method == "whatif" && plan.changes.empty() && plan.pipeline().task == Task::kRegression)
    return Error(Code::kInvalidArgument, "option-contradiction",
                 "a predicted number has no decision that could turn: say what changes")
        .In("--method whatif")
        .Do("add --change COL=VALUE");
  return plan;
}

Result<std::size_t> FindRow(const ExplainPlan& plan, const table::Table& table) {
  if (plan.row) {
    if (*plan.row >= table.num_rows())
      return Error(Code::kInvalidArgument, "row-not-found",
                   "data has no row " + Count(std::int64_t(*plan.row) + 1) + ": it has " +
                       Count(std::int64_t(table.num_rows())))
          .In(plan.data);
    return *plan.row;
  }
  const auto column = plan.pipeline().id_column.empty() ? std::nullopt : table.Find(plan.pipeline().id_column);
  if (!column)
    return Error(Code::kInvalidArgument, "row-not-found", "the model knows no column of keys that the data has")
        .In(plan.data)
        .Do("use --row N");
  for (std::size_t row = 0; row < table.num_rows(); ++row)
    if (table.column(*column).Text(row) == plan.id) return row;
  return Error(Code::kInvalidArgument, "row-not-found", "no row has this key: " + Quoted(plan.id))
      .In(plan.data)
      .Column(plan.pipeline().id_column);
}

/// One value of a column's type from what was typed; "" is missing.
Result<table::ColumnPtr> ValueFrom(const table::Column& like, const std::string& column, const std::string& typed,
                                   const std::string& said) {
  const std::string text(Trim(typed));
  const auto bad = [&](const char* needed) { return BadExplain(said, column + "=" + typed, {needed}); };
  if (like.storage() == table::Storage::kString) {
    table::DictionaryBuilder builder;
    const std::int32_t code = text.empty() ? -1 : builder.Intern(text);
    return table::Column::Strings({code}, std::move(builder).Finish());
  }
  if (like.storage() == table::Storage::kTimestamp) {
    if (text.empty()) return table::Column::Timestamps({table::kMissingTime});
    const auto time = table::ParseTime(text, table::DateOrder::kYearFirst);
    if (!time) return bad("a time like 2024-05-31 or 2024-05-31T08:00:00");
    return table::Column::Timestamps({time->microseconds});
  }
  if (text.empty()) return table::Column::Doubles({std::nan("")});
  const auto number = ParseDouble(text);
  if (!number) return bad("a number");
  return table::Column::Doubles({*number});
}

explain::ExplainInput InputFor(const Context& context, const ExplainPlan& plan, const table::Table& table) {
  explain::ExplainInput input;
  input.pipeline = &plan.pipeline();
  input.table = &table;
  input.seed = context.seed;
  if (plan.pipeline().background.num_rows() > 0) input.background = &plan.pipeline().background;
  input.columns = StoredImportance(plan.pipeline());
  return input;
}

/// Mean |contribution| of every column over some rows.
Json MeanContributions(const Json& cases, int top) {
  std::map<std::string, std::pair<double, double>> sums;
  for (const Json& one : cases)
    for (const Json& c : one["contributions"]) {
      auto& [size, value] = sums[c["column"].get<std::string>()];
      size += std::abs(c["effect"].get<double>());
      value += c["effect"].get<double>();
    }
  std::vector<std::pair<double, std::string>> ranked;
  for (const auto& [column, sum] : sums) ranked.emplace_back(-sum.first, column);
  std::sort(ranked.begin(), ranked.end());
  Json columns = Json::array();
  const double n = double(std::max<std::size_t>(1, cases.size()));
  for (const auto& [size, column] : ranked)
    if (columns.size() < std::size_t(top))
      columns.push_back({{"column", column}, {"mean_absolute", -size / n}, {"mean", sums.at(column).second / n}});
  return columns;
}

Status ExplainByShap(const Context& context, const ExplainPlan& plan, const table::Table& table, Json& document) {
  const bool one = plan.row || !plan.id.empty();
  const explain::ExplainInput input = InputFor(context, plan, table);
  std::vector<std::size_t> rows;
  if (one) {
    TW_TRY(const std::size_t row, FindRow(plan, table));
    rows = {row};
  } else {
    const std::size_t n = table.num_rows(), count = std::min(n, kGlobalRows);
    for (std::size_t i = 0; i < count; ++i) rows.push_back(i * n / count);
  }
  Json cases = explain::ExplainRows(context, input, rows, one ? plan.top : 1000);
  if (cases.empty()) return Error(Code::kCancelled, "interrupted", "interrupted before an explanation was made");
  document["scale"] = plan.pipeline().task == Task::kRegression ? "target" : "log_odds";
  const bool exact = explain::HasExactRows(plan.pipeline());
  document["exact"] = exact;
  const std::size_t against = input.background != nullptr ? input.background->num_rows() : table.num_rows();
  document["background_rows"] = exact ? 0 : against;
  if (one) {
    for (Json& item : cases) {
      item.erase("kind");
      item.erase("truth");
      item["row"] = item["row"].get<std::size_t>() + 1;
    }
    document["rows"] = std::move(cases);
  } else {
    document["rows_explained"] = cases.size();
    document["columns"] = MeanContributions(cases, plan.top);
  }
  return Ok();
}

Status ExplainWhatIf(const Context& context, const ExplainPlan& plan, const table::Table& table, Json& document) {
  TW_TRY(const std::size_t at, FindRow(plan, table));
  const table::Table row = table.Take(table::Rows{table::RowIndex(at)});
  std::vector<explain::Change> changes;
  Json told = Json::array();
  for (const auto& [name, typed] : plan.changes) {
    TW_TRY(const std::size_t column, table::ResolveColumn(row.names(), name, "column-not-found", plan.change_word));
    TW_TRY(table::ColumnPtr value, ValueFrom(row.column(column), name, typed, plan.change_word));
    const auto& inputs = plan.pipeline().inputs;
    const bool used = std::any_of(inputs.begin(), inputs.end(), [&](const pipeline::Input& input) {
      return input.field.name == row.field(column).name;
    });
    told.push_back({{"column", row.field(column).name},
                    {"from", row.column(column).Text(0)},
                    {"to", value->Text(0)},
                    {"used", used}});
    changes.push_back({column, std::move(value)});
  }
  const Json before = explain::Answers(context, plan.pipeline(), row);
  const Json after = explain::Answers(context, plan.pipeline(), explain::Changed(row, changes));
  if (before.empty() || after.empty())
    return Error(Code::kCancelled, "interrupted", "interrupted before an explanation was made");
  document["row"] = at + 1;
  document["before"] = before[0];
  document["changes"] = told;
  document["after"] = changes.empty() ? Json() : after[0];
  document["counterfactuals"] = Json::array();
  if (!changes.empty()) return Ok();
  const table::Table& background = plan.pipeline().background;
  document["counterfactuals"] =
      explain::Counterfactuals(context, plan.pipeline(), row, background.num_rows() > 1 ? background : table, {}, 5);
  return Ok();
}

Status ExplainByPermutation(const Context& context, const ExplainPlan& plan, const LabelledRows& rows, Json& document) {
  explain::ExplainInput input = InputFor(context, plan, rows.table);
  input.columns.clear();
  input.truth = rows.truth;
  TW_TRY(input.metric, metrics::FindMetric(plan.pipeline().metric, plan.pipeline().task));
  const Json importance = explain::PermutationImportance(context, input);
  for (const auto& [name, value] : importance.items()) document[name] = value;
  Json& columns = document["columns"];
  while (columns.size() > std::size_t(plan.top)) columns.erase(columns.size() - 1);
  return Ok();
}

Json StoredExplanation(const ExplainPlan& plan) {
  Json inputs = Json::array();
  for (const auto& input : plan.pipeline().inputs) inputs.push_back(input.field.name);
  const Json& extra = plan.pipeline().extra;
  return {{"importance", extra.contains("importance") ? extra["importance"] : Json()},
          {"inputs", std::move(inputs)},
          {"background_rows", plan.pipeline().background.num_rows()}};
}

}  // namespace

std::vector<std::string> StoredImportance(const pipeline::Pipeline& pipeline) {
  std::vector<std::string> names;
  const auto stored = pipeline.extra.find("importance");
  if (stored == pipeline.extra.end() || !stored->is_object() || !stored->contains("columns")) return names;
  for (const Json& entry : (*stored)["columns"])
    if (entry.is_object() && entry.contains("column") && entry["column"].is_string())
      names.push_back(entry["column"].get<std::string>());
  return names;
}

namespace {

Json DocumentOf(const ExplainPlan& plan, const std::string& method) {
  return {{"schema", "tagwerk.explanation/1"},
          {"model", plan.model},
          {"data", plan.data.empty() ? Json() : Json(plan.data)},
          {"method", method},
          {"task", TaskName(plan.pipeline().task)},
          {"target", plan.pipeline().target},
          {"positive", plan.pipeline().task == Task::kBinary
                           ? Json(plan.pipeline().classes[std::size_t(plan.pipeline().positive)])
                           : Json()}};
}

Json Dependence(const Context& context, const ExplainPlan& plan, const table::Table& table) {
  std::vector<std::string> columns = StoredImportance(plan.pipeline());
  if (columns.empty())
    for (const auto& input : plan.pipeline().inputs) columns.push_back(input.field.name);
  if (columns.size() > std::size_t(plan.top)) columns.resize(std::size_t(plan.top));
  return explain::PartialDependence(context, InputFor(context, plan, table), columns);
}

/// Contributions to every row, and what each column contributes on average.
Status ExplainEveryRow(const Context& context, const ExplainPlan& plan, const table::Table& table, Json& document) {
  const explain::ExplainInput input = InputFor(context, plan, table);
  std::vector<std::size_t> rows(table.num_rows());
  std::iota(rows.begin(), rows.end(), std::size_t(0));
  Json cases = explain::ExplainRows(context, input, rows, 1000);
  if (cases.size() != rows.size())
    return Error(Code::kCancelled, "interrupted", "interrupted before an explanation was made");
  document["scale"] = plan.pipeline().task == Task::kRegression ? "target" : "log_odds";
  document["exact"] = explain::HasExactRows(plan.pipeline());
  document["columns"] = MeanContributions(cases, plan.top);
  for (Json& item : cases) {
    item.erase("kind");
    item.erase("truth");
    item["row"] = item["row"].get<std::size_t>() + 1;
    Json& list = item["contributions"];
    while (list.size() > std::size_t(plan.top)) list.erase(list.size() - 1);
  }
  document["rows"] = std::move(cases);
  return Ok();
}

}  // namespace

Result<Json> ExplainTable(const Context& context, const pipeline::Pipeline& pipeline, const table::Table& table,
                          const std::string& method, int top,
                          const std::vector<std::pair<std::string, std::string>>& changes) {
  ExplainPlan plan;
  plan.changes = changes;
  plan.change_word = "changes";
  plan.given = &pipeline;
  plan.method = method;
  plan.top = std::max(1, top);
  plan.row = 0;
  const std::vector<std::string> methods = {"shap", "dependence", "whatif"};
  if (std::find(methods.begin(), methods.end(), method) == methods.end()) return BadExplain("method", method, methods);
  if (table.num_rows() == 0) return Error(Code::kInvalidData, "no-rows", "there is no row to explain").In("explain");
  SurprisePolicy policy;
  policy.data = "X";
  std::vector<Error> unused;
  TW_RETURN_IF_ERROR(CheckColumns(pipeline, table.names(), policy, unused));
  Json document = DocumentOf(plan, method);
  if (method == "shap") {
    TW_RETURN_IF_ERROR(ExplainEveryRow(context, plan, table, document));
  } else if (method == "dependence") {
    document["dependence"] = Dependence(context, plan, table);
  } else if (table.num_rows() != 1 || (changes.empty() && pipeline.task == Task::kRegression)) {
    return Error(
               Code::kInvalidArgument, "option-contradiction",
               "whatif says what would turn the decision about one row: give one row and a classifier, or what changes")
        .In("method");
  } else {
    TW_RETURN_IF_ERROR(ExplainWhatIf(context, plan, table, document));
  }
  return document;
}

Result<ExplainResponse> Explain(const Context& context, const Arguments& arguments) {
  TW_TRY(const ExplainPlan plan, MakeExplainPlan(arguments));
  ExplainResponse response;
  Json& document = response.document;
  document = DocumentOf(plan, plan.data.empty() ? "stored" : plan.method);
  if (plan.data.empty()) {
    document["stored"] = StoredExplanation(plan);
  } else if (plan.method == "permutation") {
    TW_TRY(const LabelledRows rows, ReadLabelled(context, arguments, plan.data, plan.pipeline(), response.warnings));
    TW_RETURN_IF_ERROR(ExplainByPermutation(context, plan, rows, document));
  } else {
    TW_TRY(io::ReadOptions options, ReadOptionsFrom(arguments));
    options.expected = plan.pipeline().ExpectedFields();
    options.keep_extra = true;
    TW_TRY(const table::ReadResult read, io::Read(context, plan.data, options));
    SurprisePolicy policy;
    policy.data = plan.data;
    TW_RETURN_IF_ERROR(CheckColumns(plan.pipeline(), read.table.names(), policy, response.warnings));
    if (plan.method == "shap") TW_RETURN_IF_ERROR(ExplainByShap(context, plan, read.table, document));
    if (plan.method == "whatif") TW_RETURN_IF_ERROR(ExplainWhatIf(context, plan, read.table, document));
    if (plan.method == "dependence") document["dependence"] = Dependence(context, plan, read.table);
  }
  if (const std::string output = arguments.Get("--output"); output != "-")
    TW_RETURN_IF_ERROR(WriteFileAtomically(output, DumpJson(document, 1) + "\n"));
  return response;
}

}  // namespace tagwerk::app
