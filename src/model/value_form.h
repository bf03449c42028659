// The form of a column's texts as bytes of a model file.
#pragma once

#include "model/archive.h"
#include "table/value_form.h"

namespace tagwerk::model {

void SaveForm(const table::ValueForm& form, ByteWriter& writer);
/// What is out of range is remembered by the reader.
table::ValueForm LoadForm(ByteReader& reader);

}  // namespace tagwerk::model
