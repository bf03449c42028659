#include "app/schema_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/toml.h"
#include "base/files.h"
#include "base/text.h"

namespace tagwerk::app {
namespace {

constexpr const char* kSchema = "tagwerk.schema/1";
constexpr const char* kEpoch = "epoch";

/// A TOML basic string (TOML 1.0, "String").
std::string TomlText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string FormText(const table::ValueForm& form) {
  if (form.kind == table::ValueKind::kNumber) return std::string(table::StyleName(form.style));
  return form.epoch ? kEpoch : std::string(table::OrderName(form.order));
}

std::string ColumnText(const table::Field& field, const table::Column& column) {
  std::size_t missing = 0;
  for (std::size_t i = 0; i < column.size(); ++i) missing += column.IsMissing(i);
  std::string text = fmt::format("\n[[column]]\n# confidence {:.2f}: {}\n", field.type_confidence,
                                 Printable(field.type_evidence, 300));
  if (missing > 0)
    text += fmt::format("# {} of {} values are missing\n", Count(std::int64_t(missing)),
                        Count(std::int64_t(column.size())));
  if (field.role != table::Role::kFeature) text += fmt::format("# role: {}\n", table::RoleName(field.role));
  text += fmt::format("name = {}\ntype = {}\n", TomlText(field.name), TomlText(table::TypeName(field.type)));
  const bool read_from_text =
      field.form.kind != table::ValueKind::kString && column.storage() != table::Storage::kString;
  if (!read_from_text) return text;
  text += fmt::format("form = {}\n", TomlText(FormText(field.form)));
  if (!field.unit.empty()) text += fmt::format("unit = {}\n", TomlText(field.unit));
  if (!field.form.missing.empty()) {
    std::vector<std::string> texts;
    for (const std::string& one : field.form.missing) texts.push_back(TomlText(one));
    text += fmt::format("missing = [{}]\n", Join(texts, ", "));
  }
  return text;
}

/// Reads the file's columns into options; the first fault is kept, later ones are its causes.
class SchemaReader {
 public:
  SchemaReader(std::string path, io::ReadOptions& options) : path_(std::move(path)), options_(options) {}

  Status Read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      if (key.str() == "schema") {
        if (node.value_or(std::string()) != kSchema) Fault("option-value", "schema is not tagwerk.schema/1", node);
      } else if (key.str() == "column" && node.is_array_of_tables()) {
        for (const toml::node& entry : *node.as_array()) Column(*entry.as_table());
      } else {
        Fault("config-unknown-key", "the file has no key: " + Quoted(key.str()), node, {"schema", "[[column]]"});
      }
    }
    if (first_) return std::move(*first_);
    return Ok();
  }

 private:
  void Fault(const char* id, const std::string& message, const toml::node& node,
             std::vector<std::string> allowed = {}) {
    Error error(Code::kInvalidArgument, id, message);
    error.In(path_).Line(std::int64_t(node.source().begin.line));
    if (!allowed.empty()) error.Allowed(std::move(allowed));
    if (first_) {
      first_->Cause(std::move(error));
    } else {
      first_ = std::move(error);
    }
  }

  void Column(const toml::table& entry) {
    const toml::node* named = entry.get("name");
    const std::string name = named == nullptr ? "" : named->value_or(std::string());
    if (name.empty()) return Fault("option-value", "a column has no name", entry);
    io::ToldColumn told;
    told.file = path_;
    told.line = std::int64_t(named->source().begin.line);
    for (const auto& [key, node] : entry) Key(std::string(key.str()), node, told);
    if (told.form) {
      told.form->unit = told.unit;
      std::sort(told.form->missing.begin(), told.form->missing.end());
      told.form->affixed |= !told.unit.empty();
    }
    if (told.type && options_.types.count(name) == 0) options_.types[name] = *told.type;
    options_.told[name] = std::move(told);
  }

  void Key(const std::string& key, const toml::node& node, io::ToldColumn& told) {
    const auto text = node.value<std::string>();
    if (key == "name") return;
    if (key == "missing") return Missing(node, told);
    if (key != "type" && key != "unit" && key != "form") {
      return Fault("config-unknown-key", "a column has no key: " + Quoted(key), node,
                   {"name", "type", "unit", "form", "missing"});
    }
    if (!text) return Fault("option-value", key + " is not a text", node);
    if (key == "type") {
      told.type = table::TypeFromName(*text);
      if (!told.type) {
        Fault("option-value", "there is no such type: " + Quoted(*text), node,
              {"numeric", "categorical", "ordinal", "boolean", "datetime", "text", "id"});
      }
    } else if (key == "unit") {
      told.unit = *text;
      Form(told);
    } else {
      Form(told).kind = table::ValueKind::kNumber;
      if (const auto style = table::StyleFromName(*text)) {
        told.form->style = *style;
        told.form->affixed = true;  // a value may have more beside its number
        return;
      }
      told.form->kind = table::ValueKind::kTime;
      const auto order = table::OrderFromName(*text);
      told.form->epoch = *text == kEpoch;
      if (order) told.form->order = *order;
      if (!order && !told.form->epoch) {
        Fault("option-value", "there is no such form: " + Quoted(*text), node,
              {"1234.5", "1,234.5", "1.234,5", "year-month-day", "day-month-year", "month-day-year", kEpoch});
      }
    }
  }

  table::ValueForm& Form(io::ToldColumn& told) {
    if (!told.form) {
      told.form.emplace();
      told.form->kind = table::ValueKind::kNumber;
    }
    return *told.form;
  }

  void Missing(const toml::node& node, io::ToldColumn& told) {
    const toml::array* list = node.as_array();
    if (list == nullptr) return Fault("option-value", "missing is not a list of texts", node);
    for (const toml::node& one : *list) {
      const auto text = one.value<std::string>();
      if (!text) return Fault("option-value", "missing is not a list of texts", one);
      Form(told).missing.push_back(*text);
    }
  }

  std::string path_;
  io::ReadOptions& options_;
  std::optional<Error> first_;
};

}  // namespace

std::string SchemaText(const table::ReadResult& read) {
  const std::string source = read.sources.empty() ? "the data" : read.sources[0].path;
  std::string text = fmt::format(
      "# How {} was read: {} rows, {} columns. Edit what is wrong and read with it: --schema FILE\n"
      "# form: \"1234.5\" \"1,234.5\" \"1.234,5\" \"year-month-day\" \"day-month-year\" \"month-day-year\" \"epoch\"\n"
      "schema = \"{}\"\n",
      Printable(source, 200), Count(std::int64_t(read.table.num_rows())), read.table.num_columns(), kSchema);
  for (std::size_t c = 0; c < read.table.num_columns(); ++c) {
    text += ColumnText(read.table.field(c), read.table.column(c));
  }
  return text;
}

Status TakeSchema(const std::string& path, io::ReadOptions& options) {
  TW_TRY(const std::string bytes, ReadFile(path));
  TW_TRY(const toml::table root, ParseToml(bytes, path));
  return SchemaReader(path, options).Read(root);
}

}  // namespace tagwerk::app
