#include "store/tokens.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "store/secret.h"
#include "store/serving.h"

namespace tagwerk::store {

namespace {

struct ScopeName {
  Scope scope;
  const char* name;
};
constexpr ScopeName kScopes[] = {{kPredictScope, "predict"}, {kReadScope, "read"}, {kAdminScope, "admin"}};

constexpr std::size_t kLongestName = 64;
constexpr const char* kTokenColumns = "SELECT name, scopes, created_at, expires_at, revoked_at, sha256 FROM tokens ";

TokenFacts FactsOf(const Row& row) {
  TokenFacts facts{row.Text(0), 0, row.Text(2), row.Text(3), row.Text(4)};
  for (const std::string& word : SplitList(row.Text(1)))
    for (const ScopeName& scope : kScopes)
      if (word == scope.name) facts.scopes |= scope.scope;
  return facts;
}

}  // namespace

Result<std::uint8_t> ParseScopes(const std::string& text) {
  std::uint8_t scopes = 0;
  for (const std::string& word : SplitList(text)) {
    std::uint8_t found = 0;
    for (const ScopeName& scope : kScopes)
      if (word == scope.name) found = scope.scope;
    if (found == 0)
      return Error(Code::kInvalidArgument, "option-value", "--scope does not take this value: " + Quoted(word))
          .In("--scope")
          .Allowed({"predict", "read", "admin"});
    scopes |= found;
  }
  return scopes;
}

std::string ScopeNames(std::uint8_t scopes) {
  std::vector<std::string> names;
  for (const ScopeName& scope : kScopes)
    if ((scopes & scope.scope) != 0) names.emplace_back(scope.name);
  return Join(names, ",");
}

std::string TokenFacts::State(double now) const {
  if (!revoked_at.empty()) return "revoked";
  return !expires_at.empty() && expires_at <= UtcTime(now) ? "expired" : "valid";
}

Result<std::string> AddToken(Store& store, const std::string& name, std::uint8_t scopes, std::optional<double> expires,
                             const std::string& actor) {
  const bool printable =
      std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 32; });
  if (name.empty() || name.size() > kLongestName || !printable)
    return Error(Code::kInvalidArgument, "token-name", "this is no name of a token: " + Quoted(name))
        .Do("1 to 64 bytes, without control characters");
  const std::string token = "tw_" + Base64Url(RandomBytes(32));
  const Value until = expires ? Value(UtcTime(*expires)) : Value();
  const Status done = store.database().Write([&]() -> Status {
    TW_TRY(const auto there, store.database().QueryOne("SELECT revoked_at FROM tokens WHERE name = ?", {name}));
    if (there)
      return Error(Code::kAlreadyExists, "token-exists", "a token of this name exists: " + Quoted(name))
          .In(store.location().path, there->Null(0) ? "" : "it was revoked")
          .Do("choose another name");
    TW_RETURN_IF_ERROR(store.database().Change(
        "INSERT INTO tokens (name, sha256, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        {name, Sha256Hex(token), ScopeNames(scopes), UtcTime(UnixNow()), until}));
    return store.Audit(actor, "token.add", name, {{"scopes", ScopeNames(scopes)}});
  });
  if (!done) return done.error();
  return token;
}

Result<std::vector<TokenFacts>> ListTokens(Store& store) {
  TW_TRY(const auto rows, store.database().Query(std::string(kTokenColumns) + "ORDER BY name"));
  std::vector<TokenFacts> tokens;
  for (const Row& row : rows) tokens.push_back(FactsOf(row));
  return tokens;
}

Status RevokeToken(Store& store, const std::string& name, const std::string& actor) {
  return store.database().Write([&]() -> Status {
    TW_TRY(const auto tokens, ListTokens(store));
    std::vector<std::string> names;
    for (const TokenFacts& token : tokens) names.push_back(token.name);
    TW_TRY(const std::int64_t changed,
           store.database().Change("UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE name = ?",
                                   {UtcTime(UnixNow()), name}));
    if (changed == 0) {
      Error error(Code::kNotFound, "token-not-found", "there is no token of this name: " + Quoted(name));
      error.In(store.location().path).ExitCode(2);
      if (const auto similar = SimilarNames(name, names); !similar.empty()) error.Similar(similar);
      return error.Do("tagwerk store tokens list");
    }
    return store.Audit(actor, "token.revoke", name, nullptr);
  });
}

Result<TokenKeys> ReadTokenKeys(Store& store, double now) {
  TW_TRY(const auto rows,
         store.database().Query(std::string(kTokenColumns) + "WHERE revoked_at IS NULL ORDER BY name"));
  TokenKeys keys;
  keys.any = !rows.empty();
  for (const Row& row : rows) {
    const TokenFacts facts = FactsOf(row);
    if (facts.State(now) != "valid") continue;
    const bool admin = (facts.scopes & kAdminScope) != 0;
    keys.valid.push_back(
        {row.Text(5), facts.name, admin ? std::uint8_t(kPredictScope | kReadScope | kAdminScope) : facts.scopes});
  }
  return keys;
}

}  // namespace tagwerk::store
