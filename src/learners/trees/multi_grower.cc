#include "learners/trees/multi_grower.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/random.h"

namespace tagwerk::learners::trees {

using table::RowIndex;

namespace {

constexpr std::size_t kLaneWork = 4000;  // additions of lanes below which threads cost more than they give

}  // namespace

MultiGrower::MultiGrower(const BinnedData& data, const GrowRules& rules, const LaneForm& form, Pool* pool)
    : data_(data),
      rules_(rules),
      form_(form),
      pool_(pool),
      reader_(data),
      threads_(pool != nullptr ? std::size_t(pool->threads()) : 1),
      blocks_(AllParts(data)),
      shares_(ShareParts(data, threads_)) {
  const std::size_t bytes = std::max<std::size_t>(1, data.histogram_size * form.lanes() * sizeof(std::int32_t));
  max_buffers_ = std::max<std::size_t>(3, rules.histogram_bytes / bytes);
}

MultiGrower::~MultiGrower() = default;

// With the budget used up, the open leaf that is least likely to be split gives its histogram away.
std::int32_t* MultiGrower::AcquireHistogram() {
  if (free_.empty() && buffers_.size() < max_buffers_) {
    buffers_.push_back(std::make_unique_for_overwrite<std::int32_t[]>(data_.histogram_size * form_.lanes()));
    return buffers_.back().get();
  }
  if (free_.empty()) {
    Leaf* poorest = nullptr;
    for (Leaf& leaf : open_) {
      if (leaf.histogram && (!poorest || !Before(leaf, *poorest))) poorest = &leaf;
    }
    ReleaseHistogram(poorest->histogram);
  }
  std::int32_t* taken = free_.back();
  free_.pop_back();
  return taken;
}

void MultiGrower::ReleaseHistogram(std::int32_t*& histogram) {
  if (histogram != nullptr) free_.push_back(std::exchange(histogram, nullptr));
}

bool MultiGrower::Splittable(const Leaf& leaf) const {
  const auto least = static_cast<std::size_t>(std::max(1, rules_.split.min_samples_leaf));
  return leaf.rows() >= 2 * least && (rules_.max_depth <= 0 || leaf.depth < rules_.max_depth);
}

MultiGrower::Sums MultiGrower::TotalOf(model::RowSpan rows) const {
  const std::size_t lanes = form_.lanes();
  Sums sums(lanes, 0);
  for (const RowIndex row : rows) {
    const std::int16_t* from = plane_->packed.data() + std::size_t(row) * lanes;
    for (std::size_t i = 0; i < lanes; ++i) sums[i] += from[i];
  }
  return sums;
}

void MultiGrower::BuildPart(const BlockPart& part, Wanted features, Leaf& leaf) const {
  const Block& block = data_.blocks[part.block];
  const std::size_t lanes = form_.lanes();
  ForRuns(data_, part, features,
          [&](std::size_t at, std::size_t n) { std::fill_n(leaf.histogram + at * lanes, n * lanes, 0); });
  const RowIndex* rows = rows_.data() + leaf.begin;
  if (block.sparse()) {
    AddLaneEntries(rows, leaf.rows(), block.start.data(), block.slot.data(), lanes, plane_->packed.data(),
                   leaf.histogram + block.offset * lanes);
    return;
  }
  const std::size_t offset = block.offset + std::size_t(part.first) * std::size_t(block.stride);
  AddLanes(rows, leaf.rows(), block.rows.data() + part.first, kBlock, std::size_t(part.count),
           std::size_t(block.stride), lanes, plane_->packed.data(), leaf.histogram + offset * lanes);
}

// One part of the columns, from the rows to the best split.
void MultiGrower::SearchPart(const BlockPart& part, std::size_t thread, std::span<Leaf> leaves,
                             const Features& features) {
  const auto [begin, end] = Within(data_, part, features);
  if (begin == end) return;
  const Wanted wanted = std::span(features).subspan(begin, end - begin);
  const std::size_t lanes = form_.lanes();
  for (Leaf& leaf : leaves) {
    if (leaf.build) BuildPart(part, wanted, leaf);
  }
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    Leaf& leaf = leaves[i];
    if (!leaf.scan) continue;
    if (!leaf.build) {
      const std::int32_t* other = leaves[1 - i].histogram;
      ForRuns(data_, part, wanted, [&](std::size_t at, std::size_t n) {
        SubtractInts(leaf.histogram + at * lanes, other + at * lanes, n * lanes);
      });
    }
    Split best = leaf.found[thread];
    for (std::size_t k = begin; k < end; ++k) leaf.alive[k] = ScanFeature(leaf, features[k], best);
    leaf.found[thread] = best;
  }
}

// Threads ascend by feature: ties keep the lower one.
void MultiGrower::Conclude(Leaf& leaf) {
  for (const Split& split : leaf.found) {
    if (split.gain > leaf.best.gain) leaf.best = split;
  }
  if (leaf.best.gain * plane_->scale.g * plane_->scale.g / plane_->scale.h <= rules_.split.min_gain) leaf.best.gain = 0;
  if (leaf.best.gain <= 0) {
    ReleaseHistogram(leaf.histogram);
    return;
  }
  if (std::find(leaf.alive.begin(), leaf.alive.end(), 0) == leaf.alive.end()) return;
  auto kept = std::make_shared<Features>();
  for (std::size_t k = 0; k < leaf.alive.size(); ++k) {
    if (leaf.alive[k]) kept->push_back((*leaf.features)[k]);
  }
  leaf.features = std::move(kept);
}

