// Delimiters and line ends are found 64 bytes at a time as a bit mask, which is then walked bit by bit.
#include "io/csv_scan.h"

#include <bit>
#include <cstring>

#include "table/number_text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tagwerk::io {

using table::TrimBlanks;

namespace {

#ifdef __SSE2__
std::uint64_t MarksOf64(const char* p, char a, char b) {
  const __m128i va = _mm_set1_epi8(a), vb = _mm_set1_epi8(b);
  std::uint64_t marks = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
    const __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(bytes, va), _mm_cmpeq_epi8(bytes, vb));
    marks |= std::uint64_t(std::uint32_t(_mm_movemask_epi8(hit))) << (16 * i);
  }
  return marks;
}
#else
std::uint64_t MarksOf64(const char* p, char a, char b) {
  std::uint64_t marks = 0;
  for (int i = 0; i < 64; ++i) marks |= std::uint64_t(p[i] == a || p[i] == b) << i;
  return marks;
}
#endif

}  // namespace

std::string_view CellText(const Cell& cell, char quote, std::string& buffer) {
  if (!cell.doubled) return TrimBlanks(cell.raw());
  buffer.clear();
  for (std::size_t i = 0; i < cell.length; ++i) {
    buffer.push_back(cell.begin[i]);
    if (cell.begin[i] == quote && i + 1 < cell.length && cell.begin[i + 1] == quote) ++i;
  }
  return TrimBlanks(buffer);
}

void RecordScanner::Seek(std::size_t position) {
  position_ = position;
  block_ = std::size_t(-1);
}

void RecordScanner::LoadBlock(std::size_t start) {
  block_ = start;
  if (start + 64 <= text_.size()) {
    marks_ = MarksOf64(text_.data() + start, dialect_.delimiter, dialect_.newline);
    return;
  }
  marks_ = 0;
  for (std::size_t i = start; i < text_.size(); ++i) {
    if (text_[i] == dialect_.delimiter || text_[i] == dialect_.newline) marks_ |= 1ULL << (i - start);
  }
}

// Returns the position of the next delimiter or line end at or after `from`, or the end of the text.
std::size_t RecordScanner::NextMark(std::size_t from) {
  if (block_ == std::size_t(-1) || from < block_ || from - block_ >= 64) {
    LoadBlock(from);
  } else {
    marks_ &= ~0ULL << (from - block_);
  }
  while (marks_ == 0) {
    if (block_ + 64 >= text_.size()) return text_.size();
    LoadBlock(block_ + 64);
  }
  return block_ + std::size_t(std::countr_zero(marks_));
}

// Reads a quoted cell whose opening quote is at p; leaves p at the delimiter, line end or text end.
// Returns false when the quoting is malformed or the record grows too long.
bool RecordScanner::QuotedCell(std::size_t& p) {
  const std::size_t content = ++p;
  bool doubled = false, stray = false;
  std::size_t seen = content;  // start of what was not yet searched for line ends
  std::size_t newlines = 0;
  const std::size_t limit = std::min(text_.size(), begin_ + kLongestRecord + 1);
  while (true) {
    const void* found = p < limit ? std::memchr(text_.data() + p, dialect_.quote, limit - p) : nullptr;
    if (found == nullptr) {
      too_long_ = limit < text_.size();
      open_quote_ = true;
      return false;
    }
    std::size_t q = std::size_t(static_cast<const char*>(found) - text_.data());
    while (const void* line = std::memchr(text_.data() + seen, dialect_.newline, q - seen)) {
      ++newlines;
      seen = std::size_t(static_cast<const char*>(line) - text_.data()) + 1;
      if (stray) return false;
    }
    seen = q + 1;
    if (q + 1 < text_.size() && text_[q + 1] == dialect_.quote) {
      doubled = true;
      p = q + 2;
      seen = p;
      continue;
    }
    std::size_t after = q + 1;
    while (after < text_.size() && (text_[after] == ' ' || text_[after] == '\r') && text_[after] != dialect_.newline &&
           text_[after] != dialect_.delimiter) {
      ++after;
    }
    const bool tab = dialect_.blank_runs && after < text_.size() && text_[after] == '\t';
    if (tab || after == text_.size() || text_[after] == dialect_.delimiter || text_[after] == dialect_.newline) {
      if (num_cells_ < max_cells_) {
        cells_.push_back({text_.data() + content, std::uint32_t(q - content), true, doubled});
      }
      ++num_cells_;
      lines_ += newlines;
      p = after;
      return true;
    }
    if (newlines > 0) return false;
    stray = true;
    p = q + 1;
  }
}

