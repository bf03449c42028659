#include "learners/trees/bins.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>

#include "base/hash.h"
#include "base/random.h"
#include "learners/trees/bin_edges.h"

namespace tagwerk::learners::trees {

namespace {

constexpr std::size_t kSample = 200000;  // values that thresholds are learned from
constexpr std::size_t kParallelCells = 2'000'000;

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

std::optional<Feature> NumericFeature(const std::vector<double>& values, model::RowSpan train, int max_bins) {
  Feature f;
  std::vector<double> sample = SampleColumn(values, train, f.train_missing);
  if (sample.empty()) return std::nullopt;
  const int small_data = static_cast<int>(std::max<std::size_t>(16, train.size() / 8));
  f.thresholds = BinThresholds(sample, std::clamp(std::min(max_bins, small_data), 2, 255));
  f.num_bins = static_cast<int>(f.thresholds.size()) + 1;
  return f;
}

// Categories by falling count get their own bins; past 254 they share the last one. Codes that no training
// row has are missing.
std::optional<Feature> CategoryFeature(const std::vector<std::int32_t>& codes, std::int32_t num_categories,
                                       model::RowSpan train, int max_bins) {
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
  if (order.empty()) return std::nullopt;
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

void LayOut(BinnedData& data) {
  std::size_t offset = 0;
  for (std::size_t first = 0; first < data.features.size(); first += kBlock) {
    Block block;
    block.first = first;
    block.features = static_cast<int>(std::min<std::size_t>(kBlock, data.features.size() - first));
    block.stride = 16;
    while (block.stride < data.features[first].slots()) block.stride *= 2;
    block.stride += 8;
    block.offset = offset;
    offset += std::size_t(block.stride) * kBlock;
    data.blocks.push_back(std::move(block));
  }
  data.histogram_size = offset;
  for (const Feature& f : data.features) data.total_bins += std::size_t(f.slots());
}

// Interleaves the columns of one block, a stretch of rows at a time so that it stays in cache.
void FillBlock(Block& block, const std::vector<std::vector<std::uint8_t>>& columns, std::size_t num_rows) {
  block.rows.assign(num_rows * kBlock + kBlock, 0);  // parts of a row are read eight at a time
  constexpr std::size_t kStretch = 1024;
  for (std::size_t begin = 0; begin < num_rows; begin += kStretch) {
    const std::size_t end = std::min(num_rows, begin + kStretch);
    for (int j = 0; j < block.features; ++j) {
      const std::uint8_t* from = columns[block.first + std::size_t(j)].data();
      std::uint8_t* to = block.rows.data() + j;
      for (std::size_t i = begin; i < end; ++i) to[i * kBlock] = from[i];
    }
  }
}

void ForEach(const Context& context, bool parallel, std::size_t n, const std::function<void(std::size_t)>& body) {
  if (parallel) {
    context.pool->For(n, body);
  } else {
    for (std::size_t i = 0; i < n; ++i) body(i);
  }
}

}  // namespace

std::shared_ptr<const BinnedData> BuildBins(const Context& context, const model::Matrix& matrix, model::RowSpan train,
                                            int max_bins) {
  auto data = std::make_shared<BinnedData>();
  data->num_rows = matrix.rows();
  const bool parallel = context.pool != nullptr && matrix.rows() * matrix.cols() > kParallelCells;
  std::vector<std::optional<Feature>> found(matrix.cols());
  ForEach(context, parallel, matrix.cols(), [&](std::size_t j) {
    const model::MatrixColumn& column = matrix.column(j);
    if (context.Stopped()) return;
    found[j] = column.is_category() ? CategoryFeature(*column.codes, column.num_categories, train, max_bins)
                                    : NumericFeature(*column.numeric, train, max_bins);
    if (found[j]) found[j]->column = static_cast<std::uint32_t>(j);
  });
  for (auto& f : found) {
    if (f && f->slots() > 1 && data->features.size() < kMaxFeatures) data->features.push_back(std::move(*f));
  }
  std::stable_sort(data->features.begin(), data->features.end(),
                   [](const Feature& a, const Feature& b) { return a.slots() > b.slots(); });
  data->columns.resize(data->features.size());
  ForEach(context, parallel, data->features.size(), [&](std::size_t k) {
    const Feature& f = data->features[k];
    const model::MatrixColumn& column = matrix.column(f.column);
    data->columns[k].resize(data->num_rows);
    if (f.category)
      AssignCategory(f, *column.codes, data->columns[k]);
    else
      AssignNumeric(f, *column.numeric, data->columns[k]);
  });
  LayOut(*data);
  ForEach(context, parallel, data->blocks.size(),
          [&](std::size_t b) { FillBlock(data->blocks[b], data->columns, data->num_rows); });
  return data;
}

std::shared_ptr<const BinnedData> GetBins(const Context& context, const model::TrainingData& data, model::RowSpan train,
                                          int max_bins) {
  if (data.cache == nullptr) return BuildBins(context, *data.x, train, max_bins);
  const std::string_view rows(reinterpret_cast<const char*>(train.data()), train.size_bytes());
  const std::string key = "trees/bins/" + std::to_string(max_bins) + "/" + std::to_string(HashBytes(rows));
  return data.cache->Get<BinnedData>(key, [&] { return BuildBins(context, *data.x, train, max_bins); });
}

}  // namespace tagwerk::learners::trees
