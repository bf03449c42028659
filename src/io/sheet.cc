// The cells of one sheet. They are gathered row by row while the XML streams by, then written as CSV: merged ranges
// come last in the file, and how wide the table is shows only at its end.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/text.h"
#include "io/spool.h"
#include "io/workbook.h"
#include "io/xml.h"

namespace tagwerk::io {
namespace {

constexpr std::uint32_t kSheetColumns = 16'384;  // of the format
constexpr std::size_t kLongestCell = 1 << 20;    // Excel: 32,767
constexpr std::size_t kMostMerges = 1 << 20;
constexpr std::size_t kShapeRows = 1000;  // rows that show how wide a table is

struct Merge {
  std::uint32_t row = 0, last_row = 0, column = 0, last_column = 0;
};

Error BadSheet(const std::string& path, const std::string& what) {
  return Error(Code::kInvalidData, "workbook-unreadable", "workbook is damaged: " + what)
      .In(path)
      .Do("open it in the program that wrote it and save it again, or export CSV");
}

// Reads a reference such as "AB12" into numbers from 0; false when it is none.
bool ParseReference(std::string_view text, std::uint32_t& row, std::uint32_t& column) {
  std::size_t i = 0;
  std::uint64_t letters = 0;
  for (; i < text.size() && i < 4; ++i) {
    const char c = char(text[i] & ~0x20);
    if (c < 'A' || c > 'Z') break;
    letters = letters * 26 + std::uint64_t(c - 'A' + 1);
  }
  const auto [end, failure] = std::from_chars(text.data() + i, text.data() + text.size(), row);
  if (i == 0 || letters > kSheetColumns || failure != std::errc() || end != text.data() + text.size() || row == 0) {
    return false;
  }
  column = std::uint32_t(letters - 1);
  --row;
  return true;
}

void AppendNumber(std::string& out, std::uint32_t value) {
  char bytes[4];
  std::memcpy(bytes, &value, 4);
  out.append(bytes, 4);
}

std::uint32_t TakeNumber(std::string_view& bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data(), 4);
  bytes.remove_prefix(4);
  return value;
}

// Line ends that the format writes as _x000D_ and _x000A_.
std::string Unescaped(std::string text) {
  for (std::size_t at = text.find("_x000"); at != std::string::npos; at = text.find("_x000", at)) {
    if (at + 6 < text.size() && text[at + 6] == '_' && (text[at + 5] == 'D' || text[at + 5] == 'A')) {
      text.replace(at, 7, text[at + 5] == 'A' ? "\n" : "");
    } else {
      at += 5;
    }
  }
  return text;
}

// Gathers rows with a value as: number of the row, cells, then column, length and bytes of each.
class SheetReader : public XmlHandler {
 public:
  SheetReader(const WorkbookParts& parts, Spool* out, std::string path)
      : parts_(parts), out_(out), path_(std::move(path)) {}

