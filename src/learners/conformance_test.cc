// What every learner of the catalogue must keep, each on every task it names. A new learner is checked by
// being in the list; nothing here knows one by name.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "learners/catalog.h"

namespace tagwerk::learners {
namespace {

using model::LearnerDescriptor;
using model::Parameters;
using model::Rows;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

model::MatrixColumn Number(std::string name, std::vector<double> values) {
  model::MatrixColumn column;
  column.name = std::move(name);
  column.source = 0;
  column.numeric = std::make_shared<const std::vector<double>>(std::move(values));
  return column;
}

model::MatrixColumn Category(std::string name, std::vector<std::int32_t> codes, std::int32_t count) {
  model::MatrixColumn column;
  column.name = std::move(name);
  column.source = 0;
  column.codes = std::make_shared<const std::vector<std::int32_t>>(std::move(codes));
  column.num_categories = count;
  return column;
}

/// A learning problem; the columns are what the learner's capabilities allow.
struct Problem {
  Task task = Task::kRegression;
  int num_classes = 0;
  model::Matrix x;
  std::vector<double> y, weight;
  Rows train, valid;

  std::size_t outputs() const { return num_classes == 0 ? 1 : static_cast<std::size_t>(num_classes); }
  void ReplaceColumns(std::vector<model::MatrixColumn> columns) { x = model::Matrix(x.rows(), std::move(columns)); }
};

Problem MakeProblem(const LearnerDescriptor& learner, Task task, std::size_t n = 300, std::uint64_t seed = 7) {
  Problem problem;
  problem.task = task;
  problem.num_classes = task == Task::kRegression ? 0 : (task == Task::kBinary ? 2 : 3);
  Random random(seed);
  std::vector<std::vector<double>> numbers(4, std::vector<double>(n));
  std::vector<std::int32_t> codes(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (auto& column : numbers) column[i] = random.Normal();
    codes[i] = static_cast<std::int32_t>(random.Below(5)) - 1;
    const double effect = codes[i] < 0 ? 0.2 : static_cast<double>(codes[i] % 2);
    const double signal = 4 * numbers[0][i] + effect + 0.3 * numbers[1][i] + 0.3 * random.Normal();
    if (!learner.capabilities.missing && codes[i] < 0) codes[i] = 0;
    if (learner.capabilities.missing && random.Uniform() < 0.1) numbers[1][i] = kMissing;
    if (task == Task::kRegression) problem.y.push_back(signal);
    if (task == Task::kBinary) problem.y.push_back(signal > 0.5 ? 1 : 0);
    if (task == Task::kMulticlass) problem.y.push_back(signal > 2 ? 2 : (signal > -1 ? 1 : 0));
    (i % 5 == 4 ? problem.valid : problem.train).push_back(static_cast<model::RowIndex>(i));
  }
  std::vector<model::MatrixColumn> columns;
  for (std::size_t j = 0; j < numbers.size(); ++j) {
    columns.push_back(Number("number" + std::to_string(j), std::move(numbers[j])));
  }
  if (learner.capabilities.categories) columns.push_back(Category("kind", std::move(codes), 4));
  problem.x = model::Matrix(n, std::move(columns));
  return problem;
}

/// Few iterations, so that the whole matrix of checks stays quick.
Parameters Quick(const LearnerDescriptor& learner) {
  Parameters parameters;
  for (const model::ParameterSpec& spec : learner.parameters) {
    if (spec.name == "n_estimators") parameters.Set(spec.name, std::max(spec.low, 15.0));
  }
  return parameters;
}

struct FitOptions {
  int threads = 2;
  TimePoint deadline = TimePoint::max();
  const StopFlag* stop = nullptr;
};

Result<model::Fitted> Fit(const LearnerDescriptor& learner, const Problem& problem, const Parameters& parameters,
                          const FitOptions& options = {}) {
  Pool pool(options.threads);
  Context context;
  context.pool = &pool;
  context.seed = 11;
  context.deadline = options.deadline;
  context.stop = options.stop;
  model::FitCache cache;
  model::TrainingData data;
  data.task = problem.task;
  data.num_classes = problem.num_classes;
  data.x = &problem.x;
  data.y = problem.y;
  data.weight = problem.weight;
  data.train_rows = problem.train;
  data.valid_rows = problem.valid;
  data.cache = &cache;
  return learner.fit(context, data, parameters);
}

std::vector<double> Predict(const model::Model& model, const Problem& problem, const Rows& rows) {
  std::vector<double> out(rows.size() * problem.outputs(), -1e99);
  model.Predict(problem.x, rows, out);
  return out;
}

std::string Bytes(const model::Model& model) {
  model::ByteWriter writer;
  model.Save(writer);
  return std::move(writer).Take();
}

/// Finite values; rows of probabilities in [0, 1] that sum to 1.
void ExpectSound(const Problem& problem, const std::vector<double>& predictions) {
  for (std::size_t i = 0; i < predictions.size(); i += problem.outputs()) {
    double sum = 0;
    for (std::size_t k = 0; k < problem.outputs(); ++k) {
      const double p = predictions[i + k];
      ASSERT_TRUE(std::isfinite(p)) << "row " << i / problem.outputs();
      if (problem.num_classes > 0) {
        ASSERT_GE(p, 0);
        ASSERT_LE(p, 1);
      }
      sum += p;
    }
    if (problem.num_classes > 0) {
      ASSERT_NEAR(sum, 1, 1e-9);
    }
  }
}

double Spread(const Problem& problem) {
  if (problem.num_classes > 0) return 1;
  double mean = 0, square = 0;
  const auto n = static_cast<double>(problem.y.size());
  for (const double v : problem.y) mean += v / n;
  for (const double v : problem.y) square += (v - mean) * (v - mean) / n;
  return std::sqrt(square);
}

/// Mean absolute difference in units of the target's spread.
double MeanDifference(const Problem& problem, const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<double>(a.size()) / Spread(problem);
}

/// Linear models and baselines know weights only; trees also count rows and draw samples.
double Tolerance(const LearnerDescriptor& learner) {
  return learner.recipe == model::Recipe::kLinear ? 1e-3 : (learner.baseline ? 0.02 : 0.06);
}

struct Case {
  std::string learner;
  Task task;
  std::string Name() const { return learner + "_" + std::string(TaskName(task)); }
};

void PrintTo(const Case& instance, std::ostream* out) { *out << instance.Name(); }

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const LearnerDescriptor& learner : AllLearners()) {
    for (const Task task : learner.tasks) cases.push_back({learner.id, task});
  }
  return cases;
}

