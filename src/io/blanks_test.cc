// Files whose columns stand apart by blanks: aligned by hand, written by R, or the older sets of the UCI repository.
#include <gtest/gtest.h>

#include "io/test_files.h"

namespace tagwerk::io {
namespace {

std::string Repeated(const std::string& head, const std::vector<std::string>& rows, int times) {
  std::string text = head;
  for (int i = 0; i < times; ++i)
    for (const std::string& row : rows) text += row + "\n";
  return text;
}

std::size_t Missing(const table::Column& column) {
  std::size_t missing = 0;
  for (std::size_t row = 0; row < column.size(); ++row) missing += column.IsMissing(row);
  return missing;
}

TEST(ReadBlanks, RunsOfBlanksAndTabsAreOneDelimiter) {
  const auto table = TableOf(ReadText(Repeated(
      "", {"18.0   8   307.0  130.0\t\"chevrolet chevelle\"", " 15.0  10   ?      95.0\t\"buick, skylark\"  "}, 5)));
  ASSERT_EQ(table.num_columns(), 5U);
  EXPECT_EQ(table.num_rows(), 10U);
  EXPECT_EQ(table.column(4).Text(0), "chevrolet chevelle");
  EXPECT_EQ(table.column(4).Text(1), "buick, skylark");
  EXPECT_EQ(Missing(table.column(2)), 5U);
}

TEST(ReadBlanks, RowLabelsOfRHaveNoName) {
  const auto table = TableOf(
      ReadText(Repeated("\"speed\" \"dist of stop\"\r\n", {"\"1\" 4 2.5\r", "\"2\" 7 NA\r", "\"3\" 8 16\r"}, 3)));
  EXPECT_EQ(table.names(), (std::vector<std::string>{"column_1", "speed", "dist of stop"}));
  EXPECT_EQ(table.num_rows(), 9U);
  EXPECT_EQ(Missing(table.column(2)), 3U);
}

TEST(ReadBlanks, CodesAndNumbers) {
  const auto table = TableOf(ReadText(Repeated("", {"A11 6 A34 A43 1169 A65 1", "A12 48 A32 A43 5951 A61 2"}, 10)));
  EXPECT_EQ(table.num_columns(), 7U);
  EXPECT_EQ(table.column(0).Text(1), "A12");
}

TEST(ReadBlanks, WordsAreNoColumns) {
  EXPECT_EQ(TableOf(ReadText("name\nAda Lovelace\nAlan Turing\nGrace Hopper\n")).num_columns(), 1U);
  EXPECT_EQ(TableOf(ReadText("at\n2024-01-01 10:00:00\n2024-01-02 11:00:00\n")).num_columns(), 1U);
  EXPECT_EQ(TableOf(ReadText("load\n3.5 kg\n4.5 kg\n5 kg\n")).num_columns(), 1U);
}

TEST(ReadBlanks, OtherDelimitersComeFirst) {
  EXPECT_EQ(TableOf(ReadText(Repeated("at,v\n", {"2024-01-01 10:00:00,1", "2024-01-01 11:00:00,2"}, 5))).num_columns(),
            2U);
  EXPECT_EQ(TableOf(ReadText(Repeated("id\tat\n", {"1\t2024-01-01 10:00", "2\t2024-01-01 11:00"}, 5))).num_columns(),
            2U);
}

TEST(ReadBlanks, AToldBlankStandsForRunsWhereTheyFitBetter) {
  ReadOptions options;
  options.delimiter = ' ';
  EXPECT_EQ(TableOf(ReadText("a  b\nx   y\nz y\n", options)).num_columns(), 2U);
  const auto exact = TableOf(ReadText("a b c\nx  z\nu v w\n", options));
  EXPECT_EQ(exact.num_columns(), 3U);
  EXPECT_EQ(Missing(exact.column(1)), 1U);
}

}  // namespace
}  // namespace tagwerk::io
