#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <numeric>
#include <set>
#include <stdexcept>

#include "base/context.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"

namespace tagwerk {
namespace {

namespace fs = std::filesystem;

TEST(Error, PrintsWhatWhereAndWhatToDo) {
  const Error error = Error(Code::kInvalidArgument, "target-not-found", "column is not in the data: \"lat\"")
                          .In("flights.parquet", "44 columns")
                          .Similar({"late", "dest_lat"})
                          .Do("tagwerk run flights.parquet --target late");
  EXPECT_EQ(error.Text(),
            "error[target-not-found]: column is not in the data: \"lat\"\n"
            "  where: flights.parquet, 44 columns\n"
            "  similar: late, dest_lat\n"
            "  do: tagwerk run flights.parquet --target late");
  EXPECT_EQ(error.exit_code(), 2);
  const Json json = ErrorJson(error);
  EXPECT_EQ(json["schema"], "tagwerk.error/1");
  EXPECT_EQ(json["where"]["file"], "flights.parquet");
  EXPECT_TRUE(json["where"]["line"].is_null());
}

TEST(Error, EveryCodeHasAnExitCode) {
  std::set<int> exits;
  for (int code = 0; code <= int(Code::kInternal); ++code) exits.insert(ErrorMapOf(Code(code)).exit_code);
  EXPECT_EQ(exits, (std::set<int>{2, 3, 4, 5, 70, 130}));
}

Result<int> Half(int n) {
  if (n % 2 != 0) return Error(Code::kOutOfRange, "odd", "number is odd");
  return n / 2;
}
Result<int> Quarter(int n) {
  TW_TRY(const int half, Half(n));
  TW_TRY(const int quarter, Half(half));
  return quarter;
}

TEST(Result, TryPassesTheFirstErrorOn) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error().id(), "odd");
}

TEST(Pool, RunsEveryIndexOnceEvenNested) {
  for (int threads : {1, 2, 5}) {
    Pool pool(threads);
    std::vector<std::atomic<int>> counts(1000);
    pool.For(10, [&](std::size_t i) { pool.For(100, [&](std::size_t j) { ++counts[i * 100 + j]; }); });
    for (const auto& count : counts) EXPECT_EQ(count.load(), 1);
  }
}

TEST(Pool, PassesTheFirstExceptionOn) {
  Pool pool(3);
  EXPECT_THROW(pool.For(100,
                        [](std::size_t i) {
                          if (i == 42) throw std::runtime_error("x");
                        }),
               std::runtime_error);
  std::atomic<int> sum{0};
  pool.For(10, [&](std::size_t i) { sum += int(i); });
  EXPECT_EQ(sum.load(), 45);
}

TEST(Pool, ChunksCoverTheRange) {
  Pool pool(2);
  std::vector<int> seen(1001, 0);
  pool.Chunks(seen.size(), 64, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) ++seen[i];
  });
  EXPECT_EQ(std::accumulate(seen.begin(), seen.end(), 0), 1001);
}

TEST(Context, StopsAtTheDeadlineOrOnRequest) {
  Pool pool(1);
  StopFlag flag;
  Context context{.pool = &pool, .stop = &flag};
  EXPECT_FALSE(context.ShouldStop());
  EXPECT_TRUE(context.Until(Clock::now() - std::chrono::seconds(1)).ShouldStop());
  StopFlag inner(&flag), alone(nullptr);
  EXPECT_FALSE(inner.requested() || alone.requested());
  flag.Request();
  EXPECT_TRUE(context.ShouldStop());
  EXPECT_TRUE(inner.requested());
  EXPECT_FALSE(alone.requested());
}

TEST(Random, IsTheSameEverywhereAndUniform) {
  EXPECT_EQ(Mix64(0), 0xe220a8397b1dcdafULL);  // first output of splitmix64 with seed 0
  Random random(7);
  double sum = 0, squares = 0;
  for (int i = 0; i < 100000; ++i) {
    const double z = random.Normal();
    sum += z;
    squares += z * z;
  }
  EXPECT_NEAR(sum / 1e5, 0, 0.02);
  EXPECT_NEAR(squares / 1e5, 1, 0.02);
}

TEST(Hash, MatchesPublishedValues) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Crc32("123456789"), 0xCBF43926u);
}

class Files : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("tagwerk-files-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  fs::path folder_;
};

TEST_F(Files, WritesAppearWholeAndLeaveNoTemporary) {
  ASSERT_TRUE(WriteFileAtomically(Path("a.txt"), "one"));
  ASSERT_TRUE(WriteFileAtomically(Path("a.txt"), "two"));
  EXPECT_EQ(*ReadFile(Path("a.txt")), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(Files, MissingFileNamesSimilarOnes) {
  ASSERT_TRUE(WriteFileAtomically(Path("flights.parquet"), "x"));
  const auto result = ReadFile(Path("flight.parquet"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id(), "file-not-found");
  EXPECT_EQ(result.error().exit_code(), 3);
  EXPECT_EQ(result.error().similar(), std::vector<std::string>{"flights.parquet"});
}

TEST_F(Files, FoldersAreNotFiles) { EXPECT_EQ(ReadFile(folder_.string()).error().id(), "file-unreadable"); }

TEST_F(Files, FailedWriteSaysSo) { EXPECT_EQ(WriteFileAtomically("/dev/full/x", "y").error().id(), "not-writable"); }

TEST_F(Files, SweepRemovesOnlyTemporariesOfDeadProcesses) {
  ASSERT_TRUE(WriteFileAtomically(Path(".a.txt.tmp-999999999"), "dead"));
  ASSERT_TRUE(WriteFileAtomically(Path(".b.txt.tmp-" + std::to_string(::getpid())), "alive"));
  ASSERT_TRUE(WriteFileAtomically(Path("c.tmp-1"), "not ours"));
  SweepTemporaries(folder_.string());
  EXPECT_FALSE(fs::exists(Path(".a.txt.tmp-999999999")));
  EXPECT_TRUE(fs::exists(Path(".b.txt.tmp-" + std::to_string(::getpid()))));
  EXPECT_TRUE(fs::exists(Path("c.tmp-1")));
}

TEST(ParseJson, RefusesDeepNestingAndGarbage) {
  EXPECT_TRUE(ParseJson("{\"a\":[1,2]}", "x.json"));
  EXPECT_FALSE(ParseJson(std::string(100000, '['), "x.json"));
  EXPECT_EQ(ParseJson("{\"a\":", "x.json").error().id(), "json-malformed");
  EXPECT_EQ(DumpJson(Json("\xff")).find("\xef\xbf\xbd"), 1u);  // invalid UTF-8 is replaced
}

}  // namespace
}  // namespace tagwerk
