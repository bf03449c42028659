// Each record is parsed on its own, stretches of the file in parallel.
#include "io/json_lines.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "io/csv_sniff.h"
#include "io/json_columns.h"
#include "io/json_records.h"

namespace tagwerk::io {
namespace {

constexpr int kMaxDepth = 64;

void RejectLine(JsonStretch& stretch, std::size_t begin, std::size_t length, std::string detail, bool keep) {
  Reject reject;
  reject.begin = begin;
  reject.length = length;
  reject.line = stretch.lines;
  reject.reason = RejectReason::kBadJson;
  reject.detail = std::move(detail);
  stretch.rejects.push_back(std::move(reject));
  stretch.rows += keep;
}

// What to parse: records of a layout from `begin` on, those that start before `stop`.
struct StretchJob {
  const Input* input = nullptr;
  const MissingMarkers* markers = nullptr;
  JsonLayout::Kind kind = JsonLayout::Kind::kLines;
  std::size_t begin = 0, stop = 0;
  std::size_t max_rows = std::size_t(-1);
  bool keep_rejected = false;
};

// Returns the end of the record (or line) at `begin`; nothing when it is longer than the limit.
std::optional<std::size_t> EndOfRecord(const StretchJob& job, std::size_t begin) {
  const std::string_view text = job.input->bytes;
  std::size_t end = 0;
  if (job.kind == JsonLayout::Kind::kLines) {
    end = std::min(text.find('\n', begin), text.size());
  } else {
    end = EndOfValue(text.substr(0, std::min(text.size(), begin + kLongestRecord + 1)), begin).value_or(text.size());
  }
  if (end - begin > kLongestRecord) return std::nullopt;
  return end;
}

void TakeRecord(const StretchJob& job, JsonStretch& stretch, std::size_t begin, std::size_t end) {
  auto parsed = ParseJson(Trim(job.input->bytes.substr(begin, end - begin)), job.input->path, kMaxDepth);
  if (!parsed) {
    RejectLine(stretch, begin, end - begin, parsed.error().message(), job.keep_rejected);
  } else if (!parsed->is_object()) {
    RejectLine(stretch, begin, end - begin, "not a JSON object", job.keep_rejected);
  } else {
    stretch.AddRow(*parsed, *job.markers);
  }
}

JsonStretch ParseStretch(const Context& context, const StretchJob& job) {
  JsonStretch stretch;
  stretch.begin = stretch.end = job.begin;
  const std::string_view text = job.input->bytes;
  const bool by_line = job.kind == JsonLayout::Kind::kLines;
  for (std::size_t n = 0; stretch.end < job.stop && stretch.rows < job.max_rows && !stretch.too_wide; ++n) {
    if ((n & 1023) == 0 && context.Stopped()) break;
    const std::size_t before = stretch.end;
    const std::size_t start = by_line ? before : NextRecord(text, before, job.stop);
    if (start >= job.stop) {
      stretch.end = job.stop;
      break;
    }
    const auto end = EndOfRecord(job, start);
    if (!end) {
      stretch.too_long = true;
      break;
    }
    // A bracket that closes nothing is a record of its own, or there would be no end.
    const std::size_t record_end = std::max(*end, start + !by_line);
    stretch.end = std::min(text.size(), record_end + by_line);
    const bool blank = Trim(text.substr(start, record_end - start)).empty();
    if (!blank) TakeRecord(job, stretch, start, record_end);
    stretch.blank += blank;
    stretch.lines +=
        by_line ? 1
                : std::count(text.begin() + std::ptrdiff_t(before), text.begin() + std::ptrdiff_t(stretch.end), '\n');
  }
  stretch.Finish();
  return stretch;
}

Result<JsonSource> ReadWhole(const Context& context, const Input& input, const MissingMarkers& markers) {
  TW_TRY(const Json rows, RowsOfDocument(input.bytes, input.path, context.memory_limit));
  std::vector<JsonStretch> stretches(1);
  JsonStretch& stretch = stretches[0];
  for (const Json& row : rows) {
    if (!row.is_object()) return Error(Code::kInvalidData, "not-a-table", "JSON document holds no rows").In(input.path);
    stretch.AddRow(row, markers);
  }
  stretch.Finish();
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

// Cuts the text into stretches that start at records.
std::vector<std::pair<std::size_t, std::size_t>> CutStretches(std::string_view text, const JsonLayout& layout) {
  std::vector<std::pair<std::size_t, std::size_t>> cuts;
  if (layout.kind == JsonLayout::Kind::kLines) {
    for (std::size_t at = 0; at < text.size(); at += kStretch) {
      cuts.emplace_back(LineStart(text, at), LineStart(text, at + kStretch));
    }
    return cuts;
  }
  if (!layout.cuts.empty()) {
    std::size_t begin = layout.begin;
    for (const std::size_t end : layout.cuts) {
      cuts.emplace_back(begin, end);
      begin = end;
    }
    return cuts;
  }
  const std::string_view inside = text.substr(0, layout.end);
  for (std::size_t at = layout.begin; at < layout.end;) {
    std::size_t end = at;
    while (end < layout.end && end - at < kStretch) {
      end = NextRecord(inside, end, layout.end);
      if (end < layout.end) end = std::max(EndOfValue(inside, end).value_or(layout.end), end + 1);
    }
    cuts.emplace_back(at, end);
    at = end;
  }
  return cuts;
}

Error TooLong(const Input& input, const JsonStretch& stretch, std::int64_t line) {
  return LineTooLong(input.path, input.bytes, stretch.end, line, false);
}

}  // namespace

Result<JsonSource> ReadJson(const Context& context, const Input& input, const ReadOptions& options, RejectLog& log) {
  const MissingMarkers markers(options.missing, false);
  const std::string_view text = input.bytes;
  TW_TRY(const JsonLayout layout, FindRecords(text, input.path, options));
  if (layout.kind == JsonLayout::Kind::kWhole) return ReadWhole(context, input, markers);
  const auto cuts = CutStretches(text, layout);
  std::vector<JsonStretch> stretches(cuts.size());
  context.pool->For(cuts.size(), [&](std::size_t i) {
    StretchJob job{&input, &markers, layout.kind, cuts[i].first, cuts[i].second};
    job.keep_rejected = options.keep_rejected_rows;
    stretches[i] = ParseStretch(context, job);
  });
  if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "reading was interrupted");
  JsonSource out;
  std::int64_t line = 1;
  for (JsonStretch& stretch : stretches) {
    if (stretch.too_long) return TooLong(input, stretch, line + stretch.lines);
    for (Reject& reject : stretch.rejects) reject.line += line;
    TW_RETURN_IF_ERROR(log.Add(input.path, text, stretch.rejects, 0));
    line += stretch.lines;
    out.lines += stretch.lines;
    const bool lines = layout.kind == JsonLayout::Kind::kLines;
    out.data_lines += lines ? stretch.lines - stretch.blank : std::int64_t(stretch.rows + stretch.rejects.size());
  }
  TW_TRY(out.source, JoinStretches(context, input, stretches));
  if (layout.kind == JsonLayout::Kind::kRecords) out.source.info.format = "JSON";
  if (!layout.key.empty()) out.source.info.dialect["table"] = layout.key;
  return out;
}

Status JsonBatches::Open() {
  TW_TRY(layout_, FindRecords(input_.bytes, input_.path, options_));
  position_ = layout_.kind == JsonLayout::Kind::kLines ? 0 : layout_.begin;
  return Ok();
}

Result<std::optional<TypedSource>> JsonBatches::Next(std::size_t max_rows, RejectLog& log) {
  if (position_ >= layout_.end) return std::optional<TypedSource>();
  const MissingMarkers markers(options_.missing, false);
  if (layout_.kind == JsonLayout::Kind::kWhole) {
    position_ = layout_.end;
    TW_TRY(auto whole, ReadWhole(context_, input_, markers));
    records_ += whole.data_lines;
    return std::optional<TypedSource>(std::move(whole.source));
  }
  StretchJob job{&input_, &markers, layout_.kind, position_, layout_.end, max_rows, options_.keep_rejected_rows};
  std::vector<JsonStretch> stretches;
  stretches.push_back(ParseStretch(context_, job));
  JsonStretch& stretch = stretches[0];
  if (stretch.too_long) return TooLong(input_, stretch, line_ + stretch.lines);
  for (Reject& reject : stretch.rejects) reject.line += line_;
  TW_RETURN_IF_ERROR(log.Add(input_.path, input_.bytes, stretch.rejects, 0));
  if (input_.LargerThanMemory(context_)) input_.GiveBack(job.begin, stretch.end);
  position_ = stretch.end;
  line_ += stretch.lines;
  records_ += std::int64_t(stretch.rows) + (options_.keep_rejected_rows ? 0 : std::int64_t(stretch.rejects.size()));
  TW_TRY(auto source, JoinStretches(context_, input_, stretches));
  return std::optional<TypedSource>(std::move(source));
}

}  // namespace tagwerk::io
