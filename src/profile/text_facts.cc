// Facts about strings; see text_facts.h.
#include "profile/text_facts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <unordered_map>

#include "base/random.h"
#include "base/text.h"
#include "profile/frame.h"

#include <fmt/format.h>

namespace tagwerk::profile {
namespace {

constexpr std::size_t kTextValues = 5000;  ///< distinct values looked at
constexpr std::size_t kMostTexts = 20000;
constexpr std::size_t kMostBytes = 2000;   ///< of one text
constexpr std::size_t kLeastShingles = 5;  ///< shorter texts repeat by nature
constexpr double kKindShare = 0.9;
constexpr int kHashes = 32, kBands = 8;  ///< bands of 4: found at 80 % likeness with a chance of 0.99
constexpr double kLikeness = 0.8;

bool AllOf(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || extra.find(c) != std::string_view::npos;
  });
}

bool LooksEmail(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.find('@', at + 1) != std::string_view::npos)
    return false;
  const std::string_view domain = text.substr(at + 1);
  const auto dot = domain.rfind('.');
  return dot != std::string_view::npos && dot > 0 && domain.size() - dot > 2 && AllOf(text.substr(0, at), "._%+-") &&
         AllOf(domain, ".-");
}

bool LooksUrl(std::string_view text) {
  const bool scheme = text.starts_with("http://") || text.starts_with("https://") || text.starts_with("ftp://");
  return (scheme || text.starts_with("www.")) && text.find('.') != std::string_view::npos &&
         text.find(' ') == std::string_view::npos;
}

bool LooksIp(std::string_view text) {
  int parts = 0, digits = 0, value = 0;
  for (const char c : text) {
    if (IsDigit(c)) {
      value = value * 10 + (c - '0');
      if (++digits > 3 || value > 255) return false;
    } else if (c == '.' && digits > 0) {
      ++parts;
      digits = value = 0;
    } else {
      return false;
    }
  }
  return parts == 3 && digits > 0;
}

bool LooksUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

/// Digits with the marks that phone numbers have; without any such mark it is just a number.
bool LooksPhone(std::string_view text) {
  int digits = 0;
  bool marked = text.starts_with('+') || text.starts_with("00") || text.starts_with('(');
  for (const char c : text) {
    if (IsDigit(c)) {
      ++digits;
    } else if (std::string_view(" -/.()").find(c) != std::string_view::npos) {
      marked |= c == '/' || c == ' ' || c == '-';
    } else if (c != '+') {
      return false;
    }
  }
  return marked && digits >= 7 && digits <= 15 && (text.front() == '+' || text.front() == '0' || text.front() == '(');
}

/// Short codes of digits and capitals of one of the usual shapes: A1A 1A1, AB1 2CD, 1234 AB.
bool LooksPostcode(std::string_view text) {
  std::string shape;
  for (const char c : text) {
    if (IsDigit(c)) {
      shape += '9';
    } else if (c >= 'A' && c <= 'Z') {
      shape += 'A';
    } else if (c == ' ') {
      shape += ' ';
    } else {
      return false;
    }
  }
  constexpr std::array<std::string_view, 9> kShapes = {"A9A 9A9", "9999 AA",  "9999AA",  "A9 9AA",  "A99 9AA",
                                                       "AA9 9AA", "AA99 9AA", "A9A 9AA", "AA9A 9AA"};
  return std::find(kShapes.begin(), kShapes.end(), shape) != kShapes.end();
}

std::string KindOfText(std::string_view text) {
  if (LooksEmail(text)) return "email";
  if (LooksUrl(text)) return "url";
  if (LooksIp(text)) return "ip";
  if (LooksUuid(text)) return "uuid";
  if (LooksPostcode(text)) return "postcode";
  if (LooksPhone(text)) return "phone";
  return "";
}

/// Reads one character; a damaged byte counts as itself.
char32_t NextCharacter(std::string_view text, std::size_t& at) {
  const auto byte = static_cast<unsigned char>(text[at++]);
  const int more = byte < 0xc0 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  char32_t c = more == 0 ? byte : byte & (0x3f >> more);
  for (int i = 0; i < more && at < text.size(); ++i) c = (c << 6) | (static_cast<unsigned char>(text[at++]) & 0x3f);
  return c;
}

