#include "serve/text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace tagwerk::serve {

void AppendNumber(double value, std::string& out) {
  if (!std::isfinite(value)) {
    out.append("null");
    return;
  }
  std::array<char, 32> buffer;
  const auto [end, failure] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  static_cast<void>(failure);  // 24 characters hold every double
  out.append(buffer.data(), end);
}

void AppendInteger(std::int64_t value, std::string& out) {
  const fmt::format_int text(value);
  out.append(text.data(), text.size());
}

void AppendQuoted(std::string_view text, std::string& out) {
  out.push_back('"');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(c));
    } else if (c == '\n') {
      out.append("\\n");
    } else {
      out.append("\\u00");
      out.push_back("0123456789abcdef"[c >> 4]);
      out.push_back("0123456789abcdef"[c & 15]);
    }
  }
  out.append(text.substr(plain)).push_back('"');
}

}  // namespace tagwerk::serve
