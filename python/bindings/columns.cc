#include "columns.h"

#include <algorithm>
#include <cstring>

namespace nb = nanobind;

namespace tagwerk::python {

namespace {

using Numbers = nb::ndarray<nb::ro, nb::ndim<2>, nb::device::cpu>;
using Codes = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::device::cpu>;
using Doubles = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Indices = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Starts = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

constexpr std::size_t kTileRows = 1024;  // rows that are turned at a time: their bytes stay in the cache

}  // namespace

Columns::Columns(nb::list parts) {
  for (const nb::handle part : parts) {
    // Lists are sparse rows, tuples codes.
    if (nb::isinstance<nb::list>(part))
      AddSparse(part);
    else if (nb::isinstance<nb::tuple>(part))
      AddCodes(part);
    else
      AddNumbers(part);
  }
}

void Columns::SetRows(std::size_t rows) {
  if (!views_.empty() && rows != rows_) throw nb::value_error("columns differ in length");
  rows_ = rows;
}

void Columns::AddNumbers(nb::handle part) {
  const auto array = nb::cast<Numbers>(part);
  const bool single = array.dtype() == nb::dtype<float>();
  if (!single && array.dtype() != nb::dtype<double>()) throw nb::type_error("numbers are float32 or float64");
  const std::int64_t size = single ? sizeof(float) : sizeof(double);
  SetRows(array.shape(0));
  for (std::size_t j = 0; j < array.shape(1); ++j) {
    const char* data = static_cast<const char*>(array.data()) + std::int64_t(j) * array.stride(1) * size;
    views_.push_back({single ? Kind::kFloat : Kind::kDouble, data, array.stride(0) * size});
  }
  held_.push_back(nb::borrow(part));
}

void Columns::AddCodes(nb::handle part) {
  const auto pair = nb::cast<nb::tuple>(part);
  const auto array = nb::cast<Codes>(pair[0]);
  const auto categories = nb::cast<std::int32_t>(pair[1]);
  SetRows(array.shape(0));
  for (std::size_t i = 0; i < array.shape(0); ++i) {
    const std::int32_t code = array.data()[std::int64_t(i) * array.stride(0)];
    if (code < -1 || code >= categories) throw nb::value_error("a code is out of range");
  }
  views_.push_back({Kind::kCodes, reinterpret_cast<const char*>(array.data()),
                    array.stride(0) * std::int64_t(sizeof(std::int32_t)), categories});
  held_.push_back(nb::borrow(part));
}

void Columns::CopyTo(std::size_t column, std::size_t begin, std::size_t end, double* out) const {
  const View& view = views_[column];
  const char* from = view.data + std::int64_t(begin) * view.step;
  const bool single = view.kind == Kind::kFloat;
  for (std::size_t i = begin; i < end; ++i, from += view.step) {
    float value = 0;
    if (single) {
      std::memcpy(&value, from, sizeof value);
      *out++ = value;
    } else {
      std::memcpy(out++, from, sizeof *out);
    }
  }
}

void Columns::CopyTo(std::size_t column, std::size_t begin, std::size_t end, std::int32_t* out) const {
  const View& view = views_[column];
  const char* from = view.data + std::int64_t(begin) * view.step;
  for (std::size_t i = begin; i < end; ++i, from += view.step) std::memcpy(out++, from, sizeof *out);
}

// Whatever made the arrays, a matrix is only made of what is checked here.
void Columns::AddSparse(nb::handle part) {
  const auto list = nb::cast<nb::list>(part);
  const auto values = nb::cast<Doubles>(list[0]);
  const auto places = nb::cast<Indices>(list[1]);
  const auto start = nb::cast<Starts>(list[2]);
  const auto width = nb::cast<std::size_t>(list[3]);
  if (start.shape(0) < 1 || start.data()[0] != 0 || values.shape(0) != places.shape(0))
    throw nb::value_error("sparse rows do not fit together");
  const std::size_t rows = start.shape(0) - 1;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::int64_t from = start.data()[i], to = start.data()[i + 1];
    if (from > to || std::size_t(to) > values.shape(0)) throw nb::value_error("starts of sparse rows do not ascend");
    for (std::int64_t k = from; k < to; ++k) {
      const std::int32_t place = places.data()[k];
      if (place < (k > from ? places.data()[k - 1] + 1 : 0) || std::size_t(place) >= width)
        throw nb::value_error("columns of a sparse row do not ascend, or there is no such column");
    }
  }
  SetRows(rows);
  sparse_.push_back({values.data(), places.data(), start.data(), views_.size(), width});
  for (std::size_t j = 0; j < width; ++j) views_.push_back({.kind = Kind::kSparse, .place = j});
  held_.push_back(nb::borrow(part));
}

