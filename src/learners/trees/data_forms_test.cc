// Numbers without their zeros and numbers that are read where they lie give the models of whole columns.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "learners/trees/boosting_fixture.h"
#include "learners/trees/forests.h"

namespace tagwerk::learners::trees {
namespace {

/// The columns of a sample without zeros.
model::Matrix WithoutZeros(const Sample& s) {
  struct Held {
    model::Rows rows;
    std::vector<double> values;
  };
  std::vector<model::MatrixColumn> columns;
  for (const model::MatrixColumn& column : s.columns) {
    model::MatrixColumn& made = columns.emplace_back(column);
    if (column.is_category()) continue;
    auto held = std::make_shared<Held>();
    for (std::size_t i = 0; i < column.numeric->size(); ++i) {
      if ((*column.numeric)[i] == 0 && i % 50 != 0) continue;  // some zeros are said
      held->rows.push_back(static_cast<table::RowIndex>(i));
      held->values.push_back((*column.numeric)[i]);
    }
    made.numeric = nullptr;
    made.nonzeros = std::make_shared<model::SparseNumbers>(model::SparseNumbers{held, held->rows, held->values});
  }
  return {s.y.size(), std::move(columns)};
}

class Lying final : public model::NumberSource {
 public:
  explicit Lying(std::shared_ptr<const std::vector<double>> numbers) : numbers_(std::move(numbers)) {}
  void Read(std::size_t begin, std::span<double> to) const override {
    std::copy_n(numbers_->begin() + std::ptrdiff_t(begin), to.size(), to.begin());
  }

