#include "learners/trees/forest_grower.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tagwerk::learners::trees {

using table::RowIndex;
using RowSpan = std::span<const RowIndex>;

namespace {
constexpr std::size_t kSmallNode = 512;  // up to here only occupied bins are visited
}

ForestGrower::ForestGrower(const BinnedData& data, const ForestRules& rules, const ForestTarget& target)
    : data_(data),
      rules_(rules),
      target_(target),
      reader_(data),
      histogram_(256, 0),
      splitter_(target.classes),
      order_(data.features.size()) {
  if (target.classes >= 3) {
    class_weight_.resize(data.num_rows);
  } else {
    plane_.real.resize(data.num_rows);
    plane_.packed.resize(data.num_rows);
  }
}

void ForestGrower::SetWeights(const std::vector<RowIndex>& rows, const std::vector<float>& weight) {
  if (target_.classes >= 3) {
    double sum = 0;
    bool whole = true;
    for (const float w : weight) {
      sum += w;
      whole &= w == std::floor(w);
    }
    // Counts stay as they are; other weights are scaled to integers that sum to 2^30.
    const double scale = whole && sum < double(1 << 30) ? 1 : double(1 << 30) / sum;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      class_weight_[rows[k]] = static_cast<std::uint32_t>(std::llround(weight[k] * scale));
    }
    return;
  }
  bool unit = true;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const auto value = static_cast<float>(target_.value[rows[k]] - target_.center);
    plane_.real[rows[k]] = {-weight[k] * value, weight[k]};
    unit &= weight[k] == 1.0f;
  }
  Quantise(plane_, rows, {.unit_hessian = unit}, nullptr);
}

bool ForestGrower::IsPure(RowSpan rows) const {
  if (target_.classes >= 3) {
    return std::all_of(rows.begin(), rows.end(),
                       [&](RowIndex r) { return target_.label[r] == target_.label[rows.front()]; });
  }
  return std::all_of(rows.begin(), rows.end(),
                     [&](RowIndex r) { return target_.value[r] == target_.value[rows.front()]; });
}

// One random cut (see DrawOne in split.cc) needs no histogram: the range of bins, then the left sum.
bool ForestGrower::TryRandomCut(std::int32_t feature, RowSpan rows, const LeafScan& leaf, Split& best) {
  const Feature& f = data_.features[std::size_t(feature)];
  const std::uint8_t* bins = reader_.Of(std::size_t(feature), rows);
  const int missing_bin = f.train_missing ? f.missing_bin() : 256;
  int low = 255, high = 0;
  bool missing = false;
  for (const RowIndex r : rows) {
    const int b = bins[r];
    missing |= b == missing_bin;
    low = std::min(low, b);
    high = std::max(high, b == missing_bin ? 0 : b);
  }
  if (low == missing_bin || (low == high && !missing)) return false;
  int cut = f.num_bins - 1;
  if (low < high) cut = low + static_cast<int>(Mix64(leaf.seed, std::uint64_t(feature)) % std::uint64_t(high - low));
  Packed left = 0, missing_sum = 0;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const int b = bins[rows[k]];
    left += ordered_[k] & -Packed(b <= cut);  // masks: branches on random cuts are never foreseen
    missing_sum += ordered_[k] & -Packed(b == missing_bin);
  }
  const bool heavy_left = 2 * std::int64_t(HessianOf(left)) > HessianOf(leaf.bounds.total);
  for (const bool missing_left : {false, true}) {
    if (missing_left && !missing) break;
    const Packed side = missing_left ? left + missing_sum : left;
    const double gain = PairGain(leaf, side, 0);
    if (HessianOf(side) < leaf.bounds.low || HessianOf(leaf.bounds.total - side) < leaf.bounds.low) continue;
    if (gain <= best.gain) continue;
    best.gain = gain;
    best.feature = feature;
    best.category = false;
    best.bin = static_cast<std::uint8_t>(cut);
    best.left = side;
    best.default_left = missing ? missing_left : heavy_left;
  }
  return true;
}

bool ForestGrower::ScanColumn(std::int32_t feature, RowSpan rows, const LeafScan& leaf, Split& best) {
  const Feature& f = data_.features[std::size_t(feature)];
  if (!f.category && rules_.split.random_thresholds) return TryRandomCut(feature, rows, leaf, best);
  const std::uint8_t* bins = reader_.Of(std::size_t(feature), rows);
  Packed* h = histogram_.data();
  if (f.category || rows.size() > kSmallNode) {
    for (std::size_t k = 0; k < rows.size(); ++k) h[bins[rows[k]]] += ordered_[k];
    const bool varies = ScanFeature(f, feature, h, leaf, best);
    std::fill_n(h, f.slots(), 0);
    return varies;
  }
  BinSet occupied{};
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const std::uint8_t bin = bins[rows[k]];
    h[bin] += ordered_[k];
    Insert(occupied, bin);
  }
  const auto missing_bin = unsigned(f.missing_bin());
  Packed missing = 0;
  if (Contains(occupied, missing_bin)) {
    missing = h[missing_bin];
    h[missing_bin] = 0;
    occupied[missing_bin >> 6] &= ~(1ULL << (missing_bin & 63));
  }
  Occupied o;
  o.Drain(h, occupied);
  return ScanNumeric(f, feature, o, missing, leaf, best);
}

