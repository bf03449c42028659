// Typed columns to a table.
#include "io/typed_table.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <unordered_map>

#include "base/text.h"
#include "io/names.h"
#include "io/number_times.h"

namespace tagwerk::io {
namespace {

using table::Column;
using table::ColumnPtr;
using table::Field;
using table::SemanticType;
using table::Storage;

Error SchemaDiffers(const TypedSource& first, const TypedSource& other) {
  std::string message = "files have different columns";
  auto lacks = [](const TypedSource& in, const TypedSource& from) -> std::string {
    for (const TypedColumn& column : from.columns) {
      bool found = false;
      for (const TypedColumn& candidate : in.columns) found |= candidate.name == column.name;
      if (!found) return column.name;
    }
    return "";
  };
  if (const std::string name = lacks(other, first); !name.empty()) message += "; this one lacks " + Quoted(name);
  if (const std::string name = lacks(first, other); !name.empty()) message += "; this one adds " + Quoted(name);
  return Error(Code::kInvalidData, "schema-differs", message)
      .In(other.info.path, "compared with " + first.info.path)
      .Do("read the files one by one, or bring them to the same columns");
}

template <class T>
void Append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

ColumnPtr JoinStrings(const std::vector<StringDraft>& drafts) {
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> codes;
  for (const StringDraft& draft : drafts) {
    std::vector<std::int32_t> joined(std::size_t(draft.dictionary->size()), -1);
    for (std::int32_t code : draft.codes) {
      if (code >= 0 && joined[std::size_t(code)] < 0) {
        joined[std::size_t(code)] = builder.Intern(draft.dictionary->at(code));
      }
      codes.push_back(code < 0 ? -1 : joined[std::size_t(code)]);
    }
  }
  return Column::Strings(std::move(codes), std::move(builder).Finish());
}

// Parts of one storage are joined as they are; mixed ones become text.
void JoinInto(TypedColumn& to, const std::vector<const TypedColumn*>& parts) {
  bool same = true;
  for (const TypedColumn* part : parts) {
    same &= part->column->storage() == parts[0]->column->storage();
    to.boolean &= part->boolean;
    to.date_only &= part->date_only;
    to.nested |= part->nested;
  }
  if (same && parts[0]->column->storage() == Storage::kDouble) {
    std::vector<double> values;
    for (const TypedColumn* part : parts) Append(values, *part->column->doubles());
    to.column = Column::Doubles(std::move(values));
  } else if (same && parts[0]->column->storage() == Storage::kTimestamp) {
    std::vector<std::int64_t> values;
    for (const TypedColumn* part : parts) Append(values, *part->column->timestamps());
    to.column = Column::Timestamps(std::move(values));
  } else {
    std::vector<StringDraft> drafts;
    for (const TypedColumn* part : parts) drafts.push_back(TextsOf(*part->column, part->date_only));
    to.column = JoinStrings(drafts);
  }
}

ValueForm FormOf(ValueKind kind) {
  ValueForm form;
  form.kind = kind;
  return form;
}

void Describe(TypedColumn& typed, bool infer, Field& field) {
  const Column& column = *typed.column;
  std::int64_t present = 0;
  for (std::size_t i = 0; i < column.size(); ++i) present += !column.IsMissing(i);
  Conversion c = typed.conversion;
  c.present = present + c.failed + c.infinite;
  if (column.storage() == Storage::kDouble) {
    if (const auto times = infer ? TimesInNumbers(column, field.name) : std::nullopt) {
      typed.column = NumbersToTimes(column, *times);
      return DescribeTimes(*typed.column, c, *times, field);
    }
    DescribeNumbers(column, c, FormOf(ValueKind::kNumber), field);
  } else if (column.storage() == Storage::kTimestamp) {
    DescribeTimes(column, c, FormOf(ValueKind::kTime), field);
  } else if (typed.boolean) {
    field.type = SemanticType::kBoolean;
    field.type_confidence = 1.0;
    field.type_evidence = "boolean in the file";
  } else if (typed.nested) {
    field.type = SemanticType::kText;
    field.type_confidence = 0.5;
    field.type_evidence = "lists or structures, kept as JSON text";
  } else if (!infer) {
    field.type = SemanticType::kCategorical;
    field.type_evidence = "not looked at";
  } else {
    InferHints hints;
    hints.numbers = false;
    typed.column = FinishDraft({*column.codes(), column.dictionary()}, hints, field);
  }
}

// Strings that are all numbers stay strings in a typed source; the report says so.
bool HoldsNumbers(const Column& column) {
  if (column.storage() != Storage::kString || column.size() == 0) return false;
  const StringDraft draft{*column.codes(), column.dictionary()};
  bool any = false;
  for (std::int32_t code : draft.codes) any |= code >= 0;
  return any && DecideForm(draft, {}).kind == ValueKind::kNumber;
}

}  // namespace

StringDraft TextsOf(const Column& column, bool date_only) {
  if (column.storage() == Storage::kString) return {*column.codes(), column.dictionary()};
  table::DictionaryBuilder builder;
  StringDraft draft;
  draft.codes.reserve(column.size());
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (column.IsMissing(i)) {
      draft.codes.push_back(-1);
    } else if (column.storage() == Storage::kTimestamp) {
      draft.codes.push_back(builder.Intern(table::TimestampText((*column.timestamps())[i], date_only)));
    } else {
      draft.codes.push_back(builder.Intern(Shortest((*column.doubles())[i])));
    }
  }
  draft.dictionary = std::move(builder).Finish();
  return draft;
}

