// Elastic net (Zou and Hastie 2005) with the objective of scikit-learn's ElasticNet:
//   1 / (2 W) sum_i w_i (y_i - b - x_i beta)^2 + alpha l1_ratio |beta|_1 + alpha (1 - l1_ratio) / 2 |beta|^2
// where W is the sum of weights. One pass gives the cross products; the path of alpha is coordinate
// descent on them (covariance updates, Friedman, Hastie and Tibshirani 2010), so folds cost no more passes.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "learners/linear/linear.h"
#include "learners/linear/proximal.h"
#include "learners/linear/regression.h"
#include "learners/linear/sparse_column.h"

namespace tagwerk::learners::linear {
namespace {

using Vector = std::vector<double>;

constexpr int kPathLength = 40;
constexpr double kPathRatio = 1e-4;  ///< of the smallest to the largest alpha
constexpr std::size_t kFolds = 5;

const std::vector<model::ParameterSpec>& Specs() {
  static const std::vector<model::ParameterSpec> specs = {
      {.name = "alpha",
       .default_value = 0,
       .low = 0,
       .high = 1e300,
       .doc = "Strength of the penalty, in units of the target; 0 chooses it on the validation rows, or by "
              "five-fold cross-validation when there are none.",
       .log_scale = true},
      {.name = "l1_ratio",
       .default_value = 0.5,
       .low = 0.01,
       .high = 1,
       .doc = "Share of the absolute penalty, which sets coefficients to zero; 1 is the lasso.",
       .tune_low = 0.05,
       .tune_high = 1},
      {.name = "max_iter",
       .type = model::ParameterType::kInteger,
       .default_value = 1000,
       .low = 1,
       .high = 100000,
       .doc = "Most sweeps over the coefficients for each alpha.",
       .log_scale = true},
      {.name = "tol",
       .default_value = 1e-4,
       .low = 0,
       .high = 1,
       .low_open = true,
       .doc = "Stops when predictions change by less than this share of the target's spread.",
       .log_scale = true},
      SparseParameter()};
  return specs;
}

struct Settings {
  double alpha = 0, l1_ratio = 0.5, tolerance = 1e-4;
  int max_iter = 1000;
};

double TotalWeight(const Design& design, const Gram& gram) { return gram.at(design.intercept(), design.intercept()); }

/// The largest alpha that matters: above it all coefficients are zero.
double LargestAlpha(const Design& design, const Gram& gram, const Settings& settings, double scale) {
  const std::size_t middle = design.intercept();
  const double total = TotalWeight(design, gram);
  double most = 0;
  for (std::size_t j = 0; j + 1 < gram.width; ++j) {
    if (j == middle || !(design.penalty()[j] > 0) || gram.at(j, j) == 0) continue;
    const double c = gram.right[j] - gram.at(j, middle) * gram.right[middle] / total;
    most = std::max(most, std::abs(c) / std::sqrt(design.penalty()[j]));
  }
  return most * scale / (total * settings.l1_ratio);
}

/// Solves for one alpha, starting at theta; false if stopped.
bool Solve(const Context& context, const Design& design, const Gram& gram, const Settings& settings, double alpha,
           double scale, Vector& theta) {
  const double total = TotalWeight(design, gram);
  Quadratic q;
  q.a = gram.values.data();
  q.width = gram.width;
  q.linear = gram.right;
  for (double& v : q.linear) v = -v;
  q.ridge = q.lasso = design.penalty();
  // The target was divided by `scale`: squares shrink by its square, absolute values only by itself.
  for (double& v : q.lasso) v = total * alpha * settings.l1_ratio * std::sqrt(v) / scale;
  for (double& v : q.ridge) v *= total * alpha * (1 - settings.l1_ratio);
  q.free.assign(gram.width, 1);
  q.free.back() = 0;
  const double enough = settings.tolerance * settings.tolerance * total * 1e-2;
  return DescendCoordinates(context, q, enough, settings.max_iter, theta);
}

/// Sums of squares on held-out rows along the path; `train` and `held_out` share features.
Vector PathLosses(const Context& context, const Design& design, const Gram& train, const Gram& held_out,
                  const Vector& alphas, const Settings& settings, double scale) {
  Vector losses, theta(train.width, 0.0);
  int rises = 0;
  for (const double alpha : alphas) {
    if (!Solve(context, design, train, settings, alpha, scale, theta)) break;
    losses.push_back(QuadraticLoss(held_out, theta));
    rises = losses.back() <= *std::min_element(losses.begin(), losses.end()) ? 0 : rises + 1;
    if (rises >= 4) break;
  }
  return losses;
}

Gram Difference(const Gram& a, const Gram& b) {
  Gram c = a;
  for (std::size_t i = 0; i < c.values.size(); ++i) c.values[i] -= b.values[i];
  for (std::size_t i = 0; i < c.right.size(); ++i) c.right[i] -= b.right[i];
  c.target_square -= b.target_square;
  return c;
}

/// Cross products of each fold (every fifth row); fewer when stopped.
std::vector<Gram> FoldGrams(const Context& context, const RegressionProblem& problem) {
  const Design& design = problem.design();
  std::vector<Gram> grams;
  for (std::size_t f = 0; f < kFolds; ++f) {
    model::Rows rows;
    Vector weight, target;
    for (std::size_t i = f; i < design.rows(); i += kFolds) {
      rows.push_back(design.row_ids()[i]);
      weight.push_back(design.weight()[i]);
      target.push_back(problem.target()[i]);
    }
    if (rows.empty()) break;
    const Design part(design, std::move(rows), std::move(weight));
    Gram gram;
    if (!ComputeGram(context, part, part.weight(), target, 1, gram)) break;
    grams.push_back(std::move(gram));
  }
  return grams;
}

double ChooseAlpha(const Context& context, const RegressionProblem& problem, const Gram& gram,
                   const Settings& settings) {
  const Design& design = problem.design();
  const double largest = LargestAlpha(design, gram, settings, problem.scale());
  if (!(largest > 0)) return 1;  // no column matters
  Vector alphas;
  for (int i = 0; i < kPathLength; ++i) alphas.push_back(largest * std::pow(kPathRatio, i / (kPathLength - 1.0)));
  Gram valid;
  std::vector<Vector> losses;
  if (problem.ValidGram(context, valid)) {
    losses.push_back(PathLosses(context, design, gram, valid, alphas, settings, problem.scale()));
  } else {
    for (const Gram& fold : FoldGrams(context, problem)) {
      const Gram rest = Difference(gram, fold);
      if (!(TotalWeight(design, rest) > 0)) continue;
      losses.push_back(PathLosses(context, design, rest, fold, alphas, settings, problem.scale()));
    }
  }
  std::size_t length = losses.empty() ? 0 : alphas.size(), best = 0;
  for (const Vector& l : losses) length = std::min(length, l.size());
  double best_loss = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < length; ++i) {
    double loss = 0;
    for (const Vector& l : losses) loss += l[i];
    if (loss < best_loss) {
      best_loss = loss;
      best = i;
    }
  }
  return alphas[best];
}

/// Fits with cross products; false if stopped before there is a solution.
bool FitDirect(const Context& context, const RegressionProblem& problem, Settings& settings, Vector& theta) {
  const Design& design = problem.design();
  Gram gram;
  if (!ComputeGram(context, design, design.weight(), problem.target(), 1, gram)) return false;
  if (settings.alpha == 0) settings.alpha = ChooseAlpha(context, problem, gram, settings);
  // From the largest alpha down: a short way for coordinate descent, and a usable prefix at the deadline.
  const double largest = LargestAlpha(design, gram, settings, problem.scale());
  for (double alpha = largest / 4; alpha > settings.alpha; alpha /= 4) {
    if (!Solve(context, design, gram, settings, alpha, problem.scale(), theta)) return false;
  }
  return Solve(context, design, gram, settings, settings.alpha, problem.scale(), theta);
}

/// The same above kMostFactored features: accelerated gradient steps, a coarse path on validation rows.
bool FitIterative(const Context& context, RegressionProblem& problem, Settings& settings, Vector& theta) {
  problem.Keep(context);
  const Design& design = problem.design();
  SolverOptions options;
  options.tolerance = settings.tolerance;
  options.max_iterations = std::min(settings.max_iter, 200);
  const auto fit = [&](double alpha, Vector& at) {
    const Objective objective(design, Loss::kSquared, 1, problem.target(),
                              design.total_weight() * alpha * (1 - settings.l1_ratio));
    const double lasso = design.total_weight() * alpha * settings.l1_ratio / problem.scale();
    return !MinimizeWithAbsolutePenalty(context, objective, lasso, options, at).stopped;
  };
  if (settings.alpha != 0) return fit(settings.alpha, theta);
  double best = std::numeric_limits<double>::infinity();
  Vector current = theta;
  settings.alpha = problem.scale();
  for (double alpha = problem.scale(); alpha > 1e-4 * problem.scale(); alpha /= 4) {
    const bool complete = fit(alpha, current);
    const double loss = problem.HeldOut(current);
    if (!(loss < best) && !std::isnan(loss)) break;
    if (std::isnan(loss) && alpha < 0.02 * problem.scale()) break;  // nothing to choose by: a mild penalty
    best = loss;
    theta = current;
    settings.alpha = alpha;
    if (!complete) return false;
  }
  return true;
}

Result<model::Fitted> FitElasticNet(const Context& context, const model::TrainingData& data,
                                    const model::Parameters& parameters) {
  TW_RETURN_IF_ERROR(model::ValidateParameters("elastic_net", Specs(), parameters));
  TW_TRY(RegressionProblem problem, RegressionProblem::Make(context, data));
  Settings settings;
  settings.alpha = parameters.Get(Specs(), "alpha");
  settings.l1_ratio = parameters.Get(Specs(), "l1_ratio");
  settings.tolerance = parameters.Get(Specs(), "tol");
  settings.max_iter = static_cast<int>(parameters.Get(Specs(), "max_iter"));
  const bool chosen = settings.alpha == 0;
  Vector theta(problem.design().width(), 0.0);
  const bool direct = problem.design().width() <= kMostFactored && GramStep(problem.design(), 1e11) == 1;
  model::Fitted fitted;
  fitted.stopped_early =
      direct ? !FitDirect(context, problem, settings, theta) : !FitIterative(context, problem, settings, theta);
  GlmParts parts = problem.MeasuredParts(context, theta);
  // Words come after the dense part, under the squared penalty alone: its solver is the one that is quick for them.
  const SparseRows rows{sparse::Loss::kSquared, &problem.design().row_ids(), &problem.design().weight(),
                        &problem.target()};
  AddSparseColumn(context, data, rows, parameters.Get(Specs(), "text_C"), parts, fitted);
  fitted.model = std::make_unique<GlmModel>(std::move(parts));
  if (chosen && settings.alpha > 0) fitted.refit.Set("alpha", settings.alpha);
  return fitted;
}

std::string Describe(const model::Parameters& parameters) {
  const double alpha = parameters.Get(Specs(), "alpha"), ratio = parameters.Get(Specs(), "l1_ratio");
  const std::string penalty = ratio == 1 ? "lasso" : "l1 share " + Shortest(ratio);
  return alpha == 0 ? penalty : penalty + ", alpha " + Shortest(alpha);
}

double Cost(std::size_t rows, std::size_t cols, int, const model::Parameters&) {
  const auto n = static_cast<double>(rows), p = static_cast<double>(cols) + 1;
  return 0.003 + n * p * 6e-9 + n * p * p * 2e-10 + 40 * 30 * p * p * 1e-9;
}

}  // namespace

const model::LearnerDescriptor& ElasticNet() {
  static const model::LearnerDescriptor descriptor = {
      .id = "elastic_net",
      .title = "elastic net",
      .doc = "Linear regression with penalties on absolute values and squares of coefficients (words: squares).",
      .tasks = {Task::kRegression},
      .recipe = model::Recipe::kLinear,
      .capabilities = {.missing = true, .categories = true, .iterative = false},
      .parameters = Specs(),
      .references = {"Zou and Hastie 2005, JRSS B 67(2)",
                     "Friedman, Hastie and Tibshirani 2010, Journal of Statistical Software 33(1)"},
      .fit = &FitElasticNet,
      .baseline = false,
      .describe = &Describe,
      .cost = &Cost};
  return descriptor;
}

}  // namespace tagwerk::learners::linear
