#include "features/text_vectors.h"

#include <bit>
#include <cmath>

#include "base/random.h"

namespace tagwerk::features {

/// Makes the vector of one text; buffers are kept between texts.
class TextVectors::Row {
 public:
  explicit Row(const TextVectors& owner) : owner_(owner) {}

  /// Appends the entries of a text of input `position` to the open row of `out`.
  void Append(std::string_view text, std::uint32_t position, sparse::Csr& out) {
    grams_.clear();
    ngrams_.Append(text, owner_.vocabulary_.kinds, position, grams_);
    Count();
    double square[2] = {0, 0};
    for (Entry& entry : entries_) {
      entry.value = (1 + std::log(entry.count)) * double(owner_.vocabulary_.idf[entry.feature]);
      square[owner_.IsWord(entry.feature) ? 0 : 1] += entry.value * entry.value;
    }
    for (const Entry& entry : entries_) {
      out.index.push_back(entry.feature);
      out.value.push_back(float(entry.value / std::sqrt(square[owner_.IsWord(entry.feature) ? 0 : 1])));
    }
  }

 private:
  struct Entry {
    std::uint32_t feature;
    double count, value;
  };

  /// Entries in the order in which the text has them.
  void Count() {
    entries_.clear();
    const std::size_t size = std::bit_ceil(2 * grams_.size() + 1);
    if (slots_.size() < size) slots_.assign(size, {});
    const std::size_t mask = slots_.size() - 1;
    ++round_;
    for (const std::uint32_t hash : grams_) {
      std::size_t at = (hash >> 1) & mask;
      while (slots_[at].round == round_ && slots_[at].hash != hash) at = (at + 1) & mask;
      if (slots_[at].round != round_) {
        const std::int32_t feature = owner_.Find(hash);
        slots_[at] = {round_, hash, feature < 0 ? -1 : std::int32_t(entries_.size())};
        if (feature >= 0) entries_.push_back({std::uint32_t(feature), 1, 0});
      } else if (slots_[at].entry >= 0) {
        entries_[std::size_t(slots_[at].entry)].count += 1;
      }
    }
  }

  struct Place {
    std::uint32_t round = 0, hash = 0;
    std::int32_t entry = -1;
  };
  const TextVectors& owner_;
  Ngrams ngrams_;
  std::vector<std::uint32_t> grams_;
  std::vector<Entry> entries_;
  std::vector<Place> slots_;
  std::uint32_t round_ = 0;
};

bool TextVectors::Index() {
  slots_.assign(std::bit_ceil(2 * vocabulary_.hashes.size() + 1), {0, -1});
  const std::size_t mask = slots_.size() - 1;
  std::size_t probes = 0;
  for (std::size_t f = 0; f < vocabulary_.hashes.size(); ++f) {
    std::size_t at = Mix64(vocabulary_.hashes[f]) & mask;
    for (; slots_[at].feature >= 0; at = (at + 1) & mask) {
      if (slots_[at].hash == vocabulary_.hashes[f] || ++probes > 64 * vocabulary_.hashes.size() + 4096) return false;
    }
    slots_[at] = {vocabulary_.hashes[f], std::int32_t(f)};
  }
  return true;
}

std::int32_t TextVectors::Find(std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = Mix64(hash) & mask; slots_[at].feature >= 0; at = (at + 1) & mask)
    if (slots_[at].hash == hash) return slots_[at].feature;
  return -1;
}

sparse::Block TextVectors::Apply(const std::vector<InputColumn>& inputs, std::size_t rows) const {
  sparse::Block block;
  block.csr.width = width();
  block.row_of.resize(rows);
  Row row(*this);
  if (vocabulary_.inputs.size() != 1) {
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::uint32_t p = 0; p < vocabulary_.inputs.size(); ++p) {
        const InputColumn& input = inputs[vocabulary_.inputs[p]];
        if ((*input.codes)[i] >= 0) row.Append(input.dictionary->at((*input.codes)[i]), p, block.csr);
      }
      block.csr.EndRow();
      block.row_of[i] = std::uint32_t(i);
    }
    return block;
  }
  const InputColumn& input = inputs[vocabulary_.inputs[0]];
  const std::vector<std::int32_t>& codes = *input.codes;
  // CSR row 0 is that of missing texts. A single row of a large table must not cost the whole dictionary.
  block.csr.EndRow();
  constexpr std::uint32_t kNone = ~0U;
  const bool shared = rows >= std::size_t(input.dictionary->size());
  std::vector<std::uint32_t> row_of_code(shared ? std::size_t(input.dictionary->size()) : 0, kNone);
  for (std::size_t i = 0; i < rows; ++i) {
    if (codes[i] < 0) continue;
    if (shared && row_of_code[std::size_t(codes[i])] != kNone) {
      block.row_of[i] = row_of_code[std::size_t(codes[i])];
      continue;
    }
    block.row_of[i] = std::uint32_t(block.csr.rows());
    if (shared) row_of_code[std::size_t(codes[i])] = block.row_of[i];
    row.Append(input.dictionary->at(codes[i]), 0, block.csr);
    block.csr.EndRow();
  }
  return block;
}

void TextVectors::Save(model::ByteWriter& writer) const {
  writer.U32s(vocabulary_.inputs);
  writer.U8(vocabulary_.kinds.characters ? 1 : 0);
  writer.U32s(vocabulary_.hashes);
  writer.F32s(vocabulary_.idf);
}

std::shared_ptr<const TextVectors> TextVectors::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  Vocabulary read;
  read.inputs = reader.U32s();
  const std::uint8_t characters = reader.U8();
  read.kinds.characters = characters == 1;
  read.hashes = reader.U32s();
  read.idf = reader.F32s();
  reader.Expect(characters <= 1, "flag of a vocabulary");
  reader.Expect(!read.inputs.empty() && read.inputs.size() <= kMostTextInputs, "inputs of a vocabulary");
  for (const std::uint32_t input : read.inputs) {
    if (!reader.Expect(input < inputs.size(), "input of a vocabulary")) return nullptr;
    reader.Expect(inputs[input].wanted == table::Storage::kString, "storage of a text");
  }
  reader.Expect(read.hashes.size() == read.idf.size() && read.hashes.size() <= kMostNgrams, "size of a vocabulary");
  for (const float idf : read.idf) reader.Expect(idf >= 0.5F && idf < 100, "weight of a vocabulary");
  if (!reader.ok()) return nullptr;
  auto vectors = std::make_shared<TextVectors>(Vocabulary());
  vectors->vocabulary_ = std::move(read);
  return reader.Expect(vectors->Index(), "hashes of a vocabulary") ? vectors : nullptr;
}

}  // namespace tagwerk::features