std::vector<Case> MulticlassCases() {
  std::vector<Case> cases = Cases();
  std::erase_if(cases, [](const Case& c) { return c.task != Task::kMulticlass; });
  return cases;
}

class Conformance : public testing::TestWithParam<Case> {
 protected:
  const LearnerDescriptor& learner() const { return **FindLearner(GetParam().learner); }
  Task task() const { return GetParam().task; }
  Problem Make(std::size_t n = 300) const { return MakeProblem(learner(), task(), n); }
  /// Fits and checks that predictions of all rows are sound.
  std::unique_ptr<model::Model> FitSound(const Problem& problem, const FitOptions& options = {}) const {
    auto fitted = Fit(learner(), problem, Quick(learner()), options);
    EXPECT_TRUE(fitted.has_value()) << (fitted ? "" : fitted.error().Text());
    if (!fitted) return nullptr;
    EXPECT_EQ(fitted->model->num_outputs(), static_cast<int>(problem.outputs()));
    ExpectSound(problem, Predict(*fitted->model, problem, model::AllRows(problem.x.rows())));
    return std::move(fitted->model);
  }
};

class MulticlassConformance : public Conformance {};

std::string CaseName(const testing::TestParamInfo<Case>& info) { return info.param.Name(); }

INSTANTIATE_TEST_SUITE_P(AllLearners, Conformance, testing::ValuesIn(Cases()), &CaseName);
INSTANTIATE_TEST_SUITE_P(AllLearners, MulticlassConformance, testing::ValuesIn(MulticlassCases()), &CaseName);

