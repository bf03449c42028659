// Constants that more than one part needs.
#pragma once

#include <cstdint>
#include <limits>

namespace tagwerk {

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();  ///< a missing number
inline constexpr std::int64_t kMicrosecondsPerDay = 86'400'000'000;

}  // namespace tagwerk
