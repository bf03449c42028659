#include "base/name_words.h"

#include "base/text.h"

namespace tagwerk {

std::vector<std::string> NameWords(std::string_view name) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool upper = c >= 'A' && c <= 'Z';
    const bool letter = upper || (c >= 'a' && c <= 'z');
    const bool after_lower = i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if (!letter || (upper && after_lower)) words.emplace_back();
    if (letter) words.back() += Lower(name.substr(i, 1));
  }
  std::erase_if(words, [](const std::string& w) { return w.empty(); });
  return words;
}

}  // namespace tagwerk
