// The C API against the C++ pipeline: the same bits; errors instead of exceptions; the example in C.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>

#include "base/random.h"
#include "base/text.h"
#include "learners/catalog.h"
#include "pipeline/pipeline.h"
#include "tagwerk/predict.h"

namespace tagwerk {
namespace {

using table::SemanticType;

struct Data {
  table::Table table;
  std::vector<double> y;
};

table::Field FieldOf(const char* name, SemanticType type) {
  table::Field field;
  field.name = field.original_name = name;
  field.type = type;
  return field;
}

Data MakeData(std::size_t n) {
  std::vector<double> distance(n);
  std::vector<std::int32_t> carrier(n);
  std::vector<std::int64_t> time(n);
  table::DictionaryBuilder names;
  for (const char* name : {"UA", "AA", "DL"}) names.Intern(name);
  Data out;
  for (std::size_t i = 0; i < n; ++i) {
    distance[i] = Mix64(i, 1) % 9 == 0 ? std::nan("") : double(Mix64(i, 2) % 3000) / 7;
    carrier[i] = std::int32_t(Mix64(i, 3) % 4) - 1;
    time[i] = 1356998400000000 + std::int64_t(Mix64(i, 4) % 8760) * 3600000000;
    out.y.push_back(double(ToUnit(Mix64(i, 5)) < 0.3 + 0.2 * carrier[i]));
  }
  out.table =
      table::Table({FieldOf("distance", SemanticType::kNumeric), FieldOf("carrier", SemanticType::kCategorical),
                    FieldOf("time_hour", SemanticType::kDatetime)},
                   {table::Column::Doubles(distance), table::Column::Strings(carrier, std::move(names).Finish()),
                    table::Column::Timestamps(time)},
                   n);
  return out;
}

pipeline::Pipeline MakePipeline(const Data& data, Task task) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  const table::Rows rows = model::AllRows(data.table.num_rows());
  features::FitInput input;
  input.table = &data.table;
  input.columns = {0, 1, 2};
  input.train_rows = rows;
  input.y = data.y;
  input.task = task;
  input.num_classes = task == Task::kBinary ? 2 : 0;
  pipeline::Pipeline p;
  p.task = task;
  p.target = "late";
  if (task == Task::kBinary) p.classes = {"false", "true"};
  if (task == Task::kRegression) p.residuals = std::vector<double>(50, 0.25);
  const auto learner = learners::FindLearner("gradient_boosting");
  EXPECT_TRUE(learner.has_value());
  auto features = FitFeatures(context, (*learner)->recipe, input);
  model::Parameters parameters;
  parameters.Set("n_estimators", 20);
  model::TrainingData train;
  train.task = task;
  train.num_classes = input.num_classes;
  train.x = features->matrix.get();
  train.y = data.y;
  train.train_rows = rows;
  auto fitted = (*learner)->fit(context, train, parameters);
  EXPECT_TRUE(fitted.has_value());
  pipeline::Member member;
  member.learner = "gradient_boosting";
  member.features = features->features;
  member.model = std::move(fitted->model);
  p.members.push_back(std::move(member));
  for (const auto& field : data.table.fields()) p.inputs.push_back({field, true, 0, 0, 0, 0});
  return p;
}

/// The cells of the table as a caller in C would write them.
std::vector<tw_value> CellsOf(const table::Table& t, std::vector<std::string>& texts) {
  texts.reserve(t.num_rows() * t.num_columns());
  std::vector<tw_value> cells;
  for (std::size_t i = 0; i < t.num_rows(); ++i) {
    for (std::size_t j = 0; j < t.num_columns(); ++j) {
      const table::Column& column = t.column(j);
      if (column.IsMissing(i)) {
        cells.push_back({TW_NULL, 0, nullptr, 0});
      } else if (column.storage() == table::Storage::kDouble) {
        cells.push_back({TW_NUMBER, (*column.doubles())[i], nullptr, 0});
      } else {
        texts.push_back(column.Text(i));
        cells.push_back({TW_TEXT, 0, texts.back().data(), texts.back().size()});
      }
    }
  }
  return cells;
}

tw_model* Parse(const pipeline::Pipeline& p) {
  const std::string bytes = *p.Serialize();
  tw_model* model = nullptr;
  tw_error error;
  EXPECT_EQ(tw_model_parse(bytes.data(), bytes.size(), &model, &error), 0) << error.text;
  return model;
}

TEST(CApi, PredictsTheBitsOfThePipelineByRowAndByBatch) {
  const Data data = MakeData(400);
  for (const Task task : {Task::kBinary, Task::kRegression}) {
    const pipeline::Pipeline p = MakePipeline(data, task);
    Pool pool(1);
    Context context;
    context.pool = &pool;
    const auto want = p.Predict(context, data.table);
    tw_model* model = Parse(p);
    ASSERT_EQ(tw_model_num_outputs(model), 3u);
    std::vector<std::string> texts;
    const std::vector<tw_value> cells = CellsOf(data.table, texts);
    std::vector<tw_value> out(400 * 3);
    tw_error error;
    tw_warnings warnings;
    ASSERT_EQ(tw_predict_batch(model, cells.data(), 400, out.data(), &warnings, &error), 0) << error.text;
    EXPECT_EQ(warnings.new_categories, 0);
    EXPECT_EQ(warnings.unparsed, 0);
    for (std::size_t i = 0; i < 400; ++i) {
      tw_value row[3];
      ASSERT_EQ(tw_predict_row(model, &cells[i * 3], row, &error), 0);
      if (task == Task::kBinary) {
        EXPECT_EQ(out[i * 3 + 2].number, want->scores[i * 2 + 1]);
        EXPECT_EQ(std::string(row[0].text, row[0].length), p.classes[std::size_t(want->labels[i])]);
      } else {
        EXPECT_EQ(out[i * 3].number, want->scores[i]);
        EXPECT_EQ(row[1].number, want->lower[i]);
      }
      EXPECT_EQ(row[2].number, out[i * 3 + 2].number);
    }
    tw_model_free(model);
  }
}

TEST(CApi, NamesItsColumns) {
  const Data data = MakeData(200);
  tw_model* model = Parse(MakePipeline(data, Task::kBinary));
  ASSERT_EQ(tw_model_num_inputs(model), 3u);
  EXPECT_STREQ(tw_model_input_name(model, 1), "carrier");
  EXPECT_STREQ(tw_model_input_type(model, 2), "datetime");
  EXPECT_EQ(tw_model_input_name(model, 3), nullptr);
  EXPECT_STREQ(tw_model_output_name(model, 2), "probability[true]");
  EXPECT_NE(std::strstr(tw_model_manifest(model), "tagwerk.model/1"), nullptr);
  tw_model_free(model);
}

TEST(CApi, CountsSurprises) {
  const Data data = MakeData(200);
  tw_model* model = Parse(MakePipeline(data, Task::kBinary));
  const tw_value in[6] = {{TW_TEXT, 0, "12 kg", 5}, {TW_TEXT, 0, "ZZ", 2}, {TW_NULL, 0, nullptr, 0},
                          {TW_TEXT, 0, "12", 2},    {TW_TEXT, 0, "UA", 2}, {TW_TEXT, 0, "tomorrow", 8}};
  tw_value out[6];
  tw_warnings warnings;
  ASSERT_EQ(tw_predict_batch(model, in, 2, out, &warnings, nullptr), 0);
  EXPECT_EQ(warnings.new_categories, 1);
  EXPECT_EQ(warnings.unparsed, 2);
  tw_model_free(model);
}

TEST(CApi, FaultsComeAsErrors) {
  tw_model* model = nullptr;
  tw_error error;
  EXPECT_EQ(tw_model_load("/nowhere/model.tw", &model, &error), 3);
  EXPECT_STREQ(error.id, "file-not-found");
  EXPECT_EQ(model, nullptr);
  EXPECT_EQ(tw_model_parse("%PDF-1.7", 8, &model, &error), 3);
  EXPECT_STREQ(error.id, "not-a-model");
  EXPECT_EQ(error.exit_code, 3);
  EXPECT_EQ(tw_model_load(nullptr, &model, nullptr), 2);
  EXPECT_EQ(tw_predict_row(nullptr, nullptr, nullptr, &error), 2);
  EXPECT_STREQ(error.id, "null-argument");
  EXPECT_EQ(tw_model_num_inputs(nullptr), 0u);
  tw_model_free(nullptr);
}

TEST(CApi, TheExampleInCPredictsOneRow) {
  const Data data = MakeData(200);
  const pipeline::Pipeline p = MakePipeline(data, Task::kBinary);
  const std::string path = ::testing::TempDir() + "tagwerk_capi_example.tw";
  ASSERT_TRUE(p.Save(path).has_value());
  const std::string command =
      std::string("'" TAGWERK_EXAMPLE_C "' '") + path + "' distance=1400 carrier=UA time_hour=2013-10-19T18:00:00";
  std::FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string text;
  char buffer[256];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
  EXPECT_EQ(pclose(pipe), 0);
  std::remove(path.c_str());
  EXPECT_EQ(text.rfind("prediction = ", 0), 0u) << text;
  EXPECT_NE(text.find("probability[true] = 0."), std::string::npos) << text;
}

}  // namespace
}  // namespace tagwerk
