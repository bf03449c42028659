#include "learners/trees/forest_walk.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tagwerk::learners::trees {

namespace {

using model::Matrix;
using model::RowIndex;

constexpr double kNoNumber = 1e-35f;  // |x| up to it counts as 0, as LightGBM has it
constexpr std::size_t kMostCodes = 254;

bool InSet(const CodeSet& set, std::uint8_t code) { return ((set[code >> 6] >> (code & 63)) & 1) != 0; }

std::uint8_t CodeOf(const ForestColumn& column, const model::MatrixColumn* values, RowIndex row) {
  if (values == nullptr || !values->is_category()) return kMissingCode;
  const std::int32_t code = (*values->codes)[row];
  return code >= 0 && std::size_t(code) < column.bin_of_code.size() ? column.bin_of_code[std::size_t(code)]
                                                                    : kMissingCode;
}

/// Whether a node that compares codes sends one to the left: of numbers, and of categories that are ordered by their
/// mean target.
bool CodeGoesLeft(const FlatNode& node, std::uint8_t code) {
  return static_cast<std::uint8_t>(code + (node.flags & kAddOne)) <= node.limit;
}

double ThresholdOf(const ForestColumn& column, const FlatNode& node) {
  return column.thresholds[std::size_t(node.limit) - (node.flags & kAddOne)];
}

/// One row on its way through trees.
class Walker {
 public:
  Walker(const Forest& forest, const Matrix& x) : forest_(forest) {
    for (const ForestColumn& c : forest.columns) values_.push_back(c.column < x.cols() ? &x.column(c.column) : nullptr);
  }
  /// The leaf of a row, as index of a node.
  std::size_t LeafOf(std::size_t tree, RowIndex row) const {
    const std::size_t root = forest_.tree_begin[tree];
    std::size_t at = root;
    while ((forest_.nodes[at].flags & kLeafNode) == 0) {
      at = root + forest_.nodes[at].left + (GoesLeft(at, row) ? 0 : 1);
    }
    return at;
  }

 private:
  bool GoesLeft(std::size_t at, RowIndex row) const {
    const FlatNode& node = forest_.nodes[at];
    const ForestColumn& column = forest_.columns[node.slot];
    const model::MatrixColumn* values = values_[node.slot];
    if ((node.flags & kCategoryNode) != 0) return InSet(forest_.sets[forest_.payload[at]], CodeOf(column, values, row));
    if (column.category) return CodeGoesLeft(node, CodeOf(column, values, row));
    const bool numeric = values != nullptr && !values->is_category();
    const double v = numeric ? values->NumberAt(row) : std::numeric_limits<double>::quiet_NaN();
    if (std::isnan(v) || (column.zero_is_missing && std::abs(v) <= kNoNumber)) return (node.flags & kAddOne) != 0;
    return v <= ThresholdOf(column, node);
  }

  const Forest& forest_;
  std::vector<const model::MatrixColumn*> values_;
};

/// The number of each leaf within its tree, by node.
std::vector<std::uint32_t> LeafNumbers(const Forest& forest) {
  std::vector<std::uint32_t> numbers(forest.nodes.size(), 0);
  for (std::size_t t = 0; t < forest.trees(); ++t) {
    std::uint32_t next = 0;
    for (std::size_t at = forest.tree_begin[t]; at < forest.tree_begin[t + 1]; ++at) {
      if ((forest.nodes[at].flags & kLeafNode) != 0) numbers[at] = next++;
    }
  }
  return numbers;
}

Json SplitJson(const Forest& forest, std::size_t at) {
  const FlatNode& node = forest.nodes[at];
  const ForestColumn& column = forest.columns[node.slot];
  Json json = {{"left", node.left}, {"right", node.left + 1}, {"column", column.column}};
  const bool ordered = (node.flags & kCategoryNode) == 0;
  if (ordered && !column.category) {
    const double threshold = ThresholdOf(column, node);
    json["threshold"] = std::isfinite(threshold) ? Json(threshold) : Json(nullptr);  // null: present or missing
    json["missing_left"] = (node.flags & kAddOne) != 0;
    return json;
  }
  const auto left = [&](std::uint8_t bin) {
    return ordered ? CodeGoesLeft(node, bin) : InSet(forest.sets[forest.payload[at]], bin);
  };
  Json codes = Json::array();
  for (std::size_t code = 0; code < column.bin_of_code.size(); ++code) {
    if (column.bin_of_code[code] != kMissingCode && left(column.bin_of_code[code])) codes.push_back(code);
  }
  json["codes"] = std::move(codes);
  json["missing_left"] = left(kMissingCode);
  return json;
}

bool Union(const std::vector<double>& a, const std::vector<double>& b, std::vector<double>& out) {
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  const bool open = !out.empty() && std::isinf(out.back());
  return out.size() <= kMostCodes + (open ? 1 : 0);
}

std::vector<std::uint8_t> RanksIn(const std::vector<double>& all, const std::vector<double>& some) {
  std::vector<std::uint8_t> ranks;
  for (const double v : some) {
    ranks.push_back(static_cast<std::uint8_t>(std::lower_bound(all.begin(), all.end(), v) - all.begin()));
  }
  return ranks;
}

void Renumber(FlatNode& node, const std::vector<std::uint8_t>& ranks) {
  const std::uint8_t add = node.flags & kAddOne;
  node.limit = static_cast<std::uint8_t>(ranks[std::size_t(node.limit) - add] + add);
}

/// Finds the slot of `forest` that can hold a column of another forest too and widens it, or adds one; returns it.
std::uint16_t MergeColumn(Forest& forest, const ForestColumn& more) {
  for (std::size_t slot = 0; slot < forest.columns.size(); ++slot) {
    ForestColumn& column = forest.columns[slot];
    if (column.column != more.column || column.category != more.category ||
        column.zero_is_missing != more.zero_is_missing)
      continue;
    std::vector<double> thresholds;
    const bool fits = column.category ? column.bin_of_code == more.bin_of_code
                                      : Union(column.thresholds, more.thresholds, thresholds);
    if (!fits) continue;
    column.gain += more.gain;
    if (column.category) return static_cast<std::uint16_t>(slot);
    const std::vector<std::uint8_t> moved = RanksIn(thresholds, column.thresholds);
    for (FlatNode& node : forest.nodes) {
      const bool here = node.slot == slot && (node.flags & (kLeafNode | kCategoryNode)) == 0;
      if (here) Renumber(node, moved);
    }
    column.thresholds = std::move(thresholds);
    return static_cast<std::uint16_t>(slot);
  }
  forest.columns.push_back(more);
  return static_cast<std::uint16_t>(forest.columns.size() - 1);
}

}  // namespace

