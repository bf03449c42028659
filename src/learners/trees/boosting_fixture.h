// Fits of the tests of boosting.
#pragma once

#include <gtest/gtest.h>

#include "learners/trees/boosting.h"
#include "learners/trees/test_data.h"

namespace tagwerk::learners::trees {

inline model::Fitted Fit(const model::TrainingData& data, const BoostingSettings& settings, int threads = 1,
                         std::uint64_t seed = 0) {
  Pool pool(threads);
  Context context;
  context.pool = &pool;
  context.seed = seed;
  auto fitted = FitBoosting(context, data, settings);
  EXPECT_TRUE(fitted.has_value()) << (fitted ? "" : fitted.error().Text());
  return std::move(*fitted);
}

inline BoostingSettings Small(int trees = 20, int least = 5) {
  BoostingSettings s;
  s.n_estimators = trees;
  s.grow.split.min_samples_leaf = least;
  s.grow.split.category_smoothing = 1;
  s.grow.split.min_samples_category = 1;
  return s;
}

inline double MeanAbsolute(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / double(a.size());
}

}  // namespace tagwerk::learners::trees
