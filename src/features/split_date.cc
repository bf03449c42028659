#include "features/split_date.h"

#include "table/split_date.h"

namespace tagwerk::features {
namespace {

constexpr std::uint32_t kNoInput = 0xFFFFFFFF;
constexpr std::uint32_t kHiddenParts = kWeekday | kWeekend | kDayOfYear;  ///< not columns themselves

table::DatePartReader ReaderOf(const InputColumn& column) {
  return {column.numbers.get(), column.codes.get(), column.dictionary.get()};
}

std::string NameOfDate(const SplitDateParts::Inputs& from, const std::vector<InputSpec>& inputs) {
  std::string name = inputs[from.year].name + "+" + inputs[from.month].name + "+" + inputs[from.day].name;
  return from.hour ? name + "+" + inputs[*from.hour].name : name;
}

bool IsPart(const InputSpec& spec) {
  return spec.wanted == table::Storage::kDouble || spec.wanted == table::Storage::kString;
}

}  // namespace

std::vector<OutputInfo> SplitDateParts::Outputs(const std::vector<InputSpec>& inputs) const {
  InputSpec date;
  date.name = NameOfDate(from_, inputs);
  date.wanted = table::Storage::kTimestamp;
  std::vector<OutputInfo> out = DateParts(0, parts_).Outputs({date});
  for (OutputInfo& info : DateCycles(0, cycles_).Outputs({date})) out.push_back(std::move(info));
  for (OutputInfo& info : out) info.source = -1;
  return out;
}

void SplitDateParts::Apply(const std::vector<InputSpec>& specs, const std::vector<InputColumn>& inputs,
                           std::size_t rows, model::MatrixColumn* out) const {
  const auto years = ReaderOf(inputs[from_.year]), months = ReaderOf(inputs[from_.month]),
             days = ReaderOf(inputs[from_.day]);
  std::optional<table::DatePartReader> hours;
  if (from_.hour) hours = ReaderOf(inputs[*from_.hour]);
  auto times = std::make_shared<std::vector<std::int64_t>>(rows);
  for (std::size_t i = 0; i < rows; ++i)
    (*times)[i] = table::ComposeTime({years.At(i), months.At(i), days.At(i), hours ? hours->At(i) : 0.0, 0.0});
  std::vector<InputColumn> date(1);
  date[0].times = std::move(times);
  const DateParts parts(0, parts_);
  parts.Apply(specs, date, rows, out);
  for (std::uint32_t part = 1; part <= kAllDateParts; part <<= 1) out += (parts_ & part) != 0;
  DateCycles(0, cycles_).Apply(specs, date, rows, out);
}

void SplitDateParts::Save(model::ByteWriter& writer) const {
  for (const std::uint32_t input : {from_.year, from_.month, from_.day, from_.hour.value_or(kNoInput)})
    writer.U32(input);
  writer.U32(parts_);
  writer.U32(cycles_);
}

TransformPtr SplitDateParts::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  Inputs from;
  for (std::uint32_t* input : {&from.year, &from.month, &from.day}) {
    *input = reader.U32();
    if (!reader.Expect(*input < inputs.size() && IsPart(inputs[*input]), "input of a split date")) return nullptr;
  }
  const std::uint32_t hour = reader.U32();
  if (hour != kNoInput) {
    if (!reader.Expect(hour < inputs.size() && IsPart(inputs[hour]), "hour of a split date")) return nullptr;
    from.hour = hour;
  }
  const std::uint32_t parts = reader.U32(), cycles = reader.U32();
  reader.Expect(parts <= kAllDateParts && cycles <= kAllDateCycles, "parts of a split date");
  return std::make_unique<SplitDateParts>(from, parts, cycles);
}

std::vector<Fitted> FitSplitDates(const FitState& state, model::Recipe recipe) {
  std::vector<Fitted> out;
  const auto input_of = [&](std::size_t column) -> std::optional<std::uint32_t> {
    for (std::uint32_t i = 0; i < state.input.columns.size(); ++i) {
      if (state.input.columns[i] == column) return IsPart(state.specs[i]) ? std::optional(i) : std::nullopt;
    }
    return std::nullopt;
  };
  for (const auto& date : table::FindNewDates(*state.input.table, state.input.columns, state.input.train_rows)) {
    const auto year = input_of(date.year), month = input_of(date.month), day = input_of(date.day);
    if (!year || !month || !day) continue;
    SplitDateParts::Inputs from{*year, *month, *day, date.hour ? input_of(*date.hour) : std::nullopt};
    if (recipe == model::Recipe::kTree) {
      out.push_back({std::make_unique<SplitDateParts>(from, kHiddenParts, 0U), {}, {}});
      continue;
    }
    const std::uint32_t cycles = kWeekCycle | kYearCycle | (from.hour ? std::uint32_t(kDayCycle) : 0U);
    out.push_back({std::make_unique<SplitDateParts>(from, 0U, cycles), {}, {}});
    if (state.input.time_split) continue;  // later rows lie beyond every trend
    Fitted trend = FitScaled(state, {std::make_unique<SplitDateParts>(from, std::uint32_t(kEpoch), 0U), {}, {}});
    if (trend.transform) out.push_back(std::move(trend));
  }
  return out;
}

}  // namespace tagwerk::features
