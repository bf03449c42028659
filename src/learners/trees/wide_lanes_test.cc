// Sixteen trees an instruction come to the leaves that one after the other comes to.
#include "learners/trees/wide_lanes.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"
#include "learners/trees/lane_forest.h"
#include "learners/trees/random_trees.h"

namespace tagwerk::learners::trees {
namespace {

/// Trees in the form of LaneForest: the children of node i stand at 2 i + 1 and 2 i + 2, and some nodes are leaves
/// early.
struct Trees {
  std::vector<std::uint32_t> nodes, roots;
  void Add(Random& random, std::size_t inner, std::size_t slots) {
    const std::size_t root = nodes.size();
    roots.push_back(std::uint32_t(root));
    std::uint32_t leaves = 0;
    for (std::size_t i = 0; i < 2 * inner + 1; ++i) {
      const bool leaf = i >= inner || random.Below(8) == 0;
      const auto test = std::uint32_t(random.Below(2 * slots)) | std::uint32_t(random.Below(256)) << 8;
      nodes.push_back(leaf ? leaves++ & 255 : test | std::uint32_t(i + 1) << 16);
    }
  }
  std::uint32_t LeafOf(std::size_t tree, const std::vector<std::uint8_t>& codes) const {
    std::uint32_t at = roots[tree];
    while (nodes[at] >> 16 != 0) at += (nodes[at] + (std::uint32_t(codes[nodes[at] & 255]) << 8)) >> 16;
    return nodes[at] & 255;
  }
};

TEST(WideLanes, ComeToTheSameLeaves) {
  if (!HasWideLanes()) GTEST_SKIP() << "this processor has no AVX-512 with VBMI";
  Random random(3);
  for (const std::size_t slots : {1UL, 28UL, 32UL, 33UL, 64UL})
    for (const std::size_t inner : {0UL, 1UL, 30UL, 127UL}) {
      Trees trees;
      const std::size_t count = kWideTrees * (1 + random.Below(kWideMost / kWideTrees));
      for (std::size_t t = 0; t < count; ++t) trees.Add(random, inner, slots);
      std::vector<std::uint32_t> leaves(count);
      for (int row = 0; row < 5; ++row) {
        std::vector<std::uint8_t> codes(RowEngine::kCodes);
        for (std::size_t i = 0; i < 2 * slots; ++i) codes[i] = std::uint8_t(random.Below(256));
        WalkWide(trees.nodes.data(), trees.roots.data(), count, slots, codes.data(), leaves.data());
        for (std::size_t t = 0; t < count; ++t) ASSERT_EQ(leaves[t], trees.LeafOf(t, codes)) << slots << " " << inner;
      }
    }
}

TEST(WideLanes, SumsAreTheSameBits) {
  if (!HasWideLanes()) GTEST_SKIP() << "this processor has no AVX-512 with VBMI";
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Random random(seed);
    const std::uint32_t classes = seed % 3 == 2 ? 3 : 1;
    const std::size_t trees = classes * (seed == 0 ? 1100 : 1 + random.Below(150));
    const LightGbmModel made = RandomModel(random, trees, 40, classes, nullptr, kNumbers);
    const auto plain = LaneForest::Make(made.forest, /*wide=*/false), wide = LaneForest::Make(made.forest, true);
    if (plain == nullptr) continue;
    for (int row = 0; row < 20; ++row) {
      std::vector<std::uint8_t> codes(RowEngine::kCodes);
      for (std::size_t s = 0; s < made.forest.columns.size(); ++s) {
        codes[2 * s] = std::uint8_t(random.Below(255));
        codes[2 * s + 1] = static_cast<std::uint8_t>(codes[2 * s] + 1);
      }
      std::vector<double> a(made.forest.scores()), b(made.forest.scores());
      plain->AddRow(codes.data(), a.data());
      wide->AddRow(codes.data(), b.data());
      EXPECT_EQ(a, b) << seed;
    }
  }
}

}  // namespace
}  // namespace tagwerk::learners::trees
