// Logistic regression, binary and multinomial, with the objective of scikit-learn's LogisticRegression:
//   C sum_i w_i log loss_i + (1 - l1_ratio) / 2 |beta|^2 + l1_ratio |beta|_1
// (the multinomial form is the symmetric softmax). C is chosen on the validation rows from strong to weak
// penalties, each fit starting at the last solution (Friedman, Hastie and Tibshirani 2010, section 2.5).
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "base/text.h"
#include "learners/linear/classification.h"
#include "learners/linear/linear.h"
#include "learners/linear/penalty_path.h"
#include "learners/linear/proximal.h"
#include "learners/linear/solver.h"
#include "learners/linear/sparse_column.h"

namespace tagwerk::learners::linear {
namespace {

/// Rows beyond this add nothing to the choice of C; the last fit takes all.
constexpr std::size_t kPathRows = 20000;
constexpr std::size_t kFoldedRows = 5000;  ///< up to here C is chosen on five folds, above on one
constexpr double kPathStep = 4;
constexpr int kPathLow = -5, kPathHigh = 5;

const std::vector<model::ParameterSpec>& Specs() {
  static const std::vector<model::ParameterSpec> specs = {
      {.name = "C",
       .default_value = 0,
       .low = 0,
       .high = 1e12,
       .doc = "Inverse strength of the penalty; 0 chooses it on the validation rows, or on folds of the "
              "training rows when there are none.",
       .log_scale = true},
      {.name = "l1_ratio",
       .default_value = 0,
       .low = 0,
       .high = 1,
       .doc = "Share of the absolute penalty: 0 squares only, 1 absolute values only, which sets coefficients "
              "to zero.",
       .tune_low = 0,
       .tune_high = 1},
      {.name = "max_iter",
       .type = model::ParameterType::kInteger,
       .default_value = 200,
       .low = 1,
       .high = 100000,
       .doc = "Most iterations of the solver.",
       .log_scale = true},
      {.name = "tol",
       .default_value = 1e-4,
       .low = 0,
       .high = 1,
       .low_open = true,
       .doc = "Stops the solver when the next step would change the log odds by less than this.",
       .log_scale = true},
      SparseParameter()};
  return specs;
}

struct Settings {
  double c = 0, l1_ratio = 0;
  SolverOptions solver;
};

/// Fits one C, starting at theta; returns whether it was stopped.
bool FitOne(const Context& context, const ClassificationProblem& problem, const Settings& settings, double c,
            std::vector<double>& theta) {
  const Objective objective = problem.MakeObjective((1 - settings.l1_ratio) / c);
  if (settings.l1_ratio == 0) return Minimize(context, objective, settings.solver, theta).stopped;
  return MinimizeWithAbsolutePenalty(context, objective, settings.l1_ratio / c, settings.solver, theta).stopped;
}

/// One walk along the path: losses of each C on held-out rows, until they have risen twice.
struct Walk {
  std::vector<double> loss;                ///< by step of the path
  std::vector<std::vector<double>> theta;  ///< kept for the warm start of the last fit
  bool stopped = false;
};

Walk WalkPath(const Context& context, const model::TrainingData& data, const ClassificationProblem& problem,
              model::RowSpan held_out, const Settings& settings) {
  Walk walk;
  std::vector<double> theta = problem.Start();
  double best = std::numeric_limits<double>::infinity();
  int rises = 0;
  for (int step = kPathLow; step <= kPathHigh && rises < 2 && !walk.stopped; ++step) {
    walk.stopped = FitOne(context, problem, settings, std::pow(kPathStep, step), theta);
    const double loss = HeldOutLoss(GlmModel(problem.Parts(theta)), data, held_out);
    walk.loss.push_back(loss);
    walk.theta.push_back(theta);
    rises = loss < best ? 0 : rises + 1;
    best = std::min(best, loss);
  }
  return walk;
}

/// Splits the rows of a problem by a hash of their position and walks the path on each split.
std::vector<Walk> WalkFolds(const Context& context, const model::TrainingData& data,
                            const ClassificationProblem& problem, const Settings& settings) {
  const std::size_t n = problem.design().rows();
  const std::size_t folds = n <= kFoldedRows ? 5 : 1;
  std::vector<Walk> walks;
  for (std::size_t f = 0; f < folds; ++f) {
    std::vector<char> keep(n);
    model::Rows held_out;
    for (std::size_t i = 0; i < n; ++i) {
      keep[i] = Mix64(context.seed, i) % 5 != f;
      if (!keep[i]) held_out.push_back(problem.design().row_ids()[i]);
    }
    ClassificationProblem part;
    if (held_out.empty() || !problem.Subset(keep, part)) continue;
    part.Keep(context);
    walks.push_back(WalkPath(context, data, part, held_out, settings));
    if (walks.back().stopped) break;
  }
  return walks;
}

/// Returns the step of the path with the smallest mean loss over the walks that reached it.
std::size_t BestStep(const std::vector<Walk>& walks) {
  std::size_t length = std::numeric_limits<std::size_t>::max(), best = 0;
  for (const Walk& walk : walks) length = std::min(length, walk.loss.size());
  double best_loss = std::numeric_limits<double>::infinity();
  for (std::size_t s = 0; s < length; ++s) {
    double loss = 0;
    for (const Walk& walk : walks) loss += walk.loss[s];
    if (loss < best_loss) {
      best_loss = loss;
      best = s;
    }
  }
  return best;
}

/// Chooses C and a start for the last fit.
double ChooseC(const Context& context, const model::TrainingData& data, const ClassificationProblem& problem,
               const Settings& settings, std::vector<double>& theta, bool& stopped) {
  const std::size_t step = std::max<std::size_t>(1, problem.design().rows() / kPathRows);
  ClassificationProblem thin = step > 1 ? problem.Thinned(step) : problem;
  model::Rows valid;
  std::vector<double> unused;
  UsableRows(data, data.valid_rows, valid, unused);
  std::vector<Walk> walks;
  if (valid.empty()) {
    walks = WalkFolds(context, data, thin, settings);
  } else {
    if (step > 1) thin.Keep(context);
    walks.push_back(WalkPath(context, data, thin, valid, settings));
  }
  if (walks.empty()) return 1;  // too few rows to hold any out
  stopped = walks.back().stopped;
  const std::size_t best = BestStep(walks);
  if (best < walks.front().theta.size()) theta = walks.front().theta[best];
  return std::pow(kPathStep, kPathLow + static_cast<int>(best));
}

/// Fits on all rows. Without a start from the path, many rows start at the solution for a part of them.
bool FitAll(const Context& context, const ClassificationProblem& problem, const Settings& settings, bool has_start,
            std::vector<double>& theta) {
  const std::size_t step = problem.design().rows() / kPathRows;
  if (!has_start && step >= 4 && FitOne(context, problem.Thinned(step), settings, settings.c, theta)) return true;
  return FitOne(context, problem, settings, settings.c, theta);
}

Result<model::Fitted> FitLogistic(const Context& context, const model::TrainingData& data,
                                  const model::Parameters& parameters) {
  TW_RETURN_IF_ERROR(model::ValidateParameters("logistic", Specs(), parameters));
  TW_TRY(ClassificationProblem problem, ClassificationProblem::Make(context, data));
  Settings settings;
  settings.c = parameters.Get(Specs(), "C");
  const bool chosen = settings.c == 0;
  settings.l1_ratio = parameters.Get(Specs(), "l1_ratio");
  settings.solver.tolerance = parameters.Get(Specs(), "tol");
  settings.solver.max_iterations = static_cast<int>(parameters.Get(Specs(), "max_iter"));
  model::Fitted fitted;
  std::vector<double> theta = problem.Start();
  if (problem.classes().size() > 1) {
    problem.Keep(context);
    if (chosen) {
      settings.c = ChooseC(context, data, problem, settings, theta, fitted.stopped_early);
      fitted.refit.Set("C", settings.c);
    }
    if (!fitted.stopped_early) fitted.stopped_early = FitAll(context, problem, settings, chosen, theta);
  }
  GlmParts parts = problem.MeasuredParts(context, theta);
  if (problem.classes().size() > 1) {
    const SparseRows rows{problem.loss() == Loss::kLogistic ? sparse::Loss::kLogistic : sparse::Loss::kSoftmax,
                          &problem.design().row_ids(), &problem.design().weight(), &problem.target()};
    AddSparseColumn(context, data, rows, parameters.Get(Specs(), "text_C"), parts, fitted);
  }
  fitted.model = std::make_unique<GlmModel>(std::move(parts));
  return fitted;
}

std::string Describe(const model::Parameters& parameters) {
  const double ratio = parameters.Get(Specs(), "l1_ratio");
  const std::string penalty = ratio == 0 ? "ridge" : (ratio == 1 ? "lasso" : "elastic net");
  const double c = parameters.Get(Specs(), "C");
  return c == 0 ? penalty : penalty + ", C " + Shortest(c);
}

double Cost(std::size_t rows, std::size_t cols, int classes, const model::Parameters& parameters) {
  const auto n = static_cast<double>(rows), p = static_cast<double>(cols) + 1;
  const double margins = classes <= 2 ? 1 : classes;
  const double path = parameters.Get(Specs(), "C") == 0 ? 100 * std::min(n, 2e4) : 0;
  const double slower = parameters.Get(Specs(), "l1_ratio") == 0 ? 1 : 4;
  return 0.005 + slower * margins * (20 * n + path) * p * 1.5e-9 + n * p * p * 3e-10;
}

}  // namespace

const model::LearnerDescriptor& Logistic() {
  static const model::LearnerDescriptor descriptor = {
      .id = "logistic",
      .title = "logistic",
      .doc = "Logistic regression, binary or multinomial, with squared and absolute penalties.",
      .tasks = {Task::kBinary, Task::kMulticlass},
      .recipe = model::Recipe::kLinear,
      .capabilities = {.missing = true, .categories = true, .iterative = false},
      .parameters = Specs(),
      .references = {"Friedman, Hastie and Tibshirani 2010, Journal of Statistical Software 33(1)",
                     "Nocedal and Wright 2006, Numerical Optimization, chapter 7"},
      .fit = &FitLogistic,
      .baseline = false,
      .describe = &Describe,
      .cost = &Cost};
  return descriptor;
}

}  // namespace tagwerk::learners::linear
