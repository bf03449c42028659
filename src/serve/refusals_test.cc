#include "serve/refusals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace tagwerk::serve {
namespace {

class RefusalsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / ("refusals-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    store_ = *store::Store::Open({(folder_ / "store.db").string()}, store::Access::kWrite);
    request_.path = "/v2/\x1b[2J";
    request_.peer = "192.0.2.7";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void Note(const std::string& id, const std::string& caller) {
    refusals_.Note(Error(Code::kInvalidArgument, id, ""), 401, caller, request_);
  }
  std::int64_t Lines() { return *store_->Last("audit"); }

  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
  Request request_;
  Refusals refusals_;
};

TEST_F(RefusalsTest, RequestsOfOneCallerAreOneLine) {
  EXPECT_TRUE(refusals_.empty());
  for (int i = 0; i < 5; ++i) Note("token-wrong", "192.0.2.7");
  Note("scope-missing", "token ci");
  ASSERT_TRUE(refusals_.Write(*store_, Clock::now(), false));
  EXPECT_TRUE(refusals_.empty());
  const auto rows = *store_->database().Query("SELECT actor, action, object, detail FROM audit_log ORDER BY number");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].Text(0), "192.0.2.7");
  EXPECT_EQ(rows[0].Text(1), "request.refused");
  EXPECT_EQ(rows[0].Text(2).find('\x1b'), std::string::npos);
  const Json detail = *ParseJson(rows[0].Text(3), "");
  EXPECT_EQ(detail["error"], "token-wrong");
  EXPECT_EQ(detail["count"], 5);
  EXPECT_EQ(detail["address"], "192.0.2.7");
  EXPECT_EQ(rows[1].Text(0), "token ci");
}

TEST_F(RefusalsTest, AnAttackWritesABoundedNumberOfLines) {
  const TimePoint start = Clock::now();
  for (int second = 0; second < 600; ++second) {  // ten minutes, 1,000 addresses each second
    for (int i = 0; i < 1000; ++i) Note("token-wrong", "address " + std::to_string(second * 1000 + i));
    ASSERT_TRUE(refusals_.Write(*store_, start + std::chrono::seconds(second), false));
  }
  EXPECT_LE(Lines(), 60 + 11);
  ASSERT_TRUE(refusals_.Write(*store_, start + std::chrono::seconds(600), true));
  EXPECT_TRUE(refusals_.empty());
  EXPECT_LE(Lines(), 60 + 11 + 201);
  const auto sum = store_->database().QueryOne("SELECT sum(json_extract(detail, '$.count')) FROM audit_log");
  EXPECT_EQ((*sum)->Int(0), 600'000);  // none is forgotten
}

TEST_F(RefusalsTest, WhatCannotBeWrittenIsKept) {
  Note("token-wrong", "192.0.2.7");
  const auto other = *store::Store::Open(store_->location(), store::Access::kWrite);
  store_->database().WaitAtMost(10);
  ASSERT_TRUE(other->database().Write([&]() -> Status {
    EXPECT_EQ(refusals_.Write(*store_, Clock::now(), false).error().id(), "store-locked");
    return Ok();
  }));
  EXPECT_FALSE(refusals_.empty());
  ASSERT_TRUE(refusals_.Write(*store_, Clock::now(), false));
  EXPECT_EQ(Lines(), 1);
}

}  // namespace
}  // namespace tagwerk::serve
