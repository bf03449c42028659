#include "learners/trees/bit_forest.h"

#include <algorithm>
#include <bit>
#include <map>

#include "learners/trees/kernels.h"

namespace tagwerk::learners::trees {
namespace {

constexpr std::size_t kMostWords = std::size_t(16) << 20;
constexpr std::size_t kRowsTogether = 64;

/// Places of a tree's leaves from left to right, and for each node the bits of the leaves below it.
struct LeafPlaces {
  std::vector<std::uint64_t> below;
  std::size_t leaves = 0;

  LeafPlaces(const Forest& forest, std::size_t root, std::size_t end) : below(end - root), count_(end - root) {
    for (std::size_t i = end - root; i-- > 0;) {  // children stand behind their parents
      const FlatNode& node = forest.nodes[root + i];
      count_[i] = (node.flags & kLeafNode) != 0 ? 1 : count_[node.left] + count_[node.left + 1];
    }
    leaves = count_[0];
    if (leaves > BitForest::kLeaves) return;
    std::vector<std::size_t> first(end - root, 0);
    for (std::size_t i = 0; i < end - root; ++i) {
      const FlatNode& node = forest.nodes[root + i];
      below[i] = (~std::uint64_t(0) >> (64 - count_[i])) << first[i];
      if ((node.flags & kLeafNode) != 0) continue;
      first[node.left] = first[i];
      first[node.left + 1] = first[i] + count_[node.left];
    }
  }

 private:
  std::vector<std::size_t> count_;
};

/// The codes at which splits of one column change their mind.
struct Breaks {
  bool category = false;
  std::vector<std::uint8_t> limits;  ///< of a number: highest code that goes left

  std::size_t rows() const { return category ? 256 : limits.size() + 2; }
  std::size_t RowOf(std::size_t code) const {
    if (category) return code;
    if (code == kMissingCode) return limits.size() + 1;
    return std::size_t(std::lower_bound(limits.begin(), limits.end(), code) - limits.begin());
  }
};

int LastLeft(const FlatNode& node) { return int(node.limit) - (node.flags & kAddOne); }

}  // namespace

std::unique_ptr<const BitForest> BitForest::Make(const Forest& forest) {
  if (forest.width != 1 || forest.trees() == 0) return nullptr;
  auto made = std::make_unique<BitForest>();
  made->scores_ = forest.scores();
  for (std::size_t t = 0; t < forest.trees(); ++t)
    if (forest.tree_begin[t + 1] - forest.tree_begin[t] > 2 * kLeaves - 1) return nullptr;
  for (std::size_t t = 0; t < forest.trees(); t += kTrees) {
    if (!made->AddBlock(forest, t, std::min(kTrees, forest.trees() - t))) return nullptr;
  }
  for (std::size_t c = 0; c < made->columns_.size(); ++c)
    made->columns_[c].rows = made->table_.data() + made->first_word_[c];
  return made;
}

bool BitForest::AddBlock(const Forest& forest, std::size_t first, std::size_t trees) {
  Block block;
  block.trees = trees;
  block.first_column = columns_.size();
  block.values.assign(kTrees * kLeaves, 0.0);
  std::map<std::uint32_t, Breaks> breaks;
  for (std::size_t i = forest.tree_begin[first]; i < forest.tree_begin[first + trees]; ++i) {
    const FlatNode& node = forest.nodes[i];
    if ((node.flags & kLeafNode) != 0) continue;
    Breaks& at = breaks[node.slot];
    at.category = (node.flags & kCategoryNode) != 0;
    if (!at.category) at.limits.push_back(std::uint8_t(LastLeft(node)));
  }
  std::map<std::uint32_t, std::size_t> place;
  for (auto& [slot, at] : breaks) {
    std::sort(at.limits.begin(), at.limits.end());
    at.limits.erase(std::unique(at.limits.begin(), at.limits.end()), at.limits.end());
    if (at.rows() > 256) return false;
    TableColumn column;
    column.slot = slot;
    for (std::size_t code = 0; code < 256; ++code) column.row_of_code[code] = std::uint8_t(at.RowOf(code));
    first_word_.push_back(table_.size());
    place[slot] = columns_.size();
    columns_.push_back(column);
    table_.resize(table_.size() + at.rows() * kTrees, ~std::uint64_t(0));
  }
  block.last_column = columns_.size();
  for (std::size_t t = 0; t < trees; ++t) {
    const std::size_t root = forest.tree_begin[first + t], end = forest.tree_begin[first + t + 1];
    const LeafPlaces places(forest, root, end);
    for (std::size_t i = root; i < end; ++i) {
      const FlatNode& node = forest.nodes[i];
      if ((node.flags & kLeafNode) != 0) {
        block.values[t * kLeaves + std::size_t(std::countr_zero(places.below[i - root]))] =
            forest.values[forest.payload[i]];
        continue;
      }
      const Breaks& at = breaks[node.slot];
      std::uint64_t* rows = table_.data() + first_word_[place[node.slot]] + t;
      const std::uint64_t keep = ~places.below[node.left];
      if (at.category) {
        const CodeSet& set = forest.sets[forest.payload[i]];
        for (std::size_t code = 0; code < 256; ++code)
          if (((set[code >> 6] >> (code & 63)) & 1) == 0) rows[code * kTrees] &= keep;
        continue;
      }
      for (std::size_t row = at.RowOf(std::size_t(LastLeft(node))) + 1; row <= at.limits.size(); ++row)
        rows[row * kTrees] &= keep;
      if ((node.flags & kAddOne) == 0) rows[(at.limits.size() + 1) * kTrees] &= keep;  // missing goes right
    }
  }
  blocks_.push_back(std::move(block));
  return table_.size() <= kMostWords;
}

void BitForest::AddTo(const std::uint8_t* codes, std::size_t slots, std::size_t n, double* sums) const {
  alignas(64) std::uint64_t left[kRowsTogether * kTrees];
  std::size_t tree = 0;
  for (const Block& block : blocks_) {
    for (std::size_t i = 0; i < n; i += kRowsTogether) {
      const std::size_t together = std::min(kRowsTogether, n - i);
      AndTableRows(columns_.data() + block.first_column, block.last_column - block.first_column, codes + i * slots,
                   slots, together, left);
      for (std::size_t r = 0; r < together; ++r) AddLeaves(block, tree, left + r * kTrees, sums + (i + r) * scores_);
    }
    tree += block.trees;
  }
}

void BitForest::AddLeaves(const Block& block, std::size_t tree, const std::uint64_t* left, double* sums) const {
  const double* values = block.values.data();
  if (scores_ == 1) {
    double sum = sums[0];
    for (std::size_t t = 0; t < block.trees; ++t) sum += values[t * kLeaves + std::size_t(std::countr_zero(left[t]))];
    sums[0] = sum;
    return;
  }
  for (std::size_t t = 0; t < block.trees; ++t)
    sums[(tree + t) % scores_] += values[t * kLeaves + std::size_t(std::countr_zero(left[t]))];
}

}  // namespace tagwerk::learners::trees
