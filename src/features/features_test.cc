// Recipes and the properties that every feature set keeps.
#include "features/features_test.h"

#include <cmath>

#include "base/constants.h"
#include "base/random.h"

namespace tagwerk::features {
namespace {

using model::Recipe;
using table::SemanticType;
using namespace testing;

/// A table with every kind of column; row i depends on i only.
table::Table Mixed(std::size_t n) {
  std::vector<double> amount(n), sparse(n);
  std::vector<std::string> color(n), many(n), flag(n), text(n), unit(n);
  std::vector<std::int64_t> start(n), end(n);
  Random random(3);
  for (std::size_t i = 0; i < n; ++i) {
    amount[i] = random.Uniform() < 0.1 ? kNaN : std::exp(3 * random.Normal());
    sparse[i] = random.Uniform() < 0.5 ? kNaN : random.Normal();
    color[i] = random.Uniform() < 0.05 ? "" : std::string(1, char('a' + random.Below(6)));
    many[i] = random.Uniform() < 0.02 ? "" : "k" + std::to_string(random.Below(400));
    flag[i] = random.Uniform() < 0.3 ? "Yes" : random.Uniform() < 0.9 ? "No" : "";
    text[i] = "Item no " + std::to_string(i * 7919 % 100003) + " of the list";
    unit[i] = std::to_string(800 + random.Below(60)) + " CC";
    start[i] = 1300000000000000LL + std::int64_t(random.Below(100000000)) * 1000000;
    end[i] = random.Uniform() < 0.1 ? table::kMissingTime : start[i] + std::int64_t(random.Below(900000)) * 1000000;
  }
  return TableMaker()
      .Numbers("amount", amount)
      .Numbers("sparse", sparse)
      .Texts("color", color)
      .Texts("many", many)
      .Texts("flag", flag, SemanticType::kBoolean)
      .Texts("text", text, SemanticType::kText)
      .Texts("unit", unit)
      .Times("start", start)
      .Times("end", end)
      .Make();
}

std::vector<double> Target(std::size_t n) {
  std::vector<double> y(n);
  for (std::size_t i = 0; i < n; ++i) y[i] = ToUnit(Mix64(i)) < 0.4 ? 1 : 0;
  return y;
}

class BothRecipes : public ::testing::TestWithParam<Recipe> {};
INSTANTIATE_TEST_SUITE_P(All, BothRecipes, ::testing::Values(Recipe::kTree, Recipe::kLinear, Recipe::kTreeDerived));

TEST(TreeRecipe, NumbersAreSharedWithTheTable) {
  const table::Table t = TableMaker().Numbers("x", {1, kNaN, 3}).Make();
  const FitOutput fit = Fit(t, Recipe::kTree, {0, 1, 0});
  EXPECT_EQ(fit.matrix->column(0).numeric.get(), t.column(0).doubles().get());
  EXPECT_EQ(fit.matrix->column(0).source, 0);
}

TEST(TreeRecipe, CodesFollowTrainingCountsThenText) {
  const table::Table t = TableMaker().Texts("c", {"b", "a", "c", "c", "", "late", "late", "late"}).Make();
  const FitOutput fit = Fit(t, Recipe::kTree, std::vector<double>(8, 0.0), {0, 1, 2, 3, 4});
  EXPECT_EQ(CodesOf(*fit.matrix, "c"), (std::vector<std::int32_t>{2, 1, 0, 0, -1, -1, -1, -1}));
  EXPECT_EQ(fit.matrix->column(0).num_categories, 3);
}

TEST(TreeRecipe, LevelsBeyond254ShareOneCodeAndGetTargetAndCount) {
  std::vector<std::string> c;
  for (int i = 0; i < 400; ++i) c.insert(c.end(), std::size_t(i < 254 ? 3 : 2), "k" + std::to_string(i));
  const table::Table t = TableMaker().Texts("c", c).Make();
  const FitOutput fit = Fit(t, Recipe::kTree, Target(c.size()), {}, Task::kBinary, 2);
  ASSERT_EQ(fit.features->output_names(), (std::vector<std::string>{"c", "c.target", "c.count"}));
  const auto& codes = CodesOf(*fit.matrix, "c");
  EXPECT_EQ(fit.matrix->column(0).num_categories, 255);
  EXPECT_LT(codes[0], 254);
  EXPECT_EQ(codes.back(), 254);
  EXPECT_DOUBLE_EQ(NumbersOf(*fit.matrix, "c.count").back(), std::log1p(2.0));
  ApplyReport report;
  const auto fresh = Apply(*fit.features, TableMaker().Texts("c", {"new", "k399", ""}).Make(), &report);
  EXPECT_EQ(CodesOf(fresh, "c"), (std::vector<std::int32_t>{-1, 254, -1}));
  EXPECT_EQ(NumbersOf(fresh, "c.count")[0], 0);
  EXPECT_EQ(NumbersOf(fresh, "c.target")[0], NumbersOf(fresh, "c.target")[2]);  // new counts as missing
  ASSERT_EQ(report.new_categories.size(), 1u);
  EXPECT_EQ(report.new_categories[0].rows, 1);
}

TEST(TreeRecipe, DatePartsAreThoseThatVary) {
  // 2013-10-19T18:30:00 (Saturday), 2013-10-21T07:05:00 (Monday), before 1970 at the end.
  const table::Table t =
      TableMaker().Times("t", {1382207400000000, 1382339100000000, table::kMissingTime, -1000000}).Make();
  const FitOutput fit = Fit(t, Recipe::kTree, {0, 1, 0, 1}, {0, 1, 2});
  EXPECT_EQ(fit.features->output_names(), (std::vector<std::string>{"t.epoch", "t.day", "t.weekday", "t.hour",
                                                                    "t.minute", "t.weekend", "t.day_of_year"}));
  const model::Matrix& m = *fit.matrix;
  EXPECT_EQ(NumbersOf(m, "t.epoch")[0], 1382207400);
  EXPECT_EQ(NumbersOf(m, "t.day")[1], 21);
  EXPECT_EQ(NumbersOf(m, "t.weekday")[0], 5);
  EXPECT_EQ(NumbersOf(m, "t.hour")[0], 18);
  EXPECT_EQ(NumbersOf(m, "t.minute")[1], 5);
  EXPECT_EQ(NumbersOf(m, "t.weekend")[0], 1);
  EXPECT_EQ(NumbersOf(m, "t.day_of_year")[0], 292);
  EXPECT_TRUE(std::isnan(NumbersOf(m, "t.hour")[2]));
  EXPECT_EQ(NumbersOf(m, "t.hour")[3], 23);  // 1969-12-31T23:59:59
  EXPECT_EQ(NumbersOf(m, "t.day_of_year")[3], 365);
}

TEST(TreeRecipe, NoEpochForTheColumnThatOrdersTheSplit) {
  table::Field field = FieldOf("t", SemanticType::kDatetime);
  field.role = table::Role::kTime;
  const table::Table t = TableMaker().Push(field, table::Column::Timestamps({0, 86400000000, 999999999999})).Make();
  for (const std::string& name : Fit(t, Recipe::kTree, {0, 1, 0}).features->output_names()) {
    EXPECT_NE(name, "t.epoch");
  }
}

TEST(TreeRecipe, TwoDateColumnsGiveTheirDifferenceInDays) {
  const table::Table t = TableMaker().Times("a", {86400000000 * 3, 0}).Times("b", {0, 43200000000}).Make();
  const FitOutput fit = Fit(t, Recipe::kTree, {0, 1});
  EXPECT_EQ(NumbersOf(*fit.matrix, "a - b"), (std::vector<double>{3, -0.5}));
}

TEST(TreeRecipe, BooleanStringsBecomeZeroAndOne) {
  const table::Table t = TableMaker().Texts("f", {"No", "Yes", "", "Yes"}, SemanticType::kBoolean).Make();
  const FitOutput fit = Fit(t, Recipe::kTree, {0, 1, 0, 1});
  const auto& f = NumbersOf(*fit.matrix, "f");
  EXPECT_EQ(f[0], 0);
  EXPECT_EQ(f[1], 1);
  EXPECT_TRUE(std::isnan(f[2]));
  const auto other = Apply(*fit.features, TableMaker().Numbers("f", {1, 0, kNaN}).Make());
  EXPECT_EQ(NumbersOf(other, "f")[0], 1);
  EXPECT_EQ(NumbersOf(other, "f")[1], 0);
  EXPECT_TRUE(std::isnan(NumbersOf(other, "f")[2]));
}

TEST(TreeRecipe, UniqueTextsGiveShapeAndNumber) {
  std::vector<std::string> text, unit;
  for (int i = 0; i < 40; ++i) {
    text.push_back("row \xC3\xBC number " + std::to_string(100 + i));
    unit.push_back(std::to_string(1000 + 10 * i) + " CC");
  }
  const table::Table t = TableMaker().Texts("text", text, SemanticType::kText).Texts("unit", unit).Make();
  const FitOutput fit = Fit(t, Recipe::kTree, std::vector<double>(40, 0.0));
  EXPECT_EQ(NumbersOf(*fit.matrix, "text.length")[0], 16);  // characters, not bytes
  EXPECT_EQ(NumbersOf(*fit.matrix, "text.words")[0], 4);
  EXPECT_DOUBLE_EQ(NumbersOf(*fit.matrix, "text.digit_share")[0], 3.0 / 16);
  EXPECT_EQ(NumbersOf(*fit.matrix, "unit.number")[2], 1020);
}

TEST(LinearRecipe, ScalesAsReference) {
  // numpy: x = [1..9, nan]; median 5, q25 3, q75 7; z = (x - 5) / 4; z / sqrt(1 + (z / 3)^2)
  const table::Table t = TableMaker().Numbers("x", {1, 2, 3, 4, 5, 6, 7, 8, 9, kNaN}).Make();
  const FitOutput fit = Fit(t, Recipe::kLinear, std::vector<double>(10, 0.0));
  const auto& x = NumbersOf(*fit.matrix, "x");
  EXPECT_NEAR(x[0], -0.9486832980505138, 1e-15);
  EXPECT_NEAR(x[7], 0.7276068751089989, 1e-15);
  EXPECT_EQ(x[4], 0);
  EXPECT_EQ(x[9], 0);
  EXPECT_EQ(NumbersOf(*fit.matrix, "x.missing")[9], 1);
  EXPECT_EQ(NumbersOf(*fit.matrix, "x.missing")[0], 0);
  const auto far = Apply(*fit.features, TableMaker().Numbers("x", {1e300, -INFINITY, 1e6}).Make());
  EXPECT_EQ(NumbersOf(far, "x")[0], 3);
  EXPECT_EQ(NumbersOf(far, "x")[1], -3);
  EXPECT_LT(NumbersOf(far, "x")[2], 3 + 1e-9);
}

TEST(LinearRecipe, IndicatorOnlyWhereMissingIsNeitherRareNorTheRule) {
  std::vector<double> rare(1000, 1.0), none(1000), some(1000);
  for (std::size_t i = 0; i < 1000; ++i) {
    none[i] = some[i] = double(i);
    rare[i] = double(i % 7);
  }
  rare[0] = kNaN;                                       // 0.1 %
  for (std::size_t i = 0; i < 10; ++i) some[i] = kNaN;  // 1 %
  const table::Table t = TableMaker().Numbers("rare", rare).Numbers("none", none).Numbers("some", some).Make();
  EXPECT_EQ(Fit(t, Recipe::kLinear, std::vector<double>(1000, 0.0)).features->output_names(),
            (std::vector<std::string>{"rare", "none", "some", "some.missing"}));
}

TEST(LinearRecipe, HeavyTailsAreTakenByTheirLogarithm) {
  std::vector<double> x(1000);
  for (std::size_t i = 0; i < 1000; ++i) x[i] = std::exp(double(i) / 20);  // up to 5e21, skewness 6.7
  const table::Table t = TableMaker().Numbers("x", x).Make();
  const auto fit = Fit(t, Recipe::kLinear, std::vector<double>(1000, 0.0));
  const auto& z = NumbersOf(*fit.matrix, "x");
  EXPECT_NEAR(z[750] - z[500], z[500] - z[250], 1e-3);  // evenly spaced again
}

TEST(LinearRecipe, MissingCategoryIsALevelAndNewOnesCountAsMissing) {
  const table::Table t = TableMaker().Texts("c", {"a", "a", "b", ""}).Make();
  const FitOutput fit = Fit(t, Recipe::kLinear, {0, 1, 0, 1});
  EXPECT_EQ(fit.matrix->column(0).num_categories, 3);
  EXPECT_EQ(CodesOf(*fit.matrix, "c"), (std::vector<std::int32_t>{0, 0, 1, 2}));
  EXPECT_EQ(CodesOf(Apply(*fit.features, TableMaker().Texts("c", {"z"}).Make()), "c")[0], 2);
}

TEST(LinearRecipe, CyclesMeetAtTheirEnds) {
  std::vector<std::int64_t> hours;
  for (int i = 0; i < 24 * 40; ++i) hours.push_back(std::int64_t(i) * 3600000000LL);
  const table::Table t = TableMaker().Times("t", hours).Make();
  const FitOutput fit = Fit(t, Recipe::kLinear, std::vector<double>(hours.size(), 0.0));
  const auto& s = NumbersOf(*fit.matrix, "t.day_cycle.sin");
  const auto& c = NumbersOf(*fit.matrix, "t.day_cycle.cos");
  EXPECT_NEAR(s[6], 1, 1e-12);
  EXPECT_NEAR(c[0], c[24], 1e-12);
  EXPECT_NEAR(std::hypot(s[23] - s[0], c[23] - c[0]), std::hypot(s[1] - s[0], c[1] - c[0]), 1e-12);
}

TEST_P(BothRecipes, OneRowEqualsTheBatchBitForBit) {
  const table::Table t = Mixed(600);
  const FitOutput fit = Fit(t, GetParam(), Target(600), {}, Task::kBinary, 2);
  const model::Matrix batch = Apply(*fit.features, t);
  for (table::RowIndex i = 0; i < 600; i += 7) {
    const table::Rows one{i};
    EXPECT_TRUE(SameRow(Apply(*fit.features, t.Take(one)), 0, batch, i)) << "row " << i;
  }
}

TEST_P(BothRecipes, OrderAndExtraColumnsDoNotMatter) {
  const table::Table t = Mixed(300);
  const FitOutput fit = Fit(t, GetParam(), Target(300), {}, Task::kBinary, 2);
  const table::Table other =
      t.Select({8, 3, 1, 0, 7, 6, 5, 4, 2})
          .WithColumn(FieldOf("extra", SemanticType::kNumeric), table::Column::Doubles(std::vector<double>(300, 1.0)));
  ApplyReport report;
  const model::Matrix a = Apply(*fit.features, t), b = Apply(*fit.features, other, &report);
  for (std::size_t i = 0; i < 300; ++i) EXPECT_TRUE(SameRow(a, i, b, i));
  EXPECT_TRUE(report.missing_columns.empty() && report.new_categories.empty() && report.changed_types.empty());
}

TEST_P(BothRecipes, AbsentColumnsCountAsMissing) {
  const table::Table t = Mixed(300);
  const FitOutput fit = Fit(t, GetParam(), Target(300), {}, Task::kBinary, 2);
  ApplyReport report;
  const model::Matrix m = Apply(*fit.features, t.Select({0, 2}), &report);
  EXPECT_EQ(m.rows(), 300u);
  EXPECT_EQ(report.missing_columns.size(), 7u);
  for (std::size_t j = 0; j < m.cols(); ++j) {
    const model::MatrixColumn& column = m.column(j);
    EXPECT_EQ(column.sparse          ? column.sparse->row_of.size()
              : column.is_category() ? column.codes->size()
                                     : column.numeric->size(),
              300u);
  }
}

TEST_P(BothRecipes, ThreadsDoNotChangeABit) {
  const table::Table t = Mixed(9000);
  const table::Rows train = [] {
    table::Rows rows;
    for (table::RowIndex i = 0; i < 9000; i += 2) rows.push_back(i);
    return rows;
  }();
  const FitOutput a = Fit(t, GetParam(), Target(9000), train, Task::kBinary, 2, 1);
  const FitOutput b = Fit(t, GetParam(), Target(9000), train, Task::kBinary, 2, 4);
  model::ByteWriter wa, wb;
  a.features->Save(wa);
  b.features->Save(wb);
  EXPECT_EQ(wa.bytes(), wb.bytes());
  for (std::size_t i = 0; i < 9000; ++i) ASSERT_TRUE(SameRow(*a.matrix, i, *b.matrix, i));
}

TEST_P(BothRecipes, SavedFeaturesApplyTheSame) {
  const table::Table t = Mixed(500);
  const FitOutput fit = Fit(t, GetParam(), Target(500), {}, Task::kBinary, 2);
  model::ByteWriter writer;
  fit.features->Save(writer);
  model::ByteReader reader(writer.bytes());
  auto loaded = LoadFeatures(reader);
  ASSERT_TRUE(loaded.has_value());
  ASSERT_TRUE(reader.Finish("features").has_value());
  EXPECT_EQ((*loaded)->output_names(), fit.features->output_names());
  const model::Matrix a = Apply(*fit.features, t), b = Apply(**loaded, t);
  for (std::size_t i = 0; i < 500; ++i) ASSERT_TRUE(SameRow(a, i, b, i));
  model::ByteWriter again;
  (*loaded)->Save(again);
  EXPECT_EQ(again.bytes(), writer.bytes());
}

TEST_P(BothRecipes, DamagedBytesAreAnErrorOrAHarmlessSet) {
  const table::Table t = Mixed(60);
  const FitOutput fit = Fit(t, GetParam(), Target(60), {}, Task::kBinary, 2);
  model::ByteWriter writer;
  fit.features->Save(writer);
  const std::string good = writer.bytes();
  Random random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string bad = good;
    if (round % 3 == 0) {
      bad.resize(random.Below(bad.size()));
    } else {
      for (int k = 0; k <= round % 4; ++k) bad[random.Below(bad.size())] = char(random.Below(256));
    }
    model::ByteReader reader(bad);
    auto loaded = LoadFeatures(reader);
    if (!loaded || !reader.Finish("features")) continue;
    Apply(**loaded, t);  // a changed number may load; it must not crash
  }
}

TEST(ChangedTypes, AreConvertedAndCounted) {
  const table::Table t = TableMaker()
                             .Numbers("x", {1, 2, 3})
                             .Texts("c", {"1", "2", "2"})
                             .Times("t", {0, 86400000000, 172800000000})
                             .Make();
  const FitOutput fit = Fit(t, Recipe::kTree, {0, 1, 0});
  ApplyReport report;
  const model::Matrix m = Apply(*fit.features,
                                TableMaker()
                                    .Texts("x", {" 2.5", "12 kg", ""})
                                    .Numbers("c", {2, 1, kNaN})
                                    .Texts("t", {"1970-01-02", "1970-01-02T00:00:00Z", "soon"})
                                    .Make(),
                                &report);
  EXPECT_EQ(NumbersOf(m, "x")[0], 2.5);
  EXPECT_TRUE(std::isnan(NumbersOf(m, "x")[1]) && std::isnan(NumbersOf(m, "x")[2]));
  EXPECT_EQ(CodesOf(m, "c"), (std::vector<std::int32_t>{0, 1, -1}));
  EXPECT_EQ(NumbersOf(m, "t.epoch")[0], 86400);
  EXPECT_EQ(NumbersOf(m, "t.epoch")[1], 86400);
  ASSERT_EQ(report.changed_types.size(), 3u);
  EXPECT_EQ(report.changed_types[0].column, "x");
  EXPECT_EQ(report.changed_types[0].rows, 2);
  EXPECT_EQ(report.changed_types[0].unparsed, 1);
  EXPECT_EQ(report.changed_types[0].examples[0].first, "12 kg");
  EXPECT_EQ(report.changed_types[1].unparsed, 0);
  EXPECT_EQ(report.changed_types[2].unparsed, 1);
}

TEST(ChangedTypes, TextsAreReadByTheFormOfTraining) {
  table::Field engine = FieldOf("engine", table::SemanticType::kNumeric);
  engine.form.kind = table::ValueKind::kNumber;
  engine.form.style = table::NumberStyle::kDecimalComma;
  engine.form.affixed = true;
  engine.form.unit = "CC";
  engine.form.missing = {"Varies"};
  table::Field day = FieldOf("day", table::SemanticType::kDatetime);
  day.form.kind = table::ValueKind::kTime;
  day.form.order = table::DateOrder::kDayFirst;
  const std::int64_t april = 1333584000000000;  // 2012-04-05
  const auto trained = TableMaker()
                           .Push(engine, table::Column::Doubles({1248, 998.5, 2000, 1500}))
                           .Push(day, table::Column::Timestamps({april, april + 86400000000, april, april}))
                           .Make();
  const auto fitted = Fit(trained, model::Recipe::kTree, {1, 2, 3, 4});
  model::ByteWriter writer;
  fitted.features->Save(writer);
  model::ByteReader reader(writer.bytes());
  const auto loaded = LoadFeatures(reader);
  ASSERT_TRUE(loaded);
  const auto texts = TableMaker()
                         .Texts("engine", {"1.248 CC", "998,5", "Varies", "5 kg"})
                         .Texts("day", {"05/04/2012", "2012-04-06", "5.4.2012", "no day"})
                         .Make();
  ApplyReport report;
  const auto m = Apply(**loaded, texts, &report);
  EXPECT_EQ(NumbersOf(m, "engine")[0], 1248);
  EXPECT_EQ(NumbersOf(m, "engine")[1], 998.5);
  EXPECT_TRUE(std::isnan(NumbersOf(m, "engine")[2]));
  EXPECT_TRUE(std::isnan(NumbersOf(m, "engine")[3]));
  EXPECT_EQ(NumbersOf(m, "day.day")[0], 5);
  EXPECT_EQ(NumbersOf(m, "day.day")[1], 6);
  EXPECT_EQ(NumbersOf(m, "day.day")[2], 5);
  ASSERT_EQ(report.changed_types.size(), 2U);
  EXPECT_EQ(report.changed_types[0].unparsed, 1);
  EXPECT_EQ(report.changed_types[1].unparsed, 1);
}

TEST(NewCategories, AreCountedWithExamples) {
  const table::Table t = TableMaker().Texts("c", {"a", "b"}).Make();
  const FitOutput fit = Fit(t, Recipe::kTree, {0, 1});
  ApplyReport report;
  Apply(*fit.features, TableMaker().Texts("c", {"ZZ", "QX", "ZZ", "a", ""}).Make(), &report);
  ASSERT_EQ(report.new_categories.size(), 1u);
  EXPECT_EQ(report.new_categories[0].rows, 3);
  EXPECT_EQ(report.new_categories[0].examples[0], (std::pair<std::string, std::int64_t>("ZZ", 2)));
  ApplyReport more;
  more.Merge(report, false);
  more.Merge(report, false);
  EXPECT_EQ(more.new_categories[0].rows, 6);
  more.Merge(report, true);
  EXPECT_EQ(more.new_categories[0].rows, 6);
}

TEST(Features, LargeTable) {
  const std::size_t n = 120'000;
  TableMaker maker;
  for (int j = 0; j < 34; ++j) {
    std::vector<double> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = double(Mix64(i, std::uint64_t(j)) % 5000);
    maker.Numbers("x" + std::to_string(j), std::move(x));
  }
  for (int j = 0; j < 8; ++j) {
    table::DictionaryBuilder builder;
    std::vector<std::int32_t> codes(n);
    const std::uint64_t levels = j == 0 ? 4043 : 100;
    for (std::size_t i = 0; i < n; ++i) {
      codes[i] = builder.Intern("level" + std::to_string(Mix64(i, std::uint64_t(50 + j)) % levels));
    }
    maker.Push(FieldOf("c" + std::to_string(j), SemanticType::kCategorical),
               table::Column::Strings(std::move(codes), std::move(builder).Finish()));
  }
  for (int j = 0; j < 2; ++j) {
    std::vector<std::int64_t> times(n);
    for (std::size_t i = 0; i < n; ++i) times[i] = 1356998400000000 + std::int64_t(Mix64(i) % 8760) * 3600000000;
    maker.Times("t" + std::to_string(j), std::move(times));
  }
  const table::Table t = maker.Make();
  const std::vector<double> y = Target(n);
  const FitOutput fit = Fit(t, Recipe::kTree, y, {}, Task::kBinary, 2, 2);
  EXPECT_GE(fit.matrix->cols(), t.num_columns());
  EXPECT_EQ(fit.matrix->rows(), n);
}

}  // namespace
}  // namespace tagwerk::features
