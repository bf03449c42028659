#include "learners/trees/bins.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "base/hash.h"
#include "base/random.h"
#include "learners/trees/bin_edges.h"
#include "learners/trees/bundles.h"
#include "learners/trees/loops.h"

namespace tagwerk::learners::trees {

namespace {

constexpr std::size_t kSample = 200000;  // values that thresholds are learned from
constexpr std::size_t kParallelCells = 2'000'000;

/// Most bins of numbers: small data neither fill more nor learn anything from them (64 bins: the same metric within its
/// noise on 5,000 rows, in two thirds of the time).
int MostBins(std::size_t rows, int max_bins) {
  return std::clamp(std::min(max_bins, static_cast<int>(std::max<std::size_t>(64, rows / 64))), 2, 255);
}

// Rows in a stride with a hashed offset: a plain stride would meet periodic data in step.
std::vector<double> SampleColumn(const std::vector<double>& values, model::RowSpan train, bool& missing) {
  const std::size_t n = std::min(train.size(), kSample);
  std::vector<double> sample;
  sample.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t at = i;
    if (n < train.size()) {
      const std::size_t begin = i * train.size() / n;
      const std::size_t end = (i + 1) * train.size() / n;
      at = begin + Mix64(i) % (end - begin);
    }
    const double v = values[train[at]];
    if (!std::isnan(v)) sample.push_back(v);
  }
  missing = sample.size() < n;
  if (!missing && n < train.size()) {
    for (const auto row : train) missing |= std::isnan(values[row]);
  }
  return sample;
}

Feature NumericFeature(const std::vector<double>& values, model::RowSpan train, int max_bins) {
  Feature f;
  std::vector<double> sample = SampleColumn(values, train, f.train_missing);
  if (sample.empty()) return f;
  f.thresholds = BinThresholds(sample, MostBins(train.size(), max_bins));
  f.num_bins = static_cast<int>(f.thresholds.size()) + 1;
  return f;
}

// Categories by falling count get their own bins; past 254 they share the last one. Codes that no training
// row has are missing.
Feature CategoryFeature(const std::vector<std::int32_t>& codes, std::int32_t num_categories, model::RowSpan train,
                        int max_bins) {
  Feature f;
  f.category = true;
  std::vector<std::uint32_t> counts(std::size_t(std::max(0, num_categories)), 0);
  for (const auto row : train) {
    const std::int32_t code = codes[row];
    if (code < 0 || code >= num_categories)
      f.train_missing = true;
    else
      ++counts[std::size_t(code)];
  }
  std::vector<std::int32_t> order;
  for (std::int32_t c = 0; c < num_categories; ++c) {
    if (counts[std::size_t(c)] > 0) order.push_back(c);
  }
  if (order.empty()) return f;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int32_t a, std::int32_t b) { return counts[std::size_t(a)] > counts[std::size_t(b)]; });
  f.num_bins = static_cast<int>(std::min<std::size_t>(order.size(), std::size_t(std::clamp(max_bins, 2, 255))));
  f.bin_of_code.assign(counts.size(), static_cast<std::uint8_t>(f.missing_bin()));
  for (std::size_t i = 0; i < order.size(); ++i) {
    f.bin_of_code[std::size_t(order[i])] = static_cast<std::uint8_t>(std::min<std::size_t>(i, f.num_bins - 1));
  }
  return f;
}

// Number of thresholds below each value: eight halvings of a table padded with infinity. A value above the
// last threshold keeps the last bin because padding is never below it.
void AssignNumeric(const Feature& f, const std::vector<double>& values, std::span<std::uint8_t> out) {
  std::array<double, 256> table;
  table.fill(std::numeric_limits<double>::infinity());
  std::copy(f.thresholds.begin(), f.thresholds.end(), table.begin());
  int first_step = 1;
  while (first_step < f.num_bins) first_step *= 2;
  first_step = std::max(1, first_step / 2);
  const auto missing = static_cast<std::uint8_t>(f.missing_bin());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double x = values[i];
    int bin = 0;
    for (int step = first_step; step > 0; step /= 2) bin += table[std::size_t(bin + step - 1)] < x ? step : 0;
    out[i] = std::isnan(x) ? missing : static_cast<std::uint8_t>(bin);
  }
}

void AssignCategory(const Feature& f, const std::vector<std::int32_t>& codes, std::span<std::uint8_t> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int32_t code = codes[i];
    const bool known = code >= 0 && std::size_t(code) < f.bin_of_code.size();
    out[i] = known ? f.bin_of_code[std::size_t(code)] : static_cast<std::uint8_t>(f.missing_bin());
  }
}

