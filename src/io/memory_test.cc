// Data larger than the memory limit: samples, totals over all rows, bytes that go through a temporary file.
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "io/spool.h"
#include "io/test_files.h"
#include "io/totals.h"

namespace tagwerk::io {
namespace {

constexpr int kManyRows = 60'000;

// Column x: 0 .. n-1 in a mixed order, every 10th cell missing; k: 7 texts; u: unique texts.
std::string ManyRows() {
  std::string text = "x,k,u\n";
  for (int i = 0; i < kManyRows; ++i) {
    const std::uint64_t mixed = Mix64(std::uint64_t(i)) % kManyRows;
    text += i % 10 == 0 ? "" : std::to_string(mixed);
    text += ",k" + std::to_string(i % 7) + ",unique" + std::to_string(i) + "\n";
  }
  return text;
}

struct Expected {
  double mean = 0, sd = 0, min = 1e300, max = -1e300;
};

Expected FiguresOfX() {
  std::vector<double> values;
  for (int i = 0; i < kManyRows; ++i) {
    if (i % 10 != 0) values.push_back(double(Mix64(std::uint64_t(i)) % kManyRows));
  }
  Expected e;
  for (double v : values) {
    e.mean += v / double(values.size());
    e.min = std::min(e.min, v);
    e.max = std::max(e.max, v);
  }
  for (double v : values) e.sd += (v - e.mean) * (v - e.mean) / double(values.size() - 1);
  e.sd = std::sqrt(e.sd);
  return e;
}

void CheckTotals(const ReadResult& result) {
  const Expected e = FiguresOfX();
  ASSERT_EQ(result.totals.size(), 3u);
  const table::ColumnTotals& x = result.totals[0];
  EXPECT_EQ(x.rows, kManyRows);
  EXPECT_EQ(x.present, kManyRows - kManyRows / 10);
  EXPECT_NEAR(x.mean, e.mean, 1e-9 * e.mean);
  EXPECT_NEAR(x.sd, e.sd, 1e-9 * e.sd);
  EXPECT_EQ(x.quantiles.front(), e.min);
  EXPECT_EQ(x.quantiles.back(), e.max);
  EXPECT_NEAR(x.quantiles[5], kManyRows / 2.0, kManyRows * 0.02);
  EXPECT_EQ(result.totals[1].distinct, 7);
  EXPECT_EQ(result.totals[1].present, kManyRows);
  EXPECT_NEAR(double(result.totals[2].distinct), kManyRows, kManyRows * 0.03);
}

TEST(Memory, ASampleOfCsvWithFiguresOfAllRows) {
  const std::string text = ManyRows();
  std::string first;
  for (int threads : {1, 3}) {
    TestContext test(threads);
    test.context.memory_limit = 4 << 20;
    TestFolder folder;
    ReadOptions options;
    options.whole_figures = true;
    const auto result = Read(test.context, folder.Write("a.csv", text), options);
    ASSERT_TRUE(result) << result.error().Text();
    EXPECT_LT(result->sampled.rows, 0.5);
    EXPECT_TRUE(HasNote(*result, "read.sampled"));
    const double rows = double(result->table.num_rows());
    EXPECT_NEAR(rows, kManyRows * result->sampled.rows, 5 * std::sqrt(rows));
    CheckTotals(*result);
    if (first.empty()) first = Rendered(result->table);
    EXPECT_EQ(Rendered(result->table), first) << "the sample depends on the number of threads";
    // The same rows again, as a resumed run asks for them.
    ReadOptions again;
    again.sampled = result->sampled;
    EXPECT_EQ(Rendered(TableOf(Read(test.context, folder.Path("a.csv"), again))), first);
  }
}

TEST(Memory, AColumnWhosePlanFailsIsCountedOnce) {
  // Numbers up to the last row: the plan "number" does not hold, all is read again as text.
  std::string text = "x,y\n";
  for (int i = 0; i < kManyRows; ++i) text += (i % 50 == 49 ? "word" : std::to_string(i)) + ",1\n";
  TestContext test;
  test.context.memory_limit = 2 << 20;
  TestFolder folder;
  ReadOptions options;
  options.whole_figures = true;
  const auto result = Read(test.context, folder.Write("a.csv", text), options);
  ASSERT_TRUE(result) << result.error().Text();
  ASSERT_EQ(result->totals.size(), 2u);
  EXPECT_EQ(result->totals[0].rows, kManyRows);
  EXPECT_EQ(result->totals[0].present, kManyRows);
  EXPECT_EQ(result->totals[1].mean, 1);
}

TEST(Memory, ASampleOfJsonLinesAndParquet) {
  const std::string text = ManyRows();
  TestContext plain;
  TestFolder folder;
  const auto whole = Read(plain.context, folder.Write("a.csv", text), {});
  ASSERT_TRUE(whole);
  for (const char* name : {"a.jsonl", "a.parquet", "a.arrow"}) {
    auto writer = OpenWriter(folder.Path(name));
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->Write(whole->table));
    ASSERT_TRUE((*writer)->Close());
    TestContext test;
    test.context.memory_limit = 4 << 20;
    ReadOptions options;
    options.whole_figures = true;
    const auto result = Read(test.context, folder.Path(name), options);
    ASSERT_TRUE(result) << name << result.error().Text();
    EXPECT_LT(result->sampled.rows, 0.8) << name;
    EXPECT_NEAR(double(result->table.num_rows()), kManyRows * result->sampled.rows, 1000) << name;
    EXPECT_TRUE(HasNote(*result, "read.sampled"));
    CheckTotals(*result);
    EXPECT_EQ(result->sources[0].rows, std::size_t(kManyRows)) << name;
  }
}

TEST(Memory, ALimitTooSmallForASampleIsOneClearError) {
  std::string text;
  for (int c = 0; c < 2000; ++c) text += (c == 0 ? "c" : ",c") + std::to_string(c);
  for (int r = 0; r < 300; ++r) {
    text += "\n1";
    for (int c = 1; c < 2000; ++c) text += ",0.5";
  }
  TestContext test;
  test.context.memory_limit = 1 << 20;
  TestFolder folder;
  const auto result = Read(test.context, folder.Write("a.csv", text + "\n"), {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id(), "memory-limit");
}

TEST(Spool, ManyBytesGoThroughAFile) {
  TestContext test;
  test.context.memory_limit = 16 << 20;
  Spool spool(test.context, "pipe", 1 << 30);
  std::string all;
  for (int i = 0; i < 5000; ++i) {
    const std::string piece = std::to_string(i) + std::string(std::size_t(i % 1500), 'x');
    all += piece;
    ASSERT_TRUE(spool.Append(piece));
  }
  EXPECT_EQ(spool.size(), all.size());
  Input input;
  ASSERT_TRUE(spool.MoveTo(input));
  EXPECT_TRUE(input.mapped);
  EXPECT_EQ(input.bytes, all);
  input.GiveBack(0, all.size());
  EXPECT_EQ(input.bytes, all);
}

TEST(Spool, FewBytesStayAndTheCapHolds) {
  TestContext test;
  Spool spool(test.context, "pipe", 10);
  ASSERT_TRUE(spool.Append("0123456789"));
  const auto more = spool.Append("x");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().id(), "memory-limit");
  Input input;
  ASSERT_TRUE(spool.MoveTo(input));
  EXPECT_FALSE(input.mapped);
  EXPECT_EQ(input.bytes, "0123456789");
}

// Pieces of 4 MB must not cut a character: here every one is a pair of UTF-16 units or a sequence of bytes.
TEST(Encoding, LargeTextsAreConvertedInPieces) {
  constexpr int kCharacters = 1'600'000;
  TestContext test;
  test.context.memory_limit = 64 << 20;
  std::string utf16("x", 1), expected = "x";
  utf16.push_back('\0');
  for (int i = 0; i < kCharacters; ++i) {
    utf16 += std::string("\x3D\xD8\x00\xDE", 4);  // U+1F600
    expected += "\xF0\x9F\x98\x80";
  }
  Input input;
  input.Hold("\xFF\xFE" + utf16);
  ASSERT_TRUE(ToUtf8(test.context, input, ""));
  EXPECT_TRUE(input.bytes == expected);
  // One byte that is not UTF-8 among sequences that are.
  input.Hold(expected + "\xE9");
  const auto facts = ToUtf8(test.context, input, "");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->converted_bytes, 1u);
  EXPECT_TRUE(input.bytes == expected + "\xC3\xA9");
}

