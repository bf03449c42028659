// Linear models on sparse rows, fitted by exact block dual coordinate descent (Hsieh et al. 2008, "A dual
// coordinate descent method for large-scale linear SVM"; Yu, Huang and Lin 2011 for logistic and maximum
// entropy models; Shalev-Shwartz and Zhang 2013):
//   min 1/2 (|W|^2 + |b|^2) + C sum_i weight_i loss(y_i, offset_i + W x_i + b)
// with half squared error, logistic loss, or softmax cross entropy. With alpha_i = -loss'(margins of row i)
// the optimum is W = C sum_i weight_i alpha_i x_i'. One step solves for the alpha of one row exactly, all
// others fixed: v = v0 - q loss'(v) with q = C weight_i (|x_i|^2 + 1), v0 the margins without the row.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/context.h"
#include "sparse/csr.h"

namespace tagwerk::sparse {

enum class Loss : std::uint8_t { kSquared, kLogistic, kSoftmax };

struct DualProblem {
  const Csr* x = nullptr;
  std::uint32_t width = 0;         ///< features from here on are ignored
  std::vector<std::uint32_t> row;  ///< CSR row of each example
  std::vector<double> target;      ///< value; 0 or 1; index of the margin
  std::vector<double> weight;      ///< empty: all 1
  std::vector<double> offset;      ///< examples x margins; empty: all 0
  Loss loss = Loss::kSquared;
  std::size_t margins = 1;  ///< > 1 for the softmax only
};

/// Weights of a linear model on sparse rows.
struct LinearWeights {
  std::size_t margins = 1;
  std::vector<float> w;      ///< feature-major: w[f * margins + m]
  std::vector<double> bias;  ///< one per margin

  std::uint32_t width() const { return static_cast<std::uint32_t>(margins == 0 ? 0 : w.size() / margins); }
  /// Adds W x to `out` (margins values, without the bias), in the order of the row's entries.
  void AddTo(std::span<const std::uint32_t> indices, std::span<const float> values, double* out) const;
};

/// Descent that keeps its state, so that a further C starts at the last solution.
class DualDescent {
 public:
  DualDescent(DualProblem problem, std::uint64_t seed);

  /// Descends until a pass over the rows moves the dual variables by less than `tolerance` on average, at
  /// most `passes` times. Returns false if it was stopped before.
  bool Fit(const Context& context, double c, double tolerance, int passes);
  LinearWeights Weights() const;
  int passes() const { return passes_; }  ///< of the last Fit

 private:
  template <std::size_t Stride>
  double Pass(std::size_t from, std::size_t to, double tolerance);
  template <std::size_t Stride>
  void Scores(std::size_t i, float* sums) const;
  template <std::size_t Stride>
  void AddToWeights(std::size_t i, const float* change);
  void Rescale(double c);

  DualProblem problem_;
  std::size_t stride_;    ///< margins, padded to whole vectors
  std::vector<float> w_;  ///< width x stride
  std::vector<double> bias_;
  std::vector<double> alpha_;   ///< examples x margins
  std::vector<double> square_;  ///< |x_i|^2 + 1
  std::vector<std::uint32_t> order_;
  std::vector<std::uint8_t> quiet_, rest_;  ///< passes in a row without a move; passes still left out
  double c_ = 0;
  std::uint64_t seed_;
  int passes_ = 0, round_ = 0;
};

}  // namespace tagwerk::sparse
