// One side of a comparison of distributions: what a column held, as sorted numbers or counted categories.
// The side that a model file carries (its training profile) is compact: values that stand for much of the
// column exactly, the rest as quantiles.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "stats/two_sample.h"
#include "table/table.h"

namespace tagwerk::profile {

/// How a column's values are compared. Keys and free text never repeat: of them the lengths are compared.
enum class Form : std::uint8_t { kNumbers, kCategories, kLengths };

struct CategoryCount {
  std::string value;
  double count = 0;
};

struct ColumnSample {
  std::string name;
  table::SemanticType type = table::SemanticType::kNumeric;
  Form form = Form::kNumbers;
  bool date_only = false;
  double rows = 0;                        ///< sum of the weights
  double missing = 0;                     ///< of these: without a value
  double effective = 0;                   ///< rows of equal weight that say as much
  double unparsed = 0;                    ///< of the missing: values of another type
  stats::SortedSample numbers;            ///< numbers, seconds since 1970, lengths in bytes
  double sd = 0;                          ///< of the numbers
  std::vector<CategoryCount> categories;  ///< most frequent first
  double other = 0;                       ///< rows of categories that a compact sample left out
};

struct DataSample {
  std::string source;
  std::int64_t rows = 0;
  bool compact = false;
  std::string target;  ///< column that new data may lack; empty: none
  std::vector<ColumnSample> columns;
};

/// Samples columns of a table, in parallel. `weights` over all rows, or empty.
DataSample SampleTable(const Context& context, const table::Table& table, const std::vector<std::size_t>& columns,
                       std::span<const double> weights = {});
/// Samples one column in the form that another sample has; values of another storage are converted.
ColumnSample SampleColumn(const table::Table& table, std::size_t column, Form form, table::Storage storage,
                          std::span<const double> weights = {});
table::Storage StorageOf(const ColumnSample& sample);

/// Writes a sample compactly: about 2 KB a column. What is read back is a compact sample.
std::string SaveSample(const DataSample& sample);
/// Reads what SaveSample wrote. Error: model-damaged.
Result<DataSample> LoadSample(std::string_view bytes, const std::string& file);

}  // namespace tagwerk::profile
