// CSV reading: dialects, malformed lines, names, encodings.
#include <gtest/gtest.h>

#include "io/test_files.h"

namespace tagwerk::io {
namespace {

using table::SemanticType;

TEST(ReadCsv, ReadsNumbersAndTexts) {
  const auto table = TableOf(ReadText("a,b,c\n1,x,2.5\n2,y,-3e2\n"));
  EXPECT_EQ(table.names(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(Rendered(table), "1|x|2.5\n2|y|-300\n");
  EXPECT_EQ(table.field(0).type, SemanticType::kNumeric);
  EXPECT_TRUE(table.field(0).integers);
  EXPECT_FALSE(table.field(2).integers);
  EXPECT_EQ(table.field(1).type, SemanticType::kCategorical);
}

TEST(ReadCsv, FindsEveryDelimiter) {
  for (const char* d : {",", ";", "\t", "|"}) {
    std::string text;
    for (const char* row : {"a_b_c", "1_x_2", "3_y_4"}) {
      std::string line = row;
      for (std::size_t at; (at = line.find('_')) != std::string::npos;) line.replace(at, 1, d);
      text += line + "\n";
    }
    EXPECT_EQ(Rendered(TableOf(ReadText(text))), "1|x|2\n3|y|4\n") << d;
  }
}

TEST(ReadCsv, TakesTheDelimiterThatIsTold) {
  ReadOptions options;
  options.delimiter = ':';
  EXPECT_EQ(Rendered(TableOf(ReadText("a:b\n1:2\n", options))), "1|2\n");
}

TEST(ReadCsv, ReadsQuotedCellsWithDelimitersQuotesAndLineEnds) {
  const auto table = TableOf(ReadText("n,t\n1,\"a,b\"\n2,\"say \"\"hi\"\"\"\n3,\"two\nlines\"\n"));
  EXPECT_EQ(table.column(1).Text(0), "a,b");
  EXPECT_EQ(table.column(1).Text(1), "say \"hi\"");
  EXPECT_EQ(table.column(1).Text(2), "two\nlines");
}

TEST(ReadCsv, ReadsCrLfOldMacintoshAndAMissingLastLineEnd) {
  EXPECT_EQ(Rendered(TableOf(ReadText("a,b\r\n1,x\r\n2,y"))), "1|x\n2|y\n");
  EXPECT_EQ(Rendered(TableOf(ReadText("a,b\r1,x\r2,y\r"))), "1|x\n2|y\n");
}

TEST(ReadCsv, FindsSingleQuotes) {
  EXPECT_EQ(Rendered(TableOf(ReadText("a,b\n1,'x, y'\n2,'z, w'\n3,'v, u'\n"))), "1|x, y\n2|z, w\n3|v, u\n");
}

TEST(ReadCsv, TreatsAQuoteInsideACellAsALetter) {
  EXPECT_EQ(Rendered(TableOf(ReadText("a,b\n1,5\" pipe\n2,\"he \"x\" she\"\n"))), "1|5\" pipe\n2|he \"x\" she\n");
}

TEST(ReadCsv, AnUnclosedQuoteCostsOneLine) {
  std::string text = "a,b,c\n";
  for (int i = 0; i < 300; ++i) text += std::to_string(i) + (i == 57 ? ",\"open,x\n" : ",\"shut\",x\n");
  const auto result = ReadText(text);
  ASSERT_TRUE(result) << result.error().Text();
  EXPECT_EQ(result->table.num_rows(), 299u);
  ASSERT_EQ(result->rejected.size(), 1u);
  EXPECT_EQ(result->rejected[0].line, 59);
  EXPECT_EQ(result->rejected[0].reason, "open-quote");
  EXPECT_EQ(result->rejected[0].raw, "57,\"open,x");
}

TEST(ReadCsv, RejectsLinesOfTheWrongWidthWithTheirPlace) {
  std::string text = "a,b\n";
  for (int i = 0; i < 400; ++i) text += "1,2\n";
  text += "1,2,3\n1\n";
  const auto result = ReadText(text);
  ASSERT_TRUE(result) << result.error().Text();
  EXPECT_EQ(result->rejected_lines, 2);
  EXPECT_EQ(result->rejected[0].line, 402);
  EXPECT_EQ(result->rejected[0].byte, 1604);
  EXPECT_EQ(result->rejected[0].reason, "too-many-fields");
  EXPECT_EQ(result->rejected[0].detail, "3 fields, expected 2");
  EXPECT_EQ(result->rejected[1].reason, "too-few-fields");
  EXPECT_EQ(result->physical_lines, 403);
}

TEST(ReadCsv, StopsAboveTheShareOfRejects) {
  std::string text = "a,b\n";
  for (int i = 0; i < 100; ++i) text += i % 20 == 0 ? "1\n" : "1,2\n";
  const auto result = ReadText(text);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id(), "rows-rejected");
  EXPECT_EQ(result.error().exit_code(), 3);
  ReadOptions lax;
  lax.max_rejected = 0.05;
  EXPECT_EQ(TableOf(ReadText(text, lax)).num_rows(), 95u);
}

TEST(ReadCsv, WritesAllRejectsToTheirFile) {
  TestFolder folder;
  ReadOptions options;
  options.rejected_path = folder.Path("rejected.csv");
  options.max_rejected = 0.5;
  const auto result = ReadText("a,b\n1,2\n3,\"4\n5,6\n\"7\",8,9\n1,1\n1,1\n", options);
  ASSERT_TRUE(result) << result.error().Text();
  EXPECT_EQ(folder.Contents("rejected.csv"),
            "file,line,byte,reason,detail,raw\n"
            "test.csv,3,8,open-quote,a quoted cell is not closed on its line,\"3,\"\"4\"\n"
            "test.csv,5,17,too-many-fields,\"3 fields, expected 2\",\"\"\"7\"\",8,9\"\n");
}

TEST(ReadCsv, LeavesNoRejectsFileWithoutRejects) {
  TestFolder folder;
  ReadOptions options;
  options.rejected_path = folder.Path("rejected.csv");
  ASSERT_TRUE(ReadText("a,b\n1,2\n", options));
  EXPECT_FALSE(std::filesystem::exists(options.rejected_path));
}

TEST(ReadCsv, KeepsRejectedRowsInPlaceForPrediction) {
  ReadOptions options;
  options.keep_rejected_rows = true;
  options.max_rejected = 1;
  EXPECT_EQ(Rendered(TableOf(ReadText("a,b\n1,x\n2\n3,z\n", options))), "1|x\n|\n3|z\n");
}

TEST(ReadCsv, KnowsWhetherTheFirstLineNamesTheColumns) {
  EXPECT_EQ(TableOf(ReadText("5.1,3.5,setosa\n4.9,3.0,setosa\n6.2,3.4,virginica\n")).names(),
            (std::vector<std::string>{"column_1", "column_2", "column_3"}));
  EXPECT_EQ(TableOf(ReadText("id,2010,2011,2012\na,1.5,2.5,3.5\nb,4,5,6\n")).num_rows(), 2u);
  EXPECT_EQ(TableOf(ReadText("class,shape\np,x\ne,x\np,b\n")).names()[0], "class");
  EXPECT_EQ(TableOf(ReadText("p,x\ne,x\np,b\ne,b\n")).num_rows(), 4u);
}

TEST(ReadCsv, ObeysWhatIsToldAboutTheHeader) {
  ReadOptions options;
  options.header = Header::kNo;
  EXPECT_EQ(TableOf(ReadText("a,b\n1,2\n", options)).num_rows(), 2u);
  options.header = Header::kYes;
  EXPECT_EQ(TableOf(ReadText("1,2\n3,4\n", options)).names(), (std::vector<std::string>{"1", "2"}));
}

TEST(ReadCsv, MakesNamesUniqueAndTrimmed) {
  const auto result = ReadText(" a ,,x,x,column_2\n1,2,3,4,5\n6,7,8,9,0\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->table.names(), (std::vector<std::string>{"a", "column_2_2", "x", "x_2", "column_2"}));
  EXPECT_EQ(result->table.field(0).original_name, " a ");
  EXPECT_TRUE(HasNote(*result, "column.name_trimmed"));
}

TEST(ReadCsv, NamesRowLabelsAndTrailingDelimiters) {
  EXPECT_EQ(TableOf(ReadText("a,b\nr1,1,2\nr2,3,4\n")).names(), (std::vector<std::string>{"column_1", "a", "b"}));
  EXPECT_EQ(TableOf(ReadText("a,b\n1,2,\n3,4,\n")).names(), (std::vector<std::string>{"a", "b", "column_3"}));
}

TEST(ReadCsv, ListsLinesAboveTheHeader) {
  const auto result = ReadText("Export of 2020\na,b,c\n1,2,3\n4,5,6\n7,8,9\n");
  ASSERT_TRUE(result) << result.error().Text();
  EXPECT_EQ(result->table.names()[0], "a");
  EXPECT_EQ(result->rejected_lines, 0);
  ASSERT_EQ(result->rejected.size(), 1u);
  EXPECT_EQ(result->rejected[0].line, 1);
  EXPECT_EQ(result->rejected[0].reason, "preamble");
}

TEST(ReadCsv, ReadsEncodings) {
  const std::string utf8 = "name,n\nM\xC3\xBCller,1\nZo\xC3\xAB,2\n";
  EXPECT_EQ(TableOf(ReadText("\xEF\xBB\xBF" + utf8)).names()[0], "name");
  const auto latin = ReadText("name,n\nM\xFCller,1\nZo\xEB,2\nEuro \x80,3\n");
  ASSERT_TRUE(latin);
  EXPECT_EQ(latin->table.column(0).Text(0), "M\xC3\xBCller");
  EXPECT_EQ(latin->table.column(0).Text(2), "Euro \xE2\x82\xAC");
  EXPECT_TRUE(HasNote(*latin, "read.encoding"));
  for (bool big : {false, true}) {
    for (bool mark : {false, true}) {
      std::string wide = mark ? (big ? "\xFE\xFF" : "\xFF\xFE") : "";
      for (char c : std::string("name,n\nanna,1\notto,2\n")) {
        if (big) wide.push_back('\0');
        wide.push_back(c);
        if (!big) wide.push_back('\0');
      }
      EXPECT_EQ(Rendered(TableOf(ReadText(wide))), "anna|1\notto|2\n") << big << mark;
    }
  }
}

TEST(ReadCsv, SaysWhereTheToldEncodingFails) {
  ReadOptions options;
  options.encoding = "utf-8";
  const auto result = ReadText("a,b\nx,1\nM\xFCller,1\n", options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id(), "encoding-wrong");
  EXPECT_EQ(result.error().where().line, 3);
  options.encoding = "klingon";
  EXPECT_EQ(ReadText("a,b\n1,2\n", options).error().id(), "encoding-unknown");
  options.encoding = "cp1251";
  EXPECT_EQ(TableOf(ReadText("a,b\n\xC4\xE0,1\n\xCD\xE5\xF2,2\n", options)).column(0).Text(0), "\xD0\x94\xD0\xB0");
}

TEST(ReadCsv, RefusesWhatIsNoTable) {
  const std::map<std::string, std::string> cases = {
      {"", "file-empty"},
      {"   \n\n", "file-empty"},
      {"a,b,c\n", "file-empty"},
      {"%PDF-1.7\nabc\n", "not-a-table"},
      {std::string("a,b\n1,\0\n", 8), "not-a-table"},
      {"<!DOCTYPE html>\n<p>\n", "not-a-table"},
      {"a;b;c\n1;2;3;4;5\n1\n1;2\n1;2;3;4\n1;2;3;4;5;6;7\n", "delimiter-unclear"},
  };
  for (const auto& [text, id] : cases) {
    const auto result = ReadText(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().id(), id) << text;
    EXPECT_EQ(result.error().exit_code(), 3);
  }
}

TEST(ReadCsv, ReadsOneRowOneColumnAndAllMissing) {
  EXPECT_EQ(Rendered(TableOf(ReadText("a,b\n1,2\n"))), "1|2\n");
  EXPECT_EQ(Rendered(TableOf(ReadText("1,2\n"))), "1|2\n");
  EXPECT_EQ(Rendered(TableOf(ReadText("v\n1\n\n3\n"))), "1\n\n3\n");
  const auto table = TableOf(ReadText("a,b\n,NA\n,\n?,null\n"));
  EXPECT_EQ(Rendered(table), "|\n|\n|\n");
  EXPECT_EQ(table.field(0).type_confidence, 0);
}

TEST(ReadCsv, RefusesALineBeyondTheLimit) {
  std::string text = "a,b\n1,2\n3,\"";
  text += std::string(70'000'000, 'x');
  const auto result = ReadText(text);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id(), "line-too-long");
  EXPECT_EQ(result.error().where().line, 3);
}

TEST(ReadCsv, ReadsTenThousandColumns) {
  std::string text;
  for (int c = 0; c < 10'000; ++c) text += (c > 0 ? ",c" : "c") + std::to_string(c);
  text += '\n';
  for (int r = 0; r < 5; ++r) {
    for (int c = 0; c < 10'000; ++c) text += (c > 0 ? "," : "") + std::to_string(r * c);
    text += '\n';
  }
  const auto table = TableOf(ReadText(text));
  EXPECT_EQ(table.num_columns(), 10'000u);
  EXPECT_EQ(table.column(9'999).Text(4), "39996");
}

TEST(ReadCsv, AppliesTypeOverrides) {
  ReadOptions options;
  options.types = {{"zip", SemanticType::kCategorical}, {"#2", SemanticType::kNumeric}};
  const auto table = TableOf(ReadText("zip,n\n80331,1\n01067,2\n", options));
  EXPECT_EQ(table.column(0).Text(1), "01067");
  EXPECT_EQ(table.field(0).type, SemanticType::kCategorical);
  options.types = {{"since", SemanticType::kDatetime}};
  const auto wrong = ReadText("since\nunknown\n2020-01-01\n2020-01-02\n", options);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().id(), "type-override-failed");
  EXPECT_EQ(wrong.error().where().column, "since");
  options.missing = {"unknown"};
  EXPECT_TRUE(ReadText("since\nunknown\n2020-01-01\n2020-01-02\n", options));
  options.types = {{"sinc", SemanticType::kDatetime}};
  EXPECT_EQ(ReadText("since\n2020-01-01\n", options).error().id(), "column-not-found");
}

TEST(ReadCsv, ReadsWhatAModelExpects) {
  ReadOptions options;
  table::Field weight, origin;
  weight.name = "weight";
  weight.form.kind = table::ValueKind::kNumber;
  origin.name = "origin";
  origin.type = SemanticType::kCategorical;
  options.expected = {weight, origin};
  options.keep_extra = false;
  const auto table = TableOf(ReadText("origin,extra,weight\n1,9,5\n2,9,12 kg\n", options));
  EXPECT_EQ(table.names(), (std::vector<std::string>{"origin", "weight"}));
  EXPECT_EQ(table.field(0).type, SemanticType::kCategorical);
  EXPECT_EQ(table.column(0).Text(0), "1");
  EXPECT_EQ(table.field(1).unparsed, 1);
  EXPECT_EQ(table.field(1).unparsed_examples[0], "12 kg");
  EXPECT_EQ(table.column(1).Text(0), "5");
  EXPECT_TRUE(table.column(1).IsMissing(1));
}

TEST(ReadCsv, SamplesWhenTheTimeDoesNotSuffice) {
  std::string text = "a,b,c\n";
  for (int i = 0; i < 400'000; ++i) text += std::to_string(i) + "," + std::to_string(i * 7 % 1000) + ",x\n";
  ReadOptions options;
  options.seconds_to_read = 1e-3;
  const auto result = ReadText(text, options);
  ASSERT_TRUE(result) << result.error().Text();
  EXPECT_LT(result->sampled.share(), 1.0);
  EXPECT_LT(result->table.num_rows(), 400'000u);
  EXPECT_GT(result->table.num_rows(), 0u);
  EXPECT_TRUE(HasNote(*result, "read.sampled"));
}

TEST(ReadCsv, StopsWhenInterrupted) {
  TestContext test;
  StopFlag stop;
  stop.Request();
  test.context.stop = &stop;
  TestFolder folder;
  const auto result = Read(test.context, folder.Write("a.csv", "a,b\n1,2\n"), {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::kCancelled);
}

TEST(ReadCsv, SaysHowMuchMemoryIsNeeded) {
  TestContext test;
  test.context.memory_limit = 1;
  TestFolder folder;
  const auto result = Read(test.context, folder.Write("a.csv", "a,b\n1,2\n3,4\n"), {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id(), "memory-limit");
  EXPECT_EQ(result.error().exit_code(), 5);
}

}  // namespace
}  // namespace tagwerk::io
