#include "serve/http.h"

#include <fmt/format.h>

#include <ctime>

namespace tagwerk::serve {
namespace {

char LowerOf(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

int HexOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = LowerOf(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// The answers are data for programs: no browser may guess their type, frame them or keep them.
constexpr std::string_view kSecurity =
    "X-Content-Type-Options: nosniff\r\n"
    "Cache-Control: no-store\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Content-Security-Policy: ";
constexpr std::string_view kPolicy = "default-src 'none'; frame-ancestors 'none'";

}  // namespace

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (LowerOf(a[i]) != LowerOf(b[i])) return false;
  return true;
}

std::string_view Request::Find(std::string_view name) const {
  for (const Header& header : headers)
    if (EqualsIgnoringCase(header.name, name)) return header.value;
  return {};
}

void Response::Clear() {
  status = 200;
  content_type = "application/json";
  headers.clear();
  policy = {};
  body.clear();
  model = rows = 0;
}

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return status < 500 ? "Error" : "Internal Server Error";
  }
}

void AppendHead(const Response& response, std::string_view request_id, std::string_view date, bool keep_alive,
                std::string& out) {
  const fmt::format_int status(response.status), length(response.body.size());
  out.append("HTTP/1.1 ").append(status.data(), status.size()).append(1, ' ').append(ReasonOf(response.status));
  out.append("\r\nDate: ").append(date);
  out.append("\r\nContent-Type: ").append(response.content_type);
  out.append("\r\nContent-Length: ").append(length.data(), length.size());
  if (!request_id.empty()) out.append("\r\nX-Request-Id: ").append(request_id);
  out.append(keep_alive ? "\r\n" : "\r\nConnection: close\r\n");
  out.append(kSecurity).append(response.policy.empty() ? kPolicy : response.policy).append("\r\n");
  out.append(response.headers).append("\r\n");
}

std::string HttpDate(std::int64_t unix_seconds) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = unix_seconds;
  std::tm tm{};
  gmtime_r(&time, &tm);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[tm.tm_wday], tm.tm_mday, kMonths[tm.tm_mon],
                     tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

bool PercentDecode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return false;
    const int high = HexOf(text[i + 1]), low = HexOf(text[i + 2]);
    if (high < 0 || low < 0 || (high | low) == 0) return false;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return true;
}

bool QueryValue(std::string_view query, std::string_view key, std::string& out) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view part = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    const std::size_t equals = part.find('=');
    if (part.substr(0, equals) != key) continue;
    return PercentDecode(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1), out);
  }
  return false;
}

}  // namespace tagwerk::serve
