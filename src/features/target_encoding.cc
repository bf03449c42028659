// Apply half of target encoding.
#include "features/target_encoding.h"

#include <cmath>
#include <string>

#include "features/column_room.h"

namespace tagwerk::features {

std::vector<OutputInfo> TargetEncoding::Outputs(const std::vector<InputSpec>& inputs) const {
  const std::string name = inputs[input_].name + ".target";
  const auto source = static_cast<std::int32_t>(input_);
  if (classes_.empty()) return {{name, source, 0}};
  std::vector<OutputInfo> out;
  for (const std::int32_t k : classes_) out.push_back({name + "[" + std::to_string(k) + "]", source, 0});
  return out;
}

void TargetEncoding::Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
                           model::MatrixColumn* out) const {
  const std::vector<std::int32_t>& levels = inputs[input_].levels;
  const std::size_t width = missing_.size();
  for (std::size_t k = 0; k < width; ++k) {
    std::vector<double>& column = NumbersIn(out[k], rows);
    for (std::size_t i = 0; i < rows; ++i) {
      column[i] = levels[i] < 0 ? missing_[k] : values_[std::size_t(levels[i]) * width + k];
    }
  }
}

void TargetEncoding::Save(model::ByteWriter& writer) const {
  writer.U32(input_);
  writer.I32s(classes_);
  writer.Doubles(values_);
  writer.Doubles(missing_);
}

TransformPtr TargetEncoding::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  const std::uint32_t input = LoadInputIndex(reader, inputs, table::Storage::kString, true);
  std::vector<std::int32_t> classes = reader.I32s();
  std::vector<double> values = reader.Doubles(), missing = reader.Doubles();
  if (!reader.ok()) return nullptr;
  const std::size_t width = classes.empty() ? 1 : classes.size();
  reader.Expect(missing.size() == width, "outputs of a target encoding");
  reader.Expect(values.size() == std::size_t(inputs[input].levels.size()) * width, "levels of a target encoding");
  return std::make_unique<TargetEncoding>(input, std::move(classes), std::move(values), std::move(missing));
}

}  // namespace tagwerk::features
