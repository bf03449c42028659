// Rows unlike the others; see unusual_rows.h.
#include "profile/unusual_rows.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "profile/frame.h"
#include "profile/relation.h"
#include "stats/isolation_forest.h"

namespace tagwerk::profile {
namespace {

constexpr std::size_t kForestRows = 20000, kShuffledRows = 5000, kLeastForestRows = 200;
constexpr std::size_t kMostFeatures = 200, kLeastFeatures = 3, kMostRowsTold = 20;
constexpr double kStrongReason = 3;  ///< robust standard deviations, or bits
constexpr std::size_t kShuffles = 12;
constexpr double kLeastSd = 0.004;  ///< of the highest score

struct Feature {
  std::size_t column = 0;
  std::vector<double> values;  ///< as the forest sees them
  std::vector<double> sizes;   ///< as a reader is told
};

/// Robust distance from the median, of logarithms where all numbers are positive and skew; pressed
/// together by asinh, so that a long tail is no row of outliers.
bool NumberFeature(const table::Column& column, const table::Rows& rows, Feature& feature) {
  std::vector<double> numbers = NumbersAt(column, rows), sorted;
  for (const double v : numbers) {
    if (std::isfinite(v)) sorted.push_back(v);
  }
  if (2 * sorted.size() < rows.size()) return false;
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](double share) { return sorted[std::size_t(share * double(sorted.size() - 1))]; };
  if (sorted.front() > 0 && at(0.9) - at(0.5) > 2 * (at(0.5) - at(0.1))) {
    for (double& v : numbers) v = std::log(v);
    for (double& v : sorted) v = std::log(v);
  }
  const double median = at(0.5), spread = (at(0.75) - at(0.25)) / 1.349;
  const double scale = spread > 0 ? spread : (at(0.95) - at(0.05)) / 3.29;
  if (!(scale > 0)) return false;
  for (const double v : numbers) {
    const double z = std::isfinite(v) ? (v - median) / scale : 0;
    feature.values.push_back(std::asinh(z));
    feature.sizes.push_back(std::fabs(z));
  }
  return true;
}

/// How rare a level is, in bits.
bool LevelFeature(const table::Column& column, const table::Rows& rows, Feature& feature) {
  std::vector<double> counts(std::size_t(column.dictionary()->size()));
  double present = 0, levels = 0;
  for (const table::RowIndex row : rows) {
    const std::int32_t code = (*column.codes())[row];
    if (code < 0) continue;
    levels += counts[std::size_t(code)]++ == 0;
    present += 1;
  }
  if (levels < 2 || levels > 0.05 * present) return false;
  for (const table::RowIndex row : rows) {
    const std::int32_t code = (*column.codes())[row];
    const double bits = code < 0 ? 0 : -std::log2(counts[std::size_t(code)] / present);
    feature.values.push_back(bits / 4);
    feature.sizes.push_back(bits);
  }
  return true;
}

/// Highest scores of tables whose columns are shuffled independently: what chance gives with these columns.
/// They follow Gumbel's law about; four standard deviations above their mean lies one table in 300. Fewer
/// rows than the table has are scored; the highest of more grows by the logarithm.
double ThresholdOf(const Context& context, const stats::IsolationForest& forest,
                   const std::vector<std::vector<double>>& columns) {
  const std::size_t rows = columns[0].size(), scored = std::min(rows, kShuffledRows);
  std::vector<double> highest(kShuffles);
  context.pool->For(kShuffles, [&](std::size_t round) {
    std::vector<std::vector<double>> shuffled(columns.size());
    for (std::size_t f = 0; f < shuffled.size(); ++f) {
      std::vector<double> values = columns[f];
      Random random(Mix64(context.seed, f, 0x73687566 + round));
      Shuffle(values, random);
      shuffled[f].assign(values.begin(), values.begin() + std::ptrdiff_t(scored));
    }
    const std::vector<double> scores = forest.Score(context, shuffled);
    highest[round] = *std::max_element(scores.begin(), scores.end());
  });
  double sum = 0, squares = 0;
  for (const double h : highest) {
    sum += h;
    squares += h * h;
  }
  const double n = double(kShuffles), mean = sum / n;
  const double sd = std::max(kLeastSd, std::sqrt(std::max(0.0, squares / n - mean * mean) * n / (n - 1)));
  return mean + sd * (4 + std::sqrt(6.0) / M_PI * std::log(double(rows) / double(scored)));
}

/// Unlike the others in several columns, not only far out in one.
bool InSeveral(const std::vector<UnusualRows::Reason>& reasons) {
  return std::count_if(reasons.begin(), reasons.end(), [](const auto& r) { return r.size >= kStrongReason; }) >= 2;
}

}  // namespace

