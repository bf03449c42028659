// Grows oblivious trees: one test for all leaves of a level, the one that gains most summed over them (Kohavi 1994;
// Prokhorenkova et al. 2018, CatBoost, section 5). A leaf that the test would part into sides too small, or without a
// gain, stays whole on that level and may be parted by the next; the tree is an ordinary one with few different tests,
// and table_forest.h predicts it by a table. Regularises more than other growth: for few or noisy rows.
#pragma once

#include <array>

#include "learners/trees/bin_reader.h"
#include "learners/trees/histogram.h"
#include "learners/trees/histogram_pool.h"
#include "learners/trees/partition.h"
#include "learners/trees/tree_grower.h"

namespace tagwerk::learners::trees {

class ObliviousGrower final : public TreeGrower {
 public:
  static constexpr int kMostLevels = 16;

  ObliviousGrower(const BinnedData& data, const GrowRules& rules, Pool* pool);
  ~ObliviousGrower() override;

  /// Levels: max_depth where it is set, else as many as max_leaves takes.
  bool Grow(const Context& context, const GradientPlane& plane, std::uint64_t seed, std::span<const std::uint8_t> use,
            std::vector<table::RowIndex>& rows, std::vector<table::RowIndex>& routed, Tree& tree) override;

 private:
  struct Leaf : LeafRows {
    Packed total = 0;
    LeafScan rules;
    bool open = false;             ///< may still be parted
    bool build = false;            ///< its histogram, from its rows
    std::ptrdiff_t subtract = -1;  ///< leaf whose histogram is to be taken from this one's, which is the parent's yet
    Packed* histogram = nullptr;
  };

  /// Gains of a feature's candidates, summed over leaves: missing values to the right, or to the left.
  struct Gains {
    alignas(64) std::array<double, 256 + kScanPadding> right;
    std::array<double, 256 + kScanPadding> left;
  };

  /// Categories by their mean gradient in all rows; prefixes [first, last) leave both sides enough rows.
  struct Order {
    std::vector<std::uint8_t> bins;
    std::size_t first = 0, last = 0;
    bool saw_missing = false;
  };

  struct Test {
    double gain = 0;
    std::int32_t feature = -1;
    std::size_t candidate = 0;  ///< numbers: bins up to it go left; categories: so many and one
    bool missing_left = false;
    /// Whether a gain of a feature is more; of equal ones the first feature's counts.
    bool LosesTo(double other, std::int32_t by) const {
      return other > gain || (other == gain && gain > 0 && by < feature);
    }
  };

  /// What the test does to one leaf.
  struct Parting {
    std::size_t leaf = 0;
    double gain = 0;  ///< quantised units
    Packed left = 0;
    std::size_t left_rows = 0, left_routed = 0;
  };

  void Start(std::span<const std::uint8_t> use);
  void Judge(Leaf& leaf) const;
  void PlanHistograms();
  Test FindTest();
  void SearchPart(const BlockPart& part, std::size_t thread, Test& best);
  void SearchPartDirectly(const BlockPart& part, std::size_t thread, Test& best);
  void MakeOrder(std::size_t feature, const Packed* store);
  std::size_t Candidates(std::size_t feature) const;
  std::pair<std::size_t, std::size_t> Tried(std::size_t feature) const;
  void SumUp(const Packed* histogram, std::size_t feature, std::size_t end, Packed* prefix) const;
  void AddLeaf(const Leaf& leaf, const Packed* store, std::size_t feature, Gains& gains) const;
  void AddHeld(const Leaf& leaf, std::size_t feature, const Packed* prefix, double l2, double* gains) const;
  void Take(std::size_t feature, const Gains& gains, Test& best) const;
  Split SplitOf(const Test& test) const;
  Packed LeftOf(const Leaf& leaf, const Sides& sides, std::size_t feature);
  std::vector<Parting> Part(const Test& test, Split& split);
  void PartRows(std::vector<Parting>& partings, const Sides& sides, std::size_t feature);
  bool SplitLevel(const Test& test, Tree& tree);
  void AddChildren(const Parting& parting, const Split& split, Tree& tree, std::vector<Leaf>& to);
  void KeepGroups(std::size_t feature);

  const BinnedData& data_;
  const GrowRules& rules_;
  Pool* pool_;
  BinReader reader_;
  std::size_t threads_;
  std::vector<BlockPart> blocks_;
  std::vector<std::vector<BlockPart>> shares_;  ///< the columns of each thread
  std::vector<std::vector<std::uint8_t>> all_groups_;
  std::vector<std::uint32_t> groups_;  ///< that hold all columns of the tests so far
  std::uint64_t seed_ = 0;
  int level_ = 0;
  const GradientPlane* plane_ = nullptr;
  std::span<table::RowIndex> rows_, routed_;
  Features features_;
  std::vector<Order> orders_;  ///< of categories, by feature
  std::vector<Leaf> leaves_;
  std::vector<Packed> ordered_;              ///< packed pairs in the order of rows_
  std::vector<std::vector<Gains>> gains_;    ///< by thread
  std::vector<std::vector<Packed>> direct_;  ///< by thread: the histogram of one leaf, when all do not fit
  bool directly_ = false;
  std::vector<WorkRoom> scratch_;
  HistogramPool<Packed> histograms_;
};

}  // namespace tagwerk::learners::trees
