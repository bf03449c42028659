// Transforms of text columns: the sparse vectors themselves for linear learners; their leading components
// and the score of a linear model on them for trees; how a text is written.
#pragma once

#include <memory>

#include "features/text_vectors.h"
#include "features/transform.h"
#include "sparse/dual_descent.h"
#include "sparse/randomized_svd.h"

namespace tagwerk::features {

/// One sparse column, "<text>.words".
class TextWords final : public Transform {
 public:
  explicit TextWords(std::shared_ptr<const TextVectors> vectors) : vectors_(std::move(vectors)) {}
  Kind kind() const override { return Kind::kTextWords; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  std::shared_ptr<const TextVectors> vectors_;
};

/// "<text>.topic_1", ...: components of the word vectors (Deerwester et al. 1990); "<text>.score_1", ...: margins
/// of a linear model fitted on the training rows (log odds, or the target in units of its spread).
class TextSummary final : public Transform {
 public:
  TextSummary(std::shared_ptr<const TextVectors> vectors, sparse::Components topics, sparse::LinearWeights score);
  Kind kind() const override { return Kind::kTextSummary; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  /// The same from vectors that were made already.
  void FromVectors(const sparse::Block& block, std::size_t rows, model::MatrixColumn* out) const;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  std::shared_ptr<const TextVectors> vectors_;
  std::vector<std::uint32_t> topic_feature_;  ///< by feature: row of topics_.v, or beyond its width
  sparse::Components topics_;
  sparse::LinearWeights score_;
};

/// Share of letters that are capitals, and of characters that are neither letter, digit nor blank.
class TextStyle final : public Transform {
 public:
  explicit TextStyle(std::uint32_t input) : input_(input) {}
  Kind kind() const override { return Kind::kTextStyle; }
  std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const override;
  void Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
             model::MatrixColumn* out) const override;
  void Save(model::ByteWriter& writer) const override;
  static TransformPtr Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs);

 private:
  std::uint32_t input_;
};

/// By feature: its place among the words, or ~0 for runs of characters.
std::vector<std::uint32_t> WordPlaces(const TextVectors& vectors);
/// The entries of `row` that are words below `width`, by their place.
void WordEntries(const sparse::Csr& csr, std::size_t row, const std::vector<std::uint32_t>& places, std::uint32_t width,
                 std::vector<std::uint32_t>& index, std::vector<float>& value);

}  // namespace tagwerk::features
