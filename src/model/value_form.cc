#include "model/value_form.h"

#include <algorithm>

namespace tagwerk::model {

void SaveForm(const table::ValueForm& form, ByteWriter& writer) {
  writer.U8(static_cast<std::uint8_t>(form.kind));
  writer.U8(static_cast<std::uint8_t>(form.style));
  writer.U8(static_cast<std::uint8_t>(form.order));
  writer.U8(static_cast<std::uint8_t>((form.ambiguous ? 1 : 0) + (form.epoch ? 2 : 0) + (form.affixed ? 4 : 0)));
  writer.String(form.unit);
  writer.Strings(form.missing);
}

table::ValueForm LoadForm(ByteReader& reader) {
  table::ValueForm form;
  const std::uint8_t kind = reader.U8(), style = reader.U8(), order = reader.U8(), flags = reader.U8();
  reader.Expect(kind <= std::uint8_t(table::ValueKind::kString), "kind of values");
  reader.Expect(style <= std::uint8_t(table::NumberStyle::kDecimalComma), "style of numbers");
  reader.Expect(order <= std::uint8_t(table::DateOrder::kMonthFirst), "order of dates");
  reader.Expect(flags < 8, "flags of a form");
  if (!reader.ok()) return form;
  form.kind = static_cast<table::ValueKind>(kind);
  form.style = static_cast<table::NumberStyle>(style);
  form.order = static_cast<table::DateOrder>(order);
  form.ambiguous = (flags & 1) != 0;
  form.epoch = (flags & 2) != 0;
  form.affixed = (flags & 4) != 0;
  form.unit = reader.String();
  form.missing = reader.Strings();
  reader.Expect(std::is_sorted(form.missing.begin(), form.missing.end()), "texts of a form");
  return form;
}

}  // namespace tagwerk::model
