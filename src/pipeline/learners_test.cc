// Pipelines of every learner of the catalogue: the file predicts what the run predicted, and hostile files
// (right checksums, changed contents, features exchanged) end in an error or in harmless numbers.
#include "base/random.h"
#include "learners/catalog.h"
#include "pipeline/container.h"
#include "pipeline/pipeline_test.h"

namespace tagwerk::pipeline {
namespace {

using namespace testing;

std::vector<double> TargetOf(const table::Table& t, Task task) {
  const std::vector<double>& x = *t.column(0).doubles();
  std::vector<double> y(t.num_rows());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double value = x[i] + double((*t.column(2).codes())[i]) + ToUnit(Mix64(i, 77));
    y[i] = task == Task::kRegression ? value
           : task == Task::kBinary   ? double(value > 3)
                                     : std::min(2.0, std::max(0.0, std::floor(value / 3)));
  }
  return y;
}

/// A pipeline with one fitted model of a learner.
Pipeline Fitted(const model::LearnerDescriptor& learner, Task task, std::size_t n = 400) {
  Pipeline p = ToyPipeline(task, n);
  const table::Table t = ToyTable(n);
  Bench bench(2);
  features::FitInput input;
  input.table = &t;
  input.columns = {0, 1, 2, 3, 4};
  const table::Rows rows = model::AllRows(n);
  input.train_rows = rows;
  const std::vector<double> y = TargetOf(t, task);
  input.y = y;
  input.task = task;
  input.num_classes = task == Task::kRegression ? 0 : p.num_outputs();
  auto features = FitFeatures(bench.context, learner.recipe, input);
  EXPECT_TRUE(features.has_value());
  model::Parameters parameters;
  for (const auto& spec : learner.parameters) {
    if (spec.name == "n_estimators") parameters.Set(spec.name, 10);
  }
  model::TrainingData data;
  data.task = task;
  data.num_classes = input.num_classes;
  data.x = features->matrix.get();
  data.y = y;
  data.train_rows = rows;
  auto fitted = learner.fit(bench.context, data, parameters);
  EXPECT_TRUE(fitted.has_value()) << learner.id << (fitted ? "" : fitted.error().Text());
  p.members.resize(1);
  p.members[0].learner = learner.id;
  p.members[0].features = features->features;
  p.members[0].model = std::move(fitted->model);
  return p;
}

TEST(Learners, FileAndRunPredictTheSameBits) {
  const table::Table t = ToyTable(300, 12);
  for (const auto& learner : learners::AllLearners()) {
    for (const Task task : learner.tasks) {
      const Pipeline p = Fitted(learner, task);
      const auto bytes = p.Serialize();
      ASSERT_TRUE(bytes.has_value()) << learner.id << bytes.error().Text();
      const auto loaded = Pipeline::Parse(*bytes, "model.tw");
      ASSERT_TRUE(loaded.has_value()) << learner.id << loaded.error().Text();
      EXPECT_EQ(PredictOf(p, t).scores, PredictOf(*loaded, t, 2).scores) << learner.id;
      EXPECT_EQ(*loaded->Serialize(), *bytes) << learner.id;
      for (const double score : PredictOf(p, t).scores) EXPECT_TRUE(std::isfinite(score)) << learner.id;
    }
  }
}

TEST(Learners, HostileSectionsDoNotCrash) {
  const table::Table t = ToyTable(12, 3);
  Random random(23);
  for (const auto& learner : learners::AllLearners()) {
    for (const Task task : learner.tasks) {
      const std::string good = *Fitted(learner, task, 120).Serialize();
      const auto container = ReadContainer(good, "model.tw");
      for (int round = 0; round < 300; ++round) {
        std::vector<Section> sections;
        for (const auto& view : container->sections) sections.push_back({view.name, std::string(view.bytes)});
        std::string& target = sections[round % 3 == 0 ? random.Below(sections.size()) : sections.size() - 1].bytes;
        if (target.empty()) continue;
        if (round % 7 == 0) {
          target.resize(random.Below(target.size()));
        } else {
          for (std::uint64_t k = 0; k <= random.Below(3); ++k) {
            target[random.Below(target.size())] = round % 2 == 0 ? char(0xFF) : char(random.Below(256));
          }
        }
        const auto loaded = Pipeline::Parse(WriteContainer(container->manifest, sections), "model.tw");
        if (loaded) {
          PredictOf(*loaded, t);
        } else {
          EXPECT_EQ(loaded.error().exit_code(), 3) << learner.id << loaded.error().Text();
        }
      }
    }
  }
}

TEST(Learners, FeaturesOfAnotherKindDoNotCrashAModel) {
  // Same width, other columns: categories where the model learnt numbers and the reverse.
  const std::size_t n = 200;
  const table::Table t = ToyTable(n);
  const table::Table swapped({t.field(2), t.field(0)}, {t.column_ptr(2), t.column_ptr(0)}, n);
  for (const auto& learner : learners::AllLearners()) {
    for (const Task task : learner.tasks) {
      Pipeline p = Fitted(learner, task, n);
      const std::size_t width = p.members[0].features->num_outputs();
      Bench bench;
      features::FitInput input;
      const std::vector<double> y(n, 0.0);
      const table::Rows rows = model::AllRows(n);
      std::vector<table::Field> fields;
      std::vector<table::ColumnPtr> columns;
      for (std::size_t j = 0; j < width; ++j) {  // category, number, category, ...
        fields.push_back(swapped.field(j % 2));
        fields.back().name = fields.back().name + std::to_string(j);
        columns.push_back(swapped.column_ptr(j % 2));
        input.columns.push_back(j);
      }
      const table::Table other(fields, columns, n);
      input.table = &other;
      input.train_rows = rows;
      input.y = y;
      auto features = FitFeatures(bench.context, model::Recipe::kTree, input);
      ASSERT_EQ(features->features->num_outputs(), width);
      p.members[0].features = features->features;
      p.inputs.clear();
      for (const auto& field : fields) p.inputs.push_back({field, true, 0, 0, 0, 0});
      const auto loaded = Pipeline::Parse(*p.Serialize(), "model.tw");
      if (loaded) PredictOf(*loaded, other);
    }
  }
}

}  // namespace
}  // namespace tagwerk::pipeline
