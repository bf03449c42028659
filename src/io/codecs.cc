#include "io/codecs.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <string>

namespace tagwerk::io {
namespace {

constexpr std::size_t kBlock = 1 << 18;
constexpr std::size_t kMostInput = 1 << 30;       // handed to a library at once
constexpr std::uint64_t kMostMemory = 256 << 20;  // of an xz decoder: its dictionary

Error BadStream(const Spool& out, const char* what, const std::string& detail) {
  return Error(Code::kInvalidData, "archive-damaged", std::string(what) + " data is damaged: " + detail)
      .In(out.path())
      .Do("copy the file again");
}

Error NoMemory(const Spool& out) {
  return Error(Code::kResourceExhausted, "memory-limit", "no memory to decompress").In(out.path());
}

std::string_view TakeInput(std::string_view& rest) {
  const std::string_view taken = rest.substr(0, kMostInput);
  rest.remove_prefix(taken.size());
  return taken;
}

Status Gunzip(const Context&, std::string_view rest, Spool& out) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return NoMemory(out);
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  std::string block(kBlock, '\0');
  while (true) {
    if (stream.avail_in == 0 && !rest.empty()) {
      const std::string_view taken = TakeInput(rest);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(taken.data()));
      stream.avail_in = uInt(taken.size());
    }
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = uInt(block.size());
    const int code = inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = block.size() - stream.avail_out;
    TW_RETURN_IF_ERROR(out.Append({block.data(), made}));
    if (code == Z_STREAM_END) {
      // A further member, or padding after the last one.
      const bool more = stream.avail_in >= 2 ? stream.next_in[0] == 0x1f && stream.next_in[1] == 0x8b
                                             : stream.avail_in + rest.size() >= 2;
      if (!more) return Ok();
      inflateReset(&stream);
      continue;
    }
    if (code != Z_OK && code != Z_BUF_ERROR) {
      return BadStream(out, "gzip", stream.msg != nullptr ? stream.msg : "unexpected bytes");
    }
    if (made == 0 && stream.avail_in == 0 && rest.empty()) return BadStream(out, "gzip", "it ends in the middle");
  }
}

Status Unzstd(const Context&, std::string_view bytes, Spool& out) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> decoder(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (!decoder) return NoMemory(out);
  std::string block(kBlock, '\0');
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  while (true) {
    ZSTD_outBuffer to{block.data(), block.size(), 0};
    const std::size_t left = ZSTD_decompressStream(decoder.get(), &to, &in);
    if (ZSTD_isError(left)) return BadStream(out, "zstd", ZSTD_getErrorName(left));
    TW_RETURN_IF_ERROR(out.Append({block.data(), to.pos}));
    if (in.pos < in.size || to.pos == to.size) continue;
    return left == 0 ? Ok() : Status(BadStream(out, "zstd", "it ends in the middle"));
  }
}

Status Bunzip(const Context&, std::string_view rest, Spool& out) {
  bz_stream stream{};
  if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) return NoMemory(out);
  const std::unique_ptr<bz_stream, int (*)(bz_stream*)> guard(&stream, BZ2_bzDecompressEnd);
  std::string block(kBlock, '\0');
  while (true) {
    if (stream.avail_in == 0 && !rest.empty()) {
      const std::string_view taken = TakeInput(rest);
      stream.next_in = const_cast<char*>(taken.data());
      stream.avail_in = unsigned(taken.size());
    }
    stream.next_out = block.data();
    stream.avail_out = unsigned(block.size());
    const int code = BZ2_bzDecompress(&stream);
    const std::size_t made = block.size() - stream.avail_out;
    TW_RETURN_IF_ERROR(out.Append({block.data(), made}));
    if (code == BZ_STREAM_END) {
      const std::string_view left(stream.next_in, stream.avail_in);
      if (!left.starts_with("BZh")) return Ok();
      const auto next_in = stream.next_in;
      const auto avail_in = stream.avail_in;
      BZ2_bzDecompressEnd(&stream);
      stream = bz_stream{};
      if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) return NoMemory(out);
      stream.next_in = next_in;
      stream.avail_in = avail_in;
      continue;
    }
    if (code != BZ_OK) return BadStream(out, "bzip2", "unexpected bytes");
    if (made == 0 && stream.avail_in == 0 && rest.empty()) return BadStream(out, "bzip2", "it ends in the middle");
  }
}

Status Unxz(const Context&, std::string_view bytes, Spool& out) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kMostMemory, LZMA_CONCATENATED) != LZMA_OK) return NoMemory(out);
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> guard(&stream, lzma_end);
  std::string block(kBlock, '\0');
  stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  stream.avail_in = bytes.size();
  while (true) {
    stream.next_out = reinterpret_cast<std::uint8_t*>(block.data());
    stream.avail_out = block.size();
    const lzma_ret code = lzma_code(&stream, LZMA_FINISH);
    TW_RETURN_IF_ERROR(out.Append({block.data(), block.size() - stream.avail_out}));
    if (code == LZMA_STREAM_END) return Ok();
    if (code == LZMA_MEMLIMIT_ERROR || code == LZMA_MEM_ERROR) return NoMemory(out);
    if (code == LZMA_BUF_ERROR) return BadStream(out, "xz", "it ends in the middle");
    if (code != LZMA_OK) return BadStream(out, "xz", "unexpected bytes");
  }
}

constexpr Codec kCodecs[] = {
    {"gzip", "\x1f\x8b", Gunzip},
    {"zstd", "\x28\xb5\x2f\xfd", Unzstd},
    {"bzip2", "BZh", Bunzip},
    {"xz",
     {"\xfd"
      "7zXZ\0",
      6},
     Unxz},
};

}  // namespace

const Codec* FindCodec(std::string_view bytes) {
  for (const Codec& codec : kCodecs) {
    if (!bytes.starts_with(codec.magic)) continue;
    // A text may begin with "BZh", and be no longer; the block that follows does not occur in texts.
    if (codec.unpack == Bunzip && (bytes.size() < 10 || bytes.substr(4, 6) != "1AY&SY")) continue;
    return &codec;
  }
  return nullptr;
}

}  // namespace tagwerk::io