std::optional<stats::SparseRows> Columns::OnlySparse() const {
  if (sparse_.size() != 1 || sparse_[0].width != views_.size()) return std::nullopt;
  const SparseRows& all = sparse_[0];
  const auto entries = std::size_t(all.start[rows_]);
  return stats::SparseRows{{all.values, entries}, {all.columns, entries}, {all.start, rows_ + 1}, all.width};
}

/// Calls body(table, first, end, place) for each stacked table that has rows of [begin, end): its own rows [first,
/// end), which come `place` rows after `begin`.
template <class Body>
void Columns::ForTables(std::span<const Columns* const> tables, std::size_t begin, std::size_t end, const Body& body) {
  std::size_t base = 0;
  for (const Columns* table : tables) {
    const std::size_t from = std::max(begin, base), to = std::min(end, base + table->rows());
    if (to > from) body(*table, from - base, to - base, from - begin);
    base += table->rows();
  }
}

/// A column of numbers of stacked tables.
class Columns::Reference final : public model::NumberSource {
 public:
  Reference(std::span<const Columns* const> tables, std::size_t column)
      : tables_(tables.begin(), tables.end()), column_(column) {}
  void Read(std::size_t begin, std::span<double> to) const override {
    ForTables(tables_, begin, begin + to.size(),
              [&](const Columns& table, std::size_t first, std::size_t end, std::size_t place) {
                table.CopyTo(column_, first, end, to.data() + place);
              });
  }

 private:
  std::vector<const Columns*> tables_;
  std::size_t column_;
};

std::vector<model::MatrixColumn> Columns::Shape(std::span<const Columns* const> tables) {
  const std::vector<View>& views = tables.front()->views_;
  const auto form = [](Kind kind) { return kind == Kind::kFloat ? Kind::kDouble : kind; };
  std::vector<model::MatrixColumn> columns(views.size());
  for (const Columns* table : tables) {
    if (table->cols() != views.size()) throw std::invalid_argument("tables differ in their columns");
    for (std::size_t j = 0; j < views.size(); ++j) {
      if (form(table->views_[j].kind) != form(views[j].kind))
        throw std::invalid_argument("tables differ in their columns");
      columns[j].num_categories = std::max(columns[j].num_categories, table->views_[j].categories);
    }
  }
  return columns;
}

