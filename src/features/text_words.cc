#include "features/text_words.h"

#include <cmath>
#include <algorithm>

#include "base/constants.h"
#include "features/column_room.h"

namespace tagwerk::features {
namespace {

constexpr std::size_t kMostTopics = 256, kMostScores = 64;

/// "<text>" or "<first text>+2" for what is made of several columns.
std::string NameOf(const TextVectors& vectors, const std::vector<InputSpec>& inputs) {
  const auto& from = vectors.vocabulary().inputs;
  const std::string& first = inputs[from.front()].name;
  return from.size() == 1 ? first : first + "+" + std::to_string(from.size() - 1);
}

std::int32_t SourceOf(const TextVectors& vectors) {
  const auto& from = vectors.vocabulary().inputs;
  return from.size() == 1 ? static_cast<std::int32_t>(from.front()) : -1;
}

template <class T>
bool AllFinite(const std::vector<T>& values) {
  return std::all_of(values.begin(), values.end(), [](T v) { return std::abs(v) < T(1e30); });
}

}  // namespace

std::vector<OutputInfo> TextWords::Outputs(const std::vector<InputSpec>& inputs) const {
  OutputInfo info{NameOf(*vectors_, inputs) + ".words", SourceOf(*vectors_), 0};
  info.sparse = true;
  return {info};
}

void TextWords::Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
                      model::MatrixColumn* out) const {
  out[0].sparse = std::make_shared<const sparse::Block>(vectors_->Apply(inputs, rows));
}

void TextWords::Save(model::ByteWriter& writer) const { vectors_->Save(writer); }

TransformPtr TextWords::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  auto vectors = TextVectors::Load(reader, inputs);
  return vectors ? std::make_unique<TextWords>(std::move(vectors)) : nullptr;
}

std::vector<std::uint32_t> WordPlaces(const TextVectors& vectors) {
  std::vector<std::uint32_t> places(vectors.width(), ~0U);
  std::uint32_t next = 0;
  for (std::uint32_t f = 0; f < vectors.width(); ++f)
    if (vectors.IsWord(f)) places[f] = next++;
  return places;
}

void WordEntries(const sparse::Csr& csr, std::size_t row, const std::vector<std::uint32_t>& places, std::uint32_t width,
                 std::vector<std::uint32_t>& index, std::vector<float>& value) {
  index.clear();
  value.clear();
  const auto indices = csr.indices(row);
  const auto values = csr.values(row);
  for (std::size_t k = 0; k < indices.size(); ++k) {
    const std::uint32_t place = places[indices[k]];
    if (place >= width) continue;
    index.push_back(place);
    value.push_back(values[k]);
  }
}

TextSummary::TextSummary(std::shared_ptr<const TextVectors> vectors, sparse::Components topics,
                         sparse::LinearWeights score)
    : vectors_(std::move(vectors)),
      topic_feature_(WordPlaces(*vectors_)),
      topics_(std::move(topics)),
      score_(std::move(score)) {}

std::vector<OutputInfo> TextSummary::Outputs(const std::vector<InputSpec>& inputs) const {
  std::vector<OutputInfo> out;
  const std::string name = NameOf(*vectors_, inputs);
  const auto add = [&](const std::string& what, std::size_t count) {
    for (std::size_t k = 0; k < count; ++k) {
      out.push_back({name + "." + what + "_" + std::to_string(k + 1), SourceOf(*vectors_), 0});
      out.back().from_model = true;
    }
  };
  add("topic", topics_.count);
  add("score", score_.bias.size());
  return out;
}

void TextSummary::Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
                        model::MatrixColumn* out) const {
  FromVectors(vectors_->Apply(inputs, rows), rows, out);
}

