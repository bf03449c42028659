// The inner loop of CSV reading: a record is split first, so that a malformed one leaves no trace in the
// columns; then each cell is converted by its column's plan.
#include "io/csv_chunk.h"

#include <cmath>

#include "base/constants.h"
#include "base/hash.h"
#include "base/random.h"

namespace tagwerk::io {
namespace {

void CountMarker(ChunkColumn& column, std::string_view text, std::int64_t count) {
  if (text.empty()) return;
  for (auto& [marker, n] : column.markers) {
    if (marker == text) {
      n += count;
      return;
    }
  }
  column.markers.emplace_back(text, count);
}

void Fail(Conversion& c, std::string_view text, std::size_t row) {
  if (c.failed_rows.size() < kFailedRows) c.failed_rows.push_back(row);
  if (c.examples.size() < kExamples) c.examples.emplace_back(text.substr(0, 200));
}

class ChunkParser {
 public:
  ChunkParser(const Context& context, const ChunkJob& job, std::size_t begin)
      : context_(context), job_(job), plans_(*job.plans), scanner_(job.text, job.dialect, job.width + 1) {
    scanner_.Seek(begin);
    chunk_.begin = chunk_.end = begin;
    chunk_.columns.resize(plans_.size());
    builders_.resize(plans_.size());
    for (std::size_t i = 0; i < plans_.size(); ++i) Reserve(i);
  }

  Chunk Run(std::size_t stop) {
    while (scanner_.position() < stop && chunk_.rows < job_.max_rows) {
      if ((++records_ & 4095) == 0 && context_.Stopped()) break;
      const RecordKind kind = scanner_.Next();
      if (kind == RecordKind::kEnd) break;
      if (kind == RecordKind::kTooLong) {
        chunk_.too_long = true;
        chunk_.open_quote = scanner_.open_quote();
        break;
      }
      Take(kind);
      chunk_.lines += std::int64_t(scanner_.record_lines());
      chunk_.end = scanner_.position();
    }
    for (std::size_t i = 0; i < plans_.size(); ++i) FinishStrings(i);
    return std::move(chunk_);
  }

 private:
  void Reserve(std::size_t i) {
    ChunkColumn& column = chunk_.columns[i];
    switch (plans_[i].kind) {
      case PlanKind::kSkip:
        break;
      case PlanKind::kNumber:
        column.numbers.reserve(job_.expected_rows);
        break;
      case PlanKind::kTime:
        column.times.reserve(job_.expected_rows);
        break;
      case PlanKind::kString:
        column.codes.reserve(job_.expected_rows);
        break;
    }
  }

  void Take(RecordKind kind) {
    if (kind == RecordKind::kBlank && job_.width > 1) {
      ++chunk_.blank_lines;
      return;
    }
    const bool fits = kind != RecordKind::kOpenQuote && scanner_.num_cells() == job_.width;
    if (!fits) {
      RejectRecord(kind);
      return;
    }
    const bool sampled = job_.share >= 1.0 || Sampled();
    if (!sampled && !job_.look_at_all) return;
    if (sampled && job_.look_at_all) chunk_.kept.push_back(table::RowIndex(chunk_.rows));
    if (chunk_.rows == job_.locate) chunk_.located = Place();
    const std::vector<Cell>& cells = scanner_.cells();
    for (std::size_t i = 0; i < job_.width; ++i) {
      if (job_.target[i] >= 0) Convert(std::size_t(job_.target[i]), cells[i]);
    }
    ++chunk_.rows;
  }

  std::string_view RecordText() const {
    std::string_view text = job_.text.substr(scanner_.record_begin(), scanner_.position() - scanner_.record_begin());
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    return text;
  }

  bool Sampled() const { return ToUnit(Mix64(HashBytes(RecordText(), job_.seed))) < job_.share; }

  // Returns where the present record lies.
  Reject Place() const {
    Reject reject;
    reject.begin = scanner_.record_begin();
    reject.length = RecordText().size();
    reject.line = chunk_.lines;
    reject.lines = std::int64_t(scanner_.record_lines());
    reject.cells = scanner_.num_cells();
    return reject;
  }

  void RejectRecord(RecordKind kind) {
    Reject reject = Place();
    reject.reason = kind == RecordKind::kOpenQuote      ? RejectReason::kOpenQuote
                    : scanner_.num_cells() < job_.width ? RejectReason::kTooFewFields
                                                        : RejectReason::kTooManyFields;
    // A record that spans lines and does not fit was opened by a stray quote: it costs its first line.
    if (reject.lines > 1 && reject.reason != RejectReason::kOpenQuote) ReturnLines(reject);
    chunk_.rejects.push_back(std::move(reject));
    if (!job_.keep_rejected_rows) return;
    for (std::size_t i = 0; i < plans_.size(); ++i) AddMissing(i);
    ++chunk_.rows;
  }

