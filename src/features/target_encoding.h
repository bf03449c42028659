// Target encoding: a level becomes the smoothed mean of the target over its training rows.
//   enc(level) = (sum y + alpha * prior) / (n + alpha), alpha = 10, prior = mean over all training rows
// (Micci-Barreca 2001). Training rows get values from the other four of five folds, so that their own
// target never reaches their own feature (algorithms.md 4.3).
#pragma once

#include <vector>

#include "features/transform.h"

namespace tagwerk::features {

inline constexpr double kTargetSmoothing = 10;
inline constexpr int kTargetFolds = 5;
inline constexpr int kMostTargetClasses = 10;

/// Looks up fitted values. Missing cells are a level of their own; unseen levels count as missing.
class TargetEncoding final : public Transform {
 public:
  /// `classes`: class index of each output (multiclass), empty for one output. `values`: levels x outputs.
  TargetEncoding(std::uint32_t input, std::vector<std::int32_t> classes, std::vector<double> values,
                 std::vector<double> missing)
      : input_(input), classes_(std::move(classes)), values_(std::move(values)), missing_(std::move(missing)) {}
  Kind kind() const override { return Kind::kTarget; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  std::uint32_t input_;
  std::vector<std::int32_t> classes_;
  std::vector<double> values_;
  std::vector<double> missing_;  ///< one per output
};

}  // namespace tagwerk::features
