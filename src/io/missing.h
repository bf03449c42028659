// The texts that stand for "no value": the known markers and those that the user adds.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace tagwerk::io {

class MissingMarkers {
 public:
  /// `known`: also NA, N/A, null, ?, - and the like (text files); else only the empty text.
  MissingMarkers(const std::vector<std::string>& added, bool known);
  /// Returns whether a trimmed text stands for a missing value.
  bool Contains(std::string_view text) const {
    if (text.empty()) return true;
    for (const std::string& marker : by_first_[static_cast<unsigned char>(text[0])]) {
      if (marker == text) return true;
    }
    return false;
  }
  /// Returns whether a number equals an added marker such as -999.
  bool ContainsNumber(double value) const {
    for (double marker : numbers_) {
      if (marker == value) return true;
    }
    return false;
  }

 private:
  std::array<std::vector<std::string>, 256> by_first_;
  std::vector<double> numbers_;
};

}  // namespace tagwerk::io
