// Every CSV-like set of ../shared/data reads with the rows and columns that its about.txt states.
#include <gtest/gtest.h>

#include "base/text.h"
#include "io/test_files.h"

namespace tagwerk::io {
namespace {

struct About {
  std::string file;
  std::size_t rows = 0, columns = 0;
};

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
    if (const std::string columns = value("columns:"); !columns.empty()) about.columns = std::stoul(columns);
  }
  return about;
}

TEST(DataSets, HaveTheRowsAndColumnsThatTheyState) {
  const std::filesystem::path root = std::string(TAGWERK_SOURCE_DIR) + "/../shared/data";
  if (!std::filesystem::is_directory(root)) GTEST_SKIP() << "no " << root;
  TestContext test;
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (!entry.is_directory()) continue;
    const std::string name = entry.path().filename().string();
    if (name == "ltr_train") continue;  // LibSVM, not a table of cells
    About about = ReadAbout(entry.path());
    ReadOptions options;
    options.max_rejected = 0;
    const auto result = Read(test.context, (entry.path() / about.file).string(), options);
    ASSERT_TRUE(result) << name << ": " << result.error().Text();
    EXPECT_EQ(result->table.num_rows(), about.rows) << name;
    EXPECT_EQ(result->table.num_columns(), about.columns) << name;
    ++read;
  }
  EXPECT_GT(read, 40);
}

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
  };
  TestContext test;
  for (const auto& [file, column, type] : cases) {
    if (!std::filesystem::exists(root + file)) continue;
    const auto result = Read(test.context, root + file, {});
    ASSERT_TRUE(result) << result.error().Text();
    const auto at = result->table.Find(column);
    ASSERT_TRUE(at) << file << " " << column;
    EXPECT_EQ(table::TypeName(result->table.field(*at).type), type)
        << file << " " << column << ": " << result->table.field(*at).type_evidence;
  }
}

}  // namespace
}  // namespace tagwerk::io
