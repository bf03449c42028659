#include "columns.h"

#include <algorithm>
#include <cstring>

namespace nb = nanobind;

namespace tagwerk::python {

namespace {

using Numbers = nb::ndarray<nb::ro, nb::ndim<2>, nb::device::cpu>;
using Codes = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::device::cpu>;

constexpr std::size_t kTileRows = 1024;  // rows that are turned at a time: their bytes stay in the cache

}  // namespace

Columns::Columns(nb::list parts) {
  for (const nb::handle part : parts) {
    if (nb::isinstance<nb::tuple>(part))
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
    views_.push_back({single ? Kind::kFloat : Kind::kDouble, data, array.stride(0) * size, 0});
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

model::Matrix Columns::Stack(std::span<const Columns* const> tables, std::size_t begin, std::size_t end, Pool* pool) {
  const std::size_t rows = end - begin, cols = tables.front()->cols();
  std::vector<std::shared_ptr<std::vector<double>>> numbers(cols);
  std::vector<std::shared_ptr<std::vector<std::int32_t>>> codes(cols);
  std::vector<model::MatrixColumn> columns(cols);
  for (std::size_t j = 0; j < cols; ++j) {
    for (const Columns* table : tables) {
      if (table->cols() != cols ||
          (table->views_[j].kind == Kind::kCodes) != (tables.front()->views_[j].kind == Kind::kCodes))
        throw std::invalid_argument("tables differ in their columns");
      columns[j].num_categories = std::max(columns[j].num_categories, table->views_[j].categories);
    }
    if (tables.front()->views_[j].kind == Kind::kCodes)
      columns[j].codes = codes[j] = std::make_shared<std::vector<std::int32_t>>(rows);
    else
      columns[j].numeric = numbers[j] = std::make_shared<std::vector<double>>(rows);
  }
  std::size_t base = 0;  // of the table among the stacked rows
  for (const Columns* table : tables) {
    const std::size_t from = std::max(begin, base), to = std::min(end, base + table->rows());
    const auto copy = [&](std::size_t first, std::size_t last) {
      for (std::size_t at = first; at < last; at += kTileRows) {
        const std::size_t stop = std::min(last, at + kTileRows);
        for (std::size_t j = 0; j < cols; ++j) {
          const std::size_t place = from - begin + at;
          if (codes[j])
            table->CopyTo(j, from - base + at, from - base + stop, codes[j]->data() + place);
          else
            table->CopyTo(j, from - base + at, from - base + stop, numbers[j]->data() + place);
        }
      }
    };
    if (to > from) {
      if (pool != nullptr)
        pool->Chunks(to - from, 16 * kTileRows, copy);
      else
        copy(0, to - from);
    }
    base += table->rows();
  }
  return model::Matrix(rows, std::move(columns));
}

}  // namespace tagwerk::python
