// The words in the name of a column.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tagwerk {

/// Splits at everything that is no ASCII letter and before capitals, lower case: "schedDepTime_2" -> sched dep time.
std::vector<std::string> NameWords(std::string_view name);

}  // namespace tagwerk
