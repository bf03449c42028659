#include "serve/mlflow.h"

#include <optional>

#include "base/text.h"
#include "serve/row_request.h"

namespace tagwerk::serve {
namespace {

using Places = std::vector<std::optional<std::size_t>>;  ///< the input of each column sent

/// The model's inputs in its own order: rows without names.
Places OwnOrder(const ServedModel& model) {
  Places places;
  for (std::size_t i = 0; i < model.inputs().size(); ++i) places.emplace_back(i);
  return places;
}

Status CheckRoom(std::size_t count, const ServedModel& model) {
  if (count == 0) return Malformed("there are no rows");
  if (count > kMostRows || count * model.inputs().size() > kMostCells) return TooManyRows(count);
  return Ok();
}

/// Lists of values, one a row.
Status ReadLists(json::Array data, const Places& places, const ServedModel& model, InputRows& rows) {
  rows.Start(model);
  for (const json::Element entry : data) {
    json::Array row;
    if (!entry.Get(row))
      return Malformed("row " + std::to_string(rows.rows() + 1) + " is not a list but " + std::string(KindOf(entry)));
    TW_RETURN_IF_ERROR(CheckRoom(rows.rows() + 1, model));
    rows.AddRows(1);
    std::size_t column = 0;
    for (const json::Element value : row) {
      if (column < places.size() && places[column]) {
        rows.MarkPresent(*places[column]);
        SetCell(value, *places[column], rows.rows() - 1, rows);
      }
      ++column;
    }
    if (column != places.size())
      return Malformed("row " + std::to_string(rows.rows()) + " has " + std::to_string(column) + " values, not " +
                       std::to_string(places.size()));
    rows.CountAbsent();
  }
  return rows.rows() == 0 ? Status(Malformed("there are no rows")) : Ok();
}

Status ReadSplit(json::Object split, const ServedModel& model, InputRows& rows) {
  json::Array columns, data;
  if (!split["columns"].Get(columns) || !split["data"].Get(data))
    return Malformed("dataframe_split needs \"columns\" and \"data\"");
  Places places;
  for (const json::Element entry : columns) {
    std::string_view name;
    if (!entry.Get(name)) return Malformed("a name in \"columns\" is not a text");
    places.push_back(model.FindInput(name));
  }
  return ReadLists(data, places, model, rows);
}

/// {"column": [values]} for each column, of one length; a plain value stands for a list of one.
Status ReadColumns(json::Object columns, const ServedModel& model, InputRows& rows) {
  std::size_t count = 0;
  bool first = true;
  for (const auto& [name, value] : columns) {
    json::Array list;
    const std::size_t size = value.Get(list) ? list.size() : 1;
    if (!first && size != count) return Malformed("the columns of \"inputs\" have different lengths");
    count = size;
    first = false;
  }
  TW_RETURN_IF_ERROR(CheckRoom(count, model));
  rows.Start(model);
  rows.AddRows(count);
  for (const auto& [name, value] : columns) {
    const auto input = model.FindInput(name);
    if (!input) continue;
    rows.MarkPresent(*input);
    json::Array list;
    if (!value.Get(list)) {
      SetCell(value, *input, 0, rows);
      continue;
    }
    std::size_t row = 0;
    for (const json::Element cell : list) SetCell(cell, *input, row++, rows);
  }
  rows.CountAbsent(count);
  return Ok();
}

Status ReadList(json::Array list, const ServedModel& model, InputRows& rows) {
  const auto first = list.begin();
  if (first != list.end() && (*first).is_object()) return ReadRecords(list, model, "", nullptr, rows);
  return ReadLists(list, OwnOrder(model), model, rows);
}

}  // namespace

Status ReadInvocation(json::Element root, const ServedModel& model, InputRows& rows) {
  json::Object members, part;
  json::Array list;
  if (!root.Get(members)) return Malformed("an object is needed, not " + std::string(KindOf(root)));
  if (members["dataframe_split"].Get(part)) return ReadSplit(part, model, rows);
  for (const std::string_view key : {"dataframe_records", "instances", "inputs"})
    if (members[key].Get(list)) return ReadList(list, model, rows);
  for (const std::string_view key : {"inputs", "instances"})
    if (members[key].Get(part)) return ReadColumns(part, model, rows);
  return Malformed("one of dataframe_split, dataframe_records, instances, inputs is needed");
}

}  // namespace tagwerk::serve
