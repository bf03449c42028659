// Nested Arrow values as JSON text.
#include <arrow/api.h>

#include "base/json.h"
#include "base/text.h"
#include "io/arrow_convert.h"

namespace tagwerk::io {
namespace {

void AppendList(const arrow::Array& values, std::int64_t begin, std::int64_t end, std::string& out) {
  out += '[';
  for (std::int64_t i = begin; i < end; ++i) {
    if (i > begin) out += ',';
    AppendJsonValue(values, i, out);
  }
  out += ']';
}

template <class List>
void AppendListOf(const arrow::Array& array, std::int64_t row, std::string& out) {
  const auto& list = static_cast<const List&>(array);
  AppendList(*list.values(), list.value_offset(row), list.value_offset(row) + list.value_length(row), out);
}

void AppendStruct(const arrow::StructArray& array, std::int64_t row, std::string& out) {
  out += '{';
  for (int f = 0; f < array.num_fields(); ++f) {
    if (f > 0) out += ',';
    out += DumpJson(Json(array.type()->field(f)->name()));
    out += ':';
    AppendJsonValue(*array.field(f), row, out);
  }
  out += '}';
}

void AppendScalar(const arrow::Array& array, std::int64_t row, std::string& out) {
  const auto scalar = array.GetScalar(row);
  if (!scalar.ok()) {
    out += "null";
    return;
  }
  const std::string text = (*scalar)->ToString();
  const auto id = array.type_id();
  const bool bare = arrow::is_integer(id) || id == arrow::Type::BOOL;
  if (bare) {
    out += text;
  } else if (arrow::is_floating(id)) {
    out += ParseDouble(text) ? text : "null";
  } else {
    out += DumpJson(Json(text));
  }
}

}  // namespace

void AppendJsonValue(const arrow::Array& array, std::int64_t row, std::string& out) {
  if (array.IsNull(row)) {
    out += "null";
    return;
  }
  switch (array.type_id()) {
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      return AppendListOf<arrow::ListArray>(array, row, out);
    case arrow::Type::LARGE_LIST:
      return AppendListOf<arrow::LargeListArray>(array, row, out);
    case arrow::Type::FIXED_SIZE_LIST:
      return AppendListOf<arrow::FixedSizeListArray>(array, row, out);
    case arrow::Type::STRUCT:
      return AppendStruct(static_cast<const arrow::StructArray&>(array), row, out);
    default:
      return AppendScalar(array, row, out);
  }
}

}  // namespace tagwerk::io
