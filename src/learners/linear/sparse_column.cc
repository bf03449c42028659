#include "learners/linear/sparse_column.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "learners/linear/penalty_path.h"

namespace tagwerk::learners::linear {
namespace {

constexpr double kPath[] = {0.25, 1, 4, 16, 64, 256};
/// Weights a column may have over all margins; the rarest features beyond are left out.
constexpr std::size_t kMostWeights = 1 << 24;
constexpr std::size_t kFewRows = 2000;
constexpr std::uint64_t kHoldOut = 0x686f6c64;

class SparseFit {
 public:
  SparseFit(const Context& context, const model::TrainingData& data, const SparseRows& rows, GlmParts& parts)
      : context_(context), data_(data), rows_(rows), parts_(parts) {
    const auto& columns = data.x->columns();
    while (columns[column_].sparse == nullptr) ++column_;
    const std::size_t margins = parts.intercepts.size();
    offset_.resize(rows.rows->size() * margins);
    GlmModel(parts).Margins(*data.x, *rows.rows, offset_.data());
    intercepts_ = parts.intercepts;
    if (rows.rows->size() <= kFewRows) {
      tolerance_ *= 0.01;
      max_iterations_ *= 10;
    }
    parts.sparse = {SparseTerm{column_, {}, std::vector<double>(margins, 0.0)}};
  }

  /// Fits one C on all rows.
  bool Fit(double c) {
    sparse::DualDescent descent = Descent([](std::size_t) { return true; });
    if (!descent.Fit(context_, c, tolerance_, max_iterations_)) return false;
    Take(descent.Weights());
    MeasureSpread();
    return true;
  }

  /// Walks from strong to weak penalties until the loss on the validation rows rises; the best weights
  /// stay. Without validation rows a fifth of the rows is held out, and the best C is fitted on all.
  bool Choose(double& c) {
    const bool own = data_.valid_rows.empty();
    model::Rows held_out(data_.valid_rows.begin(), data_.valid_rows.end());
    std::vector<char> keep(rows_.rows->size(), 1);
    for (std::size_t i = 0; own && i < keep.size(); ++i) {
      keep[i] = Mix64(context_.seed, kHoldOut, i) % 5 != 0;
      if (!keep[i]) held_out.push_back((*rows_.rows)[i]);
    }
    c = kLeastC;
    double best = HeldOutLoss(GlmModel(parts_), data_, held_out);
    if (std::isnan(best)) return own ? Fit(c = 1) : true;
    sparse::DualDescent descent = Descent([&](std::size_t i) { return keep[i] != 0; });
    GlmParts chosen = parts_;
    for (const double candidate : kPath) {
      if (!descent.Fit(context_, candidate, tolerance_, max_iterations_)) return Keep(chosen, false);
      Take(descent.Weights());
      const double loss = HeldOutLoss(GlmModel(parts_), data_, held_out);
      if (!(loss < best)) break;
      best = loss;
      c = candidate;
      chosen = parts_;
    }
    Keep(chosen, true);
    if (own && c > kLeastC) return Fit(c);
    MeasureSpread();
    return true;
  }

 private:
  bool Keep(GlmParts& chosen, bool result) {
    parts_ = std::move(chosen);
    return result;
  }

  template <class Taken>
  sparse::DualDescent Descent(const Taken& taken) const {
    const std::size_t margins = intercepts_.size();
    const sparse::Block& block = *data_.x->column(column_).sparse;
    sparse::DualProblem problem;
    problem.x = &block.csr;
    problem.width = std::min<std::uint32_t>(block.csr.width, std::uint32_t(kMostWeights / margins));
    problem.loss = rows_.loss;
    problem.margins = margins;
    for (std::size_t i = 0; i < rows_.rows->size(); ++i) {
      if (!taken(i)) continue;
      problem.row.push_back(block.row_of[(*rows_.rows)[i]]);
      problem.target.push_back((*rows_.target)[i]);
      problem.weight.push_back((*rows_.weight)[i]);
      for (std::size_t m = 0; m < margins; ++m) problem.offset.push_back(offset_[i * margins + m]);
    }
    return {std::move(problem), context_.seed};
  }

  void Take(sparse::LinearWeights weights) {
    for (std::size_t m = 0; m < intercepts_.size(); ++m) parts_.intercepts[m] = intercepts_[m] + weights.bias[m];
    parts_.sparse[0].weights = std::move(weights.w);
  }

  void MeasureSpread() {
    const sparse::Block& block = *data_.x->column(column_).sparse;
    const std::size_t margins = intercepts_.size(), n = rows_.rows->size();
    const std::size_t step = n / 50000 + 1;
    const sparse::LinearWeights weights{margins, parts_.sparse[0].weights, {}};
    std::vector<double> sum(margins, 0.0), square(margins, 0.0), at(margins);
    double count = 0;
    for (std::size_t i = 0; i < n; i += step, count += 1) {
      const std::size_t row = block.row_of[(*rows_.rows)[i]];
      std::fill(at.begin(), at.end(), 0.0);
      weights.AddTo(block.csr.indices(row), block.csr.values(row), at.data());
      for (std::size_t m = 0; m < margins; ++m) {
        sum[m] += at[m];
        square[m] += at[m] * at[m];
      }
    }
    for (std::size_t m = 0; m < margins; ++m) {
      const double mean = sum[m] / count;
      parts_.sparse[0].spread[m] = std::sqrt(std::max(0.0, square[m] / count - mean * mean));
    }
  }

  const Context& context_;
  const model::TrainingData& data_;
  const SparseRows& rows_;
  double tolerance_ = 1e-3;  ///< of DualDescent::Fit; few rows get more passes
  int max_iterations_ = 100;
  GlmParts& parts_;
  std::size_t column_ = 0;
  std::vector<double> offset_, intercepts_;
};

}  // namespace

void AddSparseColumn(const Context& context, const model::TrainingData& data, const SparseRows& rows, double c,
                     GlmParts& parts, model::Fitted& fitted) {
  const bool sparse = std::any_of(data.x->columns().begin(), data.x->columns().end(),
                                  [](const auto& column) { return column.sparse != nullptr; });
  if (!sparse || fitted.stopped_early) return;
  SparseFit fit(context, data, rows, parts);
  const bool chosen = c == 0;
  if (!(chosen ? fit.Choose(c) : fit.Fit(c))) fitted.stopped_early = true;
  if (chosen) fitted.refit.Set("text_C", c);
}

model::ParameterSpec SparseParameter() {
  return {.name = "text_C",
          .default_value = 0,
          .low = 0,
          .high = 1e6,
          .doc =
              "Inverse strength of the penalty on the words of text columns; 0 chooses it on the validation "
              "rows, or on a fifth of the training rows when there are none.",
          .log_scale = true};
}

}  // namespace tagwerk::learners::linear
