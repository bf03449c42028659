// Predicting: features once per recipe, models block by block.
#include <algorithm>
#include <cmath>
#include <limits>

#include "pipeline/pipeline.h"

namespace tagwerk::pipeline {
namespace {

constexpr std::size_t kBlockRows = 2048;  ///< a block's member outputs stay in the cache
constexpr std::size_t kInlineRows = 256;  ///< below: no hand-over to other threads

/// Matrices of the distinct feature sets and, per member, which one it reads.
struct Applied {
  std::vector<model::Matrix> matrices;
  std::vector<std::size_t> of_member;
};

Result<Applied> ApplyFeatures(const Context& context, const std::vector<Member>& members, const table::Table& table,
                              features::ApplyReport& report) {
  Applied out;
  std::vector<const features::FittedFeatures*> done;
  for (const Member& member : members) {
    std::size_t at = 0;
    while (at < done.size() && done[at] != member.features.get()) ++at;
    if (at == done.size()) {
      features::ApplyReport own;
      TW_TRY(model::Matrix matrix, member.features->Apply(context, table, &own));
      report.Merge(own, /*same_rows=*/true);
      out.matrices.push_back(std::move(matrix));
      done.push_back(member.features.get());
    }
    out.of_member.push_back(at);
  }
  return out;
}

/// Expected size of the error of every row: the model's word times `sign`, at least the floor; 1 without a model.
Result<std::vector<double>> SpreadOf(const Context& context, const Pipeline& p, const std::optional<Member>& by,
                                     double sign, const table::Table& table) {
  std::vector<double> spread(table.num_rows(), 1.0);
  if (!by || table.num_rows() == 0) return spread;
  features::ApplyReport unused;
  TW_TRY(const model::Matrix matrix, by->features->Apply(context, table, &unused));
  table::Rows rows(table.num_rows());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<table::RowIndex>(i);
  by->model->Predict(matrix, rows, spread);
  for (double& s : spread) s = p.SpreadFrom(s, sign);
  return spread;
}

}  // namespace

Result<Predictions> Pipeline::Predict(const Context& context, const table::Table& table, double level) const {
  Predictions out;
  out.task = task;
  const std::size_t n = table.num_rows(), width = static_cast<std::size_t>(num_outputs());
  TW_TRY(const Applied applied, ApplyFeatures(context, members, table, out.report));
  out.scores.resize(n * width);
  std::vector<double> weights;
  for (const Member& member : members) weights.push_back(member.weight);
  const auto block = [&](std::size_t begin, std::size_t end) {
    if (context.Stopped()) return;
    table::Rows rows(end - begin);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<table::RowIndex>(begin + i);
    std::vector<double> scratch(rows.size() * width * members.size());
    std::vector<std::span<const double>> parts;
    for (std::size_t m = 0; m < members.size(); ++m) {
      const std::span<double> part(scratch.data() + m * rows.size() * width, rows.size() * width);
      members[m].model->Predict(applied.matrices[applied.of_member[m]], rows, part);
      parts.push_back(part);
    }
    const std::span<double> scores(out.scores.data() + begin * width, rows.size() * width);
    Combine(parts, weights, calibration, num_outputs(), scores);
  };
  if (n <= kInlineRows || context.pool == nullptr) {
    for (std::size_t begin = 0; begin < n; begin += kBlockRows) block(begin, std::min(n, begin + kBlockRows));
  } else {
    context.pool->Chunks(n, kBlockRows, block);
  }
  if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "interrupted while predicting");
  if (task != Task::kRegression) {
    out.labels = Decide(out.scores);
    return out;
  }
  if (HasIntervals(level)) {
    TW_TRY(out.spread, SpreadOf(context, *this, spread, 1, table));
    if (spread_below) {
      TW_TRY(out.spread_below, SpreadOf(context, *this, spread_below, -1, table));
    }
  }
  Place(level, out);
  return out;
}

bool Pipeline::HasIntervals(double level) const { return !residuals.empty() && level > 0; }

double Pipeline::SpreadFrom(double told, double sign) const {
  return std::isfinite(told) ? std::max(sign * told, spread_floor) : spread_floor;
}

void Pipeline::Place(double level, Predictions& out) const {
  out.values = out.scores;
  for (double& value : out.values) value += shift;
  const std::size_t n = HasIntervals(level) ? out.scores.size() : 0;
  out.lower.resize(n);
  out.upper.resize(n);
  if (n == 0) return;
  const auto [below, above] = IntervalReach(level);
  for (std::size_t i = 0; i < n; ++i) {
    out.lower[i] = out.scores[i] - below * out.SpreadBelow(i);
    out.upper[i] = out.scores[i] + above * out.spread[i];
    out.values[i] += shift * ((shift > 0 ? out.spread[i] : out.SpreadBelow(i)) - 1);
  }
}

}  // namespace tagwerk::pipeline
