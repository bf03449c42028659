// Temperature, Platt and isotonic fits.
#include "pipeline/calibration_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/logit.h"

namespace tagwerk::pipeline {
namespace {

constexpr int kMostSteps = 100;
constexpr double kPrecision = 1e-13;                    ///< of the loss, where Newton steps end
constexpr double kLeastScale = 0.01, kMostScale = 100;  ///< limits of 1 / temperature

struct Slope {
  double loss = 0, gradient = 0, curvature = 0;
};

/// Logarithms of the probabilities of the rows of a fit, and where the true class stands.
struct Logarithms {
  std::vector<double> z;
  std::vector<std::size_t> truth;
  std::size_t width = 0;
};

Logarithms LogarithmsOf(const CalibrationData& data) {
  Logarithms out;
  out.width = static_cast<std::size_t>(data.num_classes);
  for (const std::size_t row : data.rows) {
    for (std::size_t k = 0; k < out.width; ++k) {
      out.z.push_back(std::log(ClipProbability(data.probabilities[row * out.width + k])));
    }
    out.truth.push_back(static_cast<std::size_t>(data.truth[row]));
  }
  return out;
}

/// Log loss of softmax(a z) with its derivatives in a: gradient E[z] - z_true, curvature Var[z].
Slope TemperatureSlope(const Logarithms& data, double a) {
  const std::size_t width = data.width;
  std::vector<double> e(width);
  Slope out;
  for (std::size_t i = 0; i < data.truth.size(); ++i) {
    const double* z = data.z.data() + i * width;
    const double largest = a * *std::max_element(z, z + width);
    double sum = 0, mean = 0, square = 0;
    for (std::size_t k = 0; k < width; ++k) sum += e[k] = std::exp(a * z[k] - largest);
    for (std::size_t k = 0; k < width; ++k) {
      mean += e[k] / sum * z[k];
      square += e[k] / sum * z[k] * z[k];
    }
    out.loss += std::log(sum) + largest - a * z[data.truth[i]];
    out.gradient += mean - z[data.truth[i]];
    out.curvature += square - mean * mean;
  }
  return out;
}

/// Platt's loss with its gradient and Hessian in (a, b).
struct PlattSlope {
  double loss = 0, ga = 0, gb = 0, haa = 1e-12, hab = 0, hbb = 1e-12;
};

PlattSlope SlopeOfPlatt(std::span<const double> z, std::span<const double> t, double a, double b) {
  PlattSlope out;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double f = a * z[i] + b;
    out.loss += f >= 0 ? std::log1p(std::exp(-f)) + (1 - t[i]) * f : std::log1p(std::exp(f)) - t[i] * f;
    const double p = Sigmoid(f), d = p - t[i], h = p * (1 - p);
    out.ga += d * z[i];
    out.gb += d;
    out.haa += h * z[i] * z[i];
    out.hab += h * z[i];
    out.hbb += h;
  }
  return out;
}

}  // namespace

Calibration FitTemperature(const CalibrationData& input) {
  const Logarithms data = LogarithmsOf(input);
  double a = 1;
  for (int step = 0; step < kMostSteps; ++step) {
    const Slope at = TemperatureSlope(data, a);
    if (!(at.curvature > 0)) break;
    const double newton = a - at.gradient / at.curvature;
    double next = std::clamp(newton, std::max(a / 4, kLeastScale), std::min(a * 4, kMostScale));
    // Half the squared Newton decrement is what is left to gain.
    const bool last = at.gradient * at.gradient / at.curvature < kPrecision * at.loss;
    for (int half = 0; !last && half < 30 && TemperatureSlope(data, next).loss > at.loss; ++half) {
      next = (next + a) / 2;
    }
    const bool stays = next == a;
    a = next;
    if (last || stays) break;
  }
  Calibration out;
  out.kind = Calibration::Kind::kTemperature;
  out.a = a;
  return out;
}

Calibration FitPlatt(const CalibrationData& data) {
  std::vector<double> z, t;
  double positives = 0;
  for (const std::size_t row : data.rows) {
    z.push_back(Logit(data.probabilities[row * 2 + 1]));
    t.push_back(data.truth[row]);
    positives += data.truth[row];
  }
  const double negatives = static_cast<double>(z.size()) - positives;
  for (double& target : t) target = target > 0.5 ? (positives + 1) / (positives + 2) : 1 / (negatives + 2);
  double a = 0, b = std::log((positives + 1) / (negatives + 1));
  for (int step = 0; step < kMostSteps; ++step) {
    const PlattSlope at = SlopeOfPlatt(z, t, a, b);
    const double det = at.haa * at.hbb - at.hab * at.hab;
    if (!(std::fabs(det) > 0)) break;
    const double da = -(at.hbb * at.ga - at.hab * at.gb) / det;
    const double db = -(at.haa * at.gb - at.hab * at.ga) / det;
    const double descent = at.ga * da + at.gb * db;
    double size = 1;
    const bool last = -descent < kPrecision * at.loss;
    while (!last && size > 1e-10 &&
           !(SlopeOfPlatt(z, t, a + size * da, b + size * db).loss <= at.loss + 1e-4 * size * descent)) {
      size /= 2;
    }
    if (size <= 1e-10) break;
    a += size * da;
    b += size * db;
    if (last) break;
  }
  Calibration out;
  out.kind = Calibration::Kind::kPlatt;
  out.a = a;
  out.b = b;
  return out;
}

void PoolAdjacentViolators(std::vector<double> x, std::vector<double> y, std::vector<double>& knots_x,
                           std::vector<double>& knots_y) {
  struct Block {
    double sum, weight;
    std::size_t first, last;  ///< distinct x
  };
  std::vector<double> xs;
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < x.size();) {
    std::size_t j = i;
    double sum = 0;
    while (j < x.size() && x[j] == x[i]) sum += y[j++];
    blocks.push_back({sum, static_cast<double>(j - i), xs.size(), xs.size()});
    xs.push_back(x[i]);
    while (blocks.size() > 1) {
      const Block& last = blocks.back();
      Block& before = blocks[blocks.size() - 2];
      if (before.sum * last.weight < last.sum * before.weight) break;
      before = {before.sum + last.sum, before.weight + last.weight, before.first, last.last};
      blocks.pop_back();
    }
    i = j;
  }
  knots_x.clear();
  knots_y.clear();
  for (const Block& block : blocks) {
    for (const std::size_t at : {block.first, block.last}) {
      if (!knots_x.empty() && knots_x.back() == xs[at]) continue;
      knots_x.push_back(xs[at]);
      knots_y.push_back(block.sum / block.weight);
    }
  }
}

Calibration FitIsotonic(const CalibrationData& data) {
  std::vector<std::size_t> order(data.rows.begin(), data.rows.end());
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
    return data.probabilities[i * 2 + 1] < data.probabilities[j * 2 + 1];
  });
  std::vector<double> x, y;
  for (const std::size_t row : order) {
    x.push_back(std::clamp(data.probabilities[row * 2 + 1], 0.0, 1.0));
    y.push_back(data.truth[row]);
  }
  Calibration out;
  out.kind = Calibration::Kind::kIsotonic;
  PoolAdjacentViolators(std::move(x), std::move(y), out.x, out.y);
  const double margin = 1 / (static_cast<double>(data.rows.size()) + 2);
  for (double& p : out.y) p = std::clamp(p, margin, 1 - margin);
  return out;
}

}  // namespace tagwerk::pipeline
