// Each line is parsed on its own, stretches of the file in parallel; columns are joined in the order in
// which their names first appear.
#include "io/json_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/constants.h"
#include "base/json.h"
#include "base/text.h"
#include "io/csv_sniff.h"

namespace tagwerk::io {
namespace {

constexpr std::size_t kStretch = 4 << 20;
constexpr std::size_t kMostColumns = 100'000;
constexpr int kMaxDepth = 64;

// A column whose cells are numbers or texts; what is not there is missing.
struct JsonColumn {
  std::string name;
  std::vector<double> numbers;      // NaN where the cell is no number
  std::vector<std::int32_t> codes;  // -1 where the cell is no text
  table::DictionaryBuilder builder;
  std::shared_ptr<const table::Dictionary> dictionary;
  bool boolean = true;  // all texts are booleans
  bool nested = false;
  bool inexact = false;
};

struct Stretch {
  std::vector<JsonColumn> columns;
  std::unordered_map<std::string, std::size_t> by_name;
  std::vector<Reject> rejects;
  std::size_t begin = 0, end = 0, rows = 0;
  std::int64_t lines = 0, blank = 0;
  bool too_long = false, too_wide = false;

  JsonColumn* Find(const std::string& name) {
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
};

void SetCell(JsonColumn& column, std::size_t row, double number, std::int32_t code) {
  column.numbers.resize(row + 1, kNaN);
  column.codes.resize(row + 1, -1);
  column.numbers[row] = number;
  column.codes[row] = code;
}

class RowFiller {
 public:
  RowFiller(Stretch& stretch, const MissingMarkers& markers) : stretch_(stretch), markers_(markers) {}

  void Fill(const Json& object, const std::string& prefix) {
    for (const auto& [key, value] : object.items()) {
      const std::string name = prefix.empty() ? key : prefix + "." + key;
      if (value.is_object() && !value.empty()) {
        Fill(value, name);
      } else if (JsonColumn* column = stretch_.Find(name)) {
        Set(*column, value);
      }
    }
  }

