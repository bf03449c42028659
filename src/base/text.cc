#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <span>
#include <sys/time.h>

namespace tagwerk {

namespace {

std::string WithSeparators(std::string digits) {
  const std::size_t dot = std::min(digits.find('.'), digits.size());
  const std::size_t start = !digits.empty() && digits[0] == '-' ? 1 : 0;
  for (std::size_t i = dot; i > start + 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string Fixed(double value, int decimals) {
  std::string text = fmt::format("{:.{}f}", value, std::max(0, decimals));
  if (text.find_first_not_of("-0.") == std::string::npos && text[0] == '-') text.erase(0, 1);
  return WithSeparators(text);
}

/// Decimals at which a half-width shows one significant digit (two when it starts with 1 or 2).
int DecimalsOf(double half_width) {
  if (!(half_width > 1e-12) || !std::isfinite(half_width)) return 3;  // no more than rounding
  const int exponent = int(std::floor(std::log10(half_width)));
  const int lead = int(half_width / std::pow(10.0, exponent) + 1e-9);
  return std::clamp(-exponent + (lead <= 2 ? 1 : 0), -12, 12);
}

double RoundTo(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return std::round(value * scale) / scale;
}

std::string AtDecimals(double value, int decimals) {
  if (!std::isfinite(value)) return "-";
  return decimals >= 0 ? Fixed(value, decimals) : Fixed(RoundTo(value, decimals), 0);
}

/// Returns the bytes of the UTF-8 character at the start; 0 if it is none.
std::size_t CharacterLength(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  return length;
}

Error NotAQuantity(std::string_view what, std::string_view kind, std::string_view text, std::string_view example) {
  return Error(Code::kInvalidArgument, "option-value", fmt::format("{} is not a {}: {}", what, kind, Quoted(text)))
      .In(std::string(what))
      .Do(std::string(example));
}

struct Unit {
  std::string_view name;
  double factor;
};

std::optional<double> UnitFactor(std::string_view name, std::span<const Unit> units) {
  for (const Unit& unit : units)
    if (unit.name == name) return unit.factor;
  return std::nullopt;
}

/// Takes a leading decimal number off `text`.
std::optional<double> TakeNumber(std::string_view& text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (failure != std::errc() || end == text.data() || !std::isfinite(value) || value < 0) return std::nullopt;
  text.remove_prefix(std::size_t(end - text.data()));
  return value;
}

}  // namespace

std::string Count(std::int64_t n) { return WithSeparators(std::to_string(n)); }

std::string Seconds(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "-";
  if (seconds < 0.05) return seconds < 0.0005 ? "0.0 s" : fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 99.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::int64_t(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string Bytes(std::uint64_t bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  double value = double(bytes);
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.{}f} {}", value, value < 100 ? 1 : 0, kUnits[unit]);
}

std::string Percent(double share) {
  if (!std::isfinite(share)) return "-";
  if (share == 0) return "0 %";
  if (share == 1) return "100 %";
  const double percent = share * 100;
  if (percent > 99.9 && percent < 100) return "> 99.9 %";
  if (percent > 0 && percent < 0.001) return "< 0.001 %";
  const double size = std::abs(percent);
  const int decimals = size >= 10 ? (size > 99 ? 1 : 0) : std::clamp(1 - int(std::floor(std::log10(size))), 0, 4);
  std::string text = fmt::format("{:.{}f}", percent, decimals);
  if (text == "100") text = fmt::format("{:.1f}", percent);
  return text + " %";
}

std::string Shortest(double value) {
  if (std::isnan(value)) return "";
  if (value == 0) return "0";
  std::array<char, 64> buffer{};
  if (std::abs(value) < 1e15 && value == std::trunc(value)) return fmt::format("{}", std::int64_t(value));
  const auto [end, failure] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return failure == std::errc() ? std::string(buffer.data(), end) : fmt::format("{}", value);
}

std::string Rounded(double value, double half_width) { return AtDecimals(value, DecimalsOf(half_width)); }

std::string Interval(double value, double low, double high) {
  const int decimals = DecimalsOf((high - low) / 2);
  if (!std::isfinite(low) || !std::isfinite(high)) return AtDecimals(value, 3);
  return fmt::format("{} [{}, {}]", AtDecimals(value, decimals), AtDecimals(low, decimals), AtDecimals(high, decimals));
}

std::string Signed(double value, double half_width) {
  const std::string text = Rounded(value, half_width);
  return !text.empty() && text[0] == '-' ? text : "+" + text;
}

std::string PValue(double p) {
  if (std::isnan(p)) return "p unknown";
  if (p < 0.001) return "p < 0.001";
  return fmt::format("p = {:.{}f}", p, p < 0.1 ? 3 : 2);
}

std::string Printable(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < text.size(); ++shown) {
    if (shown == limit) return out + "...";
    const std::size_t length = CharacterLength(text.substr(i));
    const auto byte = static_cast<unsigned char>(text[i]);
    if (length == 0 || byte < 0x20 || byte == 0x7F)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += text.substr(i, length);
    i += std::max<std::size_t>(1, length);
  }
  return out;
}

std::string Quoted(std::string_view text) { return "\"" + Printable(text) + "\""; }

Result<double> ParseDuration(std::string_view text, std::string_view what) {
  static constexpr Unit kUnits[] = {{"us", 1e-6}, {"ms", 1e-3}, {"s", 1},        {"m", 60},
                                    {"h", 3600},  {"d", 86400}, {"w", 7 * 86400}};
  const Error wrong = NotAQuantity(what, "duration", text, "write it like 60s, 5m or 1h30m");
  std::string_view rest = Trim(text);
  if (rest.empty()) return wrong;
  double total = 0;
  bool first = true;
  while (!rest.empty()) {
    const auto value = TakeNumber(rest);
    if (!value) return wrong;
    const std::size_t letters = std::min(rest.find_first_of("0123456789."), rest.size());
    const std::string_view unit = rest.substr(0, letters);
    if (unit.empty() && !first) return wrong;
    const auto factor = unit.empty() ? std::optional<double>(1) : UnitFactor(unit, kUnits);
    if (!factor) return wrong;
    total += *value * *factor;
    rest.remove_prefix(letters);
    first = false;
  }
  if (total > 1e9) return wrong;
  return total;
}

Result<std::uint64_t> ParseSize(std::string_view text, std::string_view what) {
  static constexpr Unit kUnits[] = {{"", 1},
                                    {"B", 1},
                                    {"K", 1024.0},
                                    {"M", 1048576.0},
                                    {"G", 1073741824.0},
                                    {"T", 1099511627776.0},
                                    {"KiB", 1024.0},
                                    {"MiB", 1048576.0},
                                    {"GiB", 1073741824.0},
                                    {"TiB", 1099511627776.0},
                                    {"KB", 1e3},
                                    {"MB", 1e6},
                                    {"GB", 1e9},
                                    {"TB", 1e12}};
  std::string_view rest = Trim(text);
  const auto value = TakeNumber(rest);
  const auto factor = value ? UnitFactor(rest, kUnits) : std::nullopt;
  if (!factor || *value * *factor > 1e18 || *value * *factor < 1)
    return NotAQuantity(what, "size", text, "write it like 500M or 2G");
  return std::uint64_t(*value * *factor);
}

Result<double> ParseShare(std::string_view text, std::string_view what) {
  std::string_view rest = Trim(text);
  const auto value = TakeNumber(rest);
  const bool percent = Trim(rest) == "%";
  const double share = value ? (percent ? *value / 100 : *value) : -1;
  if (!value || !(percent || rest.empty()) || share < 0 || share > 1)
    return NotAQuantity(what, "share between 0 and 1", text, "write it like 1% or 0.01");
  return share;
}

std::optional<std::int64_t> ParseWhole(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> ParseDouble(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> parts;
  std::string part;
  bool quoted = false, any = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      part += c;
      ++i;
    } else if (c == '"' && (quoted || part.empty())) {
      quoted = !quoted;
      any = true;
    } else if (c == ',' && !quoted) {
      parts.push_back(std::string(Trim(part)));
      part.clear();
    } else {
      part += c;
    }
    any = true;
  }
  if (any) parts.push_back(std::string(Trim(part)));
  return parts;
}

std::string_view Trim(std::string_view text) {
  static constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return lower;
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += separator;
    text += parts[i];
  }
  return text;
}

int EditDistance(std::string_view a, std::string_view b) {
  std::vector<int> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = int(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    int diagonal = row[0];
    row[0] = int(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::vector<std::string> SimilarNames(std::string_view name, const std::vector<std::string>& names) {
  const auto normal = [](std::string_view text) {
    std::string kept;
    for (char c : Lower(text.substr(0, 200)))
      if (c != ' ' && c != '_' && c != '-') kept += c;
    return kept;
  };
  const std::string wanted = normal(name);
  std::vector<std::pair<int, std::string>> ranked;
  for (const std::string& candidate : names) {
    const std::string other = normal(candidate);
    if (wanted.empty() || other.empty()) continue;
    const int distance = EditDistance(wanted, other);
    const bool near = distance <= (wanted.size() < 4 ? 1 : 2);
    const bool start = wanted.size() >= 4 && other.size() >= 4 && wanted.compare(0, 4, other, 0, 4) == 0;
    const bool inside = wanted.size() >= 2 && other.size() >= 2 &&
                        (other.find(wanted) != std::string::npos || wanted.find(other) != std::string::npos);
    if (near || start || inside) ranked.emplace_back(distance, candidate);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> best;
  for (std::size_t i = 0; i < ranked.size() && i < 3; ++i) best.push_back(ranked[i].second);
  return best;
}

std::string UtcTime(double unix_seconds) {
  const auto whole = std::time_t(std::floor(unix_seconds));
  const int milliseconds = int((unix_seconds - double(whole)) * 1000);
  std::tm parts{};
  gmtime_r(&whole, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds);
}

std::string LocalStamp(double unix_seconds) {
  const auto whole = std::time_t(std::floor(unix_seconds));
  std::tm parts{};
  localtime_r(&whole, &parts);
  return fmt::format("{:04}{:02}{:02}-{:02}{:02}{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

double UnixNow() {
  timeval now{};
  gettimeofday(&now, nullptr);
  return double(now.tv_sec) + double(now.tv_usec) * 1e-6;
}

}  // namespace tagwerk
