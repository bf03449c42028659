#include "learners/trees/split.h"

#include <gtest/gtest.h>

#include "learners/trees/class_split.h"
#include "learners/trees/gradients.h"
#include "learners/trees/test_data.h"

namespace tagwerk::learners::trees {
namespace {

// The plain definition, in doubles.
double Gain(double gl, double hl, double gr, double hr, const SplitRules& r, double extra = 0) {
  const auto t = [&](double g) { return std::copysign(std::max(0.0, std::abs(g) - r.l1), g); };
  const auto side = [&](double g, double h, double l2) { return t(g) * t(g) / (h + l2); };
  return side(gl, hl, r.l2 + extra) + side(gr, hr, r.l2 + extra) - side(gl + gr, hl + hr, r.l2);
}

struct Toy {
  Feature feature;
  std::vector<std::uint8_t> bins;
  GradientPlane plane;
  std::vector<Packed> histogram;
  Packed total = 0;
  std::vector<table::RowIndex> rows;
};

// Random gradients over `num_bins` bins; with `missing` the bin after them is used too.
Toy MakeToy(std::size_t n, int num_bins, bool missing, bool category, std::uint64_t seed) {
  Random random(seed);
  Toy t;
  t.feature.num_bins = num_bins;
  t.feature.category = category;
  t.feature.train_missing = missing;
  t.plane.packed.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    t.bins.push_back(static_cast<std::uint8_t>(random.Below(std::uint64_t(num_bins) + missing)));
    t.plane.real.push_back(
        {static_cast<float>(random.Normal() + 0.2 * t.bins[i]), static_cast<float>(0.1 + random.Uniform())});
    t.rows.push_back(static_cast<table::RowIndex>(i));
  }
  Quantise(t.plane, t.rows, {}, nullptr);
  t.histogram.assign(256, 0);
  for (std::size_t i = 0; i < n; ++i) {
    t.histogram[t.bins[i]] += t.plane.packed[i];
    t.total += t.plane.packed[i];
  }
  return t;
}

template <class InLeft>
double GainOf(const Toy& t, const SplitRules& rules, double extra, const InLeft& in_left) {
  double gl = 0, hl = 0, gr = 0, hr = 0;
  for (std::size_t i = 0; i < t.bins.size(); ++i) {
    (in_left(t.bins[i]) ? gl : gr) += t.plane.real[i].g;
    (in_left(t.bins[i]) ? hl : hr) += t.plane.real[i].h;
  }
  if (hl < rules.min_hessian || hr < rules.min_hessian || hl == 0 || hr == 0) return 0;
  return Gain(gl, hl, gr, hr, rules, extra);
}

TEST(Quantise, KeepsSumsOfAnySubsetExactAndNearTheReal) {
  Toy t = MakeToy(20000, 50, false, false, 8);
  double g = 0, h = 0;
  for (std::size_t i = 0; i < 7000; ++i) {
    g += t.plane.real[i].g;
    h += t.plane.real[i].h;
  }
  Packed sum = 0, rest = t.total;
  std::int64_t exact_g = 0, exact_h = 0;
  for (std::size_t i = 0; i < t.bins.size(); ++i) {
    if (i < 7000) {
      sum += t.plane.packed[i];
      exact_g += GradientOf(t.plane.packed[i]);
      exact_h += HessianOf(t.plane.packed[i]);
    } else {
      rest -= t.plane.packed[i];
    }
  }
  EXPECT_EQ(rest, sum);
  EXPECT_EQ(GradientOf(sum), exact_g);
  EXPECT_EQ(HessianOf(sum), exact_h);
  EXPECT_NEAR(exact_g * t.plane.scale.g, g, 1e-2);
  EXPECT_NEAR(exact_h * t.plane.scale.h, h, 1e-2);
}

TEST(ScanFeature, FindsTheBestNumericSplitInBothDirectionsOfMissing) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const bool missing = seed % 2 == 1;
    const int num_bins = 2 + int(seed % 17) * 14;
    Toy t = MakeToy(40 + seed * 11, num_bins, missing, false, seed);
    SplitRules rules;
    rules.min_samples_leaf = 1;
    rules.l1 = seed % 3 == 0 ? 0.7 : 0;
    rules.l2 = seed % 5 == 0 ? 2.0 : 0;
    double expected = 0;
    for (int cut = 0; cut < num_bins; ++cut) {
      for (const bool left : {false, true}) {
        const auto in_left = [&](int b) { return b == num_bins ? left : b <= cut; };
        expected = std::max(expected, GainOf(t, rules, 0, in_left));
      }
    }
    const LeafScan leaf = LeafScan::Make(rules, t.plane.scale, t.total, t.rows.size(), 0, {}, 0);
    Split best;
    ScanFeature(t.feature, 0, t.histogram.data(), leaf, best);
    EXPECT_NEAR(leaf.RealGain(best.gain), expected, 1e-4 * (1 + expected)) << seed;
    const auto chosen = [&](int b) { return b == num_bins ? best.default_left : b <= best.bin; };
    EXPECT_NEAR(GainOf(t, rules, 0, chosen), expected, 1e-4 * (1 + expected)) << seed;
  }
}

