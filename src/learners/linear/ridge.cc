// Ridge regression (Hoerl and Kennard 1970): min sum_i w_i (y_i - b - x_i beta)^2 + alpha |beta|^2, the
// objective of scikit-learn's Ridge. One pass gives the cross products; each alpha costs one Cholesky
// factor. alpha is chosen on validation rows, else by generalised cross-validation (Golub, Heath and
// Wahba 1979). Above kMostFactored features the solver of solver.h is used instead.
#include <Eigen/Cholesky>
#include <cmath>
#include <limits>

#include "learners/linear/gram.h"
#include "learners/linear/linear.h"
#include "learners/linear/penalty_path.h"
#include "learners/linear/regression.h"
#include "learners/linear/solver.h"
#include "learners/linear/sparse_column.h"
#include "base/text.h"

namespace tagwerk::learners::linear {
namespace {

using Eigen::Index;

constexpr int kRefinements = 4;

/// The normal equations with the intercept eliminated.
class NormalEquations {
 public:
  NormalEquations(const Design& design, Gram gram) : design_(&design), gram_(std::move(gram)) {
    const std::size_t width = gram_.width, middle = design.intercept();
    const double total = gram_.at(middle, middle);
    const auto n = static_cast<Index>(width);
    centered_.resize(n, n);
    right_.resize(n);
    for (std::size_t i = 0; i < width; ++i) {
      for (std::size_t j = 0; j < width; ++j) {
        centered_(Index(i), Index(j)) = gram_.at(i, j) - gram_.at(i, middle) * gram_.at(j, middle) / total;
      }
      right_(Index(i)) = gram_.right[i] - gram_.at(i, middle) * gram_.right[middle] / total;
    }
    squares_ = gram_.target_square - gram_.right[middle] * gram_.right[middle] / total;
    total_ = total;
  }

  /// Solves for one alpha; the intercept is set too.
  std::vector<double> Solve(double alpha) {
    const std::size_t width = gram_.width, middle = design_->intercept();
    Eigen::MatrixXd a = centered_;
    const double floor = 1e-13 * centered_.diagonal().maxCoeff();
    for (std::size_t i = 0; i < width; ++i) {
      const auto k = static_cast<Index>(i);
      if (IsFixed(i)) {
        a.row(k).setZero();
        a.col(k).setZero();
        a(k, k) = 1;
      } else {
        a(k, k) += std::max(alpha * design_->penalty()[i], floor);
      }
    }
    factor_.compute(a);
    Eigen::VectorXd right = right_;
    for (std::size_t i = 0; i < width; ++i) {
      if (IsFixed(i)) right(Index(i)) = 0;
    }
    const Eigen::VectorXd beta = factor_.solve(right);
    std::vector<double> theta(beta.data(), beta.data() + beta.size());
    double intercept = gram_.right[middle];
    for (std::size_t i = 0; i < width; ++i) {
      if (!std::isfinite(theta[i])) theta[i] = 0;
      intercept -= gram_.at(i, middle) * theta[i];
    }
    theta[middle] = intercept / total_;
    return theta;
  }

  /// GCV = (RSS / n) / (1 - (df + 1) / n)^2 with df = trace of the hat matrix without the intercept.
  double CrossValidation(double alpha) {
    const std::vector<double> theta = Solve(alpha);
    Eigen::Map<const Eigen::VectorXd> mapped(theta.data(), Index(theta.size()));
    Eigen::VectorXd beta = mapped;
    beta(Index(design_->intercept())) = 0;
    const double residual = std::max(0.0, squares_ - 2 * beta.dot(right_) + beta.dot(centered_ * beta));
    // trace(A (A + alpha D)^-1) = p - alpha trace((A + alpha D)^-1 D), from the inverse of the factor.
    const Index n = centered_.rows();
    Eigen::MatrixXd inverse = Eigen::MatrixXd::Identity(n, n);
    factor_.matrixL().solveInPlace(inverse);
    double freedom = 0;
    for (std::size_t i = 0; i < gram_.width; ++i) {
      if (!IsFixed(i)) freedom += 1 - alpha * design_->penalty()[i] * inverse.col(Index(i)).squaredNorm();
    }
    const double left = 1 - (freedom + 1) / total_;
    if (!(left > 0)) return std::numeric_limits<double>::infinity();
    return residual / total_ / (left * left);
  }

 private:
  /// Padding, the intercept, the idle feature and constant columns keep the coefficient 0 here.
  bool IsFixed(std::size_t i) const {
    return i == design_->intercept() || i + 1 == gram_.width || !(centered_(Index(i), Index(i)) > 0);
  }

