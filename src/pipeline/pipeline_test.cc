// What a pipeline promises: predictions do not depend on batch, threads or saving; outputs and intervals.
#include "pipeline/pipeline.h"

#include "pipeline/pipeline_test.h"

namespace tagwerk::pipeline {
namespace {

using namespace testing;

class AllTasks : public ::testing::TestWithParam<Task> {};
INSTANTIATE_TEST_SUITE_P(Tasks, AllTasks, ::testing::Values(Task::kBinary, Task::kMulticlass, Task::kRegression));

TEST_P(AllTasks, SavedPipelinePredictsTheSameBits) {
  const Pipeline p = ToyPipeline(GetParam());
  const auto bytes = p.Serialize();
  ASSERT_TRUE(bytes.has_value());
  const auto loaded = Pipeline::Parse(*bytes, "model.tw", &LoadToy);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().Text();
  const table::Table t = ToyTable(700, 9);
  const Predictions a = PredictOf(p, t), b = PredictOf(*loaded, t);
  EXPECT_EQ(a.scores, b.scores);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.lower, b.lower);
  EXPECT_EQ(*loaded->Serialize(), *bytes);
  EXPECT_EQ(loaded->Manifest(), p.Manifest());
  EXPECT_EQ(loaded->members[0].features, loaded->members[2].features);
}

TEST_P(AllTasks, EqualPipelinesGiveEqualBytes) {
  EXPECT_EQ(*ToyPipeline(GetParam()).Serialize(), *ToyPipeline(GetParam()).Serialize());
}

TEST_P(AllTasks, BatchSizeAndThreadsDoNotMatter) {
  const Pipeline p = ToyPipeline(GetParam());
  const table::Table t = ToyTable(9000, 5);
  const Predictions whole = PredictOf(p, t, 1);
  EXPECT_EQ(PredictOf(p, t, 4).scores, whole.scores);
  const std::size_t width = std::size_t(p.num_outputs());
  for (table::RowIndex i = 0; i < 9000; i += 501) {
    const table::Rows one{i};
    const Predictions single = PredictOf(p, t.Take(one));
    for (std::size_t k = 0; k < width; ++k) EXPECT_EQ(single.scores[k], whole.scores[i * width + k]);
  }
  table::Rows part;
  for (table::RowIndex i = 100; i < 3200; ++i) part.push_back(i);
  const Predictions some = PredictOf(p, t.Take(part), 2);
  for (std::size_t i = 0; i < some.scores.size(); ++i) EXPECT_EQ(some.scores[i], whole.scores[100 * width + i]);
}

TEST_P(AllTasks, ProbabilitiesSumToOne) {
  const Pipeline p = ToyPipeline(GetParam());
  if (p.task == Task::kRegression) return;
  const Predictions out = PredictOf(p, ToyTable(300, 3));
  const std::size_t width = p.classes.size();
  for (std::size_t i = 0; i < 300; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < width; ++k) sum += out.scores[i * width + k];
    EXPECT_NEAR(sum, 1, 1e-12);
  }
}

TEST_P(AllTasks, OddTablesAreCountedNotRefused) {
  const Pipeline p = ToyPipeline(GetParam());
  const table::Table t = ToyTable(50, 2);
  const Predictions empty = PredictOf(p, t.Take(table::Rows{}));
  EXPECT_TRUE(empty.scores.empty());
  EXPECT_EQ(p.OutputTable(empty)->num_rows(), 0u);
  const Predictions some =
      PredictOf(p, t.Select({2, 0}).WithColumn(FieldOf("y", table::SemanticType::kNumeric), t.column_ptr(0)));
  EXPECT_EQ(some.report.missing_columns, (std::vector<std::string>{"z", "many", "when"}));
  table::DictionaryBuilder fresh;
  const std::int32_t purple = fresh.Intern("purple");
  const table::Table odd =
      t.Select({0, 1, 3, 4})
          .WithColumn(FieldOf("color", table::SemanticType::kCategorical),
                      table::Column::Strings(std::vector<std::int32_t>(50, purple), std::move(fresh).Finish()));
  const Predictions report = PredictOf(p, odd);
  int seen = 0;
  for (const auto& item : report.report.new_categories) {
    if (item.column != "color") continue;
    ++seen;
    EXPECT_EQ(item.rows, 50);  // counted once, though two recipes look at it
  }
  EXPECT_EQ(seen, 1);
}

TEST(Combine, IsTheWeightedMeanThenCalibration) {
  const std::vector<double> a{0.2, 0.8, 0.5, 0.5}, b{0.6, 0.4, 0.1, 0.9}, weights{3, 1};
  std::vector<double> out(4);
  Pipeline::Combine({a, b}, weights, {}, 2, out);
  EXPECT_DOUBLE_EQ(out[0], 0.3);
  EXPECT_DOUBLE_EQ(out[3], 0.6);
  const std::vector<double> alone{7};
  Pipeline::Combine({a}, alone, {}, 2, out);
  EXPECT_EQ(out, a);  // one member: its own bits
  Pipeline::Combine({a}, alone, {Calibration::Kind::kTemperature, 2, 0, {}, {}}, 2, out);
  EXPECT_NEAR(out[1], 0.64 / 0.68, 1e-12);
}

