#include "learners/trees/oblivious_grower.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace tagwerk::learners::trees {

namespace {

constexpr std::size_t kStretchRows = 16'000;  // of a tree from which leaves are parted side by side

int LevelsOf(const GrowRules& rules) {
  const int most = rules.max_depth > 0 ? rules.max_depth : std::bit_width(unsigned(std::max(1, rules.max_leaves) - 1));
  return std::min(most, ObliviousGrower::kMostLevels);
}

}  // namespace

using table::RowIndex;

ObliviousGrower::ObliviousGrower(const BinnedData& data, const GrowRules& rules, Pool* pool)
    : data_(data),
      rules_(rules),
      pool_(pool),
      reader_(data),
      threads_(pool != nullptr ? std::size_t(pool->threads()) : 1),
      blocks_(AllParts(data)),
      shares_(ShareParts(data, threads_)),
      all_groups_(GroupsOf(data, rules)),
      orders_(data.features.size()),
      gains_(threads_),
      direct_(threads_),
      scratch_(threads_),
      histograms_(data.histogram_size, rules.histogram_bytes) {}

ObliviousGrower::~ObliviousGrower() = default;

void ObliviousGrower::Judge(Leaf& leaf) const {
  leaf.open = EnoughRows(leaf, rules_);
  leaf.rules =
      LeafScan::Make(rules_.split, plane_->scale, leaf.total, leaf.rows(), leaf.held.output, leaf.held.range, seed_);
}

void ObliviousGrower::Start(std::span<const std::uint8_t> use) {
  histograms_.Reset();
  directly_ = false;
  level_ = 0;
  features_ = UsedFeatures(data_, use);
  groups_.clear();
  for (std::uint32_t g = 0; g < all_groups_.size(); ++g) groups_.push_back(g);
  ordered_.resize(std::max(ordered_.size(), rows_.size()));
  Leaf root;
  root.end = rows_.size();
  root.routed_end = routed_.size();
  for (const RowIndex row : rows_) root.total += plane_->packed[row];
  root.held.output = RootOutput(rules_.split, plane_->scale, root.total);
  Judge(root);
  root.build = root.open;
  if (root.open) root.histogram = histograms_.Acquire();
  leaves_.assign(1, std::move(root));
}

Split ObliviousGrower::SplitOf(const Test& test) const {
  const Feature& about = data_.features[std::size_t(test.feature)];
  Split split;
  split.feature = test.feature;
  split.category = about.category;
  split.default_left = test.missing_left;
  if (!about.category) {
    split.bin = static_cast<std::uint8_t>(test.candidate);
    return split;
  }
  const Order& order = orders_[std::size_t(test.feature)];
  for (std::size_t k = 0; k <= test.candidate; ++k) Insert(split.left_set, order.bins[k]);
  return split;
}

Packed ObliviousGrower::LeftOf(const Leaf& leaf, const Sides& sides, std::size_t feature) {
  const Feature& about = data_.features[feature];
  const auto goes_left = [&](unsigned bin) {
    if (sides.by_table) return sides.table[bin] != 0;
    return bin == sides.cut.missing ? sides.cut.missing_left : bin <= sides.cut.last;
  };
  Packed left = 0;
  if (leaf.histogram == nullptr) {
    const std::uint8_t* bins = reader_.Whole(feature);
    for (std::size_t k = leaf.begin; k < leaf.end; ++k) left += goes_left(bins[rows_[k]]) ? ordered_[k] : 0;
    return left;
  }
  std::array<Packed, 256> own;
  const Packed* histogram = OwnHistogram(about, leaf.histogram + data_.stores[about.store].offset, leaf.total, own);
  for (int b = 0; b < about.slots(); ++b) left += goes_left(unsigned(b)) ? histogram[b] : 0;
  return left;
}

// The leaves that the test parts, in their order; sets where rows go whose value no training row has.
std::vector<ObliviousGrower::Parting> ObliviousGrower::Part(const Test& test, Split& split) {
  const auto f = std::size_t(test.feature);
  const Feature& about = data_.features[f];
  const Sides sides = SidesOf(split, about);
  const int direction = DirectionOf(data_, rules_, f);
  std::vector<Parting> partings;
  std::int64_t left = 0, total = 0;
  for (std::size_t i = 0; i < leaves_.size(); ++i) {
    const Leaf& leaf = leaves_[i];
    if (!leaf.open) continue;
    Parting parting{.leaf = i, .left = LeftOf(leaf, sides, f)};
    parting.gain = PairGain(leaf.rules, parting.left, about.category ? rules_.split.category_l2 : 0);
    left += HessianOf(parting.left);
    total += HessianOf(leaf.total);
    const bool gains = parting.gain > 0 && leaf.rules.RealGain(parting.gain) > rules_.split.min_gain;
    if (gains && GoesAsAsked(leaf.rules, parting.left, direction)) partings.push_back(parting);
  }
  const bool unseen_left = 2 * left > total;
  if (!about.category && !about.train_missing) split.default_left = unseen_left;
  if (about.category && !orders_[f].saw_missing && unseen_left) Insert(split.left_set, unsigned(about.missing_bin()));
  const std::size_t room = std::size_t(std::max(1, rules_.max_leaves)) - leaves_.size();
  if (partings.size() > room) {
    const auto better = [](const Parting& a, const Parting& b) {
      return a.gain != b.gain ? a.gain > b.gain : a.leaf < b.leaf;
    };
    std::sort(partings.begin(), partings.end(), better);
    partings.resize(room);
    std::sort(partings.begin(), partings.end(), [](const Parting& a, const Parting& b) { return a.leaf < b.leaf; });
  }
  return partings;
}

