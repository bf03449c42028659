#include "io/totals.h"

#include <bit>
#include <cmath>

#include "base/hash.h"
#include "base/random.h"

namespace tagwerk::io {
namespace {

template <class T>
void GatherTotals(std::vector<T>& values, const std::vector<table::RowIndex>& rows) {
  std::vector<T> kept;
  kept.reserve(rows.size());
  for (const table::RowIndex row : rows) kept.push_back(values[row]);
  values = std::move(kept);
}

// The dictionary shrinks with the rows: texts are what fills the memory.
void GatherStrings(ChunkColumn& column, const std::vector<table::RowIndex>& rows) {
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> kept, known(std::size_t(column.dictionary->size()), -1);
  kept.reserve(rows.size());
  for (const table::RowIndex row : rows) {
    const std::int32_t code = column.codes[row];
    if (code >= 0 && known[std::size_t(code)] < 0) {
      known[std::size_t(code)] = builder.Intern(column.dictionary->at(code));
    }
    kept.push_back(code < 0 ? -1 : known[std::size_t(code)]);
  }
  column.codes = std::move(kept);
  column.dictionary = std::move(builder).Finish();
}

}  // namespace

void ColumnTotalsMaker::AddNumber(double value) {
  if (value == 0) value = 0;  // -0
  ++totals_.present;
  distinct_.Add(Mix64(std::bit_cast<std::uint64_t>(value)));
  quantiles_.Add(value);
  if (!std::isfinite(value)) return;
  n_ += 1;
  const double delta = value - totals_.mean, step = delta / n_;
  const double term = delta * step * (n_ - 1);
  totals_.mean += step;
  m3_ += term * step * (n_ - 2) - 3 * step * m2_;
  m2_ += term;
  totals_.zeros += value == 0;
  totals_.negatives += value < 0;
}

void ColumnTotalsMaker::AddNumbers(std::span<const double> values) {
  totals_.numeric = true;
  totals_.rows += std::int64_t(values.size());
  for (const double value : values) {
    if (!std::isnan(value)) AddNumber(value);
  }
}

void ColumnTotalsMaker::AddTimes(std::span<const std::int64_t> values) {
  totals_.numeric = true;
  totals_.rows += std::int64_t(values.size());
  for (const std::int64_t value : values) {
    if (value != table::kMissingTime) AddNumber(double(value) * 1e-6);
  }
}

void ColumnTotalsMaker::AddStrings(std::span<const std::int32_t> codes, const table::Dictionary& dictionary) {
  totals_.rows += std::int64_t(codes.size());
  std::vector<std::int64_t> counts(std::size_t(dictionary.size()), 0);
  for (const std::int32_t code : codes) {
    if (code >= 0) ++counts[std::size_t(code)];
  }
  for (std::int32_t code = 0; code < dictionary.size(); ++code) {
    const std::int64_t count = counts[std::size_t(code)];
    if (count == 0) continue;
    totals_.present += count;
    length_ += double(count) * double(dictionary.at(code).size());
    distinct_.Add(HashBytes(dictionary.at(code)));
  }
}

void ColumnTotalsMaker::Add(const ChunkColumn& column, PlanKind kind) {
  switch (kind) {
    case PlanKind::kSkip:
      return;
    case PlanKind::kNumber:
      return AddNumbers(column.numbers);
    case PlanKind::kTime:
      return AddTimes(column.times);
    case PlanKind::kString:
      return AddStrings(column.codes, *column.dictionary);
  }
}

void ColumnTotalsMaker::Add(const table::Column& column) {
  switch (column.storage()) {
    case table::Storage::kDouble:
      return AddNumbers(*column.doubles());
    case table::Storage::kTimestamp:
      return AddTimes(*column.timestamps());
    case table::Storage::kString:
      return AddStrings(*column.codes(), *column.dictionary());
  }
}

table::ColumnTotals ColumnTotalsMaker::Finish() const {
  table::ColumnTotals out = totals_;
  out.distinct = std::int64_t(std::llround(distinct_.Estimate()));
  out.distinct = std::min(out.distinct, out.present);
  if (!out.numeric) {
    out.mean_length = out.present > 0 ? length_ / double(out.present) : 0;
    return out;
  }
  out.sd = n_ > 1 ? std::sqrt(m2_ / (n_ - 1)) : 0;
  out.skewness = m2_ > 0 ? std::sqrt(n_) * m3_ / std::pow(m2_, 1.5) : 0;
  if (out.present > 0) out.quantiles = quantiles_.Quantiles(table::ColumnTotals::Shares());
  return out;
}

std::vector<table::RowIndex> SampledRows(std::uint64_t seed, std::uint64_t first, std::size_t rows, double share) {
  std::vector<table::RowIndex> kept;
  for (std::size_t row = 0; row < rows; ++row) {
    if (ToUnit(Mix64(seed, 0x10c0de, first + row)) < share) kept.push_back(table::RowIndex(row));
  }
  return kept;
}

void KeepRows(Chunk& chunk, const std::vector<table::RowIndex>& rows, const std::vector<ColumnPlan>& plans) {
  for (std::size_t i = 0; i < plans.size(); ++i) {
    ChunkColumn& column = chunk.columns[i];
    if (plans[i].kind == PlanKind::kNumber) GatherTotals(column.numbers, rows);
    if (plans[i].kind == PlanKind::kTime) GatherTotals(column.times, rows);
    if (plans[i].kind == PlanKind::kString) GatherStrings(column, rows);
  }
  chunk.rows = rows.size();
}

}  // namespace tagwerk::io
