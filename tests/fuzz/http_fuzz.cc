// Fuzz target: any bytes as what a client sends. What must hold: the same requests whatever pieces the bytes come in;
// sizes within the limits; and a body is JSON, and the same JSON, where nlohmann-json says so.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/json.h"
#include "serve/json_body.h"
#include "serve/plain_tensor.h"
#include "serve/request_parser.h"

namespace {

using namespace tagwerk;
using namespace tagwerk::serve;

struct Seen {
  std::vector<std::string> requests;
  int status = 0;
};

HttpLimits Limits() {
  HttpLimits limits;
  limits.max_head = 2000;
  limits.max_headers = 20;
  limits.max_body = 5000;
  return limits;
}
const HttpLimits kLimits = Limits();

Seen ParseBy(const std::string& bytes, std::size_t step) {
  Seen seen;
  RequestParser parser(kLimits);
  Request request;
  std::string buffer;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    buffer.append(bytes, at, step);
    buffer = std::string(buffer.begin(), buffer.end());  // the bytes move
    while (!buffer.empty()) {
      const auto state = parser.Parse(buffer, request);
      if (state == RequestParser::State::kNeedMore) break;
      if (state == RequestParser::State::kBad) {
        seen.status = parser.status();
        TW_CHECK(seen.status >= 400 && seen.status < 600 && !parser.reason().empty());
        return seen;
      }
      TW_CHECK(request.body.size() <= kLimits.max_body && request.headers.size() <= kLimits.max_headers);
      TW_CHECK(parser.used() > 0 && parser.used() <= buffer.size());
      std::string text = std::to_string(int(request.method)) + std::string(request.path) + "?" +
                         std::string(request.query) + (request.keep_alive ? "+" : "-");
      for (const Header& header : request.headers)
        text += std::string(header.name) + ":" + std::string(header.value) + "\n";
      std::string unused;
      PercentDecode(request.path, unused);
      QueryValue(request.query, "alias", unused);
      seen.requests.push_back(text + std::string(request.body));
      buffer.erase(0, parser.used());
      parser.Next();
    }
  }
  return seen;
}

bool Same(json::Element a, const Json& b) {
  std::string_view text;
  double number = 0;
  std::int64_t integer = 0;
  std::uint64_t natural = 0;
  bool truth = false;
  json::Array list;
  json::Object members;
  switch (a.type()) {
    case json::Type::kArray: {
      std::size_t i = 0;
      if (!b.is_array() || !a.Get(list) || list.size() != b.size()) return false;
      for (const json::Element item : list)
        if (!Same(item, b[i++])) return false;
      return true;
    }
    case json::Type::kObject:
      if (!b.is_object() || !a.Get(members)) return false;
      for (const auto& [key, value] : b.items())
        if (!Same(members[key], value)) return false;
      return true;
    case json::Type::kText:
      return b.is_string() && a.Get(text) && b.get_ref<const std::string&>() == text;
    case json::Type::kBoolean:
      return b.is_boolean() && a.Get(truth) && b.get<bool>() == truth;
    case json::Type::kInteger:
      return b.is_number() && a.Get(integer) && b.get<std::int64_t>() == integer;
    case json::Type::kUnsigned:
      return b.is_number() && a.Get(natural) && b.get<std::uint64_t>() == natural;
    case json::Type::kDouble:
      return b.is_number() && a.Get(number) && b.get<double>() == number;
    default:
      return b.is_null();
  }
}

/// What is read in one pass is JSON, and its numbers are those of the tree.
void CheckPlain(const std::string& text, const Json* theirs) {
  static PlainTensor plain;
  if (!ReadPlainTensor(text, plain)) return;
  TW_CHECK(theirs != nullptr && plain.values.size() == plain.rows * plain.columns);
  const Json& input = (*theirs)["inputs"][0];
  TW_CHECK(input["name"] == plain.name && input["shape"] == Json({plain.rows, plain.columns}));
  TW_CHECK(input["data"].size() == plain.values.size());
  for (std::size_t i = 0; i < plain.values.size(); ++i) {
    const Json& value = input["data"][i];
    const double number = value.is_null() ? std::nan("") : value.get<double>();
    TW_CHECK(std::isnan(number) ? std::isnan(plain.values[i]) : number == plain.values[i]);
  }
}

void CheckJson(const std::string& text) {
  if (text.find('\0') != std::string::npos) return;  // there nlohmann-json takes the text to end
  static JsonBody body;
  const auto ours = body.Parse(text);
  const auto theirs = ParseJson(text, "body", 64);
  // Zero with an exponent above 308 is refused.
  const bool refused = !ours && ours.error().message().find("number is too large") != std::string::npos;
  TW_CHECK(refused || ours.has_value() == theirs.has_value());
  if (ours) TW_CHECK(Same(*ours, *theirs));
  CheckPlain(text, ours ? &*theirs : nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 1) {
    CheckJson(bytes);
    return 0;
  }
  const Seen whole = ParseBy(bytes, std::max<std::size_t>(1, bytes.size()));
  const Seen pieces = ParseBy(bytes, 1 + data[0] / 2 % 40);
  // In pieces a fault may be met before or after a limit, but never another run of requests.
  TW_CHECK(pieces.requests == whole.requests);
  TW_CHECK((pieces.status == 0) == (whole.status == 0));
  return 0;
}
