// Input stage: levels, conversion between storages, counts of what was surprising.
#include "features/input.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>

#include "base/constants.h"
#include "base/hash.h"
#include "base/text.h"
#include "model/value_form.h"
#include "table/time_number.h"

namespace tagwerk::features {
namespace {

using table::Storage;

constexpr std::size_t kExamples = 5;
using Examples = std::vector<std::pair<std::string, std::int64_t>>;

std::string_view StorageWord(Storage storage) {
  switch (storage) {
    case Storage::kDouble:
      return "numbers";
    case Storage::kTimestamp:
      return "dates";
    case Storage::kString:
      return "text";
  }
  return "text";
}

/// Counts strings and gives the most frequent ones (ties by code point).
class Tally {
 public:
  void Add(std::string_view text, std::int64_t rows = 1) {
    auto found = counts_.find(std::string(text));
    if (found != counts_.end()) {
      found->second += rows;
    } else if (counts_.size() < kLimit) {
      counts_.emplace(std::string(text), rows);
    }
  }
  Examples Top() const {
    Examples top(counts_.begin(), counts_.end());
    std::sort(top.begin(), top.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    if (top.size() > kExamples) top.resize(kExamples);
    return top;
  }

 private:
  static constexpr std::size_t kLimit = 100000;  ///< distinct strings remembered
  std::unordered_map<std::string, std::int64_t> counts_;
};

/// Calls `convert` once per distinct string that occurs: per dictionary entry when the rows outnumber the
/// entries, else per row (a single row of a large table must stay cheap).
template <class T, class Convert>
std::vector<T> MapStrings(const std::vector<std::int32_t>& codes, const table::Dictionary& dictionary, T missing,
                          const Convert& convert) {
  std::vector<T> out(codes.size());
  if (codes.size() < static_cast<std::size_t>(dictionary.size())) {
    for (std::size_t i = 0; i < codes.size(); ++i) {
      out[i] = codes[i] < 0 ? missing : convert(dictionary.at(codes[i]));
    }
    return out;
  }
  std::vector<T> by_code(static_cast<std::size_t>(dictionary.size()));
  for (std::int32_t c = 0; c < dictionary.size(); ++c) by_code[std::size_t(c)] = convert(dictionary.at(c));
  for (std::size_t i = 0; i < codes.size(); ++i) {
    out[i] = codes[i] < 0 ? missing : by_code[std::size_t(codes[i])];
  }
  return out;
}

/// Writes a number or time column as strings; equal values share one dictionary entry.
template <class T, class Text>
void WriteStrings(const std::vector<T>& values, const Text& text_of, InputColumn& out) {
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> codes(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string text = text_of(i);
    codes[i] = text.empty() ? -1 : builder.Intern(text);
  }
  out.codes = std::make_shared<const std::vector<std::int32_t>>(std::move(codes));
  out.dictionary = std::move(builder).Finish();
}

void FillMissing(const InputSpec& spec, std::size_t rows, InputColumn& out) {
  switch (spec.wanted) {
    case Storage::kDouble:
      out.numbers = std::make_shared<const std::vector<double>>(rows, kNaN);
      break;
    case Storage::kTimestamp:
      out.times = std::make_shared<const std::vector<std::int64_t>>(rows, table::kMissingTime);
      break;
    case Storage::kString:
      out.codes = std::make_shared<const std::vector<std::int32_t>>(rows, -1);
      out.dictionary = std::make_shared<const table::Dictionary>();
      break;
  }
}

/// Brings a column of another storage to the wanted one. Numbers where dates are expected
/// are read as in training (counts since 1970, eight digits) or count as missing, as do dates where numbers are
/// expected.
void Convert(const InputSpec& spec, const table::Column& column, InputColumn& out) {
  const Storage found = column.storage();
  if (spec.wanted == Storage::kDouble && found == Storage::kString) {
    out.numbers = std::make_shared<const std::vector<double>>(MapStrings<double>(
        *column.codes(), *column.dictionary(), kNaN, [&](std::string_view text) { return NumberOf(text, spec); }));
  } else if (spec.wanted == Storage::kTimestamp && found == Storage::kString) {
    out.times = std::make_shared<const std::vector<std::int64_t>>(
        MapStrings<std::int64_t>(*column.codes(), *column.dictionary(), table::kMissingTime,
                                 [&](std::string_view text) { return TimeOf(text, spec); }));
  } else if (spec.wanted == Storage::kTimestamp && found == Storage::kDouble &&
             spec.form.kind == table::ValueKind::kTime) {
    std::vector<std::int64_t> times;
    times.reserve(column.size());
    for (const double value : *column.doubles()) {
      const auto time = std::isnan(value) ? std::nullopt : table::TimeOfNumber(value, spec.form);
      times.push_back(time.value_or(table::kMissingTime));
    }
    out.times = std::make_shared<const std::vector<std::int64_t>>(std::move(times));
  } else if (spec.wanted == Storage::kString && found == Storage::kDouble) {
    WriteStrings(*column.doubles(), [&](std::size_t i) { return column.Text(i); }, out);
  } else if (spec.wanted == Storage::kString && found == Storage::kTimestamp) {
    WriteStrings(*column.timestamps(), [&](std::size_t i) { return column.Text(i); }, out);
  } else {
    FillMissing(spec, column.size(), out);
  }
}

bool MissingAfter(const InputColumn& column, std::size_t row) {
  if (column.numbers) return std::isnan((*column.numbers)[row]);
  if (column.times) return (*column.times)[row] == table::kMissingTime;
  return (*column.codes)[row] < 0;
}

void ReportChange(const InputSpec& spec, const table::Column& before, const InputColumn& after, ApplyReport& report) {
  ApplyReport::ChangedType change;
  change.column = spec.name;
  change.expected = StorageWord(spec.trained);
  change.found = StorageWord(before.storage());
  Tally tally;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before.IsMissing(i)) continue;
    ++change.rows;
    if (!MissingAfter(after, i)) continue;
    if (before.storage() == Storage::kString && table::IsFormMissing(Trim(before.Text(i)), spec.form)) continue;
    ++change.unparsed;
    tally.Add(before.Text(i));
  }
  if (change.rows == 0) return;  // an all-missing column has no storage to speak of
  change.examples = tally.Top();
  report.changed_types.push_back(std::move(change));
}

void MapLevels(const InputSpec& spec, InputColumn& column, ApplyReport* report) {
  column.levels = MapStrings<std::int32_t>(*column.codes, *column.dictionary, kMissingLevel,
                                           [&](std::string_view text) { return LevelOf(spec, text); });
  if (report == nullptr) return;
  ApplyReport::NewCategories fresh;
  Tally tally;
  for (std::size_t i = 0; i < column.levels.size(); ++i) {
    if (column.levels[i] != kUnseenLevel) continue;
    ++fresh.rows;
    tally.Add(column.dictionary->at((*column.codes)[i]));
  }
  if (fresh.rows == 0) return;
  fresh.column = spec.name;
  fresh.examples = tally.Top();
  report->new_categories.push_back(std::move(fresh));
}

}  // namespace