TEST(Decide, UsesTheThresholdOfThePositiveClass) {
  Pipeline p;
  p.task = Task::kBinary;
  p.classes = {"no", "yes"};
  p.threshold = 0.3;
  EXPECT_EQ(p.Decide(std::vector<double>{0.7, 0.3, 0.71, 0.29}), (std::vector<std::int32_t>{1, 0}));
  p.positive = 0;
  EXPECT_EQ(p.Decide(std::vector<double>{0.7, 0.3, 0.29, 0.71}), (std::vector<std::int32_t>{0, 1}));
  p.task = Task::kMulticlass;
  p.classes = {"a", "b", "c"};
  EXPECT_EQ(p.Decide(std::vector<double>{0.4, 0.4, 0.2, 0.1, 0.2, 0.7}), (std::vector<std::int32_t>{0, 2}));
}

TEST(Interval, IsTheConformalOrderStatistic) {
  const Pipeline p = ToyPipeline(Task::kRegression);  // 99 residuals 0.1 .. 9.9
  EXPECT_DOUBLE_EQ(p.IntervalHalfWidth(0.9), 9.0);    // ceil(100 * 0.9) = 90th
  EXPECT_DOUBLE_EQ(p.IntervalHalfWidth(0.5), 5.0);
  EXPECT_TRUE(std::isinf(p.IntervalHalfWidth(0.995)));  // 99 residuals cannot promise that
}

TEST(Interval, CoversAsPromised) {
  // Exchangeable residuals: coverage over repeated draws is ceil((n+1) level) / (n+1) on average.
  Random random(4);
  double covered = 0;
  const int draws = 4000;
  for (int d = 0; d < draws; ++d) {
    std::vector<double> r(60);
    for (double& v : r) v = random.Normal();
    Pipeline p;
    p.residuals = Pipeline::ResidualQuantiles(r);
    covered += std::fabs(random.Normal()) <= p.IntervalHalfWidth(0.9);
  }
  EXPECT_NEAR(covered / draws, 55.0 / 61, 0.015);
}

TEST(Interval, ThinnedResidualsKeepTheirQuantiles) {
  std::vector<double> r;
  for (int i = 1; i <= 50000; ++i) r.push_back(i % 2 == 0 ? i : -i);
  Pipeline p;
  p.residuals = Pipeline::ResidualQuantiles(r, 999);
  ASSERT_EQ(p.residuals.size(), 999u);
  EXPECT_NEAR(p.IntervalHalfWidth(0.9), 45000, 2);
  EXPECT_GE(p.IntervalHalfWidth(0.9), 45000);  // never narrower than all residuals would give
}

TEST(OutputTable, NamesAndTypesFollowTheLabels) {
  const table::Table t = ToyTable(20, 8);
  const Pipeline binary = ToyPipeline(Task::kBinary);
  const Predictions labels = PredictOf(binary, t);
  const auto text = binary.OutputTable(labels);
  EXPECT_EQ(text->names(), (std::vector<std::string>{"prediction", "probability[no]", "probability[yes]"}));
  EXPECT_EQ(text->column(0).Text(0), labels.labels[0] == 1 ? "yes" : "no");
  const Pipeline many = ToyPipeline(Task::kMulticlass);
  const auto whole = many.OutputTable(PredictOf(many, t));
  EXPECT_EQ(whole->column(0).storage(), table::Storage::kDouble);
  EXPECT_TRUE(whole->field(0).integers);
  EXPECT_EQ(whole->field(3).name, "probability[10]");
  const Pipeline number = ToyPipeline(Task::kRegression);
  const Predictions values = PredictOf(number, t);
  const auto bounds = number.OutputTable(values);
  EXPECT_EQ(bounds->names(), (std::vector<std::string>{"prediction", "lower", "upper"}));
  EXPECT_DOUBLE_EQ((*bounds->column(1).doubles())[0], values.scores[0] - 9.0);
  Pipeline few = number;
  few.residuals = {1, 2};
  EXPECT_TRUE(few.OutputTable(PredictOf(few, t))->column(1).IsMissing(0));  // no bound can be given
}

TEST(Predict, EndsWhenInterrupted) {
  const Pipeline p = ToyPipeline(Task::kBinary);
  StopFlag stop;
  stop.Request();
  Bench bench(2);
  bench.context.stop = &stop;
  const auto out = p.Predict(bench.context, ToyTable(5000));
  ASSERT_FALSE(out.has_value());
  EXPECT_EQ(out.error().code(), Code::kCancelled);
}

TEST(Validate, RefusesWhatDoesNotFitTogether) {
  const auto broken = [](auto change) {
    Pipeline p = ToyPipeline(Task::kBinary);
    change(p);
    return !p.Validate().has_value() && !p.Serialize().has_value();
  };
  EXPECT_FALSE(broken([](Pipeline&) {}));
  EXPECT_TRUE(broken([](Pipeline& p) { p.classes = {"a", "a"}; }));
  EXPECT_TRUE(broken([](Pipeline& p) { p.classes = {"a", "b", "c"}; }));
  EXPECT_TRUE(broken([](Pipeline& p) { p.members.clear(); }));
  EXPECT_TRUE(broken([](Pipeline& p) { p.members[0].model.reset(); }));
  EXPECT_TRUE(broken([](Pipeline& p) { p.members[1].weight = std::nan(""); }));
  EXPECT_TRUE(broken([](Pipeline& p) { p.threshold = std::nan(""); }));
  EXPECT_TRUE(broken([](Pipeline& p) { p.inputs.pop_back(); }));
  EXPECT_TRUE(broken([](Pipeline& p) { p.residuals = {2, 1}; }));
  EXPECT_TRUE(broken([](Pipeline& p) { p.numeric_labels = true; }));
}

}  // namespace
}  // namespace tagwerk::pipeline
