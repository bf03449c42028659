#include "features/ngrams.h"

#include <algorithm>

#include "base/random.h"

namespace tagwerk::features {
namespace {

constexpr std::uint32_t kStray = 0x110000;  ///< bytes that are no UTF-8 follow the last code point

/// Reads one code point at `at` and moves past it.
std::uint32_t NextCodePoint(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t first = byte(at);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length == 1) {
    ++at;
    return first;
  }
  if (length == 0 || at + length > text.size()) {
    ++at;
    return kStray + first;
  }
  std::uint32_t code = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) {
      ++at;
      return kStray + first;
    }
    code = code << 6 | (byte(at + i) & 0x3F);
  }
  at += length;
  return code;
}

struct Range {
  std::uint32_t first, last;
};

// Beyond ASCII: Latin-1 punctuation and symbols, general punctuation to dingbats, CJK punctuation, private
// use, presentation forms of punctuation, emoji.
constexpr Range kNoWord[] = {
    {0x80, 0xA9},     {0xAB, 0xB1},     {0xB4, 0xB4},       {0xB6, 0xB8},        {0xBB, 0xBB},     {0xBF, 0xBF},
    {0xD7, 0xD7},     {0xF7, 0xF7},     {0x2C2, 0x2C5},     {0x2D2, 0x2DF},      {0x1680, 0x1680}, {0x2000, 0x206F},
    {0x207A, 0x207E}, {0x208A, 0x208E}, {0x20A0, 0x20FF},   {0x2190, 0x245F},    {0x249C, 0x24E9}, {0x2500, 0x2775},
    {0x2794, 0x2BFF}, {0x2E00, 0x2E7F}, {0x3000, 0x3004},   {0x3008, 0x3020},    {0x3030, 0x3030}, {0x303D, 0x303F},
    {0xE000, 0xF8FF}, {0xFE00, 0xFE6F}, {0xFF01, 0xFF0F},   {0xFF1A, 0xFF20},    {0xFF3B, 0xFF3E}, {0xFF40, 0xFF40},
    {0xFF5B, 0xFF65}, {0xFFE0, 0xFFFF}, {0x1F000, 0x1FAFF}, {kStray, 0xFFFFFFFF}};

constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15ULL;

/// Folds a hash to 31 bits and puts the kind in the lowest one.
std::uint32_t Finish(std::uint64_t h, std::uint32_t kind) {
  return (static_cast<std::uint32_t>(Mix64(h) >> 32) & ~1U) | kind;
}

std::uint64_t Step(std::uint64_t h, std::uint32_t code_point) { return (h ^ code_point) * kFactor; }

}  // namespace

std::uint32_t FoldCase(std::uint32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (c < 0xC0) return c;
  if (c <= 0xDE) return c == 0xD7 ? c : c + 32;
  if (c < 0x100) return c;
  if (c <= 0x17E) {
    // Pairs of upper and lower case; odd ones are the upper case in two stretches.
    const bool odd = (c >= 0x139 && c <= 0x148) || c >= 0x179;
    if (c == 0x130 || c == 0x131 || c == 0x138 || c == 0x149) return c;
    if (c == 0x178) return 0xFF;
    return (c & 1U) == (odd ? 1U : 0U) ? c + 1 : c;
  }
  if (c >= 0x391 && c <= 0x3AB && c != 0x3A2) return c + 32;
  if (c == 0x386) return 0x3AC;
  if (c >= 0x388 && c <= 0x38A) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (c == 0x38E || c == 0x38F) return c + 63;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if ((c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x4BF) || (c >= 0x4D0 && c <= 0x52F)) return c | 1U;
  if (c >= 0x531 && c <= 0x556) return c + 48;
  return c;
}

bool IsWordCharacter(std::uint32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  return std::none_of(std::begin(kNoWord), std::end(kNoWord),
                      [c](const Range& range) { return c >= range.first && c <= range.last; });
}

bool IsBlank(std::uint32_t c) {
  return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

void Ngrams::Decode(std::string_view text) {
  folded_.clear();
  for (std::size_t at = 0; at < text.size();) folded_.push_back(FoldCase(NextCodePoint(text, at)));
}

void Ngrams::Append(std::string_view text, NgramKinds kinds, std::uint32_t salt, std::vector<std::uint32_t>& out) {
  Decode(text);
  const std::size_t n = folded_.size();
  const std::uint64_t word_seed = Mix64(salt, 1), run_seed = Mix64(salt, 2);
  std::uint64_t last = 0;
  bool any = false;
  for (std::size_t at = 0; at < n;) {
    std::size_t end = at;
    std::uint64_t h = word_seed;
    for (; end < n && IsWordCharacter(folded_[end]); ++end) h = Step(h, folded_[end]);
    if (end - at >= 2) {
      out.push_back(Finish(h, 0));
      if (any) out.push_back(Finish(Mix64(last, h), 0));
      last = h;
      any = true;
    }
    at = std::max(end, at + 1);
  }
  if (!kinds.characters) return;
  for (std::size_t at = 0; at < n;) {
    if (IsBlank(folded_[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < n && !IsBlank(folded_[end])) ++end;
    // The word with a blank on both sides; a shorter one than the run counts once.
    const std::size_t length = end - at + 2;
    const auto character = [&](std::size_t i) { return i == 0 || i + 1 == length ? ' ' : folded_[at + i - 1]; };
    for (std::size_t first = 0; first + kShortestRun <= length; ++first) {
      std::uint64_t h = run_seed;
      for (std::size_t i = first; i < std::min<std::size_t>(length, first + kLongestRun); ++i) {
        h = Step(h, character(i));
        if (i + 1 >= first + kShortestRun) out.push_back(Finish(h, 1));
      }
    }
    at = end;
  }
}

}  // namespace tagwerk::features
