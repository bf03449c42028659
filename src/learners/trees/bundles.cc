#include "learners/trees/bundles.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "learners/trees/loops.h"

namespace tagwerk::learners::trees {

namespace {

constexpr std::size_t kLeastRows = 1000;  // smaller data are quick as they are
constexpr std::size_t kLeastColumns = 9;
constexpr std::size_t kTries = 100;  // bundles that a column is tried with
constexpr int kMostBundleSlots = 255;
constexpr std::size_t kRareShare = 16;    // a row in so many
constexpr std::size_t kFilledShare = 4;   // a bundle is worth its bytes when a row in so many has one of its columns
constexpr std::size_t kLeastSparse = 16;  // columns of a sparse block
constexpr int kSparseSlots = 1 << 16;     // of a sparse block: its histogram stays in the second-level cache
constexpr std::size_t kLeastEntriesPerRow = 2;  // of a sparse block: beside what finding a row's entries costs

using Bits = std::vector<std::uint64_t>;  // by matrix row

/// What a column has beside its most frequent value.
struct Others {
  std::uint32_t feature = 0;
  int frequent_bin = 0;
  std::size_t rows = 0;  // that teach and have another value
  bool bundles = false;  // may share a byte
  Bits set;              // those rows; empty: `list`
  const std::vector<table::RowIndex>* list = nullptr;
};

Others Look(std::uint32_t feature, const Feature& about, const ColumnBins& column, const LearnRows& rows) {
  Others others;
  others.feature = feature;
  if (column.listed()) {
    others.frequent_bin = column.fill;
    others.list = &column.rows;
    for (const auto row : column.rows) others.rows += rows.Teaches(row);
  } else {
    std::array<std::size_t, 256> counts{};
    for (const auto row : rows.train()) ++counts[column.bytes[row]];
    const auto most = std::size_t(std::max_element(counts.begin(), counts.end()) - counts.begin());
    others.frequent_bin = static_cast<int>(most);
    others.rows = rows.train().size() - counts[most];
  }
  others.bundles = 2 * others.rows <= rows.train().size() && about.slots() <= kMostBundleSlots / 2;
  if (!others.bundles || column.listed()) return others;
  others.set.assign((rows.num_rows() + 63) / 64, 0);
  for (const auto row : rows.train()) {
    if (column.bytes[row] != others.frequent_bin) others.set[row / 64] |= 1ULL << (row % 64);
  }
  return others;
}

/// A byte as it fills.
struct Sharing {
  std::vector<std::uint32_t> features;
  Bits set;
  int slots = 1;  // the first stands for "all at their most frequent value"
  std::size_t rows = 0;
  bool rare = true;  // all of its columns

  bool Takes(const Others& o, int more, const LearnRows& all) const {
    if (slots + more > kMostBundleSlots || rows + o.rows > all.train().size()) return false;
    if (o.list != nullptr) {
      return std::none_of(o.list->begin(), o.list->end(),
                          [&](auto row) { return (set[row / 64] >> (row % 64) & 1) != 0 && all.Teaches(row); });
    }
    for (std::size_t w = 0; w < set.size(); ++w) {
      if ((set[w] & o.set[w]) != 0) return false;
    }
    return true;
  }
  void Add(const Others& o, int more, const LearnRows& all) {
    features.push_back(o.feature);
    slots += more;
    rows += o.rows;
    rare &= IsRare(o.rows, all.train().size());
    set.resize((all.num_rows() + 63) / 64, 0);
    for (std::size_t w = 0; w < o.set.size(); ++w) set[w] |= o.set[w];
    if (o.list == nullptr) return;
    for (const auto row : *o.list) {
      if (all.Teaches(row)) set[row / 64] |= 1ULL << (row % 64);
    }
  }
};

std::vector<Sharing> Share(std::vector<Others> candidates, const std::vector<Feature>& features,
                           const LearnRows& rows) {
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Others& a, const Others& b) { return a.rows > b.rows; });
  std::vector<Sharing> shared;
  for (const Others& o : candidates) {
    const int more = features[o.feature].slots() - 1;
    const std::size_t tries = std::min(kTries, shared.size());
    const auto fits = std::find_if(shared.end() - std::ptrdiff_t(tries), shared.end(),
                                   [&](const Sharing& s) { return s.Takes(o, more, rows); });
    (fits == shared.end() ? shared.emplace_back() : *fits).Add(o, more, rows);
  }
  return shared;
}

/// Sparse stores of rare features, in order.
void AddSparse(const std::vector<std::uint32_t>& rare, const std::vector<Others>& others, const LearnRows& rows,
               std::vector<Feature>& features, std::vector<Bundle>& found) {
  int slots = kSparseSlots;
  std::size_t entries = kLeastEntriesPerRow * rows.num_rows();
  for (const std::uint32_t f : rare) {
    if (slots >= kSparseSlots && entries >= kLeastEntriesPerRow * rows.num_rows()) {
      found.push_back({{}, true});
      slots = 0;
      entries = 0;
    }
    found.back().features.push_back(f);
    slots += features[f].slots() - 1;
    entries += others[f].rows;
    features[f].frequent_bin = others[f].frequent_bin;
  }
}

}  // namespace

bool IsRare(std::size_t rows, std::size_t all) { return all >= kLeastRows && rows * kRareShare <= all; }

std::vector<Bundle> FindBundles(const std::vector<ColumnBins>& columns, const LearnRows& rows, Pool* pool,
                                std::vector<Feature>& features) {
  std::vector<Bundle> found;
  if (rows.train().size() < kLeastRows || features.size() < kLeastColumns) {
    for (std::uint32_t f = 0; f < features.size(); ++f) found.push_back({{f}});
    return found;
  }
  std::vector<Others> others(features.size());
  ForEach(pool, features.size(),
          [&](std::size_t f) { others[f] = Look(static_cast<std::uint32_t>(f), features[f], columns[f], rows); });
  std::vector<std::uint32_t> single, rare;
  std::vector<Others> candidates;
  for (Others& o : others) {
    if (o.bundles)
      candidates.push_back(std::move(o));
    else
      (IsRare(o.rows, rows.train().size()) ? rare : single).push_back(o.feature);
  }
  std::vector<Sharing> dense, thin;
  std::size_t listed = rare.size();
  for (Sharing& s : Share(std::move(candidates), features, rows)) {
    const bool filled = !s.rare || s.rows * kFilledShare >= rows.train().size();
    listed += filled ? 0 : s.features.size();
    (filled ? dense : thin).push_back(std::move(s));
  }
  if (listed < kLeastSparse) {
    std::move(thin.begin(), thin.end(), std::back_inserter(dense));
    single.insert(single.end(), rare.begin(), rare.end());
    rare.clear();
  } else {
    for (const Sharing& s : thin) rare.insert(rare.end(), s.features.begin(), s.features.end());
    std::sort(rare.begin(), rare.end());
  }
  for (const std::uint32_t f : single) found.push_back({{f}});
  for (Sharing& s : dense) {
    for (const std::uint32_t f : s.features)
      features[f].frequent_bin = s.features.size() > 1 ? others[f].frequent_bin : -1;
    found.push_back({std::move(s.features)});
  }
  AddSparse(rare, others, rows, features, found);
  return found;
}

}  // namespace tagwerk::learners::trees
