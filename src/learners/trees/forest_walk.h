// What is asked of a forest beside predictions: the leaves of rows, scores after each tree, a drawing of one tree,
// more trees. Walks node by node on raw values; forest_model.h predicts faster.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/json.h"
#include "learners/trees/forest_model.h"

namespace tagwerk::learners::trees {

/// Writes the number of the leaf that each row reaches in each tree, rows x trees; leaves count from 0 in every tree.
void LeavesOf(const Forest& forest, const model::Matrix& x, model::RowSpan rows, std::span<std::uint32_t> out);

/// Adds the values of trees [first, last) to `sums`, rows x forest.scores(), tree after tree.
void AddTrees(const Forest& forest, const model::Matrix& x, model::RowSpan rows, std::size_t first, std::size_t last,
              std::span<double> sums);

/// Returns one tree as {"nodes": [{"left", "right", "column", "threshold" | "codes", "missing_left"} or
/// {"leaf", "values"}]}, the root first; "codes" are the category codes that go left, "leaf" the leaf's number.
Json TreeJson(const Forest& forest, std::size_t tree);

/// Adds the trees of `more`, which has the same shape and start values. Codes of both are merged where they fit.
void AppendForest(Forest& forest, const Forest& more);

}  // namespace tagwerk::learners::trees