const char* ScriptOf(char32_t c) {
  struct Script {
    char32_t from, to;
    const char* name;
  };
  constexpr std::array<Script, 14> kScripts = {{{'A', 'Z', "Latin"},
                                                {'a', 'z', "Latin"},
                                                {0xc0, 0x24f, "Latin"},
                                                {0x370, 0x3ff, "Greek"},
                                                {0x400, 0x52f, "Cyrillic"},
                                                {0x530, 0x58f, "Armenian"},
                                                {0x590, 0x5ff, "Hebrew"},
                                                {0x600, 0x77f, "Arabic"},
                                                {0x900, 0x97f, "Devanagari"},
                                                {0xe00, 0xe7f, "Thai"},
                                                {0x3040, 0x30ff, "Japanese"},
                                                {0x4e00, 0x9fff, "Han"},
                                                {0xac00, 0xd7af, "Hangul"},
                                                {0x1e00, 0x1eff, "Latin"}}};
  for (const Script& script : kScripts) {
    if (c >= script.from && c <= script.to) return script.name;
  }
  return nullptr;
}

std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || std::isalnum(byte) != 0) {
      word += char(byte < 0x80 ? std::tolower(byte) : byte);
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

/// The language whose commonest words are most frequent, clearly before the next one.
std::string LanguageOf(const std::map<std::string, double>& frequency, double words) {
  constexpr std::array<std::pair<std::string_view, std::array<std::string_view, 12>>, 6> kCommon = {{
      {"en", {"the", "and", "of", "to", "is", "that", "for", "it", "with", "this", "you", "was"}},
      {"de", {"der", "die", "und", "das", "ist", "nicht", "mit", "ein", "auf", "sich", "zu", "den"}},
      {"fr", {"le", "les", "et", "des", "est", "une", "que", "dans", "pour", "pas", "du", "qui"}},
      {"it", {"il", "di", "che", "non", "per", "una", "sono", "della", "con", "gli", "nel", "le"}},
      {"es", {"el", "los", "que", "por", "una", "con", "del", "las", "para", "es", "y", "su"}},
      {"nl", {"het", "een", "van", "dat", "niet", "en", "zijn", "op", "voor", "met", "ook", "maar"}},
  }};
  std::string best;
  double most = 0, next = 0;
  for (const auto& [language, common] : kCommon) {
    double share = 0;
    for (const std::string_view word : common) {
      if (const auto at = frequency.find(std::string(word)); at != frequency.end()) share += at->second / words;
    }
    if (share > most) {
      next = most;
      most = share;
      best = language;
    } else {
      next = std::max(next, share);
    }
  }
  return words >= 200 && most >= 0.05 && most > 1.3 * next ? best : "";
}

void LookAtValues(const table::Table& table, std::size_t column, TextFacts& facts) {
  const table::Dictionary& texts = *table.column(column).dictionary();
  const std::size_t values = std::size_t(texts.size());
  std::map<std::string, double> kinds, scripts, frequency;
  double words = 0, letters = 0;
  facts.shortest = values > 0 ? std::numeric_limits<std::int64_t>::max() : 0;
  for (const table::RowIndex code : SampleRows(values, kTextValues, 1)) {
    const std::string_view text = texts.at(std::int32_t(code)).substr(0, kMostBytes);
    if (text.empty()) continue;
    ++facts.looked_at;
    std::int64_t characters = 0;
    for (std::size_t at = 0; at < text.size(); ++characters) {
      if (const char* script = ScriptOf(NextCharacter(text, at))) scripts[script] += 1, letters += 1;
    }
    facts.shortest = std::min(facts.shortest, characters);
    facts.longest = std::max(facts.longest, characters);
    kinds[KindOfText(Trim(text))] += 1;
    for (const std::string& word : WordsOf(text)) {
      frequency[word] += 1;
      words += 1;
    }
  }
  if (facts.looked_at == 0) {
    facts.shortest = 0;
    return;
  }
  facts.mean_words = words / double(facts.looked_at);
  for (const auto& [kind, n] : kinds) {
    const double share = n / double(facts.looked_at);
    if (!kind.empty() && share >= kKindShare && facts.looked_at >= 5) facts.kind = kind, facts.kind_share = share;
  }
  double most = 0;
  for (const auto& [script, n] : scripts) {
    if (n > most) most = n, facts.script = script;
  }
  if (facts.mean_words >= 3) facts.language = LanguageOf(frequency, words);
}

/// Hashes of three words in a row.
std::vector<std::uint64_t> Shingles(std::string_view text) {
  const std::vector<std::string> words = WordsOf(text);
  std::vector<std::uint64_t> shingles;
  for (std::size_t i = 0; i + 3 <= words.size(); ++i) {
    std::uint64_t hash = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      for (const char c : words[i + k]) hash = Mix64(hash ^ static_cast<unsigned char>(c));
      hash = Mix64(hash);
    }
    shingles.push_back(hash);
  }
  std::sort(shingles.begin(), shingles.end());
  shingles.erase(std::unique(shingles.begin(), shingles.end()), shingles.end());
  return shingles;
}

