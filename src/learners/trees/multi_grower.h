// Grows one tree for several outputs: a split serves all of them, gain = sum_k GL_k^2/(HL_k+l2) + GR_k^2/(HR_k+l2) -
// G_k^2/(H_k+l2). Histograms hold a lane for each output. Else as leafwise_grower.h has it.
#pragma once

#include <memory>
#include <vector>

#include "base/context.h"
#include "learners/trees/histogram.h"
#include "learners/trees/lane_gradients.h"
#include "learners/trees/open_leaves.h"

namespace tagwerk::learners::trees {

class MultiGrower {
 public:
  /// Of `data`: no products (BinRules::multiply). Of `rules`: no directions, groups, path smoothing, random thresholds
  /// or l1.
  MultiGrower(const BinnedData& data, const GrowRules& rules, const LaneForm& form, Pool* pool);
  ~MultiGrower();

  /// As TreeGrower::Grow.
  bool Grow(const Context& context, const LanePlane& plane, std::span<const std::uint8_t> use,
            std::vector<table::RowIndex>& rows, std::vector<table::RowIndex>& routed, Tree& tree);
  const std::vector<LeafRows>& leaves() const { return done_; }

 private:
  struct LaneBins;
  using Sums = std::vector<std::int32_t>;
  struct Leaf : OpenLeaf {
    Sums total;
    double own_gain = 0;  ///< what the leaf has without a split
    std::int32_t* histogram = nullptr;
    bool build = false, scan = false;
    std::vector<Split> found;         ///< by thread
    std::vector<std::uint8_t> alive;  ///< by position in features
  };
  Sums TotalOf(model::RowSpan rows) const;
  void Expand(Tree& tree, Leaf parent, bool last);
  void FindSplits(std::span<Leaf> leaves, std::int32_t* inherited);
  void SearchPart(const BlockPart& part, std::size_t thread, std::span<Leaf> leaves, const Features& features);
  void BuildPart(const BlockPart& part, Wanted features, Leaf& leaf) const;
  bool ScanFeature(const Leaf& leaf, std::int32_t index, Split& best) const;
  bool ScanCuts(const Leaf& leaf, const Feature& feature, std::int32_t index, const LaneBins& bins, Split& best) const;
  bool ScanSets(const Leaf& leaf, const Feature& feature, std::int32_t index, LaneBins& bins, Split& best) const;
  void Order(LaneBins& bins) const;
  LaneScan ScanOf(const Leaf& leaf, double more_l2, int least_rows) const;
  bool Improves(const Leaf& leaf, const LaneCut& cut, std::int32_t index, Split& best) const;
  double OwnGain(const Leaf& leaf) const;
  void Conclude(Leaf& leaf);

  const BinnedData& data_;
  const GrowRules& rules_;
  LaneForm form_;
  Pool* pool_;
  std::size_t threads_;
  std::vector<BlockPart> blocks_;
  std::vector<std::vector<BlockPart>> shares_;
  const LanePlane* plane_ = nullptr;
  RowLists lists_;
  HistogramPool<std::int32_t> histograms_;
  std::vector<Leaf> open_;
  std::vector<LeafRows> done_;
};

}  // namespace tagwerk::learners::trees
