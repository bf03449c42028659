// Names are split into words at anything that is no letter and before capitals: customerZip, zip_code.
#include "io/name_words.h"

#include <algorithm>
#include <array>
#include <string>

namespace tagwerk::io {
namespace {

constexpr std::array<std::string_view, 22> kCodes = {
    "zip",         "zipcode", "postal",    "postcode", "postalcode", "plz", "pincode", "phone",
    "phonenumber", "tel",     "telephone", "telefon",  "mobile",     "fax", "isbn",    "ean",
    "gtin",        "upc",     "iban",      "fips",     "naics",      "ssn"};
constexpr std::array<std::string_view, 17> kTimes = {"time",   "timestamp", "datetime", "date",    "ts",       "epoch",
                                                     "unix",   "unixtime",  "created",  "updated", "modified", "at",
                                                     "posted", "started",   "ended",    "zeit",    "datum"};
constexpr std::array<std::string_view, 9> kKeys = {"id", "no", "nr", "num", "number", "key", "code", "index", "idx"};

template <std::size_t N>
bool HasWord(std::string_view name, const std::array<std::string_view, N>& words) {
  std::string word;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    const char c = i < name.size() ? name[i] : ' ';
    const bool letter = unsigned((c | 0x20) - 'a') < 26;
    const bool starts = c >= 'A' && c <= 'Z' && i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if (!letter || starts) {
      if (std::find(words.begin(), words.end(), word) != words.end()) return true;
      word.clear();
    }
    if (letter) word += char(c | 0x20);
  }
  return false;
}

}  // namespace

bool NamesCode(std::string_view name) { return HasWord(name, kCodes); }
bool NamesTime(std::string_view name) { return HasWord(name, kTimes); }
bool NamesKey(std::string_view name) { return HasWord(name, kKeys); }

}  // namespace tagwerk::io
