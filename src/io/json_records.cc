#include "io/json_records.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "io/workbook.h"

namespace tagwerk::io {
namespace {

constexpr int kSearchDepth = 4;  // objects in objects that are searched for an array of objects
constexpr std::size_t kMostMembers = 100'000;
constexpr std::uint64_t kMostWhole = 512 << 20;
constexpr std::uint64_t kWholeFactor = 20;  // bytes of a parsed document for each byte of its text

bool IsJsonBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::size_t SkipJsonBlanks(std::string_view text, std::size_t at) {
  while (at < text.size() && IsJsonBlank(text[at])) ++at;
  return at;
}

// Returns the byte after the string that starts at `begin`.
std::optional<std::size_t> EndOfString(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::nullopt;
}

struct JsonMember {
  std::string key;
  std::size_t begin = 0, end = 0;  // of the value
  std::vector<std::size_t> cuts;   // of an array of objects
};

// What lies in an object.
struct JsonObject {
  std::vector<JsonMember> members;
  std::size_t end = 0;  // after the closing bracket
};

Error BadJson(const std::string& path, std::size_t at, const std::string& what) {
  return Error(Code::kInvalidData, "json-malformed", "JSON is malformed: " + what).In(path).Byte(std::int64_t(at));
}

bool IsArrayOfObjects(std::string_view text, std::size_t begin) {
  if (text[begin] != '[') return false;
  const std::size_t first = SkipJsonBlanks(text, begin + 1);
  return first < text.size() && text[first] == '{';
}

// Returns the byte after the array of objects that starts at `begin`, and cuts inside it.
std::optional<std::size_t> EndOfRecords(std::string_view text, std::size_t begin, std::vector<std::size_t>& cuts) {
  std::size_t last = begin + 1, at = NextRecord(text, begin + 1, text.size());
  while (at < text.size() && text[at] != ']') {
    const auto end = EndOfValue(text, at);
    if (!end || *end == at) return std::nullopt;
    if (*end - last >= kStretch) cuts.push_back(last = *end);
    at = NextRecord(text, *end, text.size());
  }
  if (at >= text.size()) return std::nullopt;
  if (cuts.empty() || cuts.back() < at) cuts.push_back(at);
  return at + 1;
}

// Lists the members of the object that starts at `begin`.
Result<JsonObject> ReadJsonObject(std::string_view text, const std::string& path, std::size_t begin) {
  JsonObject object;
  auto& members = object.members;
  std::size_t at = SkipJsonBlanks(text, begin + 1);
  while (at < text.size() && text[at] != '}') {
    if (members.size() >= kMostMembers) {
      return Error(Code::kInvalidData, "not-a-table", "JSON object has more than 100,000 members").In(path);
    }
    const auto key_end = text[at] == '"' ? EndOfString(text, at) : std::nullopt;
    if (!key_end) return BadJson(path, at, "a key in quotes is needed");
    JsonMember member;
    TW_TRY(const Json key, ParseJson(text.substr(at, *key_end - at), path));
    member.key = key.get<std::string>();
    at = SkipJsonBlanks(text, *key_end);
    if (at >= text.size() || text[at] != ':') return BadJson(path, at, "\":\" is missing after a key");
    member.begin = SkipJsonBlanks(text, at + 1);
    if (member.begin >= text.size()) return BadJson(path, member.begin, "it ends in the middle");
    const auto end = IsArrayOfObjects(text, member.begin) ? EndOfRecords(text, member.begin, member.cuts)
                                                          : EndOfValue(text, member.begin);
    if (!end || *end == member.begin) return BadJson(path, member.begin, "a value is missing or ends in the middle");
    member.end = *end;
    at = SkipJsonBlanks(text, *end);
    members.push_back(std::move(member));
    if (at < text.size() && text[at] == ',') at = SkipJsonBlanks(text, at + 1);
  }
  if (at >= text.size()) return BadJson(path, text.size(), "it ends in the middle");
  object.end = at + 1;
  return object;
}

// Looks for arrays of objects, those of the outermost level that has one.
Result<std::vector<JsonMember>> FindArrays(std::string_view text, const std::string& path,
                                           std::vector<JsonMember> level) {
  for (int depth = 0; depth < kSearchDepth && !level.empty(); ++depth) {
    std::vector<JsonMember> arrays, inner;
    for (JsonMember& member : level) {
      if (IsArrayOfObjects(text, member.begin)) {
        arrays.push_back(std::move(member));
      } else if (text[member.begin] == '{' && inner.size() < 1000) {
        inner.push_back(std::move(member));
      }
    }
    if (!arrays.empty()) return arrays;
    level.clear();
    for (const JsonMember& outer : inner) {
      TW_TRY(JsonObject object, ReadJsonObject(text, path, outer.begin));
      for (JsonMember& member : object.members) {
        member.key = outer.key + "." + member.key;
        level.push_back(std::move(member));
      }
    }
  }
  return std::vector<JsonMember>();
}

// A line that is malformed does not make a file of lines a document.
bool MostLinesAreObjects(std::string_view text) {
  constexpr std::size_t kLines = 20, kLongest = 1 << 20;
  std::size_t lines = 0, objects = 0;
  for (std::size_t at = 0; at < text.size() && lines < kLines;) {
    const std::size_t newline = std::min(text.find('\n', at), text.size());
    const std::string_view line = Trim(text.substr(at, std::min(newline - at, kLongest)));
    at = newline + 1;
    if (line.empty()) continue;
    ++lines;
    objects += line[0] == '{' && EndOfValue(line, 0) == line.size();
  }
  return lines >= 2 && objects * 2 >= lines;
}

bool IsIndex(const std::string& text) {
  return !text.empty() && text.size() < 19 && std::all_of(text.begin(), text.end(), IsDigit);
}

// Columns as arrays of one length, or as objects keyed by row numbers (pandas: columns, index, split).
bool LooksWhole(std::string_view text, const std::vector<JsonMember>& members) {
  std::size_t arrays = 0, objects = 0;
  bool columns = false, data = false;
  for (const JsonMember& member : members) {
    const char first = text[member.begin];
    const std::size_t inside = SkipJsonBlanks(text, member.begin + 1);
    arrays += first == '[';
    objects += first == '{' && inside + 1 < member.end && text[inside] == '"' &&
               (IsDigit(text[inside + 1]) || IsIndex(member.key));
    columns |= first == '[' && member.key == "columns";
    data |= first == '[' && member.key == "data" && text[inside] == '[';
  }
  if (columns && data) return true;
  return members.size() >= 2 && (arrays == members.size() || objects == members.size());
}

Result<JsonLayout> LayoutOfObject(std::string_view text, const std::string& path, const ReadOptions& options,
                                  std::size_t begin, const std::vector<JsonMember>& members) {
  JsonLayout layout;
  layout.kind = JsonLayout::Kind::kRecords;
  layout.begin = begin;
  layout.end = text.size();
  for (const auto& field : options.expected) {
    for (const JsonMember& member : members) {
      if (field.name == member.key || field.name.starts_with(member.key + ".")) return layout;
    }
  }
  TW_TRY(auto arrays, FindArrays(text, path, members));
  std::vector<std::string> names;
  for (const JsonMember& array : arrays) names.push_back(array.key);
  std::size_t chosen = 0;
  if (!options.table.empty()) {
    chosen = std::size_t(std::find(names.begin(), names.end(), options.table) - names.begin());
    if (chosen == names.size()) return TableNotFound(path, options.table, names);
  } else if (names.size() > 1) {
    return Error(Code::kInvalidArgument, "table-needed", "JSON object holds several arrays of objects: say which one")
        .In(path)
        .Allowed(names)
        .Do("--table " + names[0]);
  }
  if (names.empty()) {
    if (LooksWhole(text, members)) layout.kind = JsonLayout::Kind::kWhole;
    return layout;
  }
  layout.begin = arrays[chosen].begin + 1;
  layout.end = arrays[chosen].end - 1;
  layout.key = names[chosen];
  layout.cuts = std::move(arrays[chosen].cuts);
  return layout;
}

// {"a": [1, 2], "b": [3, 4]}
Result<Json> RowsOfArrays(const Json& columns, const std::string& path) {
  Json rows = Json::array();
  for (const auto& [name, values] : columns.items()) {
    if (!values.is_array() || (!rows.empty() && values.size() != rows.size())) {
      return Error(Code::kInvalidData, "not-a-table", "JSON arrays differ in length: " + Quoted(name)).In(path);
    }
    if (rows.empty()) rows = Json(values.size(), Json::object());
    for (std::size_t i = 0; i < values.size(); ++i) rows[i][name] = values[i];
  }
  return rows;
}

// {"columns": ["a", "b"], "data": [[1, 3], [2, 4]]}, or only the arrays with the names in the first one.
Result<Json> RowsOfCells(const Json& names, const Json& data, std::size_t first, const std::string& path) {
  // The last of two members of one name is the one that is kept: it may be anything.
  if (!names.is_array() || !data.is_array()) {
    return Error(Code::kInvalidData, "not-a-table", "JSON members \"columns\" and \"data\" are not both arrays")
        .In(path);
  }
  Json rows = Json::array();
  for (std::size_t r = first; r < data.size(); ++r) {
    if (!data[r].is_array() || data[r].size() > names.size()) {
      return Error(Code::kInvalidData, "not-a-table",
                   "element " + std::to_string(r + 1) + " of the JSON array is no row of " +
                       std::to_string(names.size()) + " cells")
          .In(path);
    }
    Json row = Json::object();
    for (std::size_t c = 0; c < data[r].size(); ++c) {
      const std::string name = names[c].is_string() ? names[c].get<std::string>() : names[c].dump();
      row[name] = data[r][c];
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

// {"a": {"0": 1, "1": 2}, ...} by columns or {"0": {"a": 1, ...}, ...} by rows.
Result<Json> RowsOfObjects(const Json& document, const std::string& path) {
  const bool by_row = std::all_of(document.items().begin(), document.items().end(),
                                  [](const auto& item) { return IsIndex(item.key()); });
  Json rows = Json::array();
  if (by_row) {
    for (const auto& [key, row] : document.items()) rows.push_back(row);
    return rows;
  }
  std::vector<std::string> keys;
  for (const auto& [key, cell] : document.begin()->items()) keys.push_back(key);
  rows = Json(keys.size(), Json::object());
  for (const auto& [name, cells] : document.items()) {
    if (!cells.is_object() || cells.size() != keys.size()) {
      return Error(Code::kInvalidData, "not-a-table", "JSON objects differ in their keys: " + Quoted(name)).In(path);
    }
    std::size_t i = 0;
    for (const auto& [key, cell] : cells.items()) {
      if (key != keys[i]) {
        return Error(Code::kInvalidData, "not-a-table", "JSON objects differ in their keys: " + Quoted(name)).In(path);
      }
      rows[i++][name] = cell;
    }
  }
  return rows;
}

}  // namespace

std::optional<std::size_t> EndOfValue(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      const auto end = EndOfString(text, i);
      if (!end) return std::nullopt;
      if (depth == 0) return end;
      i = *end - 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return i;  // ends a number or literal
      if (--depth == 0) return i + 1;
    } else if (depth == 0 && (c == ',' || IsJsonBlank(c))) {
      return i;
    }
  }
  if (depth > 0) return std::nullopt;
  return text.size();
}

std::size_t NextRecord(std::string_view text, std::size_t at, std::size_t end) {
  while (at < end && (IsJsonBlank(text[at]) || text[at] == ',')) ++at;
  return std::min(at, end);
}

Result<JsonLayout> FindRecords(std::string_view text, const std::string& path, const ReadOptions& options) {
  JsonLayout layout;
  layout.end = text.size();
  const std::size_t begin = SkipJsonBlanks(text, 0);
  if (begin >= text.size() || (text[begin] != '{' && text[begin] != '[')) return layout;
  if (MostLinesAreObjects(text)) return layout;
  if (text[begin] == '{') {
    const std::size_t newline = std::min(text.find('\n', begin), text.size());
    const auto object = ReadJsonObject(text, path, begin);
    const auto end = object ? std::optional(object->end) : EndOfValue(text, begin);
    const bool more = end && SkipJsonBlanks(text, *end) < text.size();
    if (more) {
      layout.kind = *end <= newline ? JsonLayout::Kind::kLines : JsonLayout::Kind::kRecords;
      return layout;
    }
    if (!end) return BadJson(path, text.size(), "it ends in the middle");
    if (!object) return object.error();
    return LayoutOfObject(text, path, options, begin, object->members);
  }
  // The array's end is the last byte of the text: a large file is not gone through to find it.
  std::size_t end = text.size();
  while (end > begin + 1 && IsJsonBlank(text[end - 1])) --end;
  if (text[end - 1] != ']' || end == begin + 1) return BadJson(path, end, "it ends in the middle");
  const std::size_t first = SkipJsonBlanks(text, begin + 1);
  layout.kind = text[first] == '[' ? JsonLayout::Kind::kWhole : JsonLayout::Kind::kRecords;
  layout.begin = begin + 1;
  layout.end = end - 1;
  return layout;
}

Result<Json> RowsOfDocument(std::string_view text, const std::string& path, std::uint64_t memory_limit) {
  const std::uint64_t most = memory_limit > 0 ? std::min(kMostWhole, memory_limit / kWholeFactor) : kMostWhole;
  if (text.size() > most) {
    return Error(Code::kResourceExhausted, "memory-limit",
                 "JSON document is too large to be read at once: " + Bytes(text.size()) + ", limit " + Bytes(most))
        .In(path)
        .Do("write one object a line (JSON lines)")
        .Do("--memory with a larger limit");
  }
  TW_TRY(const Json document, ParseJson(text, path));
  if (document.is_array()) {
    if (document.empty() || !document[0].is_array()) {
      return Error(Code::kInvalidData, "not-a-table", "elements of the JSON array are no rows").In(path);
    }
    return RowsOfCells(document[0], document, 1, path);
  }
  if (document.contains("columns") && document.contains("data")) {
    return RowsOfCells(document["columns"], document["data"], 0, path);
  }
  if (document.begin()->is_array()) return RowsOfArrays(document, path);
  return RowsOfObjects(document, path);
}

bool LooksLikeJson(std::string_view text) {
  const std::string_view head = Trim(text.substr(0, 65536));
  if (head.empty()) return false;
  const std::size_t next = SkipJsonBlanks(head, 1);
  const char second = next < head.size() ? head[next] : '\0';
  if (head[0] == '{') return second == '"' || second == '}';
  return head[0] == '[' && (second == '{' || second == '[');
}

}  // namespace tagwerk::io
