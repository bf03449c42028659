// Linear learners with a column of words beside numbers.
#include "learners/linear/sparse_column.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "learners/linear/linear.h"

namespace tagwerk::learners::linear {
namespace {

/// 600 rows of one number and eight words out of 200; words below 20 speak for the class `word % classes`.
struct WordData {
  model::Matrix x;
  std::vector<double> y;
  model::Rows train, valid;
  int classes;

  WordData(int num_classes, bool telling) : classes(num_classes) {
    Random random(4);
    auto block = std::make_shared<sparse::Block>();
    block->csr.width = 200;
    std::vector<double> number;
    for (std::size_t i = 0; i < 600; ++i) {
      const auto cls = random.Below(std::uint64_t(std::max(2, classes)));
      number.push_back(random.Normal());
      std::vector<bool> seen(200, false);
      for (int w = 0; w < 8; ++w) {
        std::uint64_t word = random.Below(200);
        if (w == 0 && telling) word = cls + std::uint64_t(std::max(2, classes)) * random.Below(5);
        if (seen[word]) continue;
        seen[word] = true;
        block->csr.index.push_back(std::uint32_t(word));
        block->csr.value.push_back(0.35F);
      }
      block->csr.EndRow();
      block->row_of.push_back(std::uint32_t(i));
      y.push_back(classes == 0 ? 10 + 4 * double(cls) + number.back() : double(cls));
      (i % 4 == 3 ? valid : train).push_back(model::RowIndex(i));
    }
    model::MatrixColumn numbers, words;
    numbers.name = "number";
    numbers.numeric = std::make_shared<const std::vector<double>>(std::move(number));
    words.name = "words";
    words.sparse = std::move(block);
    x = model::Matrix(600, {numbers, words});
  }
};

model::Fitted FitWords(const model::LearnerDescriptor& learner, const WordData& data, bool with_valid,
                       const model::Parameters& parameters = {}) {
  Pool pool(2);
  Context context;
  context.pool = &pool;
  model::TrainingData training;
  training.task = data.classes == 0 ? Task::kRegression : data.classes == 2 ? Task::kBinary : Task::kMulticlass;
  training.num_classes = data.classes;
  training.x = &data.x;
  training.y = data.y;
  training.train_rows = data.train;
  if (with_valid) training.valid_rows = data.valid;
  auto fitted = learner.fit(context, training, parameters);
  EXPECT_TRUE(fitted.has_value());
  return std::move(*fitted);
}

double Accuracy(const model::Model& model, const WordData& data) {
  const auto k = std::size_t(model.num_outputs());
  std::vector<double> out(data.valid.size() * k);
  model.Predict(data.x, data.valid, out);
  double right = 0;
  for (std::size_t i = 0; i < data.valid.size(); ++i) {
    const double* row = out.data() + i * k;
    right += double(std::max_element(row, row + k) - row) == data.y[data.valid[i]];
  }
  return right / double(data.valid.size());
}

TEST(SparseColumn, WordsThatTellTheClassAreLearned) {
  for (const int classes : {2, 3}) {
    const WordData data(classes, true);
    for (const bool with_valid : {true, false}) {
      const auto fitted = FitWords(Logistic(), data, with_valid);
      EXPECT_GT(Accuracy(*fitted.model, data), classes == 2 ? 0.85 : 0.75) << classes << with_valid;
      EXPECT_GT(fitted.refit.values().at("text_C"), 0.1);
      const Json importance = fitted.model->Summary()["importance"];
      EXPECT_GT(importance["words"].get<double>(), 3 * importance["number"].get<double>());
    }
  }
}

TEST(SparseColumn, WordsThatTellNothingAreLeftOut) {
  const WordData data(2, false);
  const auto fitted = FitWords(Logistic(), data, true);
  const auto& model = static_cast<const GlmModel&>(*fitted.model);
  ASSERT_EQ(model.parts().sparse.size(), 1U);
  EXPECT_TRUE(model.parts().sparse[0].weights.empty());
  EXPECT_EQ(fitted.refit.values().at("text_C"), kLeastC);
}

TEST(SparseColumn, RegressionsLearnNumbersAndWords) {
  const WordData data(0, true);
  for (const auto* learner : {&Ridge(), &ElasticNet()}) {
    const auto fitted = FitWords(*learner, data, true);
    EXPECT_GT(fitted.refit.values().at("text_C"), 0.1) << learner->id;
    std::vector<double> out(data.valid.size());
    fitted.model->Predict(data.x, data.valid, out);
    double square = 0, spread = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      square += std::pow(out[i] - data.y[data.valid[i]], 2);
      spread += std::pow(12 - data.y[data.valid[i]], 2);
    }
    EXPECT_LT(square, 0.25 * spread) << learner->id;
  }
}

TEST(SparseColumn, AMatrixWithoutTheColumnCountsItAsMissing) {
  const WordData data(2, true);
  const auto fitted = FitWords(Logistic(), data, true);
  model::MatrixColumn other = data.x.column(0);
  const model::Matrix changed(600, {data.x.column(0), other});
  std::vector<double> out(2 * data.valid.size());
  fitted.model->Predict(changed, data.valid, out);
  for (const double p : out) EXPECT_TRUE(std::isfinite(p));
}

TEST(SparseColumn, DamagedSectionsAreRefused) {
  const WordData data(2, true);
  const auto fitted = FitWords(Logistic(), data, true);
  model::ByteWriter writer;
  fitted.model->Save(writer);
  const std::string bytes = writer.bytes();
  for (std::size_t at = 0; at < bytes.size(); at += 7) {
    model::ByteReader cut(std::string_view(bytes).substr(0, at));
    EXPECT_FALSE(LoadGlm(cut, 2).has_value());
  }
  model::ByteReader wrong(bytes);
  EXPECT_FALSE(LoadGlm(wrong, 3).has_value());
}

}  // namespace
}  // namespace tagwerk::learners::linear
