#include "io/json_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/constants.h"
#include "base/text.h"

namespace tagwerk::io {
namespace {

constexpr std::size_t kMostColumns = 100'000;

void SetCell(JsonColumn& column, std::size_t row, double number, std::int32_t code) {
  column.numbers.resize(row + 1, kNaN);
  column.codes.resize(row + 1, -1);
  column.numbers[row] = number;
  column.codes[row] = code;
}

class RowFiller {
 public:
  RowFiller(JsonStretch& stretch, const MissingMarkers& markers) : stretch_(stretch), markers_(markers) {}

  void Fill(const Json& object, const std::string& prefix) {
    for (const auto& [key, value] : object.items()) {
      const std::string name = prefix.empty() ? key : prefix + "." + key;
      if (value.is_object() && !value.empty()) {
        Fill(value, name);
      } else if (value.is_array()) {
        FillList(name, value);
      } else if (JsonColumn* column = stretch_.Find(name)) {
        Set(*column, value);
      }
    }
  }

 private:
  // A list of plain values becomes its text, and its length a column beside it.
  void FillList(const std::string& name, const Json& list) {
    const bool plain = std::none_of(list.begin(), list.end(), [](const Json& e) { return e.is_structured(); });
    if (stretch_.Find(name) == nullptr) return;
    if (JsonColumn* length = stretch_.Find(name + ".length")) SetNumber(*length, Json(list.size()));
    if (list.empty()) return;
    JsonColumn* column = stretch_.Find(name);
    column->boolean = false;
    column->nested |= !plain;
    std::string text = plain ? "" : DumpJson(list);
    for (std::size_t i = 0; plain && i < list.size(); ++i) {
      text += i == 0 ? "" : ", ";
      text += list[i].is_string() ? list[i].get_ref<const std::string&>() : list[i].dump();
    }
    SetCell(*column, stretch_.rows, kNaN, column->builder.Intern(text));
  }

  void Set(JsonColumn& column, const Json& value) {
    const std::size_t row = stretch_.rows;
    if (value.is_boolean()) {
      SetCell(column, row, kNaN, column.builder.Intern(value.get<bool>() ? "true" : "false"));
    } else if (value.is_string()) {
      const std::string_view text = TrimBlanks(value.get_ref<const std::string&>());
      if (markers_.Contains(text)) return;
      column.boolean = false;
      SetCell(column, row, kNaN, column.builder.Intern(text));
    } else if (value.is_number()) {
      SetNumber(column, value);
    }
  }

  void SetNumber(JsonColumn& column, const Json& value) {
    const double number = value.get<double>();
    const bool exact =
        value.is_number_float() || (std::fabs(number) < 0x1p63 && std::int64_t(number) == value.get<std::int64_t>());
    if (markers_.ContainsNumber(number)) return;
    if (!exact) {
      column.inexact = true;
      column.boolean = false;
      SetCell(column, stretch_.rows, kNaN, column.builder.Intern(value.dump()));
    } else if (std::isfinite(number)) {
      SetCell(column, stretch_.rows, number, -1);
    }
  }

  JsonStretch& stretch_;
  const MissingMarkers& markers_;
};

// The cells of one column over all stretches; null where a stretch does not have it.
TypedColumn JoinColumn(const std::vector<JsonStretch>& stretches, const std::vector<const JsonColumn*>& parts) {
  TypedColumn out;
  std::int64_t numbers = 0, texts = 0;
  bool inexact = false, all_boolean = true;
  for (const JsonColumn* part : parts) {
    if (part == nullptr) continue;
    for (double number : part->numbers) numbers += !std::isnan(number);
    for (std::int32_t code : part->codes) texts += code >= 0;
    inexact |= part->inexact;
    out.nested |= part->nested;
    all_boolean &= part->boolean;
  }
  const bool numeric = texts == 0 || (!inexact && !out.nested && FewFailed(texts, numbers + texts));
  table::DictionaryBuilder builder;
  std::vector<double> values;
  std::vector<std::int32_t> codes;
  for (std::size_t s = 0; s < stretches.size(); ++s) {
    for (std::size_t r = 0; r < stretches[s].rows; ++r) {
      const double number = parts[s] == nullptr ? kNaN : parts[s]->numbers[r];
      const std::int32_t code = parts[s] == nullptr ? -1 : parts[s]->codes[r];
      if (numeric) {
        values.push_back(number);
        if (code < 0) continue;
        ++out.conversion.failed;
        if (out.conversion.examples.size() < 5) {
          out.conversion.examples.emplace_back(parts[s]->dictionary->at(code).substr(0, 200));
        }
      } else if (code >= 0) {
        codes.push_back(builder.Intern(parts[s]->dictionary->at(code)));
      } else {
        codes.push_back(std::isnan(number) ? -1 : builder.Intern(Shortest(number)));
      }
    }
  }
  out.boolean = !numeric && all_boolean && numbers == 0;
  out.column = numeric ? table::Column::Doubles(std::move(values))
                       : table::Column::Strings(std::move(codes), std::move(builder).Finish());
  return out;
}

}  // namespace

JsonColumn* JsonStretch::Find(const std::string& name) {
  const auto [found, added] = by_name.try_emplace(name, columns.size());
  if (added) {
    if (columns.size() >= kMostColumns) {
      too_wide = true;
      by_name.erase(found);
      return nullptr;
    }
    columns.emplace_back();
    columns.back().name = name;
  }
  JsonColumn& column = columns[found->second];
  column.numbers.resize(std::max(column.numbers.size(), rows), kNaN);
  column.codes.resize(std::max(column.codes.size(), rows), -1);
  return &column;
}

void JsonStretch::AddRow(const Json& object, const MissingMarkers& markers) {
  RowFiller(*this, markers).Fill(object, "");
  ++rows;
}

void JsonStretch::Finish() {
  for (JsonColumn& column : columns) {
    column.numbers.resize(rows, kNaN);
    column.codes.resize(rows, -1);
    column.dictionary = std::move(column.builder).Finish();
  }
}

Result<TypedSource> JoinStretches(const Context& context, const Input& input,
                                  const std::vector<JsonStretch>& stretches) {
  TypedSource source;
  source.info.path = input.path;
  source.info.format = "JSON lines";
  source.info.compression = input.compression;
  source.info.bytes = input.file_bytes;
  std::vector<std::string> order;
  std::unordered_map<std::string, std::size_t> known;
  for (const JsonStretch& stretch : stretches) {
    if (stretch.too_wide || order.size() > kMostColumns) {
      return Error(Code::kInvalidData, "not-a-table",
                   fmt::format("JSON objects have more than {} different keys", Count(kMostColumns)))
          .In(input.path);
    }
    source.rows += stretch.rows;
    for (const JsonColumn& column : stretch.columns) {
      if (known.try_emplace(column.name, order.size()).second) order.push_back(column.name);
    }
  }
  source.columns.resize(order.size());
  context.pool->For(order.size(), [&](std::size_t i) {
    std::vector<const JsonColumn*> parts;
    for (const JsonStretch& stretch : stretches) {
      const auto found = stretch.by_name.find(order[i]);
      parts.push_back(found == stretch.by_name.end() ? nullptr : &stretch.columns[found->second]);
    }
    source.columns[i] = JoinColumn(stretches, parts);
    source.columns[i].name = order[i];
  });
  source.info.rows = source.rows;
  return source;
}

}  // namespace tagwerk::io
