// Keys, dependencies, references and the SQL made of them.
#include "profile/dependencies.h"

#include <gtest/gtest.h>

#include "profile/made_tables.h"
#include "profile/schema_sql.h"

namespace tagwerk::profile {
namespace {

using test::Each;
using test::Integers;
using test::Made;
using test::Uniforms;

ProfileOptions FullProfile() {
  ProfileOptions options;
  options.full = true;
  return options;
}

using Columns = std::vector<std::size_t>;

bool HasKeyOf(const Dependencies& found, const Columns& columns) {
  for (const auto& key : found.keys)
    if (key.columns == columns) return true;
  return false;
}

const Dependencies::Dependency* From(const Dependencies& found, const Columns& left) {
  for (const auto& dependency : found.dependencies)
    if (dependency.left == left) return &dependency;
  return nullptr;
}

/// 60 shops, 40 days: (shop, day) is the key; the shop has a town, the town a country; 1 in 500 is wrong.
Made Sales(std::size_t wrong_every) {
  const std::size_t shops = 60, days = 40, n = shops * days;
  Made made;
  const auto shop = [&](std::size_t i) { return i % shops; };
  std::vector<std::string> town(n), country(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t t = shop(i) % 15;
    town[i] = "town " + std::to_string(t);
    country[i] = t % 4 == 0 ? "France" : t % 4 == 1 ? "Italy" : "Austria";
    if (wrong_every > 0 && i % wrong_every == 7) country[i] = "Spain";
  }
  made.Numbers("shop", Each(n, [&](std::size_t i) { return double(shop(i)); }));
  made.Times("day", [&] {
    std::vector<std::int64_t> at(n);
    for (std::size_t i = 0; i < n; ++i) at[i] = std::int64_t(i / shops) * 86400;
    return at;
  }());
  made.Strings("town", town).Strings("country", country).Numbers("amount", Uniforms(n, 1, 0, 100));
  made.Numbers("rating", Integers(n, 2, 1, 5));
  return made;
}

TEST(Dependencies, CompositeKeyAndChainAreFound) {
  Made made = Sales(0);
  const auto profile = made.Run("", FullProfile());
  ASSERT_TRUE(profile);
  const Dependencies& found = *profile->dependencies;
  EXPECT_TRUE(HasKeyOf(found, {0, 1}));
  EXPECT_EQ(found.keys.size(), 1u);
  ASSERT_NE(From(found, {0}), nullptr);
  EXPECT_EQ(From(found, {0})->right, (Columns{2, 3}));
  EXPECT_EQ(From(found, {0})->error, 0);
  EXPECT_EQ(From(found, {0})->groups, 60);
  ASSERT_NE(From(found, {2}), nullptr);
  EXPECT_EQ(From(found, {2})->right, (Columns{3}));
  EXPECT_EQ(found.dependencies.size(), 2u);  // nothing by two columns, nothing on the rating
}

TEST(Dependencies, ExceptionsAreCountedAsG3) {
  Made made = Sales(500);
  const auto profile = made.Run("", FullProfile());
  const auto* town = From(*profile->dependencies, {2});
  ASSERT_NE(town, nullptr);
  // Rows 7, 507, 1007, 1507, 2007 of 2,400 must go.
  EXPECT_NEAR(town->error, 5.0 / 2400, 1e-12);
}

TEST(Dependencies, TwoColumnsTogetherDetermine) {
  const std::size_t n = 3000;
  const auto a = Integers(n, 1, 0, 11), b = Integers(n, 2, 0, 11);
  Made made;
  made.Numbers("a", a).Numbers("b", b).Numbers(
      "mix", Each(n, [&](std::size_t i) { return double((std::uint64_t(a[i]) * 7 + std::uint64_t(b[i]) * 5) % 12); }));
  const auto profile = made.Run("", FullProfile());
  const auto* both = From(*profile->dependencies, {0, 1});
  ASSERT_NE(both, nullptr);
  EXPECT_EQ(both->right, (Columns{2}));
  EXPECT_TRUE(profile->dependencies->keys.empty());
}

// Independent columns: keys and dependencies that hold by accident of few rows must not be told.
TEST(Dependencies, ChanceIsSilent) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const std::size_t n = 60 + 60 * (seed % 8);
    Made made;
    for (std::uint64_t c = 0; c < 6; ++c)
      made.Numbers("c" + std::to_string(c), Integers(n, seed * 10 + c, 0, c < 3 ? 30 : 300));
    made.Numbers("flag", Each(n, [&](std::size_t i) { return double(i % n == 3); }));
    const auto profile = made.Run("", FullProfile());
    EXPECT_TRUE(profile->dependencies->keys.empty()) << seed;
    EXPECT_TRUE(profile->dependencies->dependencies.empty()) << seed;
  }
}

