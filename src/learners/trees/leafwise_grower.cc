#include "learners/trees/leafwise_grower.h"

#include <algorithm>

#include "base/random.h"

namespace tagwerk::learners::trees {

namespace {

constexpr std::size_t kParallelAdds = 400'000;  // rows x columns below which threads cost more than they give
constexpr std::size_t kParallelBins = 100'000;
constexpr std::size_t kCheckRows = 100'000;  // larger leaves look at the clock

}  // namespace

using table::RowIndex;

/// A leaf that may still be split. Features without a valid split in the parent are not tried again.
struct LeafwiseGrower::Leaf {
  std::uint32_t node = 0;
  std::size_t begin = 0, end = 0, routed_begin = 0, routed_end = 0;
  Packed total = 0;
  int depth = 0;
  double output = 0;
  Packed* histogram = nullptr;
  Split best;
  std::shared_ptr<const std::vector<std::int32_t>> features;
  std::size_t rows() const { return end - begin; }
};

LeafwiseGrower::LeafwiseGrower(const BinnedData& data, const GrowRules& rules, Pool* pool)
    : data_(data), rules_(rules), pool_(pool) {
  const std::size_t bytes = std::max<std::size_t>(1, data.histogram_size * sizeof(Packed));
  max_buffers_ = std::max<std::size_t>(3, rules.histogram_bytes / bytes);
}

LeafwiseGrower::~LeafwiseGrower() = default;

// With the budget used up, the open leaf that is least likely to be split gives its histogram away.
Packed* LeafwiseGrower::AcquireHistogram() {
  if (free_.empty() && buffers_.size() < max_buffers_) {
    buffers_.push_back(std::make_unique<Packed[]>(data_.histogram_size));
    return buffers_.back().get();
  }
  if (free_.empty()) {
    Leaf* poorest = nullptr;
    for (Leaf& leaf : open_) {
      if (leaf.histogram && (!poorest || leaf.best.gain <= poorest->best.gain)) poorest = &leaf;
    }
    ReleaseHistogram(poorest->histogram);
    poorest->histogram = nullptr;
  }
  Packed* taken = free_.back();
  free_.pop_back();
  return taken;
}

void LeafwiseGrower::ReleaseHistogram(Packed* histogram) {
  if (histogram != nullptr) free_.push_back(histogram);
}

std::vector<std::uint8_t> LeafwiseGrower::ActiveBlocks(const std::vector<std::int32_t>& features) const {
  std::vector<std::uint8_t> active(data_.blocks.size(), 0);
  for (const std::int32_t f : features) active[std::size_t(f) / kBlock] = 1;
  return active;
}

void LeafwiseGrower::Build(const GradientPlane& plane, Leaf& leaf, const std::vector<std::int32_t>& features) {
  const std::span<const RowIndex> rows = rows_.subspan(leaf.begin, leaf.rows());
  Pool* pool = rows.size() * features.size() > kParallelAdds ? pool_ : nullptr;
  if (ordered_.size() < rows.size()) ordered_.resize(rows.size());
  ForChunks(pool, rows.size(), [&](std::size_t b, std::size_t e) {
    for (std::size_t k = b; k < e; ++k) ordered_[k] = plane.packed[rows[k]];
  });
  BuildHistogram(data_, rows, ordered_.data(), ActiveBlocks(features), leaf.histogram, pool);
}

bool LeafwiseGrower::Splittable(const Leaf& leaf) const {
  const auto least = static_cast<std::size_t>(std::max(1, rules_.split.min_samples_leaf));
  return leaf.rows() >= 2 * least && (rules_.max_depth <= 0 || leaf.depth < rules_.max_depth);
}

void LeafwiseGrower::Scan(const GradientPlane& plane, Leaf& leaf) {
  leaf.best = Split();
  if (!Splittable(leaf)) return;
  const LeafScan scan =
      LeafScan::Make(rules_.split, plane.scale, leaf.total, leaf.rows(), leaf.output, Mix64(seed_, leaf.node));
  const std::vector<std::int32_t>& features = *leaf.features;
  const std::size_t n = features.size();
  const bool parallel = pool_ != nullptr && data_.total_bins > kParallelBins;
  const std::size_t parts = parallel ? std::size_t(pool_->threads()) * 2 : 1;
  std::vector<Split> best(parts);
  std::vector<std::uint8_t> alive(n, 0);
  const auto scan_part = [&](std::size_t p) {
    for (std::size_t k = p * n / parts; k < (p + 1) * n / parts; ++k) {
      const auto f = std::size_t(features[k]);
      const Packed* histogram = leaf.histogram + data_.HistogramOffset(f);
      alive[k] = ScanFeature(data_.features[f], features[k], histogram, scan, best[p]);
    }
  };
  if (parallel)
    pool_->For(parts, scan_part);
  else
    scan_part(0);
  for (const Split& b : best) {
    if (b.gain > leaf.best.gain) leaf.best = b;  // parts ascend by feature: ties keep the lower one
  }
  if (scan.RealGain(leaf.best.gain) <= rules_.split.min_gain) leaf.best.gain = 0;
  if (std::find(alive.begin(), alive.end(), 0) != alive.end()) {
    auto kept = std::make_shared<std::vector<std::int32_t>>();
    for (std::size_t k = 0; k < n; ++k) {
      if (alive[k]) kept->push_back(features[k]);
    }
    leaf.features = std::move(kept);
  }
}

void LeafwiseGrower::FindSplits(const GradientPlane& plane, Leaf& left, Leaf& right, Packed* parent_histogram) {
  const bool scan_left = Splittable(left), scan_right = Splittable(right);
  if (!scan_left && !scan_right) {
    ReleaseHistogram(parent_histogram);
    return;
  }
  const std::vector<std::int32_t>& features = *left.features;
  Leaf& small = left.rows() <= right.rows() ? left : right;
  Leaf& large = &small == &left ? right : left;
  const bool scan_small = &small == &left ? scan_left : scan_right;
  const bool scan_large = &small == &left ? scan_right : scan_left;
  if (parent_histogram != nullptr) {
    small.histogram = AcquireHistogram();
    Build(plane, small, features);
    if (scan_large) {
      const std::vector<std::uint8_t> active = ActiveBlocks(features);
      for (std::size_t b = 0; b < data_.blocks.size(); ++b) {
        const Block& block = data_.blocks[b];
        const std::size_t size = std::size_t(block.features) * std::size_t(block.stride);
        if (active[b]) Subtract(parent_histogram + block.offset, small.histogram + block.offset, size);
      }
      large.histogram = parent_histogram;
    } else {
      ReleaseHistogram(parent_histogram);
    }
    if (!scan_small) {
      ReleaseHistogram(small.histogram);
      small.histogram = nullptr;
    }
  } else {
    for (Leaf* leaf : {&left, &right}) {
      if (!Splittable(*leaf)) continue;
      leaf->histogram = AcquireHistogram();
      Build(plane, *leaf, features);
    }
  }
  for (Leaf* leaf : {&left, &right}) {
    if (!Splittable(*leaf)) continue;
    Scan(plane, *leaf);
    if (leaf->best.gain > 0) continue;
    ReleaseHistogram(leaf->histogram);
    leaf->histogram = nullptr;
  }
}

void LeafwiseGrower::Expand(const GradientPlane& plane, Tree& tree, Leaf parent, bool last) {
  const Split& split = parent.best;
  const auto f = std::size_t(split.feature);
  const SideTable sides = SidesOf(split, data_.features[f]);
  const std::uint8_t* bins = data_.columns[f].data();
  const double unit = plane.scale.g * plane.scale.g / plane.scale.h;
  const std::uint32_t node = SplitNode(tree, parent.node, split, split.gain * unit);
  Leaf left, right;
  left.node = node;
  right.node = node + 1;
  left.begin = parent.begin;
  left.end = right.begin =
      parent.begin + Partition(rows_.subspan(parent.begin, parent.rows()), bins, sides, scratch_, pool_);
  right.end = parent.end;
  left.routed_begin = parent.routed_begin;
  const std::size_t routed = parent.routed_end - parent.routed_begin;
  left.routed_end = right.routed_begin =
      parent.routed_begin + Partition(routed_.subspan(parent.routed_begin, routed), bins, sides, scratch_, pool_);
  right.routed_end = parent.routed_end;
  left.total = split.left;
  right.total = parent.total - split.left;
  left.depth = right.depth = parent.depth + 1;
  left.features = right.features = parent.features;
  for (Leaf* leaf : {&left, &right}) {
    const double raw = Output(GradientOf(leaf->total) * plane.scale.g, HessianOf(leaf->total) * plane.scale.h,
                              rules_.split.l1, rules_.split.l2);
    const double share = double(leaf->rows()) / (double(leaf->rows()) + rules_.split.path_smooth);
    leaf->output = raw * share + parent.output * (1 - share);
  }
  if (last)
    ReleaseHistogram(parent.histogram);
  else
    FindSplits(plane, left, right, parent.histogram);
  open_.push_back(std::move(left));
  open_.push_back(std::move(right));
}

bool LeafwiseGrower::Grow(const Context& context, const GradientPlane& plane, std::uint64_t seed,
                          std::span<const std::uint8_t> use, std::vector<RowIndex>& rows, std::vector<RowIndex>& routed,
                          Tree& tree) {
  seed_ = seed;
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
  for (const RowIndex row : rows) root.total += plane.packed[row];
  auto features = std::make_shared<std::vector<std::int32_t>>();
  for (std::size_t f = 0; f < data_.features.size(); ++f) {
    if (use[f]) features->push_back(static_cast<std::int32_t>(f));
  }
  root.features = features;
  root.output = Output(GradientOf(root.total) * plane.scale.g, HessianOf(root.total) * plane.scale.h, rules_.split.l1,
                       rules_.split.l2);
  if (Splittable(root) && !features->empty() && rules_.max_leaves > 1) {
    root.histogram = AcquireHistogram();
    Build(plane, root, *features);
    Scan(plane, root);
  }
  open_.push_back(std::move(root));
  while (open_.size() < std::size_t(rules_.max_leaves)) {
    const auto top = std::max_element(open_.begin(), open_.end(), [](const Leaf& a, const Leaf& b) {
      return a.best.gain != b.best.gain ? a.best.gain < b.best.gain : a.node > b.node;
    });
    if (top->best.gain <= 0) break;
    if (top->rows() > kCheckRows && context.ShouldStop()) return false;
    Leaf parent = std::move(*top);
    open_.erase(top);
    const bool last = open_.size() + 2 >= std::size_t(rules_.max_leaves);
    Expand(plane, tree, std::move(parent), last);
  }
  for (const Leaf& leaf : open_) {
    tree.nodes[leaf.node].left = static_cast<std::uint32_t>(done_.size());
    done_.push_back({leaf.node, leaf.begin, leaf.end, leaf.routed_begin, leaf.routed_end, leaf.output});
  }
  return true;
}

}  // namespace tagwerk::learners::trees
