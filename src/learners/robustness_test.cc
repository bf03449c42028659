// What no learner may do, whatever it is given: crash, run on, or predict what is not a prediction.
#include "learners/conformance_fixture.h"

namespace tagwerk::learners {
namespace {

class Robustness : public Conformance {};
class MulticlassRobustness : public Conformance {};

INSTANTIATE_TEST_SUITE_P(AllLearners, Robustness, testing::ValuesIn(Cases()), &CaseName);
INSTANTIATE_TEST_SUITE_P(AllLearners, MulticlassRobustness, testing::ValuesIn(MulticlassCases()), &CaseName);

TEST_P(Robustness, ConstantTargetIsPredicted) {
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

TEST_P(MulticlassRobustness, ClassThatTrainingLacksHasAColumn) {
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

TEST_P(Robustness, FewRowsAreEnough) {
  for (const std::size_t n : {1U, 2U, 3U}) {
    Problem problem = Make();
    problem.train.resize(n);
    problem.valid.clear();
    EXPECT_TRUE(FitSound(problem)) << n << " rows";
  }
}

TEST_P(Robustness, NoRowsAreAnError) {
  Problem problem = Make();
  problem.train.clear();
  const auto none = Fit(learner(), problem, Quick(learner()));
  ASSERT_FALSE(none.has_value());
  EXPECT_NE(none.error().code(), Code::kInternal);
}

TEST_P(Robustness, UselessColumnsAreHarmless) {
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

TEST_P(Robustness, NoColumnsGiveThePriorOrAnError) {
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

TEST_P(Robustness, UnseenValuesAtPredictionAreSound) {
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

TEST_P(Robustness, ExtremeMagnitudesAreSound) {
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

TEST_P(Robustness, StopsInTime) {
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
    EXPECT_LT(seconds, 30);  // a full fit of 10,000 rounds takes minutes
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

TEST_P(Robustness, DamagedBytesAreRefusedOrHarmless) {
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

TEST_P(Robustness, ParametersOutOfRangeAreRefused) {
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
    const double high =
        bounded ? spec.high
                : (spec.type == model::ParameterType::kBoolean ? 1.0 : static_cast<double>(spec.choices.size()) - 1);
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

}  // namespace
}  // namespace tagwerk::learners
