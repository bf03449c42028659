// Bytes that live as long as their owner: in memory, or in a temporary file without a name that is mapped, so that the
// system may write them out when memory is short.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace tagwerk {

/// Folders for temporary files, in the order they are tried: TAGWERK_TMPDIR, TMPDIR, /var/tmp, /tmp (often held in
/// memory, so last).
std::vector<std::string> TemporaryFolders();

/// Opens an empty file without a name for reading and writing in the first folder that takes one, and tells which in
/// `folder`. Errors: not-writable, disk-full.
Result<int> OpenTemporary(std::string& folder);

/// Returns whether the disk of an open file has room for so many bytes and a rest for others.
bool HasRoom(int descriptor, std::uint64_t bytes);

class ScratchBytes {
 public:
  ScratchBytes() = default;
  /// `size` zeros in memory.
  explicit ScratchBytes(std::size_t size) : size_(size), held_(size) { data_ = held_.data(); }
  /// `size` zeros in a temporary file. Errors: not-writable, disk-full.
  static Result<ScratchBytes> InFile(std::size_t size);
  ScratchBytes(ScratchBytes&& other) noexcept { *this = std::move(other); }
  ScratchBytes& operator=(ScratchBytes&& other) noexcept;
  ~ScratchBytes() { Drop(); }

  std::uint8_t* data() { return data_; }
  const std::uint8_t* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool in_file() const { return mapped_; }
  const std::uint8_t& operator[](std::size_t i) const { return data_[i]; }
  std::uint8_t& operator[](std::size_t i) { return data_[i]; }

 private:
  void Drop();

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  bool mapped_ = false;
  std::vector<std::uint8_t> held_;
};

}  // namespace tagwerk