  // Takes back all but the first physical line of the record.
  void ReturnLines(Reject& reject) {
    const std::size_t line_end = job_.text.find(job_.dialect.newline, reject.begin);
    reject.length = line_end - reject.begin;
    while (reject.length > 0 && job_.text[reject.begin + reject.length - 1] == '\r') --reject.length;
    reject.reason = RejectReason::kOpenQuote;
    chunk_.lines -= reject.lines - 1;
    reject.lines = 1;
    scanner_.Seek(line_end + 1);
  }

  void AddMissing(std::size_t i) {
    ChunkColumn& column = chunk_.columns[i];
    switch (plans_[i].kind) {
      case PlanKind::kSkip:
        break;
      case PlanKind::kNumber:
        column.numbers.push_back(kNaN);
        break;
      case PlanKind::kTime:
        column.times.push_back(table::kMissingTime);
        break;
      case PlanKind::kString:
        column.codes.push_back(-1);
        break;
    }
  }

  void Convert(std::size_t i, const Cell& cell) {
    switch (plans_[i].kind) {
      case PlanKind::kSkip:
        return;
      case PlanKind::kNumber:
        return ConvertNumber(i, cell);
      case PlanKind::kTime:
        return ConvertTime(i, cell);
      case PlanKind::kString: {
        const std::string_view text = CellText(cell, job_.dialect.quote, buffer_);
        chunk_.columns[i].codes.push_back(text.empty() ? -1 : builders_[i].Intern(text));
      }
    }
  }

  void ConvertNumber(std::size_t i, const Cell& cell) {
    ChunkColumn& column = chunk_.columns[i];
    Conversion& c = column.conversion;
    const std::string_view text = CellText(cell, job_.dialect.quote, buffer_);
    if (text.empty()) {
      column.numbers.push_back(kNaN);
      return;
    }
    const ParsedNumber number = ParseNumber(text, plans_[i].form.style);
    if (number.kind == NumberKind::kNumber && !job_.markers->ContainsNumber(number.value)) {
      ++c.present;
      c.leading_zero += number.leading_zero;
      column.numbers.push_back(number.value);
      return;
    }
    if (number.kind == NumberKind::kNumber || job_.markers->Contains(text)) {
      CountMarker(column, text, 1);
      column.numbers.push_back(kNaN);
      return;
    }
    ++c.present;
    c.inexact += number.kind == NumberKind::kInexact;
    column.numbers.push_back(number.kind == NumberKind::kInexact ? number.value : kNaN);
    if (number.kind == NumberKind::kInexact) return;
    ++(number.kind == NumberKind::kInfinite ? c.infinite : c.failed);
    Fail(c, text, chunk_.rows);
  }

  void ConvertTime(std::size_t i, const Cell& cell) {
    ChunkColumn& column = chunk_.columns[i];
    Conversion& c = column.conversion;
    const ValueForm& form = plans_[i].form;
    const std::string_view text = CellText(cell, job_.dialect.quote, buffer_);
    std::int64_t time = table::kMissingTime;
    if (job_.markers->Contains(text)) {
      CountMarker(column, text, 1);
    } else {
      ++c.present;
      if (const auto parsed = table::ReadTime(text, form)) {
        time = parsed->microseconds;
        c.zoned |= parsed->zoned;
      }
    }
    if (time == table::kMissingTime && !job_.markers->Contains(text)) {
      ++c.failed;
      Fail(c, text, chunk_.rows);
    }
    column.times.push_back(time);
  }

  // Distinct texts are tested for missing markers once each.
  void FinishStrings(std::size_t i) {
    if (plans_[i].kind != PlanKind::kString) return;
    ChunkColumn& column = chunk_.columns[i];
    column.dictionary = std::move(builders_[i]).Finish();
    const table::Dictionary& dictionary = *column.dictionary;
    std::vector<std::uint8_t> missing(std::size_t(dictionary.size()), 0);
    bool any = false;
    for (std::int32_t code = 0; code < dictionary.size(); ++code) {
      const bool is = job_.markers->Contains(dictionary.at(code));
      missing[std::size_t(code)] = is;
      any |= is;
    }
    if (!any) return;
    std::vector<std::int64_t> counts(missing.size(), 0);
    for (std::int32_t& code : column.codes) {
      if (code < 0 || missing[std::size_t(code)] == 0) continue;
      ++counts[std::size_t(code)];
      code = -1;
    }
    for (std::int32_t code = 0; code < dictionary.size(); ++code) {
      if (counts[std::size_t(code)] > 0) CountMarker(column, dictionary.at(code), counts[std::size_t(code)]);
    }
  }

  const Context& context_;
  const ChunkJob& job_;
  const std::vector<ColumnPlan>& plans_;
  RecordScanner scanner_;
  Chunk chunk_;
  std::vector<table::DictionaryBuilder> builders_;
  std::string buffer_;
  std::size_t records_ = 0;
};

}  // namespace

Chunk ParseChunk(const Context& context, const ChunkJob& job, std::size_t begin, std::size_t stop) {
  return ChunkParser(context, job, begin).Run(stop);
}

}  // namespace tagwerk::io
