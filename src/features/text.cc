// Apply halves of the text transforms.
#include "features/text.h"

#include <string>

#include "base/constants.h"
#include "base/text.h"
#include "features/column_room.h"
#include "table/quantity.h"

namespace tagwerk::features {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct Shape {
  double length = kNaN, words = kNaN, digit_share = kNaN;
};

Shape ShapeOf(std::string_view text) {
  std::size_t characters = 0, words = 0, digits = 0;
  bool in_word = false;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++characters;  // not a UTF-8 continuation
    if (IsDigit(c)) ++digits;
    if (!IsSpace(c) && !in_word) ++words;
    in_word = !IsSpace(c);
  }
  const double share = characters == 0 ? 0 : static_cast<double>(digits) / static_cast<double>(characters);
  return {static_cast<double>(characters), static_cast<double>(words), share};
}

/// Calls set(row, make(text)) for each row, `make` once per distinct string when rows outnumber dictionary entries.
template <class Make, class Set>
void PerRow(const InputColumn& column, std::size_t rows, const Make& make, const Set& set) {
  const std::vector<std::int32_t>& codes = *column.codes;
  const table::Dictionary& dictionary = *column.dictionary;
  std::vector<decltype(make.missing())> by_code;
  if (rows > static_cast<std::size_t>(dictionary.size())) {
    for (std::int32_t c = 0; c < dictionary.size(); ++c) by_code.push_back(make(dictionary.at(c)));
  }
  for (std::size_t i = 0; i < rows; ++i) {
    if (codes[i] < 0)
      set(i, make.missing());
    else
      set(i, by_code.empty() ? make(dictionary.at(codes[i])) : by_code[std::size_t(codes[i])]);
  }
}

struct MakeShape {
  Shape operator()(std::string_view text) const { return ShapeOf(text); }
  Shape missing() const { return {}; }
};
struct MakeNumber {
  double operator()(std::string_view text) const { return table::FirstNumber(text); }
  double missing() const { return kNaN; }
};

}  // namespace

std::vector<OutputInfo> TextShape::Outputs(const std::vector<InputSpec>& inputs) const {
  const std::string& name = inputs[input_].name;
  const auto source = static_cast<std::int32_t>(input_);
  return {{name + ".length", source, 0}, {name + ".words", source, 0}, {name + ".digit_share", source, 0}};
}

void TextShape::Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
                      model::MatrixColumn* out) const {
  std::vector<double>&length = NumbersIn(out[0], rows), &words = NumbersIn(out[1], rows),
  &share = NumbersIn(out[2], rows);
  PerRow(inputs[input_], rows, MakeShape{}, [&](std::size_t i, const Shape& shape) {
    length[i] = shape.length;
    words[i] = shape.words;
    share[i] = shape.digit_share;
  });
}

void TextShape::Save(model::ByteWriter& writer) const { writer.U32(input_); }

TransformPtr TextShape::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  return std::make_unique<TextShape>(LoadInputIndex(reader, inputs, table::Storage::kString));
}

std::vector<OutputInfo> TextNumber::Outputs(const std::vector<InputSpec>& inputs) const {
  return {{inputs[input_].name + ".number", static_cast<std::int32_t>(input_), 0}};
}

void TextNumber::Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
                       model::MatrixColumn* out) const {
  std::vector<double>& numbers = NumbersIn(out[0], rows);
  PerRow(inputs[input_], rows, MakeNumber{}, [&](std::size_t i, double number) { numbers[i] = number; });
}

void TextNumber::Save(model::ByteWriter& writer) const { writer.U32(input_); }

TransformPtr TextNumber::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  return std::make_unique<TextNumber>(LoadInputIndex(reader, inputs, table::Storage::kString));
}

}  // namespace tagwerk::features
