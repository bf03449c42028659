#include "app/held_out_file.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <unordered_map>

#include "base/text.h"
#include "io/read.h"

namespace tagwerk::app {

namespace {

table::Field FieldOf(const std::string& name, table::SemanticType type) {
  table::Field field;
  field.name = field.original_name = name;
  field.type = type;
  return field;
}

std::string ScoreName(std::size_t output) { return "score_" + std::to_string(output); }

Error NoRows(const std::string& path, const std::string& why) {
  return Error(Code::kInvalidData, "no-held-out-rows", "held-out rows of the run cannot be used: " + why)
      .In(path)
      .Do("name labelled rows: --data DATA");
}

/// Returns a column of numbers, or null.
const std::vector<double>* Doubles(const table::Table& table, const std::string& name) {
  const auto at = table.Find(name);
  return at && table.column(*at).storage() == table::Storage::kDouble ? table.column(*at).doubles().get() : nullptr;
}

}  // namespace

std::vector<std::string> RowKeys(const table::Table& rows) {
  const std::vector<std::uint64_t> hashes = rows.RowHashes();
  std::unordered_map<std::uint64_t, int> seen;
  std::vector<std::string> keys;
  for (const std::uint64_t hash : hashes) keys.push_back(fmt::format("{:016x}-{}", hash, ++seen[hash]));
  return keys;
}

Status WriteHeldOut(const std::string& path, const HeldOut& rows, std::size_t num_classes) {
  const std::size_t n = rows.keys.size(), width = std::max<std::size_t>(1, num_classes);
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> codes;
  for (const std::string& key : rows.keys) codes.push_back(builder.Intern(key));
  std::vector<table::Field> fields = {FieldOf("key", table::SemanticType::kText),
                                      FieldOf("truth", table::SemanticType::kNumeric)};
  std::vector<table::ColumnPtr> columns = {table::Column::Strings(std::move(codes), std::move(builder).Finish()),
                                           table::Column::Doubles(rows.truth)};
  for (std::size_t k = 0; k < width; ++k) {
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = rows.scores[i * width + k];
    fields.push_back(FieldOf(ScoreName(k), table::SemanticType::kNumeric));
    columns.push_back(table::Column::Doubles(std::move(values)));
  }
  TW_TRY(auto writer, io::OpenWriter(path));
  TW_RETURN_IF_ERROR(writer->Write(table::Table(std::move(fields), std::move(columns), n)));
  return writer->Close();
}

Result<HeldOut> ReadHeldOut(const Context& context, const std::string& path, std::size_t num_classes) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return NoRows(path, "the file is absent");
  const std::size_t width = std::max<std::size_t>(1, num_classes);
  io::ReadOptions options;
  options.expected = {FieldOf("key", table::SemanticType::kText), FieldOf("truth", table::SemanticType::kNumeric)};
  for (std::size_t k = 0; k < width; ++k)
    options.expected.push_back(FieldOf(ScoreName(k), table::SemanticType::kNumeric));
  options.keep_extra = false;
  TW_TRY(const table::ReadResult read, io::Read(context, path, options));
  const table::Table& table = read.table;
  const std::size_t n = table.num_rows();
  HeldOut out;
  const auto key = table.Find("key");
  const std::vector<double>* truth = Doubles(table, "truth");
  if (!key || truth == nullptr) return NoRows(path, "it has no column of keys or truth");
  for (std::size_t i = 0; i < n; ++i) out.keys.push_back(table.column(*key).Text(i));
  out.truth = *truth;
  out.scores.resize(n * width);
  for (std::size_t k = 0; k < width; ++k) {
    const std::vector<double>* scores = Doubles(table, ScoreName(k));
    if (scores == nullptr) return NoRows(path, "it does not hold a score for each class");
    for (std::size_t i = 0; i < n; ++i) out.scores[i * width + k] = (*scores)[i];
  }
  for (const double t : out.truth)
    if (!std::isfinite(t) || (num_classes > 0 && (t < 0 || t >= double(num_classes) || t != std::floor(t))))
      return NoRows(path, "a truth is no class of the run");
  for (const double s : out.scores)
    if (!std::isfinite(s)) return NoRows(path, "a score is missing");
  return out;
}

}  // namespace tagwerk::app
