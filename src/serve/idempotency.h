// Idempotency-Key: a request that is sent again because its answer was lost is answered as the first time, and done
// once (draft-ietf-httpapi-idempotency-key-header).
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "serve/http.h"
#include "serve/store_link.h"

namespace tagwerk::serve {

class Idempotency {
 public:
  explicit Idempotency(StoreWriter& writer) : writer_(writer) {}

  /// Answers by `act`, which changes the store through the writer; where the request has an Idempotency-Key, what it
  /// changes and its answer last together, or neither does. An answer that was given before is given again with
  /// `Idempotency-Replayed: true`. Errors, which keep nothing: idempotency-key (400), idempotency-running (409),
  /// idempotency-reused (422), those of the store and of `act`.
  Status Once(const Request& request, const std::string& caller, Response& response,
              const std::function<Status()>& act);

 private:
  Status InStore(const Request& request, const std::string& caller, std::string_view key, Response& response,
                 const std::function<Status()>& act);
  StoreWriter& writer_;
  std::mutex mutex_;
  std::set<std::string> running_;  ///< caller and key
};

}  // namespace tagwerk::serve
