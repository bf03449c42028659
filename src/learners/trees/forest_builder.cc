#include "learners/trees/forest_builder.h"

#include <algorithm>
#include <limits>

namespace tagwerk::learners::trees {

namespace {

/// How one training feature is coded in the model.
struct Coding {
  bool used = false;
  std::uint16_t slot = 0;
  BinSet cuts{};                         // numeric: bins that some node cuts after
  std::array<std::uint8_t, 256> rank{};  // code of each cut
};

ForestColumn MakeColumn(const Feature& feature, Coding& coding, double gain) {
  ForestColumn column;
  column.column = feature.column;
  column.category = feature.category;
  column.gain = gain;
  if (feature.category) {
    column.bin_of_code = feature.bin_of_code;
    for (std::uint8_t& bin : column.bin_of_code) {
      if (bin == feature.missing_bin()) bin = kMissingCode;
    }
    return column;
  }
  if (feature.statistic) {
    column.category = true;
    std::array<std::uint8_t, 256> code_of_bin{};
    std::uint8_t cuts = 0;
    for (unsigned b = 0; b < 256; ++b) {
      code_of_bin[b] = b == unsigned(feature.missing_bin()) ? kMissingCode : cuts;
      if (Contains(coding.cuts, b)) coding.rank[b] = cuts++;
    }
    for (const std::uint8_t bin : feature.bin_of_code) column.bin_of_code.push_back(code_of_bin[bin]);
    return column;
  }
  for (unsigned b = 0; b < 256; ++b) {
    if (!Contains(coding.cuts, b)) continue;
    coding.rank[b] = static_cast<std::uint8_t>(column.thresholds.size());
    // A cut after the last bin parts missing values from all others.
    column.thresholds.push_back(b < feature.thresholds.size() ? feature.thresholds[b]
                                                              : std::numeric_limits<double>::infinity());
  }
  return column;
}

}  // namespace

ForestBuilder::ForestBuilder(const BinnedData& data, Transform transform, std::uint32_t outputs, std::uint32_t width,
                             std::vector<double> start)
    : data_(data), gains_(data.features.size(), 0.0) {
  forest_.transform = transform;
  forest_.outputs = outputs;
  forest_.width = width;
  forest_.start = std::move(start);
}

void ForestBuilder::Add(const Tree& tree) {
  const auto root = static_cast<std::uint32_t>(forest_.nodes.size());
  const auto first_value = static_cast<std::uint32_t>(forest_.values.size() / forest_.width);
  for (std::uint32_t i = 0; i < tree.nodes.size(); ++i) {
    const TreeNode& n = tree.nodes[i];
    FlatNode flat;
    std::uint32_t payload = 0;
    if (n.feature < 0) {
      flat.left = i;
      flat.flags = kLeafNode;
      payload = first_value + n.left;
      forest_.leaf_cover.push_back(n.cover);
    } else {
      const auto f = std::size_t(n.feature);
      gains_[f] += n.gain;
      flat.left = n.left;
      flat.slot = static_cast<std::uint16_t>(f);
      flat.limit = n.bin;
      flat.flags = n.category ? kCategoryNode : (n.default_left ? kAddOne : std::uint8_t{0});
      if (n.category) {
        payload = static_cast<std::uint32_t>(forest_.sets.size());
        CodeSet set = tree.sets[n.set];
        const bool missing_left = Contains(set, unsigned(data_.features[f].missing_bin()));
        set[3] &= ~(1ULL << 63);
        if (missing_left) Insert(set, kMissingCode);
        forest_.sets.push_back(set);
      }
    }
    forest_.nodes.push_back(flat);
    forest_.payload.push_back(payload);
  }
  forest_.values.insert(forest_.values.end(), tree.values.begin(), tree.values.end());
  forest_.tree_begin.push_back(root + static_cast<std::uint32_t>(tree.nodes.size()));
}

Forest ForestBuilder::Finish() && {
  std::vector<Coding> codings(data_.features.size());
  for (const FlatNode& n : forest_.nodes) {
    if (n.flags & kLeafNode) continue;
    Coding& c = codings[n.slot];
    c.used = true;
    if (!(n.flags & kCategoryNode)) Insert(c.cuts, n.limit);
  }
  std::vector<std::size_t> order;
  for (std::size_t f = 0; f < codings.size(); ++f) {
    if (codings[f].used) order.push_back(f);
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return data_.features[a].column < data_.features[b].column; });
  for (const std::size_t f : order) {
    codings[f].slot = static_cast<std::uint16_t>(forest_.columns.size());
    forest_.columns.push_back(MakeColumn(data_.features[f], codings[f], gains_[f]));
  }
  for (FlatNode& n : forest_.nodes) {
    if (n.flags & kLeafNode) continue;
    const Coding& c = codings[n.slot];
    n.slot = c.slot;
    n.limit = n.flags & kCategoryNode ? 255 : static_cast<std::uint8_t>(c.rank[n.limit] + (n.flags & kAddOne));
  }
  return std::move(forest_);
}

}  // namespace tagwerk::learners::trees
