#include "store/idempotency.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "store/runs.h"
#include "store/upkeep.h"

namespace tagwerk::store {
namespace {

namespace fs = std::filesystem;

class KeptAnswersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("answers-" + std::to_string(::getpid()) + "-" +
                                                ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    store_ = std::move(*Store::Open({(folder_ / "store.db").string()}, Access::kWrite));
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(folder_);
  }
  fs::path folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(KeptAnswersTest, AreThoseOfOneCallerForADay) {
  const double now = 1.8e9;
  EXPECT_FALSE(FindAnswer(*store_, "a", "k", now)->has_value());
  ASSERT_TRUE(KeepAnswer(*store_, "a", "k", {"request", "answer"}, now));
  EXPECT_FALSE(KeepAnswer(*store_, "a", "k", {"request", "answer"}, now));  // there is one
  EXPECT_EQ((*FindAnswer(*store_, "a", "k", now + kAnswerSeconds - 1))->answer, "answer");
  EXPECT_EQ((*FindAnswer(*store_, "a", "k", now))->request_sha256, "request");
  EXPECT_FALSE(FindAnswer(*store_, "b", "k", now)->has_value());
  EXPECT_FALSE(FindAnswer(*store_, "a", "k", now + kAnswerSeconds)->has_value());
  ASSERT_TRUE(KeepAnswer(*store_, "b", "k", {"request", "answer"}, now + kAnswerSeconds));  // forgets the old one
  EXPECT_EQ((*StoreFacts(*store_))["tables"]["idempotency_keys"], 1);
}

TEST_F(KeptAnswersTest, LastTogetherWithWhatTheyAnswer) {
  const Status failed = store_->database().Write([&]() -> Status {
    TW_RETURN_IF_ERROR(store_->Audit("me", "x", "y", nullptr));
    TW_RETURN_IF_ERROR(KeepAnswer(*store_, "a", "k", {"request", "answer"}, 1.8e9));
    return Error(Code::kInternal, "internal", "killed");
  });
  EXPECT_FALSE(failed);
  const Json tables = (*StoreFacts(*store_))["tables"];
  EXPECT_EQ(tables["idempotency_keys"], 0);
  EXPECT_EQ(tables["audit_log"], 0);
}

TEST_F(KeptAnswersTest, RunsGoOnWhereTheListEnded) {
  for (int i = 0; i < 7; ++i) {  // the clock stands still, then goes back
    RunStart start;
    start.id = "r" + std::to_string(i);
    start.name = start.command = start.written_by = "r";
    start.started_unix = i < 4 ? 1.8e9 : 1.7e9;
    ASSERT_TRUE(BeginRun(*store_, start));
    ASSERT_TRUE(EndRun(*store_, start.id, i % 2 == 0 ? "failed" : "interrupted", nullptr));
  }
  for (const RunOrder order : {RunOrder::kStartedDown, RunOrder::kStartedUp}) {
    RunFilter filter{.name = "r", .status = "", .limit = 2, .order = order};
    std::string seen;
    while (true) {
      const auto runs = *ListRuns(*store_, filter);
      if (runs.empty()) break;
      for (const RunFacts& run : runs) seen += run.id;
      filter.after = {runs.back().started_at, runs.back().number};
    }
    EXPECT_EQ(seen, order == RunOrder::kStartedUp ? "r4r5r6r0r1r2r3" : "r3r2r1r0r6r5r4");
  }
  EXPECT_EQ(ListRuns(*store_, {.name = "", .status = "interrupted", .limit = 2})->size(), 2U);
  EXPECT_EQ(ListRuns(*store_, {.name = "", .status = "failed", .limit = 9})->size(), 4U);
  EXPECT_EQ(FindRunById(*store_, "r9").error().id(), "run-not-found");
  EXPECT_EQ(FindRunById(*store_, "r1")->id, "r1");
}

}  // namespace
}  // namespace tagwerk::store
