// Random forests and rows for tests: numbers with missing values and zeros, categories, every way a node can be.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "learners/trees/lightgbm_forest.h"

namespace tagwerk::learners::trees {

inline constexpr std::size_t kNumbers = 6, kCategories = 2, kLevels = 40;

inline constexpr std::size_t kAllColumns = kNumbers + kCategories;

inline GivenNode RandomNode(Random& random, std::size_t columns) {
  GivenNode node;
  node.feature = std::uint32_t(random.Below(columns));
  node.category = node.feature >= kNumbers;
  node.default_left = random.Below(2) == 1;
  node.missing = node.feature == 0 ? GivenMissing::kZero : GivenMissing(2 * random.Below(2));
  node.threshold = std::round(random.Normal() * 10) / 10;
  for (std::size_t level = 0; node.category && level < kLevels; ++level)
    if (random.Below(3) == 0) node.goes_left.push_back(std::int64_t(level));
  return node;
}

/// Splits a random leaf until there are enough.
inline GivenTree RandomTree(Random& random, std::size_t leaves, std::size_t columns = kAllColumns) {
  GivenTree tree;
  tree.leaf_value.push_back(random.Normal());
  while (tree.leaf_value.size() < leaves) {
    const auto leaf = std::int32_t(random.Below(tree.leaf_value.size()));
    GivenNode node = RandomNode(random, columns);
    node.left = ~leaf;
    node.right = ~std::int32_t(tree.leaf_value.size());
    tree.leaf_value.push_back(random.Normal());
    const auto place = std::int32_t(tree.nodes.size());
    for (GivenNode& other : tree.nodes) {
      if (other.left == ~leaf) other.left = place;
      if (other.right == ~leaf) other.right = place;
    }
    tree.nodes.push_back(std::move(node));
  }
  for (std::size_t leaf = 0; leaf < tree.leaf_value.size(); ++leaf)
    tree.leaf_count.push_back(std::int64_t(1 + random.Below(50)));
  return tree;
}

inline LightGbmModel RandomModel(Random& random, std::size_t trees, std::size_t most_leaves, std::uint32_t classes,
                                 std::vector<GivenTree>* trees_given = nullptr, std::size_t columns = kAllColumns) {
  LightGbmModel model;
  for (std::size_t f = 0; f < kNumbers + kCategories; ++f) {
    ImportedFeature feature;
    feature.category = f >= kNumbers;
    for (std::size_t level = 0; feature.category && level < kLevels; ++level)
      feature.levels.push_back(std::to_string(level));
    model.features.push_back(std::move(feature));
  }
  model.forest.outputs = classes;
  model.forest.transform = classes == 1 ? Transform::kIdentity : Transform::kSoftmax;
  model.forest.start.assign(classes, 0.25);
  std::vector<GivenTree> given;
  for (std::size_t t = 0; t < trees; ++t) given.push_back(RandomTree(random, 1 + random.Below(most_leaves), columns));
  EXPECT_EQ(BuildForest(given, 1.0, model), "");
  if (trees_given != nullptr) *trees_given = std::move(given);
  return model;
}

inline model::Matrix RandomRows(Random& random, std::size_t rows) {
  std::vector<model::MatrixColumn> columns(kNumbers + kCategories);
  for (std::size_t j = 0; j < columns.size(); ++j) {
    if (j < kNumbers) {
      std::vector<double> values(rows);
      for (double& v : values) v = random.Below(9) == 0 ? NAN : std::round(random.Normal() * 20) / 20;
      columns[j].numeric = std::make_shared<const std::vector<double>>(std::move(values));
    } else {
      std::vector<std::int32_t> codes(rows);
      for (auto& code : codes) code = std::int32_t(random.Below(kLevels + 3)) - 1;
      columns[j].codes = std::make_shared<const std::vector<std::int32_t>>(std::move(codes));
      columns[j].num_categories = kLevels + 2;
    }
  }
  return {rows, std::move(columns)};
}

}  // namespace tagwerk::learners::trees
