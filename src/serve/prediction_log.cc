#include "serve/prediction_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <limits>
#include <utility>

#include "base/constants.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/text.h"

namespace tagwerk::serve {
namespace {

namespace fs = std::filesystem;

constexpr double kTakeSeconds = 0.1;           ///< between two looks into the buffers
constexpr double kAnswerSeconds = 1;           ///< to wait for the writing thread
constexpr double kTellSeconds = 60;            ///< between two lines about dropped rows
constexpr std::size_t kRowsOfBlock = 1024;     ///< single rows that lie in one piece
constexpr std::size_t kBlocksKept = 8;         ///< of a buffer that is used again
constexpr std::size_t kTrimBytes = 8 << 20;    ///< of rows written, before the heap gives back what lies between
constexpr std::size_t kRowOverhead = 64;       ///< bytes of a row beside its cells
constexpr int kFolderLevels = 3;               ///< model, version, date
constexpr std::int64_t kDay = 86'400'000'000;  ///< microseconds

std::int64_t WallMicroseconds() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int32_t MicrosecondsSince(TimePoint start) {
  const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
  return std::int32_t(std::min<std::int64_t>(passed, std::numeric_limits<std::int32_t>::max()));
}

void SweepBelow(const std::string& folder, int levels) {
  SweepTemporaries(folder);
  if (levels == 0) return;
  std::error_code failure;
  for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
    std::error_code unread;
    if (it->is_directory(unread) && !it->is_symlink(unread)) SweepBelow(it->path().string(), levels - 1);
  }
}

void AppendOutputCells(const ServedModel& model, const pipeline::Predictions& p, std::vector<double>& cells) {
  if (p.task == Task::kRegression) {
    for (std::size_t k = 0; k < model.outputs().size(); ++k) {
      const auto& values = k == 0 ? p.values : k == 1 ? p.lower : p.upper;
      cells.push_back(values.empty() ? kNaN : values[0]);
    }
    return;
  }
  cells.push_back(double(p.labels[0]));
  cells.insert(cells.end(), p.scores.begin(), p.scores.begin() + std::ptrdiff_t(model.labels().size()));
}

std::size_t AddNumbers(const ServedModelPtr& model, const InputRows& rows, const Scored& scored,
                       const LoggedRequest& request, std::vector<NumberRows>& held) {
  const auto fits = [&](const NumberRows& own) { return own.model == model && own.rows.size() < kRowsOfBlock; };
  auto at = std::find_if(held.begin(), held.end(), fits);
  const std::size_t width = model->inputs().size();
  if (at == held.end()) {  // in blocks: one that grows would be copied, and keep twice its bytes
    held.emplace_back().model = model;
    at = held.end() - 1;
  }
  for (std::size_t i = 0; i < width; ++i) at->cells.push_back(rows.number(i, 0));
  AppendOutputCells(*model, scored.predictions, at->cells);
  const std::size_t before = at->ids.size();
  if (request.ids != nullptr && !request.ids->empty() && !request.ids->front().empty())
    at->ids.append(request.ids->front());
  else
    at->ids.append(request.id).append(":0");
  for (const RowWarning& warning : scored.warnings) at->warnings.emplace_back(at->rows.size(), WarningText(warning));
  at->rows.push_back({WallMicroseconds(), MicrosecondsSince(request.arrived), at->ids.size()});
  const std::size_t bytes = (width + model->outputs().size()) * sizeof(double) + sizeof(NumberRows::Row) +
                            at->ids.size() - before + kRowOverhead * scored.warnings.size();
  at->bytes += bytes;
  return bytes;
}

std::size_t AddTable(const ServedModelPtr& model, Scored& scored, const LoggedRequest& request,
                     std::vector<TableRows>& held) {
  TableRows& added = held.emplace_back();
  added.model = model;
  added.rows = scored.rows;
  added.time = WallMicroseconds();
  added.latency = MicrosecondsSince(request.arrived);
  added.request_id = request.id;
  if (request.ids != nullptr) added.ids = *request.ids;
  added.inputs = std::move(scored.inputs);
  added.predictions = std::move(scored.predictions);
  added.warnings = scored.warnings;
  const bool texts = std::any_of(added.inputs.begin(), added.inputs.end(), [](const table::ColumnPtr& column) {
    return column != nullptr && column->storage() == table::Storage::kString;
  });
  // Texts of the columns are not longer than the body that they came from.
  added.bytes = (texts ? request.body_bytes : 0) +
                added.rows * ((added.inputs.size() + model->outputs().size()) * sizeof(double) + kRowOverhead);
  return added.bytes;
}

}  // namespace

