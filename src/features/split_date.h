// Dates that are split over columns: what trees and linear learners cannot see in year, month and day alone.
#pragma once

#include <optional>

#include "features/date.h"
#include "features/fit.h"

namespace tagwerk::features {

/// Parts and cycles (see DateParts, DateCycles) of the date that some columns make together.
class SplitDateParts final : public Transform {
 public:
  struct Inputs {
    std::uint32_t year = 0, month = 0, day = 0;
    std::optional<std::uint32_t> hour;
  };
  SplitDateParts(Inputs from, std::uint32_t parts, std::uint32_t cycles)
      : from_(from), parts_(parts), cycles_(cycles) {}
  Kind kind() const override { return Kind::kSplitDate; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>& specs, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  Inputs from_;
  std::uint32_t parts_, cycles_;
};

/// Finds split dates among the inputs and makes: for trees weekday, weekend and day of the year, for linear learners
/// the cycles and the trend.
std::vector<Fitted> FitSplitDates(const FitState& state, model::Recipe recipe);

}  // namespace tagwerk::features
