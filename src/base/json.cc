#include "base/json.h"

#include "base/text.h"

namespace tagwerk {

namespace {

/// Bounds the depth while parsing, so that hostile nesting cannot exhaust the stack.
class DepthGuard : public nlohmann::json_sax<Json> {
 public:
  explicit DepthGuard(int limit) : limit_(limit) {}
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return Deeper(); }
  bool key(string_t&) override { return true; }
  bool end_object() override { return Higher(); }
  bool start_array(std::size_t) override { return Deeper(); }
  bool end_array() override { return Higher(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& failure) override {
    byte = position;
    reason = failure.what();
    return false;
  }
  std::size_t byte = 0;
  std::string reason;

 private:
  bool Deeper() {
    if (++depth_ <= limit_) return true;
    reason = "nested deeper than " + std::to_string(limit_);
    return false;
  }
  bool Higher() {
    --depth_;
    return true;
  }
  int depth_ = 0, limit_;
};

}  // namespace

Result<Json> ParseJson(std::string_view text, std::string_view file, int max_depth) {
  DepthGuard guard(max_depth);
  if (!Json::sax_parse(text, &guard)) {
    std::string reason = guard.reason;
    const auto mark = reason.find("; ");  // "[json.exception...] parse error at ...: syntax error ...; last read"
    const auto start = reason.find("syntax error");
    if (start != std::string::npos) reason = reason.substr(start, mark == std::string::npos ? mark : mark - start);
    return Error(Code::kInvalidData, "json-malformed", "text is not JSON: " + Printable(reason, 200))
        .In(std::string(file))
        .Byte(std::int64_t(guard.byte));
  }
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error(Code::kInvalidData, "json-malformed", "text is not JSON").In(std::string(file));
  return json;
}

std::string DumpJson(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json ErrorJson(const Error& error) {
  const Where& where = error.where();
  const auto text_or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  const auto number_or_null = [](const auto& number) { return number ? Json(*number) : Json(); };
  Json json;
  json["schema"] = "tagwerk.error/1";
  json["id"] = error.id();
  json["code"] = ErrorMapOf(error.code()).name;
  json["exit_code"] = error.exit_code();
  json["message"] = error.message();
  json["where"] = {{"file", text_or_null(where.file)},     {"line", number_or_null(where.line)},
                   {"row", number_or_null(where.row)},     {"byte", number_or_null(where.byte)},
                   {"column", text_or_null(where.column)}, {"key", text_or_null(where.key)}};
  json["got"] = number_or_null(error.got());
  json["allowed"] = error.allowed().empty() ? Json() : Json(error.allowed());
  json["similar"] = error.similar();
  json["do"] = error.remedies();
  json["run"] = nullptr;
  json["causes"] = Json::array();
  for (const Error& cause : error.causes()) json["causes"].push_back(ErrorJson(cause));
  return json;
}

}  // namespace tagwerk