TEST(Totals, MomentsAgreeWithTwoPasses) {
  ColumnTotalsMaker maker;
  const std::vector<double> values = {1, 2, 2, 10, std::nan(""), -3, 0, 0.5};
  maker.AddNumbers(std::span(values).first(3));
  maker.AddNumbers(std::span(values).subspan(3));
  const table::ColumnTotals t = maker.Finish();
  double mean = 0, m2 = 0, m3 = 0;
  for (double v : values) mean += std::isnan(v) ? 0 : v / 7;
  for (double v : values) {
    if (std::isnan(v)) continue;
    m2 += (v - mean) * (v - mean);
    m3 += std::pow(v - mean, 3);
  }
  EXPECT_EQ(t.rows, 8);
  EXPECT_EQ(t.present, 7);
  EXPECT_EQ(t.distinct, 6);
  EXPECT_EQ(t.zeros, 1);
  EXPECT_EQ(t.negatives, 1);
  EXPECT_NEAR(t.mean, mean, 1e-12);
  EXPECT_NEAR(t.sd, std::sqrt(m2 / 6), 1e-12);
  EXPECT_NEAR(t.skewness, std::sqrt(7.0) * m3 / std::pow(m2, 1.5), 1e-12);
}

}  // namespace
}  // namespace tagwerk::io