  Status Start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "c") return StartCell(attributes);
    if (name == "v" || (name == "t" && phonetic_ == 0)) {
      inside_ = stored_ = true;
    } else if (name == "f") {
      formula_ = true;
    } else if (name == "rPh") {
      ++phonetic_;
    } else if (name == "row") {
      StartRow(attributes.Get("r"));
    } else if (name == "mergeCell") {
      AddMerge(attributes.Get("ref"));
    }
    return Ok();
  }
  Status End(std::string_view name) override {
    if (name == "v" || name == "t") {
      inside_ = false;
    } else if (name == "rPh") {
      --phonetic_;
    } else if (name == "c") {
      return EndCell();
    } else if (name == "row") {
      return EndRow();
    }
    return Ok();
  }
  void Text(std::string_view text) override {
    if (inside_ && text_.size() <= kLongestCell) text_.append(text);
  }

  std::vector<std::uint32_t> rows, filled;  ///< number of each kept row from 0, and its cells with a value
  std::vector<std::uint64_t> used;          ///< by column: rows with a value
  std::vector<Merge> merges;
  std::int64_t errors = 0, formulas_without_value = 0;
  bool enough = false;  ///< rows_wanted are there: parsing stopped
  std::size_t rows_wanted = -1;

 private:
  void StartRow(std::string_view number) {
    std::uint32_t told = 0;
    std::from_chars(number.data(), number.data() + number.size(), told);
    row_ = std::max(next_row_, told == 0 ? 0 : told - 1);
    next_row_ = row_ + 1;
    next_column_ = 0;
    cells_ = 0;
    buffer_.clear();
  }

  Status StartCell(const XmlAttributes& attributes) {
    std::uint32_t row = 0;
    const std::string_view reference = attributes.Get("r");
    if (!reference.empty()) {
      if (!ParseReference(reference, row, column_)) return BadSheet(path_, "cell " + Quoted(reference));
    } else {
      column_ = next_column_;
    }
    if (column_ >= kSheetColumns) return BadSheet(path_, "more than 16,384 columns");
    next_column_ = column_ + 1;
    type_ = attributes.Get("t");
    style_ = 0;
    const std::string_view style = attributes.Get("s");
    std::from_chars(style.data(), style.data() + style.size(), style_);
    text_.clear();
    formula_ = stored_ = false;
    return Ok();
  }

  Status EndCell() {
    if (text_.size() > kLongestCell) return BadSheet(path_, "a cell is longer than 1 MB");
    formulas_without_value += formula_ && !stored_;
    if (text_.empty()) return Ok();
    if (type_ == "e") {
      ++errors;
      return Ok();
    }
    TW_TRY(const std::string value, Value());
    if (Trim(value).empty()) return Ok();
    AppendNumber(buffer_, column_);
    AppendNumber(buffer_, std::uint32_t(value.size()));
    buffer_ += value;
    ++cells_;
    used.resize(std::max<std::size_t>(used.size(), column_ + 1));
    ++used[column_];
    return Ok();
  }

  Result<std::string> Value() {
    if (type_ == "s") {
      std::size_t index = 0;
      const auto [end, failure] = std::from_chars(text_.data(), text_.data() + text_.size(), index);
      if (failure != std::errc()) return BadSheet(path_, "text number " + Quoted(text_));
      if (out_ == nullptr) return text_;
      if (index >= parts_.texts.size()) return BadSheet(path_, "text number " + Quoted(text_) + " does not exist");
      return Unescaped(std::string(parts_.texts.at(index)));
    }
    if (type_ == "b") return std::string(text_ == "1" || text_ == "true" ? "TRUE" : "FALSE");
    if (type_ == "inlineStr" || type_ == "str" || type_ == "d") return Unescaped(std::move(text_));
    const auto number = ParseDouble(text_);
    if (!number) return text_;
    const CellFormat format = style_ < parts_.formats.size() ? parts_.formats[style_] : CellFormat::kPlain;
    if (format != CellFormat::kPlain) {
      std::string date = SerialText(*number, parts_.from_1904, format);
      if (!date.empty()) return date;
    }
    return Shortest(*number);
  }

  Status EndRow() {
    if (cells_ == 0) return Ok();
    rows.push_back(row_);
    filled.push_back(cells_);
    enough = rows.size() >= rows_wanted;
    if (enough) return Error(Code::kCancelled, "interrupted", "enough rows");
    if (out_ == nullptr) return Ok();
    std::string head;
    for (const std::uint32_t value : {row_, cells_}) AppendNumber(head, value);
    TW_RETURN_IF_ERROR(out_->Append(head));
    return out_->Append(buffer_);
  }

  void AddMerge(std::string_view reference) {
    const std::size_t colon = reference.find(':');
    Merge merge;
    if (colon == std::string_view::npos || merges.size() >= kMostMerges ||
        !ParseReference(reference.substr(0, colon), merge.row, merge.column) ||
        !ParseReference(reference.substr(colon + 1), merge.last_row, merge.last_column) || merge.last_row < merge.row ||
        merge.last_column < merge.column) {
      return;
    }
    merges.push_back(merge);
  }

  const WorkbookParts& parts_;
  Spool* out_;  // null: only looked at
  std::string path_, text_, type_, buffer_;
  std::size_t style_ = 0;
  std::uint32_t row_ = 0, next_row_ = 0, column_ = 0, next_column_ = 0, cells_ = 0;
  int phonetic_ = 0;
  bool inside_ = false, formula_ = false, stored_ = false;
};

