// Delimiter and shape: each candidate splits the first records; the one that gives the same number of
// cells in most of them wins, more cells first.
#include "io/csv_sniff.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "io/csv_header.h"
#include "io/csv_header_rows.h"

namespace tagwerk::io {
namespace {

constexpr std::size_t kSniffRecords = 1000;
constexpr std::size_t kSniffBytes = 4 << 20;

constexpr std::size_t kFirstRecords = 200;  // that tell whether blanks are worth trying on all
constexpr double kSureShare = 0.98;         // of records that blanks must split alike
constexpr double kMostAlike = 0.9;          // of records: another delimiter is hardly wrong
constexpr std::size_t kManyCells = 5;       // so many alike in almost all records are no sentences
constexpr double kMostlyNumbers = 0.75;     // of the cells, where there are fewer

std::string DelimiterName(const Dialect& dialect) {
  const char c = dialect.delimiter;
  if (dialect.blank_runs) return "blanks";
  return c == '\t' ? "tab" : fmt::format("\"{}\"", c);
}

// What one delimiter and quote make of the first records.
struct Trial {
  Dialect dialect;
  std::map<std::size_t, std::size_t> counts;  // cells -> records
  std::size_t records = 0, quoted = 0, open = 0, several = 0;
  std::size_t cells = 0, numbers = 0;  // of all records; split by blanks: what looks like a number
  std::size_t remarks = 0;             // records of one cell before the first and after the last with several
  std::size_t modal = 0;
  std::size_t first = 0;  // cells of the first record
  double share = 0;       // of records with the modal number of cells
};

constexpr std::size_t kMostRemarks = 60;

bool LikeNumber(std::string_view text) {
  return !text.empty() && text.find_first_of("0123456789") != std::string_view::npos &&
         text.find_first_not_of("0123456789+-.,eE") == std::string_view::npos;
}

/// Whether nearly all records so far have the same number of cells, and several.
bool MostlyAlike(const Trial& t) {
  std::size_t most = 0;
  for (const auto& [cells, records] : t.counts)
    if (cells > 1) most = std::max(most, records);
  return double(most) >= kMostAlike * double(t.records);
}

Trial Try(std::string_view text, Dialect dialect) {
  Trial t;
  t.dialect = dialect;
  std::size_t after_last = 0;  // records of one cell after the last with several
  RecordScanner scanner(text, dialect, 100'000);
  while (t.records < kSniffRecords && scanner.position() < kSniffBytes) {
    const RecordKind kind = scanner.Next();
    if (kind == RecordKind::kEnd || kind == RecordKind::kTooLong) break;
    if (kind == RecordKind::kBlank) continue;
    ++t.records;
    if (kind == RecordKind::kOpenQuote) {
      ++t.open;
      continue;
    }
    if (t.counts.empty()) t.first = scanner.num_cells();
    ++t.counts[scanner.num_cells()];
    if (scanner.num_cells() > 1) {
      if (t.several == 0) t.remarks = t.records - 1;
      after_last = 0;
    } else {
      ++after_last;
    }
    t.several += scanner.num_cells() > 1;
    for (const Cell& cell : scanner.cells()) {
      t.quoted += cell.quoted;
      t.numbers += dialect.blank_runs && LikeNumber(cell.raw());
    }
    t.cells += scanner.num_cells();
    if (dialect.blank_runs && t.records == kFirstRecords && !MostlyAlike(t)) break;  // see BlanksSplit
  }
  std::size_t most = 0;
  for (const auto& [cells, records] : t.counts) {
    if (records < most || (records == most && cells < t.modal)) continue;
    most = records;
    t.modal = cells;
  }
  // A header may have one name less than the rows have cells.
  if (most < t.records && t.first + 1 == t.modal) ++most;
  t.share = t.records == 0 ? 0 : double(most) / double(t.records);
  // Remarks before the header and after the last row do not count when all else agrees.
  t.remarks += after_last;
  const std::size_t rows = t.records - std::min(t.records, t.remarks);
  if (t.modal > 1 && t.remarks > 0 && t.remarks <= kMostRemarks && rows >= 3 && most * 10 >= rows * 9) {
    t.share = double(most) / double(rows);
    t.first = t.modal;
  }
  return t;
}

double Score(const Trial& t) { return t.modal < 2 ? 0 : t.share * t.share * (1 - 1.0 / double(t.modal)); }

std::string Gives(const Trial& t) {
  std::vector<std::pair<std::size_t, std::size_t>> by_records;  // records, cells
  for (const auto& [cells, records] : t.counts) by_records.emplace_back(records, cells);
  std::sort(by_records.rbegin(), by_records.rend());
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(2, by_records.size()); ++i) {
    text += (i == 0 ? "" : " or ") + std::to_string(by_records[i].second);
  }
  return text.empty() ? "0" : text;
}

// Single quotes are quotes when cells are closed by them and no cell is in double quotes.
Trial TryQuotes(std::string_view text, Dialect dialect, std::optional<char> told) {
  if (told) {
    dialect.quote = *told;
    return Try(text, dialect);
  }
  dialect.quote = '"';
  Trial usual = Try(text, dialect);
  if (usual.quoted > 0 || usual.open > 0) return usual;
  dialect.quote = '\'';
  Trial single = Try(text, dialect);
  const bool better =
      single.quoted >= 2 && single.quoted * 5 >= single.records && single.open == 0 && single.share >= usual.share;
  return better ? single : usual;
}

bool SplitsAlike(const Trial& t) { return t.modal >= 2 && t.share >= (t.first == t.modal ? 0.5 : 0.7); }

/// Runs of blanks split text of any kind somehow: only where they do so alike in all records, and better than `other`.
bool BlanksSplit(const Trial& blanks, const Trial& other) {
  if (blanks.modal < 2 || blanks.share < kSureShare || blanks.open > 0) return false;
  if (SplitsAlike(other)) {
    const bool clearer = other.share < kMostAlike || blanks.modal > 2 * other.modal;
    return clearer && blanks.share == 1 && blanks.first == blanks.modal;
  }
  return blanks.modal >= kManyCells || double(blanks.numbers) >= kMostlyNumbers * double(blanks.cells);
}

Result<Trial> ChooseDelimiter(const Input& input, const ReadOptions& options, char newline, std::string& evidence) {
  Dialect dialect;
  dialect.newline = newline;
  if (options.delimiter) {
    dialect.delimiter = *options.delimiter;
    evidence = "told";
    Trial told = TryQuotes(input.bytes, dialect, options.quote);
    if (dialect.delimiter != ' ') return told;
    dialect.blank_runs = true;  // columns that are aligned by blanks
    Trial runs = TryQuotes(input.bytes, dialect, options.quote);
    return Score(runs) > Score(told) ? runs : told;
  }
  std::vector<Trial> trials;
  for (char delimiter : {',', ';', '\t', '|'}) {
    dialect.delimiter = delimiter;
    trials.push_back(TryQuotes(input.bytes, dialect, options.quote));
  }
  std::size_t best = 0;
  for (std::size_t i = 1; i < trials.size(); ++i) {
    if (Score(trials[i]) > Score(trials[best])) best = i;
  }
  dialect.delimiter = ' ';
  dialect.blank_runs = true;
  if (Trial blanks = TryQuotes(input.bytes, dialect, options.quote); BlanksSplit(blanks, trials[best])) {
    best = trials.size();
    trials.push_back(std::move(blanks));
  }
  const Trial& winner = trials[best];
  const bool splits = SplitsAlike(winner);
  bool unclear = false;
  for (const Trial& t : trials) unclear |= t.records >= 3 && t.several * 5 >= t.records * 4;
  if (!splits && unclear) {
    std::string gives;
    for (const Trial& t : trials) {
      gives += (gives.empty() ? "" : ", ") + DelimiterName(t.dialect) + (gives.empty() ? " gives " : " ") + Gives(t);
    }
    return Error(Code::kInvalidData, "delimiter-unclear", "no delimiter splits the rows into equal columns: " + gives)
        .In(input.path, fmt::format("lines 1-{}", winner.records))
        .Do("say it, for example --delimiter ';'; rows that do not fit go to rejected.csv");
  }
  if (!splits) {
    // One column: any delimiter that does not occur serves; the comma keeps RFC 4180 quoting.
    for (const Trial& t : trials) {
      if (t.several > 0) continue;
      evidence = "no delimiter occurs: one column";
      return t;
    }
    evidence = "no delimiter splits most rows: one column";
    Trial single = trials[0];
    single.dialect.delimiter = '\x1f';
    return TryQuotes(input.bytes, single.dialect, options.quote);
  }
  evidence = fmt::format("{} gives {} cells in {} of the first {} rows", DelimiterName(winner.dialect), winner.modal,
                         Percent(winner.share), winner.records);
  return winner;
}

char FindNewline(std::string_view text) {
  const std::string_view head = text.substr(0, kSniffBytes);
  return head.find('\n') == std::string_view::npos && head.find('\r') != std::string_view::npos ? '\r' : '\n';
}

Error Empty(const Input& input, const std::string& detail) {
  return Error(Code::kInvalidData, "file-empty", "file has no data rows").In(input.path, detail);
}

// Reads the first records that fit the table's width; earlier lines become the preface.
struct Head {
  std::vector<std::vector<std::string>> rows;
  std::size_t first_begin = 0, second_begin = 0, third_begin = 0;
  std::int64_t first_line = 1, second_line = 1, third_line = 1;
  std::size_t first_cells = 0;
};

Head ReadHead(const Input& input, std::size_t width, CsvFormat& format) {
  Head head;
  RecordScanner scanner(input.bytes, format.dialect, 100'000);
  std::int64_t line = 1;
  std::string buffer;
  const std::size_t rows = std::clamp<std::size_t>(2'000'000 / std::max<std::size_t>(width, 1), 20, 1000);
  while (head.rows.size() < rows && scanner.position() < kSniffBytes * 4) {
    const std::size_t begin = scanner.position();
    const RecordKind kind = scanner.Next();
    if (kind == RecordKind::kEnd || kind == RecordKind::kTooLong) break;
    const std::int64_t record_line = line;
    line += std::int64_t(scanner.record_lines());
    if (kind == RecordKind::kBlank && (width > 1 || head.rows.empty())) {
      format.blank_lines += head.rows.empty();
      continue;
    }
    const bool open = kind == RecordKind::kOpenQuote;
    const std::size_t cells = scanner.num_cells();
    if (head.rows.empty()) {
      if (open || cells + 1 < width) {
        format.preface.push_back({begin, scanner.position(), record_line, cells, open});
        continue;
      }
      head.first_begin = begin;
      head.first_line = record_line;
      head.second_begin = scanner.position();
      head.second_line = line;
      head.first_cells = cells;
    } else if (open || cells != width) {
      continue;
    }
    if (head.rows.size() == 1) {
      head.third_begin = scanner.position();
      head.third_line = line;
    }
    std::vector<std::string> row;
    for (const Cell& cell : scanner.cells()) {
      row.emplace_back(CellText(cell, format.dialect.quote, buffer));
    }
    if (head.rows.empty()) {
      // Names keep their blanks here: experience.md 9.4 reports those that are trimmed.
      format.names.clear();
      for (const Cell& cell : scanner.cells()) {
        Cell bare = cell;
        std::string_view text = bare.doubled ? CellText(bare, format.dialect.quote, buffer) : bare.raw();
        if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
        format.names.emplace_back(text);
      }
    }
    head.rows.push_back(std::move(row));
  }
  return head;
}

// Brings the header to the width of the rows: row labels without a name stand first, a trailing
// delimiter makes a nameless last column.
void FitHeader(const Head& head, std::size_t width, CsvFormat& format) {
  if (format.names.size() + 1 == width) {
    bool last_empty = true;
    for (std::size_t i = 1; i < head.rows.size(); ++i) last_empty &= head.rows[i].back().empty();
    format.names.insert(last_empty ? format.names.end() : format.names.begin(), std::string());
    format.header_evidence += last_empty ? "; rows end with a delimiter" : "; row labels have no name";
  }
  while (format.names.size() > width && Trim(format.names.back()).empty()) format.names.pop_back();
  format.num_columns = format.names.size();
}

// Decides whether the first record, or the first two, are names; or values that became names.
void DecideNames(Head& head, std::size_t width, const ReadOptions& options, CsvFormat& format) {
  format.second_header = options.header != Header::kNo && HasSecondHeader(head.rows, width);
  if (format.second_header) {
    format.names = JoinHeader(format.names, head.rows[1]);
    head.rows.erase(head.rows.begin() + 1);
  }
  // A model knows these names: its training read the row as what it is.
  if (options.header == Header::kAuto && options.expected.empty()) {
    if (auto row = RecoverRow(head.rows, width)) {
      format.header = true;
      format.recovered = std::move(*row);
      format.header_evidence = "the names are the values of a row, made unique";
      return;
    }
  }
  format.header = DecideHeader(head.rows, format.names, width, options, format.header_evidence);
  format.second_header &= format.header;
  if (format.second_header) format.header_evidence += "; the second line holds labels";
}

}  // namespace

Error LineTooLong(const std::string& path, std::string_view text, std::size_t begin, std::int64_t line,
                  bool open_quote) {
  const std::size_t end = text.find('\n', begin);
  const std::size_t length = (open_quote || end == std::string_view::npos ? text.size() : end) - begin;
  Error error(Code::kInvalidData, "line-too-long",
              fmt::format("a row is longer than the limit: {}, limit 64 MB", Bytes(length)));
  error.In(path).Line(line).Byte(std::int64_t(begin));
  if (open_quote)
    error.In(path, fmt::format("open quote at line {}", line)).Do("check the quote character: --quote \"'\"");
  return error;
}

Status CheckIsText(const Input& input) {
  const std::string_view head = input.bytes.substr(0, 65536);
  std::size_t control = 0;
  for (char c : head) {
    const auto byte = static_cast<unsigned char>(c);
    control += byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f';
  }
  const std::string start = Lower(Trim(head.substr(0, 64)));
  bool other = head.find('\0') != std::string_view::npos || control * 50 > head.size();
  for (std::string_view magic : {"%pdf-", "<!doctype", "<html", "<?xml", "{\\rtf", "sqlite format 3"}) {
    other |= std::string_view(start).substr(0, magic.size()) == magic;
  }
  if (!other) return Ok();
  return Error(Code::kInvalidData, "not-a-table",
               "file is not CSV, JSON, Parquet, Arrow or Excel: starts with " +
                   Quoted(head.substr(0, std::min<std::size_t>(16, head.find('\n')))))
      .In(input.path)
      .Byte(0)
      .Do("export the table as CSV or Parquet");
}

Result<CsvFormat> SniffCsv(const Input& input, const ReadOptions& options) {
  if (Trim(input.bytes.substr(0, 1 << 20)).empty() && input.bytes.size() <= (1 << 20)) {
    return Empty(input, input.bytes.empty() ? "0 B" : "only blanks");
  }
  TW_RETURN_IF_ERROR(CheckIsText(input));
  CsvFormat format;
  TW_TRY(const Trial trial, ChooseDelimiter(input, options, FindNewline(input.bytes), format.delimiter_evidence));
  format.dialect = trial.dialect;
  if (trial.modal == 0) {
    RecordScanner scanner(input.bytes, format.dialect, 1);
    while (true) {
      const RecordKind kind = scanner.Next();
      if (kind == RecordKind::kTooLong) {
        return LineTooLong(input.path, input.bytes, scanner.record_begin(), 1, scanner.open_quote());
      }
      if (kind == RecordKind::kEnd || kind == RecordKind::kRecord) break;
    }
    return Empty(input, "no line can be split");
  }
  Head head = ReadHead(input, trial.modal, format);
  if (head.rows.empty()) return Empty(input, "no line can be split");
  DecideNames(head, trial.modal, options, format);
  if (format.header) {
    FitHeader(head, trial.modal, format);
    format.data_begin = format.second_header ? head.third_begin : head.second_begin;
    format.data_line = format.second_header ? head.third_line : head.second_line;
  } else {
    format.num_columns = trial.modal;
    format.names.clear();
    for (std::size_t i = 0; i < format.num_columns; ++i) format.names.push_back(fmt::format("column_{}", i + 1));
    format.data_begin = head.first_begin;
    format.data_line = head.first_line;
  }
  return format;
}

}  // namespace tagwerk::io
