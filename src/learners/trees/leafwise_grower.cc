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

/// A leaf that may still be split. Features without a valid split in the parent are not tried again.
struct LeafwiseGrower::Leaf {
  std::uint32_t node = 0;
  std::size_t begin = 0, end = 0, routed_begin = 0, routed_end = 0;
  Packed total = 0;
  int depth = 0;
  Held held;
  Packed* histogram = nullptr;
  Split best;
  std::shared_ptr<const Features> features;
  std::vector<std::uint32_t> groups;  ///< that hold all columns of its path
  std::size_t rows() const { return end - begin; }
};

/// The search for one leaf's split.
struct LeafwiseGrower::Search {
  Leaf* leaf = nullptr;
  bool build = false;     ///< from its rows; else: what the built one leaves of the parent's histogram
  bool scan = false;      ///< false: only built, for the other one's sake
  std::size_t first = 0;  ///< of its rows in ordered_
  LeafScan rules;
  std::vector<Split> best;          ///< by thread
  std::vector<std::uint8_t> alive;  ///< by position in the list of features: some split was valid
};

LeafwiseGrower::LeafwiseGrower(const BinnedData& data, const GrowRules& rules, Pool* pool)
    : data_(data),
      rules_(rules),
      pool_(pool),
      reader_(data),
      threads_(pool != nullptr ? std::size_t(pool->threads()) : 1),
      blocks_(AllParts(data)),
      shares_(ShareParts(data, threads_)) {
  const std::size_t bytes = std::max<std::size_t>(1, data.histogram_size * sizeof(Packed));
  max_buffers_ = std::max<std::size_t>(3, rules.histogram_bytes / bytes);
  groups_ = GroupsOf(data, rules);
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
      if (leaf.histogram && (!poorest || !Before(leaf, *poorest))) poorest = &leaf;
    }
    ReleaseHistogram(poorest->histogram);
  }
  Packed* taken = free_.back();
  free_.pop_back();
  return taken;
}

void LeafwiseGrower::ReleaseHistogram(Packed*& histogram) {
  if (histogram != nullptr) free_.push_back(std::exchange(histogram, nullptr));
}

bool LeafwiseGrower::Splittable(const Leaf& leaf) const {
  const auto least = static_cast<std::size_t>(std::max(1, rules_.split.min_samples_leaf));
  return leaf.rows() >= 2 * least && (rules_.max_depth <= 0 || leaf.depth < rules_.max_depth);
}

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
      const std::span<const RowIndex> rows = rows_.subspan(search.leaf->begin, search.leaf->rows());
      BuildPart(data_, part, wanted, rows, ordered_.data() + search.first, search.leaf->histogram);
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

// Threads ascend by feature: ties keep the lower one.
void LeafwiseGrower::Conclude(Search& search) {
  Leaf& leaf = *search.leaf;
  for (const Split& b : search.best) {
    if (b.gain > leaf.best.gain) leaf.best = b;
  }
  if (search.rules.RealGain(leaf.best.gain) <= rules_.split.min_gain) leaf.best.gain = 0;
  if (leaf.best.gain <= 0) {
    ReleaseHistogram(leaf.histogram);
    return;
  }
  if (std::find(search.alive.begin(), search.alive.end(), 0) == search.alive.end()) return;
  auto kept = std::make_shared<Features>();
  for (std::size_t k = 0; k < search.alive.size(); ++k) {
    if (search.alive[k]) kept->push_back((*leaf.features)[k]);
  }
  leaf.features = std::move(kept);
}

// The smaller child is built from its rows; the larger one is what that leaves of the parent's histogram. Where the
// parent's was given away, both are built. Returns how many rows are to be added up.
std::size_t LeafwiseGrower::PrepareSearches(std::span<Leaf> leaves, Packed* inherited) {
  const std::size_t smaller = leaves.size() > 1 && leaves[1].rows() < leaves[0].rows() ? 1 : 0;
  const bool subtract = inherited != nullptr;
  const bool any = std::any_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) { return Splittable(leaf); });
  searches_.resize(any ? leaves.size() : 0);
  std::size_t built = 0;
  for (std::size_t i = 0; i < searches_.size(); ++i) {
    Search& search = searches_[i];
    Leaf& leaf = leaves[i];
    search.leaf = &leaf;
    search.scan = Splittable(leaf);
    search.build = subtract ? i == smaller : search.scan;
    if (search.build) leaf.histogram = AcquireHistogram();
    if (!search.build && search.scan) leaf.histogram = std::exchange(inherited, nullptr);
    search.first = built;
    built += search.build ? leaf.rows() : 0;
    search.rules = LeafScan::Make(rules_.split, plane_->scale, leaf.total, leaf.rows(), leaf.held.output,
                                  leaf.held.range, Mix64(seed_, leaf.node));
    search.best.assign(threads_, Split());
    search.alive.assign(leaf.features->size(), 0);
  }
  ReleaseHistogram(inherited);
  return built;
}

