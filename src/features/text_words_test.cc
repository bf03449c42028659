// Expected products of rows: scikit-learn 1.9.1, TfidfVectorizer(sublinear_tf=True, min_df=2), analyzer "word"
// with ngram_range (1, 2) and "char_wb" with (3, 5).
#include "features/text_words.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "features/features_test.h"
#include "features/fit_text.h"
#include "table/words.h"

namespace tagwerk::features {
namespace {

using testing::Apply;
using testing::Fit;
using testing::TableMaker;

const std::vector<std::string> kDocs = {
    "Free entry in 2 a wkly comp to win FA Cup", "Ok lar... Joking wif u oni...", "Nah I don't think he goes to usf",
    "Free free FREE entry: win a cup today!",    "Ürün çok güzel, ÜRÜN free",     "ok, I think u win"};

/// Sentences whose words tell the class: every class has its own nouns, all share the other words.
std::vector<std::string> Sentences(std::size_t n, std::size_t classes, std::uint64_t seed = 1) {
  const char* common[] = {"the", "report", "says", "that", "again", "today", "about", "more"};
  const char* own[] = {"football", "match", "market", "shares", "galaxy", "rocket"};
  std::vector<std::string> out;
  Random random(seed);
  for (std::size_t i = 0; i < n; ++i) {
    std::string text;
    for (int w = 0; w < 8; ++w) text += std::string(common[random.Below(8)]) + " ";
    text += own[2 * (i % classes) + random.Below(2)];
    out.push_back(text + " " + std::to_string(i));
  }
  return out;
}

std::vector<double> Classes(std::size_t n, std::size_t classes) {
  std::vector<double> y;
  for (std::size_t i = 0; i < n; ++i) y.push_back(double(i % classes));
  return y;
}

/// Vectors of the documents with the vocabulary that FitTexts finds.
model::Matrix Vectors(const table::Table& table) {
  return *Fit(table, model::Recipe::kLinear, Classes(table.num_rows(), 2)).matrix;
}

double Product(const sparse::Block& block, std::size_t a, std::size_t b, const std::vector<bool>& words, bool word) {
  const auto dense = [&](std::size_t row) {
    std::vector<double> out(block.csr.width, 0.0);
    const std::size_t r = block.row_of[row];
    for (std::size_t k = 0; k < block.csr.indices(r).size(); ++k)
      if (words[block.csr.indices(r)[k]] == word) out[block.csr.indices(r)[k]] = block.csr.values(r)[k];
    return out;
  };
  const std::vector<double> u = dense(a), v = dense(b);
  double sum = 0;
  for (std::size_t i = 0; i < u.size(); ++i) sum += u[i] * v[i];
  return sum;
}

TEST(Ngrams, AreThoseOfTheAnalyzersOfScikitLearn) {
  Ngrams ngrams;
  std::vector<std::uint32_t> grams;
  const auto count = [&](std::string_view text) {
    grams.clear();
    ngrams.Append(text, {}, 0, grams);
    const auto words = std::count_if(grams.begin(), grams.end(), [](std::uint32_t h) { return (h & 1U) == 0; });
    return std::pair<long, long>(words, long(grams.size()) - words);
  };
  EXPECT_EQ(count(""), std::pair(0L, 0L));
  EXPECT_EQ(count("a"), std::pair(0L, 1L));           // " a "
  EXPECT_EQ(count("ok"), std::pair(1L, 3L));          // " ok", "ok ", " ok "
  EXPECT_EQ(count("ok go"), std::pair(3L, 6L));       // ok, go, ok go
  EXPECT_EQ(count("I don't"), std::pair(1L, 13L));    // "don"; " i " and runs of " don't "
  EXPECT_EQ(count("\xff\xfe x"), std::pair(0L, 4L));  // no UTF-8: characters of their own, no words
}

TEST(Ngrams, FoldCaseOfSeveralScripts) {
  EXPECT_EQ(FoldCase(U'Ü'), std::uint32_t(U'ü'));
  EXPECT_EQ(FoldCase(U'Ş'), std::uint32_t(U'ş'));
  EXPECT_EQ(FoldCase(U'Ž'), std::uint32_t(U'ž'));
  EXPECT_EQ(FoldCase(U'Ÿ'), std::uint32_t(U'ÿ'));
  EXPECT_EQ(FoldCase(U'Σ'), std::uint32_t(U'σ'));
  EXPECT_EQ(FoldCase(U'Ж'), std::uint32_t(U'ж'));
  EXPECT_EQ(FoldCase(U'×'), std::uint32_t(U'×'));
  EXPECT_EQ(FoldCase(U'ß'), std::uint32_t(U'ß'));
  EXPECT_TRUE(IsWordCharacter(U'é'));
  EXPECT_TRUE(IsWordCharacter(U'語'));
  EXPECT_FALSE(IsWordCharacter(U'“'));
  EXPECT_FALSE(IsWordCharacter(U'€'));
  EXPECT_FALSE(IsWordCharacter(0x1F600));
}

TEST(TextWords, WeightsAreThoseOfScikitLearn) {
  // HoldsWords wants 20 values: each document four times changes no share of rows but the 1 + N, 1 + df;
  // so the weights are checked with a vocabulary of our own.
  const table::Table table = TableMaker().Texts("text", kDocs, table::SemanticType::kText).Make();
  Ngrams ngrams;
  std::vector<std::vector<std::uint32_t>> grams(kDocs.size());
  std::vector<std::uint32_t> all;
  for (std::size_t i = 0; i < kDocs.size(); ++i) {
    ngrams.Append(kDocs[i], {}, 0, grams[i]);
    std::sort(grams[i].begin(), grams[i].end());
    grams[i].erase(std::unique(grams[i].begin(), grams[i].end()), grams[i].end());
    all.insert(all.end(), grams[i].begin(), grams[i].end());
  }
  std::sort(all.begin(), all.end());
  Vocabulary vocabulary;
  vocabulary.inputs = {0};
  std::vector<bool> words;
  for (std::size_t i = 0, j = 0; i < all.size(); i = j) {
    while (j < all.size() && all[j] == all[i]) ++j;
    if (j - i < 2) continue;
    vocabulary.hashes.push_back(all[i]);
    vocabulary.idf.push_back(float(1 + std::log(7.0 / (1.0 + double(j - i)))));
    words.push_back((all[i] & 1U) == 0);
  }
  EXPECT_EQ(std::count(words.begin(), words.end(), true), 8);
  EXPECT_EQ(std::count(words.begin(), words.end(), false), 50);
  InputSpec spec;
  spec.name = "text";
  spec.type = table::SemanticType::kText;
  spec.trained = spec.wanted = table::Storage::kString;
  const std::vector<InputColumn> columns = {ReadInput(spec, table, nullptr)};
  const sparse::Block block = TextVectors(vocabulary).Apply(columns, kDocs.size());
  EXPECT_NEAR(Product(block, 0, 3, words, true), 0.854266, 1e-5);
  EXPECT_NEAR(Product(block, 0, 2, words, true), 0.303572, 1e-5);
  EXPECT_NEAR(Product(block, 3, 4, words, true), 0.676866, 1e-5);
  EXPECT_NEAR(Product(block, 1, 5, words, true), 0.607144, 1e-5);
  EXPECT_NEAR(Product(block, 1, 2, words, true), 0, 1e-9);
  EXPECT_NEAR(Product(block, 0, 3, words, false), 0.897909, 1e-5);
  EXPECT_NEAR(Product(block, 2, 5, words, false), 0.750661, 1e-5);
  EXPECT_NEAR(Product(block, 0, 1, words, false), 0.050453, 1e-5);
  EXPECT_NEAR(Product(block, 3, 4, words, false), 0.705899, 1e-5);
  for (std::size_t i = 0; i < kDocs.size(); ++i) EXPECT_NEAR(Product(block, i, i, words, false), 1, 1e-5);
}

TEST(TextWords, LinearRecipeHasOneSparseColumn) {
  const table::Table table = TableMaker().Texts("text", Sentences(60, 2), table::SemanticType::kText).Make();
  const model::Matrix matrix = Vectors(table);
  const std::size_t at = testing::ColumnNamed(matrix, "text.words");
  ASSERT_NE(matrix.column(at).sparse, nullptr);
  EXPECT_EQ(matrix.column(at).sparse->row_of.size(), 60U);
  EXPECT_EQ(matrix.column(at).source, 0);
}

TEST(TextWords, TreeRecipeHasTopicsAndScoresThatTellTheClasses) {
  const table::Table table = TableMaker().Texts("text", Sentences(300, 3), table::SemanticType::kText).Make();
  const std::vector<double> y = Classes(300, 3);
  table::Rows train;
  for (table::RowIndex r = 0; r < 240; ++r) train.push_back(r);
  const FitOutput fit = Fit(table, model::Recipe::kTree, y, train, Task::kMulticlass, 3);
  testing::ColumnNamed(*fit.matrix, "text.topic_1");
  testing::ColumnNamed(*fit.matrix, "text.capital_share");
  std::size_t right = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    double best = -1e9;
    std::size_t guess = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double score = testing::NumbersOf(*fit.matrix, "text.score_" + std::to_string(k + 1))[i];
      if (score > best) best = score, guess = k;
    }
    right += double(guess) == y[i];
  }
  EXPECT_GT(right, 290U);
}