TEST(ScanFeature, KeepsTheLeastRowsOnBothSides) {
  Toy t = MakeToy(300, 40, false, false, 5);
  SplitRules rules;
  rules.min_samples_leaf = 120;
  for (auto& p : t.plane.real) p.h = 1;
  Quantise(t.plane, t.rows, {.unit_hessian = true}, nullptr);
  t.histogram.assign(256, 0);
  t.total = 0;
  for (std::size_t i = 0; i < t.bins.size(); ++i) {
    t.histogram[t.bins[i]] += t.plane.packed[i];
    t.total += t.plane.packed[i];
  }
  const LeafScan leaf = LeafScan::Make(rules, t.plane.scale, t.total, t.rows.size(), 0, {}, 0);
  Split best;
  ASSERT_TRUE(ScanFeature(t.feature, 0, t.histogram.data(), leaf, best));
  EXPECT_GE(HessianOf(best.left), 120);
  EXPECT_LE(HessianOf(best.left), 180);
  rules.min_samples_leaf = 151;
  const LeafScan tight = LeafScan::Make(rules, t.plane.scale, t.total, t.rows.size(), 0, {}, 0);
  Split none;
  EXPECT_FALSE(ScanFeature(t.feature, 0, t.histogram.data(), tight, none));
  EXPECT_EQ(none.feature, -1);
}

TEST(ScanCategories, MatchesTheSearchOverAllSubsets) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const int k = 2 + int(seed % 7);
    Toy t = MakeToy(50 + seed * 5, k, false, true, seed + 100);
    SplitRules rules;
    rules.min_samples_leaf = 1;
    rules.category_smoothing = 0;
    rules.category_l2 = 0;
    rules.min_samples_category = 1;
    rules.max_onehot = 0;
    double expected = 0;
    for (unsigned set = 1; set + 1 < (1u << k); ++set) {
      expected = std::max(expected, GainOf(t, rules, 0, [&](int b) { return (set >> b) & 1; }));
    }
    const LeafScan leaf = LeafScan::Make(rules, t.plane.scale, t.total, t.rows.size(), 0, {}, 0);
    Split best;
    ScanFeature(t.feature, 0, t.histogram.data(), leaf, best);
    EXPECT_NEAR(leaf.RealGain(best.gain), expected, 1e-4 * (1 + expected)) << seed;
    EXPECT_NEAR(GainOf(t, rules, 0, [&](unsigned b) { return Contains(best.left_set, b); }), expected,
                1e-4 * (1 + expected));
  }
}

