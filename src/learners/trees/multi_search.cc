// The search for the split of one feature that serves all outputs.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "learners/trees/multi_grower.h"

namespace tagwerk::learners::trees {

namespace {

constexpr double kRounding = 2e-6;  // of gains, which are floats

}  // namespace

/// The bins of a feature in a leaf that some row has, in the order in which they move to the left.
struct MultiGrower::LaneBins {
  std::array<const std::int32_t*, 256> sums;
  std::array<std::uint8_t, 256> bin;
  std::array<std::int32_t, 256> rows;
  std::size_t n = 0;
  const std::int32_t* missing = nullptr;
  std::array<std::int32_t, kMostLanes> frequent;  ///< of a shared store

  void Add(const std::int32_t* from, int of, std::size_t counter) {
    if (from[counter] == 0) return;
    sums[n] = from;
    bin[n++] = static_cast<std::uint8_t>(of);
    rows[n - 1] = from[counter];
  }
  /// Whether the first k + 1 bins have more than half of `all` rows.
  bool HoldsHalf(std::size_t k, std::int64_t all) const {
    return 2 * std::accumulate(rows.begin(), rows.begin() + std::ptrdiff_t(k) + 1, std::int64_t(0)) > all;
  }
};

// Improves `best`; returns whether any cut was valid.
bool MultiGrower::ScanFeature(const Leaf& leaf, std::int32_t index, Split& best) const {
  const Feature& feature = data_.features[std::size_t(index)];
  const std::size_t lanes = form_.lanes(), counter = form_.counter();
  const std::int32_t* slot =
      leaf.histogram + (data_.stores[feature.store].offset + std::size_t(feature.first_slot)) * lanes;
  LaneBins bins;
  if (feature.frequent_bin >= 0) {
    std::copy_n(leaf.total.begin(), lanes, bins.frequent.begin());
    for (int k = 0; k + 1 < feature.slots(); ++k)
      for (std::size_t i = 0; i < lanes; ++i) bins.frequent[i] -= slot[std::size_t(k) * lanes + i];
  }
  for (int b = 0; b < feature.slots(); ++b) {
    const std::int32_t* from = slot;
    if (b == feature.frequent_bin)
      from = bins.frequent.data();
    else
      slot += lanes;
    if (b == feature.missing_bin() && !feature.category)
      bins.missing = from[counter] != 0 ? from : nullptr;
    else
      bins.Add(from, b, counter);
  }
  return feature.category ? ScanSets(leaf, feature, index, bins, best) : ScanCuts(leaf, feature, index, bins, best);
}

LaneScan MultiGrower::ScanOf(const Leaf& leaf, double more_l2, int least_rows) const {
  LaneScan scan;
  scan.form = form_;
  scan.total = leaf.total.data();
  scan.l2 = static_cast<float>((rules_.split.l2 + more_l2) / plane_->scale.h);
  scan.least_rows = std::max({1, rules_.split.min_samples_leaf, least_rows});
  scan.least_hessian = static_cast<std::int64_t>(std::ceil(std::min(1e15, rules_.split.min_hessian / plane_->scale.h)));
  return scan;
}

bool MultiGrower::Improves(const Leaf& leaf, const LaneCut& cut, std::int32_t index, Split& best) const {
  const double gain = double(cut.gain) - leaf.own_gain;
  if (cut.index < 0 || gain <= kRounding * leaf.own_gain || gain < best.gain ||
      (gain == best.gain && index > best.feature))
    return false;
  best = Split();
  best.gain = gain;
  best.feature = index;
  return true;
}

// Numbers: bins move to the left in their order, the missing one with the right or the left side. Cuts lie in the
// middle between occupied bins.
bool MultiGrower::ScanCuts(const Leaf& leaf, const Feature& feature, std::int32_t index, const LaneBins& bins,
                           Split& best) const {
  if (bins.n + (bins.missing != nullptr) < 2) return false;
  const LaneScan scan = ScanOf(leaf, 0, 1);
  bool valid = false;
  for (const bool missing_left : {false, true}) {
    if (missing_left && bins.missing == nullptr) break;
    const std::int32_t* before = missing_left ? bins.missing : nullptr;
    const LaneCut cut = ScanLanes(scan, bins.sums.data(), bins.n, before);
    valid |= cut.index >= 0;
    if (!Improves(leaf, cut, index, best)) continue;
    const auto k = std::size_t(cut.index);
    const int last = k + 1 < bins.n ? (int(bins.bin[k]) + int(bins.bin[k + 1]) - 1) / 2 : feature.num_bins - 1;
    best.bin = static_cast<std::uint8_t>(last);
    best.default_left = missing_left || (bins.missing == nullptr && bins.HoldsHalf(k, leaf.total[form_.counter()]));
  }
  return valid;
}

// Categories: each against the rest where they are few; else sets in the order of the output whose means differ most,
// from both ends.
bool MultiGrower::ScanSets(const Leaf& leaf, const Feature& feature, std::int32_t index, LaneBins& bins,
                           Split& best) const {
  if (bins.n < 2) return false;
  const SplitRules& rules = rules_.split;
  BinSet seen{};
  for (std::size_t k = 0; k < bins.n; ++k) Insert(seen, bins.bin[k]);
  const auto record = [&](std::size_t first, std::size_t last, bool half) {
    best.category = true;
    for (std::size_t k = first; k <= last; ++k) Insert(best.left_set, bins.bin[k]);
    best.default_left = half;  // categories that this leaf has not seen follow the heavier side
    for (std::size_t w = 0; w < seen.size() && half; ++w) best.left_set[w] |= ~seen[w];
  };
  if (feature.slots() <= rules.max_onehot) {
    const LaneScan scan = ScanOf(leaf, 0, 1);
    for (std::size_t k = 0; k < bins.n; ++k) {
      const LaneCut cut = ScanLanes(scan, bins.sums.data() + k, 1, nullptr);
      if (Improves(leaf, cut, index, best))
        record(k, k, 2 * std::int64_t(bins.sums[k][form_.counter()]) > leaf.total[form_.counter()]);
    }
    return true;
  }
  Order(bins);
  const LaneScan scan = ScanOf(leaf, rules.category_l2, rules.min_samples_category);
  const std::size_t most = std::min<std::size_t>(std::size_t(rules.max_category_set), (bins.n + 1) / 2);
  for (int end = 0; end < 2; ++end) {
    const LaneCut cut = ScanLanes(scan, bins.sums.data(), most, nullptr);
    if (Improves(leaf, cut, index, best)) {
      const auto k = std::size_t(cut.index);
      record(0, k, bins.HoldsHalf(k, leaf.total[form_.counter()]));
    }
    std::reverse(bins.sums.begin(), bins.sums.begin() + std::ptrdiff_t(bins.n));
    std::reverse(bins.bin.begin(), bins.bin.begin() + std::ptrdiff_t(bins.n));
    std::reverse(bins.rows.begin(), bins.rows.begin() + std::ptrdiff_t(bins.n));
  }
  return true;
}

// Leaves out rare categories and sorts the others by their smoothed mean gradient of one output.
void MultiGrower::Order(LaneBins& bins) const {
  const SplitRules& rules = rules_.split;
  const std::size_t counter = form_.counter(), hessians = form_.own_hessians ? form_.gradients : form_.lanes() - 2;
  const double smoothing = rules.category_smoothing / plane_->scale.h;
  const auto rank = [&](const std::int32_t* sums, std::size_t output) {
    return sums[output] / (sums[form_.own_hessians ? hessians + output : hessians] + smoothing + 1e-9);
  };
  std::size_t kept = 0;
  for (std::size_t k = 0; k < bins.n; ++k) {
    if (bins.sums[k][counter] < rules.category_smoothing) continue;
    bins.sums[kept] = bins.sums[k];
    bins.rows[kept] = bins.rows[k];
    bins.bin[kept++] = bins.bin[k];
  }
  bins.n = kept;
  std::size_t widest = 0;
  double most = -1;
  for (std::size_t output = 0; output < form_.outputs(); ++output) {
    double gain = 0;
    for (std::size_t k = 0; k < kept; ++k) gain += rank(bins.sums[k], output) * bins.sums[k][output];
    if (gain > most) {
      most = gain;
      widest = output;
    }
  }
  std::array<std::size_t, 256> order;
  for (std::size_t k = 0; k < kept; ++k) order[k] = k;
  const LaneBins old = bins;
  std::sort(order.begin(), order.begin() + std::ptrdiff_t(kept), [&](std::size_t a, std::size_t b) {
    const double x = rank(old.sums[a], widest), y = rank(old.sums[b], widest);
    return x != y ? x < y : old.bin[a] < old.bin[b];
  });
  for (std::size_t k = 0; k < kept; ++k) {
    bins.sums[k] = old.sums[order[k]];
    bins.bin[k] = old.bin[order[k]];
    bins.rows[k] = old.rows[order[k]];
  }
}

double MultiGrower::OwnGain(const Leaf& leaf) const {
  const double l2 = rules_.split.l2 / plane_->scale.h;
  double gain = 0;
  for (std::size_t k = 0; k < form_.outputs(); ++k) {
    const double g = leaf.total[k];
    const double h = leaf.total[form_.own_hessians ? form_.gradients + k : form_.lanes() - 2];
    gain += g * g / (std::max(1.0, h) + l2);
  }
  return gain;
}

}  // namespace tagwerk::learners::trees