/// Empties, but keeps room for as many rows: the buffer is handed back.
void PredictionLog::Reset(Held& held) {
  std::size_t left = 0;  // of what was not written, as memory ran out
  for (const NumberRows& rows : held.numbers) left += rows.bytes;
  for (const TableRows& rows : held.tables) left += rows.bytes;
  waiting_.fetch_sub(left, std::memory_order_relaxed);
  std::erase_if(held.numbers, [](const NumberRows& rows) { return rows.rows.empty(); });  // a model asked no more
  if (held.numbers.size() > kBlocksKept) held.numbers.resize(kBlocksKept);                // a burst
  for (NumberRows& rows : held.numbers) {
    rows.bytes = 0;
    rows.rows.clear();
    rows.cells.clear();
    rows.ids.clear();
    rows.warnings.clear();
  }
  held.tables.clear();
}

PredictionLog::PredictionLog(const Context& context, const LogOptions& options, std::size_t threads)
    : context_(context), options_(options) {
  for (std::size_t i = 0; i < threads; ++i) buffers_.push_back(std::make_unique<Buffer>());
}

Result<std::unique_ptr<PredictionLog>> PredictionLog::Open(const Context& context, const LogOptions& options,
                                                           std::size_t threads) {
  TW_RETURN_IF_ERROR(MakeFolders(options.folder));
  TW_RETURN_IF_ERROR(WriteFileAtomically(options.folder + "/.tagwerk", "predictions\n"));  // may it be written?
  SweepBelow(options.folder, kFolderLevels);
  std::signal(SIGXFSZ, SIG_IGN);  // a file as large as the process may write is an error of the log, not the end
  std::unique_ptr<PredictionLog> log(new PredictionLog(context, options, threads));
  log->thread_ = std::make_unique<Background>([own = log.get()] { own->Work(); });
  return log;
}

PredictionLog::~PredictionLog() { Finish(); }

void PredictionLog::Finish() {
  if (thread_ == nullptr) return;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_one();
  thread_.reset();
}

void PredictionLog::Add(std::size_t thread, const ServedModelPtr& model, const InputRows& rows, Scored& scored,
                        const LoggedRequest& request) {
  Buffer& buffer = *buffers_[thread];
  std::size_t before = 0, added = 0;
  {
    const std::lock_guard lock(buffer.mutex);
    Held& held = buffer.held;
    // One request of each thread may go beyond: it is bounded by the limits of requests.
    if (waiting_.load(std::memory_order_relaxed) >= options_.queue_bytes) {
      buffer.dropped += scored.rows;
      return;
    }
    added = scored.one_by_one ? AddNumbers(model, rows, scored, request, held.numbers)
                              : AddTable(model, scored, request, held.tables);
    before = waiting_.fetch_add(added, std::memory_order_relaxed);
  }
  if (before < options_.queue_bytes / 4 && before + added >= options_.queue_bytes / 4) {
    urgent_.store(true);
    changed_.notify_one();
  }
}

void PredictionLog::Work() {
  Held taken;
  while (true) {
    bool ending = false;
    {
      std::unique_lock lock(mutex_);
      const auto is_due = [&] { return ended_ || urgent_.load() || waiting_.load() >= options_.queue_bytes / 4; };
      changed_.wait_for(lock, ToDuration(kTakeSeconds), is_due);
      ending = ended_;
      asked_.swap(questions_);
    }
    urgent_.store(false);
    TakeAll(taken);
    AnswerQuestions();
    SealDue(ending);
    TellDropped();
    if (std::exchange(written_, written_ % kTrimBytes) >= kTrimBytes) TrimFreedMemory();
    if (ending) return;
  }
}

void PredictionLog::TakeAll(Held& taken) {
  for (const auto& buffer : buffers_) {
    {
      const std::lock_guard lock(buffer->mutex);
      std::swap(taken, buffer->held);
    }
    try {
      Write(taken);
    } catch (const std::exception& failure) {
      GiveUp(failure);
    }
    Reset(taken);
  }
}

