// UTF-8 is validated whole (ASCII eight bytes at a time); everything else is converted once.
#include "io/encoding.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "io/spool.h"

namespace tagwerk::io {
namespace {

// cp1252 at 0x80..0x9f (WHATWG index windows-1252); 0xa0..0xff are the code points themselves.
constexpr std::array<char16_t, 32> kCp1252 = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                              0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                              0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                              0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

void AppendCodePoint(std::string& out, char32_t c) {
  if (c < 0x80) {
    out.push_back(char(c));
  } else if (c < 0x800) {
    out.push_back(char(0xC0 | (c >> 6)));
    out.push_back(char(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    out.push_back(char(0xE0 | (c >> 12)));
    out.push_back(char(0x80 | ((c >> 6) & 0x3F)));
    out.push_back(char(0x80 | (c & 0x3F)));
  } else {
    out.push_back(char(0xF0 | (c >> 18)));
    out.push_back(char(0x80 | ((c >> 12) & 0x3F)));
    out.push_back(char(0x80 | ((c >> 6) & 0x3F)));
    out.push_back(char(0x80 | (c & 0x3F)));
  }
}

void AppendCp1252(std::string& out, unsigned char byte) {
  AppendCodePoint(out, byte >= 0x80 && byte < 0xA0 ? char32_t(kCp1252[byte - 0x80u]) : char32_t(byte));
}

// Returns the length of the valid sequence at the start, 0 if there is none.
std::size_t SequenceLength(const unsigned char* p, std::size_t left) {
  const unsigned char a = p[0];
  if (a < 0x80) return 1;
  auto tail = [&](std::size_t i) { return (p[i] & 0xC0) == 0x80; };
  if (a >= 0xC2 && a < 0xE0) return left >= 2 && tail(1) ? 2 : 0;
  if ((a & 0xF0) == 0xE0) {
    if (left < 3 || !tail(1) || !tail(2)) return 0;
    if ((a == 0xE0 && p[1] < 0xA0) || (a == 0xED && p[1] > 0x9F)) return 0;
    return 3;
  }
  if (a >= 0xF0 && a <= 0xF4) {
    if (left < 4 || !tail(1) || !tail(2) || !tail(3)) return 0;
    if ((a == 0xF0 && p[1] < 0x90) || (a == 0xF4 && p[1] > 0x8F)) return 0;
    return 4;
  }
  return 0;
}

std::string FromUtf16(std::string_view bytes, bool big_endian) {
  std::string out;
  out.reserve(bytes.size());
  auto unit = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
    return char32_t(big_endian ? a << 8 | b : b << 8 | a);
  };
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    char32_t c = unit(i);
    if (c >= 0xD800 && c < 0xDC00 && i + 3 < bytes.size()) {
      const char32_t low = unit(i + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    AppendCodePoint(out, c >= 0xD800 && c < 0xE000 ? char32_t(0xFFFD) : c);
  }
  return out;
}

// Returns 'l' or 'b' when most high (or low) bytes of the first 4 kB are zero, as in UTF-16 text.
char Utf16Pattern(std::string_view bytes) {
  const std::size_t n = std::min<std::size_t>(bytes.size(), 4096) / 2;
  if (n < 4) return 0;
  std::size_t even = 0, odd = 0;
  for (std::size_t i = 0; i < n; ++i) {
    even += bytes[2 * i] == 0;
    odd += bytes[2 * i + 1] == 0;
  }
  if (odd * 10 >= n * 7 && even * 20 < n) return 'l';
  if (even * 10 >= n * 7 && odd * 20 < n) return 'b';
  return 0;
}

// Valid UTF-8 sequences are kept; every other byte is read as cp1252.
std::string RepairUtf8(std::string_view bytes, bool keep_valid, std::size_t& converted) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (std::size_t i = 0; i < bytes.size();) {
    const auto* p = reinterpret_cast<const unsigned char*>(bytes.data()) + i;
    std::size_t length = *p < 0x80 ? 1 : keep_valid ? SequenceLength(p, bytes.size() - i) : 0;
    if (length == 0) {
      AppendCp1252(out, *p);
      ++converted;
      length = 1;
    } else {
      out.append(bytes.substr(i, length));
    }
    i += length;
  }
  return out;
}

std::size_t CharacterStart(std::string_view text, std::size_t at) {
  for (int i = 0; i < 3 && at < text.size() && (text[at] & 0xC0) == 0x80; ++i) ++at;
  return std::min(at, text.size());
}

// Converts the text piece by piece, so that a large file never lies in memory twice. `start` moves a place to the first
// byte of a character; `convert` turns a piece into UTF-8.
template <class Start, class Convert>
Status Rewrite(const Context& context, Input& input, Start start, Convert convert) {
  constexpr std::size_t kAtOnce = 4 << 20;
  Spool spool(context, input.path, std::uint64_t(-1));
  const std::string_view text = input.bytes;
  const bool large = input.LargerThanMemory(context);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.size() - begin <= kAtOnce ? text.size() : start(begin + kAtOnce);
    TW_RETURN_IF_ERROR(spool.Append(convert(text.substr(begin, end - begin))));
    if (large) input.GiveBack(begin, end);
    begin = end;
  }
  return spool.MoveTo(input);
}

Status RewriteUtf16(const Context& context, Input& input, bool big_endian) {
  const std::string_view text = input.bytes;
  const std::size_t high = big_endian ? 0 : 1;
  // Not between the two halves of a pair.
  auto start = [&](std::size_t at) {
    at += at % 2;
    while (at + 1 < text.size() && (text[at + high] & 0xFC) == 0xDC) at += 2;
    return std::min(at, text.size());
  };
  return Rewrite(context, input, start, [&](std::string_view piece) { return FromUtf16(piece, big_endian); });
}

Status RewriteBytes(const Context& context, Input& input, bool keep_valid, std::size_t& converted) {
  const std::string_view text = input.bytes;
  return Rewrite(
      context, input, [&](std::size_t at) { return CharacterStart(text, at); },
      [&](std::string_view piece) { return RepairUtf8(piece, keep_valid, converted); });
}

// Counts valid multi-byte sequences and invalid bytes.
std::pair<std::size_t, std::size_t> CountSequences(std::string_view bytes) {
  std::size_t valid = 0, invalid = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length =
        SequenceLength(reinterpret_cast<const unsigned char*>(bytes.data()) + i, bytes.size() - i);
    valid += length > 1;
    invalid += length == 0;
    i += std::max<std::size_t>(length, 1);
  }
  return {valid, invalid};
}

Error Wrong(const Input& input, std::string_view bytes, std::size_t at, const std::string& told) {
  const auto line = std::int64_t(std::count(bytes.begin(), bytes.begin() + std::ptrdiff_t(at), '\n')) + 1;
  std::string message = "text is not " + told + " as told: byte 0x";
  const auto byte = static_cast<unsigned char>(bytes[at]);
  message += "0123456789ABCDEF"[byte >> 4];
  message += "0123456789ABCDEF"[byte & 15];
  return Error(Code::kInvalidData, "encoding-wrong", message)
      .In(input.path)
      .Line(line)
      .Byte(std::int64_t(at))
      .Do("leave --encoding out: it is found");
}

Status FromNamed(const Context& context, Input& input, const std::string& name) {
  const iconv_t converter = ::iconv_open("UTF-8", name.c_str());
  if (converter == iconv_t(-1)) {
    return Error(Code::kInvalidArgument, "encoding-unknown", "encoding is not known: " + Quoted(name))
        .In("--encoding")
        .Allowed({"utf-8", "utf-16", "cp1252", "latin-1", "and the names of iconv"});
  }
  struct Guard {
    iconv_t c;
    ~Guard() { ::iconv_close(c); }
  } guard{converter};
  Spool spool(context, input.path, std::uint64_t(-1));
  std::string block(1 << 16, '\0');
  char* from = const_cast<char*>(input.bytes.data());
  std::size_t left = input.bytes.size();
  while (left > 0) {
    if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "reading was interrupted");
    char* to = block.data();
    std::size_t room = block.size();
    const std::size_t code = ::iconv(converter, &from, &left, &to, &room);
    TW_RETURN_IF_ERROR(spool.Append({block.data(), std::size_t(to - block.data())}));
    if (code == std::size_t(-1) && errno != E2BIG) {
      return Wrong(input, input.bytes, input.bytes.size() - left, name);
    }
  }
  return spool.MoveTo(input);
}