void LeavesOf(const Forest& forest, const Matrix& x, model::RowSpan rows, std::span<std::uint32_t> out) {
  const Walker walker(forest, x);
  const std::vector<std::uint32_t> numbers = LeafNumbers(forest);
  for (std::size_t t = 0; t < forest.trees(); ++t) {
    for (std::size_t i = 0; i < rows.size(); ++i) out[i * forest.trees() + t] = numbers[walker.LeafOf(t, rows[i])];
  }
}

void AddTrees(const Forest& forest, const Matrix& x, model::RowSpan rows, std::size_t first, std::size_t last,
              std::span<double> sums) {
  const Walker walker(forest, x);
  const std::size_t scores = forest.scores();
  for (std::size_t t = first; t < last; ++t) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double* values =
          forest.values.data() + std::size_t(forest.payload[walker.LeafOf(t, rows[i])]) * forest.width;
      double* to = sums.data() + i * scores;
      if (forest.width > 1)
        for (std::size_t k = 0; k < forest.width; ++k) to[k] += values[k];
      else
        to[t % scores] += values[0];
    }
  }
}

Json TreeJson(const Forest& forest, std::size_t tree) {
  Json nodes = Json::array();
  std::uint32_t leaf = 0;
  for (std::size_t at = forest.tree_begin[tree]; at < forest.tree_begin[tree + 1]; ++at) {
    if ((forest.nodes[at].flags & kLeafNode) == 0) {
      nodes.push_back(SplitJson(forest, at));
      continue;
    }
    Json values = Json::array();
    for (std::size_t k = 0; k < forest.width; ++k)
      values.push_back(forest.values[std::size_t(forest.payload[at]) * forest.width + k]);
    nodes.push_back({{"leaf", leaf++}, {"values", std::move(values)}});
  }
  return {{"nodes", std::move(nodes)}};
}

void AppendForest(Forest& forest, const Forest& more) {
  const auto covered = [](const Forest& f) { return f.trees() == 0 || !f.leaf_cover.empty(); };
  if (covered(forest) && covered(more))
    forest.leaf_cover.insert(forest.leaf_cover.end(), more.leaf_cover.begin(), more.leaf_cover.end());
  else
    forest.leaf_cover.clear();
  std::vector<std::uint16_t> slots;
  for (const ForestColumn& column : more.columns) slots.push_back(MergeColumn(forest, column));
  std::vector<std::vector<std::uint8_t>> ranks;
  for (std::size_t i = 0; i < slots.size(); ++i)
    ranks.push_back(RanksIn(forest.columns[slots[i]].thresholds, more.columns[i].thresholds));
  const auto node_offset = static_cast<std::uint32_t>(forest.nodes.size());
  const auto value_offset = static_cast<std::uint32_t>(forest.values.size() / forest.width);
  const auto set_offset = static_cast<std::uint32_t>(forest.sets.size());
  for (std::size_t at = 0; at < more.nodes.size(); ++at) {
    FlatNode node = more.nodes[at];
    std::uint32_t payload = more.payload[at];
    if ((node.flags & kLeafNode) != 0) {
      node.slot = 0;
      payload += value_offset;
    } else {
      if ((node.flags & kCategoryNode) != 0)
        payload += set_offset;
      else if (!more.columns[node.slot].category)
        Renumber(node, ranks[node.slot]);
      node.slot = slots[node.slot];
    }
    forest.nodes.push_back(node);
    forest.payload.push_back(payload);
  }
  for (std::size_t t = 1; t < more.tree_begin.size(); ++t)
    forest.tree_begin.push_back(node_offset + more.tree_begin[t]);
  forest.sets.insert(forest.sets.end(), more.sets.begin(), more.sets.end());
  forest.values.insert(forest.values.end(), more.values.begin(), more.values.end());
}

}  // namespace tagwerk::learners::trees
