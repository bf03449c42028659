#include "serve/plain_tensor.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "base/constants.h"

namespace tagwerk::serve {
namespace {

constexpr std::size_t kMostBody = 1 << 20;  ///< bytes; values are kept for the next request
constexpr int kMostDigits = 18;             ///< that surely fit into 64 bits
constexpr int kMostPower = 22;              ///< the largest power of ten that is a double
constexpr std::uint64_t kExactMantissa = std::uint64_t(1) << 53;
constexpr std::array<double, kMostPower + 1> kPowers{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Walks over the text of a request; every Take returns whether it was there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  /// Passes over blanks, then over this character.
  bool Take(char wanted) {
    Skip();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  /// A text of plain ASCII: what has escapes or other letters is not read here.
  bool Text(std::string_view& text) {
    if (!Take('"')) return false;
    const char* const begin = at_;
    for (; at_ != end_; ++at_) {
      if (*at_ == '"') {
        text = {begin, std::size_t(at_++ - begin)};
        return true;
      }
      const auto c = static_cast<unsigned char>(*at_);
      if (c < 0x20 || c >= 0x80 || c == '\\') return false;
    }
    return false;
  }
  bool Number(double& value) {
    Skip();
    return ReadJsonNumber(at_, end_, value);
  }
  bool Null() {
    Skip();
    if (std::size_t(end_ - at_) < 4 || std::string_view(at_, 4) != "null") return false;
    at_ += 4;
    return true;
  }
  bool Size(std::size_t& size) {
    Skip();
    const auto [end, fault] = std::from_chars(at_, end_, size);
    if (fault != std::errc() || *at_ == '0' || end == end_ || *end == '.' || *end == 'e' || *end == 'E') return false;
    at_ = end;
    return true;
  }
  bool AtEnd() {
    Skip();
    return at_ == end_;
  }

 private:
  void Skip() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  const char* at_;
  const char* const end_;
};

bool ReadData(Scanner& text, PlainTensor& out) {
  if (!out.values.empty() || !text.Take('[')) return false;
  do {
    double value = kNaN;
    if (!text.Number(value) && !text.Null()) return false;
    out.values.push_back(value);
  } while (text.Take(','));
  return text.Take(']');
}

bool ReadInput(Scanner& text, PlainTensor& out) {
  if (!text.Take('{')) return false;
  bool named = false, typed = false;
  do {
    std::string_view key, type;
    if (!text.Text(key) || !text.Take(':')) return false;
    if (key == "data") {
      if (!ReadData(text, out)) return false;
    } else if (key == "shape") {
      if (out.columns != 0 || !text.Take('[') || !text.Size(out.rows) || !text.Take(',') || !text.Size(out.columns) ||
          !text.Take(']'))
        return false;
    } else if (key == "name") {
      if (named || !text.Text(out.name)) return false;
      named = true;
    } else if (key == "datatype") {
      if (typed || !text.Text(type) || (type != "FP64" && type != "FP32")) return false;
      typed = true;
    } else {
      return false;
    }
  } while (text.Take(','));
  return named && typed && text.Take('}');
}

}  // namespace

bool ReadJsonNumber(const char*& at, const char* end, double& value) {
  const char* p = at;
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  const char* const digits = p;
  std::uint64_t mantissa = 0;
  for (; p != end && IsDigit(*p); ++p) mantissa = 10 * mantissa + std::uint64_t(*p - '0');
  std::ptrdiff_t count = p - digits;
  if (count == 0 || (count > 1 && *digits == '0')) return false;
  int power = 0;
  const bool fraction = p != end && *p == '.';
  if (fraction) {
    const char* const begin = ++p;
    for (; p != end && IsDigit(*p); ++p) mantissa = 10 * mantissa + std::uint64_t(*p - '0');
    if (p == begin) return false;
    power = -int(p - begin);
    count += p - begin;
  }
  const bool exponent = p != end && (*p == 'e' || *p == 'E');
  if (exponent) {
    ++p;
    if (p != end && (*p == '+' || *p == '-')) ++p;
    if (p == end || !IsDigit(*p)) return false;
    while (p != end && IsDigit(*p)) ++p;
  }
  // Both numbers are doubles, so that one division rounds as it should (Clinger 1990).
  if (count <= kMostDigits && mantissa < kExactMantissa && power >= -kMostPower && !exponent) {
    value = double(mantissa) / kPowers[std::size_t(-power)];
    if (negative) value = mantissa == 0 && !fraction ? 0.0 : -value;
  } else if (std::from_chars(at, p, value).ec != std::errc()) {
    return false;
  }
  at = p;
  return true;
}

bool ReadPlainTensor(std::string_view body, PlainTensor& out) {
  out.id = out.name = {};
  out.rows = out.columns = 0;
  out.values.clear();
  if (body.size() > kMostBody) return false;
  Scanner text(body);
  if (!text.Take('{')) return false;
  bool inputs = false;
  do {
    std::string_view key;
    if (!text.Text(key) || !text.Take(':')) return false;
    if (key == "inputs" && !inputs) {
      if (!text.Take('[') || !ReadInput(text, out) || !text.Take(']')) return false;
      inputs = true;
    } else if (key == "id" && out.id.empty()) {
      if (!text.Text(out.id)) return false;
    } else {
      return false;
    }
  } while (text.Take(','));
  if (!text.Take('}') || !text.AtEnd() || !inputs) return false;
  return out.columns > 0 && out.values.size() % out.columns == 0 && out.values.size() / out.columns == out.rows;
}

}  // namespace tagwerk::serve
