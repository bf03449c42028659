// Text columns as TF-IDF vectors of hashed n-grams (Salton and Buckley 1988; Weinberger et al. 2009 for the
// hashing). The vocabulary keeps 32-bit hashes, never the words themselves.
#pragma once

#include <cstdint>
#include <vector>

#include "features/input.h"
#include "features/ngrams.h"
#include "model/archive.h"
#include "sparse/csr.h"

namespace tagwerk::features {

inline constexpr std::size_t kMostNgrams = 1 << 18;  ///< size of a vocabulary
inline constexpr std::size_t kMostTextInputs = 64;

/// What was learned of the training rows. Entries by falling number of rows that hold them.
struct Vocabulary {
  std::vector<std::uint32_t> inputs;  ///< text columns, read side by side
  NgramKinds kinds;
  std::vector<std::uint32_t> hashes;
  std::vector<float> idf;
};

/// Entry t of a row is (1 + ln tf) idf_t with idf_t = 1 + ln((1 + N) / (1 + df_t)), brought to length 1 for
/// words and runs of characters of each column apart (scikit-learn's TfidfVectorizer with sublinear_tf).
class TextVectors {
 public:
  explicit TextVectors(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) { Index(); }

  const Vocabulary& vocabulary() const { return vocabulary_; }
  std::uint32_t width() const { return static_cast<std::uint32_t>(vocabulary_.hashes.size()); }
  /// Returns whether a feature is a word or a pair of words.
  bool IsWord(std::uint32_t feature) const { return (vocabulary_.hashes[feature] & 1U) == 0; }
  /// Vectors of all rows; a missing text has no entries.
  sparse::Block Apply(const std::vector<InputColumn>& inputs, std::size_t rows) const;

  void Save(model::ByteWriter& writer) const;
  static std::shared_ptr<const TextVectors> Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  struct Slot {
    std::uint32_t hash;
    std::int32_t feature;  ///< -1: free
  };
  class Row;
  std::int32_t Find(std::uint32_t hash) const;
  bool Index();  ///< false: the hashes collide as only made-up ones do

  Vocabulary vocabulary_;
  std::vector<Slot> slots_;
};

}  // namespace tagwerk::features
