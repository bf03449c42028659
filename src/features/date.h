// Dates: calendar parts for trees, sine and cosine of the cycles for linear learners, differences.
#pragma once

#include "features/transform.h"

namespace tagwerk::features {

/// Bits of a mask; the order is that of the outputs. Append only (stored in model files).
enum DatePart : std::uint32_t {
  kEpoch = 1,
  kYear = 2,
  kMonth = 4,
  kDay = 8,
  kWeekday = 16,
  kHour = 32,
  kMinute = 64,
  kWeekend = 128,
  kDayOfYear = 256,
  kAllDateParts = 511,
};

/// Seconds since 1970, year, month 1-12, day 1-31, weekday 0-6 (Monday 0), hour, minute, weekend 0/1, day of
/// year 1-366; one column per bit of the mask.
class DateParts final : public Transform {
 public:
  DateParts(std::uint32_t input, std::uint32_t mask) : input_(input), mask_(mask) {}
  Kind kind() const override { return Kind::kDateParts; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  std::uint32_t input_, mask_;
};

enum DateCycle : std::uint32_t { kDayCycle = 1, kWeekCycle = 2, kYearCycle = 4, kAllDateCycles = 7 };

/// sin and cos of time of day (24 h), of the week (7 d) and of the year (365.25 d); 0 when missing.
class DateCycles final : public Transform {
 public:
  DateCycles(std::uint32_t input, std::uint32_t mask) : input_(input), mask_(mask) {}
  Kind kind() const override { return Kind::kDateCycles; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  std::uint32_t input_, mask_;
};

/// First minus second column in days; NaN when either is missing.
class DateDifference final : public Transform {
 public:
  DateDifference(std::uint32_t first, std::uint32_t second) : first_(first), second_(second) {}
  Kind kind() const override { return Kind::kDateDifference; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  std::uint32_t first_, second_;
};

}  // namespace tagwerk::features