TEST_P(Conformance, LearnsAnEasySignal) {
  const Problem problem = Make(600);
  const auto model = FitSound(problem);
  ASSERT_NE(model, nullptr);
  if (model->type_id() == "baseline/constant") return;
  const auto out = Predict(*model, problem, problem.valid);
  double right = 0, error = 0;
  for (std::size_t i = 0; i < problem.valid.size(); ++i) {
    const double y = problem.y[problem.valid[i]];
    const double* row = out.data() + i * problem.outputs();
    if (problem.num_classes > 0) {
      right += std::max_element(row, row + problem.outputs()) - row == static_cast<std::ptrdiff_t>(y) ? 1 : 0;
    } else {
      error += (y - *row) * (y - *row);
    }
  }
  const auto n = static_cast<double>(problem.valid.size());
  if (problem.num_classes > 0) {
    EXPECT_GT(right / n, 0.75);
  } else {
    EXPECT_LT(std::sqrt(error / n), 0.6 * Spread(problem));
  }
}

TEST_P(Conformance, WeightsOfOneAreNoWeights) {
  Problem problem = Make();
  const auto without = FitSound(problem);
  problem.weight.assign(problem.y.size(), 1.0);
  const auto with = FitSound(problem);
  ASSERT_TRUE(with && without);
  EXPECT_EQ(Bytes(*with), Bytes(*without));
}

TEST_P(Conformance, WeightZeroRemovesARow) {
  Problem weighted = Make(1000), shorter = Make(1000);
  weighted.weight.assign(weighted.y.size(), 1.0);
  shorter.train.clear();
  for (const model::RowIndex r : weighted.train) {
    if (r % 3 == 0) {
      weighted.weight[r] = 0;
      weighted.y[r] = 0;  // would mislead if it counted
    } else {
      shorter.train.push_back(r);
    }
  }
  const auto a = FitSound(weighted), b = FitSound(shorter);
  ASSERT_TRUE(a && b);
  const Rows all = model::AllRows(weighted.x.rows());
  EXPECT_LE(MeanDifference(shorter, Predict(*a, shorter, all), Predict(*b, shorter, all)), Tolerance(learner()));
}

TEST_P(Conformance, WeightTwoIsARowTwice) {
  Problem weighted = Make(1000), longer = Make(1000);
  weighted.weight.assign(weighted.y.size(), 1.0);
  longer.train.clear();
  for (const model::RowIndex r : weighted.train) {
    longer.train.push_back(r);
    if (r % 2 == 0) {
      weighted.weight[r] = 2;
      longer.train.push_back(r);
    }
  }
  weighted.valid.clear();
  longer.valid.clear();
  Parameters parameters = Quick(learner());
  for (const auto& spec : learner().parameters) {
    // A fixed penalty: folds without validation rows are drawn by row, and rows differ here.
    if (spec.name == "alpha") parameters.Set("alpha", 0.1);
    if (spec.name == "C") parameters.Set("C", 1);
  }
  const auto a = Fit(learner(), weighted, parameters), b = Fit(learner(), longer, parameters);
  ASSERT_TRUE(a && b);
  const Rows all = model::AllRows(weighted.x.rows());
  EXPECT_LE(MeanDifference(weighted, Predict(*a->model, weighted, all), Predict(*b->model, weighted, all)),
            Tolerance(learner()));
}

TEST_P(Conformance, FittingTwiceGivesTheSameBytes) {
  const Problem problem = Make();
  const auto a = FitSound(problem), b = FitSound(problem);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(Bytes(*a), Bytes(*b));
}

TEST_P(Conformance, ThreadsDoNotChangeTheBytes) {
  const Problem problem = Make(3000);
  const auto one = FitSound(problem, {.threads = 1});
  ASSERT_TRUE(one);
  for (const int threads : {2, 3}) {
    const auto more = FitSound(problem, {.threads = threads});
    ASSERT_TRUE(more);
    EXPECT_EQ(Bytes(*one), Bytes(*more)) << threads << " threads";
  }
}

