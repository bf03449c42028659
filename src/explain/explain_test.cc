// Known answers: models whose effects can be written down.
#include "explain/explain.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/random.h"
#include "explain/whatif.h"

namespace tagwerk::explain {
namespace {

using table::Column;

// Numbers as they are; strings as the length of their text.
class PlainFeatures : public features::FittedFeatures {
 public:
  explicit PlainFeatures(std::vector<std::string> names) : names_(std::move(names)) {}
  Result<model::Matrix> Apply(const Context&, const table::Table& table, features::ApplyReport*) const override {
    std::vector<model::MatrixColumn> columns;
    for (const std::string& name : names_) {
      const Column& column = table.column(*table.Find(name));
      std::vector<double> values(table.num_rows());
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (column.storage() == table::Storage::kDouble) values[i] = (*column.doubles())[i];
        if (column.storage() == table::Storage::kString) values[i] = double(column.Text(i).size());
        if (column.storage() == table::Storage::kTimestamp) values[i] = double((*column.timestamps())[i]) / 8.64e10;
      }
      model::MatrixColumn out;
      out.name = name;
      out.numeric = std::make_shared<const std::vector<double>>(std::move(values));
      columns.push_back(std::move(out));
    }
    return model::Matrix(table.num_rows(), std::move(columns));
  }
  void Save(model::ByteWriter&) const override {}
  std::size_t num_outputs() const override { return names_.size(); }
  std::vector<std::string> output_names() const override { return names_; }
  std::vector<std::string> input_names() const override { return names_; }

 private:
  std::vector<std::string> names_;
};

// Scores of each output: a linear form, then softmax (or sigmoid for one form and two outputs).
class LinearModel : public model::Model {
 public:
  LinearModel(std::vector<std::vector<double>> coefficients, int outputs, bool product = false)
      : coefficients_(std::move(coefficients)), outputs_(outputs), product_(product) {}
  std::string_view type_id() const override { return "test/linear"; }
  int num_outputs() const override { return outputs_; }
  void Predict(const model::Matrix& x, model::RowSpan rows, std::span<double> out) const override {
    for (std::size_t r = 0; r < rows.size(); ++r) {
      std::vector<double> form;
      for (const auto& c : coefficients_) {
        double sum = 0;
        for (std::size_t j = 0; j < c.size(); ++j) sum += c[j] * (*x.column(j).numeric)[rows[r]];
        if (product_) sum += (*x.column(0).numeric)[rows[r]] * (*x.column(1).numeric)[rows[r]];
        form.push_back(sum);
      }
      double* to = out.data() + r * std::size_t(outputs_);
      if (outputs_ == 1) {
        to[0] = form[0];
      } else if (outputs_ == 2) {
        to[1] = 1 / (1 + std::exp(-form[0]));
        to[0] = 1 - to[1];
      } else {
        double sum = 0;
        for (const double f : form) sum += std::exp(f);
        for (std::size_t k = 0; k < form.size(); ++k) to[k] = std::exp(form[k]) / sum;
      }
    }
  }
  void Save(model::ByteWriter&) const override {}

