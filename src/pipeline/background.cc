// Background rows: a few rows of the training data kept in the model file, against which single predictions are
// explained. Section `background`; a model without it predicts all the same.
#include "pipeline/background.h"

namespace tagwerk::pipeline {
namespace {

constexpr std::uint8_t kBackgroundVersion = 1;

void SaveColumn(model::ByteWriter& writer, const table::Column& column, std::size_t rows) {
  writer.U8(static_cast<std::uint8_t>(column.storage()));
  switch (column.storage()) {
    case table::Storage::kDouble:
      for (std::size_t i = 0; i < rows; ++i) writer.F64((*column.doubles())[i]);
      return;
    case table::Storage::kTimestamp:
      for (std::size_t i = 0; i < rows; ++i) writer.I64((*column.timestamps())[i]);
      return;
    case table::Storage::kString:
      for (std::size_t i = 0; i < rows; ++i) {
        writer.U8(column.IsMissing(i) ? 0 : 1);
        writer.String(column.IsMissing(i) ? std::string() : column.Text(i));
      }
  }
}

table::ColumnPtr LoadStrings(model::ByteReader& reader, std::size_t rows) {
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> codes(rows, -1);
  for (std::size_t i = 0; i < rows && reader.ok(); ++i) {
    const bool present = reader.U8() != 0;
    const std::string text = reader.String();
    if (present) codes[i] = builder.Intern(text);
  }
  return table::Column::Strings(std::move(codes), std::move(builder).Finish());
}

table::ColumnPtr LoadColumn(model::ByteReader& reader, std::size_t rows) {
  const std::uint8_t storage = reader.U8();
  if (!reader.Expect(storage <= std::uint8_t(table::Storage::kString), "storage of a background column"))
    return nullptr;
  if (storage == std::uint8_t(table::Storage::kString)) return LoadStrings(reader, rows);
  if (storage == std::uint8_t(table::Storage::kTimestamp)) {
    std::vector<std::int64_t> values(rows);
    for (std::int64_t& value : values) value = reader.I64();
    return table::Column::Timestamps(std::move(values));
  }
  std::vector<double> values(rows);
  for (double& value : values) value = reader.F64();
  return table::Column::Doubles(std::move(values));
}

}  // namespace

void SaveBackground(model::ByteWriter& writer, const table::Table& rows) {
  writer.U8(kBackgroundVersion);
  writer.U32(static_cast<std::uint32_t>(rows.num_rows()));
  writer.U32(static_cast<std::uint32_t>(rows.num_columns()));
  for (std::size_t j = 0; j < rows.num_columns(); ++j) SaveColumn(writer, rows.column(j), rows.num_rows());
}

Result<table::Table> LoadBackground(model::ByteReader& reader, const std::vector<table::Field>& fields) {
  reader.Expect(reader.U8() == kBackgroundVersion, "version of the background rows");
  const std::uint32_t rows = reader.U32(), columns = reader.U32();
  reader.Expect(rows <= kMostBackground, "number of background rows");
  reader.Expect(columns == fields.size(), "number of background columns");
  std::vector<table::ColumnPtr> loaded;
  for (std::uint32_t j = 0; j < columns && reader.ok(); ++j) loaded.push_back(LoadColumn(reader, rows));
  if (auto done = reader.Finish("background"); !done) return std::move(done).error();
  return table::Table(fields, std::move(loaded), rows);
}

}  // namespace tagwerk::pipeline
