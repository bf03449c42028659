// Text to hashed n-grams: words of two or more letters or digits, alone and in pairs, and runs of 3 to 5
// characters within blank-padded words (scikit-learn's analyzers "word" with ngram_range (1, 2) and
// "char_wb" with (3, 5)). Letters are folded to lower case: ASCII, Latin-1 and Latin Extended-A, Greek,
// Cyrillic, Armenian. Bytes that are no UTF-8 count as characters of their own.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tagwerk::features {

inline constexpr int kShortestRun = 3, kLongestRun = 5;

/// Which n-grams are taken.
struct NgramKinds {
  bool characters = true;  ///< runs of characters beside the words
};

/// The n-grams of a text in order, with repetitions. The lowest bit tells words (0) from characters (1).
class Ngrams {
 public:
  /// Appends to `out`; `salt` tells columns apart.
  void Append(std::string_view text, NgramKinds kinds, std::uint32_t salt, std::vector<std::uint32_t>& out);

 private:
  void Decode(std::string_view text);
  std::vector<std::uint32_t> folded_;  ///< code points in lower case
};

/// Returns the lower case of a code point of the scripts above, all others as they are.
std::uint32_t FoldCase(std::uint32_t code_point);
/// Returns whether a code point is part of a word: a letter, digit or underscore. Of the scripts beyond
/// ASCII everything is, but for blanks, punctuation and symbols.
bool IsWordCharacter(std::uint32_t code_point);
/// Returns whether a code point is white space.
bool IsBlank(std::uint32_t code_point);

}  // namespace tagwerk::features
