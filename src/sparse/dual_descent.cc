// One pass = the rows once in random order. Rows whose dual variables hardly moved are left alone for some
// passes, longer each time (a form of shrinking).
#include "sparse/dual_descent.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace tagwerk::sparse {
namespace {

constexpr std::size_t kCheckRows = 512;   ///< rows between two looks at the clock
constexpr std::size_t kMostMargins = 64;  ///< held on the stack; more use the heap
constexpr std::uint8_t kLongestRest = 8;

double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

/// Solves v = v0 + q (y - sigmoid(v)) by Newton steps within the bracket that the sign of f gives.
double SolveLogistic(double v0, double q, double y, double start) {
  double low = v0 - q * (1 - y), high = v0 + q * y;
  double v = std::clamp(start, low, high);
  for (int i = 0; i < 30; ++i) {
    const double p = Sigmoid(v);
    const double f = v - v0 - q * (y - p);
    (f > 0 ? high : low) = v;
    const double step = f / (1 + q * p * (1 - p));
    double next = v - step;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    const double moved = std::abs(next - v);
    v = next;
    if (moved < 1e-7 * (1 + std::abs(v))) break;
  }
  return v;
}

/// p = softmax(v); returns log sum exp.
double Softmax(const double* v, std::size_t k, double* p) {
  const double top = *std::max_element(v, v + k);
  double sum = 0;
  for (std::size_t m = 0; m < k; ++m) sum += p[m] = std::exp(v[m] - top);
  for (std::size_t m = 0; m < k; ++m) p[m] /= sum;
  return top + std::log(sum);
}

/// Minimises 1/2 |v - v0|^2 + q (log sum exp v - v_y) from the given v; p = softmax(v) at the end. The
/// Hessian I + q (diag p - p p') is inverted by Sherman and Morrison's formula.
void SolveSoftmax(const double* v0, double q, std::size_t y, std::size_t k, double* v, double* p, double* work) {
  double* step = work;
  double* trial = work + k;
  const auto value = [&](const double* at, double lse) {
    double sum = 0;
    for (std::size_t m = 0; m < k; ++m) sum += (at[m] - v0[m]) * (at[m] - v0[m]);
    return 0.5 * sum + q * (lse - at[y]);
  };
  double now = value(v, Softmax(v, k, p));
  for (int i = 0; i < 20; ++i) {
    double shared = 0, mass = 0;
    for (std::size_t m = 0; m < k; ++m) {
      const double g = v[m] - v0[m] + q * (p[m] - (m == y ? 1.0 : 0.0));
      const double d = 1 + q * p[m];
      step[m] = g / d;
      shared += p[m] * step[m];
      mass += p[m] / d;
    }
    double largest = 0;
    for (std::size_t m = 0; m < k; ++m) {
      step[m] += q * p[m] / (1 + q * p[m]) * shared / mass;
      largest = std::max(largest, std::abs(step[m]));
    }
    if (largest < 1e-6) return;
    double length = 1;
    for (int halving = 0; halving < 30; ++halving, length *= 0.5) {
      for (std::size_t m = 0; m < k; ++m) trial[m] = v[m] - length * step[m];
      const double then = value(trial, Softmax(trial, k, p));
      if (then <= now || length * largest < 1e-6) {
        now = then;
        break;
      }
    }
    std::copy_n(trial, k, v);
  }
}

std::size_t StrideOf(std::size_t margins) { return margins == 1 ? 1 : (margins + 3) / 4 * 4; }

}  // namespace

void LinearWeights::AddTo(std::span<const std::uint32_t> indices, std::span<const float> values, double* out) const {
  const std::uint32_t limit = width();
  for (std::size_t k = 0; k < indices.size(); ++k) {
    if (indices[k] >= limit) continue;
    const float* from = w.data() + std::size_t(indices[k]) * margins;
    for (std::size_t m = 0; m < margins; ++m) out[m] += double(from[m]) * double(values[k]);
  }
}

