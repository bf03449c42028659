// Malformed lines: rejected.csv, the limit on their share, and the list for the caller.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/csv_chunk.h"
#include "io/read.h"

namespace tagwerk::io {

inline constexpr std::size_t kListedRejects = 1000;

/// Collects malformed lines of all sources and writes them as they come.
class RejectLog {
 public:
  explicit RejectLog(std::string path);
  ~RejectLog();
  RejectLog(const RejectLog&) = delete;
  RejectLog& operator=(const RejectLog&) = delete;

  /// Adds lines of one file; `width` is the number of cells that its records should have.
  Status Add(const std::string& file, std::string_view text, const std::vector<Reject>& rejects, std::size_t width);
  /// Puts rejected.csv in place (only when there is a line) and checks the share.
  /// Errors: rows-rejected, disk-full, not-writable.
  Status Finish(std::int64_t data_lines, double max_rejected);

  /// Lines in the order they came, also those that are no malformed rows: preamble, footer, shifted-cells.
  const std::vector<RejectedLine>& lines() const { return lines_; }
  std::int64_t count() const { return count_; }

 private:
  std::string path_;
  std::string pending_;  // CSV text not yet in the file
  std::string temporary_;
  int descriptor_ = -1;
  std::vector<RejectedLine> lines_;
  std::int64_t count_ = 0;
  Status Flush();
};

}  // namespace tagwerk::io
