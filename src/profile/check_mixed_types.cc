// Columns whose values are of more than one kind: a few that did not convert, numbers among text,
// numbers with a unit.
#include <map>

#include "base/text.h"
#include "profile/checks.h"

namespace tagwerk::profile {
namespace {

using table::Storage;

bool Noted(const CheckState& state, const std::string& id, const std::string& column) {
  for (const table::ReadNote& note : state.read.notes) {
    if (note.id != id) continue;
    for (const std::string& name : note.columns) {
      if (name == column) return true;
    }
  }
  return false;
}

void CheckUnparsed(CheckState& state, std::size_t c) {
  const table::Field& field = state.table.field(c);
  if (field.unparsed == 0 || Noted(state, "value.mixed_types", field.name)) return;
  const std::string first = field.unparsed_examples.empty() ? "" : field.unparsed_examples[0];
  Finding finding = MakeFinding(
      "value.mixed_types", Severity::kWarning, field.name, "finding.mixed_types",
      {{"count", field.unparsed}, {"type", std::string(table::TypeName(field.type))}, {"value", Quoted(first)}});
  finding.rows = field.unparsed;
  finding.action = Action::kConverted;
  for (const std::string& example : field.unparsed_examples) finding.examples.push_back({"", 0, example});
  finding.brief =
      Count(field.unparsed) + " values are not " + std::string(table::TypeName(field.type)) + ": " + Quoted(first);
  finding.evidence = {{"unparsed", field.unparsed}, {"confidence", field.type_confidence}};
  finding.override_option = "--type " + OptionName(field.name + "=categorical");
  state.profile.findings.push_back(std::move(finding));
}

/// A column of numbers that were written with a unit, a currency sign or a magnitude.
void CheckConverted(CheckState& state, std::size_t c) {
  const table::Field& field = state.table.field(c);
  if (field.converted == 0) return;
  const std::string first = field.converted_examples.empty() ? "" : field.converted_examples[0];
  Finding finding = MakeFinding("value.unit", Severity::kNote, field.name,
                                field.unit.empty() ? "finding.number_text" : "finding.unit_read",
                                {{"count", field.converted}, {"value", Quoted(first)}, {"unit", field.unit}});
  finding.rows = field.converted;
  finding.action = Action::kConverted;
  for (const std::string& example : field.converted_examples) finding.examples.push_back({"", 0, example});
  finding.brief = field.unit.empty() ? "read as numbers: " + Quoted(first)
                                     : "read as numbers in " + field.unit + ": " + Quoted(first);
  finding.evidence = {{"values", field.converted}, {"unit", field.unit}, {"confidence", field.type_confidence}};
  finding.override_option = "--type " + OptionName(field.name + "=categorical");
  state.profile.findings.push_back(std::move(finding));
}

/// Texts of a column of numbers that stand for no value in it, and units that cannot be converted.
void CheckFormMissing(CheckState& state, std::size_t c) {
  const table::Field& field = state.table.field(c);
  if (field.form_missing == 0) return;
  const std::string words = Quoted(field.form.missing[0]);
  Finding finding = MakeFinding("value.mixed_types", Severity::kWarning, field.name, "finding.form_missing",
                                {{"count", field.form_missing}, {"value", words}});
  finding.rows = field.form_missing;
  finding.action = Action::kConverted;
  for (const std::string& text : field.form.missing) {
    if (finding.examples.size() < 5) finding.examples.push_back({"", 0, text});
  }
  finding.brief = Count(field.form_missing) + " values count as missing: " + words;
  finding.evidence = {{"values", field.form_missing}, {"texts", field.form.missing}};
  finding.override_option = "--type " + OptionName(field.name + "=categorical");
  state.profile.findings.push_back(std::move(finding));
}

/// Dates whose day and month could be the other way round.
void CheckDateOrder(CheckState& state, std::size_t c) {
  const table::Field& field = state.table.field(c);
  if (!field.form.ambiguous || field.type != table::SemanticType::kDatetime) return;
  const std::string order(table::OrderName(field.form.order));
  Finding finding =
      MakeFinding("value.mixed_types", Severity::kWarning, field.name, "finding.date_order", {{"order", order}});
  finding.rows = std::int64_t(state.profile.columns[c].rows - state.profile.columns[c].missing);
  finding.action = Action::kConverted;
  finding.brief = "day and month could be the other way round; read as " + order;
  finding.evidence = {{"order", order}, {"confidence", field.type_confidence}, {"because", field.type_evidence}};
  finding.override_option = "--type " + OptionName(field.name + "=categorical");
  state.profile.findings.push_back(std::move(finding));
}

/// Length of a number at the start of a text, with thousands separators and a currency sign; 0 if none.
std::size_t NumberLength(std::string_view text) {
  std::size_t i = 0;
  if (!text.empty() && text[0] == '$') ++i;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  const std::size_t start = i;
  while (i < text.size() && ((text[i] >= '0' && text[i] <= '9') || ((text[i] == '.' || text[i] == ',') && i > start)))
    ++i;
  return i == start ? 0 : i;
}

void CheckTexts(CheckState& state, std::size_t c) {
  const table::Column& column = state.table.column(c);
  const table::Dictionary& dictionary = *column.dictionary();
  std::vector<std::int64_t> counts(std::size_t(dictionary.size()));
  for (const std::int32_t code : *column.codes()) {
    if (code >= 0) ++counts[std::size_t(code)];
  }
  double present = 0, plain = 0, with_unit = 0;
  std::map<std::string, double> units;
  std::string odd, unit_example;
  for (std::size_t code = 0; code < counts.size(); ++code) {
    if (counts[code] == 0) continue;
    const std::string_view text = Trim(dictionary.at(std::int32_t(code)));
    const double n = double(counts[code]);
    present += n;
    const std::size_t length = NumberLength(text);
    const std::string_view rest = Trim(text.substr(length));
    if (length > 0 && rest.empty() && text[0] != '$') {
      plain += n;
    } else if (length > 0 && rest.size() <= 8 && rest.find_first_of("0123456789") == std::string_view::npos) {
      with_unit += n;
      units[std::string(text[0] == '$' ? "$" : rest)] += n;
      if (unit_example.empty()) unit_example = text;
    } else if (odd.empty()) {
      odd = text;
    }
  }
  if (present < 20 || state.profile.columns[c].distinct < 10) return;
  const std::string& name = state.Name(c);
  if (with_unit + plain > 0.8 * present && with_unit > 0.1 * present && units.size() <= 6) {
    Finding finding = MakeFinding("value.unit", Severity::kWarning, name, "finding.unit",
                                  {{"share", with_unit / present}, {"value", Quoted(unit_example)}});
    finding.rows = std::int64_t(with_unit);
    for (const auto& [unit, n] : units) {
      if (finding.examples.size() < 5) finding.examples.push_back({"", 0, unit});
    }
    finding.brief = "numbers with a unit: " + Quoted(unit_example);
    finding.evidence = {{"share", with_unit / present}, {"units", units.size()}};
    state.profile.findings.push_back(std::move(finding));
  } else if (plain > 0.5 * present && plain < present) {
    Finding finding = MakeFinding("value.mixed_types", Severity::kWarning, name, "finding.mixed_text",
                                  {{"share", plain / present}, {"value", Quoted(odd)}});
    finding.rows = std::int64_t(present - plain);
    finding.examples.push_back({"", 0, odd});
    finding.brief = Percent(plain / present) + " numbers, the rest text: " + Quoted(odd);
    finding.evidence = {{"numbers_share", plain / present}};
    finding.override_option = "--type " + OptionName(name + "=numeric");
    state.profile.findings.push_back(std::move(finding));
  }
}

}  // namespace

void CheckMixedTypes(CheckState& state) {
  for (std::size_t c = 0; c < state.table.num_columns(); ++c) {
    if (state.IsOpen(c) || state.IsTarget(c)) {
      CheckUnparsed(state, c);
      CheckConverted(state, c);
      CheckFormMissing(state, c);
      CheckDateOrder(state, c);
    }
    if (state.IsOpen(c) && state.table.column(c).storage() == Storage::kString) CheckTexts(state, c);
  }
}

}  // namespace tagwerk::profile
