#include "learners/trees/bin_column.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <span>

#include "base/random.h"
#include "learners/trees/bin_edges.h"
#include "learners/trees/bundles.h"

namespace tagwerk::learners::trees {

namespace {

using table::RowIndex;

constexpr std::size_t kSample = 200000;      // values that thresholds are learned from
constexpr std::uint64_t kMemoryShare = 3;    // bins in memory take at most one part in so many of the limit
constexpr std::size_t kLeastFile = 1 << 20;  // bytes that are worth a file
constexpr std::size_t kMostFiles = 16384;    // maps of a process are limited
constexpr double kEqual = 1e-6;              // numbers of categories that are nearer are the same

/// Most bins of numbers: small data neither fill more nor learn anything from them (64 bins: the same metric within its
/// noise on 5,000 rows, in two thirds of the time). With the bin of missing values they fill a power of two, which is
/// what a histogram takes.
int MostBins(std::size_t rows, int max_bins) {
  constexpr std::size_t kLeast = 64, kMost = 256, kRowsABin = 48;
  const std::size_t slots = std::bit_floor(std::clamp(rows / kRowsABin, kLeast, kMost));
  return std::clamp(max_bins, 2, static_cast<int>(slots) - 1);
}

void LearnThresholds(std::vector<double>& sample, std::size_t zeros, std::size_t rows, int max_bins, Feature& f) {
  if (sample.empty() && zeros == 0) return;
  f.thresholds = BinThresholds(sample, MostBins(rows, max_bins), zeros);
  f.num_bins = static_cast<int>(f.thresholds.size()) + 1;
}

Feature NumericFeature(const model::MatrixColumn& column, const LearnRows& rows, int max_bins) {
  Feature f;
  std::vector<double> sample;
  sample.reserve(rows.sampled().size());
  for (const RowIndex row : rows.sampled()) {
    const double v = column.NumberAt(row);
    if (!std::isnan(v)) sample.push_back(v);
  }
  f.train_missing = sample.size() < rows.sampled().size();
  LearnThresholds(sample, 0, rows.train().size(), max_bins, f);
  return f;
}

Feature NonzeroFeature(const model::SparseNumbers& numbers, const LearnRows& rows, int max_bins) {
  Feature f;
  std::vector<double> sample;
  std::size_t others = rows.sampled().size();
  for (std::size_t k = 0; k < numbers.rows.size(); ++k) {
    const double v = numbers.values[k];
    if (std::isnan(v)) f.train_missing |= rows.Teaches(numbers.rows[k]);
    if (!rows.Sampled(numbers.rows[k])) continue;
    --others;
    if (!std::isnan(v)) sample.push_back(v);
  }
  LearnThresholds(sample, others, rows.train().size(), max_bins, f);
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

/// The number of equally frequent categories that would be as hard to guess: e to the power of the entropy of the
/// shares (Hill 1973). A hundred categories of which three make up nearly all rows are few.
double TypicalCategories(const std::vector<std::int32_t>& codes, std::size_t num_categories, model::RowSpan train) {
  std::vector<double> counts(num_categories, 0);
  double all = 0, sum = 0;
  for (const RowIndex row : train) {
    const std::int32_t code = codes[row];
    if (code < 0 || std::size_t(code) >= num_categories) continue;
    ++counts[std::size_t(code)];
    ++all;
  }
  for (const double n : counts) sum += n > 0 ? n * std::log(n) : 0;
  return all > 0 ? std::exp(std::log(all) - sum / all) : 0;
}

// Number of thresholds below each value: eight halvings of a table padded with infinity. A value above the
// last threshold keeps the last bin because padding is never below it.
void AssignNumeric(const Feature& f, std::span<const double> values, std::span<std::uint8_t> out) {
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

/// Makes room for the bins of `rows` rows, and the padding behind them.
std::span<std::uint8_t> MakeRoom(const BinRoom& room, std::size_t rows, ColumnBins& bins) {
  bins.bytes = room.Of(rows + kBinPadding);
  return {bins.bytes.data(), rows};
}

BinnedColumn StatisticColumn(const model::MatrixColumn& column, const LearnRows& rows, int max_bins,
                             const StatisticsTarget& target, const BinRoom& room) {
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
  f.thresholds = BinThresholds(sample, MostBins(rows.train().size(), max_bins));
  f.num_bins = static_cast<int>(f.thresholds.size()) + 1;
  f.bin_of_code.resize(means.of_code.size());
  AssignNumeric(f, means.of_code, f.bin_of_code);
  AssignCategory(f, *column.codes, MakeRoom(room, rows.num_rows(), made.bins));
  std::vector<std::uint8_t> of_train(rows.train().size());
  AssignNumeric(f, means.of_row, of_train);
  for (std::size_t k = 0; k < of_train.size(); ++k) made.bins.bytes[rows.train()[k]] = of_train[k];
  return made;
}

// Zeros share a bin; where that is the most frequent one and most rows have it, only the other rows are listed.
BinnedColumn NonzeroColumn(const model::SparseNumbers& whole, const LearnRows& rows, int max_bins) {
  const std::size_t num_rows = rows.num_rows();
  const auto entries =
      std::size_t(std::lower_bound(whole.rows.begin(), whole.rows.end(), num_rows) - whole.rows.begin());
  const model::SparseNumbers numbers{nullptr, whole.rows.first(entries), whole.values.first(entries)};
  BinnedColumn made;
  made.feature = NonzeroFeature(numbers, rows, max_bins);
  if (made.feature.num_bins == 0) return made;
  std::vector<std::uint8_t> bins(numbers.values.size());
  AssignNumeric(made.feature, numbers.values, bins);
  std::uint8_t zero = 0;
  const double number = 0;
  AssignNumeric(made.feature, {&number, 1}, {&zero, 1});
  made.bins.fill = zero;
  for (std::size_t k = 0; k < bins.size(); ++k) {
    if (bins[k] == zero) continue;
    made.bins.rows.push_back(numbers.rows[k]);
    made.bins.bins.push_back(bins[k]);
  }
  std::size_t taught = 0;
  for (const RowIndex row : made.bins.rows) taught += rows.Teaches(row);
  const bool rare = IsRare(made.bins.rows.size(), num_rows) && IsRare(taught, rows.train().size());
  if (!rare) SpellOutBins(num_rows, made.bins);
  return made;
}

/// Numbers of rows [begin, begin + count), where they lie or in `buffer`.
std::span<const double> NumbersOf(const model::MatrixColumn& column, std::size_t begin, std::size_t count,
                                  std::vector<double>& buffer) {
  if (column.numeric != nullptr) return std::span(*column.numeric).subspan(begin, count);
  buffer.resize(count);
  column.elsewhere->Read(begin, buffer);
  return buffer;
}

}  // namespace

BinRoom::BinRoom(const Context& context, const model::Matrix& matrix, std::size_t num_rows, bool blocks)
    : context_(context) {
  const auto columns = std::uint64_t(std::count_if(matrix.columns().begin(), matrix.columns().end(),
                                                   [](const auto& column) { return column.nonzeros == nullptr; }));
  const std::uint64_t bytes = columns * num_rows * (blocks ? 2 : 1);
  in_files_ = context.memory_limit > 0 && bytes > context.memory_limit / kMemoryShare && columns <= kMostFiles;
}

ScratchBytes BinRoom::Of(std::size_t size) const {
  if (!in_files_ || size < kLeastFile) return ScratchBytes(size);
  auto file = ScratchBytes::InFile(size);
  if (file) return std::move(*file);
  context_.Log(Level::kWarn, "bins", "kept in memory: " + file.error().Text());
  return ScratchBytes(size);
}

// Rows in a stride with a hashed offset: a plain stride would meet periodic data in step.
LearnRows::LearnRows(model::RowSpan train, std::size_t num_rows) : train_(train), num_rows_(num_rows) {
  const auto bits_of = [num_rows](model::RowSpan rows) {
    Bits bits((num_rows + 63) / 64, 0);
    for (const RowIndex row : rows) bits[row / 64] |= 1ULL << (row % 64);
    return bits;
  };
  if (train.size() < num_rows) teaches_ = bits_of(train);
  if (train.size() <= kSample) return;
  sample_.reserve(kSample);
  for (std::size_t i = 0; i < kSample; ++i) {
    const std::size_t begin = i * train.size() / kSample, end = (i + 1) * train.size() / kSample;
    sample_.push_back(train[begin + Mix64(i) % (end - begin)]);
  }
  sampled_ = bits_of(sample_);
}

BinnedColumn LearnColumn(const model::MatrixColumn& column, const LearnRows& rows, const BinRules& rules,
                         const StatisticsTarget* target, const BinRoom& room) {
  BinnedColumn made;
  if (column.nonzeros != nullptr) return NonzeroColumn(*column.nonzeros, rows, rules.max_bins);
  if (!column.is_category()) {
    made.feature = NumericFeature(column, rows, rules.max_bins);
    return made;
  }
  made.feature = CategoryFeature(*column.codes, column.num_categories, rows.train(), rules.max_bins);
  const bool many =
      made.feature.num_bins > rules.max_bins - 1 ||
      TypicalCategories(*column.codes, made.feature.bin_of_code.size(), rows.train()) > rules.max_categories + kEqual;
  if (target != nullptr && many) {
    return StatisticColumn(column, rows, rules.max_bins, *target, room);
  }
  AssignCategory(made.feature, *column.codes, MakeRoom(room, rows.num_rows(), made.bins));
  return made;
}

void AssignNumbers(const model::MatrixColumn& column, std::size_t begin, std::size_t count, BinnedColumn& made,
                   std::vector<double>& buffer) {
  AssignNumeric(made.feature, NumbersOf(column, begin, count, buffer), {made.bins.bytes.data() + begin, count});
}

bool AnyMissing(const model::MatrixColumn& column, std::size_t begin, std::size_t count, const LearnRows& rows,
                std::vector<double>& buffer) {
  const std::span<const double> values = NumbersOf(column, begin, count, buffer);
  for (std::size_t i = 0; i < count; ++i) {
    if (std::isnan(values[i]) && rows.Teaches(static_cast<RowIndex>(begin + i))) return true;
  }
  return false;
}

void ListBins(int fill, std::size_t num_rows, ColumnBins& bins) {
  const std::uint8_t* from = bins.bytes.data();
  bins.fill = fill;
  for (std::size_t i = 0; i < num_rows; ++i) {
    if (from[i] == fill) continue;
    bins.rows.push_back(static_cast<RowIndex>(i));
    bins.bins.push_back(from[i]);
  }
  bins.bytes = {};
}

void SpellOutBins(std::size_t num_rows, ColumnBins& bins) {
  bins.bytes = ScratchBytes(num_rows + kBinPadding);
  std::fill_n(bins.bytes.data(), num_rows, static_cast<std::uint8_t>(bins.fill));
  for (std::size_t k = 0; k < bins.rows.size(); ++k) bins.bytes[bins.rows[k]] = bins.bins[k];
  bins.rows = {};
  bins.bins = {};
}

}  // namespace tagwerk::learners::trees
