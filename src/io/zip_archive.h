// Members of a zip archive that lies in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/result.h"

struct zip;

namespace tagwerk::io {

class ZipArchive {
 public:
  /// `bytes` must outlive the archive; `path` is for errors. Error: archive-damaged.
  static Result<ZipArchive> Open(std::string_view bytes, std::string path);

  /// Returns the names of all members, folders included, in the order of the archive.
  const std::vector<std::string>& names() const { return names_; }
  std::optional<std::size_t> Find(std::string_view name) const;

  /// Unpacks a member piece by piece. Errors: archive-damaged, interrupted and those of `sink`.
  Status Read(const Context& context, std::size_t member, const std::function<Status(std::string_view)>& sink) const;
  /// Unpacks a member of at most `cap` bytes. Error: memory-limit.
  Result<std::string> ReadWhole(const Context& context, std::size_t member, std::uint64_t cap) const;

 private:
  std::string path_;
  std::shared_ptr<zip> archive_;
  std::vector<std::string> names_;
};

}  // namespace tagwerk::io
