// The learner "gradient_boosting": parameters, description, cost.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "learners/trees/boosting.h"
#include "learners/trees/trees.h"

namespace tagwerk::learners::trees {

namespace {

constexpr int kExactLevels = 65535;

using model::ParameterSpec;
using model::ParameterType;

/// "auto" and the names of all losses.
std::vector<std::string> LossChoices() {
  std::vector<std::string> names = {"auto"};
  for (const RegressionLoss& loss : RegressionLosses()) names.emplace_back(loss.name);
  return names;
}

/// "auto" and the names of all metrics, each once.
std::vector<std::string> MetricChoices() {
  std::vector<std::string> names = {"auto"};
  for (const metrics::Metric& metric : metrics::AllMetrics()) {
    if (std::find(names.begin(), names.end(), metric.id) == names.end()) names.push_back(metric.id);
  }
  return names;
}

std::vector<ParameterSpec> Specs() {
  constexpr auto kInteger = ParameterType::kInteger;
  constexpr auto kReal = ParameterType::kReal;
  constexpr auto kBoolean = ParameterType::kBoolean;
  return {
      {.name = "loss",
       .type = ParameterType::kChoice,
       .choices = LossChoices(),
       .doc = "Loss of regression; auto is squared. Classification always uses the log loss."},
      {.name = "quantile",
       .type = kReal,
       .default_value = 0.5,
       .low = 0,
       .high = 1,
       .low_open = true,
       .doc = "Quantile that loss=quantile estimates."},
      {.name = "huber_delta",
       .type = kReal,
       .default_value = 0,
       .low = 0,
       .high = 1e300,
       .doc = "Residuals beyond it count linearly with loss=huber; 0 = nine of ten lie within.",
       .zero_is_none = true},
      {.name = "tweedie_power",
       .type = kReal,
       .default_value = 1.5,
       .low = 1,
       .high = 2,
       .doc = "Variance grows with this power of the mean with loss=tweedie; 1 is Poisson, 2 gamma."},
      {.name = "n_estimators",
       .type = kInteger,
       .default_value = 100,
       .low = 1,
       .high = 100000,
       .doc = "Most rounds of boosting; with validation rows it may end earlier."},
      {.name = std::string(model::kDerivedFeatures),
       .type = kBoolean,
       .default_value = 0,
       .low = 0,
       .high = 1,
       .doc = "Also learns from sums, differences, products and ratios of numbers and crosses of categories, "
              "as far as they tell more than single columns."},
      {.name = "learning_rate",
       .type = kReal,
       .default_value = 0.1,
       .low = 0,
       .high = 1,
       .low_open = true,
       .doc = "Share of each tree that is added.",
       .log_scale = true,
       .tune_low = 0.005,
       .tune_high = 0.1},
      {.name = "max_leaf_nodes",
       .type = kInteger,
       .default_value = 31,
       .low = 2,
       .high = 65535,
       .doc = "Most leaves of a tree.",
       .log_scale = true,
       .tune_low = 2,
       .tune_high = 200},
      {.name = "max_depth",
       .type = kInteger,
       .default_value = 0,
       .low = 0,
       .high = 1000,
       .doc =
           "Most splits on a path; 0 = no limit; with growth=auto for two classes and 10,000 to 100,000 rows as many "
           "levels as the leaves fill where that errs less in a short trial.",
       .zero_is_none = true},
      {.name = "min_samples_leaf",
       .type = kInteger,
       .default_value = 20,
       .low = 1,
       .high = 1e9,
       .doc = "Least training rows of a leaf.",
       .log_scale = true,
       .tune_low = 1,
       .tune_high = 64},
      {.name = "min_hessian",
       .type = kReal,
       .default_value = 1e-3,
       .low = 0,
       .high = 1e9,
       .doc = "Least sum of hessians of a leaf."},
      {.name = "min_gain",
       .type = kReal,
       .default_value = 0,
       .low = 0,
       .high = 1e300,
       .doc = "Least improvement of the loss that a split must bring."},
      {.name = "max_bins",
       .type = kInteger,
       .default_value = 255,
       .low = 2,
       .high = 255,
       .doc = "Most bins per column, without the one of missing values."},
      {.name = "l1_regularization",
       .type = kReal,
       .default_value = 0,
       .low = 0,
       .high = 1e9,
       .doc = "L1 penalty on leaf values.",
       .log_scale = true,
       .tune_low = 1e-4,
       .tune_high = 1},
      {.name = "l2_regularization",
       .type = kReal,
       .default_value = 0,
       .low = 0,
       .high = 1e9,
       .doc = "L2 penalty on leaf values.",
       .log_scale = true,
       .tune_low = 1e-4,
       .tune_high = 2},
      {.name = "subsample",
       .type = kReal,
       .default_value = 1,
       .low = 0,
       .high = 1,
       .low_open = true,
       .doc = "Share of the rows that each round is taught on.",
       .tune_low = 0.7,
       .tune_high = 1},
      {.name = "colsample",
       .type = kReal,
       .default_value = 1,
       .low = 0,
       .high = 1,
       .low_open = true,
       .doc = "Share of the columns that each round may use.",
       .tune_low = 0.4,
       .tune_high = 1},
      {.name = "sampling",
       .type = ParameterType::kChoice,
       .choices = {"uniform", "mvs", "goss"},
       .doc = "How subsample draws rows: all with the same chance, or more likely those with large gradients (minimal "
              "variance sampling, gradient-based one-side sampling)."},
      {.name = "gradient_levels",
       .type = kInteger,
       .default_value = 0,
       .low = 0,
       .high = kExactLevels,
       .doc =
           "Splits are looked for with gradients rounded at random to so many steps, leaf values take the exact ones; "
           "2 to 15 regularise, 65535 = exact; 0 = 5 for 256 to 25,000 rows a class (2 for 3 to 14 classes), else "
           "exact.",
       .log_scale = true,
       .tune_low = 2,
       .tune_high = 64,
       .zero_is_none = true},
      {.name = "growth",
       .type = ParameterType::kChoice,
       .low = 0,
       .high = 3,
       .choices = {"auto", "leaf_wise", "depth_wise", "oblivious"},
       .doc =
           "Which leaf is split next: the one that gains most, the one nearest to the root, or all of a level by the "
           "same test (oblivious trees). auto: oblivious below 1,250 rows; below 10,000 (shared by the "
           "classes), and below 100,000 where a column has fewer than 50, leaf_wise or oblivious, whichever errs less "
           "in "
           "a short trial; leaf_wise beyond.",
       .tune_low = 1,
       .tune_high = 3},
      {.name = "multi_output",
       .type = ParameterType::kChoice,
       .choices = {"auto", "off", "on"},
       .doc = "One tree a round for all classes, with a value for each in its leaves, instead of one tree a class: "
              "quicker where classes are many, and coarser; auto from 64 classes on."},
      {.name = "max_set_categories",
       .type = kInteger,
       .default_value = 24,
       .low = 1,
       .high = 254,
       .doc =
           "Columns of more categories are not split into sets of them but enter as numbers: the smoothed mean target "
           "of rows that come earlier in a random order. Rare categories count for less than one: e to the power of "
           "the "
           "entropy of their shares. For three and more classes always sets.",
       .log_scale = true,
       .tune_low = 10,
       .tune_high = 254},
      {.name = "random_thresholds",
       .type = kBoolean,
       .default_value = 0,
       .low = 0,
       .high = 1,
       .doc = "One random cut per column and node instead of the best.",
       .tune_low = 0,
       .tune_high = 1},
      {.name = "path_smooth",
       .type = kReal,
       .default_value = 0,
       .low = 0,
       .high = 1e9,
       .doc = "Pulls small leaves towards their parents: rows that the parent counts as."},
      {.name = "categorical_smoothing",
       .type = kReal,
       .default_value = 10,
       .low = 0,
       .high = 1e9,
       .doc = "Pulls the rank of rare categories to 0; categories with fewer rows are not chosen.",
       .log_scale = true,
       .tune_low = 1e-3,
       .tune_high = 100},
      {.name = "categorical_l2",
       .type = kReal,
       .default_value = 1,
       .low = 0,
       .high = 1e9,
       .doc = "L2 penalty added in splits of categories.",
       .log_scale = true,
       .tune_low = 5e-3,
       .tune_high = 10},
      {.name = "min_samples_category",
       .type = kInteger,
       .default_value = 20,
       .low = 1,
       .high = 1e9,
       .doc = "Least rows of a group of categories that moves together.",
       .log_scale = true,
       .tune_low = 2,
       .tune_high = 100},
      {.name = "max_onehot",
       .type = kInteger,
       .default_value = 4,
       .low = 0,
       .high = 255,
       .doc = "Up to this many categories each is tried against the rest."},
      {.name = "early_stopping",
       .type = kBoolean,
       .default_value = 1,
       .low = 0,
       .high = 1,
       .doc = "End when the loss on validation rows no longer falls."},
      {.name = "stopping_metric",
       .type = ParameterType::kChoice,
       .choices = MetricChoices(),
       .doc = "What early stopping goes by on validation rows; auto is the loss."},
      {.name = "n_iter_no_change",
       .type = kInteger,
       .default_value = 0,
       .low = 0,
       .high = 100000,
       .doc = "Rounds without a better loss on validation rows until the end; 0 = more the later the best round.",
       .zero_is_none = true},
  };
}

BoostingSettings SettingsOf(const model::Parameters& p) {
  const std::vector<ParameterSpec>& specs = GradientBoosting().parameters;
  const auto real = [&](const char* name) { return p.Get(specs, name); };
  const auto integer = [&](const char* name) { return static_cast<int>(p.Get(specs, name)); };
  BoostingSettings s;
  const auto loss = std::size_t(integer("loss"));
  s.loss.loss = RegressionLosses()[loss == 0 ? 0 : loss - 1].name;
  s.loss.quantile = real("quantile");
  s.loss.huber_delta = real("huber_delta");
  s.loss.tweedie_power = real("tweedie_power");
  s.n_estimators = integer("n_estimators");
  s.learning_rate = real("learning_rate");
  s.bins.max_bins = integer("max_bins");
  s.subsample = real("subsample");
  s.colsample = real("colsample");
  s.early_stopping = integer("early_stopping") != 0;
  s.patience = integer("n_iter_no_change");
  s.sampling = static_cast<Sampling>(integer("sampling"));
  s.bins.max_categories = integer("max_set_categories");
  const int levels = integer("gradient_levels");
  s.gradient_levels = levels == 0 ? kAutoLevels : levels == kExactLevels ? 0 : levels;
  s.grow.growth = static_cast<Growth>(integer("growth"));
  s.multi = static_cast<MultiOutput>(integer("multi_output"));
  s.grow.max_leaves = integer("max_leaf_nodes");
  s.grow.max_depth = integer("max_depth");
  SplitRules& r = s.grow.split;
  r.min_samples_leaf = integer("min_samples_leaf");
  r.min_hessian = real("min_hessian");
  r.min_gain = real("min_gain");
  r.l1 = real("l1_regularization");
  r.l2 = real("l2_regularization");
  r.random_thresholds = integer("random_thresholds") != 0;
  r.path_smooth = real("path_smooth");
  r.category_smoothing = real("categorical_smoothing");
  r.category_l2 = real("categorical_l2");
  r.min_samples_category = integer("min_samples_category");
  r.max_onehot = integer("max_onehot");
  return s;
}

}  // namespace

Result<BoostingSettings> BoostingSettingsOf(const model::Parameters& parameters, Task task) {
  BoostingSettings settings = SettingsOf(parameters);
  const std::vector<ParameterSpec>& specs = GradientBoosting().parameters;
  const auto choice = std::size_t(parameters.Get(specs, "stopping_metric"));
  if (choice > 0) {
    TW_TRY(settings.stopping_metric, metrics::FindMetric(MetricChoices()[choice], task));
  }
  return settings;
}

namespace {

Result<model::Fitted> Fit(const Context& context, const model::TrainingData& data,
                          const model::Parameters& parameters) {
  TW_RETURN_IF_ERROR(model::ValidateParameters("gradient_boosting", GradientBoosting().parameters, parameters));
  TW_TRY(const BoostingSettings settings, BoostingSettingsOf(parameters, data.task));
  return FitBoosting(context, data, settings);
}

std::string Describe(const model::Parameters& p) {
  const BoostingSettings s = SettingsOf(p);
  std::string text = fmt::format("{} leaves, rate {}", s.grow.max_leaves, Shortest(s.learning_rate));
  if (s.grow.growth == Growth::kOblivious) text += ", one test a level";
  if (s.multi == MultiOutput::kOn) text += ", all classes at once";
  if (s.grow.split.random_thresholds) text += ", random cuts";
  if (p.Has(model::kDerivedFeatures) && p.Get(Specs(), model::kDerivedFeatures) != 0) text += ", derived features";
  return text;
}

// Per tree: histograms over half of each level's rows, partitions, and per leaf zero, subtract and scan.
double Cost(std::size_t rows, std::size_t cols, int classes, const model::Parameters& p) {
  const BoostingSettings s = SettingsOf(p);
  const double n = double(rows) * s.subsample;
  const double leaves = std::min<double>(s.grow.max_leaves, std::max(2.0, n / s.grow.split.min_samples_leaf));
  const double depth = std::log2(leaves) + 1;
  // Columns of few values have as many bins on any number of rows: the estimate grows with rows only where rows are
  // few.
  const double bins = std::min<double>(s.bins.max_bins, std::max(16.0, double(rows) / 8));
  const double histogram = (1 + 0.35 * depth) * n * double(cols) * s.colsample * 0.6e-9;
  const double route = (depth + 2) * double(rows) * 2.5e-9 + double(rows) * 8e-9;
  const double scan = leaves * double(cols) * s.colsample * bins * 4e-9;
  const double outputs = classes > 2 ? classes : 1;
  const double binning = double(rows) * double(cols) * 25e-9;
  return binning + double(s.n_estimators) * outputs * (histogram + route + scan + 5e-6);
}

}  // namespace

const model::LearnerDescriptor& GradientBoosting() {
  static const model::LearnerDescriptor descriptor{
      .id = "gradient_boosting",
      .title = "boosting",
      .doc = "Adds small trees one after the other, each fitted to what the others leave unexplained.",
      .tasks = {Task::kBinary, Task::kMulticlass, Task::kRegression},
      .recipe = model::Recipe::kTree,
      .capabilities = {.missing = true, .categories = true, .iterative = true},
      .parameters = Specs(),
      .references = {"Friedman 2001, Greedy function approximation: a gradient boosting machine",
                     "Chen and Guestrin 2016, XGBoost, section 2", "Ke et al. 2017, LightGBM, section 2",
                     "Shi et al. 2022, Quantized training of gradient boosting decision trees"},
      .fit = Fit,
      .describe = Describe,
      .cost = Cost,
  };
  return descriptor;
}

}  // namespace tagwerk::learners::trees
