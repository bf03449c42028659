#include "serve/sealed.h"

#include <nettle/gcm.h>

#include <algorithm>
#include <cstdint>

#include "base/hash.h"
#include "store/secret.h"

namespace tagwerk::serve {
namespace {

constexpr std::size_t kTag = GCM_DIGEST_SIZE, kNonce = GCM_IV_SIZE;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool FromHex(std::string_view text, std::string& out) {
  if (text.size() % 2 != 0) return false;
  out.clear();
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = HexDigit(text[i]), low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    out.push_back(char(high * 16 + low));
  }
  return true;
}

std::string ToHex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

const std::uint8_t* Raw(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }
std::uint8_t* Raw(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

/// Begins with the 32 bytes of the secret's SHA-256 as key.
gcm_aes256_ctx Begin(std::string_view secret, std::string_view nonce) {
  std::string key;
  FromHex(Sha256Hex(secret), key);
  gcm_aes256_ctx context;
  gcm_aes256_set_key(&context, Raw(std::string_view(key)));
  gcm_aes256_set_iv(&context, nonce.size(), Raw(nonce));
  return context;
}

std::string TagOf(gcm_aes256_ctx& context) {
  std::string tag(kTag, '\0');
  gcm_aes256_digest(&context, kTag, Raw(tag));
  return tag;
}

}  // namespace

std::string Seal(std::string_view secret, std::string_view text) {
  const std::string nonce = store::RandomBytes(kNonce);
  std::string body(text.size(), '\0');
  gcm_aes256_ctx context = Begin(secret, nonce);
  gcm_aes256_encrypt(&context, text.size(), Raw(body), Raw(text));
  return ToHex(nonce + TagOf(context) + body);
}

std::optional<std::string> Unseal(std::string_view secret, std::string_view sealed) {
  std::string bytes;
  if (!FromHex(sealed, bytes) || bytes.size() < kNonce + kTag) return std::nullopt;
  const std::string_view body = std::string_view(bytes).substr(kNonce + kTag);
  std::string text(body.size(), '\0');
  gcm_aes256_ctx context = Begin(secret, std::string_view(bytes).substr(0, kNonce));
  gcm_aes256_decrypt(&context, body.size(), Raw(text), Raw(body));
  if (TagOf(context) != bytes.substr(kNonce, kTag)) return std::nullopt;
  return text;
}

}  // namespace tagwerk::serve