DualDescent::DualDescent(DualProblem problem, std::uint64_t seed)
    : problem_(std::move(problem)), stride_(StrideOf(problem_.margins)), seed_(seed) {
  const std::size_t n = problem_.row.size();
  w_.assign(std::size_t(problem_.width) * stride_, 0.0F);
  bias_.assign(problem_.margins, 0.0);
  alpha_.assign(n * problem_.margins, 0.0);
  order_.resize(n);
  rest_.assign(n, 0);
  quiet_.assign(n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    order_[i] = static_cast<std::uint32_t>(i);
    double sum = 1;
    const auto indices = problem_.x->indices(problem_.row[i]);
    const auto values = problem_.x->values(problem_.row[i]);
    for (std::size_t k = 0; k < indices.size(); ++k) {
      if (indices[k] < problem_.width) sum += double(values[k]) * double(values[k]);
    }
    square_.push_back(sum);
  }
}

/// W and b are proportional to C at fixed dual variables.
void DualDescent::Rescale(double c) {
  const double factor = c_ == 0 ? 0 : c / c_;
  for (float& w : w_) w = static_cast<float>(w * factor);
  for (double& b : bias_) b *= factor;
  if (c_ != c) std::fill(rest_.begin(), rest_.end(), std::uint8_t(0));
  c_ = c;
}

template <std::size_t Stride>
void DualDescent::Scores(std::size_t i, float* sums) const {
  const auto indices = problem_.x->indices(problem_.row[i]);
  const auto values = problem_.x->values(problem_.row[i]);
  const std::uint32_t width = problem_.width;
  if constexpr (Stride == 0) {
    for (std::size_t m = 0; m < stride_; ++m) sums[m] = 0;
    for (std::size_t k = 0; k < indices.size(); ++k) {
      if (indices[k] >= width) continue;
      const float* w = w_.data() + std::size_t(indices[k]) * stride_;
      for (std::size_t m = 0; m < stride_; ++m) sums[m] += w[m] * values[k];
    }
    return;
  } else {
    // Sums of their own, so that neither memory nor one chain of additions holds the loop up.
    constexpr std::size_t kLanes = 4;
    float lanes[kLanes][Stride] = {};
    const float* weights = w_.data();
    const auto add = [&](std::size_t k, float* lane) {
      if (indices[k] >= width) return;
      const float* w = weights + std::size_t(indices[k]) * Stride;
      const float value = values[k];
      for (std::size_t m = 0; m < Stride; ++m) lane[m] += w[m] * value;
    };
    std::size_t k = 0;
    for (; k + kLanes <= indices.size(); k += kLanes)
      for (std::size_t lane = 0; lane < kLanes; ++lane) add(k + lane, lanes[lane]);
    for (; k < indices.size(); ++k) add(k, lanes[0]);
    for (std::size_t m = 0; m < Stride; ++m) sums[m] = (lanes[0][m] + lanes[1][m]) + (lanes[2][m] + lanes[3][m]);
  }
}

template <std::size_t Stride>
void DualDescent::AddToWeights(std::size_t i, const float* change) {
  const auto indices = problem_.x->indices(problem_.row[i]);
  const auto values = problem_.x->values(problem_.row[i]);
  const std::size_t stride = Stride == 0 ? stride_ : Stride;
  const std::uint32_t width = problem_.width;
  float own[Stride == 0 ? 1 : Stride];  // a copy that the stores below cannot touch
  for (std::size_t m = 0; m < Stride; ++m) own[m] = change[m];
  float* weights = w_.data();
  for (std::size_t e = 0; e < indices.size(); ++e) {
    if (indices[e] >= width) continue;
    float* w = weights + std::size_t(indices[e]) * stride;
    const float value = values[e];
    for (std::size_t m = 0; m < stride; ++m) w[m] += (Stride == 0 ? change[m] : own[m]) * value;
  }
}

