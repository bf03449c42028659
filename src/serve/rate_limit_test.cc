#include "serve/rate_limit.h"

#include <gtest/gtest.h>

namespace tagwerk::serve {
namespace {

const TimePoint kStart = TimePoint() + std::chrono::hours(1);

TimePoint After(double seconds) { return kStart + ToDuration(seconds); }

TEST(RateLimit, ABurstPassesAndThenOneAtATime) {
  RateLimit limit(4, 2);  // one each half second
  for (int i = 0; i < 4; ++i) EXPECT_EQ(limit.Ask("a", kStart), 0) << i;
  EXPECT_NEAR(limit.Ask("a", kStart), 0.5, 1e-6);
  EXPECT_NEAR(limit.Ask("a", After(0.25)), 0.25, 1e-6);  // refused ones were not counted
  EXPECT_EQ(limit.Ask("b", After(0.25)), 0);
  EXPECT_EQ(limit.Ask("a", After(0.5)), 0);
  EXPECT_GT(limit.Ask("a", After(0.5)), 0);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(limit.Ask("a", After(100)), 0) << i;
  EXPECT_GT(limit.Ask("a", After(100)), 0);
}

TEST(RateLimit, LessThanOneInTheTimeMeant) {
  RateLimit limit(0.5, 1);
  EXPECT_EQ(limit.Ask("a", kStart), 0);
  EXPECT_NEAR(limit.Ask("a", kStart), 2, 1e-6);
  EXPECT_EQ(limit.Ask("a", After(2)), 0);
}

TEST(RateLimit, ManyCallersShareOneCountInTheEnd) {
  RateLimit limit(1, 1000);
  std::size_t passed = 0;
  for (int i = 0; i < 200'000; ++i) passed += limit.Ask("caller " + std::to_string(i), kStart) == 0 ? 1 : 0;
  EXPECT_LE(passed, 16 * 4097u);
  EXPECT_GT(passed, 60'000u);
  EXPECT_EQ(limit.Ask("late", After(2000)), 0);
}

TEST(RateLimit, AnIpv6NetworkIsOneCaller) {
  EXPECT_EQ(AddressGroup("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(AddressGroup("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(AddressGroup("::1"), "::/64");
  EXPECT_EQ(AddressGroup(""), "");
}

}  // namespace
}  // namespace tagwerk::serve
