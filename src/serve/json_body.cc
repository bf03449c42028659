#include "serve/json_body.h"

#include <rapidjson/reader.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/text.h"
#include "io/encoding.h"
#include "serve/plain_tensor.h"

namespace tagwerk::serve {
namespace {

namespace rj = tagwerk_rapidjson;

constexpr std::size_t kMostKept = 1 << 20;  ///< bytes of body for which a thread keeps its space
constexpr std::size_t kPool = 64 << 10;

using Pool = rj::MemoryPoolAllocator<>;
using Document = rj::GenericDocument<rj::UTF8<>, Pool>;

/// Hands events on to a document, as long as they are not nested too deep.
class Bounded {
 public:
  explicit Bounded(Document& document) : document_(document) {}
  bool too_deep() const { return too_deep_; }
  bool too_large() const { return too_large_; }

  bool Null() { return document_.Null(); }
  bool Bool(bool value) { return document_.Bool(value); }
  bool Int(int value) { return document_.Int(value); }
  bool Uint(unsigned value) { return document_.Uint(value); }
  bool Int64(std::int64_t value) { return document_.Int64(value); }
  bool Uint64(std::uint64_t value) { return document_.Uint64(value); }
  bool Double(double value) { return document_.Double(value); }
  /// Numbers come as texts: those of RapidJSON 1.1.0 are not always right ("0.000e055" is 1e52 there).
  bool RawNumber(const char* text, rj::SizeType size, bool) {
    const char* const end = text + size;
    if (std::string_view(text, size).find_first_of(".eE") == std::string_view::npos) {
      std::int64_t integer = 0;
      std::uint64_t natural = 0;
      if (std::from_chars(text, end, integer).ec == std::errc()) return document_.Int64(integer);
      if (*text != '-' && std::from_chars(text, end, natural).ec == std::errc()) return document_.Uint64(natural);
    }
    double number = 0;
    if (const char* at = text; !ReadJsonNumber(at, end, number))
      number = std::strtod(std::string(text, size).c_str(), nullptr);  // tells too large from too small
    too_large_ = !std::isfinite(number);
    return !too_large_ && document_.Double(number);
  }
  bool String(const char* text, rj::SizeType size, bool copy) { return document_.String(text, size, copy); }
  bool StartObject() { return Deeper() && document_.StartObject(); }
  bool Key(const char* text, rj::SizeType size, bool copy) { return document_.Key(text, size, copy); }
  bool EndObject(rj::SizeType count) {
    --depth_;
    return document_.EndObject(count);
  }
  bool StartArray() { return Deeper() && document_.StartArray(); }
  bool EndArray(rj::SizeType count) {
    --depth_;
    return document_.EndArray(count);
  }

 private:
  bool Deeper() {
    too_deep_ = ++depth_ > kMostJsonDepth;
    return !too_deep_;
  }
  Document& document_;
  std::size_t depth_ = 0;
  bool too_deep_ = false, too_large_ = false;
};

}  // namespace

struct JsonBody::State {
  std::vector<char> bytes, space = std::vector<char>(kPool);
  std::optional<Pool> pool;
  std::optional<Document> document;  // ends before its pool
  rj::GenericReader<rj::UTF8<>, rj::UTF8<>> reader;
};

JsonBody::JsonBody() : state_(std::make_unique<State>()) {}
JsonBody::~JsonBody() = default;

Result<json::Element> JsonBody::Parse(std::string_view text) {
  if (text.empty()) return Malformed("the body is empty");
  // RapidJSON checks UTF-8 only where it copies, and ends at a zero byte.
  if (io::ValidUtf8Prefix(text) != text.size()) return Malformed("the body is not UTF-8");
  if (text.find('\0') != std::string_view::npos) return Malformed("the body holds a zero byte");
  State& s = *state_;
  s.document.reset();
  s.pool.emplace(s.space.data(), s.space.size());
  s.document.emplace(&*s.pool);
  if (s.bytes.size() < text.size() + 1 || (s.bytes.size() > kMostKept && text.size() < kMostKept))
    s.bytes = std::vector<char>(text.size() + 1);
  std::memcpy(s.bytes.data(), text.data(), text.size());
  s.bytes[text.size()] = '\0';
  rj::InsituStringStream stream(s.bytes.data());
  rj::ParseResult result;
  bool too_deep = false, too_large = false;
  const auto fill = [&](Document& document) {
    Bounded bounded(document);
    constexpr unsigned kFlags = rj::kParseInsituFlag | rj::kParseIterativeFlag | rj::kParseNumbersAsStringsFlag;
    result = s.reader.Parse<kFlags>(stream, bounded);
    too_deep = bounded.too_deep();
    too_large = bounded.too_large();
    return !result.IsError();
  };
  s.document->Populate(fill);
  if (too_deep) return Malformed("JSON is nested deeper than " + std::to_string(kMostJsonDepth) + " levels");
  if (result.IsError()) {
    const std::string at = " at byte " + std::to_string(result.Offset());
    if (too_large || result.Code() == rj::kParseErrorNumberTooBig) return Malformed("a number is too large" + at);
    return Malformed("the body is not JSON" + at);
  }
  return json::Element(&*s.document);
}

Error Malformed(const std::string& what) {
  return Error(Code::kInvalidArgument, "request-malformed", "request is malformed: " + what);
}

Error TooManyRows(std::size_t rows, std::size_t most) {
  return Error(Code::kResourceExhausted, "too-many-rows",
               "request has more rows than are taken at once: " + Count(std::int64_t(rows)))
      .Allowed({"at most " + Count(std::int64_t(most))})
      .Do("send them in several requests");
}

std::string_view KindOf(json::Element element) {
  switch (element.type()) {
    case json::Type::kArray:
      return "a list";
    case json::Type::kObject:
      return "an object";
    case json::Type::kText:
      return "a text";
    case json::Type::kBoolean:
      return "a boolean";
    case json::Type::kNull:
      return "null";
    default:
      return "a number";
  }
}

}  // namespace tagwerk::serve