template <std::size_t Stride>
double DualDescent::Pass(std::size_t from, std::size_t to, double tolerance) {
  const std::size_t stride = Stride == 0 ? stride_ : Stride, k = problem_.margins;
  std::vector<float> heap(stride > kMostMargins ? 2 * stride : 0);
  float stack[2 * kMostMargins];
  float* sums = heap.empty() ? stack : heap.data();
  float* change = sums + stride;
  std::vector<double> room(5 * k);
  double *v = room.data(), *v0 = v + k, *p = v0 + k, *work = p + k;
  double moved = 0;
  for (std::size_t o = from; o < to; ++o) {
    const std::size_t i = order_[o];
    if (rest_[i] > 0) {
      --rest_[i];
      continue;
    }
    const double weight = c_ * (problem_.weight.empty() ? 1.0 : problem_.weight[i]);
    const double q = weight * square_[i], y = problem_.target[i];
    double* alpha = alpha_.data() + i * k;
    Scores<Stride>(i, sums);
    for (std::size_t m = 0; m < k; ++m) {
      v[m] = double(sums[m]) + bias_[m] + (problem_.offset.empty() ? 0.0 : problem_.offset[i * k + m]);
      v0[m] = v[m] - q * alpha[m];
    }
    if (problem_.loss == Loss::kSquared) {
      p[0] = (y - v0[0]) / (1 + q);
    } else if (problem_.loss == Loss::kLogistic) {
      p[0] = y - Sigmoid(SolveLogistic(v0[0], q, y, v[0]));
    } else {
      SolveSoftmax(v0, q, std::size_t(y), k, v, p, work);
      for (std::size_t m = 0; m < k; ++m) p[m] = (m == std::size_t(y) ? 1.0 : 0.0) - p[m];
    }
    double largest = 0;
    for (std::size_t m = 0; m < k; ++m) largest = std::max(largest, std::abs(p[m] - alpha[m]));
    moved += largest;
    quiet_[i] = largest < 0.1 * tolerance ? std::uint8_t(std::min<int>(kLongestRest, quiet_[i] + 1)) : 0;
    rest_[i] = quiet_[i];
    if (largest < 1e-3 * tolerance) continue;
    for (std::size_t m = 0; m < stride; ++m) change[m] = 0;
    for (std::size_t m = 0; m < k; ++m) {
      const double delta = weight * (p[m] - alpha[m]);
      alpha[m] = p[m];
      change[m] = static_cast<float>(delta);
      bias_[m] += delta;
    }
    AddToWeights<Stride>(i, change);
  }
  return moved;
}

bool DualDescent::Fit(const Context& context, double c, double tolerance, int passes) {
  if (order_.empty()) return true;
  Rescale(c);
  for (passes_ = 1; passes_ <= passes; ++passes_) {
    Random random(Mix64(seed_, std::uint64_t(++round_)));
    Shuffle(order_, random);
    double moved = 0;
    for (std::size_t from = 0; from < order_.size(); from += kCheckRows) {
      if (context.ShouldStop()) return false;
      const std::size_t to = std::min(order_.size(), from + kCheckRows);
      moved += stride_ == 1   ? Pass<1>(from, to, tolerance)
               : stride_ == 4 ? Pass<4>(from, to, tolerance)
               : stride_ == 8 ? Pass<8>(from, to, tolerance)
                              : Pass<0>(from, to, tolerance);
    }
    if (moved < tolerance * double(order_.size())) break;
  }
  return true;
}

LinearWeights DualDescent::Weights() const {
  LinearWeights out;
  out.margins = problem_.margins;
  out.bias = bias_;
  out.w.resize(std::size_t(problem_.width) * problem_.margins);
  for (std::size_t f = 0; f < problem_.width; ++f) {
    for (std::size_t m = 0; m < problem_.margins; ++m) out.w[f * problem_.margins + m] = w_[f * stride_ + m];
  }
  return out;
}

}  // namespace tagwerk::sparse
