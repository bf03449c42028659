// What a column of strings holds: lengths, words, scripts, roughly the language; e-mail addresses, URLs,
// phone numbers and the like by their form; texts that repeat nearly word for word (MinHash, Broder 1997).
#pragma once

#include "base/context.h"
#include "base/json.h"
#include "profile/profile.h"

namespace tagwerk::profile {

struct TextFacts {
  double mean_words = 0;
  std::int64_t shortest = 0, longest = 0;  ///< characters
  std::string script;                      ///< of most letters: "Latin", "Cyrillic", ...; "" without letters
  std::string language;                    ///< "en", ... by its commonest words; "" if unclear
  std::string kind;                        ///< "email", "url", "phone", "ip", "uuid", "postcode", ""
  double kind_share = 0;
  std::int64_t looked_at = 0;        ///< distinct values
  std::int64_t near_duplicates = 0;  ///< texts that repeat an earlier one nearly, of `texts_compared`
  std::int64_t texts_compared = 0;
  std::string duplicate_a, duplicate_b;  ///< an example

  bool Personal() const { return kind == "email" || kind == "phone" || kind == "ip"; }
};

TextFacts FindTextFacts(const Context& context, const table::Table& table, std::size_t column);
Json TextFactsJson(const TextFacts& facts);

}  // namespace tagwerk::profile
