// Who may ask for what: bearer tokens with scopes, kept as hashes; without any token, programs of this machine only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "serve/http.h"

namespace tagwerk::serve {

enum class Scope : std::uint8_t { kOpen = 0, kPredict = 1, kRead = 2, kAdmin = 4 };

class Access {
 public:
  /// Reads a file of tokens: one a line, scopes after it ("tw_... predict,read"; alone: predict and read), `#` begins a
  /// comment. Errors: token-file (3), file-not-found (3).
  Status Load(const std::string& file);
  bool has_tokens() const { return !scopes_.empty(); }

  /// Returns nothing where the request may pass. Errors: token-wrong (401), scope-missing (403), host-foreign and
  /// origin-foreign (403) where nobody needs a token.
  Status Check(const Request& request, Scope needed) const;

 private:
  std::map<std::string, std::uint8_t, std::less<>> scopes_;  ///< by SHA-256 of the token
};

}  // namespace tagwerk::serve
