// Fuzz target: lines as the values of one column: numbers, dates, types. What must hold: no crash, a finished column of
// the length that went in, and numbers that read back as they were written.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "io/cell_format.h"
#include "io/infer.h"
#include "table/time_text.h"

namespace {

using namespace tagwerk;

void TryOne(std::string_view text) {
  for (io::NumberStyle style : {io::NumberStyle::kPlain, io::NumberStyle::kGrouped, io::NumberStyle::kDecimalComma}) {
    const io::ParsedNumber number = io::ParseNumber(text, style);
    if (number.kind != io::NumberKind::kNumber) continue;
    TW_CHECK(std::isfinite(number.value));
    const io::ParsedNumber again = io::ParseNumber(Shortest(number.value), io::NumberStyle::kPlain);
    TW_CHECK(again.kind != io::NumberKind::kNotNumber && again.value == number.value);
    (void)table::EpochMicroseconds(number.value);
    (void)io::SerialText(number.value, false, io::CellFormat::kDateTime);
  }
  for (table::DateOrder order :
       {table::DateOrder::kYearFirst, table::DateOrder::kDayFirst, table::DateOrder::kMonthFirst}) {
    const auto time = table::ParseTime(text, order);
    if (time) (void)table::TimestampText(time->microseconds);
  }
  (void)io::FormatOfCode(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  table::DictionaryBuilder builder;
  io::StringDraft draft;
  while (!rest.empty() && draft.codes.size() < 200) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::string_view text = io::TrimBlanks(line);
    TryOne(text);
    draft.codes.push_back(text.empty() ? -1 : builder.Intern(text));
  }
  draft.dictionary = std::move(builder).Finish();
  const std::size_t rows = draft.codes.size();
  io::InferHints hints;
  if ((data[0] & 1) != 0) hints.prefer_day_first = true;
  if ((data[0] & 2) != 0) hints.prefer_decimal_comma = true;
  table::Field field;
  TW_CHECK(io::FinishDraft(draft, hints, field)->size() == rows);
  const auto type = table::SemanticType((data[0] >> 2) % 7);
  TW_CHECK(io::FinishDraftAs(std::move(draft), type, hints, field)->size() == rows);
  return 0;
}