 private:
  std::shared_ptr<const std::vector<double>> numbers_;
};

model::Matrix Elsewhere(const Sample& s) {
  std::vector<model::MatrixColumn> columns = s.columns;
  for (model::MatrixColumn& column : columns) {
    if (column.is_category()) continue;
    column.elsewhere = std::make_shared<Lying>(std::exchange(column.numeric, nullptr));
  }
  return {s.y.size(), std::move(columns)};
}

/// 60 columns: rare numbers of any sign, some missing, rare flags that meet, flags that exclude each other, columns
/// that are half or never 0, and a category.
Sample Rare(std::size_t n, Task task, int classes, std::uint64_t seed) {
  Random random(seed);
  Sample s;
  s.task = task;
  s.classes = classes;
  std::vector<double> score(n, 0.0);
  for (std::size_t j = 0; j < 60; ++j) {
    std::vector<double> v(n, 0.0);
    const double share = j < 40 ? 0.01 + 0.001 * double(j) : j < 50 ? 0 : j < 55 ? 0.5 : 1;
    for (std::size_t i = 0; i < n; ++i) {
      if (j >= 40 && j < 50)
        v[i] = (i * 2654435761u >> 7) % 10 == j - 40 ? 1 : 0;
      else if (random.Uniform() < share)
        v[i] = j % 4 == 1 && j < 55 ? 1 : j % 7 == 3 && random.Uniform() < 0.3 ? kNan : random.Normal();
      if (!std::isnan(v[i])) score[i] += v[i] * (j % 3 == 0 ? 2 : -1);
    }
    s.AddNumeric(std::move(v));
  }
  std::vector<std::int32_t> codes(n);
  for (auto& code : codes) code = static_cast<std::int32_t>(random.Below(6)) - 1;
  s.AddCategory(std::move(codes), 5);
  for (std::size_t i = 0; i < n; ++i) {
    const double noisy = score[i] + random.Normal();
    s.y.push_back(classes == 0   ? noisy
                  : classes == 2 ? noisy > 0
                                 : std::clamp(std::floor(noisy) + 2, 0.0, classes - 1.0));
  }
  return s;
}

TEST(SparseInput, RareColumnsAreListedAndTheOthersShareBytes) {
  Sample s = Rare(4000, Task::kRegression, 0, 1);
  s.Data();
  const model::Matrix without = WithoutZeros(s);
  const auto bins = BuildBins(Context(), without, s.rows, {.bundle = true});
  std::size_t listed = 0;
  ASSERT_EQ(bins->features.size(), 61u);
  for (std::size_t f = 0; f < bins->features.size(); ++f) {
    const Feature& feature = bins->features[f];
    const Store& store = bins->stores[feature.store];
    EXPECT_EQ(store.sparse, bins->blocks[store.block].sparse());
    EXPECT_EQ(store.sparse, feature.column < 40) << feature.column;
    if (!store.sparse) continue;
    ++listed;
    EXPECT_TRUE(bins->columns[f].listed());
    EXPECT_EQ(bins->columns[f].rows.size() < 300, true);
  }
  EXPECT_EQ(listed, 40u);
  EXPECT_EQ(bins->stores.size(), 10u + 1 + 1 + 1);  // dense columns, the category, the flags, the rare ones
}

TEST(SparseInput, BinsAreThoseOfWholeColumns) {
  Sample s = Rare(4000, Task::kRegression, 0, 2);
  const model::TrainingData data = s.Data();
  for (const bool some : {false, true}) {
    const model::RowSpan train = some ? data.train_rows.subspan(700, 2500) : data.train_rows;
    for (const bool bundle : {false, true}) {
      const BinRules rules{.bundle = bundle};
      const auto whole = BuildBins(Context(), s.x, train, rules);
      for (const model::Matrix& other : {WithoutZeros(s), Elsewhere(s)}) {
        const auto bins = BuildBins(Context(), other, train, rules);
        ASSERT_EQ(bins->features.size(), whole->features.size());
        EXPECT_EQ(bins->histogram_size, whole->histogram_size);
        for (std::size_t f = 0; f < bins->features.size(); ++f) {
          EXPECT_EQ(bins->features[f].column, whole->features[f].column);
          EXPECT_EQ(bins->features[f].thresholds, whole->features[f].thresholds);
          EXPECT_EQ(bins->features[f].train_missing, whole->features[f].train_missing);
          EXPECT_EQ(bins->features[f].frequent_bin, whole->features[f].frequent_bin);
          for (std::size_t i = 0; i < 4000; ++i) ASSERT_EQ(bins->columns[f][i], whole->columns[f][i]);
        }
      }
    }
  }
}

TEST(BuildBins, OneMissingValueOfATeachingRowIsFoundWhereverItIs) {
  constexpr std::size_t kRows = 300'000, kTaught = 280'000;  // edges are learned from 200,000
  Sample s;
  for (std::size_t j = 0; j < 12; ++j) {
    std::vector<double> v(kRows);
    for (std::size_t i = 0; i < kRows; ++i) v[i] = double(i * (j + 7) % 101);
    if (j > 0) v[j < 10 ? j * 30'000 + j : kTaught + j] = kNan;
    s.AddNumeric(std::move(v));
  }
  s.y.assign(kRows, 0);
  s.Data();
  Pool pool(2);
  Context context;
  context.pool = &pool;
  for (const model::Matrix& matrix : {s.x, Elsewhere(s)}) {
    const auto bins = BuildBins(context, matrix, model::RowSpan(s.rows).first(kTaught), {});
    ASSERT_EQ(bins->features.size(), 12u);
    for (const Feature& f : bins->features) EXPECT_EQ(f.train_missing, f.column >= 1 && f.column < 10) << f.column;
  }
}

// Rows behind those of the fit: neither their values nor their number matter, and they take no memory.
TEST(BuildBins, RowsBehindThoseOfTheFitAreLeftOut) {
  for (const auto& [task, classes] : {std::pair{Task::kRegression, 0}, {Task::kBinary, 2}, {Task::kMulticlass, 3}}) {
    Sample s = Rare(3000, task, classes, 8);
    model::TrainingData data = s.Data();
    data.train_rows = data.train_rows.first(1600);
    data.valid_rows = model::RowSpan(s.rows).subspan(1500, 500);
    model::FitCache cache;
    data.cache = &cache;
    TrainingRows rows{{data.train_rows.begin(), data.train_rows.end()},
                      {data.valid_rows.begin(), data.valid_rows.end()}};
    EXPECT_EQ(GetBins(Context(), data, rows, {}, true)->num_rows, 2000u);
    rows.valid.back() = 2999;
    EXPECT_EQ(GetBins(Context(), data, rows, {}, true)->num_rows, 3000u);
    data.cache = nullptr;

    Sample first = s;
    for (model::MatrixColumn& column : first.columns) {
      if (column.is_category())
        column.codes = std::make_shared<std::vector<std::int32_t>>(column.codes->begin(), column.codes->begin() + 2000);
      else
        column.numeric = std::make_shared<std::vector<double>>(column.numeric->begin(), column.numeric->begin() + 2000);
    }
    first.y.resize(2000);
    model::TrainingData fewer = first.Data();
    fewer.train_rows = data.train_rows;
    fewer.valid_rows = data.valid_rows;
    BoostingSettings settings = Small(10);
    settings.bins.max_categories = 3;
    const std::string expected = Bytes(*Fit(fewer, settings).model);
    const std::string forest = Bytes(*(*FitForest(Context(), fewer, ForestSettings())).model);
    for (const model::Matrix& other : {s.x, WithoutZeros(s), Elsewhere(s)}) {
      data.x = &other;
      EXPECT_EQ(Bytes(*Fit(data, settings).model), expected);
      EXPECT_EQ(Bytes(*(*FitForest(Context(), data, ForestSettings())).model), forest);
    }
  }
}

TEST(SparseInput, BoostingGivesTheModelOfWholeColumns) {
  for (const auto& [task, classes] : {std::pair{Task::kRegression, 0}, {Task::kBinary, 2}, {Task::kMulticlass, 3}}) {
    Sample s = Rare(3000, task, classes, 3);
    model::TrainingData data = s.Data();
    data.train_rows = data.train_rows.first(2400);
    data.valid_rows = model::RowSpan(s.rows).subspan(2400);
    BoostingSettings settings = Small(15);
    settings.parallel_cells = 1000;
    settings.subsample = 0.8;
    const model::Fitted whole = Fit(data, settings);
    const std::vector<double> expected = PredictAll(*whole.model, s.x);
    EXPECT_GT(MeanAbsolute(expected, std::vector<double>(expected.size(), expected[0])), 0.01);
    for (const model::Matrix& other : {WithoutZeros(s), Elsewhere(s)}) {
      data.x = &other;
      for (const int threads : {1, 2, 3}) EXPECT_EQ(Bytes(*Fit(data, settings, threads).model), Bytes(*whole.model));
      EXPECT_EQ(PredictAll(*whole.model, other), expected);
      std::vector<double> some(5 * std::size_t(whole.model->num_outputs()));  // few rows, in no order
      const model::Rows rows = {17, 3, 2999, 3, 400};
      whole.model->Predict(other, rows, some);
      for (std::size_t i = 0; i < some.size(); ++i) {
        const std::size_t outputs = some.size() / 5;
        EXPECT_EQ(some[i], expected[rows[i / outputs] * outputs + i % outputs]);
      }
    }
  }
}

TEST(SparseInput, AListedColumnGivesTheModelOfAByteForEveryRow) {
  Sample s = Rare(3000, Task::kBinary, 2, 4);
  const model::TrainingData data = s.Data();
  BoostingSettings settings = Small(10);
  const std::string listed = Bytes(*Fit(data, settings).model);
  settings.bins.bundle = false;
  EXPECT_EQ(Bytes(*Fit(data, settings).model), listed);
}

TEST(MappedBins, AreThoseInMemoryAndGiveTheSameModel) {
  Sample s = MakeSample(1'100'000, Task::kRegression, 0, 6, 3);
  const model::TrainingData data = s.Data();
  Context context;
  BoostingSettings settings = Small(3);
  const auto held = BuildBins(context, s.x, s.rows, settings.bins);
  context.memory_limit = 3 * 2 * 4 * s.rows.size();  // four columns in two layouts are exactly a third
  EXPECT_FALSE(BuildBins(context, s.x, s.rows, settings.bins)->blocks[0].rows.in_file());
  --context.memory_limit;
  const auto mapped = BuildBins(context, s.x, s.rows, settings.bins);
  ASSERT_TRUE(mapped->blocks[0].rows.in_file());
  EXPECT_TRUE(std::equal(mapped->blocks[0].rows.data(), mapped->blocks[0].rows.data() + 16 * s.rows.size(),
                         held->blocks[0].rows.data()));
  for (std::size_t f = 0; f < 4; ++f) {
    EXPECT_TRUE(mapped->columns[f].bytes.in_file());
    EXPECT_TRUE(std::equal(mapped->columns[f].bytes.data(), mapped->columns[f].bytes.data() + s.rows.size(),
                           held->columns[f].bytes.data()));
  }
  Pool pool(2);
  Context plain;
  plain.pool = context.pool = &pool;
  EXPECT_EQ(Bytes(*(*FitBoosting(context, data, settings)).model), Bytes(*(*FitBoosting(plain, data, settings)).model));
}

TEST(MappedBins, StayInMemoryWithAWarningWhereNoFolderTakesThem) {
  struct rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit none = before;
  none.rlim_cur = 1 << 19;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  Sample s = MakeSample(1'100'000, Task::kRegression, 0, 7, 1);
  s.Data();
  Context context;
  context.memory_limit = 1 << 20;
  std::vector<std::string> told;
  context.listener = [&](const Event& event) { told.push_back(event.text); };
  const auto bins = BuildBins(context, s.x, s.rows, {});
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(bins->blocks[0].rows.in_file());
  EXPECT_EQ(told.size(), 3u);
  EXPECT_NE(told.front().find("memory"), std::string::npos);
}

TEST(SparseInput, ForestsGiveTheModelOfWholeColumns) {
  for (const bool random : {false, true}) {
    for (const auto& [task, classes] : {std::pair{Task::kRegression, 0}, {Task::kMulticlass, 3}}) {
      Sample s = Rare(2000, task, classes, 5);
      model::TrainingData data = s.Data();
      ForestSettings settings;
      settings.n_estimators = 5;
      settings.rules.random_thresholds = random;
      const auto fit = [&] { return Bytes(*(*FitForest(Context(), data, settings)).model); };
      const std::string whole = fit();
      for (const model::Matrix& other : {WithoutZeros(s), Elsewhere(s)}) {
        data.x = &other;
        EXPECT_EQ(fit(), whole);
      }
    }
  }
}

}  // namespace
}  // namespace tagwerk::learners::trees
