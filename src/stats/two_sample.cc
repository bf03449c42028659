#include "stats/two_sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/sort.h"
#include "stats/tests.h"

namespace tagwerk::stats {
namespace {

double Share(double part, double total) { return total > 0 ? part / total : 0; }

}  // namespace

SortedSample MakeSorted(std::span<const double> values, std::span<const double> weights) {
  SortedSample out;
  if (weights.empty()) {
    out.values.reserve(values.size());
    for (const double v : values) {
      if (std::isfinite(v)) out.values.push_back(v == 0 ? 0.0 : v);
    }
    SortNumbers(out.values);
    out.total = out.effective = double(out.values.size());
    return out;
  }
  std::vector<std::size_t> order;
  order.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i]) && weights[i] > 0) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  double squares = 0;
  for (const std::size_t i : order) {
    out.values.push_back(values[i]);
    out.weights.push_back(weights[i]);
    out.total += weights[i];
    squares += weights[i] * weights[i];
  }
  out.effective = squares > 0 ? out.total * out.total / squares : 0;
  return out;
}

SampleDistance Distance(const SortedSample& a, const SortedSample& b) {
  SampleDistance out;
  if (a.empty() || b.empty()) return out;
  const double per_a = 1 / a.total, per_b = 1 / b.total;
  std::size_t i = 0, j = 0;
  double mass_a = 0, mass_b = 0, before = 0;
  while (i < a.values.size() || j < b.values.size()) {
    double value = 0;
    if (j == b.values.size() || (i < a.values.size() && a.values[i] <= b.values[j])) {
      value = a.values[i];
    } else {
      value = b.values[j];
    }
    const double gap = std::fabs(mass_a * per_a - mass_b * per_b);
    if (gap > 0) out.wasserstein += gap * (value - before);
    out.kolmogorov_smirnov = std::max(out.kolmogorov_smirnov, gap);
    for (; i < a.values.size() && a.values[i] == value; ++i) mass_a += a.Weight(i);
    for (; j < b.values.size() && b.values[j] == value; ++j) mass_b += b.Weight(j);
    before = value;
  }
  return out;
}

double KolmogorovSmirnovP(double distance, double rows_a, double rows_b) {
  if (rows_a <= 0 || rows_b <= 0) return 1;
  const double root = std::sqrt(rows_a * rows_b / (rows_a + rows_b));
  return KolmogorovSurvival((root + 0.12 + 0.11 / root) * distance);
}

std::vector<double> QuantileEdges(const SortedSample& sample, std::size_t bins) {
  std::vector<double> distinct;
  for (std::size_t i = 0; i < sample.values.size() && distinct.size() <= bins; ++i) {
    if (distinct.empty() || sample.values[i] != distinct.back()) distinct.push_back(sample.values[i]);
  }
  if (distinct.size() <= bins) return distinct;
  std::vector<double> edges;
  double mass = 0;
  std::size_t i = 0;
  for (std::size_t b = 1; b < bins; ++b) {
    const double until = sample.total * double(b) / double(bins);
    if (sample.weights.empty()) {
      i = std::min(sample.values.size(), std::size_t(std::ceil(until)));
    } else {
      while (i < sample.values.size() && mass < until) mass += sample.weights[i++];
    }
    const double edge = sample.values[std::max<std::size_t>(i, 1) - 1];
    if (edges.empty() || edge > edges.back()) edges.push_back(edge);
  }
  return edges;
}

std::vector<double> CellMass(const SortedSample& sample, std::span<const double> edges) {
  std::vector<double> mass(edges.size() + 1, 0);
  std::size_t i = 0;
  for (std::size_t cell = 0; cell <= edges.size(); ++cell) {
    const auto from = sample.values.begin() + std::ptrdiff_t(i);
    const auto to =
        cell < edges.size() ? std::upper_bound(from, sample.values.end(), edges[cell]) : sample.values.end();
    const auto end = std::size_t(to - sample.values.begin());
    mass[cell] = sample.weights.empty() ? double(end - i)
                                        : std::accumulate(sample.weights.begin() + std::ptrdiff_t(i),
                                                          sample.weights.begin() + std::ptrdiff_t(end), 0.0);
    i = end;
  }
  return mass;
}

double PopulationStability(std::span<const double> reference, std::span<const double> current) {
  double total_p = 0, total_q = 0, index = 0;
  std::size_t cells = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    if (reference[i] <= 0 && current[i] <= 0) continue;
    total_p += reference[i] + 0.5;
    total_q += current[i] + 0.5;
    ++cells;
  }
  if (cells == 0) return 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    if (reference[i] <= 0 && current[i] <= 0) continue;
    const double p = (reference[i] + 0.5) / total_p, q = (current[i] + 0.5) / total_q;
    index += (q - p) * std::log(q / p);
  }
  return index;
}

double JensenShannonDistance(std::span<const double> reference, std::span<const double> current) {
  const double total_p = std::accumulate(reference.begin(), reference.end(), 0.0);
  const double total_q = std::accumulate(current.begin(), current.end(), 0.0);
  if (total_p <= 0 || total_q <= 0) return 0;
  double divergence = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double p = Share(reference[i], total_p), q = Share(current[i], total_q), middle = (p + q) / 2;
    if (p > 0) divergence += p / 2 * std::log2(p / middle);
    if (q > 0) divergence += q / 2 * std::log2(q / middle);
  }
  return std::sqrt(std::clamp(divergence, 0.0, 1.0));
}

}  // namespace tagwerk::stats
