// Leakage: what must be found, and what must never be left out.
#include <gtest/gtest.h>

#include "profile/made_tables.h"

namespace tagwerk::profile {
namespace {

using test::Each;
using test::Integers;

using test::Made;
using test::Names;
using test::Uniforms;
using Strings = std::vector<std::string>;

/// A binary target driven by two of three noisy columns.
struct Base {
  std::size_t n;
  std::vector<double> a, b, noise, y;
};

Base Binary(std::size_t n, std::uint64_t seed) {
  Base base{n, Uniforms(n, seed), Uniforms(n, seed + 1), Uniforms(n, seed + 2), {}};
  base.y = Each(n, [&](std::size_t i) { return double(base.a[i] + base.b[i] + 0.8 * base.noise[i] > 1.6); });
  return base;
}

Made Table(const Base& base) {
  Made made;
  made.Numbers("a", base.a).Numbers("b", base.b).Numbers("c", Uniforms(base.n, 99));
  return made;
}

TEST(Leakage, CleanDataHasNone) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    const Base base = Binary(3000, seed * 10);
    Made made = Table(base);
    made.Numbers("y", base.y);
    const auto profile = made.Run("y");
    ASSERT_TRUE(profile);
    EXPECT_TRUE(profile->certain_leaks.empty());
    EXPECT_TRUE(profile->suspects.empty());
    EXPECT_EQ(profile->features.size(), 3u);
  }
}

TEST(Leakage, DefinitionByALimitIsCertain) {
  const std::size_t n = 4000;
  const auto delay = Integers(n, 1, -30, 90);
  Made made;
  made.Numbers("x", Uniforms(n, 2)).Numbers("delay_minutes", delay);
  made.Numbers("late", Each(n, [&](std::size_t i) { return double(delay[i] > 15); }));
  const auto profile = made.Run("late");
  ASSERT_TRUE(profile);
  EXPECT_EQ(Names(made, profile->certain_leaks), Strings{"delay_minutes"});
  const Finding* finding = test::Find(*profile, "leakage.single_column", "delay_minutes");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->severity, Severity::kCritical);
  EXPECT_EQ(finding->action, Action::kLeftOut);
  EXPECT_EQ(finding->override_option, "--use delay_minutes");
  EXPECT_FALSE(finding->suspect);
  EXPECT_EQ(profile->reason_not_used[1], "leakage");
}

TEST(Leakage, ClassesThatLieApartByNatureStay) {
  // As petal length of irises: no error at all, but a gap where a definition would have none.
  const std::size_t n = 3000;
  const auto y = Integers(n, 1, 0, 1), u = Uniforms(n, 2);
  Made made;
  made.Numbers("petal_length", Each(n, [&](std::size_t i) { return y[i] == 0 ? 1.0 + u[i] : 3.0 + 3 * u[i]; }));
  made.Numbers("x", Uniforms(n, 3)).Numbers("y", y);
  const auto profile = made.Run("y");
  ASSERT_TRUE(profile);
  EXPECT_TRUE(profile->certain_leaks.empty());
  EXPECT_EQ(Names(made, profile->suspects), Strings{"petal_length"});
  EXPECT_EQ(profile->features.size(), 2u);
}

TEST(Leakage, StrongColumnsWithErrorsStay) {
  const std::size_t n = 8000;
  const auto y = Integers(n, 1, 0, 1), u = Uniforms(n, 2);
  std::vector<std::string> odor;
  for (std::size_t i = 0; i < n; ++i)
    odor.push_back(u[i] < 0.03 ? "none" : y[i] == 1 ? "foul" : (u[i] < 0.5 ? "anise" : "almond"));
  Made made;
  made.Strings("odor", odor).Numbers("x", Uniforms(n, 3)).Numbers("z", Uniforms(n, 4)).Numbers("y", y);
  const auto profile = made.Run("y");
  ASSERT_TRUE(profile);
  EXPECT_TRUE(profile->certain_leaks.empty());
  EXPECT_EQ(Names(made, profile->suspects), Strings{"odor"});
}

