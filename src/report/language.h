// One language of the report: its texts and how it writes numbers, dates, durations. Both come from
// texts/<language>.json, so that a further language only adds a file.
//
//   language.Fill("answer.binary", {{"found", 42.0}, {"target", "late"}})
#pragma once

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "report/inline.h"
#include "report/view.h"

namespace tagwerk::report {

/// A value for a placeholder: a number, text, a list of names, or text that is ready.
class Value {
 public:
  Value(double number) : number_(number) {}                            // NOLINT: implicit by design
  Value(int number) : number_(number) {}                               // NOLINT
  Value(std::size_t number) : number_(double(number)) {}               // NOLINT
  Value(std::string text) : texts_{std::move(text)} {}                 // NOLINT
  Value(const char* text) : texts_{text} {}                            // NOLINT
  Value(std::vector<std::string> texts) : texts_(std::move(texts)) {}  // NOLINT
  Value(Inline ready) : ready_(std::move(ready)) {}                    // NOLINT
  static Value From(const View& view);                                 ///< of JSON

  const std::optional<double>& number() const { return number_; }
  const std::vector<std::string>& texts() const { return texts_; }
  const std::optional<Inline>& ready() const { return ready_; }

 private:
  std::optional<double> number_;
  std::vector<std::string> texts_;
  std::optional<Inline> ready_;
};
using Values = std::vector<std::pair<std::string, Value>>;

class Language {
 public:
  /// Returns a language, or null when there is no catalogue of that name.
  static const Language* Find(std::string_view name);
  static std::vector<std::string> Names();

  const std::string& name() const { return name_; }
  const std::string& decimal() const { return decimal_; }
  bool Has(std::string_view key) const;

  /// Fills a text: emphasis *word* becomes bold, or loud when `loud`; a missing key shows English.
  Inline Fill(std::string_view key, const Values& values = {}, bool loud = false) const;
  std::string Text(std::string_view key, const Values& values = {}) const;  ///< Fill, as plain text
  /// Joins names for a sentence: "a, b and c".
  Inline List(const std::vector<std::string>& names, Style style, std::size_t limit = 5) const;

  // Numbers in this language's notation. A minus is U+2212, the space before a unit U+202F.
  std::string Count(double n) const;                                                    ///< 336,776
  std::string OfHundred(double share) const { return Count(std::round(share * 100)); }  ///< 22 for 0.2164
  std::string Number(double value) const;                                               ///< three digits that matter
  std::string Fixed(double value, int decimals) const;
  std::string Percent(double share) const;       ///< 3.2 %
  std::string WholePercent(double share) const;  ///< 32 %
  std::string Rounded(double value, double half_width) const;
  std::string Signed(double value, double half_width) const;
  std::string Probability(double p) const;               ///< p < 0.001
  std::string Span(double seconds) const;                ///< 5 min 20 s
  std::string Size(double bytes) const;                  ///< 10.6 MB
  std::string Date(std::string_view rfc3339) const;      ///< 22 Nov 2026; other text is returned as it is
  std::string DayMonth(std::string_view rfc3339) const;  ///< 22 Nov

 private:
  explicit Language(std::string name);
  const Json* Pattern(std::string_view key) const;
  std::string Own(std::string_view key) const;  ///< a text without placeholders
  std::string DayNumber(const std::string& day) const;
  std::string Localized(std::string text) const;  ///< from the notation of base/text.h
  Inline Placed(std::string_view form, const Value& value) const;

  std::string name_;
  Json texts_;
  const Language* fallback_ = nullptr;
  std::string decimal_ = ".", thousands_ = ",";
};

}  // namespace tagwerk::report
