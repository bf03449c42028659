// Bytes that arrive piece by piece (pipes, decompressed files, sheets): kept in memory while they are few, then in a
// temporary file without a name, which is mapped when all are there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/context.h"
#include "base/result.h"
#include "io/input.h"

namespace tagwerk::io {

class Spool {
 public:
  /// `path` names the source in errors. More than `cap` bytes are an error: memory-limit.
  Spool(const Context& context, std::string path, std::uint64_t cap);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// Errors: memory-limit, disk-full, not-writable, interrupted.
  Status Append(std::string_view piece);
  std::uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }
  /// Hands all bytes over; the spool is empty then.
  Status MoveTo(Input& input);

 private:
  Status Flush();
  Status CheckRoom() const;

  const Context& context_;
  std::string path_;
  std::uint64_t cap_, size_ = 0, checked_ = 0;
  std::size_t in_memory_;  ///< bytes up to which no file is made
  std::string pending_;    ///< not yet in the file
  std::string folder_;
  int descriptor_ = -1;
};

}  // namespace tagwerk::io
