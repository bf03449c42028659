// A small pipeline over real features with a model of the test's own (no learner needed).
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "pipeline/pipeline.h"

namespace tagwerk::pipeline::testing {

/// Scores = linear in the matrix; numbers that are missing count 0, codes add their own number.
class ToyModel final : public model::Model {
 public:
  ToyModel(int outputs, std::vector<double> weights) : outputs_(outputs), weights_(std::move(weights)) {}
  std::string_view type_id() const override { return "test/toy"; }
  int num_outputs() const override { return outputs_; }
  void Predict(const model::Matrix& x, model::RowSpan rows, std::span<double> out) const override {
    std::size_t at = 0;
    for (const model::RowIndex row : rows) {
      double z = 0.1;
      for (std::size_t j = 0; j < x.cols() && j < weights_.size(); ++j) {
        const auto& column = x.column(j);
        const double v = column.is_category() ? double((*column.codes)[row]) : (*column.numeric)[row];
        if (!std::isnan(v)) z += weights_[j] * v;
      }
      if (outputs_ == 1) {
        out[at++] = z;
        continue;
      }
      double sum = 0;
      const std::size_t first = at;
      for (int k = 0; k < outputs_; ++k) sum += out[at++] = std::exp(std::sin(z + k));
      for (std::size_t i = first; i < at; ++i) out[i] /= sum;
    }
  }
  void Save(model::ByteWriter& writer) const override {
    writer.I32(outputs_);
    writer.Doubles(weights_);
  }

 private:
  int outputs_;
  std::vector<double> weights_;
};

inline Result<std::unique_ptr<model::Model>> LoadToy(std::string_view type, model::ByteReader& reader,
                                                     std::size_t columns) {
  const int outputs = reader.I32();
  auto weights = reader.Doubles();
  reader.Expect(type == "test/toy", "type of a model");
  reader.Expect(outputs >= 1 && outputs < 100 && weights.size() == columns, "toy model");
  if (!reader.ok()) return std::move(reader.Finish("learner")).error();
  return std::make_unique<ToyModel>(outputs, std::move(weights));
}

inline table::Field FieldOf(std::string name, table::SemanticType type) {
  table::Field field;
  field.name = field.original_name = std::move(name);
  field.type = type;
  return field;
}

inline table::Table ToyTable(std::size_t n, std::uint64_t seed = 1) {
  std::vector<double> x(n), z(n);
  std::vector<std::int64_t> time(n);
  std::vector<std::int32_t> codes(n), many(n);
  table::DictionaryBuilder few, lots;
  for (const char* s : {"red", "green", "blue"}) few.Intern(s);
  for (int i = 0; i < 300; ++i) lots.Intern("n" + std::to_string(i));
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = ToUnit(Mix64(seed, i, 1)) * 10 - 3;
    z[i] = Mix64(seed, i, 2) % 5 == 0 ? std::nan("") : double(Mix64(seed, i, 3) % 100);
    codes[i] = std::int32_t(Mix64(seed, i, 4) % 4) - 1;
    many[i] = std::int32_t(Mix64(seed, i, 5) % 300);
    time[i] = std::int64_t(Mix64(seed, i, 6) % 1500000000) * 1000000;
  }
  using table::SemanticType;
  return table::Table(
      {FieldOf("x", SemanticType::kNumeric), FieldOf("z", SemanticType::kNumeric),
       FieldOf("color", SemanticType::kCategorical), FieldOf("many", SemanticType::kCategorical),
       FieldOf("when", SemanticType::kDatetime)},
      {table::Column::Doubles(x), table::Column::Doubles(z), table::Column::Strings(codes, std::move(few).Finish()),
       table::Column::Strings(many, std::move(lots).Finish()), table::Column::Timestamps(time)},
      n);
}

struct Bench {
  explicit Bench(int threads = 1) : pool(threads) { context.pool = &pool; }
  Pool pool;
  Context context;
};

/// Three members, two of them on one feature set.
inline Pipeline ToyPipeline(Task task, std::size_t n = 500) {
  const table::Table t = ToyTable(n);
  Bench bench;
  Pipeline p;
  p.task = task;
  p.target = "y";
  p.metric = task == Task::kRegression ? "rmse" : "log_loss";
  if (task == Task::kBinary) p.classes = {"no", "yes"};
  if (task == Task::kMulticlass) p.classes = {"1", "2", "10"};
  p.numeric_labels = task == Task::kMulticlass;
  p.id_column = "key";
  features::FitInput input;
  input.table = &t;
  input.columns = {0, 1, 2, 3, 4};
  const table::Rows rows = model::AllRows(n);
  input.train_rows = rows;
  std::vector<double> y(n);
  for (std::size_t i = 0; i < n; ++i) y[i] = double(i % std::size_t(std::max(2, p.num_outputs())));
  input.y = y;
  input.task = task;
  input.num_classes = task == Task::kRegression ? 0 : p.num_outputs();
  const auto tree = FitFeatures(bench.context, model::Recipe::kTree, input);
  const auto linear = FitFeatures(bench.context, model::Recipe::kLinear, input);
  EXPECT_TRUE(tree && linear);
  for (int m = 0; m < 3; ++m) {
    Member member;
    member.learner = m == 1 ? "logistic" : "gradient_boosting";
    member.parameters = {{"learning_rate", 0.1 + m}};
    member.weight = 0.25 * (m + 1);
    member.features = m == 1 ? linear->features : tree->features;
    std::vector<double> weights;
    for (std::size_t j = 0; j < member.features->num_outputs(); ++j) {
      weights.push_back(ToUnit(Mix64(std::uint64_t(m), j)) / (1 + double(j * j)));
    }
    member.model = std::make_shared<ToyModel>(p.num_outputs(), weights);
    p.members.push_back(std::move(member));
  }
  for (const table::Field& field : t.fields()) {
    Input in;
    in.field = field;
    in.low = -3;
    in.high = 100.5;
    p.inputs.push_back(in);
  }
  if (task == Task::kBinary) p.calibration = {Calibration::Kind::kPlatt, 1.25, 0.1, {}, {}};
  if (task == Task::kMulticlass) p.calibration = {Calibration::Kind::kTemperature, 0.8, 0, {}, {}};
  if (task == Task::kRegression) {
    for (int i = 1; i <= 99; ++i) p.residuals.push_back(i / 10.0);
  }
  p.test_metrics = Json::array({{{"name", p.metric}, {"value", 0.5}}});
  p.extra = {
      {"data_fingerprint", "sha256:00"}, {"split", {{"kind", "random"}, {"seed", 0}}}, {"card", {{"en", "# Model"}}}};
  return p;
}

inline Predictions PredictOf(const Pipeline& p, const table::Table& t, int threads = 1) {
  Bench bench(threads);
  auto out = p.Predict(bench.context, t);
  EXPECT_TRUE(out.has_value());
  return std::move(*out);
}

}  // namespace tagwerk::pipeline::testing
