#include "io/around_table.h"

#include <fmt/format.h>

#include "base/text.h"
#include "io/csv_header_rows.h"

namespace tagwerk::io {
namespace {

/// Returns whether a line of one cell is a remark rather than a row that was cut off.
bool IsRemark(std::string_view line) {
  return !line.empty() && !IsValue(line) && (line[0] == '#' || line.find(' ') != std::string_view::npos);
}

}  // namespace

void MarkFooter(std::string_view text, Chunk& chunk) {
  std::size_t end = chunk.end;
  const auto blank = [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; };
  for (std::size_t n = 0; n < chunk.rejects.size() && n < kLongestPreamble; ++n) {
    Reject& reject = chunk.rejects[chunk.rejects.size() - 1 - n];
    while (end > reject.begin && blank(text[end - 1])) --end;
    if (reject.begin + reject.length < end || reject.reason != RejectReason::kTooFewFields || reject.cells > 1 ||
        !IsRemark(text.substr(reject.begin, reject.length))) {
      return;
    }
    reject.reason = RejectReason::kFooter;
    end = reject.begin;
  }
}

void NoteHeader(const CsvFile& file, std::vector<table::ReadNote>& notes) {
  const CsvFormat& format = file.format;
  const auto note = [&](Json evidence, std::string text) {
    evidence["file"] = file.input.path;
    notes.push_back({"read.header", {}, std::move(evidence), std::move(text)});
  };
  if (format.second_header) {
    note(Json{{"header_lines", 2}}, "the second line of the file holds labels; it was joined into the column names");
  }
  if (!format.recovered.empty()) {
    note(Json{{"recovered_rows", 1}},
         "the first row had become the column names, made unique by numbers; it was put back as a row, and the names "
         "were kept as they are");
  }
  if (!format.preface.empty() && format.preface.size() <= kLongestPreamble) {
    const PrefaceLine& first = format.preface[0];
    const auto n = std::int64_t(format.preface.size());
    note(Json{{"lines", n}}, fmt::format("{} before the column names {} passed over: {}",
                                         n == 1 ? "a line" : Count(n) + " lines", n == 1 ? "was" : "were",
                                         Quoted(Trim(file.input.bytes.substr(first.begin, first.end - first.begin)))));
  }
}

}  // namespace tagwerk::io
