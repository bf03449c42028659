// What tells when a row happened.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "table/split_date.h"
#include "table/table.h"

namespace tagwerk::table {

/// One column of times (or of numbers that order the rows), or the columns of a split date.
struct EventTime {
  std::size_t column = 0;  ///< of a split date: its year
  std::optional<SplitDate> date;

  static EventTime Of(std::size_t column) { return {column, {}}; }
  static EventTime Of(const SplitDate& date) { return {date.year, date}; }
  std::vector<std::size_t> Columns() const { return date ? date->Columns() : std::vector{column}; }
};

std::vector<std::string> NamesOf(const Table& table, const EventTime& time);
/// "time_hour", "year, month, day"
std::string NameOf(const Table& table, const EventTime& time);
/// Whether it holds points in time, not numbers.
bool HoldsTimes(const Table& table, const EventTime& time);
/// Whether they have no time of day.
bool HoldsDays(const Table& table, const EventTime& time);
/// Microseconds since 1970 of all rows, kMissingTime where there is none; null when it holds no times.
std::shared_ptr<const std::vector<std::int64_t>> TimesOf(const Table& table, const EventTime& time);
/// The same columns, by name, in another table; empty when one is missing there or read as something else.
std::optional<EventTime> FindAgain(const Table& from, const EventTime& time, const Table& to);

}  // namespace tagwerk::table
