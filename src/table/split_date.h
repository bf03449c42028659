// Dates that are split over several columns: year, month, day and perhaps hour and minute. Found by the names of the
// columns and by their values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "table/table.h"

namespace tagwerk::table {

/// Columns of a table that make one point in time.
struct SplitDate {
  std::size_t year = 0, month = 0, day = 0;
  std::optional<std::size_t> hour, minute;  ///< minute: only with an hour
  std::string common;                       ///< words that the names share: "arrival date"; "" for plain parts

  std::vector<std::size_t> Columns() const;
};

/// Finds the split dates among columns, in the order of the table: names that differ in the part only ("year",
/// "start_month", "arrival_date_day_of_month"), and a day of the calendar in at least 9 of 10 of the rows (empty: all
/// rows). Days of the week (1 to 7 in every month) make no date.
std::vector<SplitDate> FindSplitDates(const Table& table, const std::vector<std::size_t>& columns, RowSpan rows = {});
/// The same without those that repeat one of the datetime columns: at most a day apart (time zones) in 19 of 20 rows.
std::vector<SplitDate> FindNewDates(const Table& table, const std::vector<std::size_t>& columns, RowSpan rows = {});

/// Returns the number of a month by its name or the first three letters of it, in English; 0 if it is none.
int MonthOfName(std::string_view text);

/// Reads the values of a part: numbers, or texts as the months that they name. Either is null, or both: nothing to
/// read.
class DatePartReader {
 public:
  DatePartReader(const std::vector<double>* numbers, const std::vector<std::int32_t>* codes,
                 const Dictionary* dictionary);
  explicit DatePartReader(const Column& column);
  double At(std::size_t row) const;  ///< NaN: missing or neither

 private:
  const std::vector<double>* numbers_;
  const std::vector<std::int32_t>* codes_;
  std::vector<double> month_of_;  ///< by code
};

/// Parts of one row; NaN: there is none (hour and minute: 0).
struct DateNumbers {
  double year = 0, month = 0, day = 0, hour = 0, minute = 0;
};
/// Returns the time in microseconds since 1970, or kMissingTime when it is no day of the years 1000 to 2999, no hour
/// from 0 to 24 or no minute.
std::int64_t ComposeTime(const DateNumbers& parts);
/// Times of `rows` of a table (empty: of all).
std::vector<std::int64_t> ComposeTimes(const Table& table, const SplitDate& date, RowSpan rows = {});

}  // namespace tagwerk::table
