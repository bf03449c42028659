#include "learners/trees/multi_round.h"

#include <cmath>

namespace tagwerk::learners::trees {

using table::RowIndex;

MultiRound::MultiRound(const BinnedData& bins, const GrowRules& rules, std::size_t outputs, std::size_t num_rows,
                       Pool* pool)
    : rules_(rules), pool_(pool), grower_(bins, rules, LaneFormOf(outputs), pool) {
  plane_.form = LaneFormOf(outputs);
  plane_.outputs.resize(outputs);
  for (GradientPlane& plane : plane_.outputs) plane.real.resize(num_rows);
  plane_.packed.resize(num_rows * plane_.form.lanes());
}

bool MultiRound::Grow(const Context& context, const Objective& objective, const TrainingRows& rows,
                      double learning_rate, int levels, std::uint64_t seed, std::span<const std::uint8_t> use,
                      model::RowSpan in, model::RowSpan routed, std::vector<Scores>& scores, Tree& tree) {
  in_.assign(in.begin(), in.end());
  routed_.assign(routed.begin(), routed.end());
  for (std::size_t k = 0; k < plane_.outputs.size(); ++k)
    objective.Gradients(scores, static_cast<int>(k), pool_, plane_.outputs[k]);
  QuantiseLanes(plane_, in_, levels, seed, pool_);
  if (!grower_.Grow(context, plane_, use, in_, routed_, tree)) return false;
  tree.values.assign(grower_.leaves().size() * plane_.outputs.size(), 0.0);
  ForEach(pool_, grower_.leaves().size(),
          [&](std::size_t leaf) { SetLeaf(objective, rows, learning_rate, leaf, scores, tree); });
  return true;
}

// Values come from the unquantised gradients, summed in row order. A tree without a split must not shift all scores.
void MultiRound::SetLeaf(const Objective& objective, const TrainingRows& rows, double learning_rate, std::size_t leaf,
                         std::vector<Scores>& scores, Tree& tree) const {
  const LeafRows& at = grower_.leaves()[leaf];
  const model::RowSpan own = model::RowSpan(in_).subspan(at.begin, at.end - at.begin);
  const model::RowSpan others = model::RowSpan(routed_).subspan(at.routed_begin, at.routed_end - at.routed_begin);
  double cover = 0;
  for (const RowIndex row : own) cover += rows.Weight(row);
  tree.nodes[at.node].cover = static_cast<float>(cover);
  if (grower_.leaves().size() == 1) return;
  for (std::size_t k = 0; k < plane_.outputs.size(); ++k) {
    double g = 0, h = 0;
    for (const RowIndex row : own) {
      g += plane_.outputs[k].real[row].g;
      h += plane_.outputs[k].real[row].h;
    }
    const double step = objective.Limit(Output(g, h, rules_.split.l1, rules_.split.l2), g, h);
    const double value = learning_rate * std::ldexp(step, objective.exponent());
    tree.values[leaf * plane_.outputs.size() + k] = value;
    for (const RowIndex row : own) scores[k][row] += value;
    for (const RowIndex row : others) scores[k][row] += value;
  }
}

}  // namespace tagwerk::learners::trees
