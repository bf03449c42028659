#include "learners/trees/leafwise_grower.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/random.h"

namespace tagwerk::learners::trees {

namespace {

constexpr std::size_t kShareRows = 8192;  // of a leaf from which threads part its rows

}  // namespace

using table::RowIndex;

struct LeafwiseGrower::Leaf : OpenLeaf {
  Packed total = 0;
  Packed* histogram = nullptr;
  std::vector<std::uint32_t> groups;  ///< that hold all columns of its path
};

/// The search for one leaf's split.
struct LeafwiseGrower::Search {
  Leaf* leaf = nullptr;
  bool build = false;     ///< from its rows; else: what the built one leaves of the parent's histogram
  bool scan = false;      ///< false: only built, for the other one's sake
  bool in_place = false;  ///< its rows follow each other: so do their pairs in the plane
  std::size_t first = 0;  ///< else: of its rows in ordered_
  LeafScan rules;
  std::vector<Split> best;          ///< by thread
  std::vector<std::uint8_t> alive;  ///< by position in the list of features: some split was valid
};

LeafwiseGrower::LeafwiseGrower(const BinnedData& data, const GrowRules& rules, Pool* pool)
    : data_(data),
      rules_(rules),
      pool_(pool),
      threads_(pool != nullptr ? std::size_t(pool->threads()) : 1),
      blocks_(AllParts(data)),
      shares_(ShareParts(data, threads_)),
      groups_(GroupsOf(data, rules)),
      lists_(data, pool),
      histograms_(data.histogram_size, rules.histogram_bytes) {}

LeafwiseGrower::~LeafwiseGrower() = default;

// One part of the columns, from the rows to the best split while its histograms are in the cache.
void LeafwiseGrower::SearchPart(const BlockPart& part, std::size_t thread, const Features& features) {
  const auto [begin, end] = Within(data_, part, features);
  if (begin == end) return;
  const Wanted wanted = std::span(features).subspan(begin, end - begin);
  for (const Search& search : searches_) {
    if (!search.build) continue;
    if (by_rows_) {
      for (const auto& histogram : partial_) AddPart(data_, part, wanted, search.leaf->histogram, histogram.data());
    } else {
      BuildPart(data_, part, wanted, lists_.Of(*search.leaf), PairsOf(search), search.leaf->histogram);
    }
  }
  for (std::size_t i = 0; i < searches_.size(); ++i) {
    Search& search = searches_[i];
    if (!search.scan) continue;
    if (!search.build) SubtractPart(data_, part, wanted, search.leaf->histogram, searches_[1 - i].leaf->histogram);
    Split best = search.best[thread];
    for (std::size_t k = begin; k < end; ++k) {
      const auto f = std::size_t(features[k]);
      const Packed* histogram = search.leaf->histogram + data_.stores[data_.features[f].store].offset;
      search.alive[k] =
          ScanFeature(data_.features[f], features[k], histogram, search.rules, best, DirectionOf(data_, rules_, f));
    }
    search.best[thread] = best;
  }
}

void LeafwiseGrower::Conclude(Search& search) {
  Leaf& leaf = *search.leaf;
  TakeBest(search.best, plane_->scale, rules_.split.min_gain, leaf);
  if (leaf.best.gain <= 0)
    histograms_.Release(leaf.histogram);
  else
    KeepAlive(search.alive, leaf);
}

// The smaller child is built from its rows; the larger one is what that leaves of the parent's histogram. Where the
// parent's was given away, both are built. Returns how many rows are to be added up.
std::size_t LeafwiseGrower::PrepareSearches(std::span<Leaf> leaves, Packed* inherited) {
  const std::size_t smaller = leaves.size() > 1 && leaves[1].rows() < leaves[0].rows() ? 1 : 0;
  const bool subtract = inherited != nullptr;
  const bool any =
      std::any_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) { return Splittable(leaf, rules_); });
  searches_.resize(any ? leaves.size() : 0);
  std::size_t built = 0;
  for (std::size_t i = 0; i < searches_.size(); ++i) {
    Search& search = searches_[i];
    Leaf& leaf = leaves[i];
    search.leaf = &leaf;
    search.scan = Splittable(leaf, rules_);
    search.build = subtract ? i == smaller : search.scan;
    if (search.build) leaf.histogram = AcquireHistogram(histograms_, rules_.growth, open_);
    if (!search.build && search.scan) leaf.histogram = std::exchange(inherited, nullptr);
    built += search.build ? leaf.rows() : 0;
    search.rules = LeafScan::Make(rules_.split, plane_->scale, leaf.total, leaf.rows(), leaf.held.output,
                                  leaf.held.range, Mix64(seed_, leaf.node));
    search.best.assign(threads_, Split());
    search.alive.assign(leaf.features->size(), 0);
  }
  histograms_.Release(inherited);
  return built;
}

