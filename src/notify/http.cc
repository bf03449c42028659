#include "notify/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "base/text.h"

namespace tagwerk::notify {

namespace {

constexpr std::size_t kMostAnswer = 4 << 20;

std::size_t TakeAnswer(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto* body = static_cast<std::string*>(into);
  if (body->size() + size * count > kMostAnswer) return 0;  // ends the transfer
  body->append(bytes, size * count);
  return size * count;
}

struct Upload {
  std::string_view rest;
};

std::size_t GiveBody(char* bytes, std::size_t size, std::size_t count, void* from) {
  auto* upload = static_cast<Upload*>(from);
  const std::size_t n = std::min(size * count, upload->rest.size());
  std::copy_n(upload->rest.data(), n, bytes);
  upload->rest.remove_prefix(n);
  return n;
}

/// Once in a process; libcurl asks for it before threads use it.
bool StartLibrary() { return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; }

}  // namespace

HttpClient::HttpClient() {
  static const bool started = StartLibrary();
  handle_ = started ? curl_easy_init() : nullptr;
}

HttpClient::~HttpClient() {
  if (handle_ != nullptr) curl_easy_cleanup(handle_);
}

Result<HttpAnswer> HttpClient::Send(const std::string& method, const std::string& url, const std::string& content_type,
                                    std::string_view body, double seconds) {
  TW_CHECK(handle_ != nullptr);
  HttpAnswer answer;
  Upload upload{body};
  curl_easy_reset(handle_);
  const auto set = [&](auto option, auto value) { curl_easy_setopt(handle_, option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, long(std::min(seconds, 5.0) * 1000));
  set(CURLOPT_TIMEOUT_MS, long(seconds * 1000));
  set(CURLOPT_USERAGENT, "tagwerk");
  set(CURLOPT_WRITEFUNCTION, &TakeAnswer);
  set(CURLOPT_WRITEDATA, &answer.body);
  set(CURLOPT_CUSTOMREQUEST, method.c_str());
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr, &curl_slist_free_all);
  if (!content_type.empty()) {
    headers.reset(curl_slist_append(nullptr, ("Content-Type: " + content_type).c_str()));
    headers.reset(curl_slist_append(headers.release(), "Expect:"));
    set(CURLOPT_HTTPHEADER, headers.get());
    if (method == "PUT") {
      set(CURLOPT_UPLOAD, 1L);
      set(CURLOPT_READFUNCTION, &GiveBody);
      set(CURLOPT_READDATA, &upload);
      set(CURLOPT_INFILESIZE_LARGE, curl_off_t(body.size()));
    } else {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.size()));
      set(CURLOPT_POSTFIELDS, body.data());
    }
  }
  const CURLcode code = curl_easy_perform(handle_);
  if (code != CURLE_OK)
    return Error(Code::kUnavailable, "service-unreachable",
                 "the service does not answer: " + std::string(curl_easy_strerror(code)))
        .In(WithoutSecret(url));
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

std::string WithoutSecret(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const auto end = std::min(url.find('/', scheme + 3), url.size());
  const auto at = url.rfind('@', end);
  if (at == std::string::npos || at < scheme + 3) return url;
  const auto colon = url.find(':', scheme + 3);
  const std::string user = colon < at ? url.substr(scheme + 3, colon - scheme - 3) + ":***" : "***";
  return url.substr(0, scheme + 3) + user + url.substr(at);
}

std::string Escaped(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain)
      out += c;
    else
      (out += '%') += {kHex[(static_cast<unsigned char>(c) >> 4) & 15], kHex[static_cast<unsigned char>(c) & 15]};
  }
  return out;
}

}  // namespace tagwerk::notify
