#include "stats/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/random.h"

namespace tagwerk::stats {
namespace {

constexpr Range kUnknown{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
constexpr double kSmallestP = 1e-12;

// Draws `n` of `n` with replacement into counts[at(i)]. Two draws come from one random number: with 32
// bits each the chances of any two units differ by less than n / 2^32.
template <class At>
void DrawWithReplacement(std::size_t n, Random& random, std::span<std::uint8_t> counts, const At& at) {
  const auto draw = [&](std::uint64_t bits) { ++counts[at(std::size_t((bits * n) >> 32))]; };
  std::size_t i = 0;
  for (; i + 2 <= n; i += 2) {
    const std::uint64_t bits = random.Next();
    draw(bits >> 32);
    draw(bits & 0xffffffffu);
  }
  if (i < n) draw(random.Next() >> 32);
}

std::vector<double> Defined(const std::vector<double>& values) {
  std::vector<double> defined;
  defined.reserve(values.size());
  for (const double v : values)
    if (!std::isnan(v)) defined.push_back(v);
  std::sort(defined.begin(), defined.end());
  return defined;
}

bool Usable(const BootstrapSample& sample, std::size_t defined) {
  return !std::isnan(sample.value) && sample.units >= 2 && defined >= 20 && 2 * defined >= sample.resampled.size();
}

// Acceleration of BCa from the jackknife (Efron 1987, eq. 6.6).
double Acceleration(const std::vector<double>& jackknife) {
  const std::vector<double> values = Defined(jackknife);
  if (values.empty()) return 0;
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
  double squares = 0, cubes = 0;
  for (const double v : values) {
    const double d = mean - v;
    squares += d * d;
    cubes += d * d * d;
  }
  return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0.0;
}

Range BiasCorrected(const BootstrapSample& sample, const std::vector<double>& sorted, double level) {
  const auto below = std::lower_bound(sorted.begin(), sorted.end(), sample.value) - sorted.begin();
  const auto upto = std::upper_bound(sorted.begin(), sorted.end(), sample.value) - sorted.begin();
  const double count = double(sorted.size());
  // Half of the equal ones count as below; the shift is kept finite.
  const double share = std::clamp(0.5 * double(below + upto) / count, 0.5 / count, 1 - 0.5 / count);
  const double shift = NormalQuantile(share), a = Acceleration(sample.jackknife);
  const auto adjusted = [&](double p) {
    const double z = shift + NormalQuantile(p), scale = 1 - a * z;
    return scale > 0 ? NormalCdf(shift + z / scale) : (z < 0 ? 0.0 : 1.0);
  };
  const double tail = (1 - level) / 2;
  return {SortedQuantile(sorted, adjusted(tail)), SortedQuantile(sorted, adjusted(1 - tail))};
}

// How much wider a percentile interval must be for few units.
double SmallSampleFactor(std::size_t units, double level) {
  const double n = double(units), p = (1 + level) / 2;
  if (units > 2000) return 1;
  return StudentQuantile(p, n - 1) / NormalQuantile(p) * std::sqrt(n / (n - 1));
}

}  // namespace

Resampler::Resampler(std::size_t rows, std::span<const std::uint64_t> groups, std::span<const double> strata,
                     std::uint64_t seed)
    : rows_(rows), units_(rows), seed_(seed) {
  TW_CHECK(rows < (std::size_t(1) << 31));
  TW_CHECK(groups.empty() || groups.size() == rows);
  TW_CHECK(strata.empty() || strata.size() == rows);
  std::vector<std::uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0u);
  if (!groups.empty()) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return groups[a] < groups[b]; });
    unit_of_row_.resize(rows);
    units_ = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      if (i == 0 || groups[order[i]] != groups[order[i - 1]]) ++units_;
      unit_of_row_[order[i]] = std::uint32_t(units_ - 1);
    }
  } else if (!strata.empty()) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return strata[a] < strata[b]; });
    for (std::size_t i = 1; i <= rows; ++i)
      if (i == rows || strata[order[i]] != strata[order[i - 1]]) stratum_end_.push_back(i);
    by_stratum_ = std::move(order);
  }
}

void Resampler::Draw(std::uint64_t b, std::span<std::uint8_t> counts) const {
  Random random(Mix64(seed_, 0x626f6f74, b));
  if (unit_of_row_.empty()) {
    std::fill(counts.begin(), counts.end(), std::uint8_t(0));
    if (by_stratum_.empty()) return DrawWithReplacement(rows_, random, counts, [](std::size_t i) { return i; });
    std::size_t begin = 0;
    for (const std::size_t end : stratum_end_) {
      DrawWithReplacement(end - begin, random, counts, [&](std::size_t i) { return by_stratum_[begin + i]; });
      begin = end;
    }
    return;
  }
  std::vector<std::uint8_t> drawn(units_, 0);
  DrawWithReplacement(units_, random, drawn, [](std::size_t i) { return i; });
  for (std::size_t i = 0; i < rows_; ++i) counts[i] = drawn[unit_of_row_[i]];
}

void Resampler::LeaveOut(std::size_t unit, std::span<std::uint8_t> counts) const {
  if (unit_of_row_.empty()) {
    std::fill(counts.begin(), counts.end(), std::uint8_t(1));
    counts[unit] = 0;
    return;
  }
  for (std::size_t i = 0; i < rows_; ++i) counts[i] = unit_of_row_[i] != unit;
}

Range BootstrapInterval(const BootstrapSample& sample, double level) {
  const std::vector<double> sorted = Defined(sample.resampled);
  if (!Usable(sample, sorted.size())) return kUnknown;
  if (!sample.jackknife.empty()) return BiasCorrected(sample, sorted, level);
  const double tail = (1 - level) / 2, factor = SmallSampleFactor(sample.units, level);
  const double low = SortedQuantile(sorted, tail), high = SortedQuantile(sorted, 1 - tail);
  const double centre = SortedQuantile(sorted, 0.5);
  return {centre - factor * (centre - low), centre + factor * (high - centre)};
}

Range ReflectedInterval(const BootstrapSample& sample, double floor, double level) {
  const std::vector<double> sorted = Defined(sample.resampled);
  if (!Usable(sample, sorted.size())) return kUnknown;
  const double tail = (1 - level) / 2, v = sample.value;
  const double low = 2 * v - SortedQuantile(sorted, 1 - tail), high = 2 * v - SortedQuantile(sorted, tail);
  return {std::clamp(low, floor, v), std::max(high, v)};
}

double BootstrapP(const BootstrapSample& sample) {
  const std::vector<double> sorted = Defined(sample.resampled);
  if (!Usable(sample, sorted.size())) return 1;
  const auto at_most = double(std::upper_bound(sorted.begin(), sorted.end(), 0.0) - sorted.begin());
  const auto at_least = double(sorted.end() - std::lower_bound(sorted.begin(), sorted.end(), 0.0));
  const double other_side = std::min(at_most, at_least), count = double(sorted.size());
  const double share = std::min(1.0, 2 * (other_side + 1) / (count + 1));
  if (other_side > 0) return share;
  const double mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / count;
  double squares = 0;
  for (const double v : sorted) squares += (v - mean) * (v - mean);
  const double sd = std::sqrt(squares / (count - 1));
  if (!(sd > 0)) return share;
  return std::clamp(TwoSidedStudentP(sample.value / sd, double(sample.units - 1)), kSmallestP, share);
}

}  // namespace tagwerk::stats