TEST(TextWords, ScoresOfTrainingRowsAreOutOfFold) {
  // Labels without a relation to the text: a score that saw its own row would know it.
  std::vector<double> y;
  Random random(3);
  for (int i = 0; i < 400; ++i) y.push_back(double(random.Below(2)));
  const auto correlation = [&](const model::Matrix& matrix) {
    for (std::size_t j = 0; j < matrix.cols(); ++j) {
      if (matrix.column(j).name != "text.score_1") continue;
      double s = 0, ss = 0, sy = 0;
      const auto& x = *matrix.column(j).numeric;
      for (std::size_t i = 0; i < y.size(); ++i) s += x[i] / 400;
      for (std::size_t i = 0; i < y.size(); ++i) ss += (x[i] - s) * (x[i] - s), sy += (x[i] - s) * (y[i] - 0.5);
      return sy / std::sqrt(ss * 100);
    }
    return 0.0;  // found useless, which is right
  };
  const table::Table table = TableMaker().Texts("text", Sentences(400, 3), table::SemanticType::kText).Make();
  EXPECT_LT(correlation(*Fit(table, model::Recipe::kTree, y, {}, Task::kBinary, 2).matrix), 0.2);
}

TEST(TextWords, KeysAndSingleWordsAreNoText) {
  std::vector<std::string> ids, words;
  for (int i = 0; i < 200; ++i) {
    ids.push_back("A/5 " + std::to_string(Mix64(std::uint64_t(i)) % 100000));
    words.push_back("name" + std::to_string(i));
  }
  const table::Table table = TableMaker()
                                 .Texts("ticket", ids, table::SemanticType::kId)
                                 .Texts("word", words, table::SemanticType::kId)
                                 .Texts("text", Sentences(200, 2), table::SemanticType::kText)
                                 .Make();
  const FitOutput fit = Fit(table, model::Recipe::kLinear, Classes(200, 2));
  for (const std::string& name : fit.features->output_names()) {
    EXPECT_EQ(name.find("ticket.words"), std::string::npos);
    EXPECT_EQ(name.find("word.words"), std::string::npos);
  }
  testing::ColumnNamed(*fit.matrix, "text.words");
}