struct Extent {
  std::size_t first = 0, end = 0;
};

// Returns which of the gathered rows are the table: titles above and notes below it are left out.
Extent FindTable(const SheetReader& sheet) {
  std::vector<std::uint32_t> counts(sheet.filled.begin(),
                                    sheet.filled.begin() + std::ptrdiff_t(std::min(sheet.rows.size(), kShapeRows)));
  std::nth_element(counts.begin(), counts.begin() + std::ptrdiff_t(counts.size() / 2), counts.end());
  const std::uint32_t typical = counts[counts.size() / 2];
  Extent extent{0, sheet.rows.size()};
  // Group names above names are merged over their columns: they count as often as they cover.
  std::vector<std::uint32_t> covered(counts.size(), 0);
  for (const Merge& merge : sheet.merges) {
    const auto at = std::lower_bound(sheet.rows.begin(), sheet.rows.end(), merge.row) - sheet.rows.begin();
    if (std::size_t(at) < covered.size() && sheet.rows[std::size_t(at)] == merge.row) {
      covered[std::size_t(at)] += merge.last_column - merge.column;
    }
  }
  while (extent.first + 1 < counts.size()) {
    const std::uint32_t own = sheet.filled[extent.first];
    const bool title = own == 1 || (own + covered[extent.first]) * 2 < typical;
    if (typical < 2 || !title) break;
    ++extent.first;
  }
  // A note stands alone in its row, below a blank one.
  const std::uint32_t widest = *std::max_element(counts.begin(), counts.end());
  while (widest >= 3 && extent.end > extent.first + 2 && sheet.filled[extent.end - 1] == 1 &&
         sheet.rows[extent.end - 1] > sheet.rows[extent.end - 2] + 1) {
    --extent.end;
  }
  return extent;
}

void AppendCell(std::string& out, std::string_view text) {
  const bool blank_ends = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  if (!blank_ends && text.find_first_of(",\"\r\n") == std::string_view::npos) return void(out.append(text));
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

// Writes the rows of the table with all its columns; merged ranges hold their value in every cell.
class CsvOfSheet {
 public:
  CsvOfSheet(SheetReader& sheet, std::string_view rows, Spool& out) : sheet_(sheet), rows_(rows), out_(out) {
    std::sort(sheet.merges.begin(), sheet.merges.end(),
              [](const Merge& a, const Merge& b) { return std::pair(a.row, a.column) < std::pair(b.row, b.column); });
    cells_.resize(sheet.used.size());
  }

  Status Write(const Extent& extent) {
    for (std::size_t r = 0; r < extent.end; ++r) {
      TakeRow();
      if (r < extent.first) {
        for (std::size_t c = 0; c < cells_.size(); ++c) sheet_.used[c] -= !cells_[c].empty();
        continue;
      }
      FillMerged(sheet_.rows[r]);
      line_.clear();
      bool first = true;
      for (std::size_t c = 0; c < cells_.size(); ++c) {
        if (sheet_.used[c] == 0) continue;
        if (!first) line_.push_back(',');
        first = false;
        AppendCell(line_, cells_[c]);
      }
      line_.push_back('\n');
      TW_RETURN_IF_ERROR(out_.Append(line_));
    }
    return Ok();
  }
  std::int64_t filled() const { return filled_; }

 private:
  struct Active {
    Merge merge;
    std::string_view value;
  };
  static std::size_t Width(const Merge& merge) { return merge.last_column - merge.column + 1; }

  void TakeRow() {
    std::fill(cells_.begin(), cells_.end(), std::string_view());
    TakeNumber(rows_);
    for (std::uint32_t left = TakeNumber(rows_); left > 0; --left) {
      const std::uint32_t column = TakeNumber(rows_), length = TakeNumber(rows_);
      cells_[column] = rows_.substr(0, length);
      rows_.remove_prefix(length);
    }
  }

  void FillMerged(std::uint32_t row) {
    while (next_ < sheet_.merges.size() && sheet_.merges[next_].row <= row) {
      const Merge& merge = sheet_.merges[next_++];
      const bool here = merge.row == row && merge.column < cells_.size() && !cells_[merge.column].empty();
      // Merged ranges do not overlap; those of a damaged file may, without end.
      if (!here || width_ + Width(merge) > kSheetColumns) continue;
      width_ += Width(merge);
      active_.push_back({merge, cells_[merge.column]});
    }
    for (const Active& active : active_) {
      for (std::size_t c = active.merge.column; c <= active.merge.last_column && c < cells_.size(); ++c) {
        if (!cells_[c].empty() || sheet_.used[c] == 0) continue;
        cells_[c] = active.value;
        ++filled_;
      }
    }
    std::erase_if(active_, [&](const Active& active) {
      if (active.merge.last_row > row) return false;
      width_ -= Width(active.merge);
      return true;
    });
  }

  SheetReader& sheet_;
  std::string_view rows_;
  Spool& out_;
  std::vector<std::string_view> cells_;
  std::vector<Active> active_;
  std::size_t next_ = 0, width_ = 0;
  std::int64_t filled_ = 0;
  std::string line_;
};

}  // namespace

