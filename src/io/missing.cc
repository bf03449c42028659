// Missing markers, bucketed by their first byte.
#include "io/missing.h"

#include <algorithm>

#include "table/number_text.h"

namespace tagwerk::io {

using table::NumberKind;
using table::NumberStyle;
using table::ParsedNumber;
using table::ParseNumber;
using table::TrimBlanks;

namespace {

constexpr std::array<std::string_view, 19> kKnown = {"NA",  "N/A", "n/a",  "null", "NULL",    "Null", "NaN",
                                                     "nan", "NAN", "None", "#N/A", "#NA",     "<NA>", "NaT",
                                                     "?",   "-",   "-NaN", "-nan", "#N/A N/A"};

}  // namespace

MissingMarkers::MissingMarkers(const std::vector<std::string>& added, bool known) {
  auto add = [&](std::string_view marker) {
    if (marker.empty()) return;
    auto& bucket = by_first_[static_cast<unsigned char>(marker[0])];
    if (std::find(bucket.begin(), bucket.end(), marker) == bucket.end()) bucket.emplace_back(marker);
  };
  if (known) {
    for (std::string_view marker : kKnown) add(marker);
  }
  for (const std::string& text : added) {
    const std::string_view marker = TrimBlanks(text);
    add(marker);
    const ParsedNumber number = ParseNumber(marker, NumberStyle::kPlain);
    if (number.kind == NumberKind::kNumber) numbers_.push_back(number.value);
  }
}

}  // namespace tagwerk::io
