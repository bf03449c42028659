// PCA reconstruction error; see two_sample.h. Numbers are standardised, missing values are the mean,
// categories count as their frequency in the reference (NannyML, "data reconstruction with PCA").
#include <algorithm>
#include <cmath>
#include <numeric>

#include "diagnose/two_sample.h"
#include "stats/tests.h"

namespace tagwerk::diagnose {
namespace {

using table::Storage;

constexpr std::size_t kMostDirections = 200;
constexpr std::size_t kLeastFitRows = 25;
constexpr double kVariance = 0.65;  // share that the kept directions hold

/// Rows x columns, row-major.
struct Dense {
  std::size_t rows = 0, columns = 0;
  std::vector<double> values;
  double* Row(std::size_t i) { return values.data() + i * columns; }
  const double* Row(std::size_t i) const { return values.data() + i * columns; }
};

/// One column over all rows of the table: numbers as they are, categories as their share of `fit` rows.
std::vector<double> Encoded(const table::Column& column, table::RowSpan fit) {
  if (column.storage() == Storage::kDouble) return *column.doubles();
  std::vector<double> values(column.size(), std::nan(""));
  if (column.storage() != Storage::kString) return values;
  std::vector<double> counts(std::size_t(column.dictionary()->size()), 0);
  for (const auto row : fit) {
    if (const auto code = (*column.codes())[row]; code >= 0) counts[std::size_t(code)] += 1;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (const auto code = (*column.codes())[i]; code >= 0) values[i] = counts[std::size_t(code)] / double(fit.size());
  }
  return values;
}

/// Standardises the columns by the `fit` rows; those that do not vary there are left out.
std::vector<std::vector<double>> Standardised(const TwoSampleInput& input, table::RowSpan fit) {
  std::vector<std::vector<double>> out;
  for (const std::size_t c : input.columns) {
    if (out.size() == kMostDirections) break;
    std::vector<double> values = Encoded(input.table->column(c), fit);
    double n = 0, mean = 0, squares = 0;
    for (const auto row : fit) {
      if (!std::isfinite(values[row])) continue;
      const double difference = values[row] - mean;
      n += 1;
      mean += difference / n;
      squares += difference * (values[row] - mean);
    }
    const double sd = n > 1 ? std::sqrt(squares / n) : 0;
    if (!(sd > 0) || !std::isfinite(sd)) continue;
    for (double& v : values) v = std::isfinite(v) ? (v - mean) / sd : 0;
    out.push_back(std::move(values));
  }
  return out;
}

Dense Gather(const std::vector<std::vector<double>>& columns, table::RowSpan rows) {
  Dense out{rows.size(), columns.size(), std::vector<double>(rows.size() * columns.size())};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t c = 0; c < columns.size(); ++c) out.Row(i)[c] = columns[c][rows[i]];
  }
  return out;
}

/// Eigenvalues and vectors (columns of `vectors`) of a symmetric matrix by cyclic Jacobi rotations (Golub and
/// Van Loan 2013, section 8.5).
void Jacobi(std::vector<double>& a, std::vector<double>& vectors, std::size_t n) {
  vectors.assign(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) vectors[i * n + i] = 1;
  for (int sweep = 0; sweep < 30; ++sweep) {
    double off = 0;
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q) off += a[p * n + q] * a[p * n + q];
    if (off < 1e-18 * double(n * n)) return;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const double apq = a[p * n + q];
        if (std::fabs(apq) < 1e-15) continue;
        const double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
        const double t = (theta >= 0 ? 1.0 : -1.0) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (std::size_t k = 0; k < n; ++k) {
          const double x = a[k * n + p], y = a[k * n + q];
          a[k * n + p] = c * x - s * y;
          a[k * n + q] = s * x + c * y;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double x = a[p * n + k], y = a[q * n + k];
          a[p * n + k] = c * x - s * y;
          a[q * n + k] = s * x + c * y;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double x = vectors[k * n + p], y = vectors[k * n + q];
          vectors[k * n + p] = c * x - s * y;
          vectors[k * n + q] = s * x + c * y;
        }
      }
    }
  }
}

/// Directions, one a row, that together hold the share of the variance.
Dense Components(const Dense& rows) {
  const std::size_t n = rows.columns;
  std::vector<double> covariance(n * n, 0), vectors;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    const double* x = rows.Row(i);
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p; q < n; ++q) covariance[p * n + q] += x[p] * x[q];
  }
  for (std::size_t p = 0; p < n; ++p)
    for (std::size_t q = p; q < n; ++q)
      covariance[q * n + p] = covariance[p * n + q] = covariance[p * n + q] / double(rows.rows);
  Jacobi(covariance, vectors, n);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return covariance[a * n + a] > covariance[b * n + b]; });
  double total = 0, held = 0;
  for (std::size_t i = 0; i < n; ++i) total += covariance[i * n + i];
  Dense out{0, n, {}};
  for (const std::size_t i : order) {
    if (out.rows > 0 && (held >= kVariance * total || out.rows + 1 == n)) break;
    held += covariance[i * n + i];
    for (std::size_t k = 0; k < n; ++k) out.values.push_back(vectors[k * n + i]);
    ++out.rows;
  }
  return out;
}

struct Spread {
  double n = 0, mean = 0, squares = 0;
  void Add(double v) {
    const double difference = v - mean;
    n += 1;
    mean += difference / n;
    squares += difference * (v - mean);
  }
  double sd() const { return n > 1 ? std::sqrt(squares / (n - 1)) : 0; }
};

/// Length of what the directions do not reach, row by row.
Spread Errors(const Dense& rows, const Dense& components) {
  Spread out;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    const double* x = rows.Row(i);
    double whole = 0, held = 0;
    for (std::size_t c = 0; c < rows.columns; ++c) whole += x[c] * x[c];
    for (std::size_t k = 0; k < components.rows; ++k) {
      const double* direction = components.Row(k);
      const double along = std::inner_product(x, x + rows.columns, direction, 0.0);
      held += along * along;
    }
    out.Add(std::sqrt(std::max(0.0, whole - held)));
  }
  return out;
}

}  // namespace

std::optional<ReconstructionTest> TestByReconstruction(const Context& context, const TwoSampleInput& input) {
  const table::Rows reference = SampleOf(input.reference, input.most_rows, context.seed);
  const table::Rows current = SampleOf(input.current, input.most_rows, context.seed + 1);
  if (reference.size() < 2 * kLeastFitRows || current.size() < kLeastFitRows) return std::nullopt;
  const table::Rows fit = SampleOf(reference, reference.size() / 2, context.seed + 2);
  table::Rows judge;
  std::set_difference(reference.begin(), reference.end(), fit.begin(), fit.end(), std::back_inserter(judge));
  const auto columns = Standardised(input, fit);
  if (columns.size() < 2 || context.ShouldStop()) return std::nullopt;
  const Dense components = Components(Gather(columns, fit));
  const Spread before = Errors(Gather(columns, judge), components),
               after = Errors(Gather(columns, current), components);
  ReconstructionTest out;
  out.reference = before.mean;
  out.current = after.mean;
  out.components = components.rows;
  out.columns = columns.size();
  const double error = std::sqrt(before.sd() * before.sd() / before.n + after.sd() * after.sd() / after.n);
  const double half = stats::NormalQuantile(0.975) * error;
  out.low = after.mean - before.mean - half;
  out.high = after.mean - before.mean + half;
  out.p_value = stats::WelchTest(before.mean, before.sd(), before.n, after.mean, after.sd(), after.n).p_value;
  return out;
}

}  // namespace tagwerk::diagnose
