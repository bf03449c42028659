#include "serve/access.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"

namespace tagwerk::serve {
namespace {

constexpr std::size_t kShortestToken = 20;
constexpr std::size_t kLongestToken = 512;

std::uint8_t BitsOf(Scope scope) {
  return scope == Scope::kAdmin ? 7 : static_cast<std::uint8_t>(scope);  // admin implies both others
}

/// A name of this machine, with or without a port.
bool IsLocalHost(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && !host.ends_with(']')) {
    if (host.substr(colon + 1).find_first_not_of("0123456789") != std::string_view::npos) return false;
    host = host.substr(0, colon);
  }
  return EqualsIgnoringCase(host, "localhost") || host == "127.0.0.1" || host == "[::1]";
}

bool IsLocalOrigin(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme)) return IsLocalHost(origin.substr(scheme.size()));
  return false;  // "null" and foreign schemes
}

Error BadLine(const std::string& file, std::int64_t line, const std::string& what) {
  return Error(Code::kInvalidData, "token-file", "file of tokens is malformed: " + what)
      .In(file)
      .Line(line)
      .Do("one token a line, then its scopes: tw_... predict,read");
}

}  // namespace

Status Access::Load(const std::string& file) {
  TW_TRY(const std::string bytes, ReadFile(file));
  std::unordered_map<std::string, Grant> grants;
  std::int64_t number = 0;
  for (std::string_view left = bytes; !left.empty();) {
    const std::size_t end = left.find('\n');
    std::string_view line = Trim(left.substr(0, left.find('\n')));
    left = end == std::string_view::npos ? std::string_view() : left.substr(end + 1);
    ++number;
    line = Trim(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const std::size_t blank = line.find_first_of(" \t");
    const std::string_view token = line.substr(0, blank);
    if (token.size() < kShortestToken || token.size() > kLongestToken)
      return BadLine(file, number, "a token has 20 to 512 characters");
    std::uint8_t bits = 0;
    const std::string_view told = blank == std::string_view::npos ? "predict,read" : Trim(line.substr(blank));
    for (const std::string& word : SplitList(told)) {
      if (word == "predict")
        bits |= BitsOf(Scope::kPredict);
      else if (word == "read")
        bits |= BitsOf(Scope::kRead);
      else if (word == "admin")
        bits |= BitsOf(Scope::kAdmin);
      else
        return BadLine(file, number, "scopes are predict, read and admin, not " + Quoted(word));
    }
    grants[Sha256Hex(token)] = {"token file, line " + std::to_string(number), bits};
  }
  if (grants.empty()) return BadLine(file, number, "it holds no token");
  of_file_ = std::move(grants);
  Publish();
  return Ok();
}

void Access::Take(const store::TokenKeys& stored) {
  if (stored == stored_) return;
  stored_ = stored;
  Publish();
}

void Access::Publish() {
  auto keys = std::make_shared<Keys>();
  keys->grants = of_file_;
  for (const store::TokenKey& key : stored_.valid) keys->grants[key.sha256] = {key.name, key.scopes};
  const std::lock_guard lock(mutex_);
  keys->needed = keys_->needed || !of_file_.empty() || stored_.any;
  keys_ = std::move(keys);
  generation_.fetch_add(1, std::memory_order_release);
}

KeysPtr Access::Current() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

const Grant* Keys::Find(const Request& request) const {
  constexpr std::string_view kBearer = "bearer ";
  const std::string_view header = request.Find("authorization");
  if (grants.empty() || header.size() <= kBearer.size()) return nullptr;
  if (!EqualsIgnoringCase(header.substr(0, kBearer.size()), kBearer)) return nullptr;
  // Looked up by hash: how long it takes says nothing about the tokens.
  const auto found = grants.find(Sha256Hex(Trim(header.substr(kBearer.size()))));
  return found == grants.end() ? nullptr : &found->second;
}

Status Keys::Check(const Request& request, Scope scope, const Grant* grant) const {
  if (!needed) {
    // A page of another site in the browser of this machine must not get through (DNS rebinding, CSRF).
    if (const std::string_view host = request.Find("host"); !host.empty() && !IsLocalHost(host))
      return Error(Code::kInvalidArgument, "host-foreign", "Host is not this machine: " + Quoted(host))
          .Do("hand out a token: tagwerk store tokens add NAME --scope predict; then any name is answered");
    if (const std::string_view origin = request.Find("origin"); !origin.empty() && !IsLocalOrigin(origin))
      return Error(Code::kInvalidArgument, "origin-foreign", "Origin is another site: " + Quoted(origin))
          .Do("hand out a token: tagwerk store tokens add NAME --scope predict");
    return Ok();
  }
  if (scope == Scope::kOpen) return Ok();
  if (grant == nullptr)
    return Error(Code::kInvalidArgument, "token-wrong",
                 request.Find("authorization").empty() ? "a token is needed and none came"
                                                       : "token is unknown, expired or revoked")
        .In("Authorization header")
        .Do("Authorization: Bearer TOKEN");
  if ((grant->scopes & BitsOf(scope)) == BitsOf(scope)) return Ok();
  return Error(Code::kInvalidArgument, "scope-missing", "token lacks the scope for this")
      .Allowed({scope == Scope::kPredict ? "predict"
                : scope == Scope::kRead  ? "read"
                                         : "admin"});
}

}  // namespace tagwerk::serve
