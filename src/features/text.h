// Strings that are nearly all different carry no category; their shape and the numbers in them may help.
#pragma once

#include <string_view>

#include "features/transform.h"

namespace tagwerk::features {

/// Length in characters, words, share of digits; NaN when missing.
class TextShape final : public Transform {
 public:
  explicit TextShape(std::uint32_t input) : input_(input) {}
  Kind kind() const override { return Kind::kTextShape; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  std::uint32_t input_;
};

/// First number of a string: "1,248 CC" is 1248, "$4.99" 4.99, "19M" 19,000,000; NaN without digits.
class TextNumber final : public Transform {
 public:
  explicit TextNumber(std::uint32_t input) : input_(input) {}
  Kind kind() const override { return Kind::kTextNumber; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  std::uint32_t input_;
};

}  // namespace tagwerk::features
