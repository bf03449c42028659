// Where loss comes from: a bad slice is found and priced, equal rows are not priced at all; duplicates and
// groups across a split.
#include "diagnose/errors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/random.h"
#include "diagnose/across_split.h"

namespace tagwerk::diagnose {
namespace {

table::Field Named(const std::string& name, table::SemanticType type = table::SemanticType::kNumeric) {
  table::Field field;
  field.name = field.original_name = name;
  field.type = type;
  return field;
}

table::ColumnPtr Strings(const std::vector<std::string>& values) {
  table::DictionaryBuilder dictionary;
  std::vector<std::int32_t> codes;
  for (const auto& value : values) codes.push_back(dictionary.Intern(value));
  return table::Column::Strings(std::move(codes), std::move(dictionary).Finish());
}

/// Predictions are off by 1 everywhere, by `bad` in one city and where income is missing.
struct Judged {
  table::Table table;
  std::vector<double> truth, scores;
  Json Errors() const {
    Pool pool(2);
    Context context;
    context.pool = &pool;
    return ErrorsJson(context, {Task::kRegression, &table, {0, 1, 2}, truth, scores, {}, {}, {}});
  }
};

Judged MakeJudged(double bad) {
  Random random(4);
  Judged out;
  std::vector<std::string> city;
  std::vector<double> income, noise;
  for (int i = 0; i < 3000; ++i) {
    city.push_back(i % 10 == 0 ? "Chur" : i % 2 == 0 ? "Bern" : "Basel");
    income.push_back(i % 17 == 3 ? std::nan("") : random.Uniform());
    noise.push_back(random.Uniform());
    const bool off = i % 10 == 0 || i % 17 == 3;
    out.truth.push_back(0);
    out.scores.push_back((off ? bad : 1) * random.Normal());
  }
  out.table = table::Table({Named("city", table::SemanticType::kCategorical), Named("income"), Named("noise")},
                           {Strings(city), table::Column::Doubles(income), table::Column::Doubles(noise)}, 3000);
  return out;
}

TEST(Errors, ABadSliceIsNamedAndPriced) {
  const Json errors = MakeJudged(3).Errors();
  ASSERT_EQ(errors["slices"].size(), 1u) << errors.dump();
  const Json& slice = errors["slices"][0];
  EXPECT_EQ(slice["column"], "city");
  EXPECT_EQ(slice["value"], "Chur");
  EXPECT_NEAR(slice["rows_share"].get<double>(), 0.1, 1e-9);
  // Loss 9 on a tenth (and on 1/17 by missing income): about 0.9 of 2.26 in all.
  EXPECT_NEAR(slice["loss_share"].get<double>(), 0.4, 0.06);
  ASSERT_EQ(errors["missing"].size(), 1u);
  EXPECT_EQ(errors["missing"][0]["column"], "income");
}

TEST(Errors, AlikeRowsCostNothing) {
  const Json errors = MakeJudged(1).Errors();
  EXPECT_TRUE(errors["slices"].empty());
  EXPECT_TRUE(errors["missing"].empty());
}

TEST(Errors, GainIsWhatTheRestWouldSave) {
  // 100 rows of loss 4 among 900 of loss 1: of 1300 in all, 300 would go.
  std::vector<double> truth(1000, 0), scores(1000, 1);
  std::vector<std::string> part(1000, "a");
  Random random(1);
  for (int i = 0; i < 100; ++i) scores[std::size_t(i)] = 2, part[std::size_t(i)] = "b";
  for (double& s : scores) s *= random.Uniform() < 0.5 ? -1 : 1;
  const table::Table table({Named("part", table::SemanticType::kCategorical)}, {Strings(part)}, 1000);
  Pool pool(1);
  Context context;
  context.pool = &pool;
  const std::vector<double> jitter = [&] {
    std::vector<double> out = scores;
    for (double& s : out) s += 1e-6 * random.Normal();
    return out;
  }();
  const Json errors = ErrorsJson(context, {Task::kRegression, &table, {0}, truth, jitter, {}, {}, {0, 1}});
  ASSERT_EQ(errors["slices"].size(), 1u);
  EXPECT_NEAR(errors["slices"][0]["gain"].get<double>(), 300.0 / 1300, 1e-4);
  EXPECT_NEAR(errors["suspect_labels"]["loss_share"].get<double>(), 8.0 / 1300, 1e-4);
}

TEST(AcrossSplit, DuplicatesAreCountedByTarget) {
  const auto make = [](std::vector<double> x, std::vector<std::string> c) {
    const std::size_t n = x.size();
    return table::Table({Named("x"), Named("c", table::SemanticType::kCategorical)},
                        {table::Column::Doubles(std::move(x)), Strings(c)}, n);
  };
  const auto train = make({1, 2, 3, 3}, {"a", "b", "c", "c"}), judged = make({3, 9, 2, 1}, {"c", "c", "b", "z"});
  const std::vector<double> y = {0, 1, 0, 1}, z = {1, 1, 0, 0};
  const auto found = FindSplitDuplicates(train, table::Rows{0, 1, 2, 3}, y, judged, z, {"x", "c"});
  EXPECT_EQ(found.rows, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(found.same_target, 1);
  EXPECT_EQ(found.other_target, 1);
}

/// Customers with several rows; `own` = how much of the target is the customer's own.
std::optional<GroupCheck> Groups(double own, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::string> customer;
  std::vector<double> x, trait, y;
  for (int c = 0; c < 300; ++c) {
    const double level = random.Normal(), fingerprint = random.Uniform();
    for (int r = 0; r < 6; ++r) {
      customer.push_back("c" + std::to_string(c));
      x.push_back(random.Normal());
      trait.push_back(fingerprint);
      y.push_back(x.back() + own * level + 0.3 * random.Normal());
    }
  }
  const table::Table table({Named("customer", table::SemanticType::kCategorical), Named("x"), Named("trait")},
                           {Strings(customer), table::Column::Doubles(x), table::Column::Doubles(trait)}, x.size());
  Pool pool(2);
  Context context;
  context.pool = &pool;
  table::Rows rows(x.size());
  std::iota(rows.begin(), rows.end(), table::RowIndex{0});
  GroupInput input{&table, rows, y, Task::kRegression, 0, {1, 2}, GroupCandidates(table, rows, 99)};
  EXPECT_EQ(input.candidates, (std::vector<std::size_t>{0}));
  return CheckGroups(context, input);
}

TEST(AcrossSplit, GroupsThatGiveThemselvesAwayAreFound) {
  const auto check = Groups(1.5, 5);
  ASSERT_TRUE(check);
  EXPECT_EQ(check->groups, 300u);
  EXPECT_GT(check->grouped, 1.1 * check->shuffled);
}

TEST(AcrossSplit, GroupsThatDoNotMatterAreLeftAlone) {
  for (std::uint64_t seed = 1; seed < 6; ++seed) EXPECT_FALSE(Groups(0, seed)) << seed;
}

}  // namespace
}  // namespace tagwerk::diagnose
