// Parses all chunks of all files in parallel. Where a chunk starts is first guessed (after the next line
// end) and then checked: it must be where the chunk before it ended, else it is parsed again from there.
#include "io/csv_read.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "io/around_table.h"
#include "io/odd_rows.h"
#include "io/sampling.h"
#include "io/totals.h"
#include "io/typed_table.h"

namespace tagwerk::io {
namespace {

struct Task {
  std::size_t file, begin, stop;
};

class CsvReader {
 public:
  CsvReader(const Context& context, CsvSource source, const ReadOptions& options, const CsvTuning& tuning)
      : context_(context),
        source_(std::move(source)),
        options_(options),
        tuning_(tuning),
        log_(options.rejected_path) {}

  Result<ReadResult> Run() {
    plans_ = source_.Plan(context_, tuning_);
    ShareDateOrder();
    sampling_ = ChooseSampling(context_, source_, plans_, options_.sampled ? 0 : options_.seconds_to_read);
    if (options_.sampled) {
      sampling_.shares = *options_.sampled;
      sampling_.shares.table = 1;  // left to the caller
    }
    TW_RETURN_IF_ERROR(CheckMemory());
    streamed_ = options_.whole_figures && sampling_.by_memory;
    if (sampling_.by_memory && sampling_.shares.blocks == 1.0) {
      tuning_.chunk_bytes = std::clamp<std::size_t>(context_.memory_limit / 512, 256 << 10, tuning_.chunk_bytes);
    }
    MakeTasks();
    TW_RETURN_IF_ERROR(ParseAll());
    if (context_.Stopped()) return Error(Code::kCancelled, "interrupted", "reading was interrupted");
    TW_RETURN_IF_ERROR(LogRejects());
    TW_RETURN_IF_ERROR(BuildAll());
    OddRows odd = FindOddRows();
    // A prediction has a row for every row of the data.
    const bool every_row = !options_.expected.empty() || options_.keep_rejected_rows;
    if (!every_row && !streamed_) TW_RETURN_IF_ERROR(odd.Find(rows_));
    TW_RETURN_IF_ERROR(log_.Finish(data_lines_, options_.max_rejected));
    return Collect(odd);
  }

 private:
  // A column whose dates fit both orders of day and month is read as those of the file that fit only one.
  void ShareDateOrder() {
    std::optional<table::DateOrder> order;
    std::string column;
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      if (!plans_[i].proved) continue;
      if (order && *order != *plans_[i].proved) return;  // the columns do not agree
      if (!order) column = source_.columns[i].field.name;
      order = plans_[i].proved;
    }
    for (CsvColumn& to : source_.columns) {
      to.hints.other_order = order;
      to.hints.other_column = column;
    }
  }

  void MakeTasks() {
    for (std::size_t f = 0; f < source_.files.size(); ++f) {
      const CsvFile& file = source_.files[f];
      const std::string_view text = file.input.bytes;
      std::size_t begin = file.format.data_begin;
      for (std::size_t k = 0; begin < text.size(); ++k) {
        const std::size_t stop = std::min(text.size(), begin + tuning_.chunk_bytes);
        if (sampling_.TakesBlock(k)) tasks_.push_back({f, begin, stop});
        begin = stop;
      }
    }
  }

  ChunkJob Job(std::size_t file, const std::vector<ColumnPlan>& plans) const {
    ChunkJob job = source_.Job(file, plans);
    job.keep_rejected_rows = options_.keep_rejected_rows;
    job.share = sampling_.shares.rows;
    job.look_at_all = streamed_;
    job.seed = context_.seed;
    job.expected_rows = sampling_.rows_per_byte > 0
                            ? std::size_t(double(tuning_.chunk_bytes) * sampling_.rows_per_byte * 1.05 *
                                          (streamed_ ? 1.0 : sampling_.shares.rows)) +
                                  16
                            : 0;
    return job;
  }

  std::size_t Guess(const Task& task) const {
    const CsvFile& file = source_.files[task.file];
    if (task.begin == file.format.data_begin) return task.begin;
    const std::size_t found = file.input.bytes.find(file.format.dialect.newline, task.begin - 1);
    return found == std::string_view::npos ? file.input.bytes.size() : found + 1;
  }