 private:
  std::vector<std::vector<double>> coefficients_;
  int outputs_;
  bool product_;
};

struct World {
  table::Table table;
  pipeline::Pipeline pipeline;
  std::vector<double> truth;
  ExplainInput input;
  Pool pool{2};
  Context context;
};

table::Field FieldOf(std::string name, table::SemanticType type = table::SemanticType::kNumeric) {
  table::Field field;
  field.name = field.original_name = std::move(name);
  field.type = type;
  return field;
}

// Columns a, b, c ~ N(0, 1) times scale, and columns that the model does not use.
void Build(World& w, int rows, Task task, std::vector<std::vector<double>> coefficients, int extra = 0,
           bool product = false) {
  Random random(1);
  const std::size_t used = coefficients.front().size();
  std::vector<table::Field> fields;
  std::vector<table::ColumnPtr> columns;
  std::vector<std::string> names;
  for (std::size_t j = 0; j < used + std::size_t(extra); ++j) {
    std::vector<double> values;
    for (int i = 0; i < rows; ++i) values.push_back(random.Normal());
    names.push_back("x" + std::to_string(j));
    fields.push_back(FieldOf(names.back()));
    columns.push_back(Column::Doubles(std::move(values)));
    pipeline::Input input;
    input.field = fields.back();
    w.pipeline.inputs.push_back(input);
  }
  w.table = table::Table(fields, columns, std::size_t(rows));
  names.resize(used);
  const int outputs = task == Task::kRegression ? 1 : task == Task::kBinary ? 2 : int(coefficients.size());
  w.pipeline.task = task;
  for (int k = 0; task != Task::kRegression && k < outputs; ++k) w.pipeline.classes.push_back("c" + std::to_string(k));
  pipeline::Member member;
  member.features = std::make_shared<PlainFeatures>(names);
  member.model = std::make_shared<LinearModel>(std::move(coefficients), outputs, product);
  w.pipeline.members.push_back(member);
  w.context.pool = &w.pool;
  const auto scores = w.pipeline.Predict(w.context, w.table)->scores;
  for (int i = 0; i < rows; ++i) {
    if (task == Task::kRegression)
      w.truth.push_back(scores[std::size_t(i)] + 0.1 * random.Normal());
    else if (task == Task::kBinary)
      w.truth.push_back(random.Uniform() < scores[2 * std::size_t(i) + 1]);
    else
      w.truth.push_back(double(random.Below(std::uint64_t(outputs))));
  }
  w.input.pipeline = &w.pipeline;
  w.input.table = &w.table;
  w.input.truth = w.truth;
  w.input.metric = &metrics::DefaultMetric(task);
  w.input.seed = 5;
}

std::map<std::string, Json> ByColumn(const Json& columns) {
  std::map<std::string, Json> by;
  for (const Json& c : columns) by[c["column"].get<std::string>()] = c;
  return by;
}

TEST(PermutationImportance, MeasuresWhatAColumnIsWorth) {
  World w;
  Build(w, 4000, Task::kRegression, {{3.0, 1.0}}, 1);
  const Json json = PermutationImportance(w.context, w.input);
  auto by = ByColumn(json["columns"]);
  // Shuffling x0 adds a variance of 2 * 9 to the error.
  EXPECT_NEAR(by["x0"]["value"].get<double>(), std::sqrt(18.01) - 0.1, 0.15);
  EXPECT_NEAR(by["x1"]["value"].get<double>(), std::sqrt(2.01) - 0.1, 0.08);
  EXPECT_EQ(by["x2"]["value"].get<double>(), 0.0);
  for (const auto& [name, c] : by) {
    EXPECT_LE(c["low"].get<double>(), c["value"].get<double>());
    EXPECT_GE(c["high"].get<double>(), c["value"].get<double>());
  }
  EXPECT_EQ(json["columns"][0]["column"], "x0");
  EXPECT_EQ(json["complete"], true);
  EXPECT_EQ(json["repeats"], 5);
  EXPECT_EQ(json["metric"], "rmse");
}

TEST(PermutationImportance, OfAMaximisedMetricIsPositiveForHelpfulColumns) {
  World w;
  Build(w, 8000, Task::kBinary, {{2.0, 0.3}}, 1);
  const Json json = PermutationImportance(w.context, w.input);
  auto by = ByColumn(json["columns"]);
  EXPECT_GT(by["x0"]["value"].get<double>(), 0.2);
  EXPECT_GT(by["x1"]["value"].get<double>(), 0.0);
  EXPECT_NEAR(by["x2"]["value"].get<double>(), 0.0, 1e-12);
  EXPECT_EQ(json["rows"], 5000);  // sampled
}

TEST(PermutationImportance, IsTheSameForAnyNumberOfThreads) {
  World one, two;
  Build(one, 500, Task::kBinary, {{1.0, 1.0}});
  Build(two, 500, Task::kBinary, {{1.0, 1.0}});
  Pool single(1);
  one.context.pool = &single;
  EXPECT_EQ(PermutationImportance(one.context, one.input).dump(), PermutationImportance(two.context, two.input).dump());
}

TEST(PermutationImportance, EndsAtTheDeadlineWithWhatIsDone) {
  World w;
  Build(w, 500, Task::kRegression, {{1.0, 1.0}});
  w.context.deadline = Clock::now() - std::chrono::seconds(1);
  const Json json = PermutationImportance(w.context, w.input);
  EXPECT_EQ(json["complete"], false);
  EXPECT_TRUE(json["columns"].empty());
  EXPECT_TRUE(ExplainRows(w.context, w.input, {0}, 3).empty());
  EXPECT_TRUE(PartialDependence(w.context, w.input, {"x0"}).empty());
}

TEST(PermutationImportance, LooksOnlyAtTheColumnsAskedFor) {
  World w;
  Build(w, 300, Task::kRegression, {{1.0, 1.0, 1.0}});
  w.input.columns = {"x2", "absent", "x2"};
  EXPECT_EQ(PermutationImportance(w.context, w.input)["columns"].size(), 1u);
}

TEST(PartialDependence, OfALinearModelIsAStraightLine) {
  World w;
  Build(w, 2000, Task::kRegression, {{2.0, -1.0}});
  const Json json = PartialDependence(w.context, w.input, {"x0", "absent"});
  ASSERT_EQ(json.size(), 1u);
  const Json& points = json[0]["points"];
  ASSERT_EQ(points.size(), 20u);
  double shares = 0;
  for (std::size_t p = 1; p < points.size(); ++p) {
    const double slope = (points[p]["value"].get<double>() - points[p - 1]["value"].get<double>()) /
                         (points[p]["x"].get<double>() - points[p - 1]["x"].get<double>());
    EXPECT_NEAR(slope, 2.0, 1e-9);
  }
  for (const Json& p : points) shares += p["share"].get<double>();
  EXPECT_NEAR(shares, 1.0, 1e-9);
  EXPECT_EQ(json[0]["rows"], 500);
  EXPECT_EQ(json[0]["type"], "numeric");
}

TEST(PartialDependence, OfCategoriesTimesAndClasses) {
  World w;
  Build(w, 600, Task::kMulticlass, {{1.0, 0.0, 0.0}, {0.0, 0.0, 0.1}, {0.0, 0.0, 0.0}});
  // x1 becomes a text column whose lengths matter to nobody, x2 a date.
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> codes;
  std::vector<std::int64_t> times;
  for (int i = 0; i < 600; ++i) {
    codes.push_back(i % 100 == 7 ? -1 : builder.Intern("k" + std::string(std::size_t(i % 20), 'x')));
    times.push_back((i % 30) * 86400000000LL);
  }
  std::vector<table::Field> fields = w.table.fields();
  fields[1].type = table::SemanticType::kCategorical;
  fields[2].type = table::SemanticType::kDatetime;
  fields[2].date_only = true;
  w.table = table::Table(
      fields, {w.table.column_ptr(0), Column::Strings(codes, std::move(builder).Finish()), Column::Timestamps(times)},
      600);
  const Json json = PartialDependence(w.context, w.input, {"x0", "x1", "x2"});
  ASSERT_EQ(json.size(), 3u);
  EXPECT_EQ(json[0]["class"], "c0");
  EXPECT_EQ(json[1]["points"].size(), 12u);
  EXPECT_EQ(json[1]["points"][0]["label"].get<std::string>().substr(0, 1), "k");
  EXPECT_LE(json[2]["points"].size(), 12u);
  EXPECT_EQ(json[2]["points"][0]["label"], "1970-01-01");
  EXPECT_EQ(json[2]["class"], "c1");
}

TEST(ExplainRows, OfALinearModelAreCoefficientTimesDistanceFromTheMean) {
  World w;
  Build(w, 3000, Task::kRegression, {{2.0, -1.0, 0.5}}, 1);
  const std::vector<double> coefficients{2.0, -1.0, 0.5, 0.0};
  const Json rows = ExplainRows(w.context, w.input, {0, 17, 2999}, 4);
  // All rows are compared with the same background, so differences between rows are exact.
  auto first = ByColumn(rows[0]["contributions"]), second = ByColumn(rows[1]["contributions"]);
  for (std::size_t j = 0; j < 4; ++j) {
    const auto& x = *w.table.column(j).doubles();
    const std::string name = "x" + std::to_string(j);
    EXPECT_NEAR(first[name]["effect"].get<double>() - second[name]["effect"].get<double>(),
                coefficients[j] * (x[0] - x[17]), 1e-9);
  }
  for (const Json& row : rows) {
    const auto i = row["row"].get<std::size_t>();
    double sum = row["base"].get<double>() + row["rest"].get<double>();
    for (const Json& c : row["contributions"]) {
      const auto j = *w.table.Find(c["column"].get<std::string>());
      sum += c["effect"].get<double>();
      // 40 background rows: the mean has a standard error of 0.16 per unit of the coefficient.
      EXPECT_NEAR(c["effect"].get<double>(), coefficients[j] * (*w.table.column(j).doubles())[i],
                  0.6 * coefficients[j] * (coefficients[j] < 0 ? -1 : 1) + 1e-12);
    }
    EXPECT_NEAR(sum, row["prediction"].get<double>(), 1e-9);
    EXPECT_NEAR(row["base"].get<double>(), 0.0, 0.2);
  }
}

TEST(ExplainRows, SplitAnInteractionEvenly) {
  // f = x0 x1: with the background mean near 0 both columns get about half of the product.
  World w;
  Build(w, 3000, Task::kRegression, {{0.0, 0.0}}, 0, true);
  const auto& a = *w.table.column(0).doubles();
  const auto& b = *w.table.column(1).doubles();
  std::size_t row = 0;
  while (!(a[row] > 1.5 && b[row] > 1.5)) ++row;
  const Json json = ExplainRows(w.context, w.input, {row}, 2)[0];
  const double product = a[row] * b[row];
  for (const Json& c : json["contributions"]) EXPECT_NEAR(c["effect"].get<double>(), product / 2, 0.35 * product);
}

TEST(ExplainRows, OfTwoClassesAreInLogOdds) {
  World w;
  Build(w, 2000, Task::kBinary, {{1.5, -0.5}});
  for (const Json& row : ExplainRows(w.context, w.input, {3, 4, 5, 6}, 1)) {
    const double p = row["probability"].get<double>();
    ASSERT_EQ(row["contributions"].size(), 1u);
    EXPECT_NEAR(row["base"].get<double>() + row["contributions"][0]["effect"].get<double>() + row["rest"].get<double>(),
                std::log(p / (1 - p)), 1e-9);
    EXPECT_EQ(row["prediction"], p >= 0.5 ? "c1" : "c0");
    const bool right = row["truth"] == row["prediction"];
    EXPECT_EQ(row["kind"], right ? "right" : row["prediction"] == "c1" ? "needless" : "missed");
  }
}

TEST(ExplainRows, PutColumnsBeyondThirtyIntoTheRest) {
  World w;
  std::vector<double> coefficients(40, 0.0);
  coefficients[35] = 2.0;
  coefficients[0] = 1.0;
  Build(w, 500, Task::kRegression, {coefficients});
  const Json without = ExplainRows(w.context, w.input, {1}, 50)[0];
  EXPECT_EQ(without["contributions"].size(), 30u);
  EXPECT_GT(std::abs(without["rest"].get<double>()), 0.01);
  w.input.columns = {"x35", "x0"};
  const Json with = ExplainRows(w.context, w.input, {1}, 50)[0];
  EXPECT_EQ(with["contributions"].size(), 2u);
  EXPECT_NEAR(with["rest"].get<double>(), 0.0, 1e-9);
}

TEST(ExplainRows, AreTheSameForAnyNumberOfThreads) {
  World one, two;
  Build(one, 300, Task::kMulticlass, {{1.0, 0.0}, {0.0, 1.0}, {0.0, 0.0}});
  Build(two, 300, Task::kMulticlass, {{1.0, 0.0}, {0.0, 1.0}, {0.0, 0.0}});
  Pool single(1);
  one.context.pool = &single;
  EXPECT_EQ(ExplainRows(one.context, one.input, {1, 2, 3}, 2).dump(),
            ExplainRows(two.context, two.input, {1, 2, 3}, 2).dump());
}

TEST(ExplainRows, AreMeasuredAgainstTheBackgroundGiven) {
  World w;
  Build(w, 100, Task::kRegression, {{2, -1}});
  const table::Table zeros({FieldOf("x0"), FieldOf("x1")}, {Column::Doubles({0, 0, 0}), Column::Doubles({0, 0, 0})}, 3);
  w.input.background = &zeros;
  const Json one = ExplainRows(w.context, w.input, {7}, 5)[0];
  EXPECT_NEAR(one["base"].get<double>(), 0, 1e-12);
  for (const Json& c : one["contributions"]) {
    const bool first = c["column"] == "x0";
    const double value = (*w.table.column(first ? 0 : 1).doubles())[7];
    EXPECT_NEAR(c["effect"].get<double>(), (first ? 2 : -1) * value, 1e-9);
  }
}

TEST(Counterfactuals, MoveANumberJustBeyondTheBar) {
  World w;
  Build(w, 400, Task::kBinary, {{1, 0.01}});
  const table::Table row = w.table.Take(table::Rows{3});
  const double own = (*row.column(0).doubles())[0], other = (*row.column(1).doubles())[0];
  const Json found = Counterfactuals(w.context, w.pipeline, row, w.table, {}, 5);
  ASSERT_FALSE(found.empty());
  ASSERT_EQ(found[0]["changes"].size(), 1u);
  EXPECT_EQ(found[0]["changes"][0]["column"], "x0");
  const double to = std::stod(found[0]["changes"][0]["to"].get<std::string>());
  EXPECT_NEAR(to, -0.01 * other, 0.01);  // where the log-odds are 0
  EXPECT_NE((own + 0.01 * other > 0), (to + 0.01 * other > 0));
  EXPECT_TRUE(Counterfactuals(w.context, w.pipeline, row, w.table, {"x0"}, 5).empty());  // x1 alone cannot
}

TEST(Counterfactuals, TakeSeveralColumnsWhenOneIsNotEnough) {
  World w;
  Build(w, 400, Task::kBinary, {{1, 1, 1}});
  const table::Table row(w.table.fields(), {Column::Doubles({2.2}), Column::Doubles({2.2}), Column::Doubles({2.2})}, 1);
  const Json found = Counterfactuals(w.context, w.pipeline, row, w.table, {}, 5);
  ASSERT_FALSE(found.empty());
  EXPECT_GE(found[0]["changes"].size(), 2u);
  EXPECT_EQ(found[0]["prediction"], "c0");
}

TEST(Counterfactuals, OfAModelThatNeverTurnsAreNone) {
  World w;
  Build(w, 50, Task::kBinary, {{0.0, 0.0}});
  EXPECT_TRUE(Counterfactuals(w.context, w.pipeline, w.table.Take(table::Rows{0}), w.table, {}, 5).empty());
  World number;
  Build(number, 50, Task::kRegression, {{1, 1}});
  EXPECT_TRUE(
      Counterfactuals(number.context, number.pipeline, number.table.Take(table::Rows{0}), number.table, {}, 5).empty());
}

}  // namespace
}  // namespace tagwerk::explain