ColumnPtr Retype(const ColumnPtr& column, SemanticType type, const ValueForm* trained, Field& field) {
  const Storage from = column->storage(), to = StorageOf(type);
  ColumnPtr out = column;
  InferHints hints;
  if (trained != nullptr && from == Storage::kString) hints.form = *trained;
  field.unparsed = 0;
  field.unparsed_examples.clear();
  if (from == to || (type == SemanticType::kOrdinal && from == Storage::kDouble)) {
    if (from == Storage::kDouble) DescribeNumbers(*column, Conversion{}, FormOf(ValueKind::kNumber), field);
  } else if (from == Storage::kString || to == Storage::kString) {
    out = FinishDraftAs(TextsOf(*column, field.date_only), type, hints, field);
  } else if (to == Storage::kTimestamp) {
    ValueForm form = FormOf(ValueKind::kTime);
    form.epoch = true;
    if (trained != nullptr && trained->kind == ValueKind::kTime) {
      form = *trained;
    } else if (const auto found = TimesInNumbers(*column, "time")) {
      form = *found;
    }
    out = NumbersToTimes(*column, form);
    for (std::size_t i = 0; i < out->size(); ++i) field.unparsed += out->IsMissing(i) && !column->IsMissing(i);
    field.form = form;
    field.date_only = false;
  } else {
    std::vector<double> seconds;
    for (std::int64_t time : *column->timestamps()) {
      seconds.push_back(time == table::kMissingTime ? std::numeric_limits<double>::quiet_NaN() : double(time) / 1e6);
    }
    out = Column::Doubles(std::move(seconds));
  }
  field.type = type;
  field.type_confidence = 1.0;
  field.type_evidence = "told";
  return out;
}

Status CheckOverride(const Column& column, const Field& field, SemanticType type, const std::string& where) {
  if (field.unparsed == 0) return Ok();
  std::int64_t present = field.unparsed;
  for (std::size_t r = 0; r < column.size(); ++r) present += !column.IsMissing(r);
  if (FewFailed(field.unparsed, present)) return Ok();
  const std::string first = field.unparsed_examples.empty() ? "" : field.unparsed_examples[0];
  return Error(Code::kInvalidData, "type-override-failed",
               fmt::format("{} values of {} are not {} as told: first {}", Count(field.unparsed), Count(present),
                           table::TypeName(type), Quoted(first)))
      .In(where)
      .Column(field.name)
      .Do("--missing " + Printable(first))
      .Do("leave the type to be found");
}