  Status ParseAll() {
    std::vector<ChunkJob> jobs;
    for (std::size_t f = 0; f < source_.files.size(); ++f) jobs.push_back(Job(f, plans_));
    chunks_.resize(tasks_.size());
    totals_.resize(streamed_ ? plans_.size() : 0);
    for (std::size_t begin = 0; begin < tasks_.size(); begin += Wave()) {
      const std::size_t wave = std::min(Wave(), tasks_.size() - begin);
      context_.pool->For(wave, [&](std::size_t k) {
        const Task& task = tasks_[begin + k];
        chunks_[begin + k] = ParseChunk(context_, jobs[task.file], Guess(task), task.stop);
        GiveBack(begin + k);
      });
      TW_RETURN_IF_ERROR(JoinChunks(begin, begin + wave, jobs));
      if (context_.Stopped()) return Ok();
      Condense(begin, begin + wave, plans_);
    }
    return Ok();
  }

  // Chunks that are held whole at once: few when only a sample of them is kept.
  std::size_t Wave() const { return streamed_ ? std::size_t(2 * context_.pool->threads()) : tasks_.size(); }

  // A chunk begins where the one before it ended.
  Status JoinChunks(std::size_t first, std::size_t last, const std::vector<ChunkJob>& jobs) {
    for (std::size_t i = first; i < last; ++i) {
      if (context_.Stopped()) return Ok();
      const Task& task = tasks_[i];
      const CsvFile& file = source_.files[task.file];
      if (i == 0 || tasks_[i - 1].file != task.file) {
        end_ = file.format.data_begin;
        line_ = file.format.data_line;
      }
      if (sampling_.shares.blocks == 1.0 && chunks_[i].begin != end_) {
        // A record may reach over several chunks; those inside it then hold nothing.
        chunks_[i] = ParseChunk(context_, jobs[task.file], end_, std::max(end_, task.stop));
      }
      Chunk& chunk = chunks_[i];
      if (chunk.too_long) {
        return LineTooLong(file.input.path, file.input.bytes, chunk.end, line_ + chunk.lines, chunk.open_quote);
      }
      for (Reject& reject : chunk.rejects) reject.line = sampling_.shares.blocks < 1 ? 0 : reject.line + line_;
      end_ = chunk.end;
      line_ += chunk.lines;
    }
    return Ok();
  }

  // Adds all rows to the totals and keeps those of the sample.
  void Condense(std::size_t first, std::size_t last, const std::vector<ColumnPlan>& plans) {
    if (!streamed_) return;
    context_.pool->For(plans.size(), [&](std::size_t c) {
      for (std::size_t i = first; i < last; ++i) totals_[c].Add(chunks_[i].columns[c], plans[c].kind);
    });
    context_.pool->For(last - first, [&](std::size_t k) {
      Chunk& chunk = chunks_[first + k];
      KeepRows(chunk, chunk.kept, plans);
    });
  }

  void GiveBack(std::size_t i) const {
    const Input& input = source_.files[tasks_[i].file].input;
    if (input.LargerThanMemory(context_)) input.GiveBack(chunks_[i].begin, chunks_[i].end);
  }

  Status LogRejects() {
    for (const CsvFile& file : source_.files) {
      std::vector<Reject> preface;
      for (const PrefaceLine& line : file.format.preface) {
        Reject reject;
        reject.begin = line.begin;
        reject.length = line.end - line.begin;
        reject.line = line.line;
        reject.cells = line.num_cells;
        reject.reason = RejectReason::kPreamble;
        const std::string_view text = file.input.bytes;
        while (reject.length > 0 &&
               (text[reject.begin + reject.length - 1] == '\n' || text[reject.begin + reject.length - 1] == '\r')) {
          --reject.length;
        }
        preface.push_back(reject);
      }
      if (preface.size() > kLongestPreamble) {
        for (Reject& reject : preface) reject.reason = RejectReason::kTooFewFields;
        data_lines_ += std::int64_t(preface.size());
      }
      physical_lines_ += file.format.data_line - 1;
      TW_RETURN_IF_ERROR(log_.Add(file.input.path, file.input.bytes, preface, file.format.num_columns));
    }
    for (std::size_t i = 0; i < chunks_.size(); ++i) {
      const CsvFile& file = source_.files[tasks_[i].file];
      data_lines_ += chunks_[i].lines - chunks_[i].blank_lines;
      physical_lines_ += chunks_[i].lines;
      rows_ += chunks_[i].rows;
      const bool last = i + 1 == chunks_.size() || tasks_[i + 1].file != tasks_[i].file;
      if (last && sampling_.shares.share() == 1) MarkFooter(file.input.bytes, chunks_[i]);
      TW_RETURN_IF_ERROR(log_.Add(file.input.path, file.input.bytes, chunks_[i].rejects, file.format.num_columns));
    }
    if (rows_ == 0) {
      TW_RETURN_IF_ERROR(log_.Finish(data_lines_, options_.max_rejected));
      return Error(Code::kInvalidData, "file-empty", "file has no data rows")
          .In(source_.files.front().input.path, Count(physical_lines_) + " lines");
    }
    if (rows_ > std::numeric_limits<table::RowIndex>::max()) {
      return Error(Code::kResourceExhausted, "memory-limit", "more than 4,294,967,295 rows")
          .In(source_.files.front().input.path);
    }
    return Ok();
  }

