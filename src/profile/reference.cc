// Columns as samples: sorting, counting, converting; see reference.h.
#include "profile/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace tagwerk::profile {
namespace {

using table::Storage;

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// Values of a column as numbers (NaN = missing); strings are parsed, those that are no numbers counted.
std::vector<double> ReferenceNumbers(const table::Column& column, std::span<const double> weights, double& unparsed) {
  if (column.storage() == Storage::kDouble) return *column.doubles();
  std::vector<double> values(column.size(), kNoNumber);
  if (column.storage() == Storage::kTimestamp) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::int64_t time = (*column.timestamps())[i];
      if (time != table::kMissingTime) values[i] = double(time) * 1e-6;
    }
    return values;
  }
  std::vector<double> parsed;
  for (std::int32_t code = 0; code < column.dictionary()->size(); ++code) {
    parsed.push_back(ParseDouble(Trim(column.dictionary()->at(code))).value_or(kNoNumber));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int32_t code = (*column.codes())[i];
    if (code < 0) continue;
    values[i] = parsed[std::size_t(code)];
    if (std::isnan(values[i])) unparsed += weights.empty() ? 1 : weights[i];
  }
  return values;
}

std::vector<double> Lengths(const table::Column& column) {
  std::vector<double> values(column.size(), kNoNumber);
  std::vector<double> of_code;
  for (std::int32_t code = 0; code < column.dictionary()->size(); ++code) {
    of_code.push_back(double(column.dictionary()->at(code).size()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int32_t code = (*column.codes())[i];
    if (code >= 0) values[i] = of_code[std::size_t(code)];
  }
  return values;
}

table::ColumnPtr AsStrings(const table::Column& column) {
  table::DictionaryBuilder dictionary;
  std::vector<std::int32_t> codes(column.size(), -1);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (!column.IsMissing(i)) codes[i] = dictionary.Intern(column.Text(i));
  }
  return table::Column::Strings(std::move(codes), std::move(dictionary).Finish());
}

double StandardDeviation(const stats::SortedSample& sample) {
  double mean = 0, mass = 0, squares = 0;
  for (std::size_t i = 0; i < sample.values.size(); ++i) {
    const double w = sample.Weight(i), difference = sample.values[i] - mean;
    mass += w;
    mean += difference * w / mass;
    squares += w * difference * (sample.values[i] - mean);
  }
  return mass > 0 ? std::sqrt(squares / mass) : 0;
}

void CountCategories(const table::Column& column, std::span<const double> weights, ColumnSample& out) {
  const std::vector<std::int32_t>& codes = *column.codes();
  std::vector<double> counts(std::size_t(column.dictionary()->size()) + 1, 0);  // the first one: missing
  for (std::size_t i = 0; i < codes.size(); ++i) counts[std::size_t(codes[i] + 1)] += weights.empty() ? 1 : weights[i];
  out.missing = counts[0];
  for (std::size_t code = 0; code + 1 < counts.size(); ++code) {
    if (counts[code + 1] > 0)
      out.categories.push_back({std::string(column.dictionary()->at(std::int32_t(code))), counts[code + 1]});
  }
  std::sort(out.categories.begin(), out.categories.end(),
            [](const auto& a, const auto& b) { return a.count != b.count ? a.count > b.count : a.value < b.value; });
}

/// Keys and free text: told by the type, or by values that hardly repeat.
Form FormOf(const table::Table& table, std::size_t c) {
  const table::Column& column = table.column(c);
  if (column.storage() != Storage::kString) return Form::kNumbers;
  const table::SemanticType type = table.field(c).type;
  if (type == table::SemanticType::kText || type == table::SemanticType::kId) return Form::kLengths;
  std::vector<char> seen(std::size_t(column.dictionary()->size()), 0);
  double present = 0, distinct = 0;
  for (const std::int32_t code : *column.codes()) {
    if (code < 0) continue;
    present += 1;
    distinct += !seen[std::size_t(code)];
    seen[std::size_t(code)] = 1;
  }
  return distinct > 50 && distinct > present / 2 ? Form::kLengths : Form::kCategories;
}

}  // namespace

table::Storage StorageOf(const ColumnSample& sample) {
  if (sample.form != Form::kNumbers) return Storage::kString;
  return sample.type == table::SemanticType::kDatetime ? Storage::kTimestamp : Storage::kDouble;
}

ColumnSample SampleColumn(const table::Table& table, std::size_t c, Form form, Storage storage,
                          std::span<const double> weights) {
  const table::Field& field = table.field(c);
  ColumnSample out;
  out.name = field.name;
  out.type = field.type;
  out.form = form;
  out.date_only = field.date_only;
  double squares = 0;
  for (const double w : weights) out.rows += w, squares += w * w;
  if (weights.empty()) out.rows = squares = double(table.num_rows());
  out.effective = squares > 0 ? out.rows * out.rows / squares : 0;
  out.unparsed = double(field.unparsed);
  table::ColumnPtr column = table.column_ptr(c);
  const bool strings = column->storage() == Storage::kString;
  if (form != Form::kNumbers && !strings) column = AsStrings(*column);
  if (form == Form::kCategories) {
    CountCategories(*column, weights, out);
    return out;
  }
  const bool other_kind = form == Form::kNumbers && !strings && column->storage() != storage;
  std::vector<double> values =
      form == Form::kLengths ? Lengths(*column) : ReferenceNumbers(*column, weights, out.unparsed);
  if (other_kind) {  // numbers where times were expected, or the other way round: no value can be compared
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!std::isnan(values[i])) out.unparsed += weights.empty() ? 1 : weights[i];
      values[i] = kNoNumber;
    }
  }
  out.numbers = stats::MakeSorted(values, weights);
  out.missing = std::max(0.0, out.rows - out.numbers.total);
  out.sd = StandardDeviation(out.numbers);
  return out;
}

DataSample SampleTable(const Context& context, const table::Table& table, const std::vector<std::size_t>& columns,
                       std::span<const double> weights) {
  DataSample out;
  out.rows = std::int64_t(table.num_rows());
  out.columns.resize(columns.size());
  context.pool->For(columns.size(), [&](std::size_t i) {
    if (context.Stopped()) return;
    const std::size_t c = columns[i];
    out.columns[i] = SampleColumn(table, c, FormOf(table, c), table.column(c).storage(), weights);
  });
  return out;
}

}  // namespace tagwerk::profile
