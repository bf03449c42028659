#include "table.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <arrow/c/abi.h>

#include <string>
#include <utility>
#include <vector>

#include "io/arrow_c.h"
#include "io/read.h"

#include "common.h"

namespace nb = nanobind;

namespace tagwerk::python {
namespace {

using Floats = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Times = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

/// Infers semantic types of a table exactly as a file's would be: through the Arrow interface.
Table Inferred(ArrowArrayStream* stream, const std::vector<std::pair<std::string, std::string>>& types) {
  io::ReadOptions options;
  for (const auto& [column, type] : types)
    if (const auto known = table::TypeFromName(type)) options.types[column] = *known;
  Pool pool(UsableCores());
  const Context context = MakeContext(pool, nullptr, 0);
  Result<table::ReadResult> read = [&] {
    nb::gil_scoped_release release;
    return io::ReadArrowStream(context, stream, options);
  }();
  return {std::make_shared<table::ReadResult>(Must(std::move(read)))};
}

Table FromCapsule(nb::capsule capsule, const std::vector<std::pair<std::string, std::string>>& types) {
  auto* stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
  if (stream == nullptr) throw nb::python_error();
  return Inferred(stream, types);
}

table::ColumnPtr ColumnOf(nb::handle data) {
  using table::Column;
  if (nb::isinstance<Floats>(data)) {
    const auto values = nb::cast<Floats>(data);
    return Column::Doubles(std::vector<double>(values.data(), values.data() + values.shape(0)));
  }
  if (nb::isinstance<Times>(data)) {
    const auto values = nb::cast<Times>(data);
    return Column::Timestamps(std::vector<std::int64_t>(values.data(), values.data() + values.shape(0)));
  }
  table::DictionaryBuilder dictionary;
  std::vector<std::int32_t> codes;
  for (nb::handle item : nb::cast<nb::list>(data))
    codes.push_back(item.is_none() ? -1 : dictionary.Intern(nb::cast<std::string>(item)));
  return Column::Strings(std::move(codes), std::move(dictionary).Finish());
}

/// Builds a table of columns: (name, float64 array | int64 microseconds | list of str or None).
Table FromColumns(const std::vector<std::string>& names, nb::list data,
                  const std::vector<std::pair<std::string, std::string>>& types) {
  std::vector<table::Field> fields;
  std::vector<table::ColumnPtr> columns;
  for (std::size_t j = 0; j < names.size(); ++j) {
    table::Field field;
    field.name = field.original_name = names[j];
    columns.push_back(ColumnOf(data[j]));
    switch (columns.back()->storage()) {
      case table::Storage::kDouble:
        field.type = table::SemanticType::kNumeric;
        break;
      case table::Storage::kTimestamp:
        field.type = table::SemanticType::kDatetime;
        break;
      case table::Storage::kString:
        field.type = table::SemanticType::kCategorical;
        break;
    }
    fields.push_back(std::move(field));
  }
  const std::size_t rows = columns.empty() ? 0 : columns[0]->size();
  for (const auto& column : columns)
    if (column->size() != rows) throw nb::value_error("columns differ in length");
  const table::Table table(std::move(fields), std::move(columns), rows);
  ArrowArrayStream stream{};
  if (auto status = io::ExportArrowStream(table, &stream); !status) Raise(status.error());
  return Inferred(&stream, types);
}

Table ReadData(const std::string& data) {
  Pool pool(UsableCores());
  const Context context = MakeContext(pool, nullptr, 0);
  Result<table::ReadResult> read = [&] {
    nb::gil_scoped_release release;
    return io::Read(context, data, {});
  }();
  return {std::make_shared<table::ReadResult>(Must(std::move(read)))};
}

}  // namespace

void BindTables(nb::module_& m) {
  nb::class_<Table>(m, "Table")
      .def_prop_ro("num_rows", [](const Table& t) { return t.read->table.num_rows(); })
      .def_prop_ro("names", [](const Table& t) { return t.read->table.names(); });
  m.def("table_from_stream", &FromCapsule, nb::arg("capsule"), nb::arg("types"));
  m.def("table_from_columns", &FromColumns, nb::arg("names"), nb::arg("data"), nb::arg("types"));
  m.def("read_data", &ReadData, nb::arg("data"));
}

}  // namespace tagwerk::python
