// Shapley values of a forest's score, exact for the game of Lundberg, Erion and Lee 2018 ("path-dependent"): a column
// that is not known sends a row down both ways, in the shares of the training rows that went there.
//
// Method. A leaf counts v * prod_i x_i, where column i on its path is 1 or 0 when known (does the row take all edges of
// the column?) and z_i, the share of rows, when not. The Shapley value is the integral over the diagonal of the
// multilinear extension's derivative (Owen 1972): v * int_0^1 (o_j - z_j) prod_{i != j} (o_i t + z_i (1 - t)) dt, a
// polynomial of degree m - 1 for m columns, which ceil(m / 2) points of Gauss and Legendre integrate exactly. All
// factors are positive, so nothing cancels at any depth. As in Linear TreeShap (Yu, Xu, Bifet and Read 2022) products
// are shared on the way down and sums on the way up, so that a row costs O(edges x points); rows go side by side.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "learners/trees/forest_model.h"
#include "learners/trees/shap_kernel.h"

namespace tagwerk::learners::trees {

class ForestShap {
 public:
  /// Error shap-no-covers: the file does not say how many training rows each leaf had; shap-too-deep: over 4,096
  /// levels. The prepared trees are kept between calls unless they take more than `most_kept` bytes. The forest must
  /// outlive it.
  static Result<std::unique_ptr<const ForestShap>> Make(const Forest& forest, std::size_t most_kept = std::size_t(64)
                                                                                                      << 20);

  /// Column of the matrix that each player is.
  const std::vector<std::uint32_t>& players() const { return players_; }
  /// The mean score over the training rows as the trees have them: one per score.
  const std::vector<double>& base() const { return base_; }

  /// Values of `n` rows, n x scores x players, added to `out`; `codes`: the forest's codes, slot by slot, n each.
  void AddTo(const std::uint8_t* codes, std::size_t n, double* out) const;

 private:
  explicit ForestShap(const Forest& forest);
  /// False if a tree is too deep (or none).
  bool Prepare(std::size_t most_kept);
  std::optional<ShapTree> TreeOf(std::size_t tree) const;
  void AddBlock(const std::uint8_t* codes, std::size_t n, std::size_t begin, std::size_t end, double* out) const;

  const Forest& forest_;
  std::vector<std::uint32_t> players_;
  std::vector<std::uint32_t> player_of_slot_;
  std::vector<std::size_t> first_leaf_;  ///< of each tree
  std::vector<double> base_;
  double scale_ = 1;
  std::vector<ShapTree> kept_;  ///< all trees, when they are small enough
};

}  // namespace tagwerk::learners::trees