TEST_P(Conformance, LoadedModelPredictsTheSameBits) {
  const Problem problem = Make();
  const auto model = FitSound(problem);
  ASSERT_TRUE(model);
  const std::string bytes = Bytes(*model);
  model::ByteReader reader(bytes);
  auto loaded = LoadModelOf(model->type_id(), reader, problem.x.cols());
  ASSERT_TRUE(loaded.has_value()) << loaded.error().Text();
  EXPECT_TRUE(reader.Finish("model").has_value());
  const Rows all = model::AllRows(problem.x.rows());
  EXPECT_EQ(Predict(**loaded, problem, all), Predict(*model, problem, all));
  EXPECT_EQ((*loaded)->num_outputs(), model->num_outputs());
  EXPECT_EQ(Bytes(**loaded), bytes);
  EXPECT_EQ((*loaded)->Summary(), model->Summary());
}

TEST_P(Conformance, OneRowHasTheBitsOfABatch) {
  const Problem problem = Make(333);
  const auto model = FitSound(problem);
  ASSERT_TRUE(model);
  const auto batch = Predict(*model, problem, model::AllRows(problem.x.rows()));
  for (std::size_t r = 0; r < problem.x.rows(); ++r) {
    const auto one = Predict(*model, problem, {static_cast<model::RowIndex>(r)});
    for (std::size_t k = 0; k < one.size(); ++k) ASSERT_EQ(one[k], batch[r * problem.outputs() + k]) << r;
  }
  Rows backwards = model::AllRows(problem.x.rows());
  std::reverse(backwards.begin(), backwards.end());
  EXPECT_EQ(Predict(*model, problem, backwards).back(), batch[problem.outputs() - 1]);
}

TEST_P(Conformance, ConstantTargetIsPredicted) {
  Problem problem = Make();
  problem.y.assign(problem.y.size(), 1.0);
  const auto model = FitSound(problem);
  ASSERT_TRUE(model);
  const auto out = Predict(*model, problem, problem.valid);
  for (std::size_t i = 0; i < problem.valid.size(); ++i) {
    if (problem.num_classes > 0) {
      EXPECT_GT(out[i * problem.outputs() + 1], 0.9);
    } else {
      EXPECT_NEAR(out[i], 1, 1e-6);
    }
  }
}

TEST_P(MulticlassConformance, ClassThatTrainingLacksHasAColumn) {
  for (const double absent : {0.0, 1.0, 2.0}) {
    Problem problem = Make();
    std::erase_if(problem.train, [&](model::RowIndex r) { return problem.y[r] == absent; });
    const auto model = FitSound(problem);
    ASSERT_TRUE(model);
    const auto out = Predict(*model, problem, problem.valid);
    for (std::size_t i = 0; i < out.size(); i += 3) {
      EXPECT_LT(out[i + static_cast<std::size_t>(absent)], 0.2);
    }
  }
}

TEST_P(Conformance, FewRowsAreEnough) {
  for (const std::size_t n : {1U, 2U, 3U}) {
    Problem problem = Make();
    problem.train.resize(n);
    problem.valid.clear();
    EXPECT_TRUE(FitSound(problem)) << n << " rows";
  }
}

TEST_P(Conformance, NoRowsAreAnError) {
  Problem problem = Make();
  problem.train.clear();
  const auto none = Fit(learner(), problem, Quick(learner()));
  ASSERT_FALSE(none.has_value());
  EXPECT_NE(none.error().code(), Code::kInternal);
}

TEST_P(Conformance, UselessColumnsAreHarmless) {
  Problem problem = Make();
  auto columns = problem.x.columns();
  const std::size_t n = problem.x.rows();
  columns.push_back(Number("constant", std::vector<double>(n, 3.25)));
  columns.push_back(columns.front());
  if (learner().capabilities.missing) {
    columns.push_back(Number("missing", std::vector<double>(n, kMissing)));
    if (learner().capabilities.categories) {
      columns.push_back(Category("unknown", std::vector<std::int32_t>(n, -1), 3));
      columns.push_back(Category("nothing", std::vector<std::int32_t>(n, -1), 0));
    }
  }
  problem.ReplaceColumns(columns);
  EXPECT_TRUE(FitSound(problem));
}

