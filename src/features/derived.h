// Features made of two columns: sums, differences, products and ratios of numbers, and crosses of categories
// as smoothed target means. Which ones are made is decided in fit_derived.cc.
#pragma once

#include <vector>

#include "features/transform.h"

namespace tagwerk::features {

/// Numbers in the model file: append only.
enum class Operation : std::uint8_t { kSum = 0, kDifference = 1, kProduct = 2, kRatio = 3 };
inline constexpr int kOperations = 4;

/// NaN when a value is missing or the result is not finite.
double Calculate(Operation operation, double a, double b);

class Arithmetic final : public Transform {
 public:
  Arithmetic(Operation operation, std::uint32_t first, std::uint32_t second)
      : operation_(operation), first_(first), second_(second) {}
  Kind kind() const override { return Kind::kArithmetic; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  Operation operation_;
  std::uint32_t first_, second_;
};

/// Levels of two columns taken together. Missing and unseen levels of a column are one level of their own (-1).
struct Pairs {
  std::uint32_t first = 0, second = 0;
  std::vector<std::pair<std::int32_t, std::int32_t>> known;  ///< sorted
  /// Place among the known pairs, or their number.
  std::size_t Find(std::int32_t a, std::int32_t b) const;
};

/// The smoothed mean of the target by pair of levels (see TargetEncoding); unseen pairs get the prior.
class CrossEncoding final : public Transform {
 public:
  CrossEncoding(Pairs pairs, std::vector<std::int32_t> classes, std::vector<double> values, std::vector<double> prior)
      : pairs_(std::move(pairs)), classes_(std::move(classes)), values_(std::move(values)), prior_(std::move(prior)) {}
  Kind kind() const override { return Kind::kCross; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  Pairs pairs_;
  std::vector<std::int32_t> classes_;
  std::vector<double> values_;  ///< pairs x outputs
  std::vector<double> prior_;   ///< one per output
};

}  // namespace tagwerk::features
