// DATA as bytes: which files are meant (one file, folder, glob, "-"), their compression undone. Files
// are mapped; what has to be decompressed or comes from a pipe is held in memory up to a cap.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/result.h"

namespace tagwerk::io {

/// One table's worth of bytes, uncompressed.
struct Input {
  std::string path;         ///< as shown: "a.csv", "a.zip/member.csv", "-"
  std::string compression;  ///< "", gzip, zstd, zip
  std::uint64_t file_bytes = 0;
  std::shared_ptr<const void> owner;
  std::string_view bytes;
};

/// Returns the files that DATA names, sorted. Errors: file-not-found, file-unreadable.
Result<std::vector<std::string>> ListFiles(const std::string& data);

/// Opens DATA. Several files (glob, folder, members of a zip) give several inputs.
Result<std::vector<Input>> OpenInputs(const Context& context, const std::string& data);

/// Undoes gzip, zstd or zip, found by magic bytes; other bytes are passed through. At most `cap` bytes
/// come out. Errors: archive-damaged, too-large.
Result<std::vector<Input>> Decompress(const Context& context, Input input, std::uint64_t cap);

}  // namespace tagwerk::io
