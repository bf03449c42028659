// The resources that explain: why rows are predicted as they are, and what would change that.
#include <algorithm>

#include "app/reasons.h"
#include "app/use.h"
#include "base/text.h"
#include "serve/service.h"
#include "serve/table_body.h"

namespace tagwerk::serve {
namespace {

constexpr int kMostColumns = 1000;
constexpr std::size_t kMostChanges = 1000;

/// What is asked for beside the rows.
struct ExplainOptions {
  int top = 10;  ///< columns of each row
  std::vector<std::pair<std::string, std::string>> changes;
};

Status TakeTop(std::optional<double> told, ExplainOptions& options) {
  if (!told || !(*told >= 1) || *told > kMostColumns || *told != int(*told))
    return Error(Code::kInvalidArgument, "option-value", "top is a whole number from 1 to 1000").Key("top");
  options.top = int(*told);
  return Ok();
}

/// A cell as it is typed: null is a missing value.
Result<std::string> CellText(std::string_view column, json::Element value) {
  std::string_view text;
  double number = 0;
  bool truth = false;
  if (value.Get(text)) return std::string(text);
  if (value.Get(number)) return Shortest(number);
  if (value.Get(truth)) return std::string(truth ? "true" : "false");
  if (value.type() == json::Type::kNull) return std::string();
  return Malformed("a change is a number, a text, true, false or null: " + Quoted(column));
}

Status TakeChanges(json::Element value, ExplainOptions& options) {
  json::Object changes;
  if (!value.Get(changes)) return Malformed("changes is an object of columns and values");
  for (const auto& [column, cell] : changes) {
    if (options.changes.size() >= kMostChanges) return Malformed("there are too many changes");
    TW_TRY(std::string text, CellText(column, cell));
    options.changes.emplace_back(column, std::move(text));
  }
  return Ok();
}

/// Reads an array of objects, or {"rows", "top"}; of what-if {"rows": [one], "changes"}.
Result<table::Table> ReadJson(json::Element root, const ServedModel& model, bool whatif, ExplainOptions& options,
                              InputRows& rows) {
  json::Array records;
  json::Object envelope;
  if (!root.Get(records)) {
    if (!root.Get(envelope)) return Malformed("a list of rows is needed, not " + std::string(KindOf(root)));
    if (!envelope["rows"].Get(records)) return Malformed("the key \"rows\" with a list of objects is needed");
    const std::string other = whatif ? "changes" : "top";
    for (const auto& [key, value] : envelope) {
      double number = 0;
      if (key == "rows") continue;
      if (key != other)
        return Error(Code::kInvalidArgument, "request-key", "request has a key that is not known: " + Quoted(key))
            .Allowed({"rows", other});
      if (whatif)
        TW_RETURN_IF_ERROR(TakeChanges(value, options));
      else
        TW_RETURN_IF_ERROR(TakeTop(value.Get(number) ? std::optional(number) : std::nullopt, options));
    }
  }
  TW_RETURN_IF_ERROR(ReadRecords(records, model, "", nullptr, rows));
  return rows.ToTable();
}

}  // namespace

Result<bool> Service::Explain(const Request& request, Response& response, Desk& desk, bool may_wait) {
  TW_TRY(const ServedModelPtr model, ModelOf(request, desk));
  response.model = model->serial();
  const bool whatif = desk.route.resource == Resource::kWhatIf;
  const std::string_view type = request.Find("content-type");
  const BodyForm form = FormOfType(type);
  if (form == BodyForm::kOther || (whatif && form != BodyForm::kJson))
    return Error(Code::kInvalidArgument, "content-type", "body has a type that is not read here: " + Quoted(type))
        .Allowed(whatif
                     ? std::vector<std::string>{"application/json"}
                     : std::vector<std::string>{"application/json", "text/csv", "application/vnd.apache.arrow.stream"});
  if (may_wait) return false;
  ExplainOptions options;
  const auto read = [&]() -> Result<table::Table> {
    if (form == BodyForm::kJson) {
      TW_TRY(const json::Element root, desk.json.Parse(request.body));
      return ReadJson(root, *model, whatif, options, desk.rows);
    }
    std::string top;
    if (QueryValue(request.query, "top", top)) TW_RETURN_IF_ERROR(TakeTop(ParseDouble(top), options));
    std::vector<std::string> absent;
    return ReadTableBody(context_, request.body, form, *model, absent);
  }();
  if (!read) return read.error();
  if (!whatif) TW_RETURN_IF_ERROR(app::CheckReasons(model->pipeline(), model->name()));
  const Context limited = context_.Until(Clock::now() + ToDuration(options_.explain_seconds));
  auto document =
      app::ExplainTable(limited, model->pipeline(), *read, whatif ? "whatif" : "shap", options.top, options.changes);
  if (!document && document.error().code() == Code::kCancelled)
    return Error(Code::kResourceExhausted, "explain-too-long",
                 "explaining these rows takes longer than " + Seconds(options_.explain_seconds))
        .Do("send fewer rows at once, or tagwerk explain");
  if (!document) return document.error();
  (*document)["model"] = model->name();
  (*document)["version"] = model->version();
  (*document)["request_id"] = request.id;
  document->erase("data");
  response.body = DumpJson(*document);
  response.rows = read->num_rows();
  return true;
}

}  // namespace tagwerk::serve
