#include "serve/store_link.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "store/tokens.h"

namespace tagwerk::serve {
namespace {

namespace fs = std::filesystem;

class StoreLinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("store-link-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    location_.path = (folder_ / "store.db").string();
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
  store::Location location_;
};

TEST_F(StoreLinkTest, AReaderFindsAStoreThatComesAndLosesOneThatGoes) {
  StoreReader reader(location_);
  EXPECT_EQ(*reader.Get(), nullptr);
  EXPECT_FALSE(fs::exists(folder_));
  StoreWriter writer(location_);
  ASSERT_TRUE(writer.Get());
  ASSERT_NE(*reader.Get(), nullptr);
  ASSERT_TRUE(store::AddToken(**writer.Get(), "one", store::kReadScope, {}, "me"));
  EXPECT_EQ(store::ListTokens(**reader.Get())->size(), 1U);
  fs::remove_all(folder_);
  EXPECT_EQ(*reader.Get(), nullptr);
}

TEST_F(StoreLinkTest, AStoreInPlaceOfAnotherIsOpenedAnew) {
  StoreReader reader(location_);
  StoreWriter writer(location_);
  const auto first = *writer.Get();
  EXPECT_EQ(*writer.Get(), first);
  ASSERT_TRUE(store::AddToken(*first, "one", store::kReadScope, {}, "me"));
  EXPECT_EQ(store::ListTokens(**reader.Get())->size(), 1U);
  fs::rename(folder_, folder_.string() + "-old");
  EXPECT_NE(*writer.Get(), first);
  EXPECT_EQ(store::ListTokens(**reader.Get())->size(), 0U);
  fs::remove_all(folder_.string() + "-old");
}

TEST_F(StoreLinkTest, WhatIsNoStoreIsAnErrorEachTimeAndToldOnce) {
  fs::create_directories(folder_);
  std::ofstream(location_.path) << std::string(4096, 'x');
  StoreReader reader(location_);
  Context context;
  int lines = 0;
  context.listener = [&](const Event&) { ++lines; };
  Trouble trouble("store");
  for (int i = 0; i < 3; ++i) {
    const auto got = reader.Get();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().id(), "store-damaged");
    trouble.Tell(context, got.error());
  }
  EXPECT_EQ(lines, 1);
  trouble.Over();
  trouble.Tell(context, reader.Get().error());
  EXPECT_EQ(lines, 2);
}

TEST_F(StoreLinkTest, WhatCannotBeSeenIsNotAbsent) {
  fs::create_directories(folder_);
  fs::create_symlink("store.db", location_.path);  // to itself
  EXPECT_EQ(StoreReader(location_).Get().error().id(), "store-not-writable");
  EXPECT_EQ(StoreWriter(location_).GetIfThere().error().id(), "store-not-writable");
}

}  // namespace
}  // namespace tagwerk::serve