void PredictionLog::FindOpen(const std::string& model, const std::vector<std::string>& ids, std::vector<bool>& found) {
  const auto question = std::make_shared<Question>();
  question->model = model;
  for (const std::string& id : ids) question->hashes.emplace(HashBytes(id), false);
  {
    std::unique_lock lock(mutex_);
    if (ended_) return;
    questions_.push_back(question);
    urgent_.store(true);
    changed_.notify_one();
    if (!answered_.wait_for(lock, ToDuration(kAnswerSeconds), [&] { return question->answered; })) return;
  }
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (question->hashes.at(HashBytes(ids[i]))) found[i] = true;
}

// After all that was put in before the questions came is in open files.
void PredictionLog::AnswerQuestions() {
  const std::lock_guard lock(mutex_);
  for (const auto& question : asked_) {
    for (const auto& [key, open] : open_) {
      if (open.file->model() != question->model) continue;
      for (const auto& part : open.file->id_hashes())
        for (const std::uint64_t hash : part)
          if (const auto at = question->hashes.find(hash); at != question->hashes.end()) at->second = true;
    }
    question->answered = true;
  }
  if (!asked_.empty()) answered_.notify_all();
  asked_.clear();
}

// What is written makes room at once: new rows come meanwhile.
void PredictionLog::Write(Held& held) {
  for (NumberRows& rows : held.numbers) {
    Write(rows);
    written_ += rows.bytes;
    waiting_.fetch_sub(std::exchange(rows.bytes, 0), std::memory_order_relaxed);
    WriteOut();
  }
  for (TableRows& rows : held.tables) {
    Write(rows);
    written_ += rows.bytes;
    waiting_.fetch_sub(rows.bytes, std::memory_order_relaxed);
    rows = TableRows();
    WriteOut();
  }
}

void PredictionLog::Write(const NumberRows& rows) {
  for (std::size_t r = 0; r < rows.rows.size(); ++r) {
    const Key key{rows.model->serial(), rows.rows[r].time / kDay};
    OpenSegment* segment = SegmentFor(rows.model, rows.rows[r].time);
    if (segment == nullptr)
      Lost(1, nullptr);
    else
      Keep(key, segment->file->Append(rows, r));
  }
}

void PredictionLog::Write(const TableRows& rows) {
  OpenSegment* segment = SegmentFor(rows.model, rows.time);
  if (segment == nullptr)
    Lost(std::int64_t(rows.rows), nullptr);
  else
    Keep({rows.model->serial(), rows.time / kDay}, segment->file->Append(rows));
}

// Writes out the fullest of the open files while they hold too much together.
void PredictionLog::WriteOut() {
  const auto held = [](const auto& entry) { return entry.second.file->held_bytes(); };
  while (true) {
    std::uint64_t all = 0;
    auto fullest = open_.begin();
    for (auto at = open_.begin(); at != open_.end(); ++at) {
      all += held(*at);
      if (held(*at) > held(*fullest)) fullest = at;
    }
    if (all <= options_.held_bytes) return;
    const Key key = fullest->first;
    Keep(key, fullest->second.file->Flush());
  }
}

// Memory ran out: open files are given up.
void PredictionLog::GiveUp(const std::exception& failure) {
  std::int64_t rows = 0;
  for (const auto& [key, open] : open_) rows += open.file->rows();
  open_.clear();
  const Error why(Code::kResourceExhausted, "memory-exhausted", failure.what());
  Lost(rows, &why);
}

// Null: files cannot be written at present.
PredictionLog::OpenSegment* PredictionLog::SegmentFor(const ServedModelPtr& model, std::int64_t time) {
  const Key key{model->serial(), time / kDay};
  if (const auto found = open_.find(key); found != open_.end()) return &found->second;
  if (failing_ && Clock::now() < next_try_) return nullptr;
  auto opened = LogSegment::Open(options_.folder, *model, time, options_.inputs);
  if (!opened) {
    Lost(0, &opened.error());
    return nullptr;
  }
  return &open_.emplace(key, OpenSegment{std::move(*opened), Clock::now()}).first->second;
}

