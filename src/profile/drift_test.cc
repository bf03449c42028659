// Drift of columns: what moves is found, what does not is left alone, and a model's compact profile says
// nearly the same as the data itself.
#include "profile/drift.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace tagwerk::profile {
namespace {

using table::Column;
using table::SemanticType;

struct Maker {
  std::vector<table::Field> fields;
  std::vector<table::ColumnPtr> columns;
  std::size_t rows = 0;

  void Numbers(const std::string& name, std::vector<double> values) {
    rows = values.size();
    Add(name, SemanticType::kNumeric, Column::Doubles(std::move(values)));
  }
  void Strings(const std::string& name, const std::vector<std::string>& values,
               SemanticType type = SemanticType::kCategorical) {
    rows = values.size();
    table::DictionaryBuilder dictionary;
    std::vector<std::int32_t> codes;
    for (const auto& value : values) codes.push_back(value.empty() ? -1 : dictionary.Intern(value));
    Add(name, type, Column::Strings(std::move(codes), std::move(dictionary).Finish()));
  }
  void Add(const std::string& name, SemanticType type, table::ColumnPtr column) {
    table::Field field;
    field.name = field.original_name = name;
    field.type = type;
    fields.push_back(field);
    columns.push_back(std::move(column));
  }
  table::Table Make() const { return table::Table(fields, columns, rows); }
};

std::vector<double> NormalNumbers(std::size_t n, std::uint64_t seed, double mean = 0, double sd = 1) {
  Random random(seed);
  std::vector<double> values(n);
  for (double& v : values) v = mean + sd * random.Normal();
  return values;
}

std::vector<std::string> Letters(std::size_t n, std::uint64_t seed, double power = 1) {
  Random random(seed);
  std::vector<std::string> values(n);
  for (auto& v : values) v = std::string(1, char('a' + int(6 * std::pow(random.Uniform(), power))));
  return values;
}

Context MakeContext(Pool& pool) {
  Context context;
  context.pool = &pool;
  return context;
}

DataSample SampleAll(const Context& context, const table::Table& table) {
  std::vector<std::size_t> columns;
  for (std::size_t c = 0; c < table.num_columns(); ++c) columns.push_back(c);
  return SampleTable(context, table, columns);
}

table::Table MixedTable(std::size_t n, std::uint64_t seed, bool shifted) {
  Maker maker;
  maker.Numbers("same", NormalNumbers(n, seed));
  maker.Numbers("moved", NormalNumbers(n, seed + 1, shifted ? 0.3 : 0));
  std::vector<double> holes = NormalNumbers(n, seed + 2);
  for (std::size_t i = 0; i < n; i += shifted ? 5 : 50) holes[i] = std::nan("");
  maker.Numbers("holes", holes);
  maker.Strings("letters", Letters(n, seed + 3));
  maker.Strings("tilted", Letters(n, seed + 4, shifted ? 1.5 : 1));
  return maker.Make();
}

const ColumnDrift& Named(const Drift& drift, const std::string& name) {
  for (const auto& column : drift.columns)
    if (column.name == name) return column;
  throw std::runtime_error(name);
}

TEST(Drift, FindsWhatMovedAndNothingElse) {
  Pool pool(2);
  const Context context = MakeContext(pool);
  const auto reference = SampleAll(context, MixedTable(3000, 1, false));
  const auto drift = CompareTables(context, reference, MixedTable(2000, 100, true), {});
  ASSERT_TRUE(drift);
  EXPECT_FALSE(Named(*drift, "same").drifted);
  EXPECT_FALSE(Named(*drift, "letters").drifted);
  EXPECT_TRUE(Named(*drift, "moved").drifted);
  EXPECT_TRUE(Named(*drift, "tilted").drifted);
  EXPECT_TRUE(Named(*drift, "holes").drifted);
  EXPECT_NEAR(*Named(*drift, "moved").wasserstein, 0.3, 0.06);
  EXPECT_EQ(DriftGrade(Named(*drift, "moved").effect), "large");
  EXPECT_NEAR(Named(*drift, "holes").missing_current_share, 0.2, 1e-9);
  EXPECT_FALSE(Named(*drift, "tilted").ks);
  EXPECT_TRUE(Named(*drift, "tilted").chi_square);
}

TEST(Drift, CompactProfileSaysNearlyTheSame) {
  Pool pool(2);
  const Context context = MakeContext(pool);
  const auto exact = SampleAll(context, MixedTable(20000, 1, false));
  const auto compact = LoadSample(SaveSample(exact), "model.tw");
  ASSERT_TRUE(compact);
  for (const bool shifted : {false, true}) {
    const table::Table current = MixedTable(20000, 100, shifted);
    const auto a = CompareTables(context, exact, current, {}), b = CompareTables(context, *compact, current, {});
    ASSERT_TRUE(a && b);
    EXPECT_TRUE(b->from_model);
    for (std::size_t i = 0; i < a->columns.size(); ++i) {
      const ColumnDrift &x = a->columns[i], &y = b->columns[i];
      EXPECT_EQ(x.drifted, y.drifted) << x.name;
      EXPECT_NEAR(x.effect, y.effect, 0.01) << x.name;
      EXPECT_NEAR(x.psi, y.psi, 0.01) << x.name;
      if (x.ks) {
        EXPECT_NEAR(*x.ks, *y.ks, 0.002) << x.name;
      }
    }
  }
}

TEST(Drift, DamagedProfilesAreRefused) {
  Pool pool(1);
  const Context context = MakeContext(pool);
  const std::string bytes = SaveSample(SampleAll(context, MixedTable(500, 1, false)));
  ASSERT_TRUE(LoadSample(bytes, "m"));
  for (const std::string& bad :
       {std::string("{}"), std::string("[]"), std::string(""), bytes.substr(0, bytes.size() / 2),
        std::string(R"({"rows":1,"target":"","columns":[{"name":"x"}]})"),
        std::string(R"({"rows":-1,"target":"","columns":[]})"),
        std::string(
            R"({"rows":1,"target":"","columns":[{"name":"x","type":"numeric","form":"numbers","date_only":false,)"
            R"("rows":1,"missing":0,"effective":1,"atoms":[],"knots":[2,1],"between":1,"sd":1}]})")}) {
    const auto loaded = LoadSample(bad, "m");
    ASSERT_FALSE(loaded) << bad.substr(0, 80);
    EXPECT_EQ(loaded.error().id(), "model-damaged");
  }
}

TEST(Drift, SchemaChangesAreListed) {
  Pool pool(1);
  const Context context = MakeContext(pool);
  Maker before, after;
  before.Numbers("number", NormalNumbers(300, 1));
  before.Strings("letter", Letters(300, 2));
  before.Strings("gone", Letters(300, 3));
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) texts.push_back(i < 150 ? std::to_string(i) : "12 kg");
  after.Strings("number", texts);
  auto letters = Letters(300, 2);
  for (int i = 0; i < 30; ++i) letters[std::size_t(i)] = "zz";
  after.Strings("letter", letters);
  after.Strings("more", Letters(300, 4));
  const auto drift = CompareTables(context, SampleAll(context, before.Make()), after.Make(), {});
  ASSERT_TRUE(drift);
  EXPECT_EQ(drift->missing_columns, (std::vector<std::string>{"gone"}));
  EXPECT_EQ(drift->extra_columns, (std::vector<std::string>{"more"}));
  ASSERT_EQ(drift->type_changes.size(), 1u);
  EXPECT_EQ(drift->type_changes[0].name, "number");
  EXPECT_NEAR(drift->type_changes[0].unparsed_share, 0.5, 1e-9);
  EXPECT_EQ(Named(*drift, "letter").new_categories, (std::vector<std::string>{"zz"}));
  EXPECT_NEAR(Named(*drift, "letter").new_category_share, 0.1, 1e-9);
  EXPECT_TRUE(Named(*drift, "number").drifted);  // half of it is missing now
}

