#include "base/text.h"

#include <gtest/gtest.h>

namespace tagwerk {
namespace {

TEST(Text, CountsHaveSeparators) {
  EXPECT_EQ(Count(0), "0");
  EXPECT_EQ(Count(999), "999");
  EXPECT_EQ(Count(336776), "336,776");
  EXPECT_EQ(Count(-1234567), "-1,234,567");
}

TEST(Text, DurationsReadAsPeopleSayThem) {
  EXPECT_EQ(Seconds(0.4), "0.4 s");
  EXPECT_EQ(Seconds(59.84), "59.8 s");
  EXPECT_EQ(Seconds(320), "5 min 20 s");
  EXPECT_EQ(Seconds(7500), "2 h 05 min");
}

TEST(Text, SharesKeepTwoDigitsAndNeverRoundToCertainty) {
  EXPECT_EQ(Percent(0.032), "3.2 %");
  EXPECT_EQ(Percent(0.00012), "0.012 %");
  EXPECT_EQ(Percent(0.99999), "> 99.9 %");
  EXPECT_EQ(Percent(1), "100 %");
  EXPECT_EQ(Percent(0.9971), "99.7 %");
  EXPECT_EQ(Percent(0.000001), "< 0.001 %");
}

TEST(Text, IntervalsRoundToTheHalfWidth) {
  EXPECT_EQ(Interval(0.68312, 0.6781, 0.6881), "0.683 [0.678, 0.688]");
  EXPECT_EQ(Interval(26310, 25098, 27420), "26,300 [25,100, 27,400]");
  EXPECT_EQ(Signed(0.0831, 0.005), "+0.083");
  EXPECT_EQ(PValue(0.0001), "p < 0.001");
}

TEST(Text, ShortestNumbersReadBackEqual) {
  for (double value : {0.1, 1.0 / 3, 1e300, -2.5e-7, 123456789.0, 0.0}) EXPECT_EQ(ParseDouble(Shortest(value)), value);
  EXPECT_EQ(Shortest(-0.0), "0");
  EXPECT_EQ(Shortest(3.0), "3");
}

TEST(Text, WholeNumbersAreReadWhole) {
  EXPECT_EQ(ParseWhole("0"), 0);
  EXPECT_EQ(ParseWhole("-17"), -17);
  EXPECT_EQ(ParseWhole("9223372036854775807"), std::int64_t(9223372036854775807));
  for (const char* text : {"", " 1", "1 ", "+1", "1.0", "1e3", "0x1", "9223372036854775808", "a", "--1"})
    EXPECT_EQ(ParseWhole(text), std::nullopt) << text;
}

TEST(Text, ControlCharactersNeverReachATerminal) {
  EXPECT_EQ(Printable("a\x1b[31mb\n"), "a\\x1b[31mb\\x0a");
  EXPECT_EQ(Printable(std::string(60, 'x')), std::string(40, 'x') + "...");
  EXPECT_EQ(Printable("äöü", 2), "äö...");
  EXPECT_EQ(Printable("\xff\xc3(\xe2\x82"), "\\xff\\xc3(\\xe2\\x82");
}

TEST(Text, QuantitiesParseWithUnits) {
  EXPECT_EQ(*ParseDuration("60s", "--budget"), 60);
  EXPECT_EQ(*ParseDuration("1h30m", "--budget"), 5400);
  EXPECT_EQ(*ParseDuration("90", "--budget"), 90);
  EXPECT_NEAR(*ParseDuration("250us", "--budget"), 250e-6, 1e-12);
  for (const char* wrong : {"", "abc", "5x", "-3s", "1e400s", "5m3", "s"})
    EXPECT_FALSE(ParseDuration(wrong, "x")) << wrong;
  EXPECT_EQ(*ParseSize("2G", "--memory"), 2147483648u);
  EXPECT_EQ(*ParseSize("10MB", "--memory"), 10000000u);
  for (const char* wrong : {"", "2X", "-1G", "G"}) EXPECT_FALSE(ParseSize(wrong, "x")) << wrong;
  EXPECT_EQ(*ParseShare("1%", "--max-rejected"), 0.01);
  EXPECT_EQ(*ParseShare("0.01", "--max-rejected"), 0.01);
  for (const char* wrong : {"5", "101%", "x", ""}) EXPECT_FALSE(ParseShare(wrong, "x")) << wrong;
}

TEST(Text, ListsSplitAtCommasOutsideQuotes) {
  EXPECT_EQ(SplitList("a, b,\"c, d\""), (std::vector<std::string>{"a", "b", "c, d"}));
  EXPECT_TRUE(SplitList("").empty());
}

TEST(Text, SimilarNamesFindTyposStartsAndParts) {
  EXPECT_EQ(SimilarNames("lat", {"late", "dest_lat", "carrier"}), (std::vector<std::string>{"late", "dest_lat"}));
  EXPECT_EQ(SimilarNames("--budjet", {"--budget", "--memory"}), std::vector<std::string>{"--budget"});
  EXPECT_TRUE(SimilarNames("zzz", {"late"}).empty());
}

TEST(Text, UtcTimesHaveMilliseconds) { EXPECT_EQ(UtcTime(1795334401.5), "2026-11-22T08:00:01.500Z"); }

}  // namespace
}  // namespace tagwerk