// Looks at what adding to a file said: a file that cannot be written is given up with all its rows.
void PredictionLog::Keep(const Key& key, const Status& status) {
  const auto at = open_.find(key);
  const LogSegment& file = *at->second.file;
  if (!status) {
    const std::int64_t rows = file.rows();
    const Error why = status.error();
    open_.erase(at);
    Lost(rows, &why);
  } else if (file.rows() >= options_.segment_rows || file.bytes() >= options_.segment_bytes) {
    Seal(at->second);
    open_.erase(at);
  }
}

void PredictionLog::SealDue(bool all) {
  const TimePoint now = Clock::now();
  const std::int64_t today = WallMicroseconds() / kDay;
  for (auto at = open_.begin(); at != open_.end();) {
    const OpenSegment& open = at->second;
    const bool busy = open.file->rows() >= options_.busy_rows;
    const double most = busy ? options_.busy_seconds : options_.segment_seconds;
    if (!all && at->first.second == today && now - open.opened < ToDuration(most)) {
      ++at;
      continue;
    }
    Seal(at->second);
    at = open_.erase(at);
  }
}

void PredictionLog::Seal(OpenSegment& segment) {
  const std::int64_t rows = segment.file->rows();
  const auto facts = segment.file->Seal();
  if (!facts) return Lost(rows, &facts.error());
  rows_.fetch_add(std::uint64_t(rows));
  segments_.fetch_add(1);
  if (failing_) context_.Log(Level::kInfo, "predictions", "the log is written again");
  failing_ = false;
  if (told_) told_(*facts);
  written_ += kTrimBytes;
}

void PredictionLog::Lost(std::int64_t rows, const Error* why) {
  not_written_.fetch_add(std::uint64_t(rows));
  if (why == nullptr) return;
  next_try_ = Clock::now() + ToDuration(options_.retry_seconds);
  if (!failing_)
    context_.Log(Level::kWarn, "predictions",
                 "predictions are answered but not logged: " + why->message() + ", " + Quoted(options_.folder) +
                     "; tagwerk_prediction_log_dropped_total counts the rows");
  failing_ = true;
}

void PredictionLog::TellDropped() {
  const std::uint64_t dropped = figures().queue_full;
  if (dropped == dropped_told_ || Clock::now() < next_telling_) return;
  context_.Log(Level::kWarn, "predictions",
               Count(std::int64_t(dropped - dropped_told_)) +
                   " predictions are not in the log: they came faster than they can be written");
  dropped_told_ = dropped;
  next_telling_ = Clock::now() + ToDuration(kTellSeconds);
}

LogFigures PredictionLog::figures() const {
  LogFigures out;
  out.rows = rows_.load();
  out.segments = segments_.load();
  out.not_written = not_written_.load();
  out.waiting = waiting_.load();
  for (const auto& buffer : buffers_) {
    const std::lock_guard lock(buffer->mutex);
    out.queue_full += buffer->dropped;
  }
  return out;
}

void PredictionLog::WriteFigures(std::string& out) const {
  const LogFigures now = figures();
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "# HELP tagwerk_prediction_log_rows_total Rows in closed files of the prediction log.\n");
  fmt::format_to(to, "# TYPE tagwerk_prediction_log_rows_total counter\n");
  fmt::format_to(to, "tagwerk_prediction_log_rows_total {}\n", now.rows);
  fmt::format_to(to, "# HELP tagwerk_prediction_log_segments_total Closed files of the prediction log.\n");
  fmt::format_to(to, "# TYPE tagwerk_prediction_log_segments_total counter\n");
  fmt::format_to(to, "tagwerk_prediction_log_segments_total {}\n", now.segments);
  fmt::format_to(to, "# HELP tagwerk_prediction_log_dropped_total Answered rows that are not in the log.\n");
  fmt::format_to(to, "# TYPE tagwerk_prediction_log_dropped_total counter\n");
  fmt::format_to(to, "tagwerk_prediction_log_dropped_total{{reason=\"queue_full\"}} {}\n", now.queue_full);
  fmt::format_to(to, "tagwerk_prediction_log_dropped_total{{reason=\"not_written\"}} {}\n", now.not_written);
  fmt::format_to(to, "# HELP tagwerk_prediction_log_waiting_bytes Rows that wait to be written.\n");
  fmt::format_to(to, "# TYPE tagwerk_prediction_log_waiting_bytes gauge\n");
  fmt::format_to(to, "tagwerk_prediction_log_waiting_bytes {}\n", now.waiting);
}

}  // namespace tagwerk::serve
