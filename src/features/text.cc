// Apply halves of the text transforms.
#include "features/text.h"

#include <string>

#include "base/constants.h"
#include "base/text.h"
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

/// Calls `make` once per distinct string when rows outnumber dictionary entries.
template <class T, class Make>
std::vector<T> PerRow(const InputColumn& column, std::size_t rows, const Make& make) {
  const std::vector<std::int32_t>& codes = *column.codes;
  const table::Dictionary& dictionary = *column.dictionary;
  std::vector<T> by_code;
  if (rows >= static_cast<std::size_t>(dictionary.size())) {
    for (std::int32_t c = 0; c < dictionary.size(); ++c) by_code.push_back(make(dictionary.at(c)));
  }
  std::vector<T> out(rows, make.missing());
  for (std::size_t i = 0; i < rows; ++i) {
    if (codes[i] < 0) continue;
    out[i] = by_code.empty() ? make(dictionary.at(codes[i])) : by_code[std::size_t(codes[i])];
  }
  return out;
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
  const std::vector<Shape> shapes = PerRow<Shape>(inputs[input_], rows, MakeShape{});
  std::vector<double> length(rows), words(rows), share(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    length[i] = shapes[i].length;
    words[i] = shapes[i].words;
    share[i] = shapes[i].digit_share;
  }
  out[0].numeric = std::make_shared<const std::vector<double>>(std::move(length));
  out[1].numeric = std::make_shared<const std::vector<double>>(std::move(words));
  out[2].numeric = std::make_shared<const std::vector<double>>(std::move(share));
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
  out[0].numeric = std::make_shared<const std::vector<double>>(PerRow<double>(inputs[input_], rows, MakeNumber{}));
}

void TextNumber::Save(model::ByteWriter& writer) const { writer.U32(input_); }

TransformPtr TextNumber::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  return std::make_unique<TextNumber>(LoadInputIndex(reader, inputs, table::Storage::kString));
}

}  // namespace tagwerk::features
