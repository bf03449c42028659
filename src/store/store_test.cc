#include "store/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/artifacts.h"
#include "store/audit.h"
#include "store/deployments.h"
#include "store/models.h"
#include "store/runs.h"
#include "store/serving.h"
#include "store/tokens.h"
#include "store/upkeep.h"

namespace tagwerk::store {
namespace {

namespace fs = std::filesystem;

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("store-" + std::to_string(::getpid()) + "-" +
                                                ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    location_.path = (folder_ / ".tagwerk" / "store.db").string();
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<Store> Open(Access access = Access::kWrite) {
    auto store = Store::Open(location_, access);
    EXPECT_TRUE(store) << (store ? "" : store.error().Text());
    return store ? std::move(*store) : nullptr;
  }
  NewVersion Version(Store& store, const std::string& content) {
    const auto file = KeepBytes(store, "models", ".tw", content);
    EXPECT_TRUE(file);
    return {"flights", "", "binary", "late", "", "test", *file, "auc", 0.7, 0.6, 0.8, 0.1, {}};
  }
  fs::path folder_;
  Location location_;
};

TEST_F(StoreTest, AReaderMakesNoFileAndFindsNothing) {
  const auto store = Open(Access::kRead);
  EXPECT_FALSE(store->exists());
  EXPECT_TRUE(ListVersions(*store)->empty());
  EXPECT_FALSE(fs::exists(location_.path));
}

TEST_F(StoreTest, TheFileIsTheOwnersAlone) {
  Open();
  struct stat info{};
  ASSERT_EQ(::stat(location_.path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600);
}

TEST_F(StoreTest, FirstVersionIsChampionLaterOnesChallengeAndNumbersAreNeverUsedAgain) {
  const auto store = Open();
  const std::int64_t seen = *RegistryChanges(*store);
  EXPECT_EQ(RegisterVersion(*store, Version(*store, "one"), "me")->alias, "champion");
  const auto second = RegisterVersion(*store, Version(*store, "two"), "me");
  EXPECT_EQ(second->version, 2);
  EXPECT_EQ(second->alias, "challenger");
  EXPECT_GT(*RegistryChanges(*store), seen);
  EXPECT_EQ(DeleteVersion(*store, *ParseModelName("flights:2"), "me").error().id(), "version-in-use");
  ASSERT_TRUE(RegisterVersion(*store, Version(*store, "three"), "me"));
  ASSERT_TRUE(DeleteVersion(*store, *ParseModelName("flights:2"), "me"));
  EXPECT_EQ(RegisterVersion(*store, Version(*store, "four"), "me")->version, 4);
  const auto versions = ListVersions(*store);
  ASSERT_EQ(versions->size(), 3u);
  EXPECT_EQ((*versions)[2].aliases, std::vector<std::string>{"champion"});
  EXPECT_EQ(*ReadFile((*versions)[1].path), "three");
}

TEST_F(StoreTest, RollbackGoesBackStepByStepAndStopsAtTheFirst) {
  const auto store = Open();
  for (const char* content : {"one", "two", "three"})
    ASSERT_TRUE(RegisterVersion(*store, Version(*store, content), "me"));
  ASSERT_TRUE(SetAlias(*store, *ParseModelName("flights:2"), "champion", false, "", "me"));
  ASSERT_TRUE(SetAlias(*store, *ParseModelName("flights:3"), "champion", false, "", "me"));
  EXPECT_EQ(*RollBack(*store, "flights", "", "me"), 2);
  EXPECT_EQ(*RollBack(*store, "flights", "", "me"), 1);
  EXPECT_EQ(RollBack(*store, "flights", "", "me").error().id(), "no-version-before");
  EXPECT_EQ(FindVersion(*store, *ParseModelName("flights"))->version, 1);
  EXPECT_EQ(AliasHistory(*store, "flights")->back().kind, "rollback");
}

TEST_F(StoreTest, AnAliasThatMovedMeanwhileIsNotMoved) {
  const auto store = Open();
  for (const char* content : {"one", "two"}) ASSERT_TRUE(RegisterVersion(*store, Version(*store, content), "me"));
  const std::int64_t seen = AliasHistory(*store, "flights")->front().number;
  ASSERT_TRUE(SetAlias(*store, *ParseModelName("flights:2"), "champion", false, "", "me", seen));
  EXPECT_EQ(SetAlias(*store, *ParseModelName("flights:1"), "champion", false, "", "me", seen).error().id(),
            "alias-moved");
}

TEST_F(StoreTest, NamesOfModelsAreReadOrRefused) {
  EXPECT_EQ(ParseModelName("a@challenger")->alias, "challenger");
  EXPECT_EQ(ParseModelName("a:12")->version, 12);
  for (const char* bad : {"", "a:", "a:0", "a:-1", "a:1x", "a@", "a b", "../a", ".a", "a@b:1"})
    EXPECT_FALSE(ParseModelName(bad)) << bad;
}

TEST_F(StoreTest, TokensAreKnownByTheirHashUntilTheyExpireOrAreRevoked) {
  const auto store = Open();
  const double now = UnixNow();
  EXPECT_FALSE(ReadTokenKeys(*store, now)->any);
  const std::string token = *AddToken(*store, "ci", kPredictScope, now + 60, "me");
  EXPECT_EQ(token.size(), 46u);
  const auto given = *ReadTokenKeys(*store, now);
  EXPECT_TRUE(given.any);
  EXPECT_EQ(given.valid, (std::vector<TokenKey>{{Sha256Hex(token), "ci", kPredictScope}}));
  const auto expired = *ReadTokenKeys(*store, now + 61);
  EXPECT_TRUE(expired.any);
  EXPECT_TRUE(expired.valid.empty());
  EXPECT_EQ(AddToken(*store, "ci", kReadScope, {}, "me").error().id(), "token-exists");
  for (const std::string& bad : {std::string(), std::string("a\nb"), std::string(65, 'x')})
    EXPECT_EQ(AddToken(*store, bad, kReadScope, {}, "me").error().id(), "token-name");
  ASSERT_TRUE(RevokeToken(*store, "ci", "me"));
  EXPECT_EQ(*ReadTokenKeys(*store, now), TokenKeys());
  const std::string bytes = *ReadFile(location_.path);
  EXPECT_EQ(bytes.find(token.substr(3)), std::string::npos);
  ASSERT_TRUE(AddToken(*store, "root", kAdminScope, {}, "me"));
  EXPECT_EQ(ReadTokenKeys(*store, now)->valid[0].scopes, kPredictScope | kReadScope | kAdminScope);
}

TEST_F(StoreTest, FeedbackCountsNewRepeatedAndConflictingLabels) {
  const auto store = Open();
  const FeedbackItem item{"r:0", false, "yes", "2026-01-01T00:00:00.000Z", 1};
  FeedbackItem other = item, number = item;
  other.actual = "no";
  other.observed_at = "2026-01-02T00:00:00.000Z";
  number.key = "r:1";
  number.actual = 5;
  auto outcome = AppendFeedback(*store, "flights", {item, number});
  EXPECT_EQ(outcome->accepted, 2);
  outcome = AppendFeedback(*store, "flights", {item, other});
  EXPECT_EQ(outcome->accepted, 1);
  EXPECT_EQ(outcome->repeated, 1);
  EXPECT_EQ(outcome->conflicting, 1);
}

TEST_F(StoreTest, ABackupBringsEverythingBack) {
  {
    const auto store = Open();
    ASSERT_TRUE(RegisterVersion(*store, Version(*store, "one"), "me"));
    const auto made = BackUp(*store, (folder_ / "b.db").string());
    ASSERT_TRUE(made) << made.error().Text();
    EXPECT_EQ((*made)["files"], 1);
    struct stat info{};
    ASSERT_EQ(::stat((folder_ / "b.db").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600);
    EXPECT_EQ(BackUp(*store, (folder_ / "b.db").string()).error().id(), "backup-exists");
    ASSERT_TRUE(RegisterVersion(*store, Version(*store, "two"), "me"));
    const std::int64_t seen = *RegistryChanges(*store);
    const auto back = Restore(location_, (folder_ / "b.db").string(), "me");
    ASSERT_TRUE(back) << back.error().Text();
    EXPECT_EQ(ListVersions(*store)->size(), 1u);  // also for whoever had it open
    EXPECT_GT(*RegistryChanges(*store), seen);
  }
  fs::remove_all(location_.Folder());
  ASSERT_TRUE(Restore(location_, (folder_ / "b.db").string(), "me"));
  const auto store = Open();
  EXPECT_EQ(*ReadFile(ListVersions(*store)->front().path), "one");
  const auto check = CheckStore(*store);
  EXPECT_TRUE((*check)["problems"].empty()) << DumpJson(*check);
}

TEST_F(StoreTest, ADamagedBackupChangesNothing) {
  const auto store = Open();
  ASSERT_TRUE(RegisterVersion(*store, Version(*store, std::string(100'000, 'x')), "me"));
  const std::string path = (folder_ / "b.db").string();
  ASSERT_TRUE(BackUp(*store, path));
  std::string bytes = *ReadFile(path);
  for (std::size_t at :
       {std::size_t(20), bytes.find(std::string(500, 'x')) + 99, bytes.find("binary"), bytes.rfind("binary")}) {
    std::string broken = bytes;
    broken[at] ^= char(0x05);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << broken;
    const auto back = Restore(location_, path, "me");
    ASSERT_FALSE(back) << at;
    EXPECT_EQ(ListVersions(*store)->size(), 1u);
  }
  EXPECT_TRUE((*CheckStore(*store))["problems"].empty());
}

TEST_F(StoreTest, CheckNamesMissingAndChangedFiles) {
  const auto store = Open();
  ASSERT_TRUE(RegisterVersion(*store, Version(*store, "one"), "me"));
  ASSERT_TRUE(RegisterVersion(*store, Version(*store, "two"), "me"));
  const auto versions = ListVersions(*store);
  fs::remove((*versions)[0].path);
  std::ofstream((*versions)[1].path) << "eno";
  const auto check = CheckStore(*store);
  EXPECT_EQ((*check)["problems"].size(), 2u) << DumpJson(*check);
}

TEST_F(StoreTest, GarbageIsOnlyWhatNothingNames) {
  const auto store = Open();
  ASSERT_TRUE(RegisterVersion(*store, Version(*store, "one"), "me"));
  ASSERT_TRUE(RegisterVersion(*store, Version(*store, "two"), "me"));
  ASSERT_TRUE(SetAlias(*store, *ParseModelName("flights:2"), "champion", false, "", "me"));
  ASSERT_TRUE(DeleteVersion(*store, *ParseModelName("flights:1"), "me"));
  ASSERT_TRUE(KeepBytes(*store, "runs", ".json", "left behind"));
  std::ofstream(location_.File(".restore.tmp-999999999")) << "of a process that is gone";
  EXPECT_EQ((*CollectGarbage(*store, {365 * 86400.0, true}))["removed_files"], 2);  // says what gc does, and does not
  EXPECT_TRUE(fs::exists(location_.File(".restore.tmp-999999999")));
  EXPECT_EQ(store->database().Query("SELECT sha256 FROM artifacts")->size(), 2u);
  EXPECT_EQ((*CollectGarbage(*store, {}))["removed_files"], 2);
  EXPECT_FALSE(fs::exists(location_.File(".restore.tmp-999999999")));
  EXPECT_TRUE((*CheckStore(*store))["problems"].empty());
}

TEST_F(StoreTest, AStoreOfAnotherProgramOrALaterOneIsRefused) {
  Open();
  {
    const auto database = Database::Open(location_.path, Access::kWrite);
    ASSERT_TRUE((*database)->Change("INSERT INTO migrations VALUES (999, 'later', '', '')"));
  }
  EXPECT_EQ(Store::Open(location_, Access::kRead).error().id(), "store-newer");
  EXPECT_EQ(Store::Open(location_, Access::kWrite).error().id(), "store-newer");
  std::ofstream(location_.path, std::ios::trunc) << std::string(5000, 'x');
  EXPECT_EQ(Store::Open(location_, Access::kWrite).error().id(), "store-damaged");
}

TEST_F(StoreTest, AWriterThatWaitsTooLongNamesTheCause) {
  const auto first = Open(), second = Open();
  second->database().WaitAtMost(50);
  const Status status = first->database().Write([&]() -> Status {
    const Status other = second->Audit("me", "x", "y", nullptr);
    EXPECT_FALSE(other);
    EXPECT_EQ(other.error().id(), "store-locked");
    EXPECT_EQ(other.error().exit_code(), 5);
    EXPECT_TRUE(ListVersions(*second));  // readers never wait
    return Ok();
  });
  EXPECT_TRUE(status);
  EXPECT_TRUE(second->Audit("me", "x", "y", nullptr));
}

TEST_F(StoreTest, RunsThatBeginAtTheSameMomentHaveTheirOwnIds) {
  const auto first = Open(), second = Open();
  RunStart start;
  start.id = "flights-20261122-090001";
  start.name = "flights";
  start.folder = (folder_ / "a").string();
  EXPECT_EQ(*BeginNewRun(*first, start), start.id);
  EXPECT_EQ(*BeginNewRun(*first, start), start.id);  // the same folder anew
  start.folder = (folder_ / "b").string();
  EXPECT_EQ(*BeginNewRun(*second, start), start.id + "-2");
  EXPECT_EQ(ListRuns(*first, {})->size(), 2u);
}

TEST_F(StoreTest, AFailedBodyLeavesNothingBehind) {
  const auto store = Open();
  const Status status = store->database().Write([&]() -> Status {
    TW_RETURN_IF_ERROR(store->Audit("me", "x", "y", nullptr));
    return Error(Code::kInternal, "internal", "no");
  });
  EXPECT_FALSE(status);
  EXPECT_EQ(*store->Last("audit"), 0);
}

TEST_F(StoreTest, TheVersionThatAnswersIsNotedOnceUntilAnotherTakesItsPlace) {
  const auto store = Open();
  ASSERT_TRUE(RegisterVersion(*store, Version(*store, "one"), "me"));
  ASSERT_TRUE(RegisterVersion(*store, Version(*store, "two"), "me"));
  ASSERT_TRUE(RecordChampion(*store, "flights", 1));
  const std::int64_t changes = *RegistryChanges(*store);
  ASSERT_TRUE(RecordChampion(*store, "flights", 1));
  EXPECT_EQ(*RegistryChanges(*store), changes);
  ASSERT_TRUE(SetAlias(*store, {"flights", "", 2}, "champion", true, "better", "me"));
  ASSERT_TRUE(RecordChampion(*store, "flights", 2));
  EXPECT_GT(*RegistryChanges(*store), changes);
  ASSERT_TRUE(RollBack(*store, "flights", "worse", "me"));
  ASSERT_TRUE(RecordChampion(*store, "flights", 1));
  const auto all = *ListDeployments(*store, "flights");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].version, 1);
  EXPECT_EQ(all[0].state, "active");
  EXPECT_EQ(all[0].ended_at, "");
  EXPECT_EQ(all[1].version, 2);
  EXPECT_EQ(all[1].state, "rolled_back");
  EXPECT_EQ(all[1].reason, "version 1 took its place");
  EXPECT_EQ(all[2].state, "ended");
  EXPECT_FALSE(RecordChampion(*store, "unknown", 1));
}

TEST_F(StoreTest, TheAuditLogIsReadNewestFirstInParts) {
  const auto store = Open();
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(store->Audit("me", "x", std::to_string(i), {{"i", i}}));
  const auto last = *ReadAudit(*store, 1000, 2);
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[0].object, "5");
  EXPECT_EQ(last[0].detail["i"], 5);
  EXPECT_EQ(ReadAudit(*store, last[1].number, 10)->size(), 3U);
  EXPECT_EQ(ReadAudit(*store, 1, 10)->size(), 0U);
}

TEST_F(StoreTest, TheNumberOfAnAliasIsAnotherAfterEachMove) {
  const auto store = Open();
  EXPECT_EQ(AliasNumber(*store, "flights", "champion").error().id(), "model-not-found");
  ASSERT_TRUE(RegisterVersion(*store, Version(*store, "one"), "me"));
  ASSERT_TRUE(RegisterVersion(*store, Version(*store, "two"), "me"));
  EXPECT_EQ(AliasNumber(*store, "flights", "nobody").error().id(), "alias-not-found");
  const std::int64_t before = *AliasNumber(*store, "flights", "champion");
  ASSERT_TRUE(SetAlias(*store, {"flights", "", 2}, "champion", true, "", "me", before));
  EXPECT_GT(*AliasNumber(*store, "flights", "champion"), before);
}

}  // namespace
}  // namespace tagwerk::store
