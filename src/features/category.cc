// Apply halves of the category transforms.
#include "features/category.h"

#include <algorithm>
#include <cmath>

#include "features/column_room.h"

namespace tagwerk::features {

std::int32_t CategoryCodes::KeptCodes(const InputSpec& spec) const { return std::min(keep_ + 1, spec.levels.size()); }

std::vector<OutputInfo> CategoryCodes::Outputs(const std::vector<InputSpec>& inputs) const {
  const InputSpec& spec = inputs[input_];
  return {{spec.name, static_cast<std::int32_t>(input_), KeptCodes(spec) + (missing_code_ ? 1 : 0)}};
}

void CategoryCodes::Apply(const std::vector<InputSpec>& specs, const std::vector<InputColumn>& inputs, std::size_t rows,
                          model::MatrixColumn* out) const {
  const std::vector<std::int32_t>& levels = inputs[input_].levels;
  const std::int32_t kept = KeptCodes(specs[input_]);
  const std::int32_t missing = missing_code_ ? kept : -1;
  std::vector<std::int32_t>& codes = CodesIn(out[0], rows);
  for (std::size_t i = 0; i < rows; ++i) codes[i] = levels[i] < 0 ? missing : std::min(levels[i], keep_);
  out[0].num_categories = kept + (missing_code_ ? 1 : 0);
}

void CategoryCodes::Save(model::ByteWriter& writer) const {
  writer.U32(input_);
  writer.I32(keep_);
  writer.U8(missing_code_ ? 1 : 0);
}

TransformPtr CategoryCodes::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  const std::uint32_t input = LoadInputIndex(reader, inputs, table::Storage::kString, true);
  const std::int32_t keep = reader.I32();
  const std::uint8_t missing = reader.U8();
  reader.Expect(keep > 0 && keep < (1 << 30), "number of kept levels");
  reader.Expect(missing <= 1, "flag of the missing code");
  if (!reader.ok()) return nullptr;
  reader.Expect(inputs[input].levels.size() + missing > 0, "a category column without levels");
  return std::make_unique<CategoryCodes>(input, keep, missing == 1);
}

std::vector<OutputInfo> CategoryCount::Outputs(const std::vector<InputSpec>& inputs) const {
  return {{inputs[input_].name + ".count", static_cast<std::int32_t>(input_), 0}};
}

void CategoryCount::Apply(const std::vector<InputSpec>& specs, const std::vector<InputColumn>& inputs, std::size_t rows,
                          model::MatrixColumn* out) const {
  const Levels& known = specs[input_].levels;
  const std::vector<std::int32_t>& levels = inputs[input_].levels;
  std::vector<double>& values = NumbersIn(out[0], rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::int64_t count = levels[i] >= 0               ? known.count(levels[i])
                               : levels[i] == kMissingLevel ? known.missing()
                                                            : 0;
    values[i] = std::log1p(static_cast<double>(count));
  }
}

void CategoryCount::Save(model::ByteWriter& writer) const { writer.U32(input_); }

TransformPtr CategoryCount::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  return std::make_unique<CategoryCount>(LoadInputIndex(reader, inputs, table::Storage::kString, true));
}

}  // namespace tagwerk::features
