#include "serve/access.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "base/hash.h"

namespace tagwerk::serve {
namespace {

const std::string kToken = "tw_" + std::string(43, 'a');

class AccessTest : public ::testing::Test {
 protected:
  /// Returns "" where a request with this header may pass, else the error's id.
  std::string Ask(const std::string& authorization, Scope scope, std::vector<Header> more = {}) const {
    Request request;
    request.headers = std::move(more);
    if (!authorization.empty()) request.headers.push_back({"Authorization", authorization});
    const KeysPtr keys = access_.Current();
    const Status passes = keys->Check(request, scope, keys->Find(request));
    return passes ? "" : passes.error().id();
  }
  static store::TokenKeys Stored(const std::string& token, std::uint8_t scopes) {
    return {true, {{Sha256Hex(token), "ci", scopes}}};
  }
  Access access_;
};

TEST_F(AccessTest, WithoutTokensOnlyThisMachineIsAnswered) {
  EXPECT_EQ(Ask("", Scope::kAdmin, {{"Host", "localhost:80"}}), "");
  EXPECT_EQ(Ask("", Scope::kOpen, {{"Host", "evil.example"}}), "host-foreign");
  EXPECT_EQ(Ask("Bearer " + kToken, Scope::kRead, {{"Origin", "https://evil.example"}}), "origin-foreign");
}

TEST_F(AccessTest, AStoredTokenAllowsItsScopes) {
  const std::uint64_t before = access_.generation();
  access_.Take(Stored(kToken, store::kPredictScope));
  EXPECT_NE(access_.generation(), before);
  EXPECT_EQ(Ask("Bearer " + kToken, Scope::kPredict), "");
  EXPECT_EQ(Ask("bEARER   " + kToken + " ", Scope::kPredict, {{"Host", "any.example"}}), "");
  EXPECT_EQ(Ask("Bearer " + kToken, Scope::kRead), "scope-missing");
  EXPECT_EQ(Ask("Bearer " + kToken, Scope::kAdmin), "scope-missing");
  EXPECT_EQ(Ask("", Scope::kOpen), "");
  for (const std::string& wrong :
       std::vector<std::string>{"", kToken, "Bearer", "Bearer ", "Basic " + kToken, "Bearer x" + kToken})
    EXPECT_EQ(Ask(wrong, Scope::kPredict), "token-wrong") << wrong;
}

TEST_F(AccessTest, ASnapshotOutlivesTheChange) {
  access_.Take(Stored(kToken, store::kReadScope));
  const KeysPtr held = access_.Current();
  Request request;
  const std::string header = "Bearer " + kToken;
  request.headers = {{"Authorization", header}};
  const Grant* grant = held->Find(request);
  access_.Take({true, {}});
  ASSERT_NE(grant, nullptr);
  EXPECT_EQ(grant->name, "ci");
  EXPECT_EQ(Ask(header, Scope::kRead), "token-wrong");
}

TEST_F(AccessTest, WhoRevokesTheLastTokenClosesTheServer) {
  access_.Take(Stored(kToken, store::kReadScope));
  access_.Take({});
  EXPECT_EQ(Ask("", Scope::kRead), "token-wrong");
  EXPECT_EQ(Ask("", Scope::kOpen), "");
}

TEST_F(AccessTest, TheSameStoreAgainMakesNoNewSnapshot) {
  access_.Take(Stored(kToken, store::kReadScope));
  const std::uint64_t before = access_.generation();
  access_.Take(Stored(kToken, store::kReadScope));
  EXPECT_EQ(access_.generation(), before);
}

TEST_F(AccessTest, TokensOfTheFileStayWhenTheStoreChanges) {
  const std::string file =
      (std::filesystem::path(::testing::TempDir()) / ("tokens-" + std::to_string(::getpid()))).string();
  ASSERT_TRUE(WriteFileAtomically(file, "# who\n" + kToken + " admin\n"));
  ASSERT_TRUE(access_.Load(file));
  std::filesystem::remove(file);
  access_.Take(Stored("tw_" + std::string(43, 'b'), store::kReadScope));
  access_.Take({});
  EXPECT_EQ(Ask("Bearer " + kToken, Scope::kAdmin), "");
  EXPECT_EQ(Ask("Bearer " + kToken, Scope::kPredict), "");
}

}  // namespace
}  // namespace tagwerk::serve