// The root, or two children side by side.
void LeafwiseGrower::FindSplits(std::span<Leaf> leaves, Packed* inherited) {
  const std::shared_ptr<const Features> features = leaves.front().features;
  const std::size_t built = PrepareSearches(leaves, inherited);
  if (searches_.empty()) return;
  GiveRoom();
  const std::size_t slots = leaves.size() * features->size() * (1 + data_.total_bins / data_.features.size());
  if (threads_ > 1 && built * features->size() + slots > kShareWork) {
    SearchShared(*features, built);
  } else {
    by_rows_ = false;
    for (const Search& search : searches_) {
      if (search.build) Gather(search, 0, search.leaf->rows());
    }
    for (const BlockPart& part : blocks_) SearchPart(part, 0, *features);
  }
  for (Search& search : searches_) {
    if (search.scan)
      Conclude(search);
    else
      histograms_.Release(search.leaf->histogram);
  }
}

void LeafwiseGrower::SearchShared(const Features& features, std::size_t built) {
  const auto builds = std::count_if(searches_.begin(), searches_.end(), [](const Search& s) { return s.build; });
  by_rows_ = data_.blocks.size() < 2 * threads_ && built >= kShareRows && builds == 1;
  for (const Search& search : searches_) {
    if (!search.build) continue;
    if (by_rows_)
      BuildByRows(search, features);
    else
      ForChunks(pool_, search.leaf->rows(), [&](std::size_t b, std::size_t e) { Gather(search, b, e); });
  }
  pool_->For(threads_, [&](std::size_t t) {
    for (const BlockPart& part : shares_[t]) SearchPart(part, t, features);
  });
}

void LeafwiseGrower::GiveRoom() {
  std::size_t gathered = 0;
  for (Search& search : searches_) {
    const std::span<const RowIndex> rows = lists_.Of(*search.leaf);
    search.in_place = search.build && !rows.empty() && std::size_t(rows.back()) - rows.front() + 1 == rows.size();
    search.first = gathered;
    gathered += search.build && !search.in_place ? rows.size() : 0;
  }
  ordered_ = lists_.room().Of<Packed>(gathered);
}

const Packed* LeafwiseGrower::PairsOf(const Search& search) const {
  return search.in_place ? plane_->packed.data() + lists_.Of(*search.leaf).front() : ordered_ + search.first;
}

void LeafwiseGrower::Gather(const Search& search, std::size_t begin, std::size_t end) {
  if (search.in_place) return;
  const std::span<const RowIndex> rows = lists_.Of(*search.leaf);
  Packed* to = ordered_ + search.first;
  for (std::size_t k = begin; k < end; ++k) to[k] = plane_->packed[rows[k]];
}

