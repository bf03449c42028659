// A fitted generalised linear model: margins = intercept + sum of terms in column order, then identity,
// logistic or softmax. Numbers enter as (x - center) * inverse_scale (powers of two, so that no magnitude
// of x overflows), missing ones as 0 = the training mean; a category adds its own coefficient, an unknown
// one adds none. A sparse column adds the product of its vector with a block of weights of its own.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "model/model.h"

namespace tagwerk::learners::linear {

/// How one matrix column enters.
struct Term {
  bool category = false;
  bool sparse = false;  ///< its weights are in GlmParts::texts, none among the coefficients
  double center = 0;
  double inverse_scale = 0;  ///< a power of two; 0: the column is constant and does not count
  std::int32_t num_categories = 0;
  std::size_t first = 0;  ///< index of its (first) coefficient
};

/// Scaled values are limited to +-kMostScaled, so that no sum of terms overflows.
inline constexpr double kMostScaled = 1e15;
/// Coefficients are limited to +-kMostCoefficient for the same reason.
inline constexpr double kMostCoefficient = 1e100;

/// Returns 0 for missing and infinite values and for constant columns.
inline double ScaledValue(const Term& term, double x) {
  double z = (x - term.center) * term.inverse_scale;
  z = z > kMostScaled ? kMostScaled : z;
  z = z < -kMostScaled ? -kMostScaled : z;
  return std::abs(x) <= std::numeric_limits<double>::max() ? z : 0.0;
}

enum class Link : std::uint8_t { kIdentity, kLogistic, kSoftmax };

/// Weights of a sparse column: the margins gain weights * vector.
struct SparseTerm {
  std::size_t column = 0;      ///< of the matrix
  std::vector<float> weights;  ///< feature-major: weights[f * margins + m]
  std::vector<double> spread;  ///< per margin: standard deviation of what it adds, over the training rows
};

/// What a fit hands over.
struct GlmParts {
  Link link = Link::kIdentity;
  std::int32_t num_classes = 0;                ///< 0: regression
  std::vector<Term> terms;                     ///< one per matrix column
  std::size_t width = 0;                       ///< coefficients of one margin
  std::vector<double> coefficients;            ///< margins x width, for scaled values
  std::vector<double> intercepts;              ///< one per margin
  std::vector<double> spread;                  ///< standard deviation of each scaled feature in training
  std::vector<SparseTerm> sparse;              ///< by column
  std::vector<std::string> names;              ///< of the columns
  double target_center = 0, target_scale = 1;  ///< regression: value = center + scale * margin
  std::vector<std::int32_t> classes;           ///< classes seen in training, ascending (classification)
  double absent_share = 0;                     ///< probability of each class never seen in training
};

class GlmModel final : public model::Model {
 public:
  explicit GlmModel(GlmParts parts);
  std::string_view type_id() const override { return "linear/glm"; }
  int num_outputs() const override { return parts_.num_classes == 0 ? 1 : parts_.num_classes; }
  void Predict(const model::Matrix& x, model::RowSpan rows, std::span<double> out) const override;
  void Save(model::ByteWriter& writer) const override;
  /// The 50 largest coefficients by their standardised size, and the importance of each column.
  Json Summary() const override;

  const GlmParts& parts() const { return parts_; }
  std::size_t num_margins() const { return parts_.intercepts.size(); }
  /// Returns the coefficient per unit of a numeric column (category columns: of category `code`), in
  /// units of the target; and the intercept that belongs to it.
  double RawCoefficient(std::size_t margin, std::size_t column, std::int32_t code = 0) const;
  double RawIntercept(std::size_t margin) const;

  /// Writes rows.size() * num_margins() margins.
  void Margins(const model::Matrix& x, model::RowSpan rows, double* margins) const;

 private:
  void AddSparse(const model::Matrix& x, model::RowSpan rows, double* margins) const;
  void ToOutputs(const double* margins, std::size_t rows, double* out) const;
  GlmParts parts_;
};

Result<std::unique_ptr<model::Model>> LoadGlm(model::ByteReader& reader, std::size_t columns);

}  // namespace tagwerk::learners::linear
