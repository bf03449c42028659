// Grows one tree leaf by leaf, the best split first (Shi 2007), or level by level. The smaller child's histogram is
// built, the larger one's is the parent's minus it. Rows that do not teach (validation, out of bag) are routed along.
// Several threads share the search for one leaf's split: each has its own columns, whose histograms stay in its core's
// cache; in large leaves of few columns each adds up its own rows first.
#pragma once

#include "learners/trees/histogram.h"
#include "learners/trees/open_leaves.h"

namespace tagwerk::learners::trees {

class LeafwiseGrower final : public TreeGrower {
 public:
  LeafwiseGrower(const BinnedData& data, const GrowRules& rules, Pool* pool);
  ~LeafwiseGrower() override;

  bool Grow(const Context& context, const GradientPlane& plane, std::uint64_t seed, std::span<const std::uint8_t> use,
            std::vector<table::RowIndex>& rows, std::vector<table::RowIndex>& routed, Tree& tree) override;

 private:
  struct Leaf;
  struct Search;
  Leaf Root(std::span<const std::uint8_t> use) const;
  void Expand(Tree& tree, Leaf parent, bool last);
  void FindSplits(std::span<Leaf> leaves, Packed* inherited);
  std::size_t PrepareSearches(std::span<Leaf> leaves, Packed* inherited);
  void SearchShared(const Features& features, std::size_t built);
  const Packed* PairsOf(const Search& search) const;
  void GiveRoom();
  void Gather(const Search& search, std::size_t begin, std::size_t end);
  void BuildByRows(const Search& search, const Features& features);
  void SearchPart(const BlockPart& part, std::size_t thread, const Features& features);
  void Conclude(Search& search);
  void KeepGroups(const Leaf& parent, std::span<Leaf> children) const;

  const BinnedData& data_;
  const GrowRules& rules_;
  Pool* pool_;
  std::size_t threads_;
  std::vector<BlockPart> blocks_;                  ///< all columns
  std::vector<std::vector<BlockPart>> shares_;     ///< the columns of each thread
  std::vector<std::vector<std::uint8_t>> groups_;  ///< of rules_.groups, by feature: whether it belongs to it
  std::uint64_t seed_ = 0;
  const GradientPlane* plane_ = nullptr;
  RowLists lists_;
  HistogramPool<Packed> histograms_;
  std::vector<Leaf> open_;
  std::vector<Search> searches_;  ///< of the leaves whose splits are looked for
  Packed* ordered_ = nullptr;     ///< packed pairs of those that are built, in row order; in the room of lists_
  std::vector<std::vector<Packed>> partial_;  ///< histograms of the other threads' rows
  bool by_rows_ = false;                      ///< partial_ is to be added
};

}  // namespace tagwerk::learners::trees
