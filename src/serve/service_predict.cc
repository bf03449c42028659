// The resources that predict.
#include <fmt/format.h>

#include "base/text.h"
#include "serve/mlflow.h"
#include "serve/service.h"
#include "serve/table_body.h"

namespace tagwerk::serve {
namespace {

const std::vector<std::string> kRowTypes{"application/json", "text/csv", "application/vnd.apache.arrow.stream"};

Error WrongType(std::string_view type, std::vector<std::string> allowed) {
  return Error(Code::kInvalidArgument, "content-type", "body has a type that is not read here: " + Quoted(type))
      .Allowed(std::move(allowed));
}

/// Splits a body of the binary extension: JSON, then raw bytes.
Result<std::pair<std::string_view, std::string_view>> SplitBinary(const Request& request) {
  const std::string_view told = request.Find("inference-header-content-length");
  if (told.empty()) return std::pair<std::string_view, std::string_view>(request.body, {});
  const auto length = ParseWhole(told);
  if (!length || *length < 0 || std::size_t(*length) > request.body.size())
    return Malformed("Inference-Header-Content-Length is not a length inside the body");
  return std::pair(request.body.substr(0, std::size_t(*length)), request.body.substr(std::size_t(*length)));
}

/// Options of a body that is a table stand in the query.
Status ReadQuery(std::string_view query, RowOptions& options) {
  std::string text;
  if (QueryValue(query, "reasons", text)) {
    const auto count = ParseDouble(text);
    if (!count || *count < 0 || *count > kMostReasons || *count != int(*count))
      return Error(Code::kInvalidArgument, "option-value", "reasons is a whole number from 0 to 30").Key("reasons");
    options.reasons = int(*count);
  }
  if (!QueryValue(query, "level", text)) return Ok();
  const auto level = ParseDouble(text);
  if (!level || !(*level > 0) || !(*level < 1))
    return Error(Code::kInvalidArgument, "option-value", "level is a number between 0 and 1").Key("level");
  options.level = *level;
  return Ok();
}

double SecondsSince(TimePoint start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

Result<bool> Service::Infer(const Request& request, Response& response, Desk& desk, bool may_wait) {
  TW_TRY(const ServedModelPtr model, ModelOf(request, desk));
  response.model = model->serial();
  if (may_wait && TakesLong(*model, request)) return false;
  const TimePoint start = Clock::now();
  TW_TRY(const auto parts, SplitBinary(request));
  if (!parts.second.empty() || !ReadPlainInfer(parts.first, *model, desk.infer, desk.rows)) {
    TW_TRY(const json::Element root, desk.json.Parse(parts.first));
    TW_RETURN_IF_ERROR(ReadInfer(root, parts.second, *model, desk.infer, desk.rows));
  }
  TW_RETURN_IF_ERROR(desk.scorer.Score(model, desk.rows, Scoring(), desk.scored));
  const std::size_t json = WriteInfer(*model, desk.scored, desk.infer, response.body);
  if (json > 0) {
    response.content_type = "application/octet-stream";
    response.headers.append(fmt::format("Inference-Header-Content-Length: {}\r\n", json));
  }
  response.rows = desk.scored.rows;
  model->Observe(request.body.size(), SecondsSince(start));
  LogRows(request, model, desk, desk.infer.id.empty() ? request.id : desk.infer.id);
  return true;
}

Result<bool> Service::Predict(const Request& request, Response& response, Desk& desk, bool may_wait) {
  TW_TRY(const ServedModelPtr model, ModelOf(request, desk));
  response.model = model->serial();
  const std::string_view type = request.Find("content-type"), accept = request.Find("accept");
  const BodyForm form = FormOfType(type), wanted = FormOfAccept(accept, form);
  if (form == BodyForm::kOther) return WrongType(type, kRowTypes);
  if (wanted == BodyForm::kOther)
    return Error(Code::kInvalidArgument, "accept-wrong", "no form of the answer is acceptable: " + Quoted(accept))
        .Allowed(kRowTypes);
  if (may_wait && TakesLong(*model, request)) return false;
  const TimePoint start = Clock::now();
  RowOptions options;
  if (form == BodyForm::kJson) {
    TW_TRY(const json::Element root, desk.json.Parse(request.body));
    TW_RETURN_IF_ERROR(ReadRows(root, *model, options, desk.rows));
    if (may_wait && options.reasons > 0) return false;
    TW_RETURN_IF_ERROR(desk.scorer.Score(model, desk.rows, Scoring(options.level, options.reasons), desk.scored));
  } else {
    TW_RETURN_IF_ERROR(ReadQuery(request.query, options));
    if (may_wait && options.reasons > 0) return false;
    std::vector<std::string> absent;
    TW_TRY(const table::Table table, ReadTableBody(context_, request.body, form, *model, absent));
    TW_RETURN_IF_ERROR(desk.scorer.ScoreTable(*model, table, Scoring(options.level, options.reasons), desk.scored));
    for (std::string& name : absent)
      desk.scored.warnings.push_back({"column-missing", std::move(name), std::int64_t(table.num_rows())});
  }
  if (wanted == BodyForm::kJson) {
    WriteRows(*model, desk.scored, options, request.id, response.body);
  } else {
    TW_TRY(response.body, WriteTableBody(*model, desk.scored, options, request.id, wanted));
    response.content_type = TypeOf(wanted);
  }
  response.rows = desk.scored.rows;
  if (options.reasons == 0) model->Observe(request.body.size(), SecondsSince(start));
  LogRows(request, model, desk, request.id, &options.ids);
  return true;
}

void Service::LogRows(const Request& request, const ServedModelPtr& model, Desk& desk, std::string_view id,
                      const std::vector<std::string>* ids) {
  if (log_ == nullptr) return;
  log_->Add(desk.number, model, desk.rows, desk.scored, {id, ids, request.arrived, request.body.size()});
}

Result<ServedModelPtr> Service::OnlyModel(Desk& desk) const {
  const auto& models = desk.snapshot->models;
  if (models.size() == 1) return models.begin()->second.versions.at(models.begin()->second.current);
  return Error(Code::kInvalidArgument, "model-unclear", "several models are served, and this path names none")
      .Do("POST /v1/models/NAME/predict");
}

Result<bool> Service::Invoke(const Request& request, Response& response, Desk& desk, bool may_wait) {
  TW_TRY(const ServedModelPtr model, OnlyModel(desk));
  response.model = model->serial();
  const std::string_view type = request.Find("content-type");
  if (FormOfType(type) == BodyForm::kCsv) {
    std::vector<std::string> absent;
    if (may_wait && TakesLong(*model, request)) return false;
    TW_TRY(const table::Table table, ReadTableBody(context_, request.body, BodyForm::kCsv, *model, absent));
    TW_RETURN_IF_ERROR(desk.scorer.ScoreTable(*model, table, Scoring(), desk.scored));
    WritePredictions(*model, desk.scored, response.body);
    response.rows = desk.scored.rows;
    LogRows(request, model, desk, request.id);
    return true;
  }
  if (FormOfType(type) != BodyForm::kJson) return WrongType(type, {"application/json", "text/csv"});
  if (may_wait && TakesLong(*model, request)) return false;
  const TimePoint start = Clock::now();
  TW_TRY(const json::Element root, desk.json.Parse(request.body));
  TW_RETURN_IF_ERROR(ReadInvocation(root, *model, desk.rows));
  TW_RETURN_IF_ERROR(desk.scorer.Score(model, desk.rows, Scoring(), desk.scored));
  WritePredictions(*model, desk.scored, response.body);
  response.rows = desk.scored.rows;
  model->Observe(request.body.size(), SecondsSince(start));
  LogRows(request, model, desk, request.id);
  return true;
}

}  // namespace tagwerk::serve