TEST(ScanCategories, TriesFewCategoriesOneAgainstTheRest) {
  Toy t = MakeToy(400, 4, false, true, 3);
  SplitRules rules;
  rules.min_samples_leaf = 1;
  double expected = 0;
  for (int c = 0; c < 4; ++c) expected = std::max(expected, GainOf(t, rules, 0, [&](int b) { return b == c; }));
  const LeafScan leaf = LeafScan::Make(rules, t.plane.scale, t.total, t.rows.size(), 0, {}, 0);
  Split best;
  ScanFeature(t.feature, 0, t.histogram.data(), leaf, best);
  EXPECT_NEAR(leaf.RealGain(best.gain), expected, 1e-3 * (1 + expected));
}

TEST(ScanFeature, PathSmoothingPrefersLargerSides) {
  Toy t = MakeToy(200, 60, false, false, 77);
  SplitRules plain, smooth;
  plain.min_samples_leaf = smooth.min_samples_leaf = 1;
  smooth.path_smooth = 50;
  Split a, b;
  const double own = Output(GradientOf(t.total) * t.plane.scale.g, HessianOf(t.total) * t.plane.scale.h, 0, 0);
  ScanFeature(t.feature, 0, t.histogram.data(),
              LeafScan::Make(plain, t.plane.scale, t.total, t.rows.size(), own, {}, 0), a);
  ScanFeature(t.feature, 0, t.histogram.data(),
              LeafScan::Make(smooth, t.plane.scale, t.total, t.rows.size(), own, {}, 0), b);
  ASSERT_GE(b.feature, 0);
  EXPECT_LT(b.gain, a.gain);
}

// Gini gain of a two-way partition of labels, by definition.
double GiniGain(const std::vector<std::uint32_t>& label, const std::vector<bool>& left, int k) {
  std::vector<double> l(std::size_t(k), 0), r(std::size_t(k), 0);
  double nl = 0, nr = 0;
  for (std::size_t i = 0; i < label.size(); ++i) {
    (left[i] ? l : r)[label[i]] += 1;
    (left[i] ? nl : nr) += 1;
  }
  if (nl == 0 || nr == 0) return 0;
  double gain = 0;
  for (int c = 0; c < k; ++c) {
    const auto i = std::size_t(c);
    gain += l[i] * l[i] / nl + r[i] * r[i] / nr - (l[i] + r[i]) * (l[i] + r[i]) / (nl + nr);
  }
  return gain;
}

TEST(ClassSplitter, FindsTheBestGiniSplit) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    const int k = 3 + int(seed % 4);
    const std::size_t n = 30 + seed * 3;
    Feature feature;
    feature.num_bins = 20;
    feature.train_missing = seed % 2 == 1;
    std::vector<std::uint8_t> bins(n);
    std::vector<std::uint32_t> label(n), weight(n, 1);
    std::vector<table::RowIndex> rows(n);
    for (std::size_t i = 0; i < n; ++i) {
      bins[i] = static_cast<std::uint8_t>(random.Below(20 + feature.train_missing));
      label[i] = static_cast<std::uint32_t>((bins[i] / 6 + random.Below(3)) % std::uint64_t(k));
      rows[i] = static_cast<table::RowIndex>(i);
    }
    double expected = 0;
    for (int cut = 0; cut < 20; ++cut) {
      for (const bool missing_left : {false, true}) {
        std::vector<bool> left(n);
        for (std::size_t i = 0; i < n; ++i) left[i] = bins[i] == 20 ? missing_left : bins[i] <= cut;
        expected = std::max(expected, GiniGain(label, left, k));
      }
    }
    ClassSplitter splitter(k);
    splitter.StartNode(rows, label.data(), weight.data());
    SplitRules rules;
    rules.min_samples_leaf = 1;
    Split best;
    ASSERT_TRUE(splitter.Scan(feature, 0, bins.data(), rules, 0, best));
    EXPECT_NEAR(best.gain, expected, 1e-9) << seed;
    std::vector<bool> left(n);
    for (std::size_t i = 0; i < n; ++i) left[i] = bins[i] == 20 ? best.default_left : bins[i] <= best.bin;
    EXPECT_NEAR(GiniGain(label, left, k), expected, 1e-9) << seed;
  }
}

}  // namespace
}  // namespace tagwerk::learners::trees
