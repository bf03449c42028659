// Types from values: numbers in three spellings, times in many, booleans, categories, texts, ids.
#include "io/infer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "io/test_files.h"

namespace tagwerk::io {
namespace {

using table::SemanticType;

table::Table Column(const std::vector<std::string>& cells, const ReadOptions& options = {}, char other = 0) {
  std::string text = "v,w\n";
  if (other != 0) text[1] = other;
  for (const std::string& cell : cells) {
    text += "\"" + cell + "\"" + (other != 0 ? std::string(1, other) : ",") + "1\n";
  }
  return TableOf(ReadText(text, options));
}

std::vector<std::string> Repeat(const std::vector<std::string>& cells, int times) {
  std::vector<std::string> out;
  for (int i = 0; i < times; ++i) out.insert(out.end(), cells.begin(), cells.end());
  return out;
}

TEST(ParseNumber, IsExactForEveryForm) {
  const std::map<std::string, double> good = {{"0", 0},
                                              {"-0", -0.0},
                                              {"+5", 5},
                                              {"1.5", 1.5},
                                              {".5", 0.5},
                                              {"5.", 5},
                                              {"1e3", 1000},
                                              {"1E-3", 0.001},
                                              {"0.1", 0.1},
                                              {"123456789.123456789", 123456789.123456789},
                                              {"8.692932128906250000e-01", 8.692932128906250000e-01},
                                              {"2.2250738585072014e-308", 2.2250738585072014e-308},
                                              {"9007199254740993.0", 9007199254740993.0},
                                              {"1e-400", 0},
                                              {"9007199254740992", 9007199254740992.0}};
  for (const auto& [text, value] : good) {
    const ParsedNumber number = ParseNumber(text, NumberStyle::kPlain);
    EXPECT_EQ(number.kind, NumberKind::kNumber) << text;
    EXPECT_EQ(number.value, value) << text;
  }
  for (const char* text : {"", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "1,5", "12kg", "--1", "1 2"}) {
    EXPECT_EQ(ParseNumber(text, NumberStyle::kPlain).kind, NumberKind::kNotNumber) << text;
  }
  EXPECT_EQ(ParseNumber("9007199254740993", NumberStyle::kPlain).kind, NumberKind::kInexact);
  EXPECT_EQ(ParseNumber("123456789012345678901234", NumberStyle::kPlain).kind, NumberKind::kInexact);
  EXPECT_EQ(ParseNumber("1e999", NumberStyle::kPlain).kind, NumberKind::kInfinite);
  EXPECT_EQ(ParseNumber("-Infinity", NumberStyle::kPlain).kind, NumberKind::kInfinite);
  EXPECT_TRUE(ParseNumber("007", NumberStyle::kPlain).leading_zero);
  EXPECT_FALSE(ParseNumber("0.7", NumberStyle::kPlain).leading_zero);
}

TEST(ParseNumber, AgreesWithTheStandardLibraryOnRandomNumbers) {
  std::uint64_t state = 1;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const double value = std::ldexp(double(state >> 11), int(state % 200) - 150);
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, i % 2 ? "%.17g" : "%.6f", value);
    ASSERT_EQ(ParseNumber(buffer, NumberStyle::kPlain).value, std::strtod(buffer, nullptr)) << buffer;
  }
}

TEST(ParseNumber, ReadsGroupsAndDecimalCommas) {
  EXPECT_EQ(ParseNumber("1,234,567.5", NumberStyle::kGrouped).value, 1234567.5);
  EXPECT_EQ(ParseNumber("1.234.567,5", NumberStyle::kDecimalComma).value, 1234567.5);
  EXPECT_EQ(ParseNumber("1 234,5", NumberStyle::kDecimalComma).value, 1234.5);
  EXPECT_EQ(ParseNumber("1\xC2\xA0"
                        "234,5",
                        NumberStyle::kDecimalComma)
                .value,
            1234.5);
  EXPECT_EQ(ParseNumber("-2,6", NumberStyle::kDecimalComma).value, -2.6);
  for (const char* text : {"12,34", "1,2345", ",123", "1,234,", "1234,567", "1.5,000"}) {
    EXPECT_EQ(ParseNumber(text, NumberStyle::kGrouped).kind, NumberKind::kNotNumber) << text;
  }
}

