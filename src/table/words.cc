#include "table/words.h"

#include <string_view>
#include <unordered_map>

#include "base/text.h"

namespace tagwerk::table {
namespace {

constexpr std::size_t kMostValues = 2000, kFewestValues = 20;
constexpr double kFewestWords = 2, kLetterShare = 0.6, kRepeatedShare = 0.3;
/// A value that so many rows share, on average, tells its own story: its words add nothing to its category.
constexpr std::size_t kRowsOfCategory = 100;
constexpr double kFewestCharacters = 8;  ///< of a value without blanks

bool IsWordByte(unsigned char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80; }

struct Tally {
  std::unordered_map<std::string, std::size_t> values_with;  ///< lower-case words of letters
  std::size_t values = 0, words = 0, of_letters = 0, bytes = 0, foreign = 0;

  void Add(std::string_view text) {
    ++values;
    bytes += text.size();
    std::unordered_map<std::string, bool> seen;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = at;
      bool letters = true;
      while (end < text.size() && (IsWordByte((unsigned char)text[end]) || IsDigit(text[end]))) {
        letters &= !IsDigit(text[end]);
        foreign += (unsigned char)text[end] >= 0x80;
        ++end;
      }
      if (end - at >= 2) {
        ++words;
        if (letters) {
          ++of_letters;
          if (seen.emplace(Lower(text.substr(at, end - at)), true).second)
            ++values_with[Lower(text.substr(at, end - at))];
        }
      }
      at = end + 1;
    }
  }

  bool IsText() const {
    if (values < kFewestValues) return false;
    const double count = double(values);
    // Three bytes a character; such scripts have no blanks between words.
    if (double(foreign) > 0.5 * double(bytes) && double(bytes) >= 3 * kFewestCharacters * count) return true;
    if (double(words) < kFewestWords * count || double(of_letters) < kLetterShare * double(words)) return false;
    std::size_t all = 0, repeated = 0;
    for (const auto& [word, n] : values_with) {
      all += n;
      if (n > 1) repeated += n;
    }
    return double(repeated) >= kRepeatedShare * double(all);
  }
};

}  // namespace

bool HoldsWords(const std::vector<std::int32_t>& codes, const Dictionary& dictionary, RowSpan rows) {
  std::vector<char> present(std::size_t(dictionary.size()), 0);
  std::size_t distinct = 0, filled = 0;
  for (const RowIndex row : rows) {
    if (codes[row] < 0) continue;
    ++filled;
    distinct += present[std::size_t(codes[row])] == 0;
    present[std::size_t(codes[row])] = 1;
  }
  if (distinct * kRowsOfCategory <= filled) return false;
  const std::size_t step = std::max<std::size_t>(1, distinct / kMostValues);
  Tally tally;
  std::size_t at = 0;
  for (std::size_t c = 0; c < present.size(); ++c)
    if (present[c] && at++ % step == 0) tally.Add(dictionary.at(std::int32_t(c)));
  return tally.IsText();
}

}  // namespace tagwerk::table
