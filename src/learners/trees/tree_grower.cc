#include "learners/trees/tree_grower.h"

#include <algorithm>

#include "learners/trees/leafwise_grower.h"
#include "learners/trees/oblivious_grower.h"

namespace tagwerk::learners::trees {

std::unique_ptr<TreeGrower> MakeGrower(const BinnedData& data, const GrowRules& rules, Pool* pool) {
  if (rules.growth == Growth::kOblivious) return std::make_unique<ObliviousGrower>(data, rules, pool);
  return std::make_unique<LeafwiseGrower>(data, rules, pool);
}

std::vector<std::vector<std::uint8_t>> GroupsOf(const BinnedData& data, const GrowRules& rules) {
  std::vector<std::vector<std::uint8_t>> groups;
  if (rules.groups.empty()) return groups;
  std::vector<std::uint8_t> rest(data.features.size(), 1);  // columns of no group may meet each other
  for (const auto& columns : rules.groups) {
    std::vector<std::uint8_t>& group = groups.emplace_back(data.features.size(), std::uint8_t{0});
    for (std::size_t f = 0; f < group.size(); ++f) {
      if (std::find(columns.begin(), columns.end(), data.features[f].column) == columns.end()) continue;
      group[f] = 1;
      rest[f] = 0;
    }
  }
  groups.push_back(std::move(rest));
  return groups;
}

int DirectionOf(const BinnedData& data, const GrowRules& rules, std::size_t feature) {
  const std::size_t column = data.features[feature].column;
  return column < rules.directions.size() ? rules.directions[column] : 0;
}

Features UsedFeatures(const BinnedData& data, std::span<const std::uint8_t> use) {
  Features used;
  for (const std::int32_t f : data.by_store) {
    if (use[std::size_t(f)]) used.push_back(f);
  }
  return used;
}

bool EnoughRows(const LeafRows& leaf, const GrowRules& rules) {
  return leaf.rows() >= 2 * static_cast<std::size_t>(std::max(1, rules.split.min_samples_leaf));
}

void DealRows(const LeafRows& parent, std::uint32_t node, std::size_t left_rows, std::size_t left_routed,
              LeafRows& left, LeafRows& right) {
  left.node = node;
  right.node = node + 1;
  left.begin = parent.begin;
  left.end = right.begin = parent.begin + left_rows;
  right.end = parent.end;
  left.routed_begin = parent.routed_begin;
  left.routed_end = right.routed_begin = parent.routed_begin + left_routed;
  right.routed_end = parent.routed_end;
}

double RootOutput(const SplitRules& rules, Scale scale, Packed total) {
  return Output(GradientOf(total) * scale.g, HessianOf(total) * scale.h, rules.l1, rules.l2);
}

HeldSides HoldSides(const SplitRules& rules, Scale scale, const Held& parent, Packed left, std::size_t left_rows,
                    Packed right, std::size_t right_rows, int direction) {
  const auto held = [&](Packed side, std::size_t rows) {
    const double share = double(rows) / (double(rows) + rules.path_smooth);
    const double output = RootOutput(rules, scale, side) * share + parent.output * (1 - share);
    return Held{parent.range.Clamp(output), parent.range};
  };
  HeldSides sides{held(left, left_rows), held(right, right_rows)};
  if (direction == 0) return sides;
  const double middle = (sides.left.output + sides.right.output) / 2;
  (direction > 0 ? sides.left : sides.right).range.high = middle;
  (direction > 0 ? sides.right : sides.left).range.low = middle;
  return sides;
}

}  // namespace tagwerk::learners::trees
