// Outgoing HTTP, by libcurl: one request at a time, with limits on time and size. The only place that includes curl.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace tagwerk::notify {

struct HttpAnswer {
  long status = 0;
  std::string body;  ///< at most 4 MB
};

/// Holds one connection open between requests; not for several threads at once.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends a request; `content_type` empty: without a body. Error service-unreachable (Unavailable) when no answer
  /// comes; an answer of any status is no error.
  Result<HttpAnswer> Send(const std::string& method, const std::string& url, const std::string& content_type,
                          std::string_view body, double seconds);

 private:
  void* handle_;
};

/// The URL without what is secret: "https://user:***@host/path".
std::string WithoutSecret(const std::string& url);
/// Replaces what may not stand in a path or query (RFC 3986).
std::string Escaped(std::string_view text);

}  // namespace tagwerk::notify