// The root, or two children side by side: the smaller one is built, the larger one is what that leaves of the parent's
// histogram. Where the parent's was given away, both are built.
void MultiGrower::FindSplits(std::span<Leaf> leaves, std::int32_t* inherited) {
  const std::shared_ptr<const Features> features = leaves.front().features;
  const std::size_t smaller = leaves.size() > 1 && leaves[1].rows() < leaves[0].rows() ? 1 : 0;
  const bool subtract = inherited != nullptr;
  if (std::none_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) { return Splittable(leaf); })) {
    ReleaseHistogram(inherited);
    return;
  }
  std::size_t built = 0;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    Leaf& leaf = leaves[i];
    leaf.scan = Splittable(leaf);
    leaf.build = subtract ? i == smaller : leaf.scan;
    if (leaf.build) leaf.histogram = AcquireHistogram();
    if (!leaf.build && leaf.scan) leaf.histogram = std::exchange(inherited, nullptr);
    built += leaf.build ? leaf.rows() : 0;
    leaf.found.assign(threads_, Split());
    leaf.alive.assign(features->size(), 0);
    leaf.own_gain = OwnGain(leaf);
  }
  ReleaseHistogram(inherited);
  const std::size_t slots = leaves.size() * features->size() * (1 + data_.total_bins / data_.features.size());
  if (threads_ > 1 && built * features->size() + slots > kLaneWork) {
    pool_->For(threads_, [&](std::size_t t) {
      for (const BlockPart& part : shares_[t]) SearchPart(part, t, leaves, *features);
    });
  } else {
    for (const BlockPart& part : blocks_) SearchPart(part, 0, leaves, *features);
  }
  for (Leaf& leaf : leaves) {
    if (leaf.scan)
      Conclude(leaf);
    else
      ReleaseHistogram(leaf.histogram);
  }
}

void MultiGrower::Expand(Tree& tree, Leaf parent, bool last) {
  const auto f = std::size_t(parent.best.feature);
  const Sides sides = SidesOf(parent.best, data_.features[f]);
  const double unit = plane_->scale.g * plane_->scale.g / plane_->scale.h;
  const std::uint32_t node = SplitNode(tree, parent.node, parent.best, parent.best.gain * unit);
  std::array<Leaf, 2> children;
  Leaf& left = children[0];
  Leaf& right = children[1];
  const std::span<RowIndex> rows = rows_.subspan(parent.begin, parent.rows());
  const std::span<RowIndex> routed = routed_.subspan(parent.routed_begin, parent.routed_end - parent.routed_begin);
  left.begin = parent.begin;
  left.end = right.begin = parent.begin + Partition(rows, reader_.Of(f, rows), sides, scratch_, pool_);
  right.end = parent.end;
  left.routed_begin = parent.routed_begin;
  left.routed_end = right.routed_begin =
      parent.routed_begin + Partition(routed, reader_.Of(f, routed), sides, scratch_, pool_);
  right.routed_end = parent.routed_end;
  Leaf& smaller = left.rows() <= right.rows() ? left : right;
  Leaf& larger = left.rows() <= right.rows() ? right : left;
  smaller.total = TotalOf(rows_.subspan(smaller.begin, smaller.rows()));
  larger.total = std::move(parent.total);
  for (std::size_t i = 0; i < larger.total.size(); ++i) larger.total[i] -= smaller.total[i];
  for (Leaf& leaf : children) {
    leaf.node = node + (&leaf == &right);
    leaf.depth = parent.depth + 1;
    leaf.features = parent.features;
  }
  if (last)
    ReleaseHistogram(parent.histogram);
  else
    FindSplits(children, parent.histogram);
  open_.push_back(std::move(left));
  open_.push_back(std::move(right));
}

// The order in which leaves are split; those that cannot be split come last.
bool MultiGrower::Before(const Leaf& a, const Leaf& b) const {
  const bool can_a = a.best.gain > 0, can_b = b.best.gain > 0;
  if (can_a != can_b) return can_a;
  if (rules_.growth == Growth::kDepthWise && a.depth != b.depth) return a.depth < b.depth;
  return a.best.gain != b.best.gain ? a.best.gain > b.best.gain : a.node < b.node;
}

bool MultiGrower::Grow(const Context& context, const LanePlane& plane, std::span<const std::uint8_t> use,
                       std::vector<RowIndex>& rows, std::vector<RowIndex>& routed, Tree& tree) {
  plane_ = &plane;
  rows_ = rows;
  routed_ = routed;
  open_.clear();
  done_.clear();
  free_.clear();
  for (const auto& buffer : buffers_) free_.push_back(buffer.get());
  tree.nodes.assign(1, TreeNode());
  Leaf root;
  root.end = rows.size();
  root.routed_end = routed.size();
  root.total = TotalOf(rows);
  auto features = std::make_shared<Features>();
  for (std::size_t f = 0; f < data_.features.size(); ++f) {
    if (use[f]) features->push_back(static_cast<std::int32_t>(f));
  }
  root.features = features;
  if (!features->empty() && rules_.max_leaves > 1) FindSplits({&root, 1}, nullptr);
  open_.push_back(std::move(root));
  while (open_.size() < std::size_t(rules_.max_leaves)) {
    const auto top =
        std::min_element(open_.begin(), open_.end(), [&](const Leaf& a, const Leaf& b) { return Before(a, b); });
    if (top->best.gain <= 0) break;
    if (top->rows() > kCheckRows && context.ShouldStop()) return false;
    Leaf parent = std::move(*top);
    open_.erase(top);
    Expand(tree, std::move(parent), open_.size() + 2 >= std::size_t(rules_.max_leaves));
  }
  for (const Leaf& leaf : open_) {
    tree.nodes[leaf.node].left = static_cast<std::uint32_t>(done_.size());
    done_.push_back({leaf.node, leaf.begin, leaf.end, leaf.routed_begin, leaf.routed_end, 0, {}});
  }
  return true;
}

}  // namespace tagwerk::learners::trees