TEST(Drift, WeightsUndoASelection) {
  Pool pool(1);
  const Context context = MakeContext(pool);
  Maker maker;
  Random random(9);
  std::vector<double> x, w;
  for (int i = 0; i < 4000; ++i) {
    const double value = random.Uniform();
    if (random.Uniform() < 0.2 + 0.8 * value) x.push_back(value), w.push_back(1 / (0.2 + 0.8 * value));
  }
  std::vector<double> uniform(4000);
  for (double& v : uniform) v = random.Uniform();
  Maker reference;
  reference.Numbers("x", uniform);
  maker.Numbers("x", x);
  const auto sample = SampleAll(context, reference.Make());
  const auto plain = CompareTables(context, sample, maker.Make(), {});
  const auto weighted = CompareTables(context, sample, maker.Make(), {}, w);
  ASSERT_TRUE(plain && weighted);
  EXPECT_TRUE(plain->columns[0].drifted);
  EXPECT_FALSE(weighted->columns[0].drifted);
}

TEST(Drift, KeysAreComparedByLength) {
  Pool pool(1);
  const Context context = MakeContext(pool);
  const auto keys = [](int from) {
    Maker maker;
    std::vector<std::string> values;
    for (int i = 0; i < 500; ++i) values.push_back("k" + std::to_string(from + i));
    maker.Strings("key", values);
    return maker.Make();
  };
  const auto drift = CompareTables(context, SampleAll(context, keys(1000)), keys(5000), {});
  ASSERT_TRUE(drift);
  EXPECT_EQ(drift->columns[0].form, Form::kLengths);
  EXPECT_FALSE(drift->columns[0].drifted);
}

TEST(Drift, NothingInCommonIsAnError) {
  Pool pool(1);
  const Context context = MakeContext(pool);
  Maker a, b;
  a.Numbers("x", NormalNumbers(10, 1));
  b.Numbers("y", NormalNumbers(10, 1));
  const auto drift = CompareTables(context, SampleAll(context, a.Make()), b.Make(), {});
  ASSERT_FALSE(drift);
  EXPECT_EQ(drift.error().id(), "drift-no-columns");
}

TEST(Drift, ConstantAndEmptyColumnsDoNotTrip) {
  Pool pool(1);
  const Context context = MakeContext(pool);
  Maker a, b;
  a.Numbers("constant", std::vector<double>(100, 3));
  b.Numbers("constant", std::vector<double>(80, 3));
  a.Numbers("x", NormalNumbers(100, 1));
  b.Numbers("x", std::vector<double>(80, std::nan("")));
  a.rows = 100, b.rows = 80;
  const auto drift = CompareTables(context, SampleAll(context, a.Make()), b.Make(), {});
  ASSERT_TRUE(drift);
  EXPECT_FALSE(Named(*drift, "constant").drifted);
  EXPECT_EQ(Named(*drift, "constant").effect, 0);
  EXPECT_TRUE(Named(*drift, "x").drifted);
  EXPECT_NEAR(Named(*drift, "x").effect, 1, 1e-9);
}

}  // namespace
}  // namespace tagwerk::profile