  const Design* design_;
  Gram gram_;
  Eigen::MatrixXd centered_;
  Eigen::VectorXd right_;
  double squares_ = 0, total_ = 0;
  Eigen::LLT<Eigen::MatrixXd> factor_;
};

const std::vector<model::ParameterSpec>& Specs() {
  static const std::vector<model::ParameterSpec> specs = {
      {.name = "alpha",
       .default_value = 0,
       .low = 0,
       .high = 1e12,
       .doc = "Strength of the penalty on squared coefficients; 0 chooses it on the validation rows, or by "
              "generalised cross-validation when there are none.",
       .log_scale = true},
      {.name = "max_iter",
       .type = model::ParameterType::kInteger,
       .default_value = 500,
       .low = 1,
       .high = 100000,
       .doc = "Most iterations of the iterative solver, which is used above 1,024 features.",
       .log_scale = true},
      {.name = "tol",
       .default_value = 1e-4,
       .low = 0,
       .high = 1,
       .low_open = true,
       .doc = "Stops the iterative solver when predictions change by less than this share of the target's "
              "spread.",
       .log_scale = true},
      SparseParameter()};
  return specs;
}

/// Chooses alpha (if asked to) and fits with the normal equations; false if stopped before a fit.
bool FitDirect(const Context& context, const RegressionProblem& problem, double& alpha, std::vector<double>& theta,
               bool& stopped) {
  const Design& design = problem.design();
  Gram gram;
  if (!ComputeGram(context, design, design.weight(), problem.target(), 1, gram)) return false;
  NormalEquations equations(design, std::move(gram));
  if (alpha == 0) {
    Gram valid;
    const bool has_valid = problem.ValidGram(context, valid);
    const std::vector<double> exponents = {-3, -2, -1, 0, 1, 2, 3, 4, 5};
    alpha = ChoosePowerOfTen(exponents, kRefinements, [&](double candidate) {
      if ((stopped = stopped || context.ShouldStop())) return std::numeric_limits<double>::quiet_NaN();
      return has_valid ? QuadraticLoss(valid, equations.Solve(candidate)) : equations.CrossValidation(candidate);
    });
  }
  theta = equations.Solve(alpha);
  return true;
}

/// The same for many features: from strong to weak penalties, each starting at the last solution.
bool FitIterative(const Context& context, const RegressionProblem& problem, const SolverOptions& options, double& alpha,
                  std::vector<double>& theta, bool& stopped) {
  Objective objective(problem.design(), Loss::kSquared, 1, problem.target(), alpha);
  theta.assign(objective.size(), 0.0);
  if (alpha != 0) {
    stopped = Minimize(context, objective, options, theta).stopped;
    return true;
  }
  double best = std::numeric_limits<double>::infinity();
  std::vector<double> current = theta;
  alpha = 1;
  for (const double exponent : {5.0, 4.0, 3.0, 2.0, 1.0, 0.0}) {
    objective.set_lambda(std::pow(10.0, exponent));
    stopped = Minimize(context, objective, options, current).stopped;
    const double loss = problem.HeldOut(current);
    if (loss < best || std::isnan(loss)) {
      best = std::isnan(loss) ? best : loss;
      theta = current;
      alpha = objective.lambda();
    } else if (loss > best * 1.02) {
      break;
    }
    if (stopped) break;
  }
  return true;
}

Result<model::Fitted> FitRidge(const Context& context, const model::TrainingData& data,
                               const model::Parameters& parameters) {
  TW_RETURN_IF_ERROR(model::ValidateParameters("ridge", Specs(), parameters));
  TW_TRY(RegressionProblem problem, RegressionProblem::Make(context, data));
  double alpha = parameters.Get(Specs(), "alpha");
  const bool chosen = alpha == 0;
  SolverOptions options;
  options.tolerance = parameters.Get(Specs(), "tol");
  options.max_iterations = static_cast<int>(parameters.Get(Specs(), "max_iter"));
  model::Fitted fitted;
  std::vector<double> theta(problem.design().width(), 0.0);
  const bool direct = problem.design().width() <= kMostFactored && GramStep(problem.design(), 1e11) == 1;
  if (!direct) problem.Keep(context);
  const bool done = direct ? FitDirect(context, problem, alpha, theta, fitted.stopped_early)
                           : FitIterative(context, problem, options, alpha, theta, fitted.stopped_early);
  if (!done) {
    theta.assign(problem.design().width(), 0.0);
    fitted.stopped_early = true;
  }
  GlmParts parts = problem.MeasuredParts(context, theta);
  const SparseRows rows{sparse::Loss::kSquared, &problem.design().row_ids(), &problem.design().weight(),
                        &problem.target()};
  AddSparseColumn(context, data, rows, parameters.Get(Specs(), "text_C"), parts, fitted);
  fitted.model = std::make_unique<GlmModel>(std::move(parts));
  if (chosen && done) fitted.refit.Set("alpha", std::max(alpha, 1e-12));
  return fitted;
}

std::string Describe(const model::Parameters& parameters) {
  const double alpha = parameters.Get(Specs(), "alpha");
  return alpha == 0 ? "penalty chosen" : "alpha " + Shortest(alpha);
}

double Cost(std::size_t rows, std::size_t cols, int, const model::Parameters&) {
  const auto n = static_cast<double>(rows), p = static_cast<double>(cols) + 1;
  return 0.002 + n * p * 4e-9 + n * p * p * 1.5e-10 + 13 * p * p * p * 4e-10;
}

}  // namespace

const model::LearnerDescriptor& Ridge() {
  static const model::LearnerDescriptor descriptor = {
      .id = "ridge",
      .title = "ridge",
      .doc = "Linear regression with a penalty on squared coefficients.",
      .tasks = {Task::kRegression},
      .recipe = model::Recipe::kLinear,
      .capabilities = {.missing = true, .categories = true, .iterative = false},
      .parameters = Specs(),
      .references = {"Hoerl and Kennard 1970, Technometrics 12(1)", "Golub, Heath and Wahba 1979"},
      .fit = &FitRidge,
      .baseline = false,
      .describe = &Describe,
      .cost = &Cost};
  return descriptor;
}

}  // namespace tagwerk::learners::linear