TEST(Infer, DecimalCommasByConsistency) {
  const auto table = Column({"2,6", "11,94", "150", "-200"});
  EXPECT_EQ(table.field(0).type, SemanticType::kNumeric);
  EXPECT_EQ((*table.column(0).doubles())[1], 11.94);
}

TEST(Infer, ThousandsSeparators) {
  const auto table = Column({"1,234", "12,000,000", "7", "1,000.5"});
  EXPECT_EQ((*table.column(0).doubles())[1], 12e6);
}

TEST(Infer, FewStraysAmongNumbersBecomeMissing) {
  auto cells = Repeat({"1", "2", "3", "4"}, 50);
  cells[77] = "n.a.x";
  const auto table = Column(cells);
  EXPECT_EQ(table.field(0).type, SemanticType::kNumeric);
  EXPECT_EQ(table.field(0).unparsed, 1);
  EXPECT_EQ(table.field(0).unparsed_examples, std::vector<std::string>{"n.a.x"});
  EXPECT_TRUE(table.column(0).IsMissing(77));
  cells[78] = cells[79] = cells[80] = "low";
  EXPECT_EQ(Column(cells).field(0).type, SemanticType::kCategorical);
}

TEST(Infer, InfiniteValuesAreMissingAndCounted) {
  const auto table = Column({"1", "inf", "2", "-Infinity"});
  EXPECT_EQ(table.field(0).type, SemanticType::kNumeric);
  EXPECT_EQ(table.field(0).unparsed, 2);
}

TEST(Infer, LongKeysAndCodesWithLeadingZerosStayText) {
  const auto keys = Column({"9007199254740993", "9007199254740995", "9007199254740997"});
  EXPECT_EQ(keys.field(0).type, SemanticType::kId);
  EXPECT_EQ(keys.column(0).Text(0), "9007199254740993");
  EXPECT_EQ(Column({"01067", "80331", "10115"}).column(0).Text(0), "01067");
}

TEST(Infer, Booleans) {
  EXPECT_EQ(Column({"yes", "no", "yes"}).field(0).type, SemanticType::kBoolean);
  EXPECT_EQ(Column({"True", "False", "NA"}).field(0).type, SemanticType::kBoolean);
  EXPECT_EQ(Column({"0", "1", "0"}).field(0).type, SemanticType::kNumeric);
  EXPECT_EQ(Column({"M", "F", "M"}).field(0).type, SemanticType::kCategorical);
}

TEST(Infer, TimesInManySpellings) {
  const std::map<std::string, std::string> cases = {
      {"2013-01-31", "2013-01-31T00:00:00"},
      {"2013/1/31", "2013-01-31T00:00:00"},
      {"2013-01-31T18:05:09", "2013-01-31T18:05:09"},
      {"2013-01-31 18:05:09.25", "2013-01-31T18:05:09.250"},
      {"2013-01-31T18:05:09Z", "2013-01-31T18:05:09"},
      {"2013-01-31T18:05:09+02:00", "2013-01-31T16:05:09"},
      {"2013-01-31 18:05", "2013-01-31T18:05:00"},
      {"31/01/2013", "2013-01-31T00:00:00"},
      {"31.01.2013 7:30", "2013-01-31T07:30:00"},
      {"1/31/2013 7:30 PM", "2013-01-31T19:30:00"},
      {"31-Jan-2013", "2013-01-31T00:00:00"},
      {"January 31, 2013", "2013-01-31T00:00:00"},
      {"31 Jan 13", "2013-01-31T00:00:00"},
      {"20130131T180509", "2013-01-31T18:05:09"},
      {"2013-01", "2013-01-01T00:00:00"},
  };
  for (const auto& [text, expected] : cases) {
    const auto table = Column({text, text});
    EXPECT_EQ(table.field(0).type, SemanticType::kDatetime) << text;
    EXPECT_EQ(table.column(0).Text(0), expected) << text;
  }
  for (const char* text : {"2013-02-30", "2013-13-01", "18:00:00", "1.2.3", "2013", "31-31-2013", "2013-01-01x"}) {
    EXPECT_NE(Column({text, text}).field(0).type, SemanticType::kDatetime) << text;
  }
}

