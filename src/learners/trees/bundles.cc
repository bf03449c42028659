#include "learners/trees/bundles.h"

#include <algorithm>
#include <array>

#include "learners/trees/loops.h"

namespace tagwerk::learners::trees {

namespace {

constexpr std::size_t kLeastRows = 1000;  // smaller data are quick as they are
constexpr std::size_t kLeastColumns = 9;
constexpr std::size_t kTries = 100;  // bundles that a column is tried with
constexpr int kMostBundleSlots = 255;

using Bits = std::vector<std::uint64_t>;  // training rows, by position

struct Sparse {
  std::uint32_t feature = 0;
  int frequent_bin = 0;
  std::size_t rows = 0;  // that have another value
  Bits set;
};

Sparse Look(std::uint32_t feature, const Feature& about, const std::vector<std::uint8_t>& column,
            model::RowSpan train) {
  Sparse sparse;
  sparse.feature = feature;
  std::array<std::size_t, 256> counts{};
  for (const auto row : train) ++counts[column[row]];
  const auto most = std::size_t(std::max_element(counts.begin(), counts.end()) - counts.begin());
  sparse.frequent_bin = static_cast<int>(most);
  sparse.rows = train.size() - counts[most];
  if (2 * sparse.rows > train.size() || about.slots() > kMostBundleSlots / 2) return sparse;
  sparse.set.assign((train.size() + 63) / 64, 0);
  for (std::size_t k = 0; k < train.size(); ++k) {
    if (column[train[k]] != most) sparse.set[k / 64] |= 1ULL << (k % 64);
  }
  return sparse;
}

struct Bundle {
  std::vector<std::uint32_t> features;
  Bits set;
  int slots = 1;  // the first stands for "all at their most frequent value"
  std::size_t rows = 0;

  bool Takes(const Sparse& s, int more, std::size_t all) const {
    if (slots + more > kMostBundleSlots || rows + s.rows > all) return false;
    for (std::size_t w = 0; w < set.size(); ++w) {
      if ((set[w] & s.set[w]) != 0) return false;
    }
    return true;
  }
  void Add(const Sparse& s, int more) {
    features.push_back(s.feature);
    slots += more;
    rows += s.rows;
    set.resize(s.set.size(), 0);
    for (std::size_t w = 0; w < set.size(); ++w) set[w] |= s.set[w];
  }
};

}  // namespace

std::vector<std::vector<std::uint32_t>> FindBundles(const std::vector<std::vector<std::uint8_t>>& columns,
                                                    model::RowSpan train, Pool* pool, std::vector<Feature>& features) {
  std::vector<std::vector<std::uint32_t>> found;
  if (train.size() < kLeastRows || features.size() < kLeastColumns) {
    for (std::uint32_t f = 0; f < features.size(); ++f) found.push_back({f});
    return found;
  }
  std::vector<Sparse> sparse(features.size());
  ForEach(pool, features.size(),
          [&](std::size_t f) { sparse[f] = Look(static_cast<std::uint32_t>(f), features[f], columns[f], train); });
  for (const Sparse& s : sparse) {
    if (s.set.empty()) found.push_back({s.feature});
  }
  std::erase_if(sparse, [](const Sparse& s) { return s.set.empty(); });
  std::stable_sort(sparse.begin(), sparse.end(), [](const Sparse& a, const Sparse& b) { return a.rows > b.rows; });
  std::vector<Bundle> bundles;
  for (const Sparse& s : sparse) {
    const int more = features[s.feature].slots() - 1;
    const std::size_t tries = std::min(kTries, bundles.size());
    const auto fits = std::find_if(bundles.end() - std::ptrdiff_t(tries), bundles.end(),
                                   [&](const Bundle& b) { return b.Takes(s, more, train.size()); });
    (fits == bundles.end() ? bundles.emplace_back() : *fits).Add(s, more);
  }
  for (const Sparse& s : sparse) features[s.feature].frequent_bin = s.frequent_bin;
  for (Bundle& b : bundles) {
    if (b.features.size() == 1) features[b.features.front()].frequent_bin = -1;
    found.push_back(std::move(b.features));
  }
  return found;
}

}  // namespace tagwerk::learners::trees