TEST(Leakage, FewRowsAreNoProof) {
  const std::size_t n = 150;
  const auto x = Uniforms(n, 1);
  Made made;
  made.Numbers("x", x).Numbers("z", Uniforms(n, 2));
  made.Numbers("y", Each(n, [&](std::size_t i) { return double(x[i] > 0.5); }));
  EXPECT_TRUE(made.Run("y")->certain_leaks.empty());
}

TEST(Leakage, CopyOfTheLabelsUnderOtherNamesIsCertain) {
  const std::size_t n = 1000;
  const Base base = Binary(n, 7);
  std::vector<std::string> status, label;
  for (const double y : base.y) {
    status.push_back(y == 1 ? "Canceled" : "Check-Out");
    label.push_back(y == 1 ? "yes" : "no");
  }
  Made made = Table(base);
  made.Strings("reservation_status", status).Times("reservation_status_date", std::vector<std::int64_t>(n, 86400));
  std::vector<std::int64_t> days;
  for (std::size_t i = 0; i < n; ++i) days.push_back(std::int64_t(i % 300) * 86400);
  made.Times("reservation_date", days).Strings("y", label);
  const auto profile = made.Run("y");
  ASSERT_TRUE(profile);
  EXPECT_EQ(Names(made, profile->certain_leaks), Strings{"reservation_status"});
  EXPECT_TRUE(profile->reason_not_used[4] == "constant");
}

TEST(Leakage, DateOfACertainLeakGoesWithIt) {
  const std::size_t n = 2000;
  const Base base = Binary(n, 7);
  std::vector<std::string> status;
  std::vector<std::int64_t> days;
  for (std::size_t i = 0; i < n; ++i) {
    status.push_back(base.y[i] == 1 ? "gone" : "here");
    days.push_back(std::int64_t(i % 300) * 86400);
  }
  Made made = Table(base);
  made.Strings("status", status).Times("status_date", days).Times("start_date", days).Numbers("y", base.y);
  EXPECT_EQ(Names(made, made.Run("y")->certain_leaks), (Strings{"status", "status_date"}));
}

TEST(Leakage, DifferenceOfClockTimesIsFoundAcrossMidnight) {
  const std::size_t n = 5000;
  const auto planned = Integers(n, 1, 0, 1439), late = Integers(n, 2, -40, 60);
  const auto clock = [](double minutes) {
    const int m = (int(minutes) % 1440 + 1440) % 1440;
    return double(m / 60 * 100 + m % 60);
  };
  Made made;
  made.Numbers("sched_arr_time", Each(n, [&](std::size_t i) { return clock(planned[i]); }));
  made.Numbers("arr_time", Each(n, [&](std::size_t i) { return clock(planned[i] + late[i]); }));
  made.Numbers("distance", Uniforms(n, 5, 100, 2000));
  made.Numbers("late", Each(n, [&](std::size_t i) { return double(late[i] > 15); }));
  const auto profile = made.Run("late");
  ASSERT_TRUE(profile);
  EXPECT_EQ(Names(made, profile->certain_leaks), Strings{"arr_time"});
  EXPECT_NE(test::Find(*profile, "leakage.derived", "arr_time"), nullptr);
}

TEST(Leakage, DominatingColumnAndWhatDerivesItAreSuspects) {
  const std::size_t n = 6000;
  const auto planned = Integers(n, 1, 300, 1200), delay = Integers(n, 2, -20, 60), more = Uniforms(n, 3, -30, 30);
  const auto clock = [](double m) { return double(int(m) / 60 * 100 + int(m) % 60); };
  Made made;
  made.Numbers("sched_dep_time", Each(n, [&](std::size_t i) { return clock(planned[i]); }));
  made.Numbers("dep_time", Each(n, [&](std::size_t i) { return clock(planned[i] + delay[i]); }));
  made.Numbers("dep_delay", delay).Numbers("distance", Uniforms(n, 5, 100, 2000)).Numbers("wind", Uniforms(n, 6));
  made.Numbers("late", Each(n, [&](std::size_t i) { return double(delay[i] + more[i] > 15); }));
  const auto profile = made.Run("late");
  ASSERT_TRUE(profile);
  EXPECT_TRUE(profile->certain_leaks.empty());
  EXPECT_EQ(Names(made, profile->suspects), (Strings{"dep_delay", "dep_time"}));
  EXPECT_EQ(profile->features.size(), 5u);
  ProfileOptions drop;
  drop.drop_suspects = true;
  const auto dropped = made.Run("late", drop);
  EXPECT_EQ(dropped->features.size(), 3u);
  EXPECT_EQ(test::Find(*dropped, "leakage.derived", "dep_time")->action, Action::kLeftOut);
}

