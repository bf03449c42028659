#include "features/screen.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"

namespace tagwerk::features {
namespace {

constexpr double kShrink = 20;  ///< rows of the mean 0 in every bin
constexpr std::size_t kMostTargets = 3;
constexpr std::size_t kEdgeValues = 1024;  ///< values that quantiles are taken from

}  // namespace

Screen::Screen(const FitInput& input) : seed_(input.seed) {
  const table::RowSpan train = input.train_rows;
  const std::size_t step = (train.size() + kMostRows - 1) / kMostRows;
  for (std::size_t i = 0; i < train.size(); i += step) rows_.push_back(train[i]);
  const std::size_t n = rows_.size();
  for (const table::RowIndex row : rows_) half_.push_back(Mix64(input.seed, 0x68616c66ULL, row) & 1);
  std::vector<double> classes;
  if (input.task == Task::kMulticlass) {
    std::vector<std::size_t> counts(std::size_t(input.num_classes), 0), order(counts.size());
    for (const table::RowIndex row : rows_) ++counts[std::size_t(input.y[row])];
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return counts[a] > counts[b]; });
    for (std::size_t k = 0; k < std::min(kMostTargets, order.size()); ++k) classes.push_back(double(order[k]));
  }
  targets_ = std::max<std::size_t>(1, classes.size());
  residual_.resize(n * targets_);
  for (std::size_t k = 0; k < targets_; ++k) {
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double y = input.y[rows_[i]];
      const double value = classes.empty() ? y : double(y == classes[k]);
      residual_[i * targets_ + k] = value;
      mean += value / double(n);
    }
    for (std::size_t i = 0; i < n; ++i) square += std::pow(residual_[i * targets_ + k] - mean, 2) / double(n);
    const double factor = square > 0 && std::isfinite(square) ? 1 / std::sqrt(square) : 0;
    for (std::size_t i = 0; i < n; ++i) {
      double& value = residual_[i * targets_ + k];
      value = factor == 0 ? 0 : (value - mean) * factor;
    }
  }
  Shuffle();
}

void Screen::Shuffle() {
  std::vector<std::uint32_t> order(rows_.size());
  std::iota(order.begin(), order.end(), 0U);
  Random random(Mix64(seed_, 0x7368756666ULL));
  tagwerk::Shuffle(order, random);
  shuffled_.resize(residual_.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t k = 0; k < targets_; ++k) shuffled_[i * targets_ + k] = residual_[order[i] * targets_ + k];
}

std::vector<std::uint32_t> Screen::BinsOf(const std::vector<double>& values, std::size_t& count) const {
  std::vector<double> some;
  const std::size_t step = values.size() / kEdgeValues + 1;
  for (std::size_t i = 0; i < values.size(); i += step)
    if (!std::isnan(values[i])) some.push_back(values[i]);
  std::sort(some.begin(), some.end());
  std::vector<double> edges;  // a value above edge k is in bin k + 1 or later
  for (std::size_t b = 1; b < kBins && !some.empty(); ++b) {
    const double edge = some[b * some.size() / kBins];
    if (edge < some.back() && (edges.empty() || edge > edges.back())) edges.push_back(edge);
  }
  count = edges.size() + 2;
  std::vector<std::uint32_t> bins(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    bins[i] = std::isnan(values[i])
                  ? std::uint32_t(count - 1)
                  : std::uint32_t(std::lower_bound(edges.begin(), edges.end(), values[i]) - edges.begin());
  }
  return bins;
}

double Screen::GainOf(const std::vector<double>& residual, const std::vector<std::uint32_t>& bins,
                      std::size_t count) const {
  std::vector<double> sums(2 * count * targets_, 0.0), rows(2 * count, 0.0);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const std::size_t cell = half_[i] * count + bins[i];
    rows[cell] += 1;
    for (std::size_t k = 0; k < targets_; ++k) sums[cell * targets_ + k] += residual[i * targets_ + k];
  }
  // On the other half a prediction m of the residuals r gains r^2 - (r - m)^2 = 2 r m - m^2.
  double gain = 0;
  for (std::size_t half = 0; half < 2; ++half) {
    for (std::size_t b = 0; b < count; ++b) {
      const std::size_t own = half * count + b, other = (1 - half) * count + b;
      for (std::size_t k = 0; k < targets_; ++k) {
        const double mean = sums[own * targets_ + k] / (rows[own] + kShrink);
        gain += 2 * mean * sums[other * targets_ + k] - mean * mean * rows[other];
      }
    }
  }
  return gain / double(std::max<std::size_t>(1, bins.size() * targets_));
}

void Screen::Remove(const std::vector<std::uint32_t>& bins, std::size_t count, double part) {
  std::vector<double> sums(count * targets_, 0.0), rows(count, 0.0);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    rows[bins[i]] += 1;
    for (std::size_t k = 0; k < targets_; ++k) sums[bins[i] * targets_ + k] += residual_[i * targets_ + k];
  }
  for (std::size_t i = 0; i < bins.size(); ++i) {
    for (std::size_t k = 0; k < targets_; ++k)
      residual_[i * targets_ + k] -= part * sums[bins[i] * targets_ + k] / (rows[bins[i]] + kShrink);
  }
}

}  // namespace tagwerk::features