// The root, or two children side by side.
void LeafwiseGrower::FindSplits(std::span<Leaf> leaves, Packed* inherited) {
  const std::shared_ptr<const Features> features = leaves.front().features;
  const std::size_t built = PrepareSearches(leaves, inherited);
  if (searches_.empty()) return;
  if (ordered_.size() < built) ordered_.resize(built);
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
      ReleaseHistogram(search.leaf->histogram);
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

void LeafwiseGrower::Gather(const Search& search, std::size_t begin, std::size_t end) {
  const RowIndex* rows = rows_.data() + search.leaf->begin;
  Packed* to = ordered_.data() + search.first;
  for (std::size_t k = begin; k < end; ++k) to[k] = plane_->packed[rows[k]];
}

// Each thread adds its part of the rows up in a histogram of its own; SearchPart puts them together.
void LeafwiseGrower::BuildByRows(const Search& search, const Features& features) {
  partial_.resize(threads_ - 1);
  for (auto& histogram : partial_) histogram.resize(data_.histogram_size);
  const std::span<const RowIndex> rows = rows_.subspan(search.leaf->begin, search.leaf->rows());
  pool_->For(threads_, [&](std::size_t t) {
    const std::size_t b = t * rows.size() / threads_, e = (t + 1) * rows.size() / threads_;
    Gather(search, b, e);
    Packed* to = t == 0 ? search.leaf->histogram : partial_[t - 1].data();
    for (const BlockPart& part : blocks_) {
      const auto [first, end] = Within(data_, part, features);
      const Wanted wanted = std::span(features).subspan(first, end - first);
      if (first < end) BuildPart(data_, part, wanted, rows.subspan(b, e - b), ordered_.data() + search.first + b, to);
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
  left.total = parent.best.left;
  right.total = parent.total - parent.best.left;
  for (Leaf& leaf : children) {
    leaf.node = node + (&leaf == &right);
    leaf.depth = parent.depth + 1;
    leaf.features = parent.features;
  }
  const HeldSides held = HoldSides(rules_.split, plane_->scale, parent.held, left.total, left.rows(), right.total,
                                   right.rows(), DirectionOf(data_, rules_, f));
  left.held = held.left;
  right.held = held.right;
  KeepGroups(parent, children);
  if (last)
    ReleaseHistogram(parent.histogram);
  else
    FindSplits(children, parent.histogram);
  open_.push_back(std::move(left));
  open_.push_back(std::move(right));
}

// The order in which leaves are split; those that cannot be split come last.
bool LeafwiseGrower::Before(const Leaf& a, const Leaf& b) const {
  const bool can_a = a.best.gain > 0, can_b = b.best.gain > 0;
  if (can_a != can_b) return can_a;
  if (rules_.growth == Growth::kDepthWise && a.depth != b.depth) return a.depth < b.depth;
  return a.best.gain != b.best.gain ? a.best.gain > b.best.gain : a.node < b.node;
}

LeafwiseGrower::Leaf LeafwiseGrower::Root(std::span<const std::uint8_t> use) const {
  Leaf root;
  root.end = rows_.size();
  root.routed_end = routed_.size();
  for (const RowIndex row : rows_) root.total += plane_->packed[row];
  auto features = std::make_shared<Features>();
  for (std::size_t f = 0; f < data_.features.size(); ++f) {
    if (use[f]) features->push_back(static_cast<std::int32_t>(f));
  }
  root.features = features;
  for (std::uint32_t g = 0; g < groups_.size(); ++g) root.groups.push_back(g);
  root.held.output = RootOutput(rules_.split, plane_->scale, root.total);
  return root;
}

bool LeafwiseGrower::Grow(const Context& context, const GradientPlane& plane, std::uint64_t seed,
                          std::span<const std::uint8_t> use, std::vector<RowIndex>& rows, std::vector<RowIndex>& routed,
                          Tree& tree) {
  seed_ = seed;
  plane_ = &plane;
  rows_ = rows;
  routed_ = routed;
  open_.clear();
  done_.clear();
  free_.clear();
  for (const auto& buffer : buffers_) free_.push_back(buffer.get());
  tree.nodes.assign(1, TreeNode());
  Leaf root = Root(use);
  if (!root.features->empty() && rules_.max_leaves > 1) FindSplits({&root, 1}, nullptr);
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
    done_.push_back(
        {leaf.node, leaf.begin, leaf.end, leaf.routed_begin, leaf.routed_end, leaf.held.output, leaf.held.range});
  }
  return true;
}

}  // namespace tagwerk::learners::trees
