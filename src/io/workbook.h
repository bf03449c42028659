// Excel workbooks (.xlsx, ECMA-376): one sheet becomes CSV text, so that everything the CSV reader knows about dirty
// tables (headers, markers, types) holds for sheets too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "io/cell_format.h"
#include "io/input.h"
#include "io/zip_archive.h"

namespace tagwerk::io {

/// Texts that cells refer to by number; one block.
class SharedTexts {
 public:
  void Add(std::string_view text) {
    bytes_.append(text);
    ends_.push_back(bytes_.size());
  }
  std::size_t size() const { return ends_.size(); }
  std::string_view at(std::size_t i) const {
    const std::uint64_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(bytes_).substr(begin, ends_[i] - begin);
  }

 private:
  std::string bytes_;
  std::vector<std::uint64_t> ends_;
};

/// What the cells of every sheet share.
struct WorkbookParts {
  SharedTexts texts;
  std::vector<CellFormat> formats;  ///< by style number
  bool from_1904 = false;           ///< the date system
};

/// Returns the sheet that `part` names ("Sales", "#2"), or the only one that holds data, as CSV text. Merged cells are
/// filled with their value. Errors: workbook-unreadable, not-a-table, table-needed, table-not-found, file-empty,
/// archive-damaged, memory-limit.
Result<Input> ReadWorkbook(const Context& context, const Input& input, const ZipArchive& archive, std::uint64_t cap,
                           const std::string& part);

/// Writes a sheet's cells as CSV text into `out`, and what was left out or filled into its facts.
Status ReadSheet(const Context& context, const ZipArchive& archive, std::size_t member, const WorkbookParts& parts,
                 std::uint64_t cap, Input& out);
/// Returns whether a sheet has at least two rows with a value.
Result<bool> HoldsTable(const Context& context, const ZipArchive& archive, std::size_t member);

/// The error for a sheet or member that does not exist.
Error TableNotFound(const std::string& path, const std::string& typed, const std::vector<std::string>& names);

}  // namespace tagwerk::io