/// A column with the bins of all rows; num_bins = 0: of no use.
struct BinnedColumn {
  Feature feature;
  std::vector<std::uint8_t> bins;
};

/// Makes room for the bins of `rows` rows, and the padding behind them.
std::span<std::uint8_t> Room(std::size_t rows, BinnedColumn& column) {
  column.bins.resize(rows + kBinPadding);
  return std::span(column.bins).first(rows);
}

BinnedColumn StatisticColumn(const model::MatrixColumn& column, model::RowSpan train, int max_bins,
                             const StatisticsTarget& target) {
  const StatisticsTarget::Means means = target.Of(*column.codes, column.num_categories);
  BinnedColumn made;
  Feature& f = made.feature;
  std::vector<double> present;
  for (const double m : means.of_row) {
    if (!std::isnan(m)) present.push_back(m);
  }
  f.statistic = true;
  f.train_missing = present.size() < means.of_row.size();
  std::vector<double> sample;
  const std::size_t n = std::min(kSample, present.size());
  for (std::size_t i = 0; i < n; ++i) sample.push_back(present[i * present.size() / n]);
  f.thresholds = BinThresholds(sample, MostBins(train.size(), max_bins));
  f.num_bins = static_cast<int>(f.thresholds.size()) + 1;
  f.bin_of_code.resize(means.of_code.size());
  AssignNumeric(f, means.of_code, f.bin_of_code);
  AssignCategory(f, *column.codes, Room(column.codes->size(), made));
  std::vector<std::uint8_t> of_train(train.size());
  AssignNumeric(f, means.of_row, of_train);
  for (std::size_t k = 0; k < train.size(); ++k) made.bins[train[k]] = of_train[k];
  return made;
}

BinnedColumn BinColumn(const model::MatrixColumn& column, model::RowSpan train, const BinRules& rules,
                       const StatisticsTarget* target) {
  BinnedColumn made;
  if (column.is_category()) {
    made.feature = CategoryFeature(*column.codes, column.num_categories, train, rules.max_bins);
    if (target != nullptr && made.feature.num_bins > std::min(rules.max_categories, rules.max_bins - 1)) {
      return StatisticColumn(column, train, rules.max_bins, *target);
    }
    AssignCategory(made.feature, *column.codes, Room(column.codes->size(), made));
  } else {
    made.feature = NumericFeature(*column.numeric, train, rules.max_bins);
    AssignNumeric(made.feature, *column.numeric, Room(column.numeric->size(), made));
  }
  return made;
}

// Stores by falling number of slots; the features of a store stand side by side.
void MakeStores(BinnedData& data, std::vector<std::vector<std::uint32_t>> bundles) {
  const auto slots = [&](const std::vector<std::uint32_t>& bundle) {
    int sum = bundle.size() > 1 ? 1 : 0;
    for (const std::uint32_t f : bundle) sum += data.features[f].slots() - (bundle.size() > 1 ? 1 : 0);
    return sum;
  };
  for (auto& bundle : bundles) std::sort(bundle.begin(), bundle.end());
  std::stable_sort(bundles.begin(), bundles.end(), [&](const auto& x, const auto& y) {
    const int sx = slots(x), sy = slots(y);
    return sx != sy ? sx > sy : x.front() < y.front();
  });
  std::vector<Feature> features;
  std::vector<std::vector<std::uint8_t>> columns;
  for (const auto& bundle : bundles) {
    Store store{features.size(), features.size() + bundle.size(), slots(bundle)};
    int first_slot = 1;
    for (const std::uint32_t f : bundle) {
      Feature& feature = data.features[f];
      feature.store = static_cast<std::uint32_t>(data.stores.size());
      if (bundle.size() > 1) {
        feature.first_slot = first_slot;
        first_slot += feature.slots() - 1;
      }
      features.push_back(std::move(feature));
      columns.push_back(std::move(data.columns[f]));
    }
    data.stores.push_back(store);
  }
  data.features = std::move(features);
  data.columns = std::move(columns);
}

void LayOut(BinnedData& data) {
  std::size_t offset = 0;
  for (std::size_t first = 0; first < data.stores.size(); first += kBlock) {
    Block block;
    block.first = first;
    block.stores = static_cast<int>(std::min<std::size_t>(kBlock, data.stores.size() - first));
    block.stride = 16;
    while (block.stride < data.stores[first].slots) block.stride *= 2;
    block.stride += 8;
    block.offset = offset;
    offset += std::size_t(block.stride) * kBlock;
    data.blocks.push_back(std::move(block));
  }
  data.histogram_size = offset;
  for (const Store& store : data.stores) data.total_bins += std::size_t(store.slots);
}

