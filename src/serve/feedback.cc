#include "serve/feedback.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "io/bytes.h"
#include "table/time_text.h"

namespace tagwerk::serve {
namespace {

constexpr std::size_t kLongestKey = 1024;           ///< bytes of an id
constexpr double kWholeNumbers = 9007199254740992;  ///< 2^53: below, a double tells whole numbers apart
const std::vector<std::string> kKeys{"prediction_id", "id", "actual", "observed_at", "weight"};

Error ItemWrong(std::size_t item, const std::string& what) {
  return Error(Code::kInvalidData, "feedback-item", "label cannot be kept: " + what)
      .Row(std::int64_t(item) + 1)
      .Do(R"({"prediction_id": "...", "actual": ...}, and if wanted "observed_at" (RFC 3339) and "weight")");
}

/// Where something is wrong with an item, in words; empty: nothing.
std::string SetKey(std::string_view prediction_id, std::string_view id, store::FeedbackItem& out) {
  if (prediction_id.empty() == id.empty()) return "one of prediction_id and id is needed";
  out.is_row_id = prediction_id.empty();
  out.key = out.is_row_id ? id : prediction_id;
  return out.key.size() > kLongestKey ? "the id is longer than 1024 bytes" : "";
}

std::string SetTime(std::string_view text, store::FeedbackItem& out) {
  const auto time = table::ParseTime(Trim(text), table::DateOrder::kYearFirst);
  if (!time) return "observed_at is no time: " + Quoted(text);
  const std::int64_t milliseconds = time->microseconds / 1000;
  out.observed_at = UtcTime((double(milliseconds) + 0.5) / 1000);  // the half: digits are cut, not rounded
  return "";
}

std::string SetWeight(double weight, store::FeedbackItem& out) {
  if (!(weight >= 0) || std::isinf(weight)) return "weight is a number, 0 or more";
  out.weight = weight;
  return "";
}

/// An id may be sent as a whole number.
std::string KeyText(json::Element value) {
  std::string_view text;
  if (value.Get(text)) return std::string(text);
  const bool whole = value.type() == json::Type::kInteger || value.type() == json::Type::kUnsigned;
  return whole ? DumpJson(json::ToJson(value)) : "";
}

std::string SetMember(std::string_view key, json::Element value, std::string& prediction_id, std::string& id,
                      store::FeedbackItem& out) {
  const bool absent = value.type() == json::Type::kNull;
  std::string_view text;
  double number = 0;
  if (key == "prediction_id" || key == "id") {
    (key == "id" ? id : prediction_id) = KeyText(value);
  } else if (key == "actual") {
    if (value.is_object() || value.is_array()) return "actual is a text, a number, true or false";
    out.actual = json::ToJson(value);
  } else if (key == "observed_at") {
    if (absent) return "";
    return value.Get(text) ? SetTime(text, out) : "observed_at is a text";
  } else if (key == "weight") {
    if (absent) return "";
    return value.Get(number) ? SetWeight(number, out) : "weight is a number, 0 or more";
  }
  return "";
}

Result<store::FeedbackItem> ReadItem(json::Object members, std::size_t number) {
  store::FeedbackItem out;
  std::string prediction_id, id, fault;
  for (const auto& [key, value] : members) {
    const std::string typed(key);
    if (std::find(kKeys.begin(), kKeys.end(), typed) == kKeys.end())
      return Error(Code::kInvalidArgument, "request-key", "item has a key that is not known: " + Quoted(typed))
          .Row(std::int64_t(number) + 1)
          .Similar(SimilarNames(typed, kKeys))
          .Allowed(kKeys);
    if (fault.empty()) fault = SetMember(key, value, prediction_id, id, out);
  }
  if (fault.empty() && out.actual.is_null()) fault = "actual is missing";
  if (fault.empty()) fault = SetKey(prediction_id, id, out);
  if (!fault.empty()) return ItemWrong(number, fault);
  return out;
}

table::Field TextColumn(const std::string& name) {
  table::Field field;
  field.name = field.original_name = name;
  field.type = table::SemanticType::kText;
  return field;
}

std::string Cell(const table::Table& table, const std::string& name, std::size_t row) {
  const auto at = table.Find(name);
  return at ? table.column(*at).Text(row) : "";
}

Result<store::FeedbackItem> ItemOfRow(const table::Table& table, std::size_t row) {
  store::FeedbackItem out;
  const std::string actual = Cell(table, "actual", row), time = Cell(table, "observed_at", row),
                    weight = Cell(table, "weight", row);
  std::string fault = actual.empty() ? "actual is missing" : "";
  out.actual = actual;
  if (fault.empty() && !time.empty()) fault = SetTime(time, out);
  if (fault.empty() && !weight.empty()) fault = SetWeight(ParseDouble(weight).value_or(-1), out);
  if (fault.empty()) fault = SetKey(Cell(table, "prediction_id", row), Cell(table, "id", row), out);
  if (!fault.empty()) return ItemWrong(row, fault);
  return out;
}

/// A label as the model's labels are: of numbers a number, of booleans a boolean, else a text. Null: it cannot be one.
Json Fitted(const Json& actual, const pipeline::Pipeline& pipeline) {
  const bool numbers = pipeline.task == Task::kRegression || pipeline.numeric_labels;
  if (numbers) {
    std::optional<double> value;
    if (actual.is_number()) value = actual.get<double>();
    if (actual.is_string()) value = ParseDouble(Trim(actual.get_ref<const std::string&>()));
    if (!value || !std::isfinite(*value)) return nullptr;
    if (*value == std::floor(*value) && std::abs(*value) < kWholeNumbers) return std::int64_t(*value);
    return *value;
  }
  if (pipeline.boolean_labels()) {
    if (actual.is_boolean()) return actual;
    const std::string text = actual.is_string() ? Lower(Trim(actual.get_ref<const std::string&>())) : DumpJson(actual);
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return nullptr;
  }
  if (actual.is_string()) return std::string(Trim(actual.get_ref<const std::string&>()));
  return actual.is_number_float() ? Json(Shortest(actual.get<double>())) : Json(DumpJson(actual));
}

}  // namespace

Result<Feedback> ReadFeedback(json::Element root) {
  Feedback out;
  json::Object members;
  json::Array items;
  if (root.Get(members)) {
    for (const auto& [key, value] : members) {
      if (key == "model" || key == "items") continue;
      const std::string typed(key);
      return Error(Code::kInvalidArgument, "request-key", "request has a key that is not known: " + Quoted(typed))
          .Similar(SimilarNames(typed, {"model", "items"}))
          .Allowed({"model", "items"});
    }
    std::string_view model;
    for (const auto& [key, value] : members) {
      if (key == "model" && !value.Get(model)) return Malformed("\"model\" is no text");
    }
    out.model = model;
    if (!members["items"].Get(items)) return Malformed("the key \"items\" with a list of objects is needed");
  } else if (!root.Get(items)) {
    return Malformed("an object with \"items\" is needed, not " + std::string(KindOf(root)));
  }
  if (items.size() > kMostLabels) return TooManyRows(items.size(), kMostLabels);
  for (const json::Element entry : items) {
    json::Object item;
    if (!entry.Get(item))
      return Malformed("item " + std::to_string(out.items.size() + 1) + " is not an object but " +
                       std::string(KindOf(entry)));
    TW_TRY(auto read, ReadItem(item, out.items.size()));
    out.items.push_back(std::move(read));
  }
  return out;
}

Result<Feedback> ReadFeedbackTable(const Context& context, std::string_view bytes, BodyForm form) {
  if (bytes.empty()) return Malformed("the body is empty");
  if (IsArrowStream(bytes) != (form == BodyForm::kArrow)) return Malformed("the body is not what its type says");
  io::ReadOptions options;
  for (const std::string& name : kKeys) options.expected.push_back(TextColumn(name));
  options.keep_extra = false;
  options.max_rejected = 0;
  if (form == BodyForm::kCsv) options.header = io::Header::kYes;
  TW_TRY(const auto stream, io::OpenBytes(context, bytes, "body", options, kMostLabels + 1));
  TW_TRY(const auto table, stream->Next());
  Feedback out;
  if (!table) return out;
  if (table->num_rows() > kMostLabels) return TooManyRows(table->num_rows(), kMostLabels);
  for (std::size_t r = 0; r < table->num_rows(); ++r) {
    TW_TRY(auto item, ItemOfRow(*table, r));
    out.items.push_back(std::move(item));
  }
  TW_TRY(const auto more, stream->Next());
  if (more) return Malformed("an Arrow stream of one batch is needed");
  return out;
}

Status FitLabels(const ServedModel& model, std::vector<store::FeedbackItem>& items) {
  const pipeline::Pipeline& pipeline = model.pipeline();
  for (std::size_t i = 0; i < items.size(); ++i) {
    Json fitted = Fitted(items[i].actual, pipeline);
    if (fitted.is_null()) {
      const std::string wanted = pipeline.boolean_labels() ? "true or false" : "a number";
      return ItemWrong(i, "the model predicts " + wanted + ", not " + Printable(DumpJson(items[i].actual), 80));
    }
    items[i].actual = std::move(fitted);
  }
  return Ok();
}

}  // namespace tagwerk::serve