double Likeness(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  std::size_t both = 0, i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i] == b[j])
      ++both, ++i, ++j;
    else if (a[i] < b[j])
      ++i;
    else
      ++j;
  }
  return double(both) / double(a.size() + b.size() - both);
}

/// Distinct texts whose sets of shingles overlap by 80 %, found by bands of minimal hashes.
void CompareTexts(const Context& context, const table::Table& table, std::size_t column, TextFacts& facts) {
  const table::Dictionary& texts = *table.column(column).dictionary();
  const table::Rows codes = SampleRows(std::size_t(texts.size()), kMostTexts, context.seed + 5);
  std::vector<std::vector<std::uint64_t>> shingles(codes.size());
  std::vector<std::array<std::uint64_t, kBands>> bands(codes.size());
  context.pool->Chunks(codes.size(), 256, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end && !context.ShouldStop(); ++i) {
      shingles[i] = Shingles(texts.at(std::int32_t(codes[i])).substr(0, kMostBytes));
      if (shingles[i].size() < kLeastShingles) continue;
      bands[i].fill(0);
      for (int h = 0; h < kHashes; ++h) {
        std::uint64_t least = ~std::uint64_t{0};
        for (const std::uint64_t shingle : shingles[i]) least = std::min(least, Mix64(shingle, std::uint64_t(h)));
        auto& band = bands[i][std::size_t(h * kBands / kHashes)];
        band = Mix64(band, least);
      }
    }
  });
  std::array<std::unordered_map<std::uint64_t, std::size_t>, kBands> seen;
  for (std::size_t i = 0; i < codes.size() && !context.ShouldStop(); ++i) {
    if (shingles[i].size() < kLeastShingles) continue;
    ++facts.texts_compared;
    bool found = false;
    for (std::size_t band = 0; band < kBands; ++band) {
      const auto [at, added] = seen[band].emplace(bands[i][band], i);
      if (added || found || Likeness(shingles[at->second], shingles[i]) < kLikeness) continue;
      found = true;
      if (facts.near_duplicates++ > 0) continue;
      facts.duplicate_a = std::string(texts.at(std::int32_t(codes[at->second])).substr(0, 200));
      facts.duplicate_b = std::string(texts.at(std::int32_t(codes[i])).substr(0, 200));
    }
  }
}

}  // namespace

TextFacts FindTextFacts(const Context& context, const table::Table& table, std::size_t column) {
  TextFacts facts;
  LookAtValues(table, column, facts);
  if (table.field(column).type == table::SemanticType::kText && facts.mean_words >= 5)
    CompareTexts(context, table, column, facts);
  return facts;
}

Json TextFactsJson(const TextFacts& facts) {
  Json json = Json::object();
  json["mean_words"] = facts.mean_words;
  json["shortest"] = facts.shortest;
  json["longest"] = facts.longest;
  json["script"] = facts.script;
  json["language"] = facts.language.empty() ? Json() : Json(facts.language);
  json["kind"] = facts.kind.empty() ? Json() : Json(facts.kind);
  json["kind_share"] = facts.kind_share;
  json["values_looked_at"] = facts.looked_at;
  if (facts.texts_compared > 0) {
    json["texts_compared"] = facts.texts_compared;
    json["near_duplicates"] = facts.near_duplicates;
  }
  std::string words = facts.kind;
  if (words.empty() && facts.mean_words >= 3) {
    words = fmt::format("about {:.0f} words", facts.mean_words);
    if (!facts.language.empty()) words += " (" + facts.language + ")";
  }
  if (facts.near_duplicates > 0) words += (words.empty() ? "" : ", ") + Count(facts.near_duplicates) + " near repeats";
  if (!words.empty()) json["words"] = words;
  return json;
}

}  // namespace tagwerk::profile
