#include "serve/request_parser.h"

#include <http_parser.h>

#include <algorithm>
#include <limits>

namespace tagwerk::serve {

/// A body in chunks, put together.
struct ChunkedBody {
  std::string body;
  std::size_t limit = 0;
  bool done = false, too_large = false;
};

namespace {

constexpr std::size_t kMostEmptyLines = 4;    ///< bytes of them before a request line (RFC 9112, 2.2)
constexpr std::size_t kChunkOverhead = 2;     ///< bytes on the wire for each byte of a chunked body, at most
constexpr std::size_t kChunkRoom = 64 << 10;  ///< and so many more

Method MethodOf(unsigned method) {
  switch (method) {
    case HTTP_GET:
      return Method::kGet;
    case HTTP_HEAD:
      return Method::kHead;
    case HTTP_POST:
      return Method::kPost;
    case HTTP_PUT:
      return Method::kPut;
    case HTTP_PATCH:
      return Method::kPatch;
    case HTTP_DELETE:
      return Method::kDelete;
    case HTTP_OPTIONS:
      return Method::kOptions;
    default:
      return Method::kOther;
  }
}

/// RFC 9110, 5.6.2. The packaged parser lets blanks pass in names of headers, which is how "Content-Length : 5" gets
/// two readings.
bool IsToken(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  for (const char c : name)
    if (!IsAlphanumeric(c) && kMarks.find(c) == std::string_view::npos) return false;
  return !name.empty();
}

/// What the callbacks fill; they get it by parser->data.
struct HeadSink {
  Request* request = nullptr;
  std::size_t max_headers = 0;
  bool too_many = false;
};

int OnUrl(http_parser* parser, const char* at, std::size_t length) {
  static_cast<HeadSink*>(parser->data)->request->target = {at, length};
  return 0;
}

int OnField(http_parser* parser, const char* at, std::size_t length) {
  auto* sink = static_cast<HeadSink*>(parser->data);
  if (sink->request->headers.size() >= sink->max_headers) {
    sink->too_many = true;
    return 1;
  }
  sink->request->headers.push_back({{at, length}, {}});
  return 0;
}

int OnValue(http_parser* parser, const char* at, std::size_t length) {
  Header& header = static_cast<HeadSink*>(parser->data)->request->headers.back();
  if (!header.value.empty()) return 1;  // a folded line: obsolete, and how requests are smuggled (RFC 9112, 5.2)
  header.value = {at, length};
  return 0;
}

/// Whether a request begins with a word in capitals and a blank: a method, if one that nobody here knows.
bool IsNamed(std::string_view head) {
  const std::size_t end = head.find(' ');
  return end != std::string_view::npos && end > 0 &&
         std::all_of(head.begin(), head.begin() + std::ptrdiff_t(end), [](char c) { return c >= 'A' && c <= 'Z'; });
}

int OnHeadersComplete(http_parser*) { return 1; }  // bodies are found by this file

http_parser_settings HeadSettings() {
  http_parser_settings settings;
  http_parser_settings_init(&settings);
  settings.on_url = OnUrl;
  settings.on_header_field = OnField;
  settings.on_header_value = OnValue;
  settings.on_headers_complete = OnHeadersComplete;
  return settings;
}
const http_parser_settings kHeadSettings = HeadSettings();

int OnBody(http_parser* parser, const char* at, std::size_t length) {
  auto* sink = static_cast<ChunkedBody*>(parser->data);
  if (length > sink->limit - sink->body.size()) {
    sink->too_large = true;
    return 1;
  }
  sink->body.append(at, length);
  return 0;
}

int OnBodyComplete(http_parser* parser) {
  static_cast<ChunkedBody*>(parser->data)->done = true;
  http_parser_pause(parser, 1);
  return 0;
}

http_parser_settings BodySettings() {
  http_parser_settings settings;
  http_parser_settings_init(&settings);
  settings.on_body = OnBody;
  settings.on_message_complete = OnBodyComplete;
  return settings;
}
const http_parser_settings kBodySettings = BodySettings();

}  // namespace

/// A body in chunks on its way.
struct RequestParser::Chunks {
  http_parser parser;
  ChunkedBody sink;
  std::size_t fed = 0;  ///< bytes given to the parser, from the request line on
};

RequestParser::RequestParser(const HttpLimits& limits) : limits_(limits) {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::held() const { return chunks_ ? chunks_->sink.body.size() : 0; }

void RequestParser::Next() {
  begin_ = scanned_ = head_size_ = body_size_ = used_ = 0;
  parsed_at_ = nullptr;
  wants_continue_ = false;
  chunks_.reset();
}

RequestParser::State RequestParser::Bad(int status, std::string_view reason) {
  status_ = status;
  reason_ = reason;
  return State::kBad;
}

RequestParser::State RequestParser::ParseHead(std::string_view head, Request& request) {
  request.headers.clear();
  request.target = request.path = request.query = request.body = {};
  HeadSink sink{&request, limits_.max_headers, false};
  http_parser parser;
  http_parser_init(&parser, HTTP_REQUEST);
  parser.data = &sink;
  http_parser_execute(&parser, &kHeadSettings, head.data(), head.size());
  const auto fault = HTTP_PARSER_ERRNO(&parser);
  if (sink.too_many) return Bad(431, "too many headers");
  if (fault == HPE_INVALID_VERSION) return Bad(505, "HTTP version is not 1.0 or 1.1");
  if (fault == HPE_INVALID_METHOD)
    return IsNamed(head) ? Bad(405, "method is not served") : Bad(501, "method is unknown");
  if (fault != HPE_OK) return Bad(400, "request line or headers are malformed");
  if (parser.http_major != 1 || parser.http_minor > 1) return Bad(505, "HTTP version is not 1.0 or 1.1");
  request.method = MethodOf(parser.method);
  if (parser.method == HTTP_CONNECT) return Bad(405, "CONNECT is not served");
  request.keep_alive = http_should_keep_alive(&parser) != 0;
  if (request.target.empty() || request.target[0] != '/') {
    if (request.target != "*") return Bad(400, "request target is not a path");
  }
  const std::string_view target = request.target.substr(0, request.target.find('#'));
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  const bool chunked = (parser.flags & F_CHUNKED) != 0;
  const bool has_length = parser.content_length != std::numeric_limits<std::uint64_t>::max();
  if (parser.http_minor == 0 && chunked) return Bad(400, "chunks need HTTP 1.1");
  if (!chunked && has_length && parser.content_length > limits_.max_body) return Bad(413, "body is too large");
  body_size_ = !chunked && has_length ? std::size_t(parser.content_length) : 0;
  if (chunked && !chunks_) {
    chunks_ = std::make_unique<Chunks>();
    chunks_->sink.limit = limits_.max_body;
    http_parser_init(&chunks_->parser, HTTP_REQUEST);
  }
  return CheckHead(request, parser.http_minor == 1);
}

RequestParser::State RequestParser::CheckHead(const Request& request, bool needs_host) {
  std::size_t hosts = 0, codings = 0;
  for (const Header& header : request.headers) {
    if (!IsToken(header.name)) return Bad(400, "name of a header is malformed");
    hosts += EqualsIgnoringCase(header.name, "host");
    if (EqualsIgnoringCase(header.name, "transfer-encoding")) {
      if (!EqualsIgnoringCase(header.value, "chunked") || ++codings > 1)
        return Bad(501, "transfer coding is not \"chunked\"");
    }
    if (EqualsIgnoringCase(header.name, "expect")) {
      if (!EqualsIgnoringCase(header.value, "100-continue")) return Bad(417, "expectation is not 100-continue");
      wants_continue_ = true;
    }
  }
  if (hosts > 1) return Bad(400, "Host is given twice");
  if (hosts == 0 && needs_host) return Bad(400, "Host is missing");
  return State::kDone;
}

RequestParser::State RequestParser::Parse(std::string_view bytes, Request& request) {
  if (head_size_ == 0) {
    while (begin_ < kMostEmptyLines && begin_ < bytes.size() && (bytes[begin_] == '\r' || bytes[begin_] == '\n'))
      ++begin_;
    if (begin_ < bytes.size() && (bytes[begin_] == '\r' || bytes[begin_] == '\n'))
      return Bad(400, "there is no request line");
    const std::size_t from = std::max(begin_, scanned_ < 3 ? 0 : scanned_ - 3);
    const std::size_t end = bytes.find("\r\n\r\n", from);
    if (end == std::string_view::npos || end + 4 - begin_ > limits_.max_head) {
      if (end != std::string_view::npos || bytes.size() - begin_ >= limits_.max_head)
        return Bad(431, "headers are too large");
      scanned_ = bytes.size();
      return State::kNeedMore;
    }
    if (ParseHead(bytes.substr(begin_, end + 4 - begin_), request) == State::kBad) return State::kBad;
    head_size_ = end + 4;
    parsed_at_ = bytes.data();
  }
  if (chunks_) return ParseChunks(bytes, request);
  if (bytes.size() - head_size_ < body_size_) return State::kNeedMore;
  if (parsed_at_ != bytes.data()) {  // the buffer grew and moved
    if (ParseHead(bytes.substr(begin_, head_size_ - begin_), request) == State::kBad) return State::kBad;
    parsed_at_ = bytes.data();
  }
  wants_continue_ = false;
  request.body = bytes.substr(head_size_, body_size_);
  used_ = head_size_ + body_size_;
  return State::kDone;
}

RequestParser::State RequestParser::ParseChunks(std::string_view bytes, Request& request) {
  Chunks& chunks = *chunks_;
  if (chunks.fed == 0) chunks.fed = begin_;
  chunks.parser.data = &chunks.sink;
  const std::string_view fresh = bytes.substr(chunks.fed);
  const std::size_t eaten = http_parser_execute(&chunks.parser, &kBodySettings, fresh.data(), fresh.size());
  chunks.fed += eaten;
  if (chunks.sink.too_large) return Bad(413, "body is too large");
  if (!chunks.sink.done) {
    if (HTTP_PARSER_ERRNO(&chunks.parser) != HPE_OK) return Bad(400, "chunks of the body are malformed");
    if (chunks.fed - head_size_ > kChunkOverhead * limits_.max_body + kChunkRoom) return Bad(413, "body is too large");
    return State::kNeedMore;
  }
  if (parsed_at_ != bytes.data()) {
    if (ParseHead(bytes.substr(begin_, head_size_ - begin_), request) == State::kBad) return State::kBad;
    parsed_at_ = bytes.data();
  }
  request.body = chunks.sink.body;
  used_ = chunks.fed;
  return State::kDone;
}

}  // namespace tagwerk::serve