TEST(Leakage, PatternOfEmptyCellsOfTheTargetIsCertain) {
  const Base base = Binary(3000, 3);
  auto y = base.y, air_time = Uniforms(3000, 8);
  auto gust = Uniforms(3000, 9);
  for (std::size_t i = 0; i < 3000; i += 30) y[i] = air_time[i] = kNaN;
  for (std::size_t i = 0; i < 3000; i += 31) gust[i] = kNaN;
  Made made = Table(base);
  made.Numbers("air_time", air_time).Numbers("gust", gust).Numbers("y", y);
  const auto profile = made.Run("y");
  EXPECT_EQ(Names(made, profile->certain_leaks), Strings{"air_time"});
  EXPECT_EQ(profile->labelled.size(), 2900u);
  EXPECT_EQ(test::Find(*profile, "missing.target", "y")->rows, 100);
}

TEST(Leakage, RowsThatAreEmptyAltogetherAreNoLeak) {
  Base base = Binary(3000, 3);
  std::vector<std::vector<double>> columns = {base.a, base.b, Uniforms(3000, 8), Uniforms(3000, 9), Uniforms(3000, 11)};
  for (std::size_t i = 0; i < 100; ++i) {
    for (auto& column : columns) column[i] = kNaN;
    base.y[i] = kNaN;
  }
  Made made;
  for (std::size_t c = 0; c < columns.size(); ++c) made.Numbers("x" + std::to_string(c), columns[c]);
  made.Numbers("y", base.y);
  EXPECT_TRUE(made.Run("y")->certain_leaks.empty());
}

TEST(Leakage, FilledForOneClassOnlyIsCertain) {
  const Base base = Binary(3000, 3);
  std::vector<std::string> reason;
  for (std::size_t i = 0; i < 3000; ++i) reason.push_back(base.y[i] == 0 ? "" : i % 3 == 0 ? "price" : "service");
  Made made = Table(base);
  made.Strings("churn_reason", reason).Numbers("y", base.y);
  const auto profile = made.Run("y");
  EXPECT_EQ(Names(made, profile->certain_leaks), Strings{"churn_reason"});
}

TEST(Leakage, PartsOfASumAreCertain) {
  const std::size_t n = 4000;
  const auto casual = Integers(n, 1, 0, 150), registered = Integers(n, 2, 0, 700);
  Made made;
  made.Numbers("temp", Uniforms(n, 3)).Numbers("casual", casual).Numbers("registered", registered);
  made.Numbers("cnt", Each(n, [&](std::size_t i) { return casual[i] + registered[i]; }));
  const auto profile = made.Run("cnt");
  ASSERT_EQ(profile->certain_leaks.size(), 2u);
  EXPECT_EQ(profile->features.size(), 1u);
  const Finding* finding = test::Find(*profile, "leakage.derived", "registered");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->evidence["formula"], "cnt = casual + registered");
}

TEST(Leakage, ProductsAndTransformsAreCertain) {
  const std::size_t n = 2000;
  const auto price = Uniforms(n, 1, 1, 50), count = Integers(n, 2, 1, 9);
  const auto total = Each(n, [&](std::size_t i) { return price[i] * count[i]; });
  Made made;
  made.Numbers("price", price).Numbers("count", count).Numbers("x", Uniforms(n, 3)).Numbers("total", total);
  EXPECT_EQ(made.Run("total")->certain_leaks.size(), 1u);
  Made logged;
  logged.Numbers("log_total", Each(n, [&](std::size_t i) { return std::log(total[i]); }));
  logged.Numbers("in_cents", Each(n, [&](std::size_t i) { return 100 * total[i]; })).Numbers("x", Uniforms(n, 3));
  logged.Numbers("total", total);
  EXPECT_EQ(Names(logged, logged.Run("total")->certain_leaks), (Strings{"log_total", "in_cents"}));
}

