// Split search on one feature's histogram. Gains are compared in quantised units (see gradients.h):
//   gain = T(gl)^2/(hl+l2) + T(gr)^2/(hr+l2) - T(g)^2/(h+l2),  T(x) = sign(x) max(|x|-l1, 0)
// (Friedman 2001; Chen and Guestrin 2016, section 2.2).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "learners/trees/bins.h"
#include "learners/trees/kernels.h"

namespace tagwerk::learners::trees {

using BinSet = std::array<std::uint64_t, 4>;  ///< one bit per bin
inline bool Contains(const BinSet& set, unsigned bin) { return (set[bin >> 6] >> (bin & 63)) & 1; }
inline void Insert(BinSet& set, unsigned bin) { set[bin >> 6] |= 1ULL << (bin & 63); }

/// What may be split, as set by the parameters.
struct SplitRules {
  double l1 = 0, l2 = 0;
  double min_hessian = 1e-3;
  double min_gain = 0;
  int min_samples_leaf = 20;
  double path_smooth = 0;
  bool random_thresholds = false;
  double category_smoothing = 10, category_l2 = 10;
  int min_samples_category = 100;
  int max_onehot = 4;         ///< up to this many categories are tried one against the rest
  int max_category_set = 32;  ///< most categories on the chosen side
};

/// Units of a tree's quantised gradients: real = quantised * scale.
struct Scale {
  double g = 1, h = 1;
  double RealGain(double quantised) const { return quantised * g * g / h; }
};

/// Where a leaf's output may lie, so that predictions rise or fall with a column as asked.
struct OutputRange {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool limited() const { return std::isfinite(low) || std::isfinite(high); }
  double Clamp(double output) const { return std::min(std::max(output, low), high); }
};

/// One leaf, as the scan sees it. Built once per leaf.
struct LeafScan {
  const SplitRules* rules = nullptr;
  Scale scale;
  ScanBounds bounds;            ///< quantised total, penalties and least hessian
  double rows_per_hessian = 1;  ///< estimates a side's rows from its quantised hessian
  double parent_gain = 0;       ///< T(g)^2/(h+l2), quantised
  double output = 0;            ///< of the leaf itself, real units; path smoothing pulls to it
  OutputRange range;            ///< that outputs of its sides are held in, real units
  std::uint64_t seed = 0;       ///< for random thresholds

  static LeafScan Make(const SplitRules& rules, Scale scale, Packed total, std::size_t rows, double output,
                       const OutputRange& range, std::uint64_t seed);
  double RealGain(double quantised) const { return scale.RealGain(quantised); }
  /// Outputs of its sides are smoothed or limited.
  bool held() const { return rules->path_smooth > 0 || range.limited(); }
};

struct Split {
  double gain = 0;  ///< improvement, quantised units; 0 = none found
  std::int32_t feature = -1;
  std::uint8_t bin = 0;       ///< numeric: bins <= bin go left
  bool default_left = false;  ///< where missing values go (numeric)
  bool category = false;
  BinSet left_set{};  ///< category: bins that go left
  Packed left = 0;    ///< sums of the left side
};

/// Improves `best` by the best split of a feature; returns whether any split was valid, so that features
/// without one are left out further down. `direction` 1 or -1: the right side's output must not be below, or above,
/// the left one's (numbers only).
bool ScanFeature(const Feature& feature, std::int32_t index, const Packed* histogram, const LeafScan& leaf, Split& best,
                 int direction = 0);

/// The occupied value bins of one feature in a leaf, in order, with running sums.
struct Occupied {
  alignas(64) std::array<Packed, 256 + kScanPadding> prefix;
  std::array<std::uint8_t, 256 + kScanPadding> bin;
  std::size_t n = 0;

  /// Takes the bins of a histogram.
  void Fill(const Packed* histogram, int num_bins);
  /// Takes the bins whose bit is set and sets their slots to 0 again.
  void Drain(Packed* histogram, const BinSet& set);
};

/// The part of ScanFeature for numbers; `missing` = sums of the missing bin. Changes `occupied`.
bool ScanNumeric(const Feature& feature, std::int32_t index, Occupied& occupied, Packed missing, const LeafScan& leaf,
                 Split& best, int direction = 0);

/// The part of ScanFeature for categories (category_split.cc).
bool ScanCategories(const Feature& feature, std::int32_t index, const Packed* histogram, const LeafScan& leaf,
                    Split& best);

/// Returns the gain of two sides minus the parent's, with `extra_l2` added to l2; below 0 if not valid.
double PairGain(const LeafScan& leaf, Packed left, double extra_l2);

/// Whether the outputs of both sides go as `direction` asks: 0 either way, 1 not down, -1 not up.
bool GoesAsAsked(const LeafScan& leaf, Packed left, int direction);

/// A feature's histogram in that of its store; where several share one, in `own`: the frequent bin has what all others
/// leave of the leaf.
const Packed* OwnHistogram(const Feature& feature, const Packed* store, Packed total, std::array<Packed, 256>& own);

/// Returns the output of a side of a leaf, smoothed and held in its range, real units.
double SideOutput(const LeafScan& leaf, Packed side);

/// Returns the best output of sums g and h (real units): -T(g)/(h+l2).
double Output(double g, double h, double l1, double l2);

}  // namespace tagwerk::learners::trees
