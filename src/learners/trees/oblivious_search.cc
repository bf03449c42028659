// The search for the test of a level.
#include <algorithm>
#include <array>

#include "base/random.h"
#include "learners/trees/loops.h"
#include "learners/trees/oblivious_grower.h"

namespace tagwerk::learners::trees {

namespace {

/// The largest of numbers that are not below 0; 0 without any. Side by side, since each waits for the one before.
double MostOf(const double* begin, const double* end) {
  std::array<double, 8> most{};
  const double* at = begin;
  for (; end - at >= 8; at += 8)
    for (std::size_t i = 0; i < 8; ++i) most[i] = most[i] > at[i] ? most[i] : at[i];
  for (; at < end; ++at) most[0] = std::max(most[0], *at);
  return *std::max_element(most.begin(), most.end());
}

}  // namespace

// Where the histograms of all leaves would take too much memory, each is made anew, used and forgotten.
void ObliviousGrower::PlanHistograms() {
  const auto kept = std::count_if(leaves_.begin(), leaves_.end(), [](const Leaf& l) { return l.histogram || l.build; });
  if (std::size_t(kept) <= histograms_.most() && !directly_) {
    for (Leaf& leaf : leaves_) {
      if (leaf.build) leaf.histogram = leaf.histogram != nullptr ? leaf.histogram : histograms_.Acquire();
    }
    return;
  }
  directly_ = true;
  for (Leaf& leaf : leaves_) {
    histograms_.Release(leaf.histogram);
    leaf.build = leaf.open;
    leaf.subtract = -1;
  }
}

ObliviousGrower::Test ObliviousGrower::FindTest() {
  PlanHistograms();
  std::size_t built = 0, open = 0;
  for (const Leaf& leaf : leaves_) {
    built += leaf.build ? leaf.rows() : 0;
    open += leaf.open;
  }
  if (open == 0 || features_.empty()) return {};
  const std::size_t slots = open * features_.size() * (1 + data_.total_bins / data_.features.size());
  const bool shared = threads_ > 1 && built * features_.size() + slots > kShareWork;
  for (const Leaf& leaf : leaves_) {
    if (!leaf.build) continue;
    ForChunks(shared ? pool_ : nullptr, leaf.rows(), [&](std::size_t b, std::size_t e) {
      for (std::size_t k = leaf.begin + b; k < leaf.begin + e; ++k) ordered_[k] = plane_->packed[rows_[k]];
    });
  }
  std::vector<Test> best(threads_);
  const auto search = [&](const std::vector<BlockPart>& parts, std::size_t thread) {
    for (const BlockPart& part : parts)
      directly_ ? SearchPartDirectly(part, thread, best[thread]) : SearchPart(part, thread, best[thread]);
  };
  if (shared)
    pool_->For(threads_, [&](std::size_t t) { search(shares_[t], t); });
  else
    search(blocks_, 0);
  for (Leaf& leaf : leaves_) {
    if (!leaf.open) histograms_.Release(leaf.histogram);  // it was built for the other side's sake
    leaf.build = false;
    leaf.subtract = -1;
  }
  Test first;
  for (const Test& test : best) {
    if (first.LosesTo(test.gain, test.feature)) first = test;
  }
  return first;
}

void ObliviousGrower::SearchPart(const BlockPart& part, std::size_t thread, Test& best) {
  const auto [begin, end] = Within(data_, part, features_);
  if (begin == end) return;
  const Wanted wanted = std::span(features_).subspan(begin, end - begin);
  for (const Leaf& leaf : leaves_) {
    if (!leaf.build) continue;
    BuildPart(data_, part, wanted, rows_.subspan(leaf.begin, leaf.rows()), ordered_.data() + leaf.begin,
              leaf.histogram);
  }
  for (const Leaf& leaf : leaves_) {
    if (leaf.subtract >= 0)
      SubtractPart(data_, part, wanted, leaf.histogram, leaves_[std::size_t(leaf.subtract)].histogram);
  }
  if (gains_[thread].empty()) gains_[thread].resize(1);
  Gains& gains = gains_[thread][0];
  for (std::size_t k = begin; k < end; ++k) {
    const auto f = std::size_t(features_[k]);
    const std::size_t offset = data_.stores[data_.features[f].store].offset;
    if (level_ == 0 && data_.features[f].category) MakeOrder(f, leaves_[0].histogram + offset);
    gains.right.fill(0);
    gains.left.fill(0);
    for (const Leaf& leaf : leaves_) {
      if (leaf.open) AddLeaf(leaf, leaf.histogram + offset, f, gains);
    }
    Take(f, gains, best);
  }
}

void ObliviousGrower::SearchPartDirectly(const BlockPart& part, std::size_t thread, Test& best) {
  const auto [begin, end] = Within(data_, part, features_);
  if (begin == end) return;
  const Wanted wanted = std::span(features_).subspan(begin, end - begin);
  std::vector<Packed>& histogram = direct_[thread];
  histogram.resize(data_.histogram_size);
  gains_[thread].resize(std::max(gains_[thread].size(), end - begin));
  for (std::size_t k = begin; k < end; ++k) {
    gains_[thread][k - begin].right.fill(0);
    gains_[thread][k - begin].left.fill(0);
  }
  for (const Leaf& leaf : leaves_) {
    if (!leaf.open) continue;
    BuildPart(data_, part, wanted, rows_.subspan(leaf.begin, leaf.rows()), ordered_.data() + leaf.begin,
              histogram.data());
    for (std::size_t k = begin; k < end; ++k) {
      const auto f = std::size_t(features_[k]);
      AddLeaf(leaf, histogram.data() + data_.stores[data_.features[f].store].offset, f, gains_[thread][k - begin]);
    }
  }
  for (std::size_t k = begin; k < end; ++k) Take(std::size_t(features_[k]), gains_[thread][k - begin], best);
}

// Rare categories are in no prefix, as in category_split.cc.
void ObliviousGrower::MakeOrder(std::size_t feature, const Packed* store) {
  const Feature& about = data_.features[feature];
  const LeafScan& root = leaves_[0].rules;
  std::array<Packed, 256> own;
  const Packed* histogram = OwnHistogram(about, store, root.bounds.total, own);
  const double smoothing = rules_.split.category_smoothing / root.scale.h;
  Order& order = orders_[feature];
  order = {};
  order.saw_missing = about.train_missing && histogram[about.missing_bin()] != 0;
  std::array<double, 256> rank{};
  for (int b = 0; b < about.slots(); ++b) {
    const double rows = HessianOf(histogram[b]) * root.rows_per_hessian;
    if (histogram[b] == 0 || rows < rules_.split.category_smoothing) continue;
    rank[std::size_t(b)] = GradientOf(histogram[b]) / (HessianOf(histogram[b]) + smoothing + 1e-9);
    order.bins.push_back(static_cast<std::uint8_t>(b));
  }
  std::sort(order.bins.begin(), order.bins.end(),
            [&](std::uint8_t a, std::uint8_t b) { return rank[a] != rank[b] ? rank[a] < rank[b] : a < b; });
  const double least = rules_.split.min_samples_category - 0.5;
  double left = 0;
  for (const std::uint8_t b : order.bins) {
    left += HessianOf(histogram[b]) * root.rows_per_hessian;
    order.first += left < least;
    order.last += double(rows_.size()) - left >= least;
  }
  order.last = std::max(order.first, order.last);
}

std::size_t ObliviousGrower::Candidates(std::size_t feature) const {
  const Feature& about = data_.features[feature];
  if (about.category) return orders_[feature].bins.size();
  return std::size_t(about.num_bins) - (about.train_missing ? 0 : 1);
}

// The candidates that are tried: all, or one of them.
std::pair<std::size_t, std::size_t> ObliviousGrower::Tried(std::size_t feature) const {
  const bool category = data_.features[feature].category;
  const std::size_t begin = category ? orders_[feature].first : 0;
  const std::size_t end = category ? orders_[feature].last : Candidates(feature);
  if (!rules_.split.random_thresholds || begin == end) return {begin, end};
  const std::size_t one = begin + Mix64(seed_, std::uint64_t(level_) * kMaxFeatures + feature) % (end - begin);
  return {one, one + 1};
}

// Sums of the first bins, or of the first categories in their order; the last candidate of numbers may be all of them.
void ObliviousGrower::SumUp(const Packed* histogram, std::size_t feature, std::size_t end, Packed* prefix) const {
  const Feature& about = data_.features[feature];
  Packed sum = 0;
  if (about.category) {
    const std::uint8_t* bins = orders_[feature].bins.data();
    for (std::size_t k = 0; k < end; ++k) prefix[k] = sum += histogram[bins[k]];
    return;
  }
  const std::size_t values = std::min(end, std::size_t(about.num_bins));
  for (std::size_t k = 0; k < values; ++k) prefix[k] = sum += histogram[k];
  std::fill(prefix + values, prefix + end, sum);
}

void ObliviousGrower::AddLeaf(const Leaf& leaf, const Packed* store, std::size_t feature, Gains& gains) const {
  const Feature& about = data_.features[feature];
  const auto [begin, end] = Tried(feature);
  if (begin == end) return;
  std::array<Packed, 256> own;
  const Packed* histogram = OwnHistogram(about, store, leaf.total, own);
  alignas(64) std::array<Packed, 256 + kScanPadding> prefix;
  SumUp(histogram, feature, end, prefix.data());
  std::fill_n(prefix.begin() + std::ptrdiff_t(end), kScanPadding, 0);
  const double l2 = about.category ? rules_.split.category_l2 : 0;
  ScanBounds bounds = leaf.rules.bounds;
  bounds.l2 += l2 / leaf.rules.scale.h;
  const bool held = leaf.rules.held() || DirectionOf(data_, rules_, feature) != 0;
  const auto add = [&](double* to, double* also) {
    if (!held)
      return AddGains(prefix.data() + begin, end - begin, bounds, leaf.rules.parent_gain, to + begin,
                      also == nullptr ? nullptr : also + begin);
    AddHeld(leaf, feature, prefix.data(), l2, to);
    if (also != nullptr) AddHeld(leaf, feature, prefix.data(), l2, also);
  };
  if (about.category || !about.train_missing) return add(gains.right.data(), nullptr);
  const Packed missing = histogram[about.missing_bin()];
  add(gains.right.data(), missing == 0 ? gains.left.data() : nullptr);
  if (missing == 0) return;
  for (std::size_t k = 0; k < end; ++k) prefix[k] += missing;
  add(gains.left.data(), nullptr);
}

// Outputs are smoothed, held in a range, or must rise or fall: candidate by candidate.
void ObliviousGrower::AddHeld(const Leaf& leaf, std::size_t feature, const Packed* prefix, double l2,
                              double* gains) const {
  const auto [begin, end] = Tried(feature);
  const int direction = DirectionOf(data_, rules_, feature);
  for (std::size_t k = begin; k < end; ++k) {
    const double gain = PairGain(leaf.rules, prefix[k], l2);
    if (gain <= 0 || !GoesAsAsked(leaf.rules, prefix[k], direction)) continue;
    gains[k] += gain;
  }
}

void ObliviousGrower::Take(std::size_t feature, const Gains& gains, Test& best) const {
  const auto [begin, end] = Tried(feature);
  const bool both = !data_.features[feature].category && data_.features[feature].train_missing;
  for (const bool missing_left : {false, true}) {
    if (missing_left && !both) continue;
    const double* gain = (missing_left ? gains.left : gains.right).data();
    const double most = MostOf(gain + begin, gain + end);
    if (!best.LosesTo(most, std::int32_t(feature))) continue;
    best.gain = most;
    best.feature = static_cast<std::int32_t>(feature);
    best.candidate = std::size_t(std::find(gain + begin, gain + end, most) - gain);
    best.missing_left = missing_left;
    if (data_.features[feature].category) continue;
    // Between two occupied bins the cut goes to the middle.
    std::size_t last = best.candidate;
    while (last + 1 < end && gain[last + 1] == most) ++last;
    best.candidate = (best.candidate + last) / 2;
  }
}

}  // namespace tagwerk::learners::trees
