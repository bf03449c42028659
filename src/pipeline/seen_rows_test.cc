#include "pipeline/seen_rows.h"

#include "base/random.h"
#include "pipeline/pipeline_test.h"

namespace tagwerk::pipeline {
namespace {

using namespace testing;

std::vector<std::uint64_t> Hashes(std::size_t n, std::uint64_t seed) {
  std::vector<std::uint64_t> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = Mix64(seed * 1'000'003 + i);
  return out;
}

std::size_t Found(const SeenRows& seen, const std::vector<std::uint64_t>& hashes) {
  return std::size_t(std::count_if(hashes.begin(), hashes.end(), [&](auto hash) { return seen.Contains(hash); }));
}

TEST(SeenRows, FewRowsAreAllKnown) {
  const auto mine = Hashes(5000, 1), others = Hashes(100'000, 2);
  const SeenRows seen(mine);
  EXPECT_EQ(Found(seen, mine), mine.size());
  EXPECT_LE(Found(seen, others), 2u);  // 5000 in 2^32 of them by chance: 0.1
  for (const auto hash : others) EXPECT_TRUE(seen.Covers(hash));
  EXPECT_TRUE(SeenRows().empty());
  EXPECT_EQ(Found(SeenRows(), mine), 0u);
}

TEST(SeenRows, OfManyRowsAPartIsKeptAndItIsKnownWhich) {
  const auto mine = Hashes(400'000, 3);
  const SeenRows seen(mine);
  std::size_t covered = 0;
  for (const auto hash : mine) {
    covered += seen.Covers(hash);
    EXPECT_EQ(seen.Covers(hash), seen.Contains(hash));
  }
  EXPECT_NEAR(double(covered), double(SeenRows::kMost), 5 * std::sqrt(double(SeenRows::kMost)));
}

TEST(SeenRows, AreKeptInTheModelFile) {
  Pipeline p = ToyPipeline(Task::kBinary);
  const auto mine = Hashes(300, 4);
  p.seen = SeenRows(mine);
  const std::string bytes = *p.Serialize();
  const auto back = Pipeline::Parse(bytes, "model.tw", &LoadToy);
  ASSERT_TRUE(back);
  EXPECT_EQ(Found(back->seen, mine), mine.size());
  EXPECT_EQ(*back->Serialize(), bytes);
}

TEST(SeenRows, DamageIsFound) {
  for (const auto& [last, kept] : std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>>{
           {~0U, {5, 3}}, {~0U, std::vector<std::uint32_t>(200'000, 1)}}) {
    model::ByteWriter writer;
    writer.U8(1);
    writer.U32(last);
    writer.U32s(kept);
    model::ByteReader reader(writer.bytes());
    EXPECT_FALSE(SeenRows::Load(reader));
  }
}

TEST(SeenRows, OrderOfColumnsAndRowsDoesNotMatterTheTargetDoes) {
  const Pipeline p = ToyPipeline(Task::kRegression);
  const table::Table t = ToyTable(50);
  std::vector<double> truth(50, 1.0);
  Pool one(1), two(2);
  const auto hashes = SeenRowHashes(p, t, truth, one);
  std::vector<std::size_t> backwards;
  for (std::size_t j = t.num_columns(); j-- > 0;) backwards.push_back(j);
  EXPECT_EQ(SeenRowHashes(p, t.Select(backwards), truth, two), hashes);
  truth[7] = 2;
  const auto changed = SeenRowHashes(p, t, truth, one);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(changed[i] == hashes[i], i != 7);
}

}  // namespace
}  // namespace tagwerk::pipeline
