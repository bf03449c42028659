#include "learners/trees/target_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"

namespace tagwerk::learners::trees {

namespace {

constexpr int kOrders = 4;  // a row's value is the mean over so many orders: less noise in early rows
constexpr double kLeastPrior = 1, kMostPrior = 1000;

struct CategorySums {
  double weight = 0, y = 0, squares = 0;
  void Add(double w, double value) {
    weight += w;
    y += w * value;
    squares += w * value * value;
  }
  double Mean(double prior_rows, double prior) const { return (y + prior_rows * prior) / (weight + prior_rows); }
};

// The rows that the overall mean counts as: the variance within categories over that between them, estimated by moments
// (Searle, Casella and McCulloch 1992, section 3.6), which makes the smoothed mean the best linear guess.
double PriorRows(const std::vector<CategorySums>& sums) {
  CategorySums all;
  double within = 0, squared_sizes = 0, groups = 0;
  for (const CategorySums& s : sums) {
    if (s.weight <= 0) continue;
    all.weight += s.weight;
    all.y += s.y;
    within += std::max(0.0, s.squares - s.y * s.y / s.weight);
    squared_sizes += s.weight * s.weight;
    groups += 1;
  }
  if (groups < 2 || all.weight <= groups) return kMostPrior;
  const double mean = all.y / all.weight;
  double between = 0;
  for (const CategorySums& s : sums) {
    if (s.weight > 0) between += s.weight * std::pow(s.y / s.weight - mean, 2);
  }
  within /= all.weight - groups;
  between = (between - (groups - 1) * within) / (all.weight - squared_sizes / all.weight);
  return between > 0 ? std::clamp(within / between, kLeastPrior, kMostPrior) : kMostPrior;
}

}  // namespace

StatisticsTarget::StatisticsTarget(std::span<const double> y, std::span<const float> weight, model::RowSpan train,
                                   std::uint64_t seed)
    : y_(y), weight_(weight), train_(train), orders_(kOrders) {
  CategorySums all;
  for (const auto row : train) {
    all.Add(Weight(row), y[row]);
  }
  mean_ = all.weight > 0 ? all.y / all.weight : 0;
  for (int o = 0; o < kOrders; ++o) {
    std::vector<std::uint32_t>& order = orders_[std::size_t(o)];
    order.resize(train.size());
    for (std::uint32_t k = 0; k < order.size(); ++k) order[k] = k;
    Random random(Mix64(seed, std::uint64_t(o)));
    Shuffle(order, random);
  }
}

StatisticsTarget::Means StatisticsTarget::Of(std::span<const std::int32_t> codes, std::int32_t num_categories) const {
  Means means;
  means.of_row.assign(train_.size(), 0.0);
  const auto known = [&](std::int32_t code) { return code >= 0 && code < num_categories; };
  std::vector<CategorySums> whole(static_cast<std::size_t>(num_categories));
  std::vector<CategorySums> sums;
  for (const auto row : train_) {
    if (known(codes[row])) whole[std::size_t(codes[row])].Add(Weight(row), y_[row] - mean_);
  }
  const double prior_rows = PriorRows(whole);
  for (const auto& order : orders_) {
    sums.assign(whole.size(), CategorySums());
    for (const std::uint32_t k : order) {
      const auto row = train_[k];
      if (!known(codes[row])) {
        means.of_row[k] = std::numeric_limits<double>::quiet_NaN();
        continue;
      }
      CategorySums& s = sums[std::size_t(codes[row])];
      means.of_row[k] += s.Mean(prior_rows, 0) / kOrders;
      s.Add(Weight(row), y_[row] - mean_);
    }
  }
  for (const CategorySums& s : whole) means.of_code.push_back(s.Mean(prior_rows, 0));
  return means;
}

}  // namespace tagwerk::learners::trees
