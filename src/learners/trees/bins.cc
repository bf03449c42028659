#include "learners/trees/bins.h"

#include <algorithm>
#include <atomic>

#include "base/hash.h"
#include "learners/trees/bin_column.h"
#include "learners/trees/bundles.h"
#include "learners/trees/loops.h"
#include "learners/trees/products.h"
#include "learners/trees/row_blocks.h"

namespace tagwerk::learners::trees {

namespace {

constexpr std::size_t kParallelCells = 2'000'000;
constexpr std::size_t kStretch = 2048;  // rows that are read at a time, all columns

/// Calls body(begin, count, room for numbers) for stretches of all rows, so that numbers that lie side by side are read
/// together.
template <class Body>
void ForStretches(const Context& context, std::size_t rows, Pool* pool, const Body& body) {
  ForEach(pool, (rows + kStretch - 1) / kStretch, [&](std::size_t s) {
    if (context.Stopped()) return;
    std::vector<double> buffer;
    body(s * kStretch, std::min(kStretch, rows - s * kStretch), buffer);
  });
}

// Edges are learned from a sample of many rows; whether any row misses its number is asked of all.
void FindMissing(const Context& context, const model::Matrix& matrix, const LearnRows& rows,
                 std::vector<BinnedColumn>& made, Pool* pool) {
  if (rows.sampled().size() == rows.train().size()) return;
  std::vector<BinnedColumn*> asked;
  for (BinnedColumn& column : made) {
    if (!column.feature.train_missing && IsAssignedLater(matrix.column(column.feature.column)))
      asked.push_back(&column);
  }
  if (asked.empty()) return;
  std::vector<std::atomic<bool>> found(asked.size());
  ForStretches(context, rows.num_rows(), pool, [&](std::size_t begin, std::size_t count, std::vector<double>& buffer) {
    for (std::size_t k = 0; k < asked.size(); ++k) {
      if (found[k].load(std::memory_order_relaxed)) continue;
      const model::MatrixColumn& column = matrix.column(asked[k]->feature.column);
      if (AnyMissing(column, begin, count, rows, buffer)) found[k].store(true, std::memory_order_relaxed);
    }
  });
  for (std::size_t k = 0; k < asked.size(); ++k) asked[k]->feature.train_missing = found[k];
}

std::vector<BinnedColumn> LearnColumns(const Context& context, const model::Matrix& matrix, const LearnRows& rows,
                                       const BinRules& rules, const StatisticsTarget* target, const BinRoom& room,
                                       Pool* pool) {
  std::vector<BinnedColumn> made(matrix.cols());
  ForEach(pool, matrix.cols(), [&](std::size_t j) {
    if (context.Stopped()) return;
    made[j] = LearnColumn(matrix.column(j), rows, rules, target, room);
    made[j].feature.column = static_cast<std::uint32_t>(j);
  });
  FindMissing(context, matrix, rows, made, pool);
  std::erase_if(made, [](const BinnedColumn& c) { return c.feature.num_bins == 0 || c.feature.slots() < 2; });
  std::stable_sort(made.begin(), made.end(),
                   [](const BinnedColumn& a, const BinnedColumn& b) { return a.feature.slots() > b.feature.slots(); });
  if (made.size() > kMaxFeatures) made.resize(kMaxFeatures);
  return made;
}

void AssignColumns(const Context& context, const model::Matrix& matrix, std::size_t num_rows, const BinRoom& room,
                   std::vector<BinnedColumn>& made, Pool* pool) {
  std::vector<BinnedColumn*> numbers;
  for (BinnedColumn& column : made) {
    if (!IsAssignedLater(matrix.column(column.feature.column))) continue;
    column.bins.bytes = room.Of(num_rows + kBinPadding);
    numbers.push_back(&column);
  }
  if (numbers.empty()) return;
  ForStretches(context, num_rows, pool, [&](std::size_t begin, std::size_t count, std::vector<double>& buffer) {
    for (BinnedColumn* column : numbers)
      AssignNumbers(matrix.column(column->feature.column), begin, count, *column, buffer);
  });
}

bool Shares(const Bundle& bundle) { return bundle.sparse || bundle.features.size() > 1; }

int SlotsOf(const BinnedData& data, const Bundle& bundle) {
  int sum = Shares(bundle) && !bundle.sparse ? 1 : 0;
  for (const std::uint32_t f : bundle.features) sum += data.features[f].slots() - (Shares(bundle) ? 1 : 0);
  return sum;
}

void AddStore(const Bundle& bundle, BinnedData& data) {
  const std::size_t first = data.by_store.size();
  Store store{.first = first, .end = first + bundle.features.size(), .slots = SlotsOf(data, bundle)};
  store.sparse = bundle.sparse;
  int first_slot = bundle.sparse ? 0 : 1;
  for (const std::uint32_t f : bundle.features) {
    Feature& feature = data.features[f];
    feature.store = static_cast<std::uint32_t>(data.stores.size());
    if (Shares(bundle)) {
      feature.first_slot = first_slot;
      first_slot += feature.slots() - 1;
    }
    ColumnBins& column = data.columns[f];
    if (bundle.sparse && !column.listed()) ListBins(feature.frequent_bin, data.num_rows, column);
    store.entries += bundle.sparse ? column.rows.size() : 0;
    data.by_store.push_back(static_cast<std::int32_t>(f));
  }
  data.stores.push_back(store);
}

bool Multiplies(const BinRules& rules, std::size_t rows) { return rules.multiply && rows >= kProductRows; }

// Dense bytes by falling number of codes, then the sparse stores.
void MakeStores(BinnedData& data, std::vector<Bundle> bundles, bool multiply) {
  for (Bundle& bundle : bundles) std::sort(bundle.features.begin(), bundle.features.end());
  std::stable_sort(bundles.begin(), bundles.end(), [&](const Bundle& x, const Bundle& y) {
    if (x.sparse || y.sparse) return !x.sparse;
    const int sx = SlotsOf(data, x), sy = SlotsOf(data, y);
    return sx != sy ? sx > sy : x.features.front() < y.features.front();
  });
  std::vector<int> slots;
  for (const Bundle& bundle : bundles) {
    if (!bundle.sparse) slots.push_back(SlotsOf(data, bundle));
  }
  std::vector<std::vector<std::size_t>> members;
  if (multiply) members = FindProducts(slots);
  for (std::size_t b = multiply ? slots.size() : 0; b < bundles.size(); ++b) members.push_back({b});
  for (const std::vector<std::size_t>& of : members) {
    RowByte byte{.first = data.stores.size(), .end = data.stores.size() + of.size(), .codes = 1};
    for (const std::size_t b : of) {
      AddStore(bundles[b], data);
      data.stores.back().step = byte.codes;
      byte.codes *= data.stores.back().slots;
    }
    data.bytes.push_back(byte);
  }
}

}  // namespace

std::uint8_t ColumnBins::operator[](std::size_t row) const {
  if (!listed()) return bytes[row];
  const auto at = std::lower_bound(rows.begin(), rows.end(), row);
  return at != rows.end() && *at == row ? bins[std::size_t(at - rows.begin())] : static_cast<std::uint8_t>(fill);
}

std::shared_ptr<const BinnedData> BuildBins(const Context& context, const model::Matrix& matrix, model::RowSpan train,
                                            const BinRules& rules, const StatisticsTarget* target,
                                            std::size_t num_rows) {
  auto data = std::make_shared<BinnedData>();
  data->num_rows = std::min(matrix.rows(), num_rows);
  Pool* pool = data->num_rows * matrix.cols() > kParallelCells ? context.pool : nullptr;
  const LearnRows learn(train, data->num_rows);
  const BinRoom room(context, matrix, data->num_rows, rules.blocks);
  std::vector<BinnedColumn> made = LearnColumns(context, matrix, learn, rules, target, room, pool);
  AssignColumns(context, matrix, data->num_rows, room, made, pool);
  for (BinnedColumn& column : made) {
    data->features.push_back(std::move(column.feature));
    data->columns.push_back(std::move(column.bins));
  }
  std::vector<Bundle> bundles;
  if (rules.bundle) {
    bundles = FindBundles(data->columns, learn, pool, data->features);
  } else {
    for (std::uint32_t f = 0; f < data->features.size(); ++f) bundles.push_back({{f}});
  }
  MakeStores(*data, std::move(bundles), Multiplies(rules, train.size()));
  if (!rules.blocks) return data;
  LayOutBlocks(*data);
  ForEach(pool, data->blocks.size(), [&](std::size_t b) {
    Block& block = data->blocks[b];
    if (!block.sparse()) block.rows = room.Of(data->num_rows * kBlock + kBlock);  // read eight bytes at a time
    FillBlock(*data, block);
  });
  return data;
}

std::shared_ptr<const BinnedData> GetBins(const Context& context, const model::TrainingData& data,
                                          const TrainingRows& rows, const BinRules& rules, bool statistics) {
  statistics = statistics && data.num_classes < 3;
  const auto build = [&]() -> std::shared_ptr<const BinnedData> {
    if (!statistics) return BuildBins(context, *data.x, rows.train, rules, nullptr, rows.End());
    const StatisticsTarget target(data.y, rows.weight, rows.train, context.seed);
    return BuildBins(context, *data.x, rows.train, rules, &target, rows.End());
  };
  if (data.cache == nullptr) return build();
  const std::string_view bytes(reinterpret_cast<const char*>(rows.train.data()),
                               rows.train.size() * sizeof(rows.train[0]));
  std::string key = "trees/bins/" + std::to_string(rules.max_bins) + "/" + std::to_string(HashBytes(bytes));
  if (rows.End() < data.x->rows()) key += "/first" + std::to_string(rows.End());
  if (rules.bundle) key += "/bundled";
  if (Multiplies(rules, rows.train.size())) key += "/multiplied";
  if (!rules.blocks) key += "/columns";
  if (statistics) key += "/" + std::to_string(rules.max_categories) + "/" + std::to_string(context.seed);
  return data.cache->Get<BinnedData>(key, build);
}

}  // namespace tagwerk::learners::trees
