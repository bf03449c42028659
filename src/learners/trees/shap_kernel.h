// The inner loop of Shapley values: one tree, kShapRows rows side by side (see forest_shap.h for the method). Compiled
// for every instruction set; element-wise operations only, so every target gives the same bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tagwerk::learners::trees {

inline constexpr std::size_t kShapRows = 8;

/// The way from a node to one of its children. Edges stand in depth-first order.
struct ShapEdge {
  std::uint32_t depth = 1;   ///< of the child; the root has 0
  std::uint32_t up = 0;      ///< depth of the last edge above on the same column; 0: none
  std::uint32_t player = 0;  ///< number of the column among those with splits
  std::uint32_t code = 0;    ///< which list of codes: 2 x slot, plus 1 where missing goes left
  std::uint32_t value = 0;   ///< leaf: number of its value
  std::uint32_t closes = 0;  ///< leaf: nodes above (without the root) that are done after it
  std::uint8_t limit = 255;  ///< number: the right child takes codes above it
  bool right = false, leaf = false;
  const std::array<std::uint64_t, 4>* left_set = nullptr;  ///< category: codes of the left child
  double both_missed = 0;                                  ///< factor where the edge above on the column was missed
};

/// A tree as the kernel takes it. For each edge four runs of `points` numbers: factor where the row takes the edge,
/// factor where it does not, derivative (times weight) for both.
struct ShapTree {
  std::vector<ShapEdge> edges;
  std::vector<double> factors;
  std::size_t points = 1, depth = 0;
};

class ShapScratch {
 public:
  void Fit(std::size_t depth, std::size_t points);
  std::vector<double> product, sum;   ///< (depth + 1) x points x kShapRows
  std::vector<std::uint64_t> taken;   ///< (depth + 1) x kShapRows, all bits or none
  std::vector<const ShapEdge*> edge;  ///< by depth
};

/// Adds what each player contributes for kShapRows rows: `codes` lists x kShapRows, leaves are values[value * stride],
/// `to` players x kShapRows.
void AddShapRows(const ShapTree& tree, const double* codes, const double* values, std::size_t stride,
                 ShapScratch& scratch, double* to);

}  // namespace tagwerk::learners::trees
