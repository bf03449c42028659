#include "serve/rows.h"

#include <algorithm>
#include <cmath>

#include "base/constants.h"
#include "base/text.h"
#include "io/typed_table.h"

namespace tagwerk::serve {
namespace {

constexpr std::int64_t kExactDouble = std::int64_t(1) << 53;  ///< larger whole numbers are keys, kept as texts

std::string_view ExpectedWord(table::Storage storage) {
  return storage == table::Storage::kDouble ? "a number" : "a date or time";
}

}  // namespace

void InputRows::Start(const ServedModel& model) {
  model_ = &model;
  rows_ = 0;
  any_text_ = false;
  owned_.clear();
  columns_.resize(model.inputs().size());
  for (Cells& cells : columns_) {
    cells.numbers.clear();
    cells.texts.clear();
    cells.present_in = 0;
  }
  absent_.assign(columns_.size(), 0);
}

void InputRows::AddRows(std::size_t count) {
  rows_ += count;
  for (Cells& cells : columns_) cells.numbers.resize(rows_, kNaN);
}

void InputRows::SetInteger(std::size_t input, std::size_t row, std::int64_t value) {
  const bool exact = value <= kExactDouble && value >= -kExactDouble;
  if (exact || model_->inputs()[input].storage != table::Storage::kString)
    SetNumber(input, row, double(value));
  else
    SetOwnedText(input, row, std::to_string(value));
}

void InputRows::SetUnsigned(std::size_t input, std::size_t row, std::uint64_t value) {
  if (value <= std::uint64_t(kExactDouble) || model_->inputs()[input].storage != table::Storage::kString)
    SetNumber(input, row, double(value));
  else
    SetOwnedText(input, row, std::to_string(value));
}

void InputRows::SetText(std::size_t input, std::size_t row, std::string_view text) {
  const std::string_view trimmed = Trim(text);
  Cells& cells = columns_[input];
  SetNumber(input, row, kNaN);
  if (model_->markers().Contains(trimmed)) return;
  if (cells.texts.size() <= row) cells.texts.resize(rows_);
  cells.texts[row] = trimmed;
  any_text_ = true;
}

void InputRows::SetOwnedText(std::size_t input, std::size_t row, std::string text) {
  owned_.push_back(std::move(text));
  SetText(input, row, owned_.back());
}

void InputRows::CountAbsent(std::size_t rows) {
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].present_in != rows_) absent_[i] += std::int64_t(rows);
}

table::ColumnPtr InputRows::Texts(const Cells& cells, bool with_numbers) const {
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> codes(rows_, -1);
  for (std::size_t r = 0; r < rows_; ++r) {
    if (r < cells.texts.size() && cells.texts[r].data() != nullptr)
      codes[r] = builder.Intern(cells.texts[r]);
    else if (with_numbers && !std::isnan(cells.numbers[r]))
      codes[r] = builder.Intern(Shortest(cells.numbers[r]));
  }
  return table::Column::Strings(std::move(codes), std::move(builder).Finish());
}

Error InputRows::WrongType(std::size_t input, std::size_t row, std::string_view text) const {
  const ServedInput& spec = model_->inputs()[input];
  return Error(Code::kInvalidData, "type-changed",
               "value is not " + std::string(ExpectedWord(spec.storage)) + " as in training: " + Quoted(text))
      .Row(std::int64_t(row) + 1)
      .Column(spec.name)
      .Do("deliver the type of training, or null where there is no value");
}

Result<table::ColumnPtr> InputRows::ColumnOf(std::size_t input, table::Field& field) const {
  const ServedInput& spec = model_->inputs()[input];
  const Cells& cells = columns_[input];
  field = spec.field;
  const bool texts = !cells.texts.empty();
  // Ordinals may be numbers or words; the features bring either to what they were in training.
  const bool as_numbers =
      spec.storage == table::Storage::kDouble || (spec.field.type == table::SemanticType::kOrdinal && !texts);
  if (as_numbers && !texts) return table::Column::Doubles(cells.numbers);
  if (spec.storage == table::Storage::kString) return Texts(cells, true);
  // Numbers and texts of one column are read apart: a number needs no form.
  table::Field unused = spec.field;
  table::ColumnPtr converted;
  if (texts) converted = io::Retype(Texts(cells, false), spec.field.type, &spec.field.form, unused);
  for (std::size_t r = 0; texts && r < cells.texts.size(); ++r) {
    if (cells.texts[r].data() == nullptr || !converted->IsMissing(r)) continue;
    if (table::IsFormMissing(cells.texts[r], spec.field.form)) continue;
    return WrongType(input, r, cells.texts[r]);
  }
  if (spec.storage == table::Storage::kDouble) {
    std::vector<double> values = *converted->doubles();
    for (std::size_t r = 0; r < rows_; ++r)
      if (!std::isnan(cells.numbers[r])) values[r] = cells.numbers[r];
    return table::Column::Doubles(std::move(values));
  }
  const table::ColumnPtr counted =
      io::Retype(table::Column::Doubles(cells.numbers), spec.field.type, &spec.field.form, unused);
  for (std::size_t r = 0; r < rows_; ++r)
    if (counted->IsMissing(r) && !std::isnan(cells.numbers[r])) return WrongType(input, r, Shortest(cells.numbers[r]));
  if (!texts) return counted;
  std::vector<std::int64_t> times = *converted->timestamps();
  for (std::size_t r = 0; r < rows_; ++r)
    if (!counted->IsMissing(r)) times[r] = (*counted->timestamps())[r];
  return table::Column::Timestamps(std::move(times));
}

// What is written as in most requests is read here, the rest as the column of a table.
Status InputRows::ToCell(std::size_t input, features::Cell& cell) {
  const ServedInput& spec = model_->inputs()[input];
  Cells& cells = columns_[input];
  const bool may_text = !cells.texts.empty();
  const double number = cells.numbers[0];
  const std::string_view text = may_text ? cells.texts[0] : std::string_view();
  cell = features::Cell();
  cell.storage = spec.storage;
  if (!may_text && (spec.storage == table::Storage::kDouble || spec.field.type == table::SemanticType::kOrdinal)) {
    cell.storage = table::Storage::kDouble;
    cell.number = number;
    return Ok();
  }
  const bool missing = text.data() == nullptr && std::isnan(number);
  if (spec.storage == table::Storage::kString) {
    cell.text = text;
    if (text.data() == nullptr && !missing) cell.text = cells.written = Shortest(number);
    return Ok();
  }
  if (spec.storage == table::Storage::kTimestamp) {
    if (missing) return Ok();
    if (const auto time = text.data() != nullptr && spec.field.form.kind == table::ValueKind::kTime
                              ? table::ReadTime(text, spec.field.form)
                              : std::nullopt) {
      cell.time = time->microseconds;
      return Ok();
    }
  }
  table::Field unused;
  TW_TRY(const table::ColumnPtr column, ColumnOf(input, unused));
  if (column->doubles() != nullptr) cell.number = column->doubles()->front();
  if (column->timestamps() != nullptr) cell.time = column->timestamps()->front();
  return Ok();
}

Status InputRows::ToCells(std::span<features::Cell> cells) {
  for (std::size_t i = 0; i < columns_.size(); ++i) TW_RETURN_IF_ERROR(ToCell(i, cells[i]));
  return Ok();
}

Result<table::Table> InputRows::ToTable() const {
  std::vector<table::Field> fields(columns_.size());
  std::vector<table::ColumnPtr> columns(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    TW_TRY(columns[i], ColumnOf(i, fields[i]));
  }
  return table::Table(std::move(fields), std::move(columns), rows_);
}

}  // namespace tagwerk::serve