TEST_P(Conformance, NoColumnsGiveThePriorOrAnError) {
  Problem problem = Make();
  problem.ReplaceColumns({});
  const auto fitted = Fit(learner(), problem, Quick(learner()));
  if (!fitted) {
    EXPECT_NE(fitted.error().code(), Code::kInternal);
    return;
  }
  const auto out = Predict(*fitted->model, problem, problem.valid);
  ExpectSound(problem, out);
  for (std::size_t i = problem.outputs(); i < out.size(); ++i) EXPECT_EQ(out[i], out[i - problem.outputs()]);
}

TEST_P(Conformance, UnseenValuesAtPredictionAreSound) {
  Problem problem = Make();
  const auto model = FitSound(problem);
  ASSERT_TRUE(model);
  const std::size_t n = problem.x.rows();
  for (const double value : {kMissing, 1e300, -1e300, 5e-324, std::numeric_limits<double>::infinity()}) {
    if (!learner().capabilities.missing && std::isnan(value)) continue;
    std::vector<model::MatrixColumn> columns;
    for (const auto& column : problem.x.columns()) {
      columns.push_back(column.is_category() ? Category(column.name, std::vector<std::int32_t>(n, -1), 4)
                                             : Number(column.name, std::vector<double>(n, value)));
    }
    problem.ReplaceColumns(columns);
    ExpectSound(problem, Predict(*model, problem, problem.valid));
  }
}

TEST_P(Conformance, ExtremeMagnitudesAreSound) {
  for (const double factor : {1e300, 1e-310, 1e150}) {
    Problem problem = Make();
    auto columns = problem.x.columns();
    std::vector<double> values = *columns[0].numeric;
    for (double& v : values) v *= factor;
    columns[0] = Number("extreme", values);
    problem.ReplaceColumns(columns);
    EXPECT_TRUE(FitSound(problem)) << factor;
    if (task() != Task::kRegression) continue;
    for (double& v : problem.y) v *= factor;
    EXPECT_TRUE(FitSound(problem)) << factor << " in the target";
  }
}

TEST_P(Conformance, StopsInTime) {
  const Problem problem = Make(20000);
  Parameters long_running;
  for (const model::ParameterSpec& spec : learner().parameters) {
    if (spec.name == "n_estimators") long_running.Set(spec.name, std::min(spec.high, 10000.0));
  }
  StopFlag stop;
  stop.Request();
  const auto check = [&](const FitOptions& options) {
    const TimePoint start = Clock::now();
    const auto fitted = Fit(learner(), problem, long_running, options);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    EXPECT_LT(seconds, 5);  // a full fit of 10,000 rounds takes minutes
    if (!fitted) {
      EXPECT_EQ(fitted.error().code(), Code::kCancelled) << fitted.error().Text();
    } else {
      ExpectSound(problem, Predict(*fitted->model, problem, problem.valid));
    }
  };
  check({.deadline = Clock::now() + std::chrono::milliseconds(100)});
  check({.deadline = Clock::now()});
  check({.stop = &stop});
}

TEST_P(Conformance, DamagedBytesAreRefusedOrHarmless) {
  Problem problem = Make();
  const auto model = FitSound(problem);
  ASSERT_TRUE(model);
  const std::string bytes = Bytes(*model);
  Random random(3);
  const auto try_load = [&](const std::string& damaged) {
    model::ByteReader reader(damaged);
    const auto loaded = LoadModelOf(model->type_id(), reader, problem.x.cols());
    if (!loaded) {
      EXPECT_EQ(loaded.error().id(), "model-damaged");
      return;
    }
    if ((*loaded)->num_outputs() > 1000) return;
    std::vector<double> out(problem.valid.size() * static_cast<std::size_t>((*loaded)->num_outputs()));
    (*loaded)->Predict(problem.x, problem.valid, out);
    (*loaded)->Summary();
  };
  for (int i = 0; i < 300; ++i) {
    std::string damaged = bytes;
    const int flips = 1 + static_cast<int>(random.Below(3));
    for (int f = 0; f < flips; ++f) {
      damaged[random.Below(damaged.size())] = static_cast<char>(i % 3 == 0 ? 0xff : random.Below(256));
    }
    try_load(damaged);
  }
  for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 100) {
    model::ByteReader reader(std::string_view(bytes).substr(0, length));
    EXPECT_FALSE(LoadModelOf(model->type_id(), reader, problem.x.cols()).has_value()) << length << " bytes";
  }
}