double NumberOf(std::string_view text, const InputSpec& spec) {
  const std::string_view trimmed = Trim(text);
  if (spec.type == table::SemanticType::kBoolean) {
    if (const int truth = TruthOf(trimmed); truth >= 0) return truth;
  }
  if (trimmed.empty() || table::IsFormMissing(trimmed, spec.form)) return kNaN;
  table::ParsedNumber number = table::ReadNumber(trimmed, spec.form);
  if (number.kind == table::NumberKind::kNotNumber) {
    number = table::ParseNumber(trimmed, table::NumberStyle::kPlain);
  }
  const bool counts = number.kind == table::NumberKind::kNumber || number.kind == table::NumberKind::kInexact;
  return counts ? number.value : kNaN;
}

std::int64_t TimeOf(std::string_view text, const InputSpec& spec) {
  const auto time = table::ReadTime(Trim(text), spec.form);
  return time ? time->microseconds : table::kMissingTime;
}

std::int32_t LevelOf(const InputSpec& spec, std::string_view text) {
  const std::int32_t level = spec.levels.Find(text);
  if (level >= 0) return level;
  const std::string_view trimmed = Trim(text);
  if (trimmed.empty()) return kMissingLevel;
  if (trimmed.size() != text.size()) {
    if (const std::int32_t again = spec.levels.Find(trimmed); again >= 0) return again;
  }
  if (spec.type != table::SemanticType::kBoolean) return kUnseenLevel;
  const int truth = TruthOf(trimmed);
  for (std::int32_t i = 0; truth >= 0 && i < spec.levels.size(); ++i) {
    if (TruthOf(spec.levels.text(i)) == truth) return i;
  }
  return kUnseenLevel;
}

