// Tables from sources that carry types (Parquet, Arrow, JSON lines): names made unique, columns of several
// files joined by name, string columns looked at for dates, told types applied.
#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "io/infer.h"
#include "io/read.h"

namespace tagwerk::io {

/// A column as its source holds it.
struct TypedColumn {
  std::string name;
  table::ColumnPtr column;
  bool boolean = false;    ///< strings "false" and "true" that were booleans
  bool date_only = false;  ///< how texts of times are written
  bool nested = false;     ///< JSON text of lists or structs
  Conversion conversion;   ///< strays of a column that is nearly all numbers (JSON)
};

struct TypedSource {
  SourceInfo info;
  std::vector<TypedColumn> columns;
  std::size_t rows = 0;
};

/// Joins sources by column name. Error: schema-differs.
Result<TypedSource> JoinTyped(const Context& context, std::vector<TypedSource> sources);

/// Makes the table: types, overrides, expected columns, notes. Without `infer` (streaming) strings that
/// nobody expects stay as they are.
Result<ReadResult> AssembleTyped(const Context& context, TypedSource source, const ReadOptions& options,
                                 bool infer = true);

/// Brings a column to another type; values that do not convert are counted in the field. `trained`: how a
/// model read the texts of the column; may be null.
table::ColumnPtr Retype(const table::ColumnPtr& column, table::SemanticType type, const ValueForm* trained,
                        table::Field& field);

/// Returns the texts of a column as a draft.
StringDraft TextsOf(const table::Column& column, bool date_only);

/// Returns the error type-override-failed when more than 1 % of the values did not convert.
Status CheckOverride(const table::Column& column, const table::Field& field, table::SemanticType type,
                     const std::string& where);

/// Adds the note value.mixed_types for each column that has unparsed values.
void NoteUnparsed(const std::vector<table::Field>& fields, std::vector<table::ReadNote>& notes);

}  // namespace tagwerk::io
