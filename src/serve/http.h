// What an HTTP exchange is made of: a request whose parts are views into the connection's buffer, an answer, limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"

namespace tagwerk::serve {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };

struct Header {
  std::string_view name, value;
};

/// A request that arrived whole. The views live until the answer is written.
struct Request {
  Method method = Method::kOther;
  std::string_view target;       ///< as sent: "/v2/models/a/infer?x=1"
  std::string_view path, query;  ///< of the target, still percent-encoded
  std::vector<Header> headers;   ///< in the order sent
  std::string_view body;         ///< chunks joined
  bool keep_alive = true;
  std::string_view peer;  ///< address of the client: "192.0.2.7", "2001:db8::1"
  std::string id;         ///< X-Request-Id: the caller's where it is safe, else one of ours
  TimePoint arrived{};    ///< when it was there whole

  /// Returns the value of a header (any case), or an empty view.
  std::string_view Find(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";  ///< of static lifetime
  std::string headers;                                 ///< further lines, each ended by CR LF
  std::string_view policy;  ///< Content-Security-Policy, of static lifetime; "": nothing goes
  std::string body;
  std::uint64_t model = 0;  ///< serial number of the model that answered, for the figures; 0: none
  std::size_t rows = 0;     ///< predicted

  void Clear();
};

/// What one client may ask of the process.
struct HttpLimits {
  std::size_t max_head = 16 << 10;       ///< bytes of request line and headers: 431
  std::size_t max_headers = 100;         ///< 431
  std::size_t max_body = 16 << 20;       ///< bytes: 413
  std::size_t max_buffered = 256 << 20;  ///< bytes of bodies that wait in all connections: 503
  std::size_t max_connections = 4096;    ///< 503
  std::size_t max_jobs = 8;              ///< requests handed to worker threads at a time: 503
  double head_seconds = 10;              ///< from the first byte to the end of the headers: 408
  double request_seconds =
      30;  ///< from the first byte to the last: 408; between two parts of an answer that the peer takes
  double idle_seconds = 60;  ///< between requests
};

std::string_view ReasonOf(int status);  ///< "Not Found"

/// Appends the head of an answer with the security headers; `date`: an HTTP date.
void AppendHead(const Response& response, std::string_view request_id, std::string_view date, bool keep_alive,
                std::string& out);
/// Formats a time as an HTTP date: Sun, 22 Nov 2026 08:00:01 GMT.
std::string HttpDate(std::int64_t unix_seconds);

inline bool IsAlphanumeric(char c) {  ///< ASCII
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
/// Compares header names and such: ASCII, any case.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);
/// Undoes %XX. False where an escape is not two hexadecimal digits or makes a byte 0.
bool PercentDecode(std::string_view text, std::string& out);
/// Returns the value of a key of the query, decoded; false where it is absent or malformed.
bool QueryValue(std::string_view query, std::string_view key, std::string& out);

}  // namespace tagwerk::serve
