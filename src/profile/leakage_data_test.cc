// Leakage on real sets: what their descriptions name is found, and no column of a clean set is left
// out for leakage. Reads ../shared/data beside the project and is skipped where that is absent.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "io/read.h"
#include "profile/profile.h"

namespace tagwerk::profile {
namespace {

using Strings = std::vector<std::string>;

struct Outcome {
  Strings certain, suspects;
};

std::optional<Outcome> Profiled(const std::string& file, const std::string& target) {
  const std::string path = std::string(TAGWERK_SOURCE_DIR) + "/../shared/data/" + file;
  if (!std::filesystem::exists(path)) return std::nullopt;
  Pool pool(2);
  Context context;
  context.pool = &pool;
  auto read = io::Read(context, path, {});
  EXPECT_TRUE(read) << (read ? "" : read.error().Text());
  if (!read) return std::nullopt;
  const auto column = table::ResolveColumn(read->table.names(), target, "target-not-found", path);
  EXPECT_TRUE(column);
  const auto goal = ResolveGoal(read->table, *column, "", "");
  EXPECT_TRUE(goal);
  const auto profile = MakeProfile(context, *read, &*goal, {});
  EXPECT_TRUE(profile);
  Outcome outcome;
  for (const std::size_t c : profile->certain_leaks) outcome.certain.push_back(read->table.field(c).name);
  for (const std::size_t c : profile->suspects) outcome.suspects.push_back(read->table.field(c).name);
  std::sort(outcome.certain.begin(), outcome.certain.end());
  return outcome;
}

#define PROFILE_OR_SKIP(outcome, file, target) \
  const auto outcome = Profiled(file, target); \
  if (!outcome) GTEST_SKIP() << file << " is not beside the project"

TEST(LeakageInData, HotelBookingsStatusAndItsDateAreCertain) {
  PROFILE_OR_SKIP(outcome, "hotel_bookings/hotel_bookings.csv", "is_canceled");
  EXPECT_EQ(outcome->certain, (Strings{"reservation_status", "reservation_status_date"}));
}

TEST(LeakageInData, BikeCountsAreSumsOfTheirParts) {
  PROFILE_OR_SKIP(outcome, "bike_hour/bike_hour.csv", "cnt");
  EXPECT_EQ(outcome->certain, (Strings{"casual", "registered"}));
}

TEST(LeakageInData, TaxiTotalIsCertainAndTheTipIsTheFirstSuspect) {
  PROFILE_OR_SKIP(outcome, "taxis/taxis.csv", "fare");
  EXPECT_EQ(outcome->certain, Strings{"total"});
  ASSERT_FALSE(outcome->suspects.empty());
  EXPECT_EQ(outcome->suspects[0], "tip");
}

TEST(LeakageInData, BankCallDurationIsTheFirstSuspect) {
  PROFILE_OR_SKIP(outcome, "bank_additional/bank-additional.csv", "y");
  EXPECT_TRUE(outcome->certain.empty());
  ASSERT_FALSE(outcome->suspects.empty());
  EXPECT_EQ(outcome->suspects[0], "duration");
}

TEST(LeakageInData, RatingsOfWhatWasSoldAreAmongTheFirstThreeSuspects) {
  PROFILE_OR_SKIP(outcome, "summer_products/summer_products.csv", "units_sold");
  EXPECT_TRUE(outcome->certain.empty());
  ASSERT_GE(outcome->suspects.size(), 3u);
  EXPECT_NE(std::find(outcome->suspects.begin(), outcome->suspects.begin() + 3, "rating_count"),
            outcome->suspects.begin() + 3);
}

TEST(LeakageInData, NoColumnOfACleanSetIsLeftOut) {
  const std::vector<std::pair<std::string, std::string>> sets = {
      {"mushrooms/mushrooms.csv", "type"},
      {"sdss_skyserver/skyserver.csv", "class"},
      {"star_wars_survey/star_wars_survey.csv", "#3"},
      {"air_quality_eu/air_quality_eu.csv", "C6H6(GT)"},
      {"adult/adult.csv", "income"},
      {"titanic/titanic.csv", "Survived"},
      {"telco_churn/telco_churn.csv", "Churn"},
      {"insurance/insurance.csv", "charges"},
      {"diamonds/diamonds.csv", "price"},
      {"ames/AmesHousing.tsv", "SalePrice"},
      {"google_play/google_play.csv", "Rating"},
      {"imdb_top1000/imdb_top1000.csv", "IMDB_Rating"},
      {"letter/letter.csv", "lettr"},
      {"splice/splice.csv", "Class"},
      {"hr_attrition/hr_attrition.csv", "Attrition"},
      {"cpu_act/cpu_act.csv", "usr"},
      {"california_housing/california_housing.csv", "median_house_value"}};
  bool any = false;
  for (const auto& [file, target] : sets) {
    const auto outcome = Profiled(file, target);
    if (!outcome) continue;
    any = true;
    EXPECT_EQ(outcome->certain, Strings()) << file;
    EXPECT_LE(outcome->suspects.size(), 2u) << file;
  }
  if (!any) GTEST_SKIP() << "../shared/data is not beside the project";
}

}  // namespace
}  // namespace tagwerk::profile
