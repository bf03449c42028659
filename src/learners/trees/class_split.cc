#include "learners/trees/class_split.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/random.h"

namespace tagwerk::learners::trees {

namespace {
constexpr std::size_t kAll = ~std::size_t{0};
}

ClassSplitter::ClassSplitter(int classes)
    : total_(std::size_t(classes)), left_(std::size_t(classes)), right_(std::size_t(classes)) {}

void ClassSplitter::StartNode(std::span<const table::RowIndex> rows, const std::uint32_t* label,
                              const std::uint32_t* weight) {
  rows_ = rows;
  if (items_.size() < rows.size()) items_.resize(rows.size());
  std::fill(total_.begin(), total_.end(), 0);
  total_weight_ = 0;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    items_[k] = {label[rows[k]], weight[rows[k]]};
    total_[items_[k].label] += items_[k].weight;
    total_weight_ += items_[k].weight;
  }
  total_squares_ = 0;
  for (const std::int64_t t : total_) total_squares_ += t * t;
}

// Counting sort; groups come out in order of their bins.
void ClassSplitter::SortByBin(const std::uint8_t* bins) {
  BinSet occupied{};
  for (const auto row : rows_) {
    ++count_[bins[row]];
    Insert(occupied, bins[row]);
  }
  groups_.clear();
  std::uint32_t at = 0;
  for (unsigned word = 0; word < occupied.size(); ++word) {
    for (std::uint64_t bits = occupied[word]; bits != 0; bits &= bits - 1) {
      const unsigned b = word * 64 + unsigned(std::countr_zero(bits));
      groups_.push_back({static_cast<std::uint8_t>(b), at, at + count_[b], count_[b]});
      at += count_[b];
      count_[b] = groups_.back().begin;
    }
  }
  if (groups_.size() > 1) {
    if (sorted_.size() < rows_.size()) sorted_.resize(rows_.size());
    for (std::size_t k = 0; k < rows_.size(); ++k) sorted_[count_[bins[rows_[k]]]++] = items_[k];
  }
  for (const Group& g : groups_) count_[g.bin] = 0;
}

// The same groups with one item per class that occurs in a bin.
void ClassSplitter::CountByBin(const std::uint8_t* bins, int slots) {
  const std::size_t k = total_.size();
  if (histogram_.size() < 256 * k) histogram_.assign(256 * k, 0);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::size_t bin = bins[rows_[i]];
    ++count_[bin];
    histogram_[bin * k + items_[i].label] += items_[i].weight;
  }
  groups_.clear();
  std::uint32_t at = 0;
  if (sorted_.size() < rows_.size()) sorted_.resize(rows_.size());
  for (std::size_t b = 0; b < std::size_t(slots); ++b) {
    if (count_[b] == 0) continue;
    const std::uint32_t begin = at;
    for (std::size_t c = 0; c < k; ++c) {
      std::uint32_t& weight = histogram_[b * k + c];
      if (weight != 0) sorted_[at++] = {static_cast<std::uint32_t>(c), weight};
      weight = 0;
    }
    groups_.push_back({static_cast<std::uint8_t>(b), begin, at, count_[b]});
    count_[b] = 0;
  }
}

void ClassSplitter::Reset() {
  std::fill(left_.begin(), left_.end(), 0);
  right_ = total_;
  left_weight_ = left_squares_ = 0;
  right_squares_ = total_squares_;
  left_rows_ = 0;
}

void ClassSplitter::Move(const Group& group) {
  for (std::uint32_t i = group.begin; i < group.end; ++i) {
    const std::int64_t w = sorted_[i].weight;
    std::int64_t& l = left_[sorted_[i].label];
    std::int64_t& r = right_[sorted_[i].label];
    left_squares_ += w * (2 * l + w);
    right_squares_ -= w * (2 * r - w);
    l += w;
    r -= w;
    left_weight_ += w;
  }
  left_rows_ += group.rows;
}

double ClassSplitter::Gain() const {
  const double l = double(left_weight_), r = double(total_weight_ - left_weight_);
  if (l <= 0 || r <= 0) return -std::numeric_limits<double>::infinity();
  return double(left_squares_) / l + double(right_squares_) / r - double(total_squares_) / double(total_weight_);
}

// Orders categories along the main direction of their class shares: one power iteration on the weighted
// covariance, started at the category that differs most (Coppersmith et al. 1999 use this order).
void ClassSplitter::RankCategories() {
  const std::size_t k = total_.size();
  std::vector<double> shares(groups_.size() * k), direction(k, 0.0), next(k, 0.0), weights(groups_.size());
  double most = -1;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    double* share = shares.data() + g * k;
    for (std::uint32_t i = groups_[g].begin; i < groups_[g].end; ++i) {
      share[sorted_[i].label] += sorted_[i].weight;
      weights[g] += sorted_[i].weight;
    }
    double norm = 0;
    for (std::size_t c = 0; c < k; ++c) {
      share[c] = share[c] / std::max(1.0, weights[g]) - double(total_[c]) / double(total_weight_);
      norm += share[c] * share[c] * weights[g];
    }
    if (norm > most) {
      most = norm;
      direction.assign(share, share + k);
    }
  }
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    double dot = 0;
    for (std::size_t c = 0; c < k; ++c) dot += shares[g * k + c] * direction[c];
    for (std::size_t c = 0; c < k; ++c) next[c] += weights[g] * dot * shares[g * k + c];
  }
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    groups_[g].rank = 0;
    for (std::size_t c = 0; c < k; ++c) groups_[g].rank += shares[g * k + c] * next[c];
  }
  std::stable_sort(groups_.begin(), groups_.end(), [](const Group& a, const Group& b) { return a.rank < b.rank; });
}

