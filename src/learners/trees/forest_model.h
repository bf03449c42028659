// The model of all tree learners: flat nodes over byte codes. Each used column has its sorted thresholds
// (or a byte per category); a row is coded once, then every node is one byte compare. Codes order exactly
// as the doubles do, so that the result is that of `x <= threshold`.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace tagwerk::learners::trees {

/// How sums over trees become predictions.
enum class Transform : std::uint8_t {
  kIdentity,      ///< start + sum
  kLogistic,      ///< two probabilities from one score
  kSoftmax,       ///< one score per class
  kMean,          ///< start + sum / trees
  kMeanBinary,    ///< mean probability of class 1
  kMeanClasses,   ///< mean probability vectors
  kExponential,   ///< exp(start + sum)
  kSignedSquare,  ///< the square of start + sum, with its sign
  kProbability,   ///< one probability from one score: 1 / (1 + exp(-start - sum))
  kSorted,        ///< start + sum of every output, ascending
};

struct ForestColumn {
  std::uint32_t column = 0;  ///< in the matrix
  bool category = false;
  bool zero_is_missing = false;           ///< numeric: |x| <= 1e-35 counts as missing (other libraries' models)
  double gain = 0;                        ///< summed improvement of its splits
  std::vector<double> thresholds;         ///< numeric: ascending; code = number of thresholds below x
  std::vector<std::uint8_t> bin_of_code;  ///< category: kMissingCode = missing
};

inline constexpr std::uint8_t kMissingCode = 255;

/// Goes right when uint8(code + add) > limit; the missing code 255 wraps to 0 (left) with add = 1. A leaf
/// has itself as left child and limit 255, so that walking on changes nothing.
struct FlatNode {
  std::uint32_t left = 0;  ///< relative to the tree; the right child follows
  std::uint16_t slot = 0;  ///< index of a ForestColumn
  std::uint8_t limit = 255;
  std::uint8_t flags = 0;  ///< kAddOne, kCategory, kLeaf
};
inline constexpr std::uint8_t kAddOne = 1, kCategoryNode = 2, kLeafNode = 4;

using CodeSet = std::array<std::uint64_t, 4>;

struct Forest {
  Transform transform = Transform::kIdentity;
  std::uint32_t outputs = 1;  ///< of the model
  std::uint32_t width = 1;    ///< values per leaf: 1 or outputs
  std::vector<double> start;  ///< one per score
  std::vector<ForestColumn> columns;
  std::vector<std::uint32_t> tree_begin{0};  ///< node of each tree's root, and the end
  std::vector<FlatNode> nodes;
  std::vector<std::uint32_t> payload;  ///< leaf: number of its value; category node: number of its set
  std::vector<CodeSet> sets;           ///< codes that go left
  std::vector<double> values;
  /// Training rows (or their weight) of each leaf, in the order of the nodes; empty when not known.
  std::vector<float> leaf_cover;

  std::size_t trees() const { return tree_begin.size() - 1; }
  /// Scores per row while trees are summed: outputs, or 1 where one score makes two probabilities.
  std::uint32_t scores() const {
    return transform == Transform::kLogistic || transform == Transform::kMeanBinary ? 1 : outputs;
  }
};

/// Takes a forest that is known to be sound (built, or validated by LoadForest).
std::unique_ptr<model::Model> MakeForestModel(Forest forest);

/// The forest of a model that tree learners made; null for models of another kind.
const Forest* ForestOf(const model::Model& model);

/// Turns the sums of `trees` trees (start values not yet added) into predictions: n x scores() to n x outputs.
void FinishScores(const Forest& forest, std::size_t trees, const double* sums, std::size_t n, double* out);

/// Reads and checks a forest; anything out of range is model-damaged.
Result<std::unique_ptr<model::Model>> LoadForest(model::ByteReader& reader, std::size_t columns);

/// For LoadForest and the model's Save.
void WriteForest(const Forest& forest, model::ByteWriter& writer);
Result<Forest> ReadForest(model::ByteReader& reader, std::size_t columns);

}  // namespace tagwerk::learners::trees
