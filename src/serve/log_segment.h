// One file of the prediction log: the predictions of one version of a model on one day (UTC).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/record_file.h"
#include "serve/log_rows.h"

namespace tagwerk::serve {

/// What is known of a file that was closed.
struct SegmentFacts {
  std::string path;
  std::string model;
  int version = 0;
  std::int64_t rows = 0;
  std::uint64_t bytes = 0;
  std::int64_t first = 0, last = 0;  ///< microseconds since 1970
};

class LogSegment {
 public:
  /// Opens a file below `folder`: <model>/<version>/date=YYYY-MM-DD/HHMMSS-<random>.parquet. It appears when it is
  /// sealed. Errors: those of io::RecordFile.
  static Result<std::unique_ptr<LogSegment>> Open(const std::string& folder, const ServedModel& model,
                                                  std::int64_t time, bool with_inputs);

  /// Adds one row, or all: of the model that the file was opened for.
  Status Append(const NumberRows& rows, std::size_t row);
  Status Append(const TableRows& rows);
  /// Closes, syncs and names the file. Nothing may be added afterwards.
  Result<SegmentFacts> Seal();

  const std::string& model() const { return model_; }
  /// HashBytes of each prediction_id, in parts: one list of all would be copied as it grows.
  const std::vector<std::vector<std::uint64_t>>& id_hashes() const { return id_hashes_; }
  std::uint64_t held_bytes() const { return file_->held_bytes(); }  ///< in memory, about, beside the hashes
  Status Flush() { return file_->Flush(); }                         ///< writes what is held
  std::int64_t rows() const { return file_->rows(); }
  std::uint64_t bytes() const { return file_->bytes(); }

 private:
  LogSegment(const ServedModel& model, bool with_inputs);
  void AppendHead(std::string_view id, std::int64_t time);
  std::size_t AppendLabel(const ServedModel& model, std::size_t column, std::int32_t label);
  std::size_t AppendOutputs(const TableRows& rows);
  void AppendColumn(std::size_t column, const ServedInput& input, const table::Column& cells);
  void AppendWarnings(std::size_t column, const TableRows& rows);
  std::size_t AppendTail(std::size_t column, std::int32_t latency, const std::vector<std::string>& warnings);
  void AppendCell(std::size_t column, const ServedInput& input, const table::Column& cells, std::size_t row);

  std::string model_;  // its name only: a file that is being filled keeps no model alive
  int version_;
  bool with_inputs_;
  std::vector<std::int64_t> whole_labels_;  ///< where labels are whole numbers
  std::string path_, folder_;
  std::unique_ptr<io::RecordFile> file_;
  std::vector<std::vector<std::uint64_t>> id_hashes_;
  std::vector<double> numbers_;  ///< scratch space
  std::int64_t first_ = 0, last_ = 0;
};

/// A name as that of a folder: what is not a letter, digit, - _ or . is written %XX.
std::string FolderName(std::string_view name);

}  // namespace tagwerk::serve