Result<EncodingFacts> ToldEncoding(const Context& context, Input& input, const std::string& told) {
  std::string name = Lower(told);
  std::erase_if(name, [](char c) { return c == '_' || c == ' '; });
  EncodingFacts facts{name, "told", 0};
  if (name == "utf-8" || name == "utf8" || name == "utf-8-sig" || name == "ascii") {
    facts.name = "utf-8";
    if (input.bytes.starts_with("\xEF\xBB\xBF")) input.bytes.remove_prefix(3);
    const std::size_t valid = ValidUtf8Prefix(input.bytes);
    if (valid < input.bytes.size()) return Wrong(input, input.bytes, valid, "UTF-8");
    return facts;
  }
  if (name.rfind("utf-16", 0) == 0 || name.rfind("utf16", 0) == 0) {
    bool big = name.size() >= 2 && name.substr(name.size() - 2) == "be";
    if (input.bytes.starts_with("\xFE\xFF") || input.bytes.starts_with("\xFF\xFE")) {
      big = input.bytes[0] == '\xFE';
      input.bytes.remove_prefix(2);
    }
    TW_RETURN_IF_ERROR(RewriteUtf16(context, input, big));
    return facts;
  }
  if (name == "cp1252" || name == "windows-1252" || name == "latin-1" || name == "latin1" || name == "iso-8859-1") {
    TW_RETURN_IF_ERROR(RewriteBytes(context, input, false, facts.converted_bytes));
    return facts;
  }
  TW_RETURN_IF_ERROR(FromNamed(context, input, told));
  return facts;
}

}  // namespace

