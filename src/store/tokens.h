// Keys of the server: tw_ and 43 characters (256 random bits). The store keeps their SHA-256.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace tagwerk::store {

/// What a token may do, as bits; admin implies the others.
enum Scope : std::uint8_t { kPredictScope = 1, kReadScope = 2, kAdminScope = 4 };

/// Reads "predict,read,admin" (any of them); error option-value.
Result<std::uint8_t> ParseScopes(const std::string& text);
std::string ScopeNames(std::uint8_t scopes);

struct TokenFacts {
  std::string name;
  std::uint8_t scopes = 0;
  std::string created_at, expires_at, revoked_at;  ///< times; "" = never
  std::string State(double now) const;             ///< valid, expired, revoked
};

/// Adds a token and returns it: it cannot be shown again. `expires` is Unix time. Errors: token-exists, token-name (2).
Result<std::string> AddToken(Store& store, const std::string& name, std::uint8_t scopes, std::optional<double> expires,
                             const std::string& actor);
Result<std::vector<TokenFacts>> ListTokens(Store& store);
/// Takes a token's rights away, for ever. Error token-not-found (2).
Status RevokeToken(Store& store, const std::string& name, const std::string& actor);

}  // namespace tagwerk::store
