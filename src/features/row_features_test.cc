#include "features/row_features.h"

#include <cmath>

#include "base/random.h"
#include "features/features_test.h"

namespace tagwerk::features {
namespace {

using namespace testing;
using table::SemanticType;
using table::Storage;

/// Numbers, two that cross, few and many categories, booleans, steps, a text, dates, a date in three columns.
table::Table Everything(std::size_t n, std::uint64_t seed, bool odd) {
  const char* const kWords[] = {"late", "early", "river", "Stone 12", "house!", "GREEN"};
  const auto pick = [&](std::size_t i, std::uint64_t salt, std::uint64_t below) {
    return Mix64(seed, i, salt) % below;
  };
  std::vector<double> a, b, year, month, day;
  std::vector<std::string> few, many, flag, size, text;
  std::vector<std::int64_t> first, second;
  for (std::size_t i = 0; i < n; ++i) {
    const bool strange = odd && pick(i, 0, 3) == 0;
    a.push_back(pick(i, 1, 9) == 0 ? kNaN : strange ? INFINITY : double(pick(i, 2, 1000)) / 7);
    b.push_back(strange ? -0.0 : double(pick(i, 3, 50)) - 20);
    few.push_back(strange ? "purple" : pick(i, 4, 8) == 0 ? "" : std::string(1, char('a' + pick(i, 5, 4))));
    many.push_back((strange ? "new" : "k") + std::to_string(pick(i, 6, 300)));
    flag.push_back(strange ? "Y" : pick(i, 7, 2) == 0 ? "yes" : "no");
    size.push_back(strange ? "unheard of" : pick(i, 8, 3) == 0 ? "low" : pick(i, 8, 2) == 0 ? "medium" : "high");
    std::string words;
    for (std::size_t w = 0; w < 3 + pick(i, 9, 5); ++w) words += std::string(kWords[pick(i, 10 + w, 6)]) + " ";
    text.push_back(strange ? "" : words + std::to_string(pick(i, 30, 90)));
    first.push_back(strange ? table::kMissingTime : std::int64_t(pick(i, 31, 1'500'000'000)) * 1'000'000);
    second.push_back(std::int64_t(pick(i, 32, 1'500'000'000)) * 1'000'000 - 1);
    year.push_back(2010 + double(pick(i, 33, 5)));
    month.push_back(strange ? 13 : 1 + double(pick(i, 34, 12)));
    day.push_back(1 + double(pick(i, 35, 28)));
  }
  return TableMaker()
      .Numbers("a", a)
      .Numbers("b", b)
      .Texts("few", few)
      .Texts("many", many)
      .Texts("flag", flag, SemanticType::kBoolean)
      .Texts("size", size, SemanticType::kOrdinal)
      .Texts("text", text, SemanticType::kText)
      .Times("first", first)
      .Times("second", second)
      .Numbers("start_year", year)
      .Numbers("start_month", month)
      .Numbers("start_day", day)
      .Make();
}

/// Sets every row in turn; the matrix must be that of a table of the row alone.
void ExpectRowsOf(const FittedFeatures& features, const table::Table& t) {
  const auto row = features.MakeRow();
  ASSERT_NE(row, nullptr);
  for (table::RowIndex i = 0; i < t.num_rows(); ++i) {
    for (std::size_t k = 0; k < row->specs().size(); ++k)
      row->Set(k, CellOf(t.column(*t.Find(row->specs()[k].name)), i));
    ApplyReport report;
    const model::Matrix alone = Apply(features, t.Take(table::Rows{i}), &report);
    const model::Matrix& made = row->Make();
    ASSERT_TRUE(SameRow(alone, 0, made, 0)) << i;
    for (std::size_t j = 0; j < made.cols(); ++j) {
      EXPECT_EQ(made.column(j).name, alone.column(j).name);
      EXPECT_EQ(made.column(j).source, alone.column(j).source);
      EXPECT_EQ(made.column(j).num_categories, alone.column(j).num_categories);
      EXPECT_EQ(made.column(j).from_model, alone.column(j).from_model);
    }
    for (std::size_t k = 0; k < row->specs().size(); ++k) {
      const auto told = [&](const auto& entry) { return entry.column == row->specs()[k].name; };
      EXPECT_EQ(row->IsUnseen(k), std::ranges::any_of(report.new_categories, told)) << i;
    }
  }
}

TEST(RowFeatures, HasTheBitsOfATableInEveryRecipe) {
  const std::size_t n = 500;
  const table::Table t = Everything(n, 1, false);
  std::vector<double> y(n);
  for (std::size_t i = 0; i < n; ++i) y[i] = double(i % 3);
  for (const model::Recipe recipe : {model::Recipe::kTree, model::Recipe::kLinear, model::Recipe::kTreeDerived}) {
    const FitOutput fit = Fit(t, recipe, y, {}, Task::kMulticlass, 3);
    ExpectRowsOf(*fit.features, t.Take(model::AllRows(60)));
    ExpectRowsOf(*fit.features, Everything(100, 2, true));
  }
}

TEST(RowFeatures, ReadsCellsOfOtherStoragesAsATableDoes) {
  const std::size_t n = 200;
  const FitOutput fit = Fit(Everything(n, 1, false), model::Recipe::kLinear, std::vector<double>(n, 1.0));
  const std::vector<double> numbers = {0, 1, kNaN, -7.25, 1e300, 20130501, INFINITY};
  const std::vector<std::string> texts = {"12", "1,5", "yes", "", "2013-05-01", "2013-05-01T10:00:00", "x y"};
  const std::vector<std::int64_t> times = {0, -1, table::kMissingTime, 86'400'000'000, 1'367'366'400'000'000, 7, 8};
  TableMaker maker;
  const table::Table trained = Everything(1, 1, false);
  for (std::size_t j = 0; j < trained.num_columns(); ++j) {
    const std::size_t way = (j + std::size_t(trained.column(j).storage()) + 1) % 3;
    maker.Push(trained.field(j), way == 0   ? table::Column::Doubles(numbers)
                                 : way == 1 ? table::Column::Timestamps(times)
                                            : Strings(texts));
  }
  ExpectRowsOf(*fit.features, maker.Make());
}

}  // namespace
}  // namespace tagwerk::features