/// Codes of a store: the bin of its column, or which slot the one column takes that is not at its frequent bin.
using Codes = std::array<std::uint8_t, 256>;
Codes CodesOf(const Feature& feature) {
  Codes codes{};
  for (int bin = 0; bin < 256; ++bin) {
    const int rank = bin - (bin > feature.frequent_bin ? 1 : 0);
    codes[std::size_t(bin)] = static_cast<std::uint8_t>(feature.frequent_bin < 0      ? bin
                                                        : bin == feature.frequent_bin ? 0
                                                                                      : feature.first_slot + rank);
  }
  return codes;
}

// Interleaves the columns of one block, a stretch of rows at a time so that it stays in cache.
void FillBlock(Block& block, const BinnedData& data) {
  block.rows.assign(data.num_rows * kBlock + kBlock, 0);  // parts of a row are read eight at a time
  constexpr std::size_t kStretch = 1024;
  for (std::size_t begin = 0; begin < data.num_rows; begin += kStretch) {
    const std::size_t end = std::min(data.num_rows, begin + kStretch);
    for (int j = 0; j < block.stores; ++j) {
      const Store& store = data.stores[block.first + std::size_t(j)];
      std::uint8_t* to = block.rows.data() + j;
      for (std::size_t f = store.first; f < store.end; ++f) {
        const std::uint8_t* from = data.columns[f].data();
        if (data.features[f].frequent_bin < 0) {
          for (std::size_t i = begin; i < end; ++i) to[i * kBlock] = from[i];
          continue;
        }
        const Codes codes = CodesOf(data.features[f]);
        for (std::size_t i = begin; i < end; ++i) to[i * kBlock] = std::max(to[i * kBlock], codes[from[i]]);
      }
    }
  }
}

}  // namespace

std::shared_ptr<const BinnedData> BuildBins(const Context& context, const model::Matrix& matrix, model::RowSpan train,
                                            const BinRules& rules, const StatisticsTarget* target) {
  auto data = std::make_shared<BinnedData>();
  data->num_rows = matrix.rows();
  Pool* pool = matrix.rows() * matrix.cols() > kParallelCells ? context.pool : nullptr;
  std::vector<BinnedColumn> made(matrix.cols());
  ForEach(pool, matrix.cols(), [&](std::size_t j) {
    if (context.Stopped()) return;
    made[j] = BinColumn(matrix.column(j), train, rules, target);
    made[j].feature.column = static_cast<std::uint32_t>(j);
  });
  std::erase_if(made, [](const BinnedColumn& c) { return c.feature.num_bins == 0 || c.feature.slots() < 2; });
  std::stable_sort(made.begin(), made.end(),
                   [](const BinnedColumn& a, const BinnedColumn& b) { return a.feature.slots() > b.feature.slots(); });
  if (made.size() > kMaxFeatures) made.resize(kMaxFeatures);
  for (BinnedColumn& column : made) {
    data->features.push_back(std::move(column.feature));
    data->columns.push_back(std::move(column.bins));
  }
  std::vector<std::vector<std::uint32_t>> bundles;
  if (rules.bundle) {
    bundles = FindBundles(data->columns, train, pool, data->features);
  } else {
    for (std::uint32_t f = 0; f < data->features.size(); ++f) bundles.push_back({f});
  }
  MakeStores(*data, std::move(bundles));
  LayOut(*data);
  ForEach(pool, data->blocks.size(), [&](std::size_t b) { FillBlock(data->blocks[b], *data); });
  return data;
}

std::shared_ptr<const BinnedData> GetBins(const Context& context, const model::TrainingData& data,
                                          const TrainingRows& rows, const BinRules& rules, bool statistics) {
  statistics = statistics && data.num_classes < 3;
  const auto build = [&]() -> std::shared_ptr<const BinnedData> {
    if (!statistics) return BuildBins(context, *data.x, rows.train, rules);
    const StatisticsTarget target(data.y, rows.weight, rows.train, context.seed);
    return BuildBins(context, *data.x, rows.train, rules, &target);
  };
  if (data.cache == nullptr) return build();
  const std::string_view bytes(reinterpret_cast<const char*>(rows.train.data()),
                               rows.train.size() * sizeof(rows.train[0]));
  std::string key = "trees/bins/" + std::to_string(rules.max_bins) + "/" + std::to_string(HashBytes(bytes));
  if (rules.bundle) key += "/bundled";
  if (statistics) key += "/" + std::to_string(rules.max_categories) + "/" + std::to_string(context.seed);
  return data.cache->Get<BinnedData>(key, build);
}

}  // namespace tagwerk::learners::trees
