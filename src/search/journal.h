// The run's journal: append-only records with length and CRC-32; a torn tail is dropped on
// reading. --resume reads it; a finished trial is never repeated.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "base/result.h"

namespace tagwerk::search {

struct JournalRecord {
  std::string type;  ///< run, session, decision, trial, ensemble, end
  Json body;
  std::string blob;  ///< binary payload (out-of-fold scores, as little-endian doubles)
};

/// File: 8 bytes of head, then records of { u32 mark, u32 crc, u64 length, payload }; the payload is
/// { u32 type length, type, u64 body length, body (JSON), blob }, the CRC covers length and payload.
/// All numbers little-endian. Thread-safe.
class Journal {
 public:
  /// Opens `<folder>/.journal/journal.tw` for appending under a lock; error out-in-use (exit 5).
  static Result<std::unique_ptr<Journal>> Open(const std::string& folder);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  const std::vector<JournalRecord>& records() const { return records_; }  ///< read at opening
  /// Bytes of a torn or damaged tail that opening cut off; 0 for a whole file.
  std::uint64_t dropped_bytes() const { return dropped_bytes_; }
  /// When the file was last written before it was opened, in Unix seconds; 0 for a new one.
  double last_written() const { return last_written_; }
  /// Returns when the record is in the file, where it survives the end of this process; the disk is waited for once a
  /// second and for the first and last record. After a failure (disk-full) the file ends with the last whole record.
  Status Append(const JournalRecord& record);

 private:
  Journal() = default;
  Status Load();
  std::mutex mutex_;
  TimePoint synced_{};  ///< when the disk was last waited for
  int file_ = -1;
  int lock_ = -1;
  std::uint64_t end_ = 0;  ///< bytes up to the end of the last whole record
  std::uint64_t dropped_bytes_ = 0;
  double last_written_ = 0;
  std::string path_;
  std::vector<JournalRecord> records_;
};

/// Turns doubles into the little-endian bytes of a blob, and back (empty when the length is odd).
std::string BlobOf(const std::vector<double>& values);
std::vector<double> DoublesOf(std::string_view blob);

}  // namespace tagwerk::search