Levels::Levels(std::vector<std::string> texts, std::vector<std::int64_t> counts, std::int64_t missing)
    : texts_(std::move(texts)), counts_(std::move(counts)), missing_(missing) {
  Index();
}

void Levels::Index() {
  slots_.assign(std::bit_ceil(texts_.size() * 2 + 1), -1);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    std::size_t at = HashBytes(texts_[i]) & mask;
    while (slots_[at] >= 0) at = (at + 1) & mask;
    slots_[at] = static_cast<std::int32_t>(i);
  }
}

std::int32_t Levels::Find(std::string_view text) const {
  if (slots_.empty()) return kUnseenLevel;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = HashBytes(text) & mask; slots_[at] >= 0; at = (at + 1) & mask) {
    if (texts_[std::size_t(slots_[at])] == text) return slots_[at];
  }
  return kUnseenLevel;
}

void Levels::Save(model::ByteWriter& writer) const {
  writer.Strings(texts_);
  writer.U64(counts_.size());
  for (const std::int64_t count : counts_) writer.I64(count);
  writer.I64(missing_);
}

Levels Levels::Load(model::ByteReader& reader) {
  std::vector<std::string> texts = reader.Strings();
  std::vector<std::int64_t> counts(reader.CountOf(sizeof(std::int64_t)));
  for (auto& count : counts) {
    count = reader.I64();
    reader.Expect(count >= 0, "count of a level");
  }
  const std::int64_t missing = reader.I64();
  reader.Expect(missing >= 0, "count of missing values");
  reader.Expect(counts.size() == texts.size() && texts.size() < (1U << 30), "number of levels");
  if (!reader.ok()) return {};
  return Levels(std::move(texts), std::move(counts), missing);
}

void InputSpec::Save(model::ByteWriter& writer) const {
  writer.String(name);
  writer.U8(static_cast<std::uint8_t>(type));
  writer.U8(static_cast<std::uint8_t>(trained));
  writer.U8(static_cast<std::uint8_t>(wanted));
  writer.U8(has_levels ? 1 : 0);
  model::SaveForm(form, writer);
  if (has_levels) levels.Save(writer);
}

InputSpec InputSpec::Load(model::ByteReader& reader) {
  InputSpec spec;
  spec.name = reader.String();
  const std::uint8_t type = reader.U8(), trained = reader.U8(), wanted = reader.U8();
  const std::uint8_t has_levels = reader.U8();
  reader.Expect(type <= std::uint8_t(table::SemanticType::kId), "type of an input");
  reader.Expect(trained <= 2 && wanted <= 2, "storage of an input");
  reader.Expect(has_levels <= 1, "flag of levels");
  if (!reader.ok()) return spec;
  spec.type = static_cast<table::SemanticType>(type);
  spec.trained = static_cast<Storage>(trained);
  spec.wanted = static_cast<Storage>(wanted);
  spec.has_levels = has_levels == 1;
  spec.form = model::LoadForm(reader);
  if (spec.has_levels) {
    reader.Expect(spec.wanted == Storage::kString, "levels of an input that is not text");
    spec.levels = Levels::Load(reader);
  }
  return spec;
}

InputColumn ReadInput(const InputSpec& spec, const table::Table& table, ApplyReport* report) {
  InputColumn out;
  const auto index = table.Find(spec.name);
  if (!index) {
    FillMissing(spec, table.num_rows(), out);
    if (report != nullptr) report->missing_columns.push_back(spec.name);
  } else {
    const table::Column& column = table.column(*index);
    if (column.storage() != spec.wanted) {
      Convert(spec, column, out);
    } else {
      out.numbers = column.doubles();
      out.times = column.timestamps();
      out.codes = column.codes();
      out.dictionary = column.dictionary();
    }
    if (report != nullptr && column.storage() != spec.trained) ReportChange(spec, column, out, *report);
  }
  if (spec.has_levels) MapLevels(spec, out, report);
  return out;
}

int TruthOf(std::string_view text) {
  const std::string lower = Lower(text);
  for (const std::string_view word : {"true", "yes", "y", "t", "1", "on"}) {
    if (lower == word) return 1;
  }
  for (const std::string_view word : {"false", "no", "n", "f", "0", "off"}) {
    if (lower == word) return 0;
  }
  return -1;
}

}  // namespace tagwerk::features
