// Laws of columns, in words; see distribution.h.
#include "profile/distribution.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "profile/frame.h"
#include "profile/relation.h"
#include "stats/fits.h"
#include "stats/tests.h"

#include <fmt/format.h>

namespace tagwerk::profile {
namespace {

using stats::Law;
using stats::LawFit;

constexpr std::size_t kFitRows = 20000, kLeastFitted = 50;
constexpr std::int64_t kMostCounts = 100;  ///< distinct whole numbers that may be counts
constexpr double kLeastQ = 0.01, kClose = 0.02, kRough = 0.04;

struct Fitted {
  std::vector<LawFit> fits;
  std::vector<double> q;
  std::size_t rows = 0;
};

Fitted FitColumn(const table::Table& table, const ColumnProfile& column, std::size_t c, const table::Rows& rows) {
  Fitted fitted;
  if (table.column(c).storage() != table::Storage::kDouble || column.distinct < 3) return fitted;
  std::vector<double> values;
  for (const double v : NumbersAt(table.column(c), rows)) {
    if (std::isfinite(v)) values.push_back(v);
  }
  if (values.size() < kLeastFitted) return fitted;
  std::sort(values.begin(), values.end());
  fitted.rows = values.size();
  const bool whole = table.field(c).integers;
  if (whole && column.distinct <= kMostCounts) fitted.fits = stats::FitCounts(values);
  if (!whole || column.distinct > 20) {
    const auto measures = stats::FitMeasures(values, whole);
    fitted.fits.insert(fitted.fits.end(), measures.begin(), measures.end());
  }
  return fitted;
}

int Grade(const LawFit& fit, double q) {
  if (!std::isnan(q) && q >= kLeastQ && fit.distance <= 2 * kRough) return 3;
  return fit.distance <= kClose ? 2 : fit.distance <= kRough ? 1 : 0;
}

/// The best grade; within it the better fit by Akaike's criterion.
std::optional<std::size_t> Choose(const Fitted& fitted) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < fitted.fits.size(); ++i) {
    const int grade = Grade(fitted.fits[i], fitted.q[i]);
    if (!best || grade > Grade(fitted.fits[*best], fitted.q[*best]) ||
        (grade == Grade(fitted.fits[*best], fitted.q[*best]) && fitted.fits[i].aic < fitted.fits[*best].aic))
      best = i;
  }
  return best;
}

std::string LawWords(const LawFit& fit) {
  switch (fit.law) {
    case Law::kNormal:
      return fmt::format("normal, mean {:.3g}, sd {:.3g}", fit.a, fit.b);
    case Law::kLogNormal:
      return fmt::format("log-normal, median {:.3g}, factor {:.3g}", std::exp(fit.a), std::exp(fit.b));
    case Law::kUniform:
      return fmt::format("uniform, {:.3g} to {:.3g}", fit.a, fit.b);
    case Law::kExponential:
      return fmt::format("exponential, mean {:.3g}", fit.a);
    case Law::kBinomial:
      return fmt::format("binomial, {:.0f} trials, p {:.2g}", fit.a, fit.b);
    case Law::kPoisson:
      return fmt::format("Poisson, mean {:.3g}", fit.a);
    case Law::kGeometric:
      return fmt::format("geometric, p {:.2g}", fit.a);
  }
  return "";
}

Json LawParameters(const LawFit& fit) {
  switch (fit.law) {
    case Law::kNormal:
      return {{"mean", fit.a}, {"sd", fit.b}};
    case Law::kLogNormal:
      return {{"log_mean", fit.a}, {"log_sd", fit.b}};
    case Law::kUniform:
      return {{"low", fit.a}, {"high", fit.b}};
    case Law::kExponential:
    case Law::kPoisson:
      return {{"mean", fit.a}};
    case Law::kBinomial:
      return {{"trials", fit.a}, {"probability", fit.b}};
    case Law::kGeometric:
      return {{"probability", fit.a}, {"least", fit.b}};
  }
  return Json::object();
}

Json FittedJson(const Fitted& fitted) {
  const auto chosen = Choose(fitted);
  if (!chosen) return {};
  constexpr const char* kVerdicts[] = {"none", "rough", "close", "fits"};
  constexpr const char* kBefore[] = {"", "roughly ", "close to ", "looks "};
  const LawFit& fit = fitted.fits[*chosen];
  const int grade = Grade(fit, fitted.q[*chosen]);
  Json json = Json::object();
  json["law"] = stats::LawName(fit.law);
  json["verdict"] = kVerdicts[grade];
  json["parameters"] = LawParameters(fit);
  json["distance"] = fit.distance;
  json["statistic"] = fit.statistic;
  json["p_value"] = std::isnan(fit.p_value) ? Json() : Json(fit.p_value);
  json["q_value"] = std::isnan(fitted.q[*chosen]) ? Json() : Json(fitted.q[*chosen]);
  json["rows"] = fitted.rows;
  if (grade > 0) json["words"] = kBefore[grade] + LawWords(fit);
  return json;
}

}  // namespace

std::vector<Json> DescribeDistributions(const Context& context, const table::Table& table,
                                        const std::vector<ColumnProfile>& columns) {
  const table::Rows rows = SampleRows(table.num_rows(), kFitRows, context.seed + 3);
  std::vector<Fitted> fitted(columns.size());
  context.pool->For(columns.size(), [&](std::size_t c) {
    if (!context.ShouldStop()) fitted[c] = FitColumn(table, columns[c], c, rows);
  });
  std::vector<double> p;
  for (const Fitted& column : fitted)
    for (const LawFit& fit : column.fits) p.push_back(fit.p_value);
  const std::vector<double> q = stats::BenjaminiHochberg(p);
  std::vector<Json> described(columns.size());
  auto next = q.begin();
  for (std::size_t c = 0; c < columns.size(); ++c) {
    fitted[c].q.assign(next, next + std::ptrdiff_t(fitted[c].fits.size()));
    next += std::ptrdiff_t(fitted[c].fits.size());
    described[c] = FittedJson(fitted[c]);
  }
  return described;
}

}  // namespace tagwerk::profile
