// Features of dates that are split over columns.
#include "table/split_date.h"

#include "features/features_test.h"

namespace tagwerk::features {
namespace {

using namespace testing;

TEST(SplitDate, WeekdayAndDayOfTheYear) {
  std::vector<double> year, month, day, hour, y;
  std::vector<std::string> names;
  const char* months[] = {"January", "February", "March", "April", "May", "June"};
  for (int i = 0; i < 360; ++i) {
    year.push_back(2015 + i % 2);
    month.push_back(1 + i % 6);
    names.push_back(months[i % 6]);
    day.push_back(1 + i % 28);
    hour.push_back(i % 24);
    y.push_back(i % 5);
  }
  const table::Table split =
      TableMaker().Numbers("year", year).Numbers("month", month).Numbers("day", day).Numbers("hour", hour).Make();
  const auto fit = Fit(split, model::Recipe::kTree, y);
  const auto& weekday = NumbersOf(*fit.matrix, "year+month+day+hour.weekday");
  EXPECT_EQ(weekday[0], 3);  // 2015-01-01 was a Thursday
  EXPECT_EQ(weekday[1], 1);  // 2016-02-02 was a Tuesday
  EXPECT_EQ(NumbersOf(*fit.matrix, "year+month+day+hour.day_of_year")[1], 33);
  // Months by name, names with something around; one row alone gives the same, a day that does not exist is missing.
  const table::Table named = TableMaker()
                                 .Numbers("arrival_date_year", year)
                                 .Texts("arrival_date_month", names)
                                 .Numbers("arrival_date_day_of_month", day)
                                 .Make();
  const auto by_name = Fit(named, model::Recipe::kTree, y);
  const std::string name = "arrival_date_year+arrival_date_month+arrival_date_day_of_month.weekday";
  EXPECT_EQ(NumbersOf(*by_name.matrix, name), weekday);
  const auto odd = Apply(*by_name.features, TableMaker()
                                                .Numbers("arrival_date_year", {2016, 2015})
                                                .Texts("arrival_date_month", {"FEB", "feb"})
                                                .Numbers("arrival_date_day_of_month", {29, 29})
                                                .Make());
  EXPECT_EQ(NumbersOf(odd, name)[0], 0);
  EXPECT_TRUE(std::isnan(NumbersOf(odd, name)[1]));
  // What repeats a datetime column brings nothing.
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < year.size(); ++i)
    times.push_back(table::ComposeTime({year[i], month[i], day[i], hour[i], 30}));
  const table::Table twice =
      TableMaker().Numbers("year", year).Numbers("month", month).Numbers("day", day).Times("at", times).Make();
  for (const std::string& output : Fit(twice, model::Recipe::kTree, y).features->output_names())
    EXPECT_EQ(output.find("year+"), std::string::npos);
  // Linear learners get cycles and trend; numbers that are no dates are left alone.
  const auto linear = Fit(split, model::Recipe::kLinear, y).features->output_names();
  EXPECT_NE(std::find(linear.begin(), linear.end(), "year+month+day+hour.week_cycle.sin"), linear.end());
  EXPECT_NE(std::find(linear.begin(), linear.end(), "year+month+day+hour.epoch"), linear.end());
  const table::Table ages = TableMaker().Numbers("year", y).Numbers("month", month).Numbers("day", day).Make();
  EXPECT_EQ(Fit(ages, model::Recipe::kTree, year).features->num_outputs(), 3u);
}

}  // namespace
}  // namespace tagwerk::features