// Columns are drawn without replacement until enough of them vary within the node.
Split ForestGrower::FindSplit(RowSpan rows, std::uint64_t seed) {
  Split best;
  best.gain = -std::numeric_limits<double>::infinity();  // a split without gain may open the way to one
  Random random(seed);
  LeafScan leaf;
  double most = 0;  // gain that leaves nothing to explain: no further column can do better
  if (target_.classes >= 3) {
    splitter_.StartNode(rows, target_.label.data(), class_weight_.data());
    most = splitter_.MostGain();
  } else {
    Packed total = 0;
    if (ordered_.size() < rows.size()) ordered_.resize(rows.size());
    for (std::size_t k = 0; k < rows.size(); ++k) {
      ordered_[k] = plane_.packed[rows[k]];
      total += ordered_[k];
      const double g = GradientOf(ordered_[k]);
      most += g * g / std::max(1, HessianOf(ordered_[k]));
    }
    leaf = LeafScan::Make(rules_.split, plane_.scale, total, rows.size(), 0, {}, seed);
    most -= leaf.parent_gain;
  }
  std::size_t varying = 0;
  for (std::size_t i = 0; i < order_.size() && varying < rules_.columns; ++i) {
    std::swap(order_[i], order_[i + random.Below(order_.size() - i)]);
    const std::int32_t f = order_[i];
    const bool varies = target_.classes >= 3
                            ? splitter_.Scan(data_.features[std::size_t(f)], f, reader_.Of(std::size_t(f), rows),
                                             rules_.split, seed, best)
                            : ScanColumn(f, rows, leaf, best);
    varying += varies;
    if (best.gain >= most * (1 - 1e-9)) break;
  }
  const double unit = target_.classes >= 3 ? 1 : plane_.scale.g * plane_.scale.g / plane_.scale.h;
  if (rules_.split.min_gain > 0 && best.gain * unit <= rules_.split.min_gain) best.feature = -1;
  return best;
}

// Means and shares come from the weights themselves, summed in row order.
void ForestGrower::SetLeaf(Tree& tree, std::uint32_t node, RowSpan rows) const {
  if (target_.classes < 3) {
    double g = 0, h = 0;
    for (const RowIndex r : rows) {
      g += double(plane_.real[r].h) * target_.value[r];
      h += plane_.real[r].h;
    }
    tree.nodes[node].left = static_cast<std::uint32_t>(tree.values.size());
    tree.values.push_back(target_.offset + std::ldexp(g / h, target_.exponent));
    tree.nodes[node].cover = static_cast<float>(h);
    return;
  }
  const auto k = std::size_t(target_.classes);
  double total = 0;
  for (const RowIndex r : rows) total += class_weight_[r];
  tree.nodes[node].cover = static_cast<float>(total);
  if (IsPure(rows)) {
    tree.nodes[node].left = target_.label[rows.front()];  // the first k vectors are the pure ones
    return;
  }
  std::vector<double> share(k, 0.0);
  for (const RowIndex r : rows) share[target_.label[r]] += class_weight_[r];
  tree.nodes[node].left = static_cast<std::uint32_t>(tree.values.size() / k);
  for (const double s : share) tree.values.push_back(s / std::max(total, 1e-300));
}

Tree ForestGrower::Grow(std::vector<RowIndex>& rows, const std::vector<float>& weight, std::uint64_t seed) {
  SetWeights(rows, weight);
  for (std::size_t f = 0; f < order_.size(); ++f) order_[f] = static_cast<std::int32_t>(f);
  Tree tree;
  tree.nodes.resize(1);
  if (target_.classes >= 3) {
    const auto k = std::size_t(target_.classes);
    tree.values.assign(k * k, 0.0);
    for (std::size_t c = 0; c < k; ++c) tree.values[c * k + c] = 1;
  }
  const double unit = target_.classes >= 3 ? 1 : plane_.scale.g * plane_.scale.g / plane_.scale.h;
  const auto least = static_cast<std::size_t>(std::max(1, rules_.split.min_samples_leaf));
  std::vector<Node> stack{{0, 0, rows.size(), 0}};
  while (!stack.empty()) {
    const Node node = stack.back();
    stack.pop_back();
    const std::span<RowIndex> part = std::span(rows).subspan(node.begin, node.end - node.begin);
    const bool closed = part.size() < 2 * least || (rules_.max_depth > 0 && node.depth >= rules_.max_depth);
    Split split;
    if (!closed && !IsPure(part)) split = FindSplit(part, Mix64(seed, node.node));
    if (split.feature < 0) {
      SetLeaf(tree, node.node, part);
      continue;
    }
    const auto f = std::size_t(split.feature);
    const std::size_t left = Partition(part, reader_.Of(f, part), SidesOf(split, data_.features[f]), scratch_, nullptr);
    TW_CHECK(left > 0 && left < part.size());
    const std::uint32_t child = SplitNode(tree, node.node, split, std::max(0.0, split.gain) * unit);
    stack.push_back({child + 1, node.begin + left, node.end, node.depth + 1});
    stack.push_back({child, node.begin, node.begin + left, node.depth + 1});
  }
  return tree;
}

}  // namespace tagwerk::learners::trees
