// An input column as another library's model file describes it.
#pragma once

#include <string>
#include <vector>

#include "base/constants.h"

namespace tagwerk::learners {

struct ImportedFeature {
  std::string name;
  bool category = false;
  std::vector<std::string> levels;  ///< of a category, in the order of its codes
  double low = kNaN, high = kNaN;   ///< range of a number in training; NaN when the file does not tell
};

}  // namespace tagwerk::learners