 private:
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
    } else if (value.is_array() || value.is_object()) {
      column.boolean = false;
      column.nested = true;
      SetCell(column, row, kNaN, column.builder.Intern(DumpJson(value)));
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

  Stretch& stretch_;
  const MissingMarkers& markers_;
};

void RejectLine(Stretch& stretch, std::size_t begin, std::size_t length, std::string detail, bool keep) {
  Reject reject;
  reject.begin = begin;
  reject.length = length;
  reject.line = stretch.lines;
  reject.reason = RejectReason::kBadJson;
  reject.detail = std::move(detail);
  stretch.rejects.push_back(std::move(reject));
  stretch.rows += keep;
}

Stretch ParseStretch(const Context& context, const Input& input, const MissingMarkers& markers, std::size_t begin,
                     std::size_t stop, std::size_t max_rows, bool keep_rejected) {
  Stretch stretch;
  stretch.begin = stretch.end = begin;
  const std::string_view text = input.bytes;
  RowFiller filler(stretch, markers);
  while (stretch.end < stop && stretch.rows < max_rows) {
    if ((stretch.lines & 1023) == 0 && context.Stopped()) break;
    const std::size_t start = stretch.end;
    const std::size_t newline = text.find('\n', start);
    const std::size_t line_end = newline == std::string_view::npos ? text.size() : newline;
    if (line_end - start > kLongestRecord) {
      stretch.too_long = true;
      break;
    }
    const std::string_view line = Trim(text.substr(start, line_end - start));
    stretch.end = newline == std::string_view::npos ? text.size() : newline + 1;
    if (line.empty()) {
      ++stretch.blank;
    } else {
      auto parsed = ParseJson(line, input.path, kMaxDepth);
      if (!parsed) {
        RejectLine(stretch, start, line_end - start, parsed.error().message(), keep_rejected);
      } else if (!parsed->is_object()) {
        RejectLine(stretch, start, line_end - start, "not a JSON object", keep_rejected);
      } else {
        filler.Fill(*parsed, "");
        ++stretch.rows;
      }
    }
    ++stretch.lines;
    if (stretch.too_wide) break;
  }
  for (JsonColumn& column : stretch.columns) {
    column.numbers.resize(stretch.rows, kNaN);
    column.codes.resize(stretch.rows, -1);
    column.dictionary = std::move(column.builder).Finish();
  }
  return stretch;
}

// The cells of one column over all stretches; null where a stretch does not have it.
TypedColumn JoinColumn(const std::vector<Stretch>& stretches, const std::vector<const JsonColumn*>& parts) {
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

Result<TypedSource> JoinStretches(const Context& context, const Input& input, const std::vector<Stretch>& stretches) {
  TypedSource source;
  source.info.path = input.path;
  source.info.format = "JSON lines";
  source.info.compression = input.compression;
  source.info.bytes = input.file_bytes;
  std::vector<std::string> order;
  std::unordered_map<std::string, std::size_t> known;
  for (const Stretch& stretch : stretches) {
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
    for (const Stretch& stretch : stretches) {
      const auto found = stretch.by_name.find(order[i]);
      parts.push_back(found == stretch.by_name.end() ? nullptr : &stretch.columns[found->second]);
    }
    source.columns[i] = JoinColumn(stretches, parts);
    source.columns[i].name = order[i];
  });
  source.info.rows = source.rows;
  return source;
}

Result<JsonSource> ReadJsonArray(const Context& context, const Input& input, const MissingMarkers& markers) {
  TW_TRY(const Json array, ParseJson(input.bytes, input.path, kMaxDepth));
  std::vector<Stretch> stretches(1);
  Stretch& stretch = stretches[0];
  RowFiller filler(stretch, markers);
  for (const Json& element : array) {
    if (!element.is_object()) {
      return Error(Code::kInvalidData, "not-a-table",
                   fmt::format("element {} of the JSON array is not an object", stretch.rows + 1))
          .In(input.path);
    }
    filler.Fill(element, "");
    ++stretch.rows;
  }
  for (JsonColumn& column : stretch.columns) {
    column.numbers.resize(stretch.rows, kNaN);
    column.codes.resize(stretch.rows, -1);
    column.dictionary = std::move(column.builder).Finish();
  }
  JsonSource out;
  TW_TRY(out.source, JoinStretches(context, input, stretches));
  out.source.info.format = "JSON";
  out.lines = std::count(input.bytes.begin(), input.bytes.end(), '\n');
  out.data_lines = std::int64_t(stretch.rows);
  return out;
}

std::size_t LineStart(std::string_view text, std::size_t at) {
  if (at == 0 || at >= text.size()) return std::min(at, text.size());
  const std::size_t found = text.find('\n', at - 1);
  return found == std::string_view::npos ? text.size() : found + 1;
}

Error TooLong(const Input& input, const Stretch& stretch, std::int64_t line) {
  return LineTooLong(input.path, input.bytes, stretch.end, line, false);
}

}  // namespace

bool LooksLikeJson(std::string_view text) {
  const std::string_view head = Trim(text.substr(0, 65536));
  if (head.empty()) return false;
  auto after = [&](std::size_t i) {
    while (i < head.size() && (head[i] == ' ' || head[i] == '\n' || head[i] == '\r' || head[i] == '\t')) ++i;
    return i < head.size() ? head[i] : '\0';
  };
  if (head[0] == '{') return after(1) == '"' || after(1) == '}';
  return head[0] == '[' && after(1) == '{';
}

Result<JsonSource> ReadJsonLines(const Context& context, const Input& input, const ReadOptions& options,
                                 RejectLog& log) {
  const MissingMarkers markers(options.missing, false);
  const std::string_view text = input.bytes;
  if (Trim(text.substr(0, 65536)).substr(0, 1) == "[") return ReadJsonArray(context, input, markers);
  const std::size_t count = (text.size() + kStretch - 1) / kStretch;
  std::vector<Stretch> stretches(count);
  context.pool->For(count, [&](std::size_t i) {
    stretches[i] = ParseStretch(context, input, markers, LineStart(text, i * kStretch),
                                LineStart(text, (i + 1) * kStretch), std::size_t(-1), options.keep_rejected_rows);
  });
  if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "reading was interrupted");
  JsonSource out;
  std::int64_t line = 1;
  for (Stretch& stretch : stretches) {
    if (stretch.too_long) return TooLong(input, stretch, line + stretch.lines);
    for (Reject& reject : stretch.rejects) reject.line += line;
    TW_RETURN_IF_ERROR(log.Add(input.path, text, stretch.rejects, 0));
    line += stretch.lines;
    out.lines += stretch.lines;
    out.data_lines += stretch.lines - stretch.blank;
  }
  TW_TRY(out.source, JoinStretches(context, input, stretches));
  return out;
}

Result<TypedSource> ReadJsonBatch(const Context& context, const Input& input, const ReadOptions& options,
                                  std::size_t max_rows, std::size_t& position, std::int64_t& line, RejectLog& log) {
  const MissingMarkers markers(options.missing, false);
  std::vector<Stretch> stretches;
  stretches.push_back(
      ParseStretch(context, input, markers, position, input.bytes.size(), max_rows, options.keep_rejected_rows));
  Stretch& stretch = stretches[0];
  if (stretch.too_long) return TooLong(input, stretch, line + stretch.lines);
  for (Reject& reject : stretch.rejects) reject.line += line;
  TW_RETURN_IF_ERROR(log.Add(input.path, input.bytes, stretch.rejects, 0));
  position = stretch.end;
  line += stretch.lines;
  return JoinStretches(context, input, stretches);
}

}  // namespace tagwerk::io
