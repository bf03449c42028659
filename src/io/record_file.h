// A Parquet file of told columns that is filled row by row and appears only when it is whole.
//
//   TW_TRY(auto file, RecordFile::Open("a.parquet", {{"id", RecordType::kText}, {"score", RecordType::kDouble}}));
//   file->Text(0, "r1"); file->Number(1, 0.5);
//   TW_RETURN_IF_ERROR(file->EndRow());
//   TW_RETURN_IF_ERROR(file->Close());
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tagwerk::io {

enum class RecordType : std::uint8_t {
  kText,      ///< string
  kTexts,     ///< list<string>
  kDouble,    ///< double
  kInt32,     ///< int32
  kInt64,     ///< int64
  kBoolean,   ///< bool
  kUtcTime,   ///< timestamp[us, UTC]
  kWallTime,  ///< timestamp[us], of no zone
};

struct RecordColumn {
  std::string name;
  RecordType type = RecordType::kText;
  bool distinct = false;  ///< hardly a value comes twice: no dictionary is tried
};

class RecordFile {
 public:
  /// Opens a temporary beside `path`. Errors: disk-full, not-writable.
  static Result<std::unique_ptr<RecordFile>> Open(const std::string& path, const std::vector<RecordColumn>& columns);
  /// Without Close nothing stays behind.
  ~RecordFile();

  // Each sets the cell of the row that is being filled; all cells of a row must be set, once and by the type's call.
  void Text(std::size_t column, std::string_view text);
  void Texts(std::size_t column, const std::vector<std::string>& texts);
  void Number(std::size_t column, double value);                     ///< kDouble; NaN is null
  void Numbers(std::size_t column, std::span<const double> values);  ///< one a row, for EndRows
  void Integer(std::size_t column, std::int64_t value);
  void Boolean(std::size_t column, bool value);
  void Time(std::size_t column, std::int64_t microseconds);  ///< since 1970
  void Null(std::size_t column);
  /// Ends a row; rows are written in groups. Errors: disk-full, not-writable, memory-limit.
  Status EndRow() { return EndRows(1); }
  Status EndRows(std::size_t count);
  /// Writes what is held, syncs and renames; nothing may be added afterwards. Errors: those of EndRow.
  Status Close();

  /// Writes the rows that are held as a group of their own. Errors: those of EndRow.
  Status Flush();

  std::int64_t rows() const;
  std::uint64_t held_bytes() const;  ///< about, of rows that are in no group yet
  std::uint64_t bytes() const;       ///< written, and about what is held

 private:
  struct State;
  explicit RecordFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Calls `visit` with every text of one column of a Parquet file. Errors: parquet-unreadable (also where the column is
/// absent or of another type), file-not-found.
Status VisitTexts(const std::string& path, const std::string& column,
                  const std::function<void(std::string_view)>& visit);

}  // namespace tagwerk::io