// Gives up the record: only its first physical line is taken.
RecordKind RecordScanner::RejectLine() {
  const void* line = std::memchr(text_.data() + begin_, dialect_.newline, text_.size() - begin_);
  Seek(line == nullptr ? text_.size() : std::size_t(static_cast<const char*>(line) - text_.data()) + 1);
  lines_ = 1;
  return RecordKind::kOpenQuote;
}

// Notes whether a record that reaches to p is longer than the limit.
bool RecordScanner::TooLong(std::size_t p) {
  too_long_ = p - begin_ > kLongestRecord;
  return too_long_;
}

// Reads the cells of the record at p, which is left at its line end or the text's; false: malformed or too long.
bool RecordScanner::Split(std::size_t& p) {
  while (true) {
    std::size_t start = p;
    while (start < text_.size() && text_[start] == ' ' && dialect_.delimiter != ' ') ++start;
    if (dialect_.quote != 0 && start < text_.size() && text_[start] == dialect_.quote) {
      p = start;
      if (!QuotedCell(p)) return false;
    } else {
      const std::size_t end = NextMark(start);
      if (TooLong(end)) return false;
      if (num_cells_ < max_cells_) cells_.push_back({text_.data() + p, std::uint32_t(end - p), false, false});
      ++num_cells_;
      p = end;
    }
    if (p >= text_.size() || text_[p] == dialect_.newline) return true;
    ++p;  // the delimiter
  }
}

bool RecordScanner::SplitAtBlanks(std::size_t& p) {
  const auto ends = [&](std::size_t at) { return at >= text_.size() || text_[at] == dialect_.newline; };
  const auto blank = [&](std::size_t at) { return text_[at] == ' ' || text_[at] == '\t' || text_[at] == '\r'; };
  while (true) {
    while (!ends(p) && blank(p)) ++p;
    if (ends(p)) break;
    if (dialect_.quote != 0 && text_[p] == dialect_.quote) {
      if (!QuotedCell(p)) return false;
      continue;
    }
    const std::size_t start = p;
    while (!ends(p) && !blank(p)) ++p;
    if (TooLong(p)) return false;
    if (num_cells_ < max_cells_) cells_.push_back({text_.data() + start, std::uint32_t(p - start), false, false});
    ++num_cells_;
  }
  if (num_cells_ == 0) {  // a blank line, as other delimiters see it
    cells_.push_back({text_.data() + p, 0, false, false});
    num_cells_ = 1;
  }
  return true;
}

RecordKind RecordScanner::Next() {
  cells_.clear();
  num_cells_ = 0;
  lines_ = 1;
  open_quote_ = too_long_ = false;
  begin_ = position_;
  if (position_ >= text_.size()) return RecordKind::kEnd;
  std::size_t p = position_;
  if (!(dialect_.blank_runs ? SplitAtBlanks(p) : Split(p))) return too_long_ ? RecordKind::kTooLong : RejectLine();
  if (p - begin_ > kLongestRecord) return RecordKind::kTooLong;
  position_ = p < text_.size() ? p + 1 : p;
  if (num_cells_ == 1 && !cells_.empty() && !cells_[0].quoted && TrimBlanks(cells_[0].raw()).empty()) {
    return RecordKind::kBlank;
  }
  return RecordKind::kRecord;
}

}  // namespace tagwerk::io
