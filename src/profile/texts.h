// English texts of the findings, by key of the text catalogue. Placeholders are those of the catalogue:
// {name}, {count}, {share:percent}, {value:number}, {column:code}.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace tagwerk::profile {

struct FindingText {
  std::string_view key;
  std::string_view one;  ///< for count 1; empty: the same as `other`
  std::string_view other;
};
std::span<const FindingText> FindingTexts();
std::span<const FindingText> ComparedTexts();  ///< a second part of the list

/// Fills the English text of a key; an unknown placeholder stays as it is.
std::string EnglishText(std::string_view key, const Json& values);
/// The catalogue's form of all texts: key -> string or {one, other}.
Json FindingTextCatalogue();

}  // namespace tagwerk::profile