  std::vector<ChunkColumn*> Parts(std::size_t column) {
    std::vector<ChunkColumn*> parts;
    for (Chunk& chunk : chunks_) {
      if (chunk.rows > 0) parts.push_back(&chunk.columns[column]);
    }
    return parts;
  }

  Status BuildAll() {
    CountMarkers();
    columns_.resize(source_.columns.size());
    Build(plans_);
    bool again = false;
    std::vector<ColumnPlan> strings(plans_.size());
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      strings[i].kind = columns_[i] ? PlanKind::kSkip : PlanKind::kString;
      again |= columns_[i] == nullptr;
    }
    if (!again) return CheckTold();
    ReadAgain(strings);
    if (context_.Stopped()) return Error(Code::kCancelled, "interrupted", "reading was interrupted");
    Build(strings);
    return CheckTold();
  }

  void ReadAgain(const std::vector<ColumnPlan>& plans) {
    std::vector<ChunkJob> jobs;
    for (std::size_t f = 0; f < source_.files.size(); ++f) jobs.push_back(Job(f, plans));
    for (std::size_t c = 0; c < totals_.size(); ++c) {
      if (plans[c].kind != PlanKind::kSkip) totals_[c] = {};
    }
    for (std::size_t first = 0; first < tasks_.size(); first += Wave()) {
      const std::size_t wave = std::min(Wave(), tasks_.size() - first);
      context_.pool->For(wave, [&](std::size_t k) {
        Chunk& chunk = chunks_[first + k];
        chunk = ParseChunk(context_, jobs[tasks_[first + k].file], chunk.begin, chunk.end);
        GiveBack(first + k);
      });
      if (context_.Stopped()) return;
      Condense(first, first + wave, plans);
    }
  }

  void Build(const std::vector<ColumnPlan>& plans) {
    context_.pool->For(plans.size(), [&](std::size_t i) {
      if (columns_[i] || plans[i].kind == PlanKind::kSkip) return;
      std::vector<ChunkColumn*> parts = Parts(i);
      columns_[i] = BuildColumn(parts, plans[i], source_.columns[i]);
    });
  }

  void CountMarkers() {
    for (const Chunk& chunk : chunks_) {
      for (const ChunkColumn& column : chunk.columns) {
        for (const auto& [marker, count] : column.markers) marker_counts_[marker] += count;
      }
    }
  }

  Status CheckTold() const {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const CsvColumn& column = source_.columns[i];
      if (!column.told || column.expected) continue;
      TW_RETURN_IF_ERROR(CheckOverride(*columns_[i], column.field, *column.told, source_.files.front().input.path));
    }
    return Ok();
  }

  // What the limit leaves of the table must still be a table.
  Status CheckMemory() const {
    constexpr double kFewestRows = 100;
    const double rows = double(source_.total_bytes()) * sampling_.rows_per_byte;
    if (!sampling_.by_memory || rows * sampling_.shares.share() >= std::min(kFewestRows, rows)) return Ok();
    const double needed = kFewestRows * sampling_.bytes_per_row;
    const double given = double(TableBudget(context_.memory_limit));
    return Error(Code::kResourceExhausted, "memory-limit",
                 fmt::format("limit is too small to hold even a sample of the table: {} given, about {} needed",
                             Bytes(context_.memory_limit),
                             Bytes(std::uint64_t(needed / given * double(context_.memory_limit)))))
        .In(source_.files.front().input.path,
            fmt::format("about {} rows x {} columns", Count(std::int64_t(rows)), source_.columns.size()))
        .Do("--memory with a larger limit");
  }

  Result<ReadResult> Collect(const OddRows& odd);
  OddRows FindOddRows();
  void AddNotes(ReadResult& result) const;

  const Context& context_;
  CsvSource source_;
  const ReadOptions& options_;
  CsvTuning tuning_;
  Sampling sampling_;
  std::vector<ColumnPlan> plans_;
  std::vector<Task> tasks_;
  std::vector<Chunk> chunks_;
  std::vector<ColumnTotalsMaker> totals_;
  bool streamed_ = false;
  std::size_t end_ = 0;  // of the last chunk that was joined
  std::int64_t line_ = 0;
  RejectLog log_;
  std::vector<table::ColumnPtr> columns_;
  std::map<std::string, std::int64_t> marker_counts_;
  std::int64_t data_lines_ = 0, physical_lines_ = 0;
  std::size_t rows_ = 0;
};

