// What the tests of this folder share: small tables, a context, bitwise comparison.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "features/features.h"
#include "features/row_features.h"

namespace tagwerk::features::testing {

inline table::Field FieldOf(std::string name, table::SemanticType type) {
  table::Field field;
  field.name = field.original_name = std::move(name);
  field.type = type;
  return field;
}

/// A string column; "" is missing.
inline table::ColumnPtr Strings(const std::vector<std::string>& values) {
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> codes;
  for (const std::string& v : values) codes.push_back(v.empty() ? -1 : builder.Intern(v));
  return table::Column::Strings(std::move(codes), std::move(builder).Finish());
}

class TableMaker {
 public:
  TableMaker& Numbers(std::string name, std::vector<double> values) {
    rows_ = values.size();
    return Push(FieldOf(std::move(name), table::SemanticType::kNumeric), table::Column::Doubles(std::move(values)));
  }
  TableMaker& Texts(std::string name, const std::vector<std::string>& values,
                    table::SemanticType type = table::SemanticType::kCategorical) {
    rows_ = values.size();
    return Push(FieldOf(std::move(name), type), Strings(values));
  }
  TableMaker& Times(std::string name, std::vector<std::int64_t> values) {
    rows_ = values.size();
    return Push(FieldOf(std::move(name), table::SemanticType::kDatetime), table::Column::Timestamps(std::move(values)));
  }
  TableMaker& Push(table::Field field, table::ColumnPtr column) {
    rows_ = column->size();
    fields_.push_back(std::move(field));
    columns_.push_back(std::move(column));
    return *this;
  }
  table::Table Make() const { return table::Table(fields_, columns_, rows_); }

 private:
  std::vector<table::Field> fields_;
  std::vector<table::ColumnPtr> columns_;
  std::size_t rows_ = 0;
};

/// One cell of a column, as a row of its own gives it.
inline Cell CellOf(const table::Column& column, std::size_t row) {
  Cell cell;
  cell.storage = column.storage();
  if (cell.storage == table::Storage::kDouble) cell.number = (*column.doubles())[row];
  if (cell.storage == table::Storage::kTimestamp) cell.time = (*column.timestamps())[row];
  if (cell.storage == table::Storage::kString && !column.IsMissing(row))
    cell.text = column.dictionary()->at((*column.codes())[row]);
  return cell;
}

struct Bench {
  explicit Bench(int threads = 1) : pool(threads) { context.pool = &pool; }
  Pool pool;
  Context context;
};

/// Fits over all columns of a table; `train` empty: all rows.
inline FitOutput Fit(const table::Table& table, model::Recipe recipe, std::vector<double> y, table::Rows train = {},
                     Task task = Task::kRegression, int classes = 0, int threads = 1) {
  Bench bench(threads);
  FitInput input;
  input.table = &table;
  for (std::size_t j = 0; j < table.num_columns(); ++j) input.columns.push_back(j);
  if (train.empty()) train = model::AllRows(table.num_rows());
  input.train_rows = train;
  input.y = y;
  input.task = task;
  input.num_classes = classes;
  input.seed = 7;
  auto out = FitFeatures(bench.context, recipe, input);
  EXPECT_TRUE(out.has_value());
  return std::move(*out);
}

inline model::Matrix Apply(const FittedFeatures& features, const table::Table& table, ApplyReport* report = nullptr,
                           int threads = 1) {
  Bench bench(threads);
  auto out = features.Apply(bench.context, table, report);
  EXPECT_TRUE(out.has_value());
  return std::move(*out);
}

inline std::size_t ColumnNamed(const model::Matrix& m, const std::string& name) {
  for (std::size_t j = 0; j < m.cols(); ++j) {
    if (m.column(j).name == name) return j;
  }
  ADD_FAILURE() << "no column " << name;
  return 0;
}

inline const std::vector<double>& NumbersOf(const model::Matrix& m, const std::string& name) {
  return *m.column(ColumnNamed(m, name)).numeric;
}
inline const std::vector<std::int32_t>& CodesOf(const model::Matrix& m, const std::string& name) {
  return *m.column(ColumnNamed(m, name)).codes;
}

/// Compares row i of a with row j of b bit for bit.
inline bool SameRow(const model::Matrix& a, std::size_t i, const model::Matrix& b, std::size_t j) {
  if (a.cols() != b.cols()) return false;
  for (std::size_t c = 0; c < a.cols(); ++c) {
    if (a.column(c).is_category() != b.column(c).is_category()) return false;
    if (a.column(c).sparse) {
      const auto &x = *a.column(c).sparse, &y = *b.column(c).sparse;
      if (!std::ranges::equal(x.csr.indices(x.row_of[i]), y.csr.indices(y.row_of[j]))) return false;
      if (!std::ranges::equal(x.csr.values(x.row_of[i]), y.csr.values(y.row_of[j]))) return false;
      continue;
    }
    if (a.column(c).is_category()) {
      if ((*a.column(c).codes)[i] != (*b.column(c).codes)[j]) return false;
    } else if (std::bit_cast<std::uint64_t>((*a.column(c).numeric)[i]) !=
               std::bit_cast<std::uint64_t>((*b.column(c).numeric)[j])) {
      return false;
    }
  }
  return true;
}

}  // namespace tagwerk::features::testing
