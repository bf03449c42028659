// Columns of numbers with units: which become numbers, which stay codes, and what is said about them.
#include <gtest/gtest.h>

#include <cmath>

#include "io/infer.h"
#include "io/test_files.h"

namespace tagwerk::io {
namespace {

using table::SemanticType;

table::Table ColumnNamed(const std::string& name, const std::vector<std::string>& cells,
                         const ReadOptions& options = {}) {
  std::string text = "\"" + name + "\",w\n";
  for (const std::string& cell : cells) {
    text += "\"";
    for (const char c : cell) text += c == '"' ? "\"\"" : std::string(1, c);
    text += "\",1\n";
  }
  return TableOf(ReadText(text, options));
}

table::Table QuantityColumn(const std::vector<std::string>& cells, const ReadOptions& options = {}) {
  return ColumnNamed("v", cells, options);
}

/// Writes 1..n before or after a unit.
std::vector<std::string> Numbered(int n, const std::string& before, const std::string& after) {
  std::vector<std::string> cells;
  for (int i = 1; i <= n; ++i) cells.push_back(before + std::to_string(i) + after);
  return cells;
}

double At(const table::Table& table, std::size_t row) { return (*table.column(0).doubles())[row]; }

struct Case {
  std::vector<std::string> cells;
  std::vector<double> values;  // NaN: missing
  std::string unit;
};

TEST(Quantities, ColumnsOfOneUnitBecomeNumbers) {
  const double missing = std::nan("");
  const std::vector<Case> cases{
      {{"1248 CC", "998 CC", "", "1498 CC"}, {1248, 998, missing, 1498}, "CC"},
      {{"$4.99", "0", "$1,299.00"}, {4.99, 0, 1299}, "$"},
      {{"€1.234,50", "€99,00", "€0,50"}, {1234.5, 99, 0.5}, "€"},
      {{"1.234 €", "12.500 €", "2.100 €"}, {1234, 12500, 2100}, "€"},
      {{"19M", "201k", "8.7M"}, {19e6, 201e3, 8.7e6}, ""},
      {{"10,000+", "500,000+", "5+"}, {10000, 500000, 5}, ""},
      {{"1,234k", "5k"}, {1234e3, 5e3}, ""},
      {{"12 %", "7.5%", "100 %"}, {12, 7.5, 100}, "%"},
      {{"(1,234)", "567", "(8)"}, {-1234, 567, -8}, ""},
      {{"₹ 5,00,000", "₹ 12,50,000"}, {500000, 1250000}, "₹"},
      {{"CHF 1'234.50", "CHF 99.00"}, {1234.5, 99}, "CHF"},
      {{"2h 50m", "19h", "45m", "1h 5m"}, {170, 1140, 45, 65}, "min"},
      {{"512 MB", "1 GB", "16 GB"}, {0.512, 1, 16}, "GB"},
      {{"3:45", "26:10", "1:02:03"}, {3.75, 26 + 10.0 / 60, 62.05}, "min"},
      {{"18:00", "07:30", "23:59"}, {18, 7.5, 23 + 59.0 / 60}, "h"},
      {{"5'11\"", "6'2\"", "5'0\""}, {71, 74, 60}, "\""},
      {{"4.1/5", "3.8 /5", "5/5"}, {4.1, 3.8, 5}, "/5"},
      {{"1st", "2nd", "3rd", "4th", "5th"}, {1, 2, 3, 4, 5}, "th"},
      {{"1 review", "20 reviews", "300 reviews"}, {1, 20, 300}, "reviews"},
  };
  for (const Case& c : cases) {
    const auto table = QuantityColumn(c.cells);
    ASSERT_EQ(table.field(0).type, SemanticType::kNumeric) << c.cells[0] << ": " << table.field(0).type_evidence;
    EXPECT_EQ(table.field(0).unit, c.unit) << c.cells[0];
    for (std::size_t i = 0; i < c.values.size(); ++i) {
      if (std::isnan(c.values[i])) {
        EXPECT_TRUE(table.column(0).IsMissing(i)) << c.cells[i];
      } else {
        EXPECT_NEAR(At(table, i), c.values[i], 1e-9 * std::abs(c.values[i])) << c.cells[i];
      }
    }
    EXPECT_GT(table.field(0).converted, 0) << c.cells[0];
    EXPECT_EQ(table.field(0).unparsed, 0) << c.cells[0];
  }
}

TEST(Quantities, CodesPhonesVersionsAndRangesStayText) {
  const std::vector<std::vector<std::string>> columns{
      {"A11", "A12", "A14", "A13"},
      {"12A", "12B", "14C", "15A"},
      {"12B", "14B", "9B", "101B"},
      {"007A", "012A", "113A"},
      {"4.0.3", "4.1", "2.3.3", "8.0.0"},
      {"10.0.0.1", "192.168.1.7", "172.16.0.254"},
      {"555-1234", "555-9876"},
      {"(555) 123-4567", "(555) 987-6543"},
      {"+1 555 123 4567", "+1 555 987 6543"},
      {"18-29", "30-44", "45-60", "> 60"},
      {"$0 - $24,999", "$25,000 - $49,999"},
      {"Gate 5", "Gate 7"},
      {"12 Main St", "7 Elm St", "9 Oak Ave"},
      {"5 kg", "7 m", "9 s", "3 EUR"},
      {"$5", "€7", "£3", "$4"},
      {"12M", "13W", "12W", "11M"},
  };
  for (const auto& cells : columns) {
    const auto table = QuantityColumn(cells);
    EXPECT_NE(table.field(0).type, SemanticType::kNumeric) << cells[0] << ": " << table.field(0).type_evidence;
    EXPECT_EQ(table.column(0).Text(0), cells[0]);
  }
}

TEST(Quantities, DigitsUnderACodesNameStayText) {
  const std::vector<std::string> zips{"90210", "10115", "60601", "33101"};
  for (const char* name : {"zip", "ZipCode", "postal_code", "customer phone", "PLZ"}) {
    EXPECT_NE(ColumnNamed(name, zips).field(0).type, SemanticType::kNumeric) << name;
  }
  EXPECT_EQ(ColumnNamed("zipped", zips).field(0).type, SemanticType::kNumeric);
  ReadOptions told;
  told.types = {{"zip", SemanticType::kNumeric}};
  EXPECT_EQ(ColumnNamed("zip", zips, told).field(0).type, SemanticType::kNumeric);
}

TEST(Quantities, TextsBesideNumbersCountAsMissing) {
  auto cells = Numbered(40, "", "M");
  for (int i = 0; i < 10; ++i) cells.push_back("Varies with device");
  const auto table = QuantityColumn(cells);
  EXPECT_EQ(table.field(0).type, SemanticType::kNumeric);
  EXPECT_EQ(table.field(0).form_missing, 10);
  EXPECT_EQ(table.field(0).form.missing, std::vector<std::string>{"Varies with device"});
  EXPECT_EQ(table.field(0).unparsed, 0);
  EXPECT_TRUE(table.column(0).IsMissing(45));
}

TEST(Quantities, AnotherUnitWithoutARelationIsMissingWhenRare) {
  auto cells = Numbered(98, "", " kmpl");
  cells.push_back("17 km/kg");
  const auto table = QuantityColumn(cells);
  EXPECT_EQ(table.field(0).type, SemanticType::kNumeric);
  EXPECT_EQ(table.field(0).unit, "kmpl");
  EXPECT_TRUE(table.column(0).IsMissing(98));
  EXPECT_EQ(table.field(0).form_missing, 1);
  for (int i = 0; i < 20; ++i) cells.push_back("17 km/kg");
  EXPECT_NE(QuantityColumn(cells).field(0).type, SemanticType::kNumeric);
  ReadOptions told;
  told.types = {{"v", SemanticType::kNumeric}};
  EXPECT_EQ(QuantityColumn(cells, told).field(0).form_missing, 21);
}

TEST(Quantities, TheOverrideKeepsTheText) {
  ReadOptions told;
  told.types = {{"v", SemanticType::kCategorical}};
  const auto table = QuantityColumn(Numbered(30, "", " CC"), told);
  EXPECT_EQ(table.field(0).type, SemanticType::kCategorical);
  EXPECT_EQ(table.column(0).Text(0), "1 CC");
}

TEST(Quantities, AFewSeparatorsAreReadAsTheRest) {
  auto cells = Numbered(400, "", "");
  cells.push_back("1,234");
  const auto table = QuantityColumn(cells);
  EXPECT_EQ(At(table, 400), 1234);
  EXPECT_EQ(table.field(0).unparsed, 0);
}

TEST(Quantities, OneRowIsReadAsItsColumnWas) {
  // The single value alone would be read otherwise: "1.234" as 1.234, "5" as a bare number.
  const auto trained = QuantityColumn({"1.234,50 EUR", "99,00 EUR", "1.000 EUR", "unknown", "12,5 EUR", "7 EUR",
                                       "8 EUR", "9 EUR", "10 EUR", "11 EUR", "12 EUR"});
  ASSERT_EQ(trained.field(0).type, SemanticType::kNumeric) << trained.field(0).type_evidence;
  ReadOptions predict;
  predict.expected = {trained.field(0)};
  predict.keep_extra = false;
  for (const auto& [text, value] : std::map<std::string, double>{{"1.234", 1234}, {"1.234 EUR", 1234}, {"5", 5}}) {
    const auto row = QuantityColumn({text}, predict);
    EXPECT_EQ(At(row, 0), value) << text;
  }
  const auto row = QuantityColumn({"unknown"}, predict);
  EXPECT_TRUE(row.column(0).IsMissing(0));
  EXPECT_EQ(row.field(0).unparsed, 0);
}

}  // namespace
}  // namespace tagwerk::io
