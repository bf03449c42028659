// DATA as bytes: which files are meant (one file, folder, glob, "-"), their compression undone. Files
// are mapped; what comes from a pipe or a compressed file is held in memory or in a temporary file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/files.h"
#include "base/json.h"
#include "base/result.h"

namespace tagwerk::io {

/// One table's worth of bytes, uncompressed.
struct Input {
  std::string path;         ///< as shown: "a.csv", "a.zip/member.csv", "-"
  std::string compression;  ///< "", gzip, zstd, bzip2, xz, zip
  std::uint64_t file_bytes = 0;
  std::shared_ptr<const void> owner;
  std::string_view bytes;
  bool mapped = false;  ///< bytes belong to a map of a file: its pages can be given back
  /// "Excel": bytes are CSV text (comma, double quotes) made from a sheet; else empty.
  std::string made_from;
  Json facts;  ///< of the sheet, for the report

  void Hold(std::string text);
  void Hold(std::shared_ptr<const MappedFile> map);
  /// Tells the system that the bytes of [begin, end) may leave memory; they are read from the file again when
  /// they are touched. Keeps a reader of a file larger than its memory limit within it.
  void GiveBack(std::size_t begin, std::size_t end) const;
  /// Returns whether pages should be given back: the bytes would fill a good part of the memory limit.
  bool LargerThanMemory(const Context& context) const {
    return mapped && context.memory_limit > 0 && bytes.size() > context.memory_limit / 8;
  }
};

/// Returns the files that DATA names, sorted. Errors: file-not-found, file-unreadable.
Result<std::vector<std::string>> ListFiles(const std::string& data);

/// Opens DATA. Several files (glob, folder, members of a zip) give several inputs. `part` names one sheet of a
/// workbook or one member of a zip; empty: all tables. Errors: file-not-found, file-unreadable, archive-damaged,
/// memory-limit, disk-full, table-needed, table-not-found.
Result<std::vector<Input>> OpenInputs(const Context& context, const std::string& data, const std::string& part);

/// Undoes gzip, zstd, bzip2, xz or zip, found by magic bytes, and turns a workbook's sheet into text; other bytes
/// are passed through. At most `cap` bytes come out.
Result<std::vector<Input>> Decompress(const Context& context, Input input, std::uint64_t cap,
                                      const std::string& part = "");

}  // namespace tagwerk::io
