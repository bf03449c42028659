// Fitting scale, imputation and flags.
#include <algorithm>
#include <cmath>

#include "features/fit.h"
#include "features/numeric.h"
#include "stats/tests.h"

namespace tagwerk::features {
namespace {

constexpr std::size_t kMostSampled = 100000;  ///< values looked at for quantiles and skewness
constexpr double kFewMissing = 0.005, kManyMissing = 0.995;
constexpr double kHeavyTail = 5;  ///< |skewness| from which logarithms are taken

/// Third standardised moment; 0 for constants. Scaled by the range first, so that 1e300 does not overflow.
double Skewness(const std::vector<double>& values) {
  double largest = 0;
  for (const double v : values) largest = std::max(largest, std::fabs(v));
  if (largest == 0) return 0;
  double mean = 0;
  for (const double v : values) mean += v / largest;
  mean /= static_cast<double>(values.size());
  double m2 = 0, m3 = 0;
  for (const double v : values) {
    const double d = v / largest - mean;
    m2 += d * d;
    m3 += d * d * d;
  }
  m2 /= static_cast<double>(values.size());
  m3 /= static_cast<double>(values.size());
  return m2 > 1e-30 ? m3 / (m2 * std::sqrt(m2)) : 0;
}

struct Values {
  std::vector<double> finite;  ///< a sample
  double missing_share = 0;
};

template <class At>
Values Gather(std::size_t n, const At& at) {
  Values out;
  const std::size_t stride = std::max<std::size_t>(1, n / kMostSampled);
  std::size_t missing = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = at(i);
    if (std::isnan(x)) {
      ++missing;
    } else if (i % stride == 0 && std::isfinite(x)) {
      out.finite.push_back(x);
    }
  }
  out.missing_share = n == 0 ? 0 : static_cast<double>(missing) / static_cast<double>(n);
  return out;
}

Scaler FitScaler(Values values) {
  Scaler scale;
  scale.indicator = values.missing_share > kFewMissing && values.missing_share < kManyMissing;
  std::vector<double>& x = values.finite;
  if (x.empty()) return scale;
  if (std::fabs(Skewness(x)) > kHeavyTail) {
    scale.log = true;
    for (double& v : x) v = std::copysign(std::log1p(std::fabs(v)), v);
  }
  scale.center = stats::Quantile(x, 0.5);
  double width = stats::Quantile(x, 0.75) - stats::Quantile(x, 0.25);
  if (!(width > 0)) {
    const auto [low, high] = std::minmax_element(x.begin(), x.end());
    width = *high / 2 - *low / 2;
  }
  scale.factor = width > 0 && std::isfinite(1 / width) ? 1 / width : 0;
  return scale;
}

}  // namespace

Fitted FitScaled(const FitState& state, Fitted inner) {
  const table::RowSpan rows = state.input.train_rows;
  std::vector<model::MatrixColumn> raw(inner.transform->Outputs(state.specs).size());
  inner.transform->Apply(state.specs, state.columns, state.input.table->num_rows(), raw.data());
  std::vector<Scaler> scalers;
  Fitted out;
  for (std::size_t k = 0; k < raw.size(); ++k) {
    const bool own = !inner.train_values.empty();
    const auto at = [&](std::size_t i) { return own ? inner.train_values[k][i] : (*raw[k].numeric)[rows[i]]; };
    scalers.push_back(FitScaler(Gather(rows.size(), at)));
    if (!own) continue;
    const Scaler& scale = scalers.back();
    const std::vector<double>& x = inner.train_values[k];
    std::vector<double> z(rows.size()), missing(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      z[i] = scale(x[i]);
      missing[i] = std::isnan(x[i]) ? 1 : 0;
    }
    if (scale.factor != 0) out.train_values.push_back(std::move(z));
    if (scale.indicator) out.train_values.push_back(std::move(missing));
  }
  const bool empty =
      std::all_of(scalers.begin(), scalers.end(), [](const Scaler& s) { return s.factor == 0 && !s.indicator; });
  if (empty) return {};
  out.transform = std::make_unique<Scaled>(std::move(inner.transform), std::move(scalers));
  return out;
}

Fitted FitFlag(const FitState& state, std::uint32_t input) {
  const Levels& levels = state.specs[input].levels;
  std::vector<double> values;
  for (std::int32_t i = 0; i < levels.size(); ++i) {
    if (levels.size() == 1) {
      values.push_back(TruthOf(levels.text(0)) == 0 ? 0 : 1);
    } else {  // false < true, no < yes, n < y, 0 < 1: the code point order is the order of truth
      values.push_back(levels.text(i) > levels.text(1 - i) ? 1 : 0);
    }
  }
  return {std::make_unique<Flag>(input, std::move(values)), {}};
}

}  // namespace tagwerk::features
