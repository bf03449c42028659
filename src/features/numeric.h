// Numbers: as they are for trees; imputed, scaled and clipped for linear learners; boolean strings as 0 / 1.
#pragma once

#include <vector>

#include "features/transform.h"

namespace tagwerk::features {

/// Shares the column's vector with the matrix: no copy.
class Number final : public Transform {
 public:
  explicit Number(std::uint32_t input) : input_(input) {}
  Kind kind() const override { return Kind::kNumber; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  std::uint32_t input_;
};

/// How one number is brought to the scale of linear learners (algorithms.md 3.1; Holzmueller et al. 2024,
/// "Better by Default", 3.1): z = (t(x) - median) / (q75 - q25), then z / sqrt(1 + (z/3)^2), which is
/// linear near 0 and bounded by 3. t(x) = sign(x) log(1 + |x|) for heavy tails, else x. Missing gives 0.
struct Scaler {
  bool log = false;
  double center = 0;
  double factor = 0;       ///< 1 / (q75 - q25); 0: constant, the column is left out
  bool indicator = false;  ///< adds a column that is 1 where the value is missing

  double operator()(double x) const;
};

class Scaled final : public Transform {
 public:
  Scaled(TransformPtr inner, std::vector<Scaler> scalers) : inner_(std::move(inner)), scalers_(std::move(scalers)) {}
  Kind kind() const override { return Kind::kScaled; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>& specs, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  TransformPtr inner_;
  std::vector<Scaler> scalers_;  ///< one per output of the inner transform
};

/// Boolean strings: 0 for the one level, 1 for the other, NaN when missing or unseen.
class Flag final : public Transform {
 public:
  Flag(std::uint32_t input, std::vector<double> values) : input_(input), values_(std::move(values)) {}
  Kind kind() const override { return Kind::kFlag; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  std::uint32_t input_;
  std::vector<double> values_;  ///< by level
};

}  // namespace tagwerk::features
