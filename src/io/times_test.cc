// Dates in the forms of the world, times stored as numbers, and the order of day and month.
#include <gtest/gtest.h>

#include "io/test_files.h"

namespace tagwerk::io {
namespace {

using table::SemanticType;

table::Table TimeColumn(const std::string& name, const std::vector<std::string>& cells) {
  std::string text = name + ",w\n";
  for (const std::string& cell : cells) text += "\"" + cell + "\",1\n";
  return TableOf(ReadText(text));
}

TEST(Times, ManySpellings) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"Q1 2019", "2019-01-01T00:00:00"},
      {"2019-Q3", "2019-07-01T00:00:00"},
      {"2019Q4", "2019-10-01T00:00:00"},
      {"2019-W05", "2019-01-28T00:00:00"},
      {"2020-W01-3", "2020-01-01T00:00:00"},
      {"2021-W53", ""},
      {"Jan-19", "2019-01-01T00:00:00"},
      {"January 2019", "2019-01-01T00:00:00"},
      {"Jan 2019", "2019-01-01T00:00:00"},
      {"05/2019", "2019-05-01T00:00:00"},
      {"2019/05", "2019-05-01T00:00:00"},
      {"2019-Jan-05", "2019-01-05T00:00:00"},
      {"20130131", "2013-01-31T00:00:00"},
      {"5th January 2019", "2019-01-05T00:00:00"},
      {"Mon, 07 Jan 2019 10:30:00 GMT", "2019-01-07T10:30:00"},
      {"Monday, January 7, 2019", "2019-01-07T00:00:00"},
      {"2019-01-05 10:00 CEST", "2019-01-05T08:00:00"},
      {"2019-03-31T02:30:00-0500", "2019-03-31T07:30:00"},
      {"01.02.2019 18.30.05", "2019-02-01T18:30:05"},
  };
  for (const auto& [text, expected] : cases) {
    const auto table = TimeColumn("v", {text, text, text});
    if (expected.empty()) continue;
    ASSERT_EQ(table.field(0).type, SemanticType::kDatetime) << text;
    EXPECT_EQ(table.column(0).Text(0), expected) << text;
  }
  for (const char* text : {"2019-W54", "Q5 2019", "20131301", "Jan-19-x", "4.0.3", "May", "13/2019"}) {
    EXPECT_NE(TimeColumn("v", {text, text, text}).field(0).type, SemanticType::kDatetime) << text;
  }
}

TEST(Times, CountsSince1970ByNameOrOrder) {
  std::vector<std::string> ordered, shuffled, running;
  for (int i = 0; i < 60; ++i) {
    ordered.push_back(std::to_string(1'382'205'600 + i * 3600LL));
    shuffled.push_back(std::to_string(1'382'205'600 + i * 7919LL % 50'000));
    running.push_back(std::to_string(1'382'205'600 + i));
  }
  EXPECT_EQ(TimeColumn("v", ordered).field(0).type, SemanticType::kDatetime);
  EXPECT_EQ(TimeColumn("v", shuffled).field(0).type, SemanticType::kNumeric);
  EXPECT_EQ(TimeColumn("timestamp", shuffled).field(0).type, SemanticType::kDatetime);
  EXPECT_EQ(TimeColumn("created_at", shuffled).column(0).Text(0), "2013-10-19T18:00:00");
  EXPECT_EQ(TimeColumn("v", running).field(0).type, SemanticType::kNumeric);
  EXPECT_EQ(TimeColumn("order id", ordered).field(0).type, SemanticType::kNumeric);
  EXPECT_EQ(TimeColumn("time", {"12", "1382205600", "99"}).field(0).type, SemanticType::kNumeric);
  for (std::string& cell : shuffled) cell += "000";
  EXPECT_EQ(TimeColumn("event time", shuffled).column(0).Text(0), "2013-10-19T18:00:00");
}

TEST(Times, TheOrderOfTheRowsDecidesBetweenDayAndMonth) {
  // Read day-first these days follow each other; month-first they jump.
  std::vector<std::string> cells;
  for (int month = 1; month <= 9; ++month) {
    for (int day = 1; day <= 9; ++day)
      cells.push_back("0" + std::to_string(day) + "/0" + std::to_string(month) + "/2013");
  }
  const auto table = TimeColumn("v", cells);
  EXPECT_EQ(table.column(0).Text(1), "2013-01-02T00:00:00");
  EXPECT_EQ(table.field(0).form.order, table::DateOrder::kDayFirst);
}

TEST(Times, OtherColumnsDecideBetweenDayAndMonth) {
  // Days of payment up to the 12th fit both orders; those of the order only one.
  const auto rows = [](bool day_first, const std::string& third) {
    std::string text = "ordered,paid,due\n";
    for (int i = 0; i < 40; ++i) {
      const std::string month = std::to_string(1 + i * 5 % 12), late = std::to_string(13 + i % 16);
      const std::string early = std::to_string(1 + i * 7 % 12);
      text += (day_first ? late + "/" + month : month + "/" + late) + "/2013," + early + "/" + month + "/2013," +
              third + "\n";
    }
    return TableOf(ReadText(text));
  };
  for (const bool day_first : {false, true}) {
    const auto table = rows(day_first, "");
    EXPECT_EQ(table.field(1).form.order, day_first ? table::DateOrder::kDayFirst : table::DateOrder::kMonthFirst);
    EXPECT_FALSE(table.field(1).form.ambiguous);
    EXPECT_NE(table.field(1).type_evidence.find("as in \"ordered\""), std::string::npos)
        << table.field(1).type_evidence;
    EXPECT_LT(table.field(1).type_confidence, 1);
  }
  // Columns that contradict each other prove nothing; month names neither.
  EXPECT_TRUE(rows(true, "1/20/2013").field(1).form.ambiguous);
  std::string named = "a,b\n";
  for (int i = 0; i < 40; ++i) named += "20-Jan-2013," + std::to_string(1 + i * 7 % 12) + "/3/2013\n";
  EXPECT_TRUE(TableOf(ReadText(named)).field(1).form.ambiguous);
}

TEST(Times, OneRowIsReadInTheOrderOfTraining) {
  std::vector<std::string> cells;
  for (int day = 1; day <= 28; ++day) cells.push_back((day < 10 ? "0" : "") + std::to_string(day) + "/03/2013");
  const auto trained = TimeColumn("v", cells);
  ReadOptions predict;
  predict.expected = {trained.field(0)};
  predict.keep_extra = false;
  EXPECT_EQ(TableOf(ReadText("v\n04/03/2013\n", predict)).column(0).Text(0), "2013-03-04T00:00:00");
  EXPECT_EQ(TableOf(ReadText("v\n2013-03-04\n", predict)).column(0).Text(0), "2013-03-04T00:00:00");
  const auto compact = TimeColumn("day", {"20130131", "20130201", "20130202"});
  predict.expected = {compact.field(0)};
  EXPECT_EQ(TableOf(ReadText("day\n20130405\n", predict)).column(0).Text(0), "2013-04-05T00:00:00");
}

}  // namespace
}  // namespace tagwerk::io