void ClassSplitter::Record(const Feature& feature, std::int32_t index, std::size_t last, bool missing_first,
                           double gain, Split& best) {
  const bool heavy_left = 2 * left_weight_ > total_weight_;
  best = Split();
  best.gain = gain;
  best.feature = index;
  if (feature.category) {
    best.category = true;
    BinSet seen{};
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      Insert(seen, groups_[g].bin);
      if (g <= last) Insert(best.left_set, groups_[g].bin);
    }
    if (heavy_left) {
      for (std::size_t w = 0; w < seen.size(); ++w) best.left_set[w] |= ~seen[w];
    }
    return;
  }
  const int missing = feature.missing_bin();
  const bool has_missing = groups_.back().bin == missing;
  const int bin = groups_[last].bin;
  const int next = last + 1 < groups_.size() ? int(groups_[last + 1].bin) : missing;
  best.bin = static_cast<std::uint8_t>(next == missing ? feature.num_bins - 1 : (bin + next - 1) / 2);
  best.default_left = has_missing ? missing_first : heavy_left;
}

// Walks the groups; `only` = the one position that may be cut after (random cuts), or kAll.
void ClassSplitter::TryOrder(const Feature& feature, std::int32_t index, bool missing_first, std::size_t only,
                             const SplitRules& rules, Split& best) {
  Reset();
  const auto least = static_cast<std::size_t>(std::max(1, rules.min_samples_leaf));
  std::size_t end = groups_.size();
  if (missing_first) Move(groups_[--end]);
  for (std::size_t g = 0; g < end; ++g) {
    Move(groups_[g]);
    if (only != kAll && g != only) continue;
    if (left_rows_ < least) continue;
    if (rows_.size() - left_rows_ < least) break;
    const double gain = Gain();
    if (gain > best.gain) Record(feature, index, g, missing_first, gain, best);
  }
}

// Extremely randomized trees: one cut, uniform over the bins between the first and the last occupied one.
// No order is needed: the range of bins, then the classes on the left.
bool ClassSplitter::TryRandomCut(const Feature& feature, std::int32_t index, const std::uint8_t* bins,
                                 const SplitRules& rules, std::uint64_t seed, Split& best) {
  const int missing_bin = feature.train_missing ? feature.missing_bin() : 256;
  int low = 255, high = 0;
  bool missing = false;
  for (const auto row : rows_) {
    const int b = bins[row];
    missing |= b == missing_bin;
    low = std::min(low, b);
    high = std::max(high, b == missing_bin ? 0 : b);
  }
  if (low == missing_bin || (low >= high && !missing)) return false;
  int cut = feature.num_bins - 1;
  if (low < high) cut = low + static_cast<int>(Mix64(seed, std::uint64_t(index)) % std::uint64_t(high - low));
  const auto least = static_cast<std::size_t>(std::max(1, rules.min_samples_leaf));
  for (const bool missing_left : {false, true}) {
    if (missing_left && !missing) break;
    std::fill(left_.begin(), left_.end(), 0);
    left_rows_ = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const int b = bins[rows_[i]];
      const bool goes_left = (b <= cut) | ((b == missing_bin) & missing_left);
      left_[items_[i].label] += items_[i].weight & -std::uint32_t(goes_left);
      left_rows_ += goes_left;
    }
    if (left_rows_ < least || rows_.size() - left_rows_ < least) continue;
    left_weight_ = left_squares_ = right_squares_ = 0;
    for (std::size_t c = 0; c < total_.size(); ++c) {
      const std::int64_t l = left_[c], r = total_[c] - left_[c];
      left_weight_ += l;
      left_squares_ += l * l;
      right_squares_ += r * r;
    }
    const double gain = Gain();
    if (gain <= best.gain) continue;
    best = Split();
    best.gain = gain;
    best.feature = index;
    best.bin = static_cast<std::uint8_t>(cut);
    best.default_left = missing ? missing_left : 2 * left_weight_ > total_weight_;
  }
  return true;
}

bool ClassSplitter::Scan(const Feature& feature, std::int32_t index, const std::uint8_t* bins, const SplitRules& rules,
                         std::uint64_t seed, Split& best) {
  if (rules.random_thresholds && !feature.category) return TryRandomCut(feature, index, bins, rules, seed, best);
  if (rows_.size() > std::size_t(feature.slots()) * total_.size())
    CountByBin(bins, feature.slots());
  else
    SortByBin(bins);
  if (groups_.size() < 2) return false;
  const bool missing = !feature.category && groups_.back().bin == feature.missing_bin();
  std::size_t only = kAll;
  if (feature.category) {
    RankCategories();
    if (rules.random_thresholds) only = Mix64(seed, std::uint64_t(index)) % (groups_.size() - 1);
  }
  TryOrder(feature, index, false, only, rules, best);
  if (missing) TryOrder(feature, index, true, only, rules, best);
  return true;
}

}  // namespace tagwerk::learners::trees