Status ReadSheet(const Context& context, const ZipArchive& archive, std::size_t member, const WorkbookParts& parts,
                 std::uint64_t cap, Input& out) {
  const std::string path = out.path + "/" + archive.names()[member];
  Spool gathered(context, path, cap);
  SheetReader sheet(parts, &gathered, path);
  XmlParser parser(path, sheet);
  std::uint64_t total = 0;
  TW_RETURN_IF_ERROR(archive.Read(context, member, [&](std::string_view piece) -> Status {
    total += piece.size();
    if (total <= cap) return parser.Feed(piece);
    return Error(Code::kResourceExhausted, "memory-limit", "sheet unpacks to more than the limit: " + Bytes(cap))
        .In(path)
        .Do("--memory with a larger limit");
  }));
  TW_RETURN_IF_ERROR(parser.Finish());
  if (sheet.rows.empty()) return Error(Code::kInvalidData, "file-empty", "sheet holds no value").In(path);
  Input raw;
  TW_RETURN_IF_ERROR(gathered.MoveTo(raw));
  const Extent extent = FindTable(sheet);
  Spool text(context, path, cap);
  CsvOfSheet writer(sheet, raw.bytes, text);
  TW_RETURN_IF_ERROR(writer.Write(extent));
  TW_RETURN_IF_ERROR(text.MoveTo(out));
  auto fact = [&](const char* name, std::int64_t count) {
    if (count > 0) out.facts[name] = count;
  };
  fact("rows_above", std::int64_t(extent.first));
  fact("rows_below", std::int64_t(sheet.rows.size() - extent.end));
  fact("merged_cells_filled", writer.filled());
  fact("error_cells", sheet.errors);
  fact("formulas_without_value", sheet.formulas_without_value);
  return Ok();
}

Result<bool> HoldsTable(const Context& context, const ZipArchive& archive, std::size_t member) {
  const WorkbookParts none;
  SheetReader sheet(none, nullptr, archive.names()[member]);
  sheet.rows_wanted = 2;
  XmlParser parser(archive.names()[member], sheet);
  Status status = archive.Read(context, member, [&](std::string_view piece) { return parser.Feed(piece); });
  if (sheet.enough) return true;
  TW_RETURN_IF_ERROR(std::move(status));
  TW_RETURN_IF_ERROR(parser.Finish());
  return false;
}

}  // namespace tagwerk::io
