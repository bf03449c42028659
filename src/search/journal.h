// The run's journal: append-only records with length and CRC-32, synced; a torn tail is dropped on
// reading. --resume reads it; a finished trial is never repeated.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tagwerk::search {

struct JournalRecord {
  std::string type;          ///< run, decision, trial, ensemble, end
  Json body;
  std::string blob;          ///< binary payload (out-of-fold scores, as little-endian doubles)
};

class Journal {
 public:
  /// Opens `<folder>/.journal/journal.tw` for appending under a lock; error out-in-use (exit 5).
  static Result<std::unique_ptr<Journal>> Open(const std::string& folder);
  ~Journal();
  const std::vector<JournalRecord>& records() const { return records_; }  ///< read at opening
  Status Append(const JournalRecord& record);              ///< returns after fsync

 private:
  Journal() = default;
  int file_ = -1;
  std::string path_;
  std::vector<JournalRecord> records_;
};

}  // namespace tagwerk::search
