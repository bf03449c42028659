#include "learners/trees/bin_edges.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace tagwerk::learners::trees {

namespace {

// Maps doubles to integers of the same order: negative numbers have all bits flipped, others the sign.
std::uint64_t KeyOf(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  return bits ^ ((bits >> 63) ? ~0ULL : 0x8000000000000000ULL);
}
double ValueOf(std::uint64_t key) { return std::bit_cast<double>(key ^ ((key >> 63) ? 0x8000000000000000ULL : ~0ULL)); }

void RadixPass(const std::vector<std::uint64_t>& from, std::vector<std::uint64_t>& to, int shift) {
  constexpr int kBits = 11;
  constexpr std::uint64_t kMask = (1 << kBits) - 1;
  std::array<std::uint32_t, 1 << kBits> start{};
  for (const std::uint64_t key : from) ++start[(key >> shift) & kMask];
  std::uint32_t sum = 0;
  for (std::uint32_t& s : start) {
    const std::uint32_t count = s;
    s = sum;
    sum += count;
  }
  for (const std::uint64_t key : from) to[start[(key >> shift) & kMask]++] = key;
}

// Keys are sorted by their high 32 bits; runs that share them are sorted by the rest.
void RepairRuns(std::vector<std::uint64_t>& keys) {
  for (std::size_t i = 0; i < keys.size();) {
    std::size_t end = i + 1;
    bool sorted = true;
    while (end < keys.size() && (keys[end] >> 32) == (keys[i] >> 32)) {
      sorted &= keys[end - 1] <= keys[end];
      ++end;
    }
    if (!sorted) std::sort(keys.begin() + std::ptrdiff_t(i), keys.begin() + std::ptrdiff_t(end));
    i = end;
  }
}

struct Distinct {
  std::vector<double> values;
  std::vector<std::uint32_t> counts;
};

Distinct CountDistinct(const std::vector<double>& sorted, std::size_t zeros) {
  Distinct d;
  std::size_t at = 0;  // of zero among the distinct values
  for (const double v : sorted) {
    if (d.values.empty() || v != d.values.back()) {
      d.values.push_back(v);
      d.counts.push_back(0);
      at += v < 0;
    }
    ++d.counts.back();
  }
  if (zeros == 0) return d;
  if (at == d.values.size() || d.values[at] != 0) {
    d.values.insert(d.values.begin() + std::ptrdiff_t(at), 0.0);
    d.counts.insert(d.counts.begin() + std::ptrdiff_t(at), 0);
  }
  d.counts[at] += static_cast<std::uint32_t>(zeros);
  return d;
}

}  // namespace

void SortDoubles(std::vector<double>& values) {
  if (values.size() < 512) {
    std::sort(values.begin(), values.end());
    return;
  }
  std::vector<std::uint64_t> keys(values.size()), other(values.size());
  std::transform(values.begin(), values.end(), keys.begin(), KeyOf);
  RadixPass(keys, other, 31);
  RadixPass(other, keys, 42);
  RadixPass(keys, other, 53);
  RepairRuns(other);
  std::transform(other.begin(), other.end(), values.begin(), ValueOf);
}

double Between(double a, double b) {
  const double middle = a / 2 + b / 2;
  if (!std::isfinite(middle) || !(a <= middle && middle < b)) return a;
  const auto rounded = static_cast<double>(static_cast<float>(middle));
  return a <= rounded && rounded < b ? rounded : middle;
}

std::vector<double> BinThresholds(std::vector<double>& values, int max_bins, std::size_t zeros) {
  for (double& v : values) v += 0.0;  // -0.0 becomes 0.0
  SortDoubles(values);
  const Distinct d = CountDistinct(values, zeros);
  const std::size_t m = d.values.size();
  std::vector<double> thresholds;
  if (m <= 1) return thresholds;
  if (m <= std::size_t(max_bins)) {
    for (std::size_t i = 0; i + 1 < m; ++i) thresholds.push_back(Between(d.values[i], d.values[i + 1]));
    return thresholds;
  }
  // A value of at least the mean mass gets a bin of its own; the mean of the others is taken anew after
  // every cut, so that the tail keeps its share of bins.
  const double mean_all = double(values.size() + zeros) / max_bins;
  double rest = 0;
  int bins_left = max_bins;
  for (const std::uint32_t c : d.counts) (c >= mean_all) ? void(--bins_left) : void(rest += c);
  double mean = rest / std::max(1, bins_left);
  double mass = 0;
  for (std::size_t i = 0; i + 1 < m && thresholds.size() + 1 < std::size_t(max_bins); ++i) {
    const bool heavy = d.counts[i] >= mean_all;
    const bool next_heavy = d.counts[i + 1] >= mean_all;
    if (!heavy) {
      rest -= d.counts[i];
      mass += d.counts[i];
    }
    if (!heavy && mass < mean && !(next_heavy && mass >= std::max(1.0, mean / 2))) continue;
    thresholds.push_back(Between(d.values[i], d.values[i + 1]));
    if (!heavy) {
      mean = rest / std::max(1, --bins_left);
    }
    mass = 0;
  }
  return thresholds;
}

}  // namespace tagwerk::learners::trees
