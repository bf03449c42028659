// Model: what a learner fitted. Predicting needs no training code.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/task.h"
#include "model/archive.h"
#include "model/matrix.h"

namespace tagwerk::model {

/// On which scale what columns contribute adds up.
enum class Scale : std::uint8_t {
  kValue,        ///< the predicted number
  kLogarithm,    ///< its logarithm
  kRoot,         ///< its square root, with its sign
  kLogOdds,      ///< log-odds of class 1 of two, or of a predicted share
  kLogits,       ///< one score per class, whose exponentials are in the ratio of the probabilities
  kProbability,  ///< probability of class 1 of two, or of each class
};

/// Shapley values: a row's score k is base[k] plus the sum of its values over the columns.
struct Contributions {
  Scale scale = Scale::kValue;
  std::size_t scores = 1;   ///< per row: 1, or one per output (class of three and more, quantile before sorting)
  std::size_t columns = 0;  ///< of the matrix
  std::vector<double> base;
  std::vector<double> values;  ///< rows x scores x columns
};

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
  /// Returns what each column of the matrix contributes to the score of each row (Shapley values; the forest's game is
  /// in learners/trees/forest_shap.h). Single-threaded, thread-safe, deterministic as Predict. Errors:
  /// shap-unsupported unless the kind of model has them, and the kind's own.
  virtual Result<Contributions> Contribute(const Matrix& x, RowSpan rows) const;
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
