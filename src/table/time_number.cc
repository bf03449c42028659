#include "table/time_number.h"

#include <cmath>

#include "base/constants.h"

namespace tagwerk::table {

std::optional<std::int64_t> CompactDate(double value) {
  if (!(value >= 18'000'101 && value <= 21'991'231) || value != std::trunc(value)) return std::nullopt;
  const int digits = int(value);
  const auto days = DaysFromCivil(digits / 10'000, digits / 100 % 100, digits % 100);
  if (!days) return std::nullopt;
  return *days * kMicrosecondsPerDay;
}

std::optional<std::int64_t> TimeOfNumber(double value, const ValueForm& form) {
  return form.epoch ? EpochMicroseconds(value) : CompactDate(value);
}

}  // namespace tagwerk::table
