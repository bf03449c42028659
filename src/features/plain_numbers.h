// Features that are the numbers of a table as they are: a row of them needs no table.
#pragma once

#include <string>
#include <vector>

#include "features/features.h"

namespace tagwerk::features {

/// For each column of the matrix the input that it repeats, where all are numbers as they are; else empty.
std::vector<std::string> PlainNumbers(const FittedFeatures& features);

}  // namespace tagwerk::features
