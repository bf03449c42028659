// Undoes gzip (all members), zstd (all frames) and zip (all members that look like data), with a cap on
// what comes out: a small file that unpacks without end is an error, not a full memory.
#include <zip.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "io/input.h"

namespace tagwerk::io {
namespace {

constexpr std::size_t kBlock = 1 << 18;

Error Damaged(const std::string& path, const char* what, const std::string& detail) {
  return Error(Code::kInvalidData, "archive-damaged", std::string(what) + " data is damaged: " + detail)
      .In(path)
      .Do("copy the file again");
}

Error TooLarge(const std::string& path, std::uint64_t cap) {
  return Error(Code::kResourceExhausted, "memory-limit",
               "compressed data unpacks to more than the memory limit: " + Bytes(cap))
      .In(path)
      .Do("--memory with a larger limit")
      .Do("convert the table to Parquet");
}

Error Interrupted(const std::string& path) {
  return Error(Code::kCancelled, "interrupted", "reading was interrupted").In(path);
}

Result<std::string> Gunzip(const Context& context, const Input& input, std::uint64_t cap) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) {
    return Error(Code::kResourceExhausted, "memory-limit", "no memory to decompress").In(input.path);
  }
  struct Guard {
    z_stream* s;
    ~Guard() { inflateEnd(s); }
  } guard{&stream};
  std::string out;
  std::string block(kBlock, '\0');
  std::string_view rest = input.bytes;
  int code = Z_OK;
  while (true) {
    if (context.Stopped()) return Interrupted(input.path);
    if (stream.avail_in == 0 && !rest.empty()) {
      const std::size_t take = std::min<std::size_t>(rest.size(), 1u << 30);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));
      stream.avail_in = uInt(take);
      rest.remove_prefix(take);
    }
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = uInt(block.size());
    code = inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = block.size() - stream.avail_out;
    if (out.size() + made > cap) return TooLarge(input.path, cap);
    out.append(block.data(), made);
    if (code == Z_STREAM_END) {
      // A further member, or padding after the last one.
      const bool more = stream.avail_in >= 2 ? stream.next_in[0] == 0x1f && stream.next_in[1] == 0x8b
                                             : stream.avail_in + rest.size() >= 2;
      if (!more) return out;
      inflateReset(&stream);
      continue;
    }
    if (code != Z_OK && code != Z_BUF_ERROR) {
      return Damaged(input.path, "gzip", stream.msg != nullptr ? stream.msg : "unexpected bytes");
    }
    if (made == 0 && stream.avail_in == 0 && rest.empty()) {
      return Damaged(input.path, "gzip", "it ends in the middle");
    }
  }
}

Result<std::string> Unzstd(const Context& context, const Input& input, std::uint64_t cap) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> decoder(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (!decoder) {
    return Error(Code::kResourceExhausted, "memory-limit", "no memory to decompress").In(input.path);
  }
  std::string out;
  std::string block(kBlock, '\0');
  ZSTD_inBuffer in{input.bytes.data(), input.bytes.size(), 0};
  std::size_t left = 1;
  while (true) {
    if (context.Stopped()) return Interrupted(input.path);
    ZSTD_outBuffer to{block.data(), block.size(), 0};
    left = ZSTD_decompressStream(decoder.get(), &to, &in);
    if (ZSTD_isError(left)) return Damaged(input.path, "zstd", ZSTD_getErrorName(left));
    if (out.size() + to.pos > cap) return TooLarge(input.path, cap);
    out.append(block.data(), to.pos);
    if (in.pos == in.size && to.pos < to.size) break;
  }
  if (left != 0) return Damaged(input.path, "zstd", "it ends in the middle");
  return out;
}

bool HasDataEnding(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return false;
  const std::string ending = Lower(name.substr(dot));
  for (const char* known : {".csv", ".tsv", ".data", ".jsonl", ".ndjson", ".json", ".parquet", ".arrow"}) {
    if (ending == known) return true;
  }
  return false;
}

bool IsDataMember(std::string_view name) {
  if (name.empty() || name.back() == '/') return false;
  const std::size_t slash = name.rfind('/');
  const std::string_view base = slash == std::string_view::npos ? name : name.substr(slash + 1);
  return base[0] != '.' && name.substr(0, 9) != "__MACOSX/";
}

