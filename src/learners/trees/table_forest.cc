#include "learners/trees/table_forest.h"

#include <algorithm>
#include <array>

namespace tagwerk::learners::trees {
namespace {

constexpr std::size_t kMostBytes = std::size_t(64) << 20;
constexpr std::size_t kCellsTogether = 8;  // trees whose cells are known before they are added

bool IsLeaf(const FlatNode& node) { return (node.flags & kLeafNode) != 0; }

std::size_t TestsIn(const std::vector<FlatNode>& nodes) {
  return nodes.size() - std::size_t(std::count_if(nodes.begin(), nodes.end(), IsLeaf));
}

}  // namespace

std::unique_ptr<const TableForest> TableForest::Make(const Forest& forest) {
  if (forest.columns.size() > kMostTileSlots) return nullptr;
  auto made = std::unique_ptr<TableForest>(new TableForest(forest));
  for (std::size_t t = 0; t < forest.trees(); ++t) {
    if (!made->AddTree(forest, t) || made->values_.size() > kMostBytes / sizeof(double)) return nullptr;
  }
  return made->tests_.size() * 4 > TestsIn(forest.nodes) * 3 ? nullptr : std::move(made);
}

TableForest::TableForest(const Forest& forest) : scores_(forest.scores()), width_(forest.width), sets_(forest.sets) {}

// Collects the tree's different tests in the order of its nodes; false when there are too many.
bool TableForest::AddTree(const Forest& forest, std::size_t tree) {
  const std::size_t root = forest.tree_begin[tree], end = forest.tree_begin[tree + 1];
  Tree added{tests_.size(), values_.size(), 0};
  std::vector<std::uint8_t> test_of(end - root, 0);
  for (std::size_t at = root; at < end; ++at) {
    const FlatNode& node = forest.nodes[at];
    if (IsLeaf(node)) continue;
    TableTest test;
    test.list = std::uint16_t(2 * node.slot + (node.flags & kAddOne));
    test.limit = node.limit;
    test.category = (node.flags & kCategoryNode) != 0;
    test.set = test.category ? forest.payload[at] : 0;
    const auto same = [&](const TableTest& other) {
      if (other.list != test.list || other.category != test.category) return false;
      return test.category ? sets_[other.set] == sets_[test.set] : other.limit == test.limit;
    };
    const auto first = tests_.begin() + std::ptrdiff_t(added.first_test);
    const auto found = std::find_if(first, tests_.end(), same);
    test_of[at - root] = std::uint8_t(found - first);
    if (found != tests_.end()) continue;
    if (++added.tests > kTests) return false;
    tests_.push_back(test);
  }
  trees_.push_back(added);
  FillTable(forest, tree, test_of);
  return true;
}

void TableForest::FillTable(const Forest& forest, std::size_t tree, const std::vector<std::uint8_t>& test_of) {
  const std::size_t root = forest.tree_begin[tree], cells = std::size_t(1) << trees_.back().tests;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    std::size_t at = root;
    while (!IsLeaf(forest.nodes[at])) at = root + forest.nodes[at].left + ((cell >> test_of[at - root]) & 1);
    const double* values = forest.values.data() + std::size_t(forest.payload[at]) * width_;
    values_.insert(values_.end(), values, values + width_);
  }
}

void TableForest::AddTo(std::size_t first, std::size_t last, const std::uint8_t* codes, double* sums) const {
  alignas(64) std::uint8_t cell[kCellsTogether][kTileRows];
  for (std::size_t t = first; t < last; t += kCellsTogether) {
    const std::size_t n = std::min(kCellsTogether, last - t);
    std::array<const double*, kCellsTogether> values{};
    for (std::size_t k = 0; k < n; ++k) {
      const Tree& tree = trees_[t + k];
      SelectCells(tests_.data() + tree.first_test, tree.tests, sets_.data(), codes, cell[k]);
      values[k] = values_.data() + tree.first_value;
    }
    if (scores_ == 1 && n == kCellsTogether) {
      for (std::size_t r = 0; r < kTileRows; ++r) {
        double sum = sums[r];
#pragma GCC unroll 8
        for (std::size_t k = 0; k < kCellsTogether; ++k) sum += values[k][cell[k][r]];
        sums[r] = sum;
      }
    } else if (width_ == 1) {
      for (std::size_t k = 0; k < n; ++k) {
        double* to = sums + (t + k) % scores_;
        for (std::size_t r = 0; r < kTileRows; ++r) to[r * scores_] += values[k][cell[k][r]];
      }
    } else {
      for (std::size_t k = 0; k < n; ++k)
        for (std::size_t i = 0; i < kTileRows * width_; ++i)
          sums[i] += values[k][cell[k][i / width_] * width_ + i % width_];
    }
  }
}

void TableForest::AddRow(const std::uint8_t* codes, double* sums) const {
  for (std::size_t t = 0; t < trees_.size(); ++t) {
    const Tree& tree = trees_[t];
    const TableTest* test = tests_.data() + tree.first_test;
    std::size_t cell = 0;
    for (std::size_t j = 0; j < tree.tests; ++j, ++test) {
      const std::uint8_t code = codes[test->list];
      const bool right = test->category ? ((sets_[test->set][code >> 6] >> (code & 63)) & 1) == 0 : code > test->limit;
      cell |= std::size_t(right) << j;
    }
    const double* values = values_.data() + tree.first_value + cell * width_;
    if (width_ == 1) {
      sums[scores_ == 1 ? 0 : t % scores_] += values[0];
    } else {
      for (std::size_t k = 0; k < width_; ++k) sums[k] += values[k];
    }
  }
}

}  // namespace tagwerk::learners::trees
