#include "store/secret.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdint>

#include "base/error.h"

namespace tagwerk::store {

std::string RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t at = 0; at < count;) {
    const ssize_t n = ::getrandom(bytes.data() + at, count - at, 0);
    TW_CHECK(n > 0 || errno == EINTR);
    if (n > 0) at += std::size_t(n);
  }
  return bytes;
}

std::string RandomHex(std::size_t bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : RandomBytes(bytes)) {
    text += kDigits[(static_cast<unsigned char>(c) >> 4) & 15];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string Base64Url(const std::string& bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = (group << 8) | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4 && k <= bytes.size() - i; ++k)  // n bytes need n + 1 digits
      text += kDigits[(group >> (18 - 6 * k)) & 63];
  }
  return text;
}

}  // namespace tagwerk::store