// Counts the entries of every column, then deals them out row by row: columns get theirs in the order of rows.
void Columns::FillSparse(std::span<const Columns* const> tables, std::size_t begin, std::size_t end,
                         std::vector<model::MatrixColumn>& columns) {
  struct Held {
    std::vector<table::RowIndex> rows;
    std::vector<double> values;
  };
  const auto entries = [&](const auto& put) {
    ForTables(tables, begin, end, [&](const Columns& table, std::size_t first, std::size_t last, std::size_t place) {
      for (const SparseRows& sparse : table.sparse_) {
        for (std::size_t row = first; row < last; ++row) {
          for (std::int64_t k = sparse.start[row]; k < sparse.start[row + 1]; ++k)
            put(sparse.first_view + std::size_t(sparse.columns[k]), place + row - first, sparse.values[k]);
        }
      }
    });
  };
  std::vector<std::size_t> start(columns.size() + 1, 0);
  entries([&](std::size_t j, std::size_t, double) { ++start[j + 1]; });
  for (std::size_t j = 0; j < columns.size(); ++j) start[j + 1] += start[j];
  auto held = std::make_shared<Held>();
  held->rows.resize(start.back());
  held->values.resize(start.back());
  std::vector<std::size_t> next(start.begin(), start.end() - 1);
  entries([&](std::size_t j, std::size_t row, double value) {
    held->rows[next[j]] = static_cast<table::RowIndex>(row);
    held->values[next[j]++] = value;
  });
  for (std::size_t j = 0; j < columns.size(); ++j) {
    if (tables.front()->views_[j].kind != Kind::kSparse) continue;
    const std::size_t from = start[j], count = start[j + 1] - from;
    columns[j].nonzeros = std::make_shared<model::SparseNumbers>(model::SparseNumbers{
        held, std::span(held->rows).subspan(from, count), std::span(held->values).subspan(from, count)});
  }
}

void Columns::Copy(std::span<const Columns* const> tables, std::size_t begin, std::size_t end, Pool* pool,
                   std::vector<model::MatrixColumn>& columns) {
  const std::size_t rows = end - begin, cols = columns.size();
  std::vector<std::shared_ptr<std::vector<double>>> numbers(cols);
  std::vector<std::shared_ptr<std::vector<std::int32_t>>> codes(cols);
  std::vector<std::size_t> copied;
  for (std::size_t j = 0; j < cols; ++j) {
    if (columns[j].nonzeros != nullptr || columns[j].elsewhere != nullptr) continue;
    copied.push_back(j);
    if (tables.front()->views_[j].kind == Kind::kCodes)
      columns[j].codes = codes[j] = std::make_shared<std::vector<std::int32_t>>(rows);
    else
      columns[j].numeric = numbers[j] = std::make_shared<std::vector<double>>(rows);
  }
  if (copied.empty()) return;
  ForTables(tables, begin, end, [&](const Columns& table, std::size_t from, std::size_t to, std::size_t place) {
    const auto copy = [&](std::size_t first, std::size_t last) {
      for (std::size_t at = first; at < last; at += kTileRows) {
        const std::size_t stop = std::min(last, at + kTileRows);
        for (const std::size_t j : copied) {
          if (codes[j])
            table.CopyTo(j, from + at, from + stop, codes[j]->data() + place + at);
          else
            table.CopyTo(j, from + at, from + stop, numbers[j]->data() + place + at);
        }
      }
    };
    if (pool != nullptr)
      pool->Chunks(to - from, 16 * kTileRows, copy);
    else
      copy(0, to - from);
  });
}

model::Matrix Columns::Stack(std::span<const Columns* const> tables, std::size_t begin, std::size_t end, Pool* pool) {
  std::vector<model::MatrixColumn> columns = Shape(tables);
  if (!tables.front()->sparse_.empty()) FillSparse(tables, begin, end, columns);
  Copy(tables, begin, end, pool, columns);
  return model::Matrix(end - begin, std::move(columns));
}

model::Matrix Columns::Refer(std::span<const Columns* const> tables) {
  std::vector<model::MatrixColumn> columns = Shape(tables);
  std::size_t rows = 0;
  for (const Columns* table : tables) rows += table->rows();
  if (!tables.front()->sparse_.empty()) FillSparse(tables, 0, rows, columns);
  for (std::size_t j = 0; j < columns.size(); ++j) {
    const Kind kind = tables.front()->views_[j].kind;
    if (kind == Kind::kFloat || kind == Kind::kDouble) columns[j].elsewhere = std::make_shared<Reference>(tables, j);
  }
  Copy(tables, 0, rows, nullptr, columns);
  return model::Matrix(rows, std::move(columns));
}

}  // namespace tagwerk::python
