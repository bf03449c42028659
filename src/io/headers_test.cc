// What stands around the table: two lines of names, data as names, lines before and after, shifted rows.
#include <gtest/gtest.h>

#include "io/csv_header_rows.h"
#include "io/test_files.h"

namespace tagwerk::io {
namespace {

std::string Note(const ReadResult& result, const std::string& id) {
  for (const ReadNote& note : result.notes) {
    if (note.id == id) return note.text;
  }
  return "";
}

TEST(Headers, ASecondLineOfLabelsIsJoined) {
  const auto result = ReadText(
      "id,fan,films "
      "seen,,rank,\n,Response,Star,Moon,Star,Moon\n1,Yes,Star,,2,1\n2,No,,Moon,1,2\n3,Yes,Star,Moon,2,1\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->table.names(), (std::vector<std::string>{"id", "fan", "films seen: Star", "films seen: Moon",
                                                             "rank: Star", "rank: Moon"}));
  EXPECT_EQ(result->table.num_rows(), 3U);
  EXPECT_EQ(result->table.field(4).type, table::SemanticType::kNumeric);
  EXPECT_NE(Note(*result, "read.header"), "");
}

TEST(Headers, ALineOfUnitsIsNoRow) {
  const auto result = ReadText("station,wind,rain\n,km/h,mm\nA,12,0.5\nB,30,0\nC,7,1.5\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->table.names(), (std::vector<std::string>{"station", "wind", "rain"}));
  EXPECT_EQ(result->table.num_rows(), 3U);
  EXPECT_EQ(result->table.field(1).type, table::SemanticType::kNumeric);
}

TEST(Headers, AFirstRowOfTextsAmongNumbersIsNoSecondHeader) {
  const auto result = ReadText("a,b\nlow,x\n1,2\n3,4\n5,6\nlow,7\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->table.num_rows(), 5U);
}

TEST(Headers, ARowThatBecameTheNamesIsPutBack) {
  std::string text = "\"X1\",\"X0\",\"X0.1\",\"X0.2\",\"X1.1\",\"X0.3\"\n";
  for (int i = 0; i < 30; ++i) text += std::to_string(i % 3) + ",0,0,1," + std::to_string(i % 2) + ",0\n";
  const auto result = ReadText(text);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->table.num_rows(), 31U);
  EXPECT_EQ(result->table.names()[2], "X0.1");
  EXPECT_EQ(Rendered(result->table).substr(0, 12), "1|0|0|0|1|0\n");
  EXPECT_NE(Note(*result, "read.header").find("put back"), std::string::npos);
}

TEST(Headers, NumbersThatCountTheColumnsAreNamesAboveTextsToo) {
  for (const char* names : {"0,1,2,3", "1,2,3,4"}) {
    std::string text = std::string(names) + "\n";
    for (int i = 0; i < 30; ++i) text += i % 2 == 0 ? "A11,6,A34,1\n" : "A12,48,A32,2\n";
    const auto result = ReadText(text);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->table.num_rows(), 30U) << names;
    EXPECT_EQ(result->table.names()[0], std::string(1, names[0]));
  }
  std::string data;
  for (int i = 0; i < 30; ++i) data += i % 2 == 0 ? "0,1,3,A\n" : "1,2,5,B\n";
  EXPECT_EQ(ReadText(data)->table.num_rows(), 30U);
}

TEST(Headers, NumberedNamesAreNoValues) {
  for (const char* names : {"X1,X2,X3,X4,X5", "1,2,3,4,5", "2010,2011,2012,2013,2014", "X1.1,X1.2,X1.3,X2.1,X2.2"}) {
    std::string text = std::string(names) + "\n";
    for (int i = 0; i < 30; ++i) text += "7,8,9,7,8\n";
    const auto result = ReadText(text);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->table.num_rows(), 30U) << names;
  }
}

TEST(Headers, LinesBeforeAndAfterTheTableAreNotMalformed) {
  const auto result =
      ReadText("# exported 2020-01-31\nreport of sales\n\na,b,c\n1,2,x\n3,4,y\n5,6,z\n\nSource: sales office\n");
  ASSERT_TRUE(result) << result.error().Text();
  EXPECT_EQ(result->table.names(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(result->table.num_rows(), 3U);
  EXPECT_EQ(result->rejected_lines, 0);
  ASSERT_EQ(result->rejected.size(), 3U);
  EXPECT_EQ(result->rejected[0].reason, "preamble");
  EXPECT_EQ(result->rejected[2].reason, "footer");
}

TEST(Headers, ATotalAtTheEndIsSetAside) {
  const auto result = ReadText("region,n,sum\nnorth,1,10\nsouth,2,20\neast,3,30\nTotal,6,60\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->table.num_rows(), 3U);
  EXPECT_EQ(Rendered(result->table), "north|1|10\nsouth|2|20\neast|3|30\n");
  const auto kept = ReadText("kind,n,sum\nTotal,1,10\nPart,2,20\nPart,3,30\nTotal,6,60\n");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->table.num_rows(), 4U);
}

TEST(Shifted, ARowWithShiftedCellsIsSetAsideWithItsLine) {
  std::string text = "app,category,reviews,size,installs,price,rating\n";
  for (int i = 0; i < 400; ++i) {
    if (i == 250) text += "Frame,1.9,3.0M,\"1,000+\",Free,Everyone,19\n";
    text += "app " + std::to_string(i) + (i % 2 ? ",GAME," : ",TOOLS,") + std::to_string(i * 7) + "," +
            std::to_string(i % 90 + 1) + "M,\"" + std::to_string(i % 9 + 1) + ",000+\",$" + std::to_string(i % 5) +
            ".99,4." + std::to_string(i % 10) + "\n";
  }
  TestFolder folder;
  ReadOptions options;
  options.rejected_path = folder.Path("rejected.csv");
  const auto result = ReadText(text, options);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->table.num_rows(), 400U);
  for (const table::Field& field : result->table.fields()) EXPECT_EQ(field.unparsed, 0) << field.name;
  EXPECT_EQ(result->rejected_lines, 0);
  ASSERT_EQ(result->rejected.size(), 1U);
  EXPECT_EQ(result->rejected[0].line, 252);
  EXPECT_EQ(result->rejected[0].reason, "shifted-cells");
  EXPECT_NE(Note(*result, "row.shifted").find("252"), std::string::npos);
  EXPECT_NE(folder.Contents("rejected.csv").find("252"), std::string::npos);
}

TEST(Shifted, AWrongValueAloneIsNoShift) {
  std::string text = "a,b,c\n";
  for (int i = 0; i < 400; ++i) text += std::to_string(i) + "," + (i == 9 ? "PG" : std::to_string(i)) + ",x\n";
  const auto result = ReadText(text);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->table.num_rows(), 400U);
  EXPECT_EQ(result->table.field(1).unparsed, 1);
}

}  // namespace
}  // namespace tagwerk::io