TEST(Infer, DayAndMonthByTheWholeColumn) {
  auto cells = Repeat({"01/02/2013", "03/04/2013"}, 200);
  EXPECT_EQ(Column(cells).column(0).Text(0), "2013-01-02T00:00:00");
  EXPECT_EQ(Column(cells).field(0).type_confidence, 0.5);
  for (int i = 0; i < 10; ++i) cells.push_back("25/12/2013");
  EXPECT_EQ(Column(cells).column(0).Text(0), "2013-02-01T00:00:00");
}

TEST(Infer, DatesAtMidnightAreDatesOnly) {
  EXPECT_TRUE(Column({"2013-01-31", "2013-02-01"}).field(0).date_only);
  EXPECT_FALSE(Column({"2013-01-31 10:00", "2013-02-01 11:00"}).field(0).date_only);
}

TEST(Infer, EpochOnlyWhenTold) {
  EXPECT_EQ(Column({"1382205600", "1382205601"}).field(0).type, SemanticType::kNumeric);
  ReadOptions options;
  options.types = {{"v", SemanticType::kDatetime}};
  EXPECT_EQ(Column({"1382205600", "1382205601"}, options).column(0).Text(0), "2013-10-19T18:00:00");
  EXPECT_EQ(Column({"1382205600000", "1382205601000"}, options).column(0).Text(0), "2013-10-19T18:00:00");
}

TEST(Infer, TextsCategoriesAndIds) {
  std::vector<std::string> texts, ids, categories;
  for (int i = 0; i < 100; ++i) {
    texts.push_back("the review number " + std::to_string(i) + " is rather long");
    ids.push_back("user-" + std::to_string(i));
    categories.push_back("c" + std::to_string(i % 7));
  }
  EXPECT_EQ(Column(texts).field(0).type, SemanticType::kText);
  EXPECT_EQ(Column(ids).field(0).type, SemanticType::kId);
  EXPECT_EQ(Column(categories).field(0).type, SemanticType::kCategorical);
  EXPECT_FALSE(Column(categories).field(0).type_evidence.empty());
}

TEST(Infer, KnownAndAddedMissingMarkers) {
  const auto table = Column({"1", "NA", "n/a", "null", "?", "-", "None", "#N/A", "NaN", "2"});
  EXPECT_EQ(table.field(0).type, SemanticType::kNumeric);
  EXPECT_EQ(table.field(0).unparsed, 0);
  EXPECT_EQ(Rendered(table.Select({0})), "1\n\n\n\n\n\n\n\n\n2\n");
  EXPECT_EQ(Column({"unknown", "x", "unknown"}).column(0).Text(0), "unknown");
  ReadOptions options;
  options.missing = {"unknown", "-999"};
  EXPECT_TRUE(Column({"unknown", "x"}, options).column(0).IsMissing(0));
  EXPECT_TRUE(Column({"-999", "-999.0", "5"}, options).column(0).IsMissing(1));
}

TEST(Infer, OrdinalKeepsNumbersAsNumbers) {
  ReadOptions options;
  options.types = {{"v", SemanticType::kOrdinal}};
  EXPECT_EQ(Column({"3", "1", "2"}, options).column(0).storage(), table::Storage::kDouble);
  EXPECT_EQ(Column({"low", "high"}, options).column(0).storage(), table::Storage::kString);
}

TEST(Infer, LateSurprisesChangeTheTypeOfTheWholeColumn) {
  std::vector<std::string> cells(30'000, "12");
  for (int i = 0; i < 3'000; ++i) cells[std::size_t(26'000 + i)] = "twelve";
  const auto table = Column(cells);
  EXPECT_EQ(table.field(0).type, SemanticType::kCategorical);
  EXPECT_EQ(table.column(0).Text(0), "12");
  EXPECT_EQ(table.column(0).Text(26'000), "twelve");
}

}  // namespace
}  // namespace tagwerk::io
