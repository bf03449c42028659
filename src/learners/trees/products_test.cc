// Stores that share a byte as digits of one number: codes, sums, and the same models as without.
#include "learners/trees/products.h"

#include <gtest/gtest.h>

#include <numeric>

#include "learners/trees/boosting_fixture.h"
#include "learners/trees/open_leaves.h"

namespace tagwerk::learners::trees {
namespace {

constexpr std::size_t kTaughtRows = 9000;  // threads part the rows of larger leaves

TEST(FindProducts, FillsBytesAndTakesEveryStoreOnce) {
  using Products = std::vector<std::vector<std::size_t>>;
  EXPECT_EQ(FindProducts(std::vector{255, 125, 64, 16, 16, 4, 3, 2, 2}),
            (Products{{2, 5}, {3, 4}, {0}, {1, 7}, {6, 8}}));
  EXPECT_EQ(FindProducts(std::vector{256, 128, 2}), (Products{{0}, {1, 2}}));
  EXPECT_TRUE(FindProducts({}).empty());
}

TEST(SumProduct, GivesTheSumsOfEveryStore) {
  Random random(1);
  const std::vector<std::vector<int>> cases = {{16, 16},  {125, 2}, {128, 2},  {10, 5, 5},
                                               {3, 2, 2}, {2, 2},   {9, 7, 4}, {2, 2, 2, 2, 2, 2, 2, 2}};
  for (const std::vector<int>& slots : cases) {
    std::vector<Store> stores;
    int codes = 1;
    for (const int n : slots) {
      stores.push_back({.slots = n, .step = codes});
      codes *= n;
    }
    std::vector<Packed> sums(std::size_t(codes) + kDigitPadding, Pack(77, 77));
    std::vector<std::vector<Packed>> expected;
    for (const int n : slots) expected.emplace_back(n, 0);
    for (int code = 0; code < codes; ++code) {
      const Packed p = sums[std::size_t(code)] = Pack(std::int64_t(random.Below(2001)) - 1000, random.Below(1000));
      for (std::size_t s = 0; s < slots.size(); ++s) expected[s][std::size_t(code / stores[s].step % slots[s])] += p;
    }
    SumProduct(stores, sums.data());
    for (std::size_t s = 0; s < slots.size(); ++s) {
      const auto own = sums.begin() + (s == 0 ? 0 : stores[s].step);
      EXPECT_EQ(std::vector<Packed>(own, own + slots[s]), expected[s]) << codes << " " << s;
    }
    EXPECT_EQ(sums[std::size_t(codes)], Pack(77, 77));
  }
}

// Numbers of few values (some missing, one only where nothing is learned), categories, columns that exclude each other,
// rare ones, two of many values, and twins of some, so that splits gain the same.
Sample FewValues(Task task, int classes, std::uint64_t seed) {
  Random random(seed);
  Sample s;
  s.task = task;
  s.classes = classes;
  std::vector<double> score(kTaughtRows, 0.0);
  const auto add = [&](const auto& value) {
    std::vector<double> v(kTaughtRows);
    for (std::size_t i = 0; i < kTaughtRows; ++i) {
      v[i] = value(i);
      if (!std::isnan(v[i])) score[i] += 0.3 * std::sin(v[i] + double(s.columns.size()));
    }
    s.AddNumeric(std::move(v));
  };
  for (const std::uint64_t values : {2, 2, 3, 5, 9, 20, 40})
    add([&](std::size_t) { return values == 9 && random.Uniform() < 0.2 ? kNan : double(random.Below(values)); });
  add([&](std::size_t i) { return i >= kTaughtRows - 100 ? kNan : double(i * 7 % 4); });
  const auto part = [](std::size_t i) { return i * 2654435761u / 64 % 6; };
  add([&](std::size_t i) { return part(i) == 0 ? 3.0 : 0.0; });  // splits as the next, in another byte
  for (std::size_t j = 0; j < 6; ++j) add([&](std::size_t i) { return part(i) == j ? 3.0 : 0.0; });
  for (std::size_t j = 0; j < 18; ++j)
    add([&](std::size_t) { return random.Uniform() < 0.02 ? double(1 + random.Below(2)) : 0.0; });
  for (int j = 0; j < 2; ++j) add([&](std::size_t) { return random.Normal(); });
  for (const std::int32_t categories : {4, 12, 30}) {
    std::vector<std::int32_t> codes(kTaughtRows);
    for (std::size_t i = 0; i < kTaughtRows; ++i) {
      codes[i] = std::int32_t(random.Below(std::uint64_t(categories) + 1)) - 1;
      score[i] += 0.2 * double(codes[i] * 5 % 3);
    }
    s.AddCategory(std::move(codes), categories);
  }
  for (const std::size_t twin : {2, 4, 5}) s.columns.push_back(s.columns[twin]);
  for (std::size_t i = 0; i < kTaughtRows; ++i) {
    const double noisy = score[i] + 0.5 * random.Normal();
    s.y.push_back(classes == 0 ? noisy : std::clamp(std::floor(noisy + classes / 2.0), 0.0, classes - 1.0));
    s.weight.push_back(0.5 + random.Uniform());
  }
  return s;
}

TEST(BuildBins, BytesAreProductsOfTheCodesOfTheirStores) {
  Sample s = FewValues(Task::kRegression, 0, 2);
  const model::TrainingData data = s.Data();
  const std::size_t taught = kTaughtRows - 100;
  const BinRules rules{.bundle = true, .multiply = true};
  const auto bins = BuildBins(Context(), *data.x, data.train_rows.first(taught), rules);
  const auto plain = BuildBins(Context(), *data.x, data.train_rows.first(taught), {.bundle = true});
  ASSERT_EQ(plain->bytes.size(), plain->stores.size());
  EXPECT_LT(bins->bytes.size(), plain->bytes.size() - 5);
  ASSERT_EQ(bins->stores.size(), plain->stores.size());
  ASSERT_EQ(bins->features.size(), plain->features.size());
  const auto codes_of = [&](const BinnedData& of, const Feature& feature) {
    const Store& store = of.stores[feature.store];
    const Block& block = of.blocks[store.block];
    std::vector<int> codes;
    std::size_t b = block.first;
    while (feature.store >= of.bytes[b].end) ++b;
    EXPECT_LE(of.bytes[b].codes, kMostCodes);
    for (std::size_t i = 0; i < taught; ++i)
      codes.push_back(block.rows[i * kBlock + (b - block.first)] / store.step % store.slots);
    return codes;
  };
  for (std::size_t f = 0; f < bins->features.size(); ++f) {
    EXPECT_EQ(bins->features[f].column, plain->features[f].column);
    if (bins->stores[bins->features[f].store].sparse) continue;
    EXPECT_EQ(codes_of(*bins, bins->features[f]), codes_of(*plain, plain->features[f])) << f;
  }
}

TEST(BuildBins, FewRowsHaveNoProducts) {
  Sample s = FewValues(Task::kRegression, 0, 3);
  const model::TrainingData data = s.Data();
  const BinRules rules{.bundle = true, .multiply = true};
  const auto bins = BuildBins(Context(), *data.x, data.train_rows.first(kProductRows - 1), rules);
  EXPECT_EQ(bins->bytes.size(), bins->stores.size());
}

TEST(TakeBest, EqualGainsGoToTheFirstFeatureWhicheverThreadFoundThem) {
  for (const bool turned : {false, true}) {
    std::vector<Split> found(3);
    found[0].gain = found[1].gain = 2;
    found[0].feature = turned ? 3 : 7;
    found[1].feature = turned ? 7 : 3;
    OpenLeaf leaf;
    TakeBest(found, Scale(), 0, leaf);
    EXPECT_EQ(leaf.best.feature, 3);
  }
}

// The model without any sharing of bytes, alone and on several threads.
void ExpectSameModel(const model::TrainingData& data, BoostingSettings settings, const std::string& what) {
  settings.parallel_cells = 1000;
  BoostingSettings plain = settings;
  plain.bins.multiply = plain.bins.bundle = false;
  const std::string expected = Bytes(*Fit(data, plain).model);
  for (const int threads : {1, 2, 3}) EXPECT_EQ(Bytes(*Fit(data, settings, threads).model), expected) << what;
}

TEST(Products, ChangeNothingButTheSpeed) {
  for (const int classes : {0, 2, 3}) {
    const Task task = classes == 0 ? Task::kRegression : classes == 2 ? Task::kBinary : Task::kMulticlass;
    Sample s = FewValues(task, classes, 4);
    model::TrainingData data = s.Data();
    data.train_rows = data.train_rows.first(kTaughtRows - 100);
    data.valid_rows = model::RowSpan(s.rows).subspan(kTaughtRows - 100);
    for (const Growth growth : {Growth::kLeafWise, Growth::kDepthWise, Growth::kOblivious}) {
      BoostingSettings settings = Small(4);
      settings.grow.growth = growth;
      const std::string what = std::to_string(classes) + " " + std::to_string(int(growth));
      ExpectSameModel(data, settings, what);
      settings.subsample = 0.7;
      settings.colsample = 0.5;
      ExpectSameModel(data, settings, what + " of parts");
      settings.grow.split.random_thresholds = true;
      settings.grow.histogram_bytes = 1;  // three histograms
      ExpectSameModel(data, settings, what + " at random");
    }
  }
}

TEST(Products, HoldConstraints) {
  Sample s = FewValues(Task::kRegression, 0, 5);
  const model::TrainingData data = s.Data();
  for (const Growth growth : {Growth::kLeafWise, Growth::kOblivious}) {
    BoostingSettings settings = Small(4);
    settings.grow.growth = growth;
    settings.grow.directions.assign(s.columns.size(), 0);
    settings.grow.directions[3] = 1;
    settings.grow.directions[5] = -1;
    settings.grow.groups = {{0, 3, 8, 20, 30}, {1, 5, 9, 33, 35}};
    settings.grow.split.path_smooth = 3;
    ExpectSameModel(data, settings, std::to_string(int(growth)));
  }
}

TEST(Products, OneTreeForAllClassesHasNone) {
  Sample s = FewValues(Task::kMulticlass, 4, 6);
  BoostingSettings settings = Small(3);
  settings.multi = MultiOutput::kOn;
  ExpectSameModel(s.Data(), settings, "together");
}

}  // namespace
}  // namespace tagwerk::learners::trees
