// FeatureSet: the one FittedFeatures, a list of inputs and a list of transforms over them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "features/features.h"
#include "features/transform.h"

namespace tagwerk::features {

class FeatureSet final : public FittedFeatures {
 public:
  FeatureSet(std::vector<InputSpec> inputs, std::vector<TransformPtr> transforms);

  Result<model::Matrix> Apply(const Context& context, const table::Table& table, ApplyReport* report) const override;
  /// The same from inputs that were read already. Columns of transform t that are in `made[t]` are taken
  /// from there; `made` may be empty.
  Result<model::Matrix> Transformed(const Context& context, const std::vector<InputColumn>& columns, std::size_t rows,
                                    std::vector<std::vector<model::MatrixColumn>> made) const;
  std::unique_ptr<RowFeatures> MakeRow() const override;
  void Save(model::ByteWriter& writer) const override;
  std::size_t num_outputs() const override { return outputs_.size(); }
  std::vector<std::string> output_names() const override;
  std::vector<std::string> input_names() const override;

 private:
  std::vector<InputSpec> inputs_;
  std::vector<TransformPtr> transforms_;
  std::vector<OutputInfo> outputs_;
  std::vector<std::size_t> first_output_;  ///< per transform
};

}  // namespace tagwerk::features
