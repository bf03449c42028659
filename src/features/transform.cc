// The list of transforms that a model file may hold.
#include "features/transform.h"

#include "features/category.h"
#include "features/date.h"
#include "features/derived.h"
#include "features/numeric.h"
#include "features/split_date.h"
#include "features/target_encoding.h"
#include "features/text.h"
#include "features/text_words.h"

namespace tagwerk::features {
namespace {

using Load = TransformPtr (*)(model::ByteReader&, const std::vector<InputSpec>&);

struct Entry {
  Kind kind;
  Load load;
};

constexpr Entry kTransforms[] = {
    {Kind::kNumber, &Number::Load},
    {Kind::kScaled, &Scaled::Load},
    {Kind::kFlag, &Flag::Load},
    {Kind::kCodes, &CategoryCodes::Load},
    {Kind::kCount, &CategoryCount::Load},
    {Kind::kTarget, &TargetEncoding::Load},
    {Kind::kDateParts, &DateParts::Load},
    {Kind::kDateCycles, &DateCycles::Load},
    {Kind::kDateDifference, &DateDifference::Load},
    {Kind::kTextShape, &TextShape::Load},
    {Kind::kTextNumber, &TextNumber::Load},
    {Kind::kTextWords, &TextWords::Load},
    {Kind::kTextSummary, &TextSummary::Load},
    {Kind::kTextStyle, &TextStyle::Load},
    {Kind::kArithmetic, &Arithmetic::Load},
    {Kind::kCross, &CrossEncoding::Load},
    {Kind::kSplitDate, &SplitDateParts::Load},
};

}  // namespace

void SaveTransform(const Transform& transform, model::ByteWriter& writer) {
  writer.U8(static_cast<std::uint8_t>(transform.kind()));
  transform.Save(writer);
}

TransformPtr LoadTransform(model::ByteReader& reader, const std::vector<InputSpec>& inputs, bool allow_scaled) {
  const std::uint8_t kind = reader.U8();
  for (const Entry& entry : kTransforms) {
    if (static_cast<std::uint8_t>(entry.kind) != kind) continue;
    if (entry.kind == Kind::kScaled && !reader.Expect(allow_scaled, "a scaled transform in another")) {
      return nullptr;
    }
    TransformPtr transform = entry.load(reader, inputs);
    return reader.ok() ? std::move(transform) : nullptr;
  }
  reader.Fail("kind of a transform");
  return nullptr;
}

std::uint32_t LoadInputIndex(model::ByteReader& reader, const std::vector<InputSpec>& inputs, table::Storage wanted,
                             bool needs_levels) {
  const std::uint32_t index = reader.U32();
  if (!reader.Expect(index < inputs.size(), "input of a transform")) return 0;
  reader.Expect(inputs[index].wanted == wanted, "storage of a transform's input");
  reader.Expect(!needs_levels || inputs[index].has_levels, "levels of a transform's input");
  return index;
}

}  // namespace tagwerk::features
