#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "evaluate/evaluate.h"
#include "evaluate/slice_groups.h"

namespace tagwerk::evaluate {
namespace {

using table::Column;
using table::SemanticType;

table::Field FieldOf(std::string name, SemanticType type, bool integers = false) {
  table::Field field;
  field.name = field.original_name = std::move(name);
  field.type = type;
  field.integers = integers;
  return field;
}

table::ColumnPtr Strings(const std::vector<std::string>& texts) {
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> codes;
  for (const std::string& text : texts) codes.push_back(text.empty() ? -1 : builder.Intern(text));
  return Column::Strings(std::move(codes), std::move(builder).Finish());
}

std::vector<std::string> Labels(const std::vector<Slice>& slices) {
  std::vector<std::string> labels;
  for (const Slice& s : slices) labels.push_back(s.label);
  return labels;
}

TEST(SlicesOf, NamesQuartilesByTheirRange) {
  std::vector<double> values, few;
  for (int i = 0; i < 400; ++i) {
    values.push_back(i < 40 ? std::nan("") : 3.14159 + i);
    few.push_back(i % 3);
  }
  const table::Table table({FieldOf("x", SemanticType::kNumeric), FieldOf("k", SemanticType::kNumeric, true)},
                           {Column::Doubles(values), Column::Doubles(few)}, 400);
  EXPECT_EQ(Labels(SlicesOf(table, 0, 30)),
            (std::vector<std::string>{"43.1 to 132", "133 to 222", "223 to 312", "313 to 402", "missing"}));
  EXPECT_EQ(Labels(SlicesOf(table, 1, 30)), (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_TRUE(SlicesOf(table, 1, 300).empty());
}

TEST(SlicesOf, TakesFrequentCategoriesAndPeriods) {
  std::vector<std::string> texts;
  std::vector<std::int64_t> times, days;
  for (int i = 0; i < 365; ++i) {
    texts.push_back(i < 20 ? "rare" : i < 200 ? "b" : i < 360 ? "a" : "");
    times.push_back((15706LL + i) * 86400000000LL);  // 2013
    days.push_back((15706LL + i % 10) * 86400000000LL + 3600000000LL);
  }
  const table::Table table({FieldOf("t", SemanticType::kCategorical), FieldOf("when", SemanticType::kDatetime),
                            FieldOf("day", SemanticType::kDatetime), FieldOf("words", SemanticType::kText)},
                           {Strings(texts), Column::Timestamps(times), Column::Timestamps(days), Strings(texts)}, 365);
  EXPECT_EQ(Labels(SlicesOf(table, 0, 30)), (std::vector<std::string>{"a", "b"}));
  const auto months = Labels(SlicesOf(table, 1, 28));
  ASSERT_EQ(months.size(), 12u);
  EXPECT_EQ(months.front(), "2013-01");
  EXPECT_EQ(Labels(SlicesOf(table, 2, 30)).front(), "2013-01-01");
  EXPECT_TRUE(SlicesOf(table, 3, 30).empty());
}

struct World {
  table::Table table;
  std::vector<double> truth, scores;
  EvaluateInput input;
  Pool pool{2};
  Context context;
};

// A regression with noise 1, but `bad` in the category "far"; further columns do not matter.
void Build(World& w, int rows, double bad, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::string> where;
  std::vector<double> x, z;
  for (int i = 0; i < rows; ++i) {
    where.push_back(random.Uniform() < 0.1 ? "far" : random.Uniform() < 0.5 ? "near" : "here");
    x.push_back(random.Normal());
    z.push_back(random.Normal());
    w.scores.push_back(x.back());
    w.truth.push_back(x.back() + random.Normal() * (where.back() == "far" ? bad : 1));
  }
  w.table = table::Table({FieldOf("where", SemanticType::kCategorical), FieldOf("x", SemanticType::kNumeric),
                          FieldOf("z", SemanticType::kNumeric)},
                         {Strings(where), Column::Doubles(x), Column::Doubles(z)}, std::size_t(rows));
  w.input.scored.task = Task::kRegression;
  w.input.scored.truth = w.truth;
  w.input.scored.scores = w.scores;
  w.input.seed = seed;
  w.input.resamples = 200;
  w.context.pool = &w.pool;
}

TEST(SlicesJson, PutsTheWorstSliceFirst) {
  World w;
  Build(w, 3000, 2, 1);
  const Json json = SlicesJson(w.context, w.input, w.table, {0, 1, 2}, metrics::DefaultMetric(Task::kRegression));
  ASSERT_FALSE(json.empty());
  ASSERT_LE(json.size(), 12u);
  const Json& worst = json[0];
  EXPECT_EQ(worst["column"], "where");
  EXPECT_EQ(worst["value"], "far");
  EXPECT_LT(worst["q_value"].get<double>(), 0.01);
  EXPECT_NEAR(worst["difference"].get<double>(), -1.0, 0.25);
  EXPECT_NEAR(worst["rest"].get<double>(), 1.0, 0.05);
  EXPECT_EQ(worst["metric"]["name"], "rmse");
  EXPECT_LT(worst["metric"]["low"], worst["metric"]["value"]);
  EXPECT_NEAR(worst["expected"].get<double>(), worst["actual"].get<double>(), 0.3);
  for (const Json& slice : json) EXPECT_LT(slice["difference"].get<double>(), 0);
}

TEST(SlicesJson, FindNothingWhereNothingIsWrong) {
  // 60 data sets without a bad slice: false alarms at 5 % would be about 3.
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    World w;
    Build(w, 500, 1, 100 + seed);
    const Json json = SlicesJson(w.context, w.input, w.table, {0, 1, 2}, metrics::DefaultMetric(Task::kRegression));
    alarms += !json.empty() && json[0]["q_value"].get<double>() <= 0.05;
  }
  EXPECT_LE(alarms, 9);
}

TEST(SlicesJson, AreTheSameForAnyNumberOfThreads) {
  World one, two;
  Build(one, 800, 1.5, 3);
  Build(two, 800, 1.5, 3);
  Pool single(1);
  one.context.pool = &single;
  const auto& rmse = metrics::DefaultMetric(Task::kRegression);
  EXPECT_EQ(SlicesJson(one.context, one.input, one.table, {0, 1, 2}, rmse).dump(),
            SlicesJson(two.context, two.input, two.table, {0, 1, 2}, rmse).dump());
}

TEST(SlicesJson, OfTwoClassesAndGroupsOnManyRows) {
  constexpr int kRows = 65000, kColumns = 30;
  Random random(1);
  std::vector<double> truth, scores;
  std::vector<std::uint64_t> groups;
  std::vector<table::Field> fields;
  std::vector<table::ColumnPtr> columns;
  std::vector<std::size_t> all;
  for (int i = 0; i < kRows; ++i) {
    const double p = 1 / (1 + std::exp(1.5 - random.Normal()));
    truth.push_back(random.Uniform() < p);
    scores.insert(scores.end(), {1 - p, p});
    groups.push_back(random.Below(70));
  }
  for (int c = 0; c < kColumns; ++c) {
    std::vector<double> values;
    for (int i = 0; i < kRows; ++i) values.push_back(random.Normal());
    fields.push_back(FieldOf("x" + std::to_string(c), SemanticType::kNumeric));
    columns.push_back(Column::Doubles(std::move(values)));
    all.push_back(std::size_t(c));
  }
  const table::Table table(fields, columns, kRows);
  EvaluateInput input;
  input.scored.task = Task::kBinary;
  input.scored.num_classes = 2;
  input.scored.truth = truth;
  input.scored.scores = scores;
  input.groups = groups;
  Pool pool(2);
  Context context;
  context.pool = &pool;
  const Json json = SlicesJson(context, input, table, all, metrics::DefaultMetric(Task::kBinary));
  EXPECT_LE(json.size(), 12u);
}

}  // namespace
}  // namespace tagwerk::evaluate
