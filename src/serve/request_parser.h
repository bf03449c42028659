// Finds requests in the bytes of a connection: lines and headers by http_parser, bodies by length or chunks.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "serve/http.h"

namespace tagwerk::serve {

/// Reads one request after the other from a growing run of bytes.
class RequestParser {
 public:
  enum class State : std::uint8_t { kNeedMore, kDone, kBad };

  explicit RequestParser(const HttpLimits& limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  /// Looks at all bytes since the end of the request before. kDone: `request` is filled with views into `bytes` (and
  /// into this parser), used() bytes belong to it. kBad: status() and reason() say why; the connection must end.
  State Parse(std::string_view bytes, Request& request);
  /// Starts on the next request, whose bytes come without those of the last.
  void Next();

  std::size_t used() const { return used_; }
  int status() const { return status_; }
  std::string_view reason() const { return reason_; }
  bool in_head() const { return head_size_ == 0; }  ///< the headers are not complete
  /// The headers are complete, and the client waits for "100 Continue" before it sends the body.
  bool wants_continue() const { return wants_continue_; }
  void Continued() { wants_continue_ = false; }
  /// Bytes of the body that this parser holds itself (chunks).
  std::size_t held() const;

 private:
  struct Chunks;
  State Bad(int status, std::string_view reason);
  State ParseHead(std::string_view head, Request& request);
  State CheckHead(const Request& request, bool needs_host);
  State ParseChunks(std::string_view bytes, Request& request);

  const HttpLimits& limits_;
  std::size_t begin_ = 0;      ///< empty lines before the request
  std::size_t scanned_ = 0;    ///< bytes known to hold no end of the headers
  std::size_t head_size_ = 0;  ///< with begin_; 0: not complete
  std::size_t body_size_ = 0;
  std::size_t used_ = 0;
  const char* parsed_at_ = nullptr;  ///< where the bytes lay when the head was parsed
  bool wants_continue_ = false;
  std::unique_ptr<Chunks> chunks_;
  int status_ = 0;
  std::string_view reason_;
};

}  // namespace tagwerk::serve
