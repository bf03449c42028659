// The prediction log: every answered row, off the answer's path, in Parquet files. Threads that answer put rows into
// buffers of their own; one thread takes them every tenth of a second and writes. What does not fit is dropped and
// counted: the log never makes an answer wait.
//
//   TW_TRY(auto log, PredictionLog::Open(context, {"predictions"}, threads));
//   log->Add(thread, model, desk_rows, scored, facts);   // after the answer was made
//   log->Finish();                                       // everything is in files
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/context.h"
#include "base/threads.h"
#include "serve/http.h"
#include "serve/log_segment.h"

namespace tagwerk::serve {

struct LogOptions {
  std::string folder;
  bool inputs = true;                       ///< false: predictions only
  std::size_t queue_bytes = 16 << 20;       ///< of all threads together; rows beyond are dropped
  std::uint64_t held_bytes = 8 << 20;       ///< of open files together, before the fullest is written out
  std::int64_t segment_rows = 500'000;      ///< a file is closed with so many rows,
  std::uint64_t segment_bytes = 128 << 20;  ///< about so many bytes,
  double segment_seconds = 60;              ///< so long after its first row,
  std::int64_t busy_rows = 10'000;          ///< or, once it has this many rows,
  double busy_seconds = 10;                 ///< after this: a crash then loses less, and files stay few
  double retry_seconds = 10;                ///< after a file could not be written
};

/// What is logged of a request beside its rows.
struct LoggedRequest {
  std::string_view id;                            ///< prediction_id of row 0 is "<id>:0"
  const std::vector<std::string>* ids = nullptr;  ///< the caller's, of each row; may be null or have empty ones
  TimePoint arrived{};
  std::size_t body_bytes = 0;
};

struct LogFigures {
  std::uint64_t rows = 0;                         ///< in closed files
  std::uint64_t segments = 0;                     ///< closed files
  std::uint64_t queue_full = 0, not_written = 0;  ///< rows dropped, by reason
  std::uint64_t waiting = 0;                      ///< bytes in the buffers, and of what is being written
};

class PredictionLog {
 public:
  /// Makes the folder, removes what a killed process left there, starts the thread. `context` must outlive the log.
  /// Errors: not-writable.
  static Result<std::unique_ptr<PredictionLog>> Open(const Context& context, const LogOptions& options,
                                                     std::size_t threads);
  ~PredictionLog();

  /// Called from the writing thread with every closed file; set before the first row.
  void OnSegment(std::function<void(const SegmentFacts&)> told) { told_ = std::move(told); }
  /// Takes the rows that were just answered; `thread` numbers the caller. Takes columns and predictions from `scored`.
  void Add(std::size_t thread, const ServedModelPtr& model, const InputRows& rows, Scored& scored,
           const LoggedRequest& request);
  /// Marks which of some ids were logged for a model and are in no closed file yet; waits for the writing thread, at
  /// most a second. Whoever looks into the files too must do so afterwards.
  void FindOpen(const std::string& model, const std::vector<std::string>& ids, std::vector<bool>& found);
  /// Closes all files; nothing may be added afterwards.
  void Finish();

  const std::string& folder() const { return options_.folder; }
  LogFigures figures() const;
  /// Appends the figures in Prometheus' text format.
  void WriteFigures(std::string& out) const;

 private:
  /// What one thread has put in since the last look.
  struct Held {
    std::vector<NumberRows> numbers;
    std::vector<TableRows> tables;
  };
  struct alignas(64) Buffer {
    std::mutex mutex;  ///< of one thread that adds and, now and then, the one that takes
    Held held;
    std::uint64_t dropped = 0;
  };
  struct OpenSegment {
    std::unique_ptr<LogSegment> file;
    TimePoint opened;
  };
  struct Question {
    std::string model;
    std::unordered_map<std::uint64_t, bool> hashes;  ///< of ids, and whether they were found
    bool answered = false;
  };
  using Key = std::pair<std::uint64_t, std::int64_t>;  ///< serial of the model, day

  PredictionLog(const Context& context, const LogOptions& options, std::size_t threads);
  void Work();
  void TakeAll(Held& taken);
  void WriteOut();
  void Write(Held& held);
  void Write(const NumberRows& rows);
  void Write(const TableRows& rows);
  OpenSegment* SegmentFor(const ServedModelPtr& model, std::int64_t time);
  void Keep(const Key& key, const Status& status);
  void SealDue(bool all);
  void Seal(OpenSegment& segment);
  void GiveUp(const std::exception& failure);
  void Reset(Held& held);
  void AnswerQuestions();
  void Lost(std::int64_t rows, const Error* why);
  void TellDropped();

  const Context& context_;
  const LogOptions options_;
  std::atomic<std::size_t> waiting_{0};  ///< bytes
  std::vector<std::unique_ptr<Buffer>> buffers_;
  std::function<void(const SegmentFacts&)> told_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable answered_;
  std::vector<std::shared_ptr<Question>> questions_;
  bool ended_ = false;
  std::atomic<bool> urgent_{false};
  std::atomic<std::uint64_t> rows_{0}, segments_{0}, not_written_{0};
  // Of the writing thread.
  std::vector<std::shared_ptr<Question>> asked_;
  std::map<Key, OpenSegment> open_;
  TimePoint next_try_{};
  bool failing_ = false;
  std::size_t written_ = 0;  ///< bytes, since memory was given back
  std::uint64_t dropped_told_ = 0;
  TimePoint next_telling_{};
  std::unique_ptr<Background> thread_;  // last: it uses the rest
};

}  // namespace tagwerk::serve