UnusualRows FindUnusualRows(const Context& context, const table::Table& table,
                            const std::vector<std::size_t>& columns) {
  UnusualRows unusual;
  const table::Rows rows = SampleRows(table.num_rows(), kForestRows, context.seed + 4);
  unusual.looked_at = std::int64_t(rows.size());
  unusual.sampled = rows.size() < table.num_rows();
  if (rows.size() < kLeastForestRows) return unusual;
  std::vector<Feature> all(std::min(columns.size(), kMostFeatures));
  std::vector<std::uint8_t> usable(all.size());
  context.pool->For(all.size(), [&](std::size_t i) {
    const table::Column& column = table.column(columns[i]);
    all[i].column = columns[i];
    if (column.storage() == table::Storage::kString) {
      if (table.field(columns[i]).type != table::SemanticType::kText) usable[i] = LevelFeature(column, rows, all[i]);
    } else {
      usable[i] = NumberFeature(column, rows, all[i]);
    }
  });
  std::vector<Feature> features;
  std::vector<std::vector<double>> values;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (usable[i] == 0) continue;
    values.push_back(std::move(all[i].values));
    features.push_back(std::move(all[i]));
  }
  unusual.columns = int(features.size());
  if (features.size() < kLeastFeatures || context.ShouldStop()) return unusual;
  const auto forest = stats::IsolationForest::Fit(context, values);
  const std::vector<double> scores = forest.Score(context, values);
  unusual.threshold = ThresholdOf(context, forest, values);
  std::vector<std::size_t> above;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] > unusual.threshold) above.push_back(i);
  }
  std::stable_sort(above.begin(), above.end(), [&](auto a, auto b) { return scores[a] > scores[b]; });
  for (const std::size_t i : above) {
    UnusualRows::Row row{rows[i], scores[i], {}};
    for (const Feature& feature : features) row.reasons.push_back({feature.column, feature.sizes[i]});
    std::stable_sort(row.reasons.begin(), row.reasons.end(),
                     [](const auto& a, const auto& b) { return a.size > b.size; });
    row.reasons.resize(std::min<std::size_t>(3, row.reasons.size()));
    std::erase_if(row.reasons, [](const auto& reason) { return reason.size < 2; });
    if (!InSeveral(row.reasons)) continue;
    if (++unusual.found <= std::int64_t(kMostRowsTold)) unusual.rows.push_back(std::move(row));
  }
  return unusual;
}

Json UnusualRowsJson(const UnusualRows& unusual, const table::Table& table) {
  Json json = Json::object();
  json["found"] = unusual.found;
  json["looked_at"] = unusual.looked_at;
  json["sampled"] = unusual.sampled;
  json["threshold"] = unusual.threshold;
  json["columns"] = unusual.columns;
  Json rows = Json::array();
  for (const auto& row : unusual.rows) {
    Json reasons = Json::array();
    for (const auto& reason : row.reasons)
      reasons.push_back({{"column", table.field(reason.column).name},
                         {"value", table.column(reason.column).Text(row.row)},
                         {"size", reason.size}});
    rows.push_back({{"row", row.row + 1}, {"score", row.score}, {"reasons", std::move(reasons)}});
  }
  json["rows"] = std::move(rows);
  return json;
}

}  // namespace tagwerk::profile