TEST(Leakage, NearlyLinearDriversOfANumberStay) {
  const std::size_t n = 4000;
  const auto x = Uniforms(n, 1, 0, 100), noise = Uniforms(n, 2, -2, 2);
  Made made;
  made.Numbers("x", x).Numbers("z", Uniforms(n, 4)).Numbers("w", Uniforms(n, 5));
  made.Numbers("y", Each(n, [&](std::size_t i) { return 3 * x[i] + noise[i]; }));
  const auto profile = made.Run("y");
  EXPECT_TRUE(profile->certain_leaks.empty());
  EXPECT_EQ(Names(made, profile->suspects), Strings{"x"});
}

TEST(Leakage, TotalOfABillIsCertainAndItsPartsAreSuspects) {
  const std::size_t n = 3000;
  Random random(4);
  std::vector<double> fare, tip, tolls, total, distance;
  for (std::size_t i = 0; i < n; ++i) {
    const double km = 1 + 10 * random.Uniform();
    distance.push_back(km);
    fare.push_back(std::round(100 * (2.5 + 1.7 * km * (0.7 + 0.6 * random.Uniform()))) / 100);
    tip.push_back(random.Uniform() < 0.4 ? 0 : std::round(20 * fare.back()) / 100);
    tolls.push_back(random.Uniform() < 0.9 ? 0 : 5.76);
    const double fees = random.Uniform() < 0.5 ? 0.8 : random.Uniform() < 0.5 ? 3.3 : 3.8;
    total.push_back(fare.back() + tip.back() + tolls.back() + fees);
  }
  Made made;
  made.Numbers("distance", distance)
      .Numbers("tip", tip)
      .Numbers("tolls", tolls)
      .Numbers("total", total)
      .Numbers("fare", fare);
  const auto profile = made.Run("fare");
  EXPECT_EQ(Names(made, profile->certain_leaks), Strings{"total"});
  EXPECT_EQ(Names(made, profile->suspects)[0], "tip");
}

TEST(Leakage, NamesAfterTheFactAreSuspectsOnlyWithStrength) {
  const Base base = Binary(4000, 21);
  Made made;
  made.Numbers("duration", base.a).Numbers("b", base.b).Numbers("result", Uniforms(4000, 5)).Numbers("y", base.y);
  EXPECT_EQ(Names(made, made.Run("y")->suspects), Strings{"duration"});
}

TEST(Leakage, UseKeepsAColumnAndSaysSo) {
  const std::size_t n = 4000;
  const auto delay = Integers(n, 1, -30, 90);
  Made made;
  made.Numbers("x", Uniforms(n, 2)).Numbers("delay", delay);
  made.Numbers("late", Each(n, [&](std::size_t i) { return double(delay[i] > 15); }));
  ProfileOptions options;
  options.use = {"delay"};
  const auto profile = made.Run("late", options);
  EXPECT_EQ(profile->features.size(), 2u);
  EXPECT_TRUE(profile->certain_leaks.empty());
  const Finding* finding = test::Find(*profile, "leakage.single_column", "delay");
  EXPECT_EQ(finding->action, Action::kKept);
  EXPECT_EQ(finding->text_key, "finding.used_anyway");
  options.use = {"dely"};
  EXPECT_EQ(made.Run("late", options).error().id(), "column-not-found");
}

TEST(Leakage, WideNoiseFiresNothing) {
  const std::size_t n = 400;
  Made made;
  for (int c = 0; c < 300; ++c) made.Numbers("x" + std::to_string(c), Integers(n, std::uint64_t(c) + 10, 0, 3));
  made.Numbers("y", Integers(n, 1, 0, 1));
  const auto profile = made.Run("y");
  EXPECT_TRUE(profile->certain_leaks.empty());
  EXPECT_TRUE(profile->suspects.empty());
}

}  // namespace
}  // namespace tagwerk::profile
