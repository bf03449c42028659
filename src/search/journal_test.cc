// Journal: what was appended comes back; a tail torn at any byte and damage anywhere cost records only
// from there on; two writers exclude each other; a full disk leaves a whole file.
#include "search/journal.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "search/search_fixture.h"

namespace tagwerk::search {
namespace {

namespace fs = std::filesystem;

class JournalTest : public testing::SearchTest {
 protected:
  void SetUp() override {
    SearchTest::SetUp();
    fs::create_directories(folder_);
  }
  void Write(const std::string& bytes) const { std::ofstream(File(), std::ios::binary | std::ios::trunc) << bytes; }
  void Fill(int records) const {
    auto journal = Journal::Open(folder_.string());
    ASSERT_TRUE(journal);
    for (int i = 0; i < records; ++i) {
      Json body;
      body["trial"] = i;
      ASSERT_TRUE((*journal)->Append({"trial", body, BlobOf({i + 0.5, std::nan("")})}));
    }
  }
};

TEST_F(JournalTest, RecordsComeBackInOrder) {
  Fill(3);
  auto journal = Journal::Open(folder_.string());
  ASSERT_TRUE(journal);
  ASSERT_EQ((*journal)->records().size(), 3u);
  EXPECT_EQ((*journal)->dropped_bytes(), 0u);
  for (int i = 0; i < 3; ++i) {
    const auto& record = (*journal)->records()[i];
    EXPECT_EQ(record.type, "trial");
    EXPECT_EQ(record.body["trial"], i);
    const auto values = DoublesOf(record.blob);
    ASSERT_EQ(values.size(), 2u);
    EXPECT_EQ(values[0], i + 0.5);
    EXPECT_TRUE(std::isnan(values[1]));
  }
}

TEST_F(JournalTest, TailTornAtEveryByteKeepsWholeRecords) {
  Fill(1);
  const std::size_t first = Bytes().size();
  Fill(1);  // appends
  const std::string whole = Bytes();
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    Write(whole.substr(0, cut));
    auto journal = Journal::Open(folder_.string());
    ASSERT_TRUE(journal) << cut;
    EXPECT_EQ((*journal)->records().size(), cut >= first ? 1u : 0u) << cut;
    if (cut % 8 != 0) continue;  // each append waits for the disk
    Json body;
    body["after"] = int(cut);
    ASSERT_TRUE((*journal)->Append({"end", body, ""}));
    journal->reset();
    auto again = Journal::Open(folder_.string());
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->records().size(), cut >= first ? 2u : 1u) << cut;
    EXPECT_EQ((*again)->dropped_bytes(), 0u);
    EXPECT_EQ((*again)->records().back().body["after"], int(cut));
  }
}

TEST_F(JournalTest, DamagedByteNeverGivesAWrongRecord) {
  Fill(2);
  const std::string whole = Bytes();
  for (std::size_t at = 8; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = char(damaged[at] ^ 0x20);
    Write(damaged);
    auto journal = Journal::Open(folder_.string());
    ASSERT_TRUE(journal) << at;
    ASSERT_LT((*journal)->records().size(), 2u) << at;
    EXPECT_GT((*journal)->dropped_bytes(), 0u);
    for (const auto& record : (*journal)->records()) EXPECT_EQ(record.body["trial"], 0) << at;
  }
}

TEST_F(JournalTest, OtherFileIsNotOverwritten) {
  fs::create_directories(folder_ / ".journal");
  Write("a,b,c\n1,2,3\n");
  auto journal = Journal::Open(folder_.string());
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().id(), "journal-damaged");
  EXPECT_EQ(Bytes(), "a,b,c\n1,2,3\n");
}

TEST_F(JournalTest, SecondWriterIsRefusedWithThePid) {
  auto first = Journal::Open(folder_.string());
  ASSERT_TRUE(first);
  auto second = Journal::Open(folder_.string());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().id(), "out-in-use");
  EXPECT_EQ(second.error().exit_code(), 5);
  EXPECT_NE(second.error().message().find(std::to_string(::getpid())), std::string::npos);
  first->reset();
  EXPECT_TRUE(Journal::Open(folder_.string()));
}

TEST_F(JournalTest, LockOfAKilledProcessIsFree) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto journal = Journal::Open(folder_.string());
    if (journal && !(*journal)->Append({"run", Json::object(), ""})) ::_exit(1);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  auto journal = Journal::Open(folder_.string());
  ASSERT_TRUE(journal);
  EXPECT_EQ((*journal)->records().size(), 1u);
}

TEST_F(JournalTest, FullDiskLeavesWholeRecords) {
  Fill(1);
  const std::size_t size = Bytes().size();
  const pid_t child = ::fork();
  if (child == 0) {  // a file size limit behaves like a full disk in the middle of a record
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{size + 100, size + 100};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto journal = Journal::Open(folder_.string());
    if (!journal) ::_exit(2);
    auto status = (*journal)->Append({"trial", Json::object(), std::string(1000, 'x')});
    ::_exit(status ? 3 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(Bytes().size(), size);
  auto journal = Journal::Open(folder_.string());
  ASSERT_TRUE(journal);
  EXPECT_EQ((*journal)->records().size(), 1u);
  EXPECT_EQ((*journal)->dropped_bytes(), 0u);
}

}  // namespace
}  // namespace tagwerk::search
