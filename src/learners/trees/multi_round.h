// A round of boosting with one tree for all outputs: gradients, the tree, its leaves' values (Zhang and Jung 2021,
// GBDT-MO, section 3).
#pragma once

#include <vector>

#include "learners/trees/multi_grower.h"
#include "learners/trees/objective.h"

namespace tagwerk::learners::trees {

class MultiRound {
 public:
  MultiRound(const BinnedData& bins, const GrowRules& rules, std::size_t outputs, std::size_t num_rows, Pool* pool);

  /// Grows a tree on the rows of `in`; those of `routed` go along. Its values are learning_rate times the best steps,
  /// outputs of a leaf side by side; adds them to the scores. Returns false if the deadline came first.
  bool Grow(const Context& context, const Objective& objective, const TrainingRows& rows, double learning_rate,
            int levels, std::uint64_t seed, std::span<const std::uint8_t> use, model::RowSpan in, model::RowSpan routed,
            std::vector<Scores>& scores, Tree& tree);

 private:
  void SetLeaf(const Objective& objective, const TrainingRows& rows, double learning_rate, std::size_t leaf,
               std::vector<Scores>& scores, Tree& tree) const;

  const GrowRules& rules_;
  Pool* pool_;
  LanePlane plane_;
  MultiGrower grower_;
  std::vector<table::RowIndex> in_, routed_;  ///< ordered by leaf after growing
};

}  // namespace tagwerk::learners::trees