void NoteUnparsed(const std::vector<Field>& fields, std::vector<table::ReadNote>& notes) {
  for (const Field& field : fields) {
    if (field.unparsed == 0) continue;
    Json evidence{{"values", field.unparsed}, {"examples", field.unparsed_examples}};
    notes.push_back({"value.mixed_types",
                     {field.name},
                     evidence,
                     fmt::format("{} values of {} are not {} and count as missing", Count(field.unparsed),
                                 Quoted(field.name), table::TypeName(field.type))});
  }
}

Result<TypedSource> JoinTyped(const Context& context, std::vector<TypedSource> sources) {
  if (sources.size() == 1) return std::move(sources[0]);
  TypedSource joined;
  joined.info = sources[0].info;
  std::vector<std::vector<const TypedColumn*>> parts(sources[0].columns.size());
  for (const TypedSource& source : sources) {
    if (source.columns.size() != parts.size()) return SchemaDiffers(sources[0], source);
    std::unordered_map<std::string, const TypedColumn*> by_name;
    for (const TypedColumn& column : source.columns) by_name[column.name] = &column;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto found = by_name.find(sources[0].columns[i].name);
      if (found == by_name.end()) return SchemaDiffers(sources[0], source);
      parts[i].push_back(found->second);
    }
    joined.rows += source.rows;
  }
  joined.columns.resize(parts.size());
  context.pool->For(parts.size(), [&](std::size_t i) {
    joined.columns[i] = *parts[i][0];
    JoinInto(joined.columns[i], parts[i]);
  });
  return joined;
}

Result<ReadResult> AssembleTyped(const Context& context, TypedSource source, const ReadOptions& options, bool infer) {
  if (source.rows == 0) {
    return Error(Code::kInvalidData, "file-empty", "file has no data rows").In(source.info.path);
  }
  if (source.rows > std::numeric_limits<table::RowIndex>::max()) {
    return Error(Code::kResourceExhausted, "memory-limit", "more than 4,294,967,295 rows").In(source.info.path);
  }
  std::vector<std::string> originals;
  for (const TypedColumn& column : source.columns) originals.push_back(column.name);
  const Names names = MakeNames(std::move(originals));
  TW_TRY(const Told told, FindTold(options, names, source.info.path));
  std::unordered_map<std::string, const Field*> expected;
  for (const Field& field : options.expected) expected[field.name] = &field;
  ReadResult result;
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < names.unique.size(); ++i) {
    if (expected.empty() || options.keep_extra || expected.count(names.unique[i]) > 0) kept.push_back(i);
  }
  std::vector<Field> fields(kept.size());
  std::vector<ColumnPtr> columns(kept.size());
  context.pool->For(kept.size(), [&](std::size_t k) {
    TypedColumn& typed = source.columns[kept[k]];
    Field& field = fields[k];
    field.name = names.unique[kept[k]];
    field.original_name = names.original[kept[k]];
    field.date_only = typed.date_only;
    const auto wanted = expected.find(field.name);
    const auto form = told.forms.find(kept[k]);
    const auto override_type = told.types.find(kept[k]);
    if (override_type != told.types.end()) {
      columns[k] =
          Retype(typed.column, override_type->second, form == told.forms.end() ? nullptr : &form->second, field);
    } else if (wanted != expected.end()) {
      field.role = wanted->second->role;
      columns[k] = Retype(typed.column, wanted->second->type, &wanted->second->form, field);
    } else {
      Describe(typed, infer, field);
      columns[k] = typed.column;
    }
  });
  for (std::size_t k = 0; k < kept.size(); ++k) {
    if (const auto type = told.types.find(kept[k]); type != told.types.end()) {
      TW_RETURN_IF_ERROR(CheckOverride(*columns[k], fields[k], type->second, source.info.path));
    } else if (infer && expected.empty() && fields[k].type != SemanticType::kBoolean && HoldsNumbers(*columns[k])) {
      result.notes.push_back({"value.mixed_types",
                              {fields[k].name},
                              Json{{"stored_as", "string"}},
                              fmt::format("{} holds numbers but is stored as text; --type {}=numeric reads them",
                                          Quoted(fields[k].name), fields[k].name)});
    }
  }
  NoteNames(names, result.notes);
  NoteUnparsed(fields, result.notes);
  result.table = table::Table(std::move(fields), std::move(columns), source.rows);
  return result;
}

}  // namespace tagwerk::io
