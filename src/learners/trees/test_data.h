// Small tables for the tests of this folder: made ones, and numeric sets of ../shared/data.
#pragma once

#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>

#include "base/random.h"
#include "base/text.h"
#include "model/learner.h"

namespace tagwerk::learners::trees {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A matrix with its target; owns what TrainingData points to.
struct Sample {
  std::vector<model::MatrixColumn> columns;
  std::vector<double> y, weight;
  Task task = Task::kRegression;
  int classes = 0;
  model::Matrix x;
  model::Rows rows;

  void AddNumeric(std::vector<double> values) {
    model::MatrixColumn c;
    c.numeric = std::make_shared<const std::vector<double>>(std::move(values));
    columns.push_back(std::move(c));
  }
  void AddCategory(std::vector<std::int32_t> codes, std::int32_t categories) {
    model::MatrixColumn c;
    c.num_categories = categories;
    c.codes = std::make_shared<const std::vector<std::int32_t>>(std::move(codes));
    columns.push_back(std::move(c));
  }
  model::TrainingData Data() {
    x = model::Matrix(y.size(), columns);
    rows = model::AllRows(y.size());
    model::TrainingData data;
    data.task = task;
    data.num_classes = classes;
    data.x = &x;
    data.y = y;
    data.weight = weight;
    data.train_rows = rows;
    return data;
  }
};

/// Columns of normal numbers, the third with missing values, then a category of `categories` codes (some
/// -1); the target depends on all of them.
inline Sample MakeSample(std::size_t n, Task task, int classes, std::uint64_t seed, int numeric = 5,
                         std::int32_t categories = 7) {
  Random random(seed);
  Sample s;
  s.task = task;
  s.classes = classes;
  std::vector<double> score(n, 0.0);
  for (int j = 0; j < numeric; ++j) {
    std::vector<double> v(n);
    for (std::size_t i = 0; i < n; ++i) {
      v[i] = random.Normal();
      score[i] += (j == 0 ? 1.0 : 0.5) * (j % 2 == 0 ? v[i] : std::abs(v[i]));
      if (j == 2 && random.Uniform() < 0.2) v[i] = kNan;
    }
    s.AddNumeric(std::move(v));
  }
  std::vector<std::int32_t> codes(n);
  for (std::size_t i = 0; i < n; ++i) {
    codes[i] = static_cast<std::int32_t>(random.Below(std::uint64_t(categories) + 1)) - 1;
    score[i] += (codes[i] * 5) % 3;
  }
  s.AddCategory(std::move(codes), categories);
  for (std::size_t i = 0; i < n; ++i) {
    const double noisy = score[i] + 0.5 * random.Normal();
    if (classes == 0)
      s.y.push_back(noisy);
    else if (classes == 2)
      s.y.push_back(noisy > 1.7 ? 1 : 0);
    else
      s.y.push_back(std::clamp(std::floor(noisy * 0.7 + 0.5 * (classes - 3)), 0.0, classes - 1.0));
  }
  return s;
}

inline std::vector<double> PredictAll(const model::Model& m, const model::Matrix& x) {
  std::vector<double> out(x.rows() * std::size_t(m.num_outputs()));
  const model::Rows rows = model::AllRows(x.rows());
  m.Predict(x, rows, out);
  return out;
}

inline std::string Bytes(const model::Model& m) {
  model::ByteWriter writer;
  m.Save(writer);
  return writer.bytes();
}

/// Reads numbers from a file of ../shared/data; a field that is one capital letter becomes 0..25.
inline std::optional<std::vector<std::vector<double>>> ReadNumbers(const std::string& name, char separator,
                                                                   bool header) {
  std::ifstream file(std::string(TAGWERK_SOURCE_DIR) + "/../shared/data/" + name);
  if (!file) return std::nullopt;
  std::vector<std::vector<double>> rows;
  std::string line, cell;
  if (header) std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    rows.emplace_back();
    while (std::getline(cells, cell, separator)) {
      std::erase(cell, '"');
      const bool letter = cell.size() == 1 && cell[0] >= 'A' && cell[0] <= 'Z';
      rows.back().push_back(letter ? cell[0] - 'A' : ParseDouble(Trim(cell)).value_or(kNan));
    }
  }
  return rows;
}

/// Columns of the rows become a sample; column `target` is y.
inline void FillSample(const std::vector<std::vector<double>>& rows, std::size_t target,
                       const std::vector<std::size_t>& columns, Sample& s) {
  for (const std::size_t j : columns) {
    std::vector<double> v;
    for (const auto& row : rows) v.push_back(row[j]);
    s.AddNumeric(std::move(v));
  }
  for (const auto& row : rows) s.y.push_back(row[target]);
}

}  // namespace tagwerk::learners::trees
