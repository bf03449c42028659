// Splits of categories into two sets. Sorted by mean gradient, the best of all 2^(k-1)-1 sets is a prefix
// (Fisher 1958; Hastie et al. 2009, section 9.2.4); smoothing and group sizes follow Ke et al. 2017.
#include <algorithm>
#include <array>
#include <span>

#include "base/random.h"
#include "learners/trees/split.h"

namespace tagwerk::learners::trees {

namespace {

struct Category {
  Packed sum;
  double rank;
  std::uint8_t bin;
};

/// The categories of a leaf; on the stack, because small nodes are many.
struct CategoryList {
  std::array<Category, 256> items;
  std::size_t n = 0;
  std::span<const Category> all() const { return {items.data(), n}; }
};

struct Choice {
  double gain = -1;  // below 0: none
  Packed left = 0;
  BinSet set{};
};

void TryOneAgainstRest(std::span<const Category> present, const LeafScan& leaf, Choice& best) {
  for (const Category& c : present) {
    const double gain = PairGain(leaf, c.sum, 0);
    if (gain <= best.gain) continue;
    best = {gain, c.sum, {}};
    Insert(best.set, c.bin);
  }
}

// Random cuts: one prefix of the ordered categories.
void TryOnePrefix(std::span<const Category> ordered, std::uint64_t bits, const LeafScan& leaf, Choice& best) {
  if (ordered.size() < 2) return;
  const std::size_t length = 1 + bits % (ordered.size() - 1);
  Choice choice;
  for (std::size_t i = 0; i < length; ++i) {
    choice.left += ordered[i].sum;
    Insert(choice.set, ordered[i].bin);
  }
  choice.gain = PairGain(leaf, choice.left, leaf.rules->category_l2);
  if (choice.gain > best.gain) best = choice;
}

// Walks the ordered categories from one end; sets grow until the other side is too small.
template <class Iterator>
void TryPrefixes(Iterator begin, Iterator end, std::size_t most, const LeafScan& leaf, Choice& best) {
  const SplitRules& rules = *leaf.rules;
  const double total_rows = HessianOf(leaf.bounds.total) * leaf.rows_per_hessian;
  Packed left = 0;
  double group_rows = 0, left_rows = 0;
  std::size_t taken = 0;
  BinSet set{};
  for (auto it = begin; it != end && taken < most; ++it, ++taken) {
    left += it->sum;
    Insert(set, it->bin);
    const double rows = HessianOf(it->sum) * leaf.rows_per_hessian;
    group_rows += rows;
    left_rows += rows;
    if (total_rows - left_rows < rules.min_samples_category - 0.5) break;
    if (group_rows < rules.min_samples_category - 0.5) continue;
    const double gain = PairGain(leaf, left, rules.category_l2);
    if (gain < 0) continue;
    group_rows = 0;
    if (gain > best.gain) best = {gain, left, set};
  }
}

// Leaves out rare categories and sorts the others by their smoothed mean gradient.
void Order(const LeafScan& leaf, CategoryList& list) {
  const double smoothing = leaf.rules->category_smoothing / leaf.scale.h;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < list.n; ++i) {
    Category c = list.items[i];
    if (HessianOf(c.sum) * leaf.rows_per_hessian < leaf.rules->category_smoothing) continue;
    c.rank = GradientOf(c.sum) / (HessianOf(c.sum) + smoothing + 1e-9);
    list.items[kept++] = c;
  }
  list.n = kept;
  std::sort(list.items.begin(), list.items.begin() + std::ptrdiff_t(kept),
            [](const Category& a, const Category& b) { return a.rank != b.rank ? a.rank < b.rank : a.bin < b.bin; });
}

}  // namespace

bool ScanCategories(const Feature& feature, std::int32_t index, const Packed* histogram, const LeafScan& leaf,
                    Split& best) {
  const SplitRules& rules = *leaf.rules;
  CategoryList list;
  BinSet seen{};
  for (int b = 0; b < feature.slots(); ++b) {
    if (histogram[b] == 0) continue;
    list.items[list.n++] = {histogram[b], 0, static_cast<std::uint8_t>(b)};
    Insert(seen, unsigned(b));
  }
  if (list.n < 2) return false;
  Choice choice;
  if (feature.slots() <= rules.max_onehot && !rules.random_thresholds) {
    TryOneAgainstRest(list.all(), leaf, choice);
  } else {
    Order(leaf, list);
    const std::span<const Category> ordered = list.all();
    if (rules.random_thresholds) {
      TryOnePrefix(ordered, Mix64(leaf.seed, std::uint64_t(index)), leaf, choice);
    } else {
      const std::size_t most = std::min<std::size_t>(std::size_t(rules.max_category_set), (list.n + 1) / 2);
      TryPrefixes(ordered.begin(), ordered.end(), most, leaf, choice);
      TryPrefixes(ordered.rbegin(), ordered.rend(), most, leaf, choice);
    }
  }
  if ((choice.gain >= 0 && choice.gain > best.gain) ||
      (choice.gain == best.gain && choice.gain > 0 && index < best.feature)) {
    best.gain = choice.gain;
    best.feature = index;
    best.category = true;
    best.left = choice.left;
    best.left_set = choice.set;
    // Categories that this leaf has not seen follow the heavier side.
    best.default_left = 2 * std::int64_t(HessianOf(choice.left)) > HessianOf(leaf.bounds.total);
    if (best.default_left) {
      for (std::size_t w = 0; w < seen.size(); ++w) best.left_set[w] |= ~seen[w];
    }
  }
  return true;
}

}  // namespace tagwerk::learners::trees