void TextSummary::FromVectors(const sparse::Block& block, std::size_t rows, model::MatrixColumn* out) const {
  const std::size_t topics = topics_.count, scores = score_.bias.size(), width = topics + scores;
  std::vector<double> values(block.csr.rows() * width);
  std::vector<std::uint32_t> index;
  std::vector<float> value, components(topics);
  for (std::size_t r = 0; r < block.csr.rows(); ++r) {
    WordEntries(block.csr, r, topic_feature_, topics_.width(), index, value);
    topics_.Project(index, value, components.data());
    double* to = values.data() + r * width;
    std::copy(components.begin(), components.end(), to);
    std::copy(score_.bias.begin(), score_.bias.end(), to + topics);
    score_.AddTo(block.csr.indices(r), block.csr.values(r), to + topics);
  }
  for (std::size_t k = 0; k < width; ++k) {
    std::vector<double>& column = NumbersIn(out[k], rows);
    for (std::size_t i = 0; i < rows; ++i) column[i] = values[block.row_of[i] * width + k];
  }
}

void TextSummary::Save(model::ByteWriter& writer) const {
  vectors_->Save(writer);
  writer.U64(topics_.count);
  writer.F32s(topics_.v);
  writer.Doubles(score_.bias);
  writer.F32s(score_.w);
}

TransformPtr TextSummary::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  auto vectors = TextVectors::Load(reader, inputs);
  if (!vectors) return nullptr;
  sparse::Components topics;
  topics.count = reader.U64();
  if (!reader.Expect(topics.count <= kMostTopics, "number of topics")) return nullptr;
  topics.v = reader.F32s();
  sparse::LinearWeights score;
  score.bias = reader.Doubles();
  score.w = reader.F32s();
  score.margins = score.bias.size();
  const std::size_t topic_limit = topics.count * std::size_t(vectors->width());
  reader.Expect(
      topics.count == 0 ? topics.v.empty() : topics.v.size() % topics.count == 0 && topics.v.size() <= topic_limit,
      "size of the topics");
  reader.Expect(score.margins <= kMostScores, "number of text scores");
  const std::size_t score_limit = score.margins * std::size_t(vectors->width());
  reader.Expect(
      score.margins == 0 ? score.w.empty() : score.w.size() % score.margins == 0 && score.w.size() <= score_limit,
      "size of the text score");
  reader.Expect(AllFinite(topics.v) && AllFinite(score.w) && AllFinite(score.bias), "a number of a text summary");
  if (!reader.ok()) return nullptr;
  return std::make_unique<TextSummary>(std::move(vectors), std::move(topics), std::move(score));
}

std::vector<OutputInfo> TextStyle::Outputs(const std::vector<InputSpec>& inputs) const {
  const std::string& name = inputs[input_].name;
  const auto source = static_cast<std::int32_t>(input_);
  return {{name + ".capital_share", source, 0}, {name + ".symbol_share", source, 0}};
}

void TextStyle::Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
                      model::MatrixColumn* out) const {
  std::vector<double>&capitals = NumbersIn(out[0], rows), &symbols = NumbersIn(out[1], rows);
  for (std::size_t i = 0; i < rows; ++i) {
    capitals[i] = symbols[i] = kNaN;
    const std::int32_t code = (*inputs[input_].codes)[i];
    if (code < 0) continue;
    double characters = 0, letters = 0, upper = 0, marks = 0;
    for (const char c : inputs[input_].dictionary->at(code)) {
      const auto byte = static_cast<unsigned char>(c);
      characters += (byte & 0xC0) != 0x80;
      const bool capital = c >= 'A' && c <= 'Z', small = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
      upper += capital;
      letters += capital || small;
      marks += byte > ' ' && byte < 0x7F && !capital && !small && !digit;
    }
    capitals[i] = letters > 0 ? upper / letters : 0;
    symbols[i] = characters > 0 ? marks / characters : 0;
  }
}

void TextStyle::Save(model::ByteWriter& writer) const { writer.U32(input_); }

TransformPtr TextStyle::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  return std::make_unique<TextStyle>(LoadInputIndex(reader, inputs, table::Storage::kString));
}

}  // namespace tagwerk::features