std::string MakeUtf8(std::string_view text) {
  std::size_t converted = 0;
  return RepairUtf8(text, true, converted);
}

std::size_t ValidUtf8Prefix(std::string_view text) {
  std::size_t i = 0;
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  while (i < text.size()) {
    if (i + 8 <= text.size()) {
      std::uint64_t word;
      std::memcpy(&word, p + i, 8);
      if ((word & 0x8080808080808080ULL) == 0) {
        i += 8;
        continue;
      }
    }
    const std::size_t length = SequenceLength(p + i, text.size() - i);
    if (length == 0) return i;
    i += length;
  }
  return i;
}

Result<EncodingFacts> ToUtf8(const Context& context, Input& input, const std::string& told) {
  if (!told.empty()) return ToldEncoding(context, input, told);
  const std::string_view bytes = input.bytes;
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    const bool big = bytes[0] == '\xFE';
    input.bytes.remove_prefix(2);
    TW_RETURN_IF_ERROR(RewriteUtf16(context, input, big));
    return EncodingFacts{big ? "utf-16be" : "utf-16le", "byte order mark", 0};
  }
  if (const char kind = Utf16Pattern(bytes)) {
    TW_RETURN_IF_ERROR(RewriteUtf16(context, input, kind == 'b'));
    return EncodingFacts{kind == 'b' ? "utf-16be" : "utf-16le", "every other byte is zero", 0};
  }
  EncodingFacts facts{"utf-8", "all bytes are valid UTF-8", 0};
  if (bytes.starts_with("\xEF\xBB\xBF")) {
    input.bytes.remove_prefix(3);
    facts = {"utf-8", "byte order mark", 0};
  }
  // Pieces are validated in parallel; each starts at the first byte that is not a continuation.
  constexpr std::size_t kPiece = 1 << 22;
  const std::string_view text = input.bytes;
  const bool large = input.LargerThanMemory(context);
  std::atomic<bool> valid{true};
  context.pool->For((text.size() + kPiece - 1) / kPiece, [&](std::size_t i) {
    if (!valid.load(std::memory_order_relaxed)) return;
    const std::size_t begin = i == 0 ? 0 : CharacterStart(text, i * kPiece);
    const std::size_t end = CharacterStart(text, std::min(text.size(), (i + 1) * kPiece));
    if (begin < end && ValidUtf8Prefix(text.substr(begin, end - begin)) != end - begin) valid = false;
    if (large) input.GiveBack(begin, end);
  });
  if (valid) return facts;
  const auto [sequences, invalid] = CountSequences(text);
  const bool mostly_utf8 = sequences > 10 * invalid;
  facts.name = mostly_utf8 ? "utf-8" : "cp1252";
  facts.evidence = mostly_utf8 ? Count(std::int64_t(invalid)) + " bytes are not UTF-8 and were read as cp1252"
                               : "bytes are not valid UTF-8: " + Count(std::int64_t(invalid));
  TW_RETURN_IF_ERROR(RewriteBytes(context, input, mostly_utf8, facts.converted_bytes));
  return facts;
}

}  // namespace tagwerk::io