OddRows CsvReader::FindOddRows() {
  ParsedChunks parsed{chunks_, {}, {}, sampling_.shares.blocks == 1.0};
  for (const Task& task : tasks_) parsed.file_of.push_back(task.file);
  parsed.job = [this](std::size_t file, const std::vector<ColumnPlan>& plans) { return Job(file, plans); };
  return OddRows(context_, source_, columns_, std::move(parsed), log_);
}

Result<ReadResult> CsvReader::Collect(const OddRows& odd) {
  ReadResult result;
  for (const CsvFile& file : source_.files) result.sources.push_back(DescribeSource(file));
  std::int64_t blank = 0;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    result.sources[tasks_[i].file].rows += chunks_[i].rows;
    blank += chunks_[i].blank_lines;
  }
  if (!marker_counts_.empty()) {
    Json counts = Json::object();
    for (const auto& [marker, count] : marker_counts_) counts[marker] = count;
    result.sources[0].dialect["missing_markers"] = counts;
  }
  if (blank > 0) result.sources[0].dialect["blank_lines"] = blank;
  std::vector<table::Field> fields;
  for (CsvColumn& column : source_.columns) fields.push_back(column.field);
  AddNotes(result);
  odd.Drop(rows_, columns_, fields, result.sources);
  for (const auto& note : odd.notes()) result.notes.push_back(note);
  NoteUnparsed(fields, result.notes);
  result.table = table::Table(std::move(fields), std::move(columns_), rows_);
  result.physical_lines = physical_lines_;
  result.rejected_lines = log_.count();
  result.rejected = log_.lines();
  result.sampled = sampling_.shares;
  for (std::size_t i = 0; i < totals_.size(); ++i) {
    result.totals.push_back(totals_[i].Finish());
    // Numbers that turned out to be times have other figures.
    result.totals[i].numeric &=
        result.table.column(i).storage() != table::Storage::kTimestamp || plans_[i].kind == PlanKind::kTime;
  }
  return result;
}

void CsvReader::AddNotes(ReadResult& result) const {
  result.notes = source_.notes;
  for (const CsvFile& file : source_.files) {
    if (file.encoding.name == "utf-8" && file.encoding.converted_bytes == 0) continue;
    result.notes.push_back(
        {"read.encoding",
         {},
         Json{{"file", file.input.path}, {"encoding", file.encoding.name}},
         fmt::format("{} was read as {}: {}", file.input.path, file.encoding.name, file.encoding.evidence)});
  }
  if (!source_.files.front().format.header && options_.header == Header::kAuto) {
    result.notes.push_back({"read.header",
                            {},
                            Json{{"header", false}},
                            "the first line was read as data: " + source_.files.front().format.header_evidence});
  }
  NoteHeader(source_.files.front(), result.notes);
  if (sampling_.shares.share() < 1) {
    result.notes.push_back(
        {"read.sampled",
         {},
         Json{
             {"share", sampling_.shares.share()}, {"rows", rows_}, {"reason", sampling_.by_memory ? "memory" : "time"}},
         fmt::format("{} of the rows were {}, evenly over the file, to stay within the {}",
                     Percent(sampling_.shares.share()), streamed_ ? "kept" : "read",
                     sampling_.by_memory ? "memory limit" : "time")});
  }
}

}  // namespace

Result<ReadResult> ReadCsv(const Context& context, std::vector<Input> inputs, const ReadOptions& options,
                           const CsvTuning& tuning) {
  TW_TRY(auto source, CsvSource::Open(context, std::move(inputs), options));
  return CsvReader(context, std::move(source), options, tuning).Run();
}

}  // namespace tagwerk::io
