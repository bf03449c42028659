// Model: what a learner fitted. Predicting needs no training code.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/json.h"
#include "base/task.h"
#include "model/archive.h"
#include "model/matrix.h"

namespace tagwerk::model {

class Model {
 public:
  virtual ~Model() = default;
  /// Returns the loader's key in models.cc: "trees/forest", "linear/glm", ...
  virtual std::string_view type_id() const = 0;
  /// Returns 1 for regression, the number of classes (>= 2) for classification.
  virtual int num_outputs() const = 0;
  /// Writes predictions row-major to out (rows.size() * num_outputs()): class probabilities that sum to
  /// 1, or values. Single-threaded, thread-safe, deterministic: one row alone gives the same bits as a
  /// batch, under every SIMD target. x has the columns of the training matrix, in order.
  virtual void Predict(const Matrix& x, RowSpan rows, std::span<double> out) const = 0;
  virtual void Save(ByteWriter& writer) const = 0;
  /// Returns a summary for the report: sizes, coefficients, importances ("gain" by column).
  virtual Json Summary() const { return Json::object(); }
};

/// Loads one kind of model from bounded bytes; `columns` = width of the matrix it will be given.
using LoadModel = Result<std::unique_ptr<Model>> (*)(ByteReader& reader, std::size_t columns);

struct ModelType {
  std::string_view id;
  LoadModel load;
};

}  // namespace tagwerk::model