Result<std::string> ReadMember(const Context& context, zip_t* archive, zip_int64_t index, const std::string& path,
                               std::uint64_t cap) {
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen_index(archive, zip_uint64_t(index), 0),
                                                               zip_fclose);
  if (!file) return Damaged(path, "zip", zip_strerror(archive));
  std::string out;
  std::string block(kBlock, '\0');
  while (true) {
    if (context.Stopped()) return Interrupted(path);
    const zip_int64_t got = zip_fread(file.get(), block.data(), block.size());
    if (got < 0) return Damaged(path, "zip", zip_file_strerror(file.get()));
    if (got == 0) return out;
    if (out.size() + std::size_t(got) > cap) return TooLarge(path, cap);
    out.append(block.data(), std::size_t(got));
  }
}

Input Unpacked(const Input& from, std::string path, const char* compression, std::string bytes) {
  auto owner = std::make_shared<const std::string>(std::move(bytes));
  Input out;
  out.path = std::move(path);
  out.compression = compression;
  out.file_bytes = from.file_bytes;
  out.bytes = *owner;
  out.owner = owner;
  return out;
}

Result<std::vector<Input>> Unzip(const Context& context, const Input& input, std::uint64_t cap) {
  zip_error_t fault;
  zip_error_init(&fault);
  zip_source_t* source = zip_source_buffer_create(input.bytes.data(), input.bytes.size(), 0, &fault);
  zip_t* opened = source != nullptr ? zip_open_from_source(source, ZIP_RDONLY, &fault) : nullptr;
  if (opened == nullptr) {
    const std::string reason = zip_error_strerror(&fault);
    zip_error_fini(&fault);
    if (source != nullptr) zip_source_free(source);
    return Damaged(input.path, "zip", reason);
  }
  zip_error_fini(&fault);
  const std::unique_ptr<zip_t, void (*)(zip_t*)> archive(opened, zip_discard);
  std::vector<std::pair<std::string, zip_int64_t>> members;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    const char* name = zip_get_name(archive.get(), zip_uint64_t(i), 0);
    if (name != nullptr && IsDataMember(name)) members.emplace_back(name, i);
  }
  for (const auto& [name, index] : members) {
    if (name != "[Content_Types].xml") continue;
    return Error(Code::kInvalidData, "not-a-table",
                 "file is an Office document, not CSV, JSON lines, Parquet or Arrow: starts with \"PK\"")
        .In(input.path)
        .Byte(0)
        .Do("export the sheet as CSV");
  }
  if (members.empty()) {
    return Error(Code::kInvalidData, "file-empty", "zip archive holds no file").In(input.path);
  }
  // Beside tables there may be a readme: it is not read when some members have the ending of a table.
  const auto other = std::stable_partition(members.begin(), members.end(),
                                           [](const auto& member) { return HasDataEnding(member.first); });
  if (other != members.begin()) members.erase(other, members.end());
  std::sort(members.begin(), members.end());
  std::vector<Input> inputs;
  for (const auto& [name, index] : members) {
    const std::string path = members.size() == 1 ? input.path : input.path + "/" + name;
    TW_TRY(auto bytes, ReadMember(context, archive.get(), index, path, cap));
    cap -= bytes.size();
    inputs.push_back(Unpacked(input, path, "zip", std::move(bytes)));
  }
  return inputs;
}

}  // namespace

Result<std::vector<Input>> Decompress(const Context& context, Input input, std::uint64_t cap) {
  const std::string_view bytes = input.bytes;
  std::vector<Input> inputs;
  if (bytes.starts_with("\x1f\x8b")) {
    TW_TRY(auto out, Gunzip(context, input, cap));
    inputs.push_back(Unpacked(input, input.path, "gzip", std::move(out)));
  } else if (bytes.starts_with("\x28\xb5\x2f\xfd")) {
    TW_TRY(auto out, Unzstd(context, input, cap));
    inputs.push_back(Unpacked(input, input.path, "zstd", std::move(out)));
  } else if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) {
    return Unzip(context, input, cap);
  } else {
    inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace tagwerk::io