// Each thread adds its part of the rows up in a histogram of its own; SearchPart puts them together.
void LeafwiseGrower::BuildByRows(const Search& search, const Features& features) {
  partial_.resize(threads_ - 1);
  for (auto& histogram : partial_) histogram.resize(data_.histogram_size);
  const std::span<const RowIndex> rows = lists_.Of(*search.leaf);
  pool_->For(threads_, [&](std::size_t t) {
    const std::size_t b = t * rows.size() / threads_, e = (t + 1) * rows.size() / threads_;
    Gather(search, b, e);
    Packed* to = t == 0 ? search.leaf->histogram : partial_[t - 1].data();
    for (const BlockPart& part : blocks_) {
      const auto [first, end] = Within(data_, part, features);
      const Wanted wanted = std::span(features).subspan(first, end - first);
      if (first < end) BuildPart(data_, part, wanted, rows.subspan(b, e - b), PairsOf(search) + b, to);
    }
  });
}

// Keeps the groups that hold the new column too, and the features of these groups.
void LeafwiseGrower::KeepGroups(const Leaf& parent, std::span<Leaf> children) const {
  if (groups_.empty()) return;
  std::vector<std::uint32_t> kept;
  for (const std::uint32_t g : parent.groups) {
    if (groups_[g][std::size_t(parent.best.feature)]) kept.push_back(g);
  }
  auto features = std::make_shared<Features>();
  for (const std::int32_t f : *parent.features) {
    if (std::any_of(kept.begin(), kept.end(), [&](std::uint32_t g) { return groups_[g][std::size_t(f)] != 0; })) {
      features->push_back(f);
    }
  }
  for (Leaf& leaf : children) {
    leaf.groups = kept;
    leaf.features = features;
  }
}

// Parts the leaf's rows, makes its children and finds their splits, unless this is the tree's last split.
void LeafwiseGrower::Expand(Tree& tree, Leaf parent, bool last) {
  std::array<Leaf, 2> children;
  Leaf& left = children[0];
  Leaf& right = children[1];
  lists_.Part(parent, plane_->scale, tree, left, right);
  left.total = parent.best.left;
  right.total = parent.total - parent.best.left;
  const HeldSides held = HoldSides(rules_.split, plane_->scale, parent.held, left.total, left.rows(), right.total,
                                   right.rows(), DirectionOf(data_, rules_, std::size_t(parent.best.feature)));
  left.held = held.left;
  right.held = held.right;
  KeepGroups(parent, children);
  if (last)
    histograms_.Release(parent.histogram);
  else
    FindSplits(children, parent.histogram);
  open_.push_back(std::move(left));
  open_.push_back(std::move(right));
}

LeafwiseGrower::Leaf LeafwiseGrower::Root(std::span<const std::uint8_t> use) const {
  Leaf root;
  lists_.GiveAll(root);
  for (const RowIndex row : lists_.all()) root.total += plane_->packed[row];
  root.features = std::make_shared<Features>(UsedFeatures(data_, use));
  for (std::uint32_t g = 0; g < groups_.size(); ++g) root.groups.push_back(g);
  root.held.output = RootOutput(rules_.split, plane_->scale, root.total);
  return root;
}

bool LeafwiseGrower::Grow(const Context& context, const GradientPlane& plane, std::uint64_t seed,
                          std::span<const std::uint8_t> use, std::vector<RowIndex>& rows, std::vector<RowIndex>& routed,
                          Tree& tree) {
  seed_ = seed;
  plane_ = &plane;
  lists_.Start(rows, routed);
  open_.clear();
  histograms_.Reset();
  tree.nodes.assign(1, TreeNode());
  Leaf root = Root(use);
  if (!root.features->empty() && rules_.max_leaves > 1) FindSplits({&root, 1}, nullptr);
  open_.push_back(std::move(root));
  const auto expand = [&](Leaf parent, bool last) { Expand(tree, std::move(parent), last); };
  if (!SplitBestFirst(context, rules_, open_, expand)) return false;
  done_ = NumberLeaves(open_, tree);
  return true;
}

}  // namespace tagwerk::learners::trees
