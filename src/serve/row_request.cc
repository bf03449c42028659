#include "serve/row_request.h"

#include <utility>

#include "base/constants.h"
#include "base/text.h"

namespace tagwerk::serve {
namespace {

/// What names a row: a text as it is, a number in its shortest form.
std::string RowId(json::Element value) {
  std::string_view text;
  double number = 0;
  if (value.Get(text)) return std::string(text);
  if (value.type() == json::Type::kNull) return "";
  return value.type() == json::Type::kDouble && value.Get(number) ? Shortest(number) : DumpJson(json::ToJson(value));
}

/// A list of plain values as one text, as files of JSON lines are read.
std::string ListText(json::Array list, json::Element whole) {
  std::string text, separator;
  for (const json::Element item : list) {
    if (item.is_object() || item.is_array()) return DumpJson(json::ToJson(whole));
    text += std::exchange(separator, ", ");
    std::string_view part;
    text += item.Get(part) ? std::string(part) : DumpJson(json::ToJson(item));
  }
  return text;
}

/// Fills one row from an object; members of objects in it are found by names with dots.
class RowReader {
 public:
  RowReader(const ServedModel& model, const std::string& id, std::vector<std::string>* ids, InputRows& rows)
      : model_(model), id_(id), ids_(ids), rows_(rows) {}

  void Read(json::Object row) {
    std::size_t next = 0;  // clients mostly keep the model's order: no search then
    for (const auto& [key, value] : row) {
      if (ids_ != nullptr && !id_.empty() && key == id_) ids_->back() = RowId(value);
      if (next < model_.inputs().size() && model_.inputs()[next].name == key && !value.is_object())
        Set(next++, value);
      else
        next = Find(key, value, next);
    }
    rows_.CountAbsent();
  }

 private:
  std::size_t Find(std::string_view key, json::Element value, std::size_t next) {
    json::Object members;
    json::Array list;
    if (value.Get(members) && members.begin() != members.end()) {
      for (const auto& [inner, part] : members) Find(std::string(key) + "." + std::string(inner), part, next);
    } else if (const auto input = model_.FindInput(key)) {
      Set(*input, value);
      return *input + 1;
    } else if (value.Get(list)) {
      SetLength(key, list);
    }
    return next;
  }
  void Set(std::size_t input, json::Element value) {
    json::Array list;
    rows_.MarkPresent(input);
    SetCell(value, input, rows_.rows() - 1, rows_);
    if (value.Get(list)) SetLength(model_.inputs()[input].name, list);
  }
  void SetLength(std::string_view name, json::Array list) {
    const auto input = model_.FindInput(std::string(name) + ".length");
    if (!input) return;
    rows_.MarkPresent(*input);
    rows_.SetNumber(*input, rows_.rows() - 1, double(list.size()));
  }

  const ServedModel& model_;
  const std::string& id_;
  std::vector<std::string>* ids_;
  InputRows& rows_;
};

Status ReadOptions(json::Object root, RowOptions& options) {
  for (const auto& [key, value] : root) {
    if (key == "rows") continue;
    if (key == "reasons") {
      double count = 0;  // 6.0 is a whole number too
      if (!value.Get(count) || !(count >= 0) || count > kMostReasons || count != int(count))
        return Error(Code::kInvalidArgument, "option-value", "reasons is a whole number from 0 to 30").Key("reasons");
      options.reasons = int(count);
    } else if (key == "level") {
      double level = 0;
      if (!value.Get(level) || !(level > 0) || !(level < 1))
        return Error(Code::kInvalidArgument, "option-value", "level is a number between 0 and 1").Key("level");
      options.level = level;
    } else if (key == "id") {
      std::string_view id;
      if (!value.Get(id)) return Error(Code::kInvalidArgument, "option-value", "id is the name of a column").Key("id");
      options.id = id;
    } else {
      const std::string typed(key);
      return Error(Code::kInvalidArgument, "request-key", "request has a key that is not known: " + Quoted(typed))
          .Similar(SimilarNames(typed, {"rows", "reasons", "level", "id"}))
          .Allowed({"rows", "reasons", "level", "id"});
    }
  }
  return Ok();
}

}  // namespace

void SetCell(json::Element value, std::size_t input, std::size_t row, InputRows& rows) {
  double number = 0;
  std::int64_t integer = 0;
  std::uint64_t natural = 0;
  std::string_view text;
  bool truth = false;
  json::Array list;
  json::Object members;
  switch (value.type()) {
    case json::Type::kDouble:
      if (value.Get(number)) rows.SetNumber(input, row, number);
      return;
    case json::Type::kInteger:
      if (value.Get(integer)) rows.SetInteger(input, row, integer);
      return;
    case json::Type::kUnsigned:
      if (value.Get(natural)) rows.SetUnsigned(input, row, natural);
      return;
    case json::Type::kText:
      if (value.Get(text)) rows.SetText(input, row, text);
      return;
    case json::Type::kBoolean:
      if (value.Get(truth)) rows.SetBoolean(input, row, truth);
      return;
    case json::Type::kArray:
      if (value.Get(list)) rows.SetOwnedText(input, row, ListText(list, value));
      return;
    case json::Type::kObject:  // an empty one is no value
      if (value.Get(members))
        rows.SetOwnedText(input, row, members.begin() != members.end() ? DumpJson(json::ToJson(value)) : "");
      return;
    case json::Type::kNull:
      rows.SetNumber(input, row, kNaN);
      return;
  }
}

Status ReadRecords(json::Array records, const ServedModel& model, const std::string& id, std::vector<std::string>* ids,
                   InputRows& rows) {
  rows.Start(model);
  if (ids != nullptr) ids->clear();
  RowReader reader(model, id, ids, rows);
  for (const json::Element record : records) {
    json::Object row;
    if (!record.Get(row))
      return Malformed("row " + std::to_string(rows.rows() + 1) + " is not an object but " +
                       std::string(KindOf(record)));
    if (rows.rows() >= kMostRows || rows.rows() * model.inputs().size() >= kMostCells)
      return TooManyRows(records.size());
    rows.AddRows(1);
    if (ids != nullptr && !id.empty()) ids->emplace_back();
    reader.Read(row);
  }
  if (rows.rows() == 0) return Malformed("there are no rows");
  return Ok();
}

Status ReadRows(json::Element root, const ServedModel& model, RowOptions& options, InputRows& rows) {
  if (options.id.empty()) options.id = model.pipeline().id_column;
  json::Array records;
  json::Object envelope;
  if (root.Get(records)) return ReadRecords(records, model, options.id, &options.ids, rows);
  if (!root.Get(envelope)) return Malformed("a list of rows is needed, not " + std::string(KindOf(root)));
  if (!envelope["rows"].Get(records)) return Malformed("the key \"rows\" with a list of objects is needed");
  TW_RETURN_IF_ERROR(ReadOptions(envelope, options));
  return ReadRecords(records, model, options.id, &options.ids, rows);
}

}  // namespace tagwerk::serve
