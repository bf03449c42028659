// Pairs, near-duplicate columns, missingness and order: what they find, and that clean data is silent.
#include <gtest/gtest.h>

#include <algorithm>

#include "profile/made_tables.h"
#include "profile/order.h"
#include "stats/tests.h"

namespace tagwerk::profile {
namespace {

using test::Each;
using test::Find;
using test::Made;
using test::Uniforms;

ProfileOptions Full() {
  ProfileOptions options;
  options.full = true;
  return options;
}

std::vector<double> Normals(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  return Each(n, [&](std::size_t) { return random.Normal(); });
}

std::vector<std::string> Levels(std::size_t n, std::uint64_t seed, int levels) {
  Random random(seed);
  std::vector<std::string> values(n);
  for (auto& v : values) v = "level " + std::to_string(random.Below(std::uint64_t(levels)));
  return values;
}

const PairRelation* PairOf(const Profile& profile, std::size_t a, std::size_t b) {
  for (const auto& pair : profile.pairs.strongest) {
    if (std::minmax(pair.first, pair.second) == std::minmax(a, b)) return &pair;
  }
  return nullptr;
}

TEST(Pairs, EveryKindOfPairIsMeasured) {
  const std::size_t n = 3000;
  const auto x = Normals(n, 1), noise = Normals(n, 2);
  const auto town = Levels(n, 3, 12);
  std::vector<std::string> country(n);
  for (std::size_t i = 0; i < n; ++i) country[i] = town[i].size() % 2 == 0 ? "even" : "odd";
  Made made;
  made.Numbers("x", x)
      .Numbers("y", Each(n, [&](std::size_t i) { return 0.8 * x[i] + 0.6 * noise[i]; }))
      .Strings("town", town)
      .Strings("country", country)
      .Numbers("by_town", Each(n, [&](std::size_t i) { return double(town[i].back()) + noise[i]; }));
  const auto profile = made.Run("", Full());
  ASSERT_TRUE(profile);
  const PairRelation* numbers = PairOf(*profile, 0, 1);
  EXPECT_NEAR(numbers->pearson, 0.8, 0.03);
  EXPECT_NEAR(numbers->spearman, 0.79, 0.03);
  EXPECT_EQ(numbers->rows, 3000);
  EXPECT_GT(PairOf(*profile, 4, 2)->eta, 0.9);
  EXPECT_EQ(PairOf(*profile, 4, 2)->first, 4u);
  const PairRelation* groups = PairOf(*profile, 2, 3);
  EXPECT_GT(groups->cramers_v, 0.99);
  EXPECT_NEAR(groups->u_second, 1, 1e-9);
  EXPECT_LT(groups->u_first, 0.5);
  EXPECT_LT(numbers->q_value, 1e-10);
  EXPECT_GT(PairOf(*profile, 0, 2)->q_value, 0.001);
  EXPECT_EQ(profile->pairs.tested, 10);
  EXPECT_GE(profile->pairs.strongest.front().strength, profile->pairs.strongest.back().strength);
}

TEST(Pairs, RanksOfRowsWithBothValuesOnly) {
  const std::size_t n = 400;
  auto x = Normals(n, 1);
  const auto y = Each(n, [&](std::size_t i) { return std::exp(x[i]) + 0.01 * double(i % 7); });
  for (std::size_t i = 0; i < n; i += 3) x[i] = kNaN;
  Made made;
  made.Numbers("x", x).Numbers("y", y);
  const auto profile = made.Run("", Full());
  const PairRelation* pair = PairOf(*profile, 0, 1);
  EXPECT_EQ(pair->rows, 266);
  EXPECT_NEAR(pair->spearman, stats::Spearman(x, y), 1e-12);
  EXPECT_NEAR(pair->pearson, stats::Pearson(x, y), 1e-12);
}

TEST(Pairs, WideTablesUseFewerRowsAndSaySo) {
  Made made;
  for (std::uint64_t c = 0; c < 120; ++c) made.Numbers("x" + std::to_string(c), Normals(9000, c + 1));
  const auto profile = made.Run("", {});
  EXPECT_EQ(profile->pairs.tested, 120 * 119 / 2);
  EXPECT_TRUE(profile->pairs.rows < 9000 || !profile->pairs.sampled);
  EXPECT_LT(std::fabs(profile->pairs.strongest.front().strength), 0.1);
}

TEST(NearDuplicates, NamesFormulasAndRoundingAreTold) {
  const std::size_t n = 2000;
  const auto celsius = Each(n, [](std::size_t i) { return double(i * 7919 % 600) / 10 - 20; });
  const auto group = Levels(n, 4, 8);
  std::vector<std::string> german(n);
  for (std::size_t i = 0; i < n; ++i) german[i] = "Stufe " + group[i].substr(6);
  Made made;
  made.Numbers("celsius", celsius)
      .Numbers("fahrenheit", Each(n, [&](std::size_t i) { return 1.8 * celsius[i] + 32; }))
      .Numbers("degrees", Each(n, [&](std::size_t i) { return std::round(celsius[i]); }))
      .Strings("group", group)
      .Strings("gruppe", german);
  const auto profile = made.Run("", Full());
  const Finding* formula = Find(*profile, "column.near_duplicate", "fahrenheit");
  ASSERT_NE(formula, nullptr);
  EXPECT_EQ(formula->text_key, "finding.affine");
  EXPECT_EQ(formula->text_values["formula"], "1.8 x celsius + 32");
  const Finding* rounded = Find(*profile, "column.near_duplicate", "degrees");
  ASSERT_NE(rounded, nullptr);
  EXPECT_EQ(rounded->text_key, "finding.rounded");
  const Finding* names = Find(*profile, "column.near_duplicate", "gruppe");
  ASSERT_NE(names, nullptr);
  EXPECT_EQ(names->text_key, "finding.one_to_one");
  EXPECT_EQ(names->columns, (std::vector<std::string>{"gruppe", "group"}));
}

TEST(NearDuplicates, OneContradictionIsEnough) {
  const std::size_t n = 2000;
  const auto group = Levels(n, 4, 8);
  std::vector<std::string> other = group;
  std::swap(other[17],
            other[std::size_t(std::find_if(other.begin(), other.end(), [&](const auto& v) { return v != other[17]; }) -
                              other.begin())]);
  Made made;
  made.Strings("group", group).Strings("other", other);
  const auto profile = made.Run("", Full());
  EXPECT_EQ(Find(*profile, "column.near_duplicate", "other"), nullptr);
}

TEST(Missingness, PatternsGroupsAndDependence) {
  const std::size_t n = 4000;
  auto a = Normals(n, 1), b = Normals(n, 2), c = Normals(n, 3);
  const auto level = Levels(n, 4, 4);
  const auto age = Uniforms(n, 5, 20, 80);
  Random random(6);
  for (std::size_t i = 0; i < n; ++i) {
    if (i % 11 == 0) a[i] = b[i] = kNaN;                               // together, at random
    if (level[i] == "level 2" && random.Uniform() < 0.7) c[i] = kNaN;  // by level
  }
  auto income = Normals(n, 7);
  for (std::size_t i = 0; i < n; ++i) {
    if (age[i] > 60 && random.Uniform() < 0.5) income[i] = kNaN;  // by number
  }
  Made made;
  made.Numbers("a", a).Numbers("b", b).Numbers("c", c).Strings("level", level).Numbers("age", age);
  made.Numbers("income", income);
  const auto profile = made.Run("", Full());
  const Missingness& missing = *profile->missingness;
  EXPECT_EQ(missing.columns, 4);
  ASSERT_EQ(missing.groups.size(), 1u);
  EXPECT_EQ(missing.groups[0].columns, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(missing.groups[0].rows, 364);
  EXPECT_TRUE(missing.patterns.front().columns.empty());
  EXPECT_EQ(missing.patterns.front().rows, missing.complete_rows);
  ASSERT_EQ(missing.depends.size(), 2u);
  const Finding* by_level = Find(*profile, "missing.depends", "c");
  ASSERT_NE(by_level, nullptr);
  EXPECT_EQ(by_level->text_values["label"], "level 2");
  EXPECT_EQ(by_level->text_values["other_share"], 0.0);
  const Finding* by_number = Find(*profile, "missing.depends", "income");
  ASSERT_NE(by_number, nullptr);
  EXPECT_EQ(by_number->columns[1], "age");
  EXPECT_NE(Find(*profile, "missing.together", "a"), nullptr);
}

TEST(Order, DriftOfNumbersLevelsAndFilling) {
  const std::size_t n = 5000;
  auto shifted = Normals(n, 1), wider = Normals(n, 2), filled = Normals(n, 3);
  auto level = Levels(n, 4, 3);
  for (std::size_t i = 0; i < n; ++i) {
    if (i > n / 2) shifted[i] += 2;
    wider[i] *= 1 + 3 * double(i) / double(n);
    if (i < n / 3 && i % 2 == 0) filled[i] = kNaN;
    if (i < n / 4) level[i] = "level 1";
  }
  Made made;
  made.Numbers("shifted", shifted).Numbers("wider", wider).Numbers("filled", filled).Strings("level", level);
  made.Numbers("steady", Normals(n, 5));
  const auto profile = made.Run("", Full());
  std::vector<std::size_t> drifting;
  for (const auto& change : profile->order->changes)
    if (change.drifts) drifting.push_back(change.column);
  std::sort(drifting.begin(), drifting.end());
  EXPECT_EQ(drifting, (std::vector<std::size_t>{0, 1, 2, 3}));
  // Four of them share one finding.
  const auto of_order = std::count_if(profile->findings.begin(), profile->findings.end(),
                                      [](const Finding& f) { return f.id == "order.drift"; });
  EXPECT_EQ(of_order, 1);
}

TEST(Order, SortedRowsAreOneFinding) {
  const std::size_t n = 3000;
  const auto group = Each(n, [](std::size_t i) { return double(i / 1000); });
  const auto noise = Normals(n, 1);
  Made made;
  made.Numbers("group", group).Numbers("x", Each(n, [&](std::size_t i) { return group[i] * 2 + noise[i]; }));
  const auto profile = made.Run("", Full());
  EXPECT_EQ(profile->order->sorted_by, (std::vector<std::size_t>{0}));
  EXPECT_NE(Find(*profile, "order.drift", "group"), nullptr);
  EXPECT_EQ(Find(*profile, "order.drift", "x"), nullptr);
}

TEST(Order, AlongTheTimeColumn) {
  const std::size_t n = 3000;
  Random random(9);
  std::vector<std::int64_t> times(n);
  for (auto& t : times) t = std::int64_t(random.Below(31536000));
  const auto noise = Normals(n, 1);
  Made made;
  made.Times("time", times)
      .Numbers("x", Each(n, [&](std::size_t i) { return double(times[i]) / 1e7 + noise[i]; }))
      .Numbers("z", Normals(n, 2));
  const auto profile = made.Run("", Full());
  const Finding* drift = Find(*profile, "order.drift", "x");
  ASSERT_NE(drift, nullptr);
  EXPECT_EQ(drift->text_key, "finding.order_number_time");
  EXPECT_EQ(Find(*profile, "order.drift", "z"), nullptr);
}

// Clean data of several kinds: none of the comparing findings may come up. Each of 40 seeds is a table of
// numbers, whole numbers, levels, text marks and gaps at random, all independent.
TEST(Compared, CleanDataIsSilent) {
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const std::size_t n = 300 + 100 * (seed % 12);
    auto gaps = Normals(n, seed * 10 + 1);
    auto more_gaps = Uniforms(n, seed * 10 + 2);
    Random random(seed);
    for (std::size_t i = 0; i < n; ++i) {
      if (random.Uniform() < 0.15) gaps[i] = kNaN;
      if (random.Uniform() < 0.15) more_gaps[i] = kNaN;
    }
    Made made;
    made.Numbers("gaps", gaps).Numbers("more_gaps", more_gaps);
    made.Numbers("whole", test::Integers(n, seed * 10 + 3, 0, 9)).Strings("level", Levels(n, seed * 10 + 4, 5));
    made.Strings("many", Levels(n, seed * 10 + 5, 30)).Strings("two", Levels(n, seed * 10 + 6, 2));
    made.Numbers("log", Each(n, [&](std::size_t) { return std::exp(random.Normal()); }));
    made.Numbers("y", Normals(n, seed * 10 + 7));
    const auto profile = made.Run("y", Full());
    ASSERT_TRUE(profile);
    for (const Finding& finding : profile->findings) {
      const bool compared = finding.id == "column.near_duplicate" || finding.id == "order.drift" ||
                            finding.id == "missing.together" || finding.id == "missing.depends";
      if (compared) ++alarms, ADD_FAILURE() << "seed " << seed << ": " << finding.text;
    }
  }
  EXPECT_EQ(alarms, 0);
}

}  // namespace
}  // namespace tagwerk::profile
