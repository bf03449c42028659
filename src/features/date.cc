// Apply halves of the date transforms.
#include "features/date.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <numbers>

#include "base/constants.h"
#include "features/column_room.h"
#include "table/time_text.h"

namespace tagwerk::features {
namespace {

using table::Civil;
using table::CivilFromDays;

constexpr std::int64_t kDayMicros = 86400LL * 1000000;

struct Moment {
  std::int64_t days;    ///< since 1970, floored
  std::int64_t micros;  ///< within the day
  int weekday;          ///< Monday 0
};

Moment MomentOf(std::int64_t time) {
  std::int64_t days = time / kDayMicros, micros = time % kDayMicros;
  if (micros < 0) {
    micros += kDayMicros;
    --days;
  }
  return {days, micros, static_cast<int>(((days + 3) % 7 + 7) % 7)};  // 1970-01-01 was a Thursday
}

constexpr const char* kPartNames[] = {"epoch", "year",   "month",   "day",        "weekday",
                                      "hour",  "minute", "weekend", "day_of_year"};

double PartOf(std::uint32_t part, std::int64_t time, const Moment& moment, const Civil& civil) {
  switch (part) {
    case kEpoch:
      return static_cast<double>(time) / 1e6;
    case kYear:
      return static_cast<double>(civil.year);
    case kMonth:
      return civil.month;
    case kDay:
      return civil.day;
    case kWeekday:
      return moment.weekday;
    case kHour:
      return static_cast<double>(moment.micros / 3600000000LL);
    case kMinute:
      return static_cast<double>(moment.micros / 60000000LL % 60);
    case kWeekend:
      return moment.weekday >= 5 ? 1 : 0;
    default:
      return civil.day_of_year;
  }
}

/// Phase of a cycle in turns.
double PhaseOf(std::uint32_t cycle, const Moment& moment) {
  const double day = static_cast<double>(moment.micros) / static_cast<double>(kDayMicros);
  if (cycle == kDayCycle) return day;
  if (cycle == kWeekCycle) return (moment.weekday + day) / 7;
  return (CivilFromDays(moment.days).day_of_year - 1 + day) / 365.25;
}

}  // namespace

std::vector<OutputInfo> DateParts::Outputs(const std::vector<InputSpec>& inputs) const {
  std::vector<OutputInfo> out;
  for (std::uint32_t bit = 0; (1U << bit) <= kAllDateParts; ++bit) {
    if ((mask_ & (1U << bit)) == 0) continue;
    out.push_back({inputs[input_].name + "." + kPartNames[bit], static_cast<std::int32_t>(input_), 0});
  }
  return out;
}

void DateParts::Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
                      model::MatrixColumn* out) const {
  const std::vector<std::int64_t>& times = *inputs[input_].times;
  std::array<std::uint32_t, std::size(kPartNames)> parts{};
  std::array<double*, std::size(kPartNames)> columns{};
  std::size_t count = 0;
  for (std::uint32_t part = 1; part <= kAllDateParts; part <<= 1) {
    if ((mask_ & part) == 0) continue;
    std::vector<double>& column = NumbersIn(out[count], rows);
    std::fill(column.begin(), column.end(), kNaN);
    columns[count] = column.data();
    parts[count++] = part;
  }
  Civil civil{};
  std::int64_t civil_days = std::numeric_limits<std::int64_t>::min();
  for (std::size_t i = 0; i < rows; ++i) {
    if (times[i] == table::kMissingTime) continue;
    const Moment moment = MomentOf(times[i]);
    if (moment.days != civil_days) civil = CivilFromDays(civil_days = moment.days);  // often the same day
    for (std::size_t k = 0; k < count; ++k) columns[k][i] = PartOf(parts[k], times[i], moment, civil);
  }
}

void DateParts::Save(model::ByteWriter& writer) const {
  writer.U32(input_);
  writer.U32(mask_);
}

TransformPtr DateParts::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  const std::uint32_t input = LoadInputIndex(reader, inputs, table::Storage::kTimestamp);
  const std::uint32_t mask = reader.U32();
  reader.Expect(mask <= kAllDateParts, "parts of a date");
  return std::make_unique<DateParts>(input, mask);
}

std::vector<OutputInfo> DateCycles::Outputs(const std::vector<InputSpec>& inputs) const {
  std::vector<OutputInfo> out;
  constexpr const char* kNames[] = {"day_cycle", "week_cycle", "year_cycle"};
  for (std::uint32_t bit = 0; bit < 3; ++bit) {
    if ((mask_ & (1U << bit)) == 0) continue;
    const std::string name = inputs[input_].name + "." + kNames[bit];
    out.push_back({name + ".sin", static_cast<std::int32_t>(input_), 0});
    out.push_back({name + ".cos", static_cast<std::int32_t>(input_), 0});
  }
  return out;
}

void DateCycles::Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
                       model::MatrixColumn* out) const {
  const std::vector<std::int64_t>& times = *inputs[input_].times;
  for (std::uint32_t cycle = 1; cycle <= kAllDateCycles; cycle <<= 1) {
    if ((mask_ & cycle) == 0) continue;
    std::vector<double>&sine = NumbersIn(*out++, rows), &cosine = NumbersIn(*out++, rows);
    for (std::size_t i = 0; i < rows; ++i) {
      const bool missing = times[i] == table::kMissingTime;
      const double angle = missing ? 0 : 2 * std::numbers::pi * PhaseOf(cycle, MomentOf(times[i]));
      sine[i] = missing ? 0 : std::sin(angle);
      cosine[i] = missing ? 0 : std::cos(angle);
    }
  }
}

void DateCycles::Save(model::ByteWriter& writer) const {
  writer.U32(input_);
  writer.U32(mask_);
}

TransformPtr DateCycles::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  const std::uint32_t input = LoadInputIndex(reader, inputs, table::Storage::kTimestamp);
  const std::uint32_t mask = reader.U32();
  reader.Expect(mask <= kAllDateCycles, "cycles of a date");
  return std::make_unique<DateCycles>(input, mask);
}

std::vector<OutputInfo> DateDifference::Outputs(const std::vector<InputSpec>& inputs) const {
  return {{inputs[first_].name + " - " + inputs[second_].name, -1, 0}};
}

void DateDifference::Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
                           model::MatrixColumn* out) const {
  const std::vector<std::int64_t>&a = *inputs[first_].times, &b = *inputs[second_].times;
  std::vector<double>& days = NumbersIn(out[0], rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const bool missing = a[i] == table::kMissingTime || b[i] == table::kMissingTime;
    days[i] =
        missing ? kNaN : (static_cast<double>(a[i]) - static_cast<double>(b[i])) / static_cast<double>(kDayMicros);
  }
}

void DateDifference::Save(model::ByteWriter& writer) const {
  writer.U32(first_);
  writer.U32(second_);
}

TransformPtr DateDifference::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  const std::uint32_t first = LoadInputIndex(reader, inputs, table::Storage::kTimestamp);
  const std::uint32_t second = LoadInputIndex(reader, inputs, table::Storage::kTimestamp);
  return std::make_unique<DateDifference>(first, second);
}

}  // namespace tagwerk::features
