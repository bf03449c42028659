#include "io/zip_archive.h"

#include <zip.h>

#include <algorithm>

#include "base/text.h"

namespace tagwerk::io {
namespace {

constexpr std::size_t kPiece = 1 << 18;

Error BadZip(const std::string& path, const std::string& detail) {
  return Error(Code::kInvalidData, "archive-damaged", "zip data is damaged: " + detail)
      .In(path)
      .Do("copy the file again");
}

}  // namespace

Result<ZipArchive> ZipArchive::Open(std::string_view bytes, std::string path) {
  zip_error_t fault;
  zip_error_init(&fault);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &fault);
  zip_t* opened = source != nullptr ? zip_open_from_source(source, ZIP_RDONLY, &fault) : nullptr;
  const std::string reason = zip_error_strerror(&fault);
  zip_error_fini(&fault);
  if (opened == nullptr) {
    if (source != nullptr) zip_source_free(source);
    return BadZip(path, reason);
  }
  ZipArchive out;
  out.path_ = std::move(path);
  out.archive_ = std::shared_ptr<zip>(opened, zip_discard);
  for (zip_int64_t i = 0; i < zip_get_num_entries(opened, 0); ++i) {
    const char* name = zip_get_name(opened, zip_uint64_t(i), 0);
    out.names_.emplace_back(name == nullptr ? "" : name);
  }
  return out;
}

std::optional<std::size_t> ZipArchive::Find(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return std::nullopt;
  return std::size_t(found - names_.begin());
}

Status ZipArchive::Read(const Context& context, std::size_t member,
                        const std::function<Status(std::string_view)>& sink) const {
  const std::string path = path_ + "/" + names_[member];
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen_index(archive_.get(), member, 0), zip_fclose);
  if (!file) return BadZip(path, zip_strerror(archive_.get()));
  std::string piece(kPiece, '\0');
  while (true) {
    if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "reading was interrupted").In(path);
    const zip_int64_t got = zip_fread(file.get(), piece.data(), piece.size());
    if (got < 0) return BadZip(path, zip_file_strerror(file.get()));
    if (got == 0) return Ok();
    TW_RETURN_IF_ERROR(sink({piece.data(), std::size_t(got)}));
  }
}

Result<std::string> ZipArchive::ReadWhole(const Context& context, std::size_t member, std::uint64_t cap) const {
  std::string out;
  TW_RETURN_IF_ERROR(Read(context, member, [&](std::string_view piece) -> Status {
    if (out.size() + piece.size() > cap) {
      return Error(Code::kResourceExhausted, "memory-limit", "data unpacks to more than the limit: " + Bytes(cap))
          .In(path_ + "/" + names_[member])
          .Do("--memory with a larger limit");
    }
    out.append(piece);
    return Ok();
  }));
  return out;
}

}  // namespace tagwerk::io
