#include "serve/idempotency.h"

#include <algorithm>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "serve/sealed.h"
#include "store/idempotency.h"

namespace tagwerk::serve {
namespace {

constexpr std::size_t kMostKey = 128;

bool IsSafeKey(std::string_view key) {
  return !key.empty() && key.size() <= kMostKey && std::all_of(key.begin(), key.end(), [](char c) {
    return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.' || c == ':';
  });
}

/// What makes two requests the same.
std::string FingerprintOf(const Request& request) {
  const std::string head = std::string(request.target) + "\n" + std::string(request.Find("content-type")) + "\n";
  return Sha256Hex(head + std::string(request.body));
}

/// An answer may hold a new token, which the store never keeps readable.
std::string SecretOf(const Request& request, std::string_view key) {
  return "idempotency\n" + std::string(request.Find("authorization")) + "\n" + std::string(key);
}

std::string Written(const Response& response) {
  return DumpJson(Json{{"status", response.status}, {"headers", response.headers}, {"body", response.body}});
}

bool Read(const std::string& written, Response& response) {
  const auto answer = ParseJson(written, "answer");
  if (!answer) return false;
  response.status = answer->value("status", 200);
  response.headers.append(answer->value("headers", "")).append("Idempotency-Replayed: true\r\n");
  response.body = answer->value("body", "");
  return true;
}

/// Notes that a key is worked on, until it ends.
class Turn {
 public:
  Turn(std::mutex& mutex, std::set<std::string>& running, std::string name)
      : mutex_(mutex), running_(running), name_(std::move(name)) {
    const std::lock_guard lock(mutex_);
    mine_ = running_.insert(name_).second;
  }
  ~Turn() {
    const std::lock_guard lock(mutex_);
    if (mine_) running_.erase(name_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  bool mine() const { return mine_; }

 private:
  std::mutex& mutex_;
  std::set<std::string>& running_;
  std::string name_;
  bool mine_ = false;
};

}  // namespace

Status Idempotency::Once(const Request& request, const std::string& caller, Response& response,
                         const std::function<Status()>& act) {
  const bool named = std::any_of(request.headers.begin(), request.headers.end(), [](const Header& header) {
    return EqualsIgnoringCase(header.name, "idempotency-key");
  });
  if (!named) return act();
  const std::string_view key = request.Find("idempotency-key");
  if (!IsSafeKey(key))
    return Error(Code::kInvalidArgument, "idempotency-key", "an Idempotency-Key is 1 to 128 letters, digits and ._:-")
        .In("Idempotency-Key header");
  const Turn turn(mutex_, running_, caller + "\n" + std::string(key));
  if (!turn.mine())
    return Error(Code::kFailedPrecondition, "idempotency-running", "the first request of this key is not answered yet")
        .Do("ask again in a moment");
  return InStore(request, caller, key, response, act);
}

// One transaction: a server that is killed in between has done nothing.
Status Idempotency::InStore(const Request& request, const std::string& caller, std::string_view key, Response& response,
                            const std::function<Status()>& act) {
  TW_TRY(const auto store, writer_.Get());
  const std::string key_sha256 = Sha256Hex(key);
  return store->database().Write([&]() -> Status {
    TW_TRY(const auto kept, store::FindAnswer(*store, caller, key_sha256, UnixNow()));
    const std::string fingerprint = FingerprintOf(request);
    if (!kept) {
      TW_RETURN_IF_ERROR(act());
      const std::string sealed = Seal(SecretOf(request, key), Written(response));
      return store::KeepAnswer(*store, caller, key_sha256, {fingerprint, sealed}, UnixNow());
    }
    const auto answer = Unseal(SecretOf(request, key), kept->answer);
    if (kept->request_sha256 == fingerprint && answer && Read(*answer, response)) return Ok();
    return Error(Code::kInvalidData, "idempotency-reused", "this Idempotency-Key belongs to another request")
        .Do("take a new key for each request");
  });
}

}  // namespace tagwerk::serve
