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
      threads_(pool != nullptr ? std::size_t(pool->threads()) : 1),
      blocks_(AllParts(data)),
      shares_(ShareParts(data, threads_)),
      lists_(data, pool),
      histograms_(data.histogram_size * form.lanes(), rules.histogram_bytes) {}

MultiGrower::~MultiGrower() = default;

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
  ForRuns(data_, part, features, &RowByte::codes,
          [&](std::size_t at, std::size_t n) { std::fill_n(leaf.histogram + at * lanes, n * lanes, 0); });
  const RowIndex* rows = lists_.Of(leaf).data();
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
      ForRuns(data_, part, wanted, &RowByte::sums, [&](std::size_t at, std::size_t n) {
        SubtractInts(leaf.histogram + at * lanes, other + at * lanes, n * lanes);
      });
    }
    Split best = leaf.found[thread];
    for (std::size_t k = begin; k < end; ++k) leaf.alive[k] = ScanFeature(leaf, features[k], best);
    leaf.found[thread] = best;
  }
}

void MultiGrower::Conclude(Leaf& leaf) {
  TakeBest(leaf.found, plane_->scale, rules_.split.min_gain, leaf);
  if (leaf.best.gain <= 0)
    histograms_.Release(leaf.histogram);
  else
    KeepAlive(leaf.alive, leaf);
}

// The root, or two children side by side: the smaller one is built, the larger one is what that leaves of the parent's
// histogram. Where the parent's was given away, both are built.
void MultiGrower::FindSplits(std::span<Leaf> leaves, std::int32_t* inherited) {
  const std::shared_ptr<const Features> features = leaves.front().features;
  const std::size_t smaller = leaves.size() > 1 && leaves[1].rows() < leaves[0].rows() ? 1 : 0;
  const bool subtract = inherited != nullptr;
  if (std::none_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) { return Splittable(leaf, rules_); })) {
    histograms_.Release(inherited);
    return;
  }
  std::size_t built = 0;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    Leaf& leaf = leaves[i];
    leaf.scan = Splittable(leaf, rules_);
    leaf.build = subtract ? i == smaller : leaf.scan;
    if (leaf.build) leaf.histogram = AcquireHistogram(histograms_, rules_.growth, open_);
    if (!leaf.build && leaf.scan) leaf.histogram = std::exchange(inherited, nullptr);
    built += leaf.build ? leaf.rows() : 0;
    leaf.found.assign(threads_, Split());
    leaf.alive.assign(features->size(), 0);
    leaf.own_gain = OwnGain(leaf);
  }
  histograms_.Release(inherited);
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
      histograms_.Release(leaf.histogram);
  }
}

void MultiGrower::Expand(Tree& tree, Leaf parent, bool last) {
  std::array<Leaf, 2> children;
  Leaf& left = children[0];
  Leaf& right = children[1];
  lists_.Part(parent, plane_->scale, tree, left, right);
  Leaf& smaller = left.rows() <= right.rows() ? left : right;
  Leaf& larger = left.rows() <= right.rows() ? right : left;
  smaller.total = TotalOf(lists_.Of(smaller));
  larger.total = std::move(parent.total);
  for (std::size_t i = 0; i < larger.total.size(); ++i) larger.total[i] -= smaller.total[i];
  if (last)
    histograms_.Release(parent.histogram);
  else
    FindSplits(children, parent.histogram);
  open_.push_back(std::move(left));
  open_.push_back(std::move(right));
}

bool MultiGrower::Grow(const Context& context, const LanePlane& plane, std::span<const std::uint8_t> use,
                       std::vector<RowIndex>& rows, std::vector<RowIndex>& routed, Tree& tree) {
  plane_ = &plane;
  lists_.Start(rows, routed);
  open_.clear();
  histograms_.Reset();
  tree.nodes.assign(1, TreeNode());
  Leaf root;
  lists_.GiveAll(root);
  root.total = TotalOf(lists_.all());
  root.features = std::make_shared<Features>(UsedFeatures(data_, use));
  if (!root.features->empty() && rules_.max_leaves > 1) FindSplits({&root, 1}, nullptr);
  open_.push_back(std::move(root));
  const auto expand = [&](Leaf parent, bool last) { Expand(tree, std::move(parent), last); };
  if (!SplitBestFirst(context, rules_, open_, expand)) return false;
  done_ = NumberLeaves(open_, tree);
  return true;
}

}  // namespace tagwerk::learners::trees
