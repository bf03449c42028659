// Every CSV-like set of ../shared/data reads with the rows and columns that its about.txt states.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "io/test_files.h"

namespace tagwerk::io {
namespace {

struct About {
  std::string file;
  std::size_t rows = 0, columns = 0;
  std::optional<std::int64_t> missing;  ///< cells that are empty, NA, NaN or ?
};

std::filesystem::path Root() { return std::string(TAGWERK_SOURCE_DIR) + "/../shared/data"; }

std::vector<std::string> Sets() {
  std::vector<std::string> sets;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(Root(), absent)) {
    if (entry.is_directory()) sets.push_back(entry.path().filename().string());
  }
  std::sort(sets.begin(), sets.end());
  if (sets.empty()) sets.emplace_back("none");
  return sets;
}

About ReadAbout(const std::filesystem::path& folder) {
  About about;
  std::ifstream file(folder / "about.txt");
  for (std::string line; std::getline(file, line);) {
    auto value = [&](const std::string& key) -> std::string {
      return line.rfind(key, 0) == 0 ? std::string(Trim(line.substr(key.size()))) : std::string();
    };
    const std::string files = value("files here:");
    if (!files.empty()) about.file = files.substr(0, files.find(','));
    if (const std::string rows = value("rows:"); !rows.empty()) about.rows = std::stoul(rows);
    if (const std::string missing = value("missing cells:"); !missing.empty()) about.missing = std::stoll(missing);
    if (const std::string columns = value("columns:"); !columns.empty()) about.columns = std::stoul(columns);
  }
  return about;
}

/// Rows that about.txt counts although they are no data (labels of a second header line, a shifted row, a total),
/// less a row that it does not count because it had become the header. Each has a note.
std::int64_t RowsAside(const ReadResult& result) {
  std::int64_t rows = 0;
  for (const RejectedLine& line : result.rejected) rows += line.reason == "shifted-cells";
  for (const ReadNote& note : result.notes) {
    if (note.id != "read.header") continue;
    rows += note.evidence.value("header_lines", 1) - 1;
    rows -= note.evidence.value("recovered_rows", 0);
  }
  return rows;
}

/// Counts missing cells as about.txt does, from a reading in which every column is text.
std::int64_t MissingAsStated(const Context& context, const std::string& path, const table::Table& table) {
  ReadOptions options;
  for (std::size_t i = 0; i < table.num_columns(); ++i) {
    options.types["#" + std::to_string(i + 1)] = table::SemanticType::kText;
  }
  const auto result = Read(context, path, options);
  EXPECT_TRUE(result) << path;
  if (!result) return -1;
  std::int64_t missing = 0;
  for (std::size_t c = 0; c < result->table.num_columns(); ++c) {
    for (std::size_t r = 0; r < result->table.num_rows(); ++r) missing += result->table.column(c).IsMissing(r);
  }
  const Json& dialect = result->sources[0].dialect;
  if (!dialect.contains("missing_markers")) return missing;
  for (const auto& [marker, count] : dialect["missing_markers"].items()) {
    if (marker != "NA" && marker != "NaN" && marker != "?") missing -= count.get<std::int64_t>();
  }
  return missing;
}

class DataSet : public ::testing::TestWithParam<std::string> {};

TEST_P(DataSet, ReadsAsItsAboutStates) {
  const std::filesystem::path folder = Root() / GetParam();
  if (GetParam() == "none") GTEST_SKIP() << "no " << Root();
  if (GetParam() == "ltr_train") GTEST_SKIP() << "LibSVM, not a table of cells";
  TestContext test;
  const About about = ReadAbout(folder);
  ReadOptions options;
  options.max_rejected = 0;
  const std::string path = (folder / about.file).string();
  const auto result = Read(test.context, path, options);
  ASSERT_TRUE(result) << result.error().Text();
  const std::int64_t aside = RowsAside(*result);
  EXPECT_EQ(std::int64_t(result->table.num_rows()) + aside, std::int64_t(about.rows));
  EXPECT_EQ(result->table.num_columns(), about.columns);
  for (const table::Field& field : result->table.fields()) {
    EXPECT_FALSE(field.type_evidence.empty()) << field.name;
    EXPECT_GE(field.type_confidence, 0) << field.name;
  }
  if (!about.missing) return;
  // A row that stands aside has missing cells of its own.
  EXPECT_NEAR(double(MissingAsStated(test.context, path, result->table)), double(*about.missing),
              double(std::abs(aside)));
}

INSTANTIATE_TEST_SUITE_P(Shared, DataSet, ::testing::ValuesIn(Sets()), [](const auto& set) { return set.param; });

TEST(DataSets, TypesOfRealColumns) {
  const std::string root = std::string(TAGWERK_SOURCE_DIR) + "/../shared/data/";
  if (!std::filesystem::is_directory(root)) GTEST_SKIP() << "no " << root;
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {"titanic/titanic.csv", "Name", "text"},
      {"titanic/titanic.csv", "Age", "numeric"},
      {"titanic/titanic.csv", "Sex", "categorical"},
      {"telco_churn/telco_churn.csv", "customerID", "id"},
      {"telco_churn/telco_churn.csv", "Partner", "boolean"},
      {"telco_churn/telco_churn.csv", "TotalCharges", "numeric"},
      {"air_quality_eu/air_quality_eu.csv", "Date", "datetime"},
      {"air_quality_eu/air_quality_eu.csv", "CO(GT)", "numeric"},
      {"taxis/taxis.csv", "pickup", "datetime"},
      {"adult/adult.csv", "workclass", "categorical"},
      {"bike_hour/bike_hour.csv", "dteday", "datetime"},
      {"sms_spam/sms_spam.csv", "type", "categorical"},
      {"car_selling_price/car_selling_price.csv", "Engine", "numeric"},
      {"car_selling_price/car_selling_price.csv", "Max_Power", "numeric"},
      {"car_selling_price/car_selling_price.csv", "Mileage", "numeric"},
      {"google_play/google_play.csv", "Size", "numeric"},
      {"google_play/google_play.csv", "Installs", "numeric"},
      {"google_play/google_play.csv", "Price", "numeric"},
      {"google_play/google_play.csv", "Rating", "numeric"},
      {"imdb_top1000/imdb_top1000.csv", "Runtime", "numeric"},
      {"imdb_top1000/imdb_top1000.csv", "Gross", "numeric"},
      {"imdb_top1000/imdb_top1000.csv", "Released_Year", "numeric"},
      {"german_credit/german_credit.csv", "#1", "categorical"},
      {"daily_min_temperatures/daily_min_temperatures.csv", "Date", "datetime"},
      {"hotel_bookings/hotel_bookings.csv", "reservation_status_date", "datetime"},
      {"hotel_bookings/hotel_bookings.csv", "arrival_date_month", "categorical"},
      {"star_wars_survey/star_wars_survey.csv", "Age", "categorical"},
      {"beijing_pm25/beijing_pm25.csv", "year", "numeric"},
  };
  TestContext test;
  for (const auto& [file, column, type] : cases) {
    if (!std::filesystem::exists(root + file)) continue;
    const auto result = Read(test.context, root + file, {});
    ASSERT_TRUE(result) << result.error().Text();
    const auto at = table::ResolveColumn(result->table.names(), column, "column-not-found", file);
    ASSERT_TRUE(at) << file << " " << column;
    EXPECT_EQ(table::TypeName(result->table.field(*at).type), type)
        << file << " " << column << ": " << result->table.field(*at).type_evidence;
  }
}

}  // namespace
}  // namespace tagwerk::io
