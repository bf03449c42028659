// The learners "random_forest" (Breiman 2001), "extra_trees" (Geurts et al. 2006) and "decision_tree"
// (Breiman et al. 1984): settings, the fit, descriptors.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>

#include "base/random.h"
#include "base/text.h"
#include "learners/trees/forest_builder.h"
#include "learners/trees/forest_grower.h"
#include "learners/trees/forest_walk.h"
#include "learners/trees/forests.h"
#include "learners/trees/training_rows.h"
#include "learners/trees/trees.h"

namespace tagwerk::learners::trees {

namespace {

using model::ParameterSpec;
using model::ParameterType;
using model::RowIndex;

constexpr std::uint64_t kRowStream = 11, kTreeStream = 12;

ForestTarget TargetOf(const model::TrainingData& data, const TrainingRows& rows) {
  ForestTarget target;
  target.classes = IsClassification(data.task) && data.num_classes >= 3 ? data.num_classes : 0;
  if (target.classes >= 3) {
    target.label.resize(data.x->rows());
    for (const RowIndex r : rows.train) target.label[r] = static_cast<std::uint32_t>(data.y[r]);
    return target;
  }
  double weight = 0, largest = 0;
  for (const RowIndex r : rows.train) {
    weight += rows.Weight(r);
    largest = std::max(largest, std::abs(data.y[r]));
  }
  double mean = 0;  // summed as shares: no overflow
  for (const RowIndex r : rows.train) mean += data.y[r] * (rows.Weight(r) / weight);
  const bool classes = IsClassification(data.task);
  target.center = classes ? mean : 0;
  target.offset = classes ? 0 : std::clamp(mean, -largest, largest);
  if (!classes && largest > 0) {
    int range = 0, spread = 0;
    std::frexp(largest, &range);
    double widest = 0;
    for (const RowIndex r : rows.train)
      widest = std::max(widest, std::abs(std::ldexp(data.y[r], -range) - std::ldexp(target.offset, -range)));
    std::frexp(widest, &spread);
    target.exponent = range + spread;
  }
  target.value.resize(data.x->rows());
  for (const RowIndex r : rows.train) {
    // Each part is scaled first: their difference could be out of range.
    target.value[r] = std::ldexp(data.y[r], -target.exponent) - std::ldexp(target.offset, -target.exponent);
  }
  return target;
}

// The prior of the training rows: what a forest without trees predicts.
std::vector<double> Prior(const model::TrainingData& data, const TrainingRows& rows, const ForestTarget& target) {
  if (target.classes < 3) return {target.center + target.offset};
  std::vector<double> shares(std::size_t(data.num_classes), 0.0);
  double total = 0;
  for (const RowIndex r : rows.train) {
    shares[target.label[r]] += rows.Weight(r);
    total += rows.Weight(r);
  }
  for (double& s : shares) s /= total;
  return shares;
}

/// The rows of one tree with their weights.
struct Sample {
  std::vector<RowIndex> rows;
  std::vector<float> weight;
};

Sample DrawSample(const TrainingRows& rows, const ForestSettings& settings, std::uint64_t seed) {
  Sample sample;
  const std::size_t n = rows.train.size();
  std::vector<std::uint16_t> times(n, 1);
  Random random(seed);
  const auto draws = std::max<std::size_t>(1, std::size_t(std::llround(settings.subsample * double(n))));
  if (settings.bootstrap) {
    std::fill(times.begin(), times.end(), 0);
    for (std::size_t i = 0; i < draws; ++i) ++times[random.Below(n)];
  } else if (draws < n) {
    // Selection sampling (Knuth 1998, algorithm 3.4.2 S): exactly `draws` rows, in order.
    std::size_t left = draws;
    for (std::size_t i = 0; i < n; ++i) {
      times[i] = random.Below(n - i) < left;
      left -= times[i];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (times[i] == 0) continue;
    sample.rows.push_back(rows.train[i]);
    sample.weight.push_back(static_cast<float>(times[i] * rows.Weight(rows.train[i])));
  }
  return sample;
}

std::size_t ColumnsPerNode(const ForestSettings& settings, std::size_t columns) {
  double share = settings.max_features;
  if (share <= 0) {
    if (settings.single)
      share = 1;
    else if (settings.classification)
      share = 1 / std::sqrt(std::max(1.0, double(columns)));
    else
      share = settings.rules.random_thresholds ? 1.0 : 1.0 / 3;
  }
  const auto wanted = static_cast<std::size_t>(std::ceil(share * double(columns) - 1e-9));
  return std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(1, columns));
}

/// Takes trees in any order, passes them on in theirs.
class InOrder {
 public:
  explicit InOrder(ForestBuilder& builder) : builder_(builder) {}
  void Put(std::size_t t, Tree tree) {
    std::lock_guard lock(mutex_);
    waiting_.emplace(t, std::move(tree));
    while (!waiting_.empty() && waiting_.begin()->first == builder_.trees()) {
      builder_.Add(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
    }
  }

 private:
  ForestBuilder& builder_;
  std::mutex mutex_;
  std::map<std::size_t, Tree> waiting_;
};

void GrowTrees(const Context& context, const BinnedData& bins, const TrainingRows& rows, const ForestTarget& target,
               const ForestSettings& settings, std::size_t first, bool parallel, ForestBuilder& builder) {
  ForestRules rules{settings.rules, settings.max_depth, ColumnsPerNode(settings, bins.features.size())};
  InOrder ordered(builder);
  const auto trees = static_cast<std::size_t>(settings.n_estimators);
  const std::size_t workers = parallel ? std::size_t(context.pool->threads()) : 1;
  std::atomic<std::size_t> next{first};
  const auto work = [&](std::size_t) {
    std::optional<ForestGrower> grower;
    for (std::size_t t; (t = next.fetch_add(1)) < trees && !context.ShouldStop();) {
      if (!grower) grower.emplace(bins, rules, target);
      Sample sample = DrawSample(rows, settings, Mix64(context.seed, kRowStream, t));
      ordered.Put(t - first, grower->Grow(sample.rows, sample.weight, Mix64(context.seed, kTreeStream, t)));
    }
  };
  if (parallel)
    context.pool->For(workers, work);
  else
    work(0);
}

}  // namespace

Result<model::Fitted> FitForest(const Context& context, const model::TrainingData& data, ForestSettings settings) {
  TW_TRY(const TrainingRows rows, PrepareRows(data));
  settings.classification = IsClassification(data.task);
  const auto bins = GetBins(context, data, rows, {.blocks = false, .max_bins = settings.max_bins}, false);
  const ForestTarget target = TargetOf(data, rows);
  const Transform transform = target.classes >= 3           ? Transform::kMeanClasses
                              : IsClassification(data.task) ? Transform::kMeanBinary
                                                            : Transform::kMean;
  const std::uint32_t outputs = IsClassification(data.task) ? std::uint32_t(data.num_classes) : 1;
  const std::uint32_t width = target.classes >= 3 ? outputs : 1;
  const std::vector<double> prior = Prior(data, rows, target);
  ForestBuilder builder(*bins, transform, outputs, width, std::vector<double>(prior.size(), 0.0));
  const bool parallel = context.pool != nullptr && context.pool->threads() > 1 &&
                        rows.train.size() * data.x->cols() >= settings.parallel_cells;
  const std::size_t first = settings.before != nullptr ? settings.before->trees() : 0;
  if (!bins->features.empty()) GrowTrees(context, *bins, rows, target, settings, first, parallel, builder);
  model::Fitted fitted;
  fitted.stopped_early = !bins->features.empty() && first + builder.trees() < std::size_t(settings.n_estimators);
  Forest forest = std::move(builder).Finish();
  if (first > 0) {
    Forest whole = *settings.before;
    AppendForest(whole, forest);
    forest = std::move(whole);
  }
  if (forest.trees() == 0) forest.start = prior;
  fitted.model = MakeForestModel(std::move(forest));
  return fitted;
}

namespace {

ParameterSpec Trees() {
  return {.name = "n_estimators",
          .type = ParameterType::kInteger,
          .default_value = 100,
          .low = 1,
          .high = 100000,
          .doc = "Number of trees."};
}

std::vector<ParameterSpec> Shared(double depth, double least) {
  constexpr auto kInteger = ParameterType::kInteger;
  constexpr auto kReal = ParameterType::kReal;
  return {
      {.name = "max_depth",
       .type = kInteger,
       .default_value = depth,
       .low = 0,
       .high = 1000,
       .doc = "Most splits on a path; 0 = no limit.",
       .zero_is_none = true},
      {.name = "min_samples_leaf",
       .type = kInteger,
       .default_value = least,
       .low = 1,
       .high = 1e9,
       .doc = "Least training rows of a leaf.",
       .log_scale = true,
       .tune_low = 1,
       .tune_high = 32},
      {.name = "max_features",
       .type = kReal,
       .default_value = 0,
       .low = 0,
       .high = 1,
       .doc = "Share of the columns that each node may use; 0 = automatic.",
       .tune_low = 0.1,
       .tune_high = 1,
       .zero_is_none = true},
      {.name = "max_bins",
       .type = kInteger,
       .default_value = 255,
       .low = 2,
       .high = 255,
       .doc = "Most bins per column, without the one of missing values."},
      {.name = "min_gain",
       .type = kReal,
       .default_value = 0,
       .low = 0,
       .high = 1e300,
       .doc = "Least improvement of the summed impurity that a split must bring."},
  };
}

std::vector<ParameterSpec> ForestSpecs(bool bootstrap) {
  std::vector<ParameterSpec> specs = Shared(0, 1);
  specs.insert(specs.begin(), Trees());
  specs.push_back({.name = "subsample",
                   .type = ParameterType::kReal,
                   .default_value = 1,
                   .low = 0,
                   .high = 1,
                   .low_open = true,
                   .doc = "Rows drawn for each tree, as a share of all."});
  specs.push_back({.name = "bootstrap",
                   .type = ParameterType::kBoolean,
                   .default_value = bootstrap ? 1.0 : 0.0,
                   .low = 0,
                   .high = 1,
                   .doc = "Draw rows with replacement."});
  return specs;
}

enum class Kind { kRandomForest, kExtraTrees, kDecisionTree };

const model::LearnerDescriptor& DescriptorOf(Kind kind) {
  return kind == Kind::kRandomForest ? RandomForest() : kind == Kind::kExtraTrees ? ExtraTrees() : DecisionTree();
}

ForestSettings SettingsOf(Kind kind, const model::Parameters& p) {
  const std::vector<ParameterSpec>& specs = DescriptorOf(kind).parameters;
  const auto integer = [&](const char* name) { return static_cast<int>(p.Get(specs, name)); };
  ForestSettings s;
  s.single = kind == Kind::kDecisionTree;
  s.n_estimators = s.single ? 1 : integer("n_estimators");
  s.max_depth = integer("max_depth");
  s.max_bins = integer("max_bins");
  s.max_features = p.Get(specs, "max_features");
  s.subsample = s.single ? 1 : p.Get(specs, "subsample");
  s.bootstrap = !s.single && integer("bootstrap") != 0;
  s.rules.min_samples_leaf = integer("min_samples_leaf");
  s.rules.min_gain = p.Get(specs, "min_gain");
  s.rules.random_thresholds = kind == Kind::kExtraTrees;
  return s;
}

}  // namespace

ForestSettings ForestSettingsOf(std::string_view learner, const model::Parameters& parameters) {
  for (const Kind kind : {Kind::kRandomForest, Kind::kExtraTrees}) {
    if (DescriptorOf(kind).id == learner) return SettingsOf(kind, parameters);
  }
  return SettingsOf(Kind::kDecisionTree, parameters);
}

namespace {

template <Kind kind>
Result<model::Fitted> Fit(const Context& context, const model::TrainingData& data, const model::Parameters& p) {
  const model::LearnerDescriptor& d = DescriptorOf(kind);
  TW_RETURN_IF_ERROR(model::ValidateParameters(d.id, d.parameters, p));
  return FitForest(context, data, SettingsOf(kind, p));
}

std::string Describe(Kind kind, const model::Parameters& p) {
  const ForestSettings s = SettingsOf(kind, p);
  std::string text = s.single ? std::string() : fmt::format("{} trees, ", s.n_estimators);
  text += s.max_depth > 0 ? fmt::format("depth {}", s.max_depth)
                          : fmt::format("leaves of {}{}", s.rules.min_samples_leaf,
                                        s.rules.min_samples_leaf == 1 ? " row" : " rows");
  if (s.max_features > 0) text += fmt::format(", {} of the columns", Percent(s.max_features));
  return text;
}

// Every level visits all rows once per drawn column, and once to part them.
double Cost(Kind kind, std::size_t rows, std::size_t cols, int classes, const model::Parameters& p) {
  ForestSettings s = SettingsOf(kind, p);
  s.classification = classes >= 2;
  double depth = std::log2(std::max(2.0, double(rows) / s.rules.min_samples_leaf)) * 1.3 + 2;
  if (s.max_depth > 0) depth = std::min<double>(depth, s.max_depth);
  const double per_row = classes > 2 ? 12e-9 : 5e-9;
  const double columns = double(ColumnsPerNode(s, cols));
  const double tree = depth * double(rows) * s.subsample * (columns * per_row + 8e-9) + double(rows) * 40e-9;
  return double(rows) * double(cols) * 25e-9 + s.n_estimators * tree;
}

template <Kind kind>
model::LearnerDescriptor Make(std::string id, std::string title, std::string doc, std::vector<ParameterSpec> specs,
                              std::vector<std::string> references) {
  model::LearnerDescriptor d;
  d.id = std::move(id);
  d.title = std::move(title);
  d.doc = std::move(doc);
  d.tasks = {Task::kBinary, Task::kMulticlass, Task::kRegression};
  d.recipe = model::Recipe::kTree;
  d.capabilities = {.missing = true, .categories = true, .iterative = false};
  d.parameters = std::move(specs);
  d.references = std::move(references);
  d.fit = Fit<kind>;
  d.describe = [](const model::Parameters& p) { return Describe(kind, p); };
  d.cost = [](std::size_t rows, std::size_t cols, int classes, const model::Parameters& p) {
    return Cost(kind, rows, cols, classes, p);
  };
  return d;
}

}  // namespace

const model::LearnerDescriptor& RandomForest() {
  static const model::LearnerDescriptor descriptor = Make<Kind::kRandomForest>(
      "random_forest", "random forest",
      "Averages many deep trees, each grown on redrawn rows and with random columns in every node.", ForestSpecs(true),
      {"Breiman 2001, Random forests"});
  return descriptor;
}

const model::LearnerDescriptor& ExtraTrees() {
  static const model::LearnerDescriptor descriptor = Make<Kind::kExtraTrees>(
      "extra_trees", "extra trees",
      "Averages many deep trees whose cuts are drawn at random; the best of the drawn cuts splits.", ForestSpecs(false),
      {"Geurts, Ernst and Wehenkel 2006, Extremely randomized trees"});
  return descriptor;
}

const model::LearnerDescriptor& DecisionTree() {
  static const model::LearnerDescriptor descriptor = Make<Kind::kDecisionTree>(
      "decision_tree", "decision tree", "Grows one tree that a person can read.", Shared(6, 20),
      {"Breiman, Friedman, Olshen and Stone 1984, Classification and regression trees"});
  return descriptor;
}

}  // namespace tagwerk::learners::trees
