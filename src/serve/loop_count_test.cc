// As many loops as there is work and free cores for.
#include "serve/loop_count.h"

#include <gtest/gtest.h>

#include <unistd.h>

namespace tagwerk::serve {
namespace {

/// Looks every tenth of a second at a machine of so many cores: the loops want `work` cores, the client `client`; when
/// they are too few, each gets its part. Returns how many loops are in use in the end.
class Machine {
 public:
  Machine(double cores, std::size_t most) : cores_(cores), count_(most) {}
  std::size_t Run(double work, double client, double seconds, double quota = 1e9) {
    for (int i = 0; i < int(seconds * 10); ++i) {
      const double loops = double(count_.in_use());
      const double wanted = std::min(work, loops);
      const double scale = std::min({1.0, cores_ / (wanted + client), quota / wanted});
      LoopLoad load{wanted * scale, wanted * (1 - scale), {}};
      if (count_.asks_for_idle()) load.idle = std::max(0.0, cores_ - (wanted + client) * scale);
      count_.Look(load, now_ += 0.1);
      changes_ += count_.in_use() != std::size_t(loops);
    }
    return count_.in_use();
  }
  int changes() const { return changes_; }

 private:
  const double cores_;
  LoopCount count_;
  double now_ = 0;
  int changes_ = 0;
};

TEST(LoopCount, OneLoopWhereTheClientNeedsTheOtherCore) {
  Machine machine(2, 2);
  EXPECT_EQ(machine.Run(5, 0.7, 60), 1U);
  EXPECT_EQ(machine.changes(), 0);
}

TEST(LoopCount, AllLoopsWhereTheClientNeedsLittle) {
  Machine machine(2, 2);
  EXPECT_EQ(machine.Run(0.5, 0.1, 10), 1U);
  EXPECT_EQ(machine.Run(5, 0.1, 1), 2U);
  EXPECT_EQ(machine.Run(5, 0.2, 60), 2U);
  EXPECT_EQ(machine.changes(), 1);
}

TEST(LoopCount, GivesLoopsBack) {
  Machine machine(2, 2);
  EXPECT_EQ(machine.Run(5, 0.1, 1), 2U);
  EXPECT_EQ(machine.Run(5, 1.5, 1), 1U);  // the client wants more
  EXPECT_EQ(machine.Run(5, 0.1, 5), 2U);
  EXPECT_EQ(machine.Run(0.1, 0.1, 5), 1U);  // there is no work
}

TEST(LoopCount, ManyCoresAreTakenSoon) {
  Machine machine(64, 64);
  EXPECT_EQ(machine.Run(100, 0, 3), 64U);
  EXPECT_EQ(Machine(64, 64).Run(100, 32, 10), 32U);
  EXPECT_LE(Machine(64, 64).Run(4, 4, 60), 8U);
}

TEST(LoopCount, AQuotaIsFoundByTryingSeldom) {
  Machine machine(64, 64);
  const std::size_t found = machine.Run(100, 0, 600, /*quota=*/2);
  EXPECT_GE(found, 2U);
  EXPECT_LE(found, 4U);
  EXPECT_LE(machine.changes(), 60);
}

TEST(LoopCount, ReadsProcStat) {
  const std::string stat =
      "cpu  10 20 30 400 1 0 0 0 0 0\ncpu0 5 10 15 100 1 0 0 0 0 0\ncpu1 5 10 15 300 0 0 0 0 0 0\nintr 5 6 7\n";
  EXPECT_EQ(IdleSecondsIn(stat, {true, true}, 0.01), 4.0);
  EXPECT_EQ(IdleSecondsIn(stat, {false, true}, 0.01), 3.0);
  EXPECT_EQ(IdleSecondsIn(stat, {}, 0.01), std::nullopt);
  EXPECT_EQ(IdleSecondsIn("cpu0 5 10", {true}, 0.01), std::nullopt);
  EXPECT_EQ(IdleSecondsIn("", {true}, 0.01), std::nullopt);
}

TEST(LoopCount, ReadsThisThread) {
  ThreadMeter meter;
  if (!meter.Open(gettid())) GTEST_SKIP() << "the system does not tell";
  const auto before = meter.Read();
  volatile double sum = 0;
  for (int i = 0; i < 20'000'000; ++i) sum = sum + i;
  const auto after = meter.Read();
  ASSERT_TRUE(before && after);
  EXPECT_GT(after->busy, before->busy);
  EXPECT_GE(after->waited, before->waited);
  ThreadMeter none;
  EXPECT_FALSE(none.Open(0));
  EXPECT_FALSE(none.Read());
}

}  // namespace
}  // namespace tagwerk::serve
