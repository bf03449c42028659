// Categories: codes of the most frequent levels, and how often a level occurred in training.
#pragma once

#include "features/transform.h"

namespace tagwerk::features {

inline constexpr std::int32_t kMostCodes = 254;        ///< levels a tree column keeps apart
inline constexpr std::int32_t kMostOneHotLevels = 50;  ///< levels a linear column keeps apart

/// Codes by frequency: level k of the training rows is code k; levels from `keep` on share code `keep`
/// ("other"). Missing and unseen are -1, or the last code when `missing_code` is set.
class CategoryCodes final : public Transform {
 public:
  CategoryCodes(std::uint32_t input, std::int32_t keep, bool missing_code)
      : input_(input), keep_(keep), missing_code_(missing_code) {}
  Kind kind() const override { return Kind::kCodes; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>& specs, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  std::int32_t KeptCodes(const InputSpec& spec) const;  ///< with "other"
  std::uint32_t input_;
  std::int32_t keep_;
  bool missing_code_;
};

/// log(1 + count of the level in training); unseen gives 0, missing the count of missing cells.
class CategoryCount final : public Transform {
 public:
  explicit CategoryCount(std::uint32_t input) : input_(input) {}
  Kind kind() const override { return Kind::kCount; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>& specs, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  std::uint32_t input_;
};

}  // namespace tagwerk::features
