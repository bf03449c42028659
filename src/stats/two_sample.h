// How far two samples of one quantity lie apart: Kolmogorov-Smirnov, Wasserstein, population stability
// index and Jensen-Shannon distance, for weighted rows too. One sort of each sample serves them all.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tagwerk::stats {

/// Ascending finite values with a weight each.
struct SortedSample {
  std::vector<double> values;
  std::vector<double> weights;  ///< empty: all 1
  double total = 0;             ///< sum of the weights
  double effective = 0;         ///< rows of equal weight that say as much: (sum w)^2 / sum w^2 (Kish 1965)

  double Weight(std::size_t i) const { return weights.empty() ? 1.0 : weights[i]; }
  bool empty() const { return values.empty(); }
};

/// Sorts values with their weights (empty: all 1); NaN, infinities and rows of weight 0 are left out.
SortedSample MakeSorted(std::span<const double> values, std::span<const double> weights = {});

struct SampleDistance {
  double kolmogorov_smirnov = 0;  ///< largest gap between the distribution functions, 0..1
  double wasserstein = 0;         ///< area between them (order 1), in the unit of the values
};
/// Both distances in one walk over the two samples; 0 when one is empty.
SampleDistance Distance(const SortedSample& a, const SortedSample& b);
/// p-value of a two-sample Kolmogorov-Smirnov distance: asymptotic law with Stephens' correction (1970).
/// Ties make it too large, never too small.
double KolmogorovSmirnovP(double distance, double rows_a, double rows_b);

/// Upper edges of at most `bins` cells of equal mass of a sample (the last cell has none); one cell a value
/// when there are no more than `bins` distinct ones.
std::vector<double> QuantileEdges(const SortedSample& sample, std::size_t bins);
/// Mass of a sample in the cells (-inf, e0], (e0, e1], ..., (e_last, inf).
std::vector<double> CellMass(const SortedSample& sample, std::span<const double> edges);

/// Population stability index, sum (q - p) ln(q / p), of two rows of counts; half a row is added to every cell.
double PopulationStability(std::span<const double> reference, std::span<const double> current);
/// Jensen-Shannon distance with logarithms to base 2 (Endres and Schindelin 2003), 0..1, of two rows of counts.
double JensenShannonDistance(std::span<const double> reference, std::span<const double> current);

}  // namespace tagwerk::stats
