#include "serve/table_body.h"

#include <algorithm>

#include "base/text.h"
#include "io/bytes.h"
#include "io/csv_write.h"
#include "serve/http.h"

namespace tagwerk::serve {
namespace {

constexpr std::string_view kJsonType = "application/json", kCsvType = "text/csv; charset=utf-8",
                           kArrowType = "application/vnd.apache.arrow.stream";

std::string_view MediaOf(std::string_view type) { return Trim(type.substr(0, type.find(';'))); }

table::Field TextField(const std::string& name) {
  table::Field field;
  field.name = field.original_name = name;
  field.type = table::SemanticType::kText;
  return field;
}

table::Table WithIds(const table::Table& table, const RowOptions& options, std::string_view request_id) {
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> codes;
  for (std::size_t r = 0; r < table.num_rows(); ++r) {
    const bool own = r < options.ids.size() && !options.ids[r].empty();
    codes.push_back(builder.Intern(own ? options.ids[r] : std::string(request_id) + ":" + std::to_string(r)));
  }
  std::vector<table::Field> fields{TextField("prediction_id")};
  std::vector<table::ColumnPtr> columns{table::Column::Strings(std::move(codes), std::move(builder).Finish())};
  for (std::size_t j = 0; j < table.num_columns(); ++j) {
    fields.push_back(table.field(j));
    columns.push_back(table.column_ptr(j));
  }
  return table::Table(std::move(fields), std::move(columns), table.num_rows());
}

Status CheckTypes(const table::Table& table) {
  for (const table::Field& field : table.fields()) {
    if (field.unparsed == 0) continue;
    const std::string first = field.unparsed_examples.empty() ? "" : ": " + Quoted(field.unparsed_examples[0]);
    return Error(Code::kInvalidData, "type-changed",
                 Count(field.unparsed) + " values are not of the type of training, first" + first)
        .Column(field.name)
        .Do("deliver the type of training, or an empty cell where there is no value");
  }
  return Ok();
}

}  // namespace

BodyForm FormOfType(std::string_view media_type) {
  const std::string_view media = MediaOf(media_type);
  // Without a type, and with the one that curl -d sends, a body is JSON; other forms must be named.
  if (media.empty() || EqualsIgnoringCase(media, kJsonType) || EqualsIgnoringCase(media, "text/json") ||
      EqualsIgnoringCase(media, "application/x-www-form-urlencoded"))
    return BodyForm::kJson;
  if (EqualsIgnoringCase(media, "text/csv")) return BodyForm::kCsv;
  return EqualsIgnoringCase(media, kArrowType) ? BodyForm::kArrow : BodyForm::kOther;
}

BodyForm FormOfAccept(std::string_view accept, BodyForm as_asked) {
  bool any = Trim(accept).empty();
  while (!accept.empty()) {
    const std::size_t end = accept.find(',');
    const std::string_view media = MediaOf(accept.substr(0, end));
    accept = end == std::string_view::npos ? std::string_view() : accept.substr(end + 1);
    if (EqualsIgnoringCase(media, kJsonType)) return BodyForm::kJson;
    if (EqualsIgnoringCase(media, "text/csv")) return BodyForm::kCsv;
    if (EqualsIgnoringCase(media, kArrowType)) return BodyForm::kArrow;
    any = any || media == "*/*" || media == "application/*" || media == "text/*";
  }
  return any ? as_asked : BodyForm::kOther;
}

std::string_view TypeOf(BodyForm form) {
  return form == BodyForm::kCsv ? kCsvType : form == BodyForm::kArrow ? kArrowType : kJsonType;
}

bool IsArrowStream(std::string_view bytes) { return bytes.starts_with(std::string_view("\xff\xff\xff\xff", 4)); }

Result<table::Table> ReadTableBody(const Context& context, std::string_view bytes, BodyForm form,
                                   const ServedModel& model, std::vector<std::string>& absent) {
  if (bytes.empty()) return Malformed("the body is empty");
  if (IsArrowStream(bytes) != (form == BodyForm::kArrow)) return Malformed("the body is not what its type says");
  io::ReadOptions options;
  options.expected = model.pipeline().ExpectedFields();
  options.keep_extra = false;
  options.max_rejected = 0;
  if (form == BodyForm::kCsv) options.header = io::Header::kYes;
  TW_TRY(const auto stream, io::OpenBytes(context, bytes, "body", options, kMostRows + 1));
  const std::vector<std::string> names = stream->column_names();
  for (const ServedInput& input : model.inputs())
    if (std::find(names.begin(), names.end(), input.name) == names.end()) absent.push_back(input.name);
  if (absent.size() == model.inputs().size()) return Malformed("no column has the name of an input of the model");
  TW_TRY(auto table, stream->Next());
  if (!table) return Malformed("there are no rows");
  if (table->num_rows() > kMostRows || table->num_rows() * model.inputs().size() > kMostCells)
    return TooManyRows(table->num_rows());
  TW_TRY(const auto more, stream->Next());
  if (more) return Malformed("an Arrow stream of one batch is needed");
  TW_RETURN_IF_ERROR(CheckTypes(*table));
  return std::move(*table);
}

Result<std::string> WriteTableBody(const ServedModel& model, const Scored& scored, const RowOptions& options,
                                   std::string_view request_id, BodyForm form) {
  TW_TRY(table::Table table, model.pipeline().OutputTable(scored.predictions));
  for (int place = 0; place < scored.reasons_per_row; ++place) {
    table::DictionaryBuilder builder;
    std::vector<std::int32_t> codes(scored.rows, -1);
    for (std::size_t r = 0; r < scored.rows; ++r) {
      const std::string& reason = scored.reasons[r * std::size_t(scored.reasons_per_row) + std::size_t(place)];
      if (!reason.empty()) codes[r] = builder.Intern(reason);
    }
    table = table.WithColumn(TextField("reason_" + std::to_string(place + 1)),
                             table::Column::Strings(std::move(codes), std::move(builder).Finish()));
  }
  table = WithIds(table, options, request_id);
  if (form == BodyForm::kArrow) return io::ArrowStreamBytes(table);
  std::string text;
  io::AppendCsvHeader(text, table, ',');
  io::AppendCsvRows(text, table, 0, table.num_rows(), ',');
  return text;
}

}  // namespace tagwerk::serve
