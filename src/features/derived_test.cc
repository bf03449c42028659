// Features of two columns: found where they tell something, and only there.
#include "features/derived.h"

#include <cmath>

#include "base/random.h"
#include "features/features_test.h"

namespace tagwerk::features {
namespace {

using testing::Apply;
using testing::Fit;
using testing::TableMaker;

struct Data {
  TableMaker maker;
  std::vector<double> a, b, c, y;
  std::vector<std::string> p, q;

  explicit Data(std::size_t n) {
    Random random(5);
    for (std::size_t i = 0; i < n; ++i) {
      a.push_back(1 + random.Uniform() * 9);
      b.push_back(1 + random.Uniform() * 9);
      c.push_back(random.Normal());
      p.push_back("p" + std::to_string(random.Below(6)));
      q.push_back("q" + std::to_string(random.Below(6)));
    }
  }
  table::Table Table() {
    return TableMaker().Numbers("a", a).Numbers("b", b).Numbers("c", c).Texts("p", p).Texts("q", q).Make();
  }
};

std::vector<std::string> NamesOf(const FitOutput& fit) { return fit.features->output_names(); }

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

TEST(Derived, ARatioIsFound) {
  Data data(2000);
  for (std::size_t i = 0; i < 2000; ++i) data.y.push_back(data.a[i] / data.b[i]);
  const table::Table table = data.Table();
  const auto names = NamesOf(Fit(table, model::Recipe::kTreeDerived, data.y));
  EXPECT_TRUE(Has(names, "a / b") || Has(names, "b / a"));
  for (const std::string& name : names) EXPECT_EQ(name.find("c /"), std::string::npos) << name;
  EXPECT_FALSE(Has(NamesOf(Fit(table, model::Recipe::kTree, data.y)), "a / b"));
}

TEST(Derived, ACrossIsFound) {
  Data data(3000);
  for (std::size_t i = 0; i < 3000; ++i) {
    const bool even = (data.p[i][1] + data.q[i][1]) % 2 == 0;  // tells nothing of p or q alone
    data.y.push_back(even ? 1 : 0);
  }
  const auto fit = Fit(data.Table(), model::Recipe::kTreeDerived, data.y, {}, Task::kBinary, 2);
  ASSERT_TRUE(Has(NamesOf(fit), "p x q.target"));
  const auto& encoded = testing::NumbersOf(*fit.matrix, "p x q.target");
  for (std::size_t i = 0; i < 50; ++i) EXPECT_NEAR(encoded[i], data.y[i], 0.2);
}

TEST(Derived, NothingIsMadeOfNoise) {
  int made = 0;
  for (int repeat = 0; repeat < 10; ++repeat) {
    Data data(1000);
    Random random(std::uint64_t(100 + repeat));
    for (std::size_t i = 0; i < 1000; ++i) data.y.push_back(random.Normal() + data.c[i] + std::log(data.a[i]));
    made += int(NamesOf(Fit(data.Table(), model::Recipe::kTreeDerived, data.y)).size()) -
            int(NamesOf(Fit(data.Table(), model::Recipe::kTree, data.y)).size());
  }
  EXPECT_LE(made, 5);  // of 1,190 candidates
}

TEST(Derived, SingleColumnsExplainWhatTheyCan) {
  Data data(3000);  // additive: no pair is needed
  for (std::size_t i = 0; i < 3000; ++i) data.y.push_back(data.a[i] * data.a[i] + 3 * data.c[i] + data.p[i][1]);
  const table::Table table = data.Table();
  const auto names = NamesOf(Fit(table, model::Recipe::kTreeDerived, data.y));
  EXPECT_LE(names.size(), NamesOf(Fit(table, model::Recipe::kTree, data.y)).size() + 1);
}

TEST(Derived, LoadedFeaturesGiveTheSameBitsForARowAlone) {
  Data data(3000);
  for (std::size_t i = 0; i < 3000; ++i)
    data.y.push_back(data.a[i] / data.b[i] + ((data.p[i][1] + data.q[i][1]) % 2 == 0 ? 3 : 0));
  const table::Table table = data.Table();
  const auto fit = Fit(table, model::Recipe::kTreeDerived, data.y);
  model::ByteWriter writer;
  fit.features->Save(writer);
  model::ByteReader reader(writer.bytes());
  auto loaded = LoadFeatures(reader);
  ASSERT_TRUE(loaded.has_value());
  const model::Matrix batch = Apply(*fit.features, table);
  EXPECT_GT(batch.cols(), 6U);
  for (const table::RowIndex r : {0U, 1234U})
    EXPECT_TRUE(testing::SameRow(batch, r, Apply(**loaded, table.Take(table::Rows{r})), 0));
  for (std::size_t at = 0; at < writer.bytes().size(); at += 5) {
    model::ByteReader cut(std::string_view(writer.bytes()).substr(0, at));
    EXPECT_FALSE(LoadFeatures(cut).has_value());
  }
}

TEST(Derived, DivisionByZeroIsMissing) {
  EXPECT_TRUE(std::isnan(Calculate(Operation::kRatio, 1, 0)));
  EXPECT_TRUE(std::isnan(Calculate(Operation::kProduct, 1e300, 1e300)));
  EXPECT_EQ(Calculate(Operation::kDifference, 3, 5), -2);
}

}  // namespace
}  // namespace tagwerk::features