// Few leaves: the threads share each; many: each thread takes a stretch of them.
void ObliviousGrower::PartRows(std::vector<Parting>& partings, const Sides& sides, std::size_t feature) {
  const std::uint8_t* bins = reader_.Whole(feature);
  const auto part = [&](Parting& parting, WorkRoom& scratch, Pool* pool) {
    const Leaf& leaf = leaves_[parting.leaf];
    parting.left_rows = Partition(rows_.subspan(leaf.begin, leaf.rows()), bins, sides, scratch, pool);
    parting.left_routed = Partition(routed_.subspan(leaf.routed_begin, leaf.routed()), bins, sides, scratch, pool);
  };
  const bool stretches = threads_ > 1 && partings.size() >= 4 * threads_ && rows_.size() > kStretchRows;
  if (!stretches) {
    for (Parting& parting : partings) part(parting, scratch_[0], pool_);
    return;
  }
  pool_->For(threads_, [&](std::size_t t) {
    const std::size_t end = (t + 1) * partings.size() / threads_;
    for (std::size_t i = t * partings.size() / threads_; i < end; ++i) part(partings[i], scratch_[t], nullptr);
  });
}

void ObliviousGrower::AddChildren(const Parting& parting, const Split& split, Tree& tree, std::vector<Leaf>& to) {
  Leaf& parent = leaves_[parting.leaf];
  const std::uint32_t node = SplitNode(tree, parent.node, split, plane_->scale.RealGain(parting.gain));
  std::array<Leaf, 2> children;
  Leaf& left = children[0];
  Leaf& right = children[1];
  DealRows(parent, node, parting.left_rows, parting.left_routed, left, right);
  left.total = parting.left;
  right.total = parent.total - parting.left;
  const HeldSides held = HoldSides(rules_.split, plane_->scale, parent.held, left.total, left.rows(), right.total,
                                   right.rows(), DirectionOf(data_, rules_, std::size_t(split.feature)));
  left.held = held.left;
  right.held = held.right;
  for (Leaf& leaf : children) Judge(leaf);
  // The smaller one is built from its rows; the larger one is what that leaves of the parent's histogram.
  const std::size_t smaller = right.rows() < left.rows() ? 1 : 0;
  Leaf &small = children[smaller], &large = children[1 - smaller];
  if (large.open && parent.histogram != nullptr) {
    small.build = true;
    large.histogram = std::exchange(parent.histogram, nullptr);
    large.subtract = static_cast<std::ptrdiff_t>(to.size() + smaller);
  }
  histograms_.Release(parent.histogram);
  to.push_back(std::move(left));
  to.push_back(std::move(right));
}

bool ObliviousGrower::SplitLevel(const Test& test, Tree& tree) {
  if (test.feature < 0) return false;
  const auto f = std::size_t(test.feature);
  Split split = SplitOf(test);
  std::vector<Parting> partings = Part(test, split);
  if (partings.empty()) return false;
  PartRows(partings, SidesOf(split, data_.features[f]), f);
  std::vector<Leaf> next;
  auto parting = partings.begin();
  for (std::size_t i = 0; i < leaves_.size(); ++i) {
    if (parting != partings.end() && parting->leaf == i)
      AddChildren(*parting++, split, tree, next);
    else
      next.push_back(std::move(leaves_[i]));
  }
  leaves_ = std::move(next);
  KeepGroups(f);
  return true;
}

// Keeps the groups that hold the new column too, and the features of these groups.
void ObliviousGrower::KeepGroups(std::size_t feature) {
  if (all_groups_.empty()) return;
  std::erase_if(groups_, [&](std::uint32_t g) { return all_groups_[g][feature] == 0; });
  std::erase_if(features_, [&](std::int32_t f) {
    return std::none_of(groups_.begin(), groups_.end(),
                        [&](std::uint32_t g) { return all_groups_[g][std::size_t(f)] != 0; });
  });
}

bool ObliviousGrower::Grow(const Context& context, const GradientPlane& plane, std::uint64_t seed,
                           std::span<const std::uint8_t> use, std::vector<RowIndex>& rows,
                           std::vector<RowIndex>& routed, Tree& tree) {
  seed_ = seed;
  plane_ = &plane;
  rows_ = rows;
  routed_ = routed;
  Start(use);
  tree.nodes.assign(1, TreeNode());
  for (const int levels = LevelsOf(rules_); level_ < levels && leaves_.size() < std::size_t(rules_.max_leaves);
       ++level_) {
    if (rows_.size() > kCheckRows && context.ShouldStop()) return false;
    if (!SplitLevel(FindTest(), tree)) break;
  }
  done_ = NumberLeaves(leaves_, tree);
  return true;
}

}  // namespace tagwerk::learners::trees
