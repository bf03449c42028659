// Who may ask for what: bearer tokens with scopes, kept as hashes; without any token, programs of this machine only.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "serve/http.h"
#include "store/serving.h"

namespace tagwerk::serve {

enum class Scope : std::uint8_t { kOpen = 0, kPredict = 1, kRead = 2, kAdmin = 4 };

/// Whom a token stands for, and what it allows.
struct Grant {
  std::string name;  ///< as in the store, or the line of the file
  std::uint8_t scopes = 0;
};

/// Who may, as it stands at one moment.
struct Keys {
  std::unordered_map<std::string, Grant> grants;  ///< by SHA-256 of the token
  bool needed = false;                            ///< a token must be shown

  /// Returns what the shown token allows; null where none is shown, or an unknown one.
  const Grant* Find(const Request& request) const;
  /// Whether the request may pass. Errors: token-wrong (401), scope-missing (403), host-foreign and origin-foreign
  /// (403) where nobody needs a token.
  Status Check(const Request& request, Scope scope, const Grant* grant) const;
};
using KeysPtr = std::shared_ptr<const Keys>;

/// The keys of a file and of the store. Requests take a snapshot; a change makes a new one.
class Access {
 public:
  /// Reads a file of tokens: one a line, scopes after it ("tw_... predict,read"; alone: predict and read), `#` begins a
  /// comment. Errors: token-file (3), file-not-found (3).
  Status Load(const std::string& file);
  /// Takes what the store says now. Once a token was needed, it stays so: who revokes the last one closes the server.
  void Take(const store::TokenKeys& stored);

  KeysPtr Current() const;
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  void Publish();
  std::unordered_map<std::string, Grant> of_file_;
  store::TokenKeys stored_;
  mutable std::mutex mutex_;
  KeysPtr keys_ = std::make_shared<Keys>();
  std::atomic<std::uint64_t> generation_{1};
};

}  // namespace tagwerk::serve
