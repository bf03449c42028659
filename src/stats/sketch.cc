// Distinct and quantile sketches; see sketch.h.
#include "stats/sketch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/random.h"

namespace tagwerk::stats {
namespace {

// Ertl 2017, algorithm 6: sigma corrects for empty registers, tau for saturated ones.
double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1, z = x, previous;
  do {
    x *= x;
    previous = z;
    z += x * y;
    y += y;
  } while (z != previous);
  return z;
}

double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1, z = 1 - x, previous;
  do {
    x = std::sqrt(x);
    previous = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (z != previous);
  return z / 3;
}

}  // namespace

DistinctSketch::DistinctSketch(int precision) : precision_(precision), registers_(std::size_t{1} << precision) {
  TW_CHECK(precision >= 4 && precision <= 18);
}

void DistinctSketch::Add(std::uint64_t hash) {
  hash = Mix64(hash);
  const std::size_t slot = hash >> (64 - precision_);
  const std::uint64_t rest = hash << precision_;
  const int rank = std::min(std::countl_zero(rest), 64 - precision_) + 1;
  registers_[slot] = std::max(registers_[slot], std::uint8_t(rank));
}

void DistinctSketch::Merge(const DistinctSketch& other) {
  TW_CHECK(other.precision_ == precision_);
  for (std::size_t i = 0; i < registers_.size(); ++i) {
    registers_[i] = std::max(registers_[i], other.registers_[i]);
  }
}

double DistinctSketch::Estimate() const {
  const int q = 64 - precision_;
  const double m = double(registers_.size());
  std::vector<double> histogram(std::size_t(q) + 2);
  for (const std::uint8_t r : registers_) histogram[r] += 1;
  double z = m * Tau(1 - histogram[std::size_t(q) + 1] / m);
  for (int k = q; k >= 1; --k) z = 0.5 * (z + histogram[std::size_t(k)]);
  z += m * Sigma(histogram[0] / m);
  return m / (2 * std::log(2.0)) * m / z;
}

QuantileSketch::QuantileSketch(int k) : k_(std::max(8, k)), levels_(1) {}

std::size_t QuantileSketch::Capacity(std::size_t level) const {
  const double depth = double(levels_.size() - 1 - level);
  return std::size_t(std::max(2.0, std::ceil(k_ * std::pow(2.0 / 3.0, depth))));
}

void QuantileSketch::Add(double value) {
  if (std::isnan(value)) return;
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = count_ == 0 ? value : std::max(max_, value);
  count_ += 1;
  levels_[0].push_back(value);
  if (levels_[0].size() > Capacity(0)) Compress();
}

void QuantileSketch::Compress() {
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    if (levels_[level].size() <= Capacity(level)) continue;
    if (level + 1 == levels_.size()) levels_.emplace_back();
    auto& items = levels_[level];
    std::sort(items.begin(), items.end());
    const bool odd = items.size() % 2 != 0;
    const double kept = items.back();
    const std::size_t pairs = items.size() / 2;
    const std::size_t offset = Mix64(++coin_) & 1;
    for (std::size_t i = 0; i < pairs; ++i) levels_[level + 1].push_back(items[2 * i + offset]);
    items.clear();
    if (odd) items.push_back(kept);
  }
}

void QuantileSketch::Merge(const QuantileSketch& other) {
  if (other.count_ == 0) return;
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
  count_ += other.count_;
  if (levels_.size() < other.levels_.size()) levels_.resize(other.levels_.size());
  for (std::size_t level = 0; level < other.levels_.size(); ++level) {
    levels_[level].insert(levels_[level].end(), other.levels_[level].begin(), other.levels_[level].end());
  }
  Compress();
}

std::vector<double> QuantileSketch::Quantiles(const std::vector<double>& shares) const {
  std::vector<double> result(shares.size(), std::numeric_limits<double>::quiet_NaN());
  if (count_ == 0) return result;
  std::vector<std::pair<double, double>> items;
  double total = 0;
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    for (const double v : levels_[level]) items.emplace_back(v, std::ldexp(1.0, int(level)));
    total += double(levels_[level].size()) * std::ldexp(1.0, int(level));
  }
  std::sort(items.begin(), items.end());
  for (std::size_t s = 0; s < shares.size(); ++s) {
    if (shares[s] <= 0) {
      result[s] = min_;
    } else if (shares[s] >= 1) {
      result[s] = max_;
    } else {
      double below = 0;
      std::size_t i = 0;
      while (i + 1 < items.size() && below + items[i].second < shares[s] * total) below += items[i++].second;
      result[s] = items[i].first;
    }
  }
  return result;
}

}  // namespace tagwerk::stats
