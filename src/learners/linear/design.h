// The design matrix of a linear fit, never expanded: rows of scaled numbers (with the constant 1 of the
// intercept, padded to whole vectors) and, per category column, the index of the one feature that is 1.
//
//   features: [numbers | 1 | padding] [categories of column a | of column b | ...] [one that is always 0]
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/context.h"
#include "learners/linear/glm_model.h"
#include "learners/linear/gram_kernel.h"
#include "model/learner.h"

namespace tagwerk::learners::linear {

/// Consecutive rows of a design. z holds `dense` doubles a row, active `cats` feature indices a row.
struct Block {
  std::size_t first = 0, rows = 0;
  const double* z = nullptr;
  const std::uint32_t* active = nullptr;
};

class Design {
 public:
  static constexpr std::size_t kBlockRows = 128;

  /// Measures the columns on the given rows (their weights are positive) and fixes the features.
  Design(const Context& context, const model::Matrix& x, model::Rows rows, std::vector<double> weight);
  /// Takes the features of another design for other rows of the same matrix.
  Design(const Design& features, model::Rows rows, std::vector<double> weight);

  std::size_t rows() const { return rows_.size(); }
  const model::Rows& row_ids() const { return rows_; }
  const std::vector<double>& weight() const { return weight_; }
  double total_weight() const { return total_weight_; }
  std::size_t dense() const { return dense_; }  ///< width of the dense part, padded
  std::size_t cats() const { return cat_columns_.size(); }
  std::size_t width() const { return width_; }  ///< all features, the idle last one included
  std::size_t intercept() const { return num_columns_.size(); }
  /// Square of 1 / scale for numbers, 1 for categories, 0 for the intercept: coefficients are penalised
  /// as they would be for the unscaled columns.
  const std::vector<double>& penalty() const { return penalty_; }
  std::size_t num_blocks() const { return (rows_.size() + kBlockRows - 1) / kBlockRows; }

  /// Keeps the scaled rows in memory for fits that read them many times, if they take at most `bytes`.
  void Keep(const Context& context, std::uint64_t bytes);
  /// Returns block b; the buffers are used unless the rows are kept.
  Block Get(std::size_t b, std::vector<double>& z, std::vector<std::uint32_t>& active) const;

  /// Copies terms, names and coefficients (margins x width()) into the form of the model.
  void Export(std::span<const double> theta, std::size_t margins, GlmParts& parts) const;
  /// Fills parts.spread from the weighted rows.
  void MeasureSpread(const Context& context, GlmParts& parts) const;

  /// Calls body(segment, block) for every block, or every `step`-th, segment by segment in parallel;
  /// blocks of one segment come in order. Returns false if it was stopped in between.
  template <class Body>
  bool Visit(const Context& context, std::size_t segments, const Body& body, std::size_t step = 1) const;

 private:
  void Measure(const Context& context);
  void MeasureColumn(std::size_t j);
  void LayOut();
  void Pack(std::size_t first, std::size_t count, double* z, std::uint32_t* active) const;

  const model::Matrix* x_;
  model::Rows rows_;
  std::vector<double> weight_;
  double total_weight_ = 0;
  std::vector<Term> terms_;               ///< per matrix column; first = index within the model
  std::vector<std::size_t> num_columns_;  ///< matrix columns of the dense part
  std::vector<std::size_t> cat_columns_;
  std::vector<std::size_t> cat_first_;  ///< first feature of each category column
  std::size_t dense_ = 0, width_ = 0;
  std::vector<double> penalty_;
  std::vector<double> kept_z_;
  std::vector<std::uint32_t> kept_active_;
};

/// Returns how many parts a sum over a design is split into: a fixed function of its size, so that the
/// result does not depend on the number of threads.
inline std::size_t Segments(const Design& design, std::size_t most) {
  return std::max<std::size_t>(1, std::min(most, design.num_blocks() / 4));
}

template <class Body>
bool Design::Visit(const Context& context, std::size_t segments, const Body& body, std::size_t step) const {
  std::vector<char> done(segments, 0);
  context.pool->For(segments, [&](std::size_t s) {
    std::vector<double> z;
    std::vector<std::uint32_t> active;
    const std::size_t end = num_blocks() * (s + 1) / segments;
    for (std::size_t b = num_blocks() * s / segments; b < end; ++b) {
      if (b % step != 0) continue;
      if (b % 16 == 0 && context.ShouldStop()) return;
      body(s, Get(b, z, active));
    }
    done[s] = 1;
  });
  for (const char d : done) {
    if (!d) return false;
  }
  return true;
}

/// Returns how much memory a fit may spend on kept rows: an eighth of the limit, at most 512 MB.
std::uint64_t KeepBytes(const Context& context);

/// Picks those of the given rows that have a positive weight and a target; the weights come along.
void UsableRows(const model::TrainingData& data, model::RowSpan rows, model::Rows& used, std::vector<double>& weight);

}  // namespace tagwerk::learners::linear
