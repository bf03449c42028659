#include "learners/trees/split.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/random.h"

namespace tagwerk::learners::trees {

namespace {

double Threshold(double x, double l1) {
  const double rest = std::abs(x) - l1;
  return rest <= 0 ? 0 : std::copysign(rest, x);
}

double SideGain(double g, double h, double l1, double l2) {
  const double t = Threshold(g, l1);
  return t * t / (h + l2);
}

// -T(g)/(h+l2), pulled towards the parent's output: v n/(n+s) + v_parent s/(n+s); then held in the leaf's range.
double HeldOutput(const LeafScan& leaf, double g, double h, double l2_real) {
  const SplitRules& r = *leaf.rules;
  const double real_g = Threshold(g * leaf.scale.g, r.l1), real_h = h * leaf.scale.h + l2_real;
  double output = real_h > 0 ? -real_g / real_h : 0;
  if (r.path_smooth > 0) {
    const double rows = h * leaf.rows_per_hessian;
    const double share = rows / (rows + r.path_smooth);
    output = output * share + leaf.output * (1 - share);
  }
  return leaf.range.Clamp(output);
}

// Loss decrease of a side with a given output.
double GainAt(const LeafScan& leaf, double g, double h, double l2_real, double output) {
  const double real_g = Threshold(g * leaf.scale.g, leaf.rules->l1), real_h = h * leaf.scale.h + l2_real;
  const double real = -(2 * real_g * output + real_h * output * output);
  return real * leaf.scale.h / (leaf.scale.g * leaf.scale.g);
}

ScanBest ScanRange(const LeafScan& leaf, const Packed* prefix, std::size_t n, int direction) {
  if (!leaf.held() && direction == 0) return ScanPrefixes(prefix, n, leaf.bounds);
  ScanBest best;
  for (std::size_t k = 0; k < n; ++k) {
    const double gain = PairGain(leaf, prefix[k], 0);
    if (gain < 0 || gain + leaf.parent_gain <= best.gain) continue;
    if (!GoesAsAsked(leaf, prefix[k], direction)) continue;
    best.gain = gain + leaf.parent_gain;
    best.index = static_cast<std::int32_t>(k);
  }
  return best;
}

// Between the last bin on the left and the next occupied one the cut goes to the middle.
std::uint8_t CutBin(const Occupied& o, std::size_t k, int num_bins) {
  if (k + 1 >= o.n) return static_cast<std::uint8_t>(num_bins - 1);
  return static_cast<std::uint8_t>((int(o.bin[k]) + int(o.bin[k + 1]) - 1) / 2);
}

struct Candidates {
  std::size_t begin, end;  // positions of the prefix array
  int cut;                 // fixed cut bin, or -1
};

// Extremely randomized trees (Geurts et al. 2006): one cut per feature and node, uniform between the first
// and the last occupied bin.
Candidates DrawOne(const Occupied& o, const LeafScan& leaf, std::int32_t index, bool with_missing, int num_bins) {
  if (o.n < 2) return {0, with_missing ? o.n : 0, num_bins - 1};
  const std::uint64_t bits = Mix64(leaf.seed, std::uint64_t(index));
  const int width = int(o.bin[o.n - 1]) - int(o.bin[0]);
  const int cut = int(o.bin[0]) + static_cast<int>(bits % std::uint64_t(width));
  std::size_t k = 0;
  while (o.bin[k + 1] <= cut) ++k;
  return {k, k + 1, cut};
}

}  // namespace

LeafScan LeafScan::Make(const SplitRules& rules, Scale scale, Packed total, std::size_t rows, double output,
                        const OutputRange& range, std::uint64_t seed) {
  LeafScan leaf;
  leaf.rules = &rules;
  leaf.scale = scale;
  leaf.output = output;
  leaf.range = range;
  leaf.seed = seed;
  const double hessian = std::max(1, HessianOf(total));
  leaf.rows_per_hessian = double(rows) / hessian;
  leaf.bounds.total = total;
  leaf.bounds.l1 = rules.l1 / scale.g;
  leaf.bounds.l2 = rules.l2 / scale.h;
  double low = std::max(1.0, std::ceil(rules.min_hessian / scale.h));
  if (rules.min_samples_leaf > 1) {
    low = std::max(low, std::ceil((rules.min_samples_leaf - 0.5) / leaf.rows_per_hessian));
  }
  leaf.bounds.low = static_cast<std::int32_t>(std::min(low, 2147483647.0));
  leaf.parent_gain = SideGain(GradientOf(total), hessian, leaf.bounds.l1, leaf.bounds.l2);
  if (leaf.held()) leaf.parent_gain = GainAt(leaf, GradientOf(total), hessian, rules.l2, output);
  return leaf;
}

double Output(double g, double h, double l1, double l2) {
  const double denominator = h + l2;
  return denominator > 0 ? -Threshold(g, l1) / denominator : 0;
}

double SideOutput(const LeafScan& leaf, Packed side) {
  return HeldOutput(leaf, GradientOf(side), HessianOf(side), leaf.rules->l2);
}

bool GoesAsAsked(const LeafScan& leaf, Packed left, int direction) {
  if (direction == 0) return true;
  return direction * (SideOutput(leaf, leaf.bounds.total - left) - SideOutput(leaf, left)) >= 0;
}

const Packed* OwnHistogram(const Feature& feature, const Packed* store, Packed total, std::array<Packed, 256>& own) {
  if (feature.frequent_bin < 0) return store;
  const Packed* from = store + feature.first_slot;
  Packed rest = total;
  for (int bin = 0; bin < feature.slots(); ++bin) {
    if (bin == feature.frequent_bin) continue;
    own[std::size_t(bin)] = *from;
    rest -= *from++;
  }
  own[std::size_t(feature.frequent_bin)] = rest;
  return own.data();
}

double PairGain(const LeafScan& leaf, Packed left, double extra_l2) {
  const double gl = GradientOf(left), hl = HessianOf(left);
  const Packed right = leaf.bounds.total - left;
  const double gr = GradientOf(right), hr = HessianOf(right);
  if (hl < leaf.bounds.low || hr < leaf.bounds.low) return -1;
  if (leaf.held()) {
    const double l2 = leaf.rules->l2 + extra_l2;
    return GainAt(leaf, gl, hl, l2, HeldOutput(leaf, gl, hl, l2)) +
           GainAt(leaf, gr, hr, l2, HeldOutput(leaf, gr, hr, l2)) - leaf.parent_gain;
  }
  const double l2 = leaf.bounds.l2 + extra_l2 / leaf.scale.h;
  return SideGain(gl, hl, leaf.bounds.l1, l2) + SideGain(gr, hr, leaf.bounds.l1, l2) - leaf.parent_gain;
}

void Occupied::Fill(const Packed* histogram, int num_bins) {
  Packed sum = 0;
  std::size_t k = 0;
  for (int b = 0; b < num_bins; ++b) {
    const Packed p = histogram[b];
    sum += p;
    prefix[k] = sum;
    bin[k] = static_cast<std::uint8_t>(b);
    k += p != 0;
  }
  n = k;
  std::fill_n(prefix.begin() + std::ptrdiff_t(n), kScanPadding, 0);
}

void Occupied::Drain(Packed* histogram, const BinSet& set) {
  Packed sum = 0;
  n = 0;
  for (unsigned word = 0; word < set.size(); ++word) {
    for (std::uint64_t bits = set[word]; bits != 0; bits &= bits - 1) {
      const unsigned b = word * 64 + unsigned(std::countr_zero(bits));
      sum += histogram[b];
      histogram[b] = 0;
      prefix[n] = sum;
      bin[n++] = static_cast<std::uint8_t>(b);
    }
  }
  std::fill_n(prefix.begin() + std::ptrdiff_t(n), kScanPadding, 0);
}

bool ScanFeature(const Feature& feature, std::int32_t index, const Packed* histogram, const LeafScan& leaf, Split& best,
                 int direction) {
  std::array<Packed, 256> own;
  histogram = OwnHistogram(feature, histogram, leaf.bounds.total, own);
  if (feature.category) return ScanCategories(feature, index, histogram, leaf, best);
  Occupied occupied;
  occupied.Fill(histogram, feature.num_bins);
  const Packed missing = feature.train_missing ? histogram[feature.missing_bin()] : 0;
  return ScanNumeric(feature, index, occupied, missing, leaf, best, direction);
}

bool ScanNumeric(const Feature& feature, std::int32_t index, Occupied& o, Packed missing, const LeafScan& leaf,
                 Split& best, int direction) {
  if (o.n + (missing != 0) < 2) return false;
  Candidates c{0, o.n, -1};
  if (leaf.rules->random_thresholds) c = DrawOne(o, leaf, index, missing != 0, feature.num_bins);
  ScanBest found = ScanRange(leaf, o.prefix.data() + c.begin, c.end - c.begin, direction);
  bool default_left = false;
  if (missing != 0) {
    for (std::size_t k = 0; k < o.n; ++k) o.prefix[k] += missing;
    const ScanBest with = ScanRange(leaf, o.prefix.data() + c.begin, c.end - c.begin, direction);
    default_left = with.gain > found.gain;
    if (default_left)
      found = with;
    else
      for (std::size_t k = 0; k < o.n; ++k) o.prefix[k] -= missing;
  }
  if (found.index < 0) return leaf.rules->random_thresholds;
  const double gain = found.gain - leaf.parent_gain;
  if (gain > best.gain || (gain == best.gain && gain > 0 && index < best.feature)) {
    const std::size_t k = c.begin + std::size_t(found.index);
    best.gain = gain;
    best.feature = index;
    best.category = false;
    best.bin = c.cut >= 0 ? static_cast<std::uint8_t>(c.cut) : CutBin(o, k, feature.num_bins);
    best.left = o.prefix[k];
    const bool left_heavier = 2 * std::int64_t(HessianOf(best.left)) > HessianOf(leaf.bounds.total);
    best.default_left = missing != 0 ? default_left : left_heavier;
  }
  return true;
}

}  // namespace tagwerk::learners::trees