struct Several {
  std::vector<Made> made;
  std::vector<Profile> profiles;
  std::vector<NamedTable> tables;
  void Add(const std::string& name, Made table) {
    made.push_back(std::move(table));
    profiles.push_back(*made.back().Run("", FullProfile()));
    names.push_back(name);
  }
  std::vector<NamedTable>& Tables() {
    tables.clear();
    for (std::size_t i = 0; i < made.size(); ++i)
      tables.push_back({names[i], &made[i].read.table, &profiles[i].columns, profiles[i].dependencies.get()});
    return tables;
  }
  std::vector<std::string> names;
};

TEST(References, ByNameAndNotByAccident) {
  Pool pool(2);
  Context context;
  context.pool = &pool;
  Several files;
  files.Add("customers", Made().Numbers("id", Each(200, [](std::size_t i) { return double(i + 1); })));
  files.Add("orders", Made()
                          .Numbers("order_id", Each(900, [](std::size_t i) { return double(i + 5000); }))
                          .Numbers("customer_id", Integers(900, 1, 1, 200))
                          .Numbers("stars", Integers(900, 2, 1, 5)));
  const auto references = FindReferences(context, files.Tables());
  ASSERT_EQ(references.size(), 1u);
  EXPECT_EQ(references[0].from, 1u);
  EXPECT_EQ(references[0].columns, (Columns{1}));
  EXPECT_TRUE(references[0].by_name);
  const std::string sql = SchemaSql(files.Tables(), references, SqlDialect::kBoth);
  EXPECT_LT(sql.find("CREATE TABLE \"customers\""), sql.find("CREATE TABLE \"orders\""));
  EXPECT_NE(sql.find("FOREIGN KEY (\"customer_id\") REFERENCES \"customers\" (\"id\")"), std::string::npos) << sql;
  EXPECT_NE(sql.find("PRIMARY KEY (\"order_id\")"), std::string::npos) << sql;
}

TEST(SchemaSql, HostileNamesAreQuotedAndDistinct) {
  Several files;
  Made made;
  made.Numbers("a\"b", Uniforms(30, 1))
      .Numbers("A\"B", Uniforms(30, 2))
      .Strings("x\n'); DROP", std::vector<std::string>(30, "v'1"));
  files.Add("t\";--\n", std::move(made));
  const std::string sql = SchemaSql(files.Tables(), {}, SqlDialect::kBoth);
  EXPECT_NE(sql.find("CREATE TABLE \"t\"\";--_\" ("), std::string::npos) << sql;
  EXPECT_NE(sql.find("\"a\"\"b\" DOUBLE PRECISION NOT NULL"), std::string::npos) << sql;
  EXPECT_NE(sql.find("\"A\"\"B_2\""), std::string::npos) << sql;
  EXPECT_EQ(sql.find("x\n"), std::string::npos) << sql;
  EXPECT_EQ(TableNames({"a/Orders.csv.gz", "b/orders.parquet", "-"}),
            (std::vector<std::string>{"Orders", "orders_2", "data"}));
}

}  // namespace
}  // namespace tagwerk::profile