TEST(TextWords, ValuesThatManyRowsShareAreCategories) {
  const std::vector<std::string> sixty = Sentences(60, 2);
  const auto has_words = [&](std::size_t rows) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < rows; ++i) texts.push_back(sixty[i % 60]);
    const table::Table table = TableMaker().Texts("place", texts).Make();
    const FitOutput fit = Fit(table, model::Recipe::kLinear, Classes(rows, 2));
    const auto names = fit.features->output_names();
    return std::find(names.begin(), names.end(), "place.words") != names.end();
  };
  EXPECT_TRUE(has_words(600));
  EXPECT_FALSE(has_words(60 * 150));
}

TEST(TextWords, OneRowHasTheBitsOfABatchAfterLoadingToo) {
  std::vector<std::string> second = Sentences(120, 2, 9);
  second[5] = "";
  const table::Table table = TableMaker()
                                 .Texts("a", Sentences(120, 3), table::SemanticType::kText)
                                 .Texts("b", second, table::SemanticType::kText)
                                 .Make();
  for (const model::Recipe recipe : {model::Recipe::kTree, model::Recipe::kLinear}) {
    const FitOutput fit = Fit(table, recipe, Classes(120, 3), {}, Task::kMulticlass, 3);
    model::ByteWriter writer;
    fit.features->Save(writer);
    model::ByteReader reader(writer.bytes());
    auto loaded = LoadFeatures(reader);
    ASSERT_TRUE(loaded.has_value());
    ASSERT_TRUE(reader.Finish("features").has_value());
    const model::Matrix batch = Apply(*fit.features, table);
    for (const table::RowIndex r : {0U, 5U, 77U}) {
      const model::Matrix one = Apply(**loaded, table.Take(table::Rows{r}));
      EXPECT_TRUE(testing::SameRow(batch, r, one, 0)) << r;
    }
  }
}

TEST(TextWords, DamagedBytesAreRefused) {
  const table::Table table = TableMaker().Texts("text", Sentences(60, 2), table::SemanticType::kText).Make();
  const FitOutput fit = Fit(table, model::Recipe::kTree, Classes(60, 2), {}, Task::kBinary, 2);
  model::ByteWriter writer;
  fit.features->Save(writer);
  const std::string bytes = writer.bytes();
  for (std::size_t at = 0; at < bytes.size(); at += 1 + bytes.size() / 400) {
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      std::string damaged = bytes;
      damaged[at] = char(damaged[at] ^ flip);
      model::ByteReader reader(damaged);
      auto loaded = LoadFeatures(reader);  // refused or usable, never a crash
      if (loaded.has_value()) Apply(**loaded, table);
    }
    model::ByteReader cut(std::string_view(bytes).substr(0, at));
    EXPECT_FALSE(LoadFeatures(cut).has_value());
  }
  Vocabulary twice;
  twice.inputs = {0};
  twice.hashes = {4, 4};
  twice.idf = {1, 1};
  model::ByteWriter again;
  TextVectors(twice).Save(again);
  model::ByteReader reader(again.bytes());
  InputSpec spec;
  spec.trained = spec.wanted = table::Storage::kString;
  EXPECT_EQ(TextVectors::Load(reader, {spec}), nullptr);
}

}  // namespace
}  // namespace tagwerk::features