TEST_P(Conformance, ParametersOutOfRangeAreRefused) {
  const Problem problem = Make(50);
  const auto expect_refused = [&](const model::ParameterSpec& spec, double value) {
    Parameters parameters = Quick(learner());
    parameters.Set(spec.name, value);
    const auto fitted = Fit(learner(), problem, parameters);
    ASSERT_FALSE(fitted.has_value()) << spec.name << " = " << value;
    EXPECT_EQ(fitted.error().id(), "parameter-range") << spec.name << " = " << value;
    EXPECT_EQ(fitted.error().exit_code(), 2);
  };
  for (const model::ParameterSpec& spec : learner().parameters) {
    const bool bounded = spec.type == model::ParameterType::kInteger || spec.type == model::ParameterType::kReal;
    const double low = bounded ? spec.low : 0;
    const double high = bounded ? spec.high
                                : (spec.type == model::ParameterType::kBoolean
                                       ? 1.0 : static_cast<double>(spec.choices.size()) - 1);
    if (std::isfinite(low)) expect_refused(spec, low - 1);
    if (spec.low_open) expect_refused(spec, low);
    if (std::isfinite(high)) expect_refused(spec, high + std::max(1.0, std::abs(high)));
    if (spec.type != model::ParameterType::kReal) expect_refused(spec, low + 0.5);
    expect_refused(spec, kMissing);
  }
  Parameters unknown;
  unknown.Set("no_such_parameter", 1);
  const auto fitted = Fit(learner(), problem, unknown);
  ASSERT_FALSE(fitted.has_value());
  EXPECT_EQ(fitted.error().id(), "unknown-parameter");
}

TEST(Catalog, DescriptorsAreComplete) {
  for (const LearnerDescriptor& learner : AllLearners()) {
    SCOPED_TRACE(learner.id);
    EXPECT_FALSE(learner.title.empty() || learner.doc.empty() || learner.tasks.empty());
    ASSERT_NE(learner.fit, nullptr);
    ASSERT_TRUE(learner.describe && learner.cost);
    EXPECT_FALSE(learner.describe({}).empty());
    EXPECT_GT(learner.cost(1000, 10, 2, {}), 0);
    EXPECT_GE(learner.cost(100000, 10, 2, {}), learner.cost(1000, 10, 2, {}));
    EXPECT_EQ(learner.baseline, learner.id.starts_with("baseline_"));
    Parameters defaults;
    for (const model::ParameterSpec& spec : learner.parameters) {
      defaults.Set(spec.name, spec.default_value);
      EXPECT_FALSE(spec.doc.empty()) << spec.name;
      if (spec.tune_low != spec.tune_high) {
        EXPECT_GE(spec.tune_low, spec.low) << spec.name;
        EXPECT_LE(spec.tune_high, spec.high) << spec.name;
      }
    }
    EXPECT_TRUE(model::ValidateParameters(learner.id, learner.parameters, defaults).has_value());
  }
}

TEST(Catalog, UnknownLearnerIsAnErrorWithSimilarNames) {
  const auto found = FindLearner("logistics");
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().id(), "unknown-learner");
  EXPECT_EQ(found.error().exit_code(), 2);
  EXPECT_EQ(found.error().similar(), std::vector<std::string>{"logistic"});
  EXPECT_EQ(found.error().allowed().size(), AllLearners().size());
  EXPECT_EQ((*FindLearner("ridge"))->id, "ridge");
}

TEST(Catalog, UnknownModelTypeIsDamage) {
  model::ByteReader reader("");
  const auto loaded = LoadModelOf("trees/none", reader, 3);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().id(), "model-damaged");
}

}  // namespace
}  // namespace tagwerk::learners
