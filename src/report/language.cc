#include "report/language.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/text.h"
#include "report/assets.h"

namespace tagwerk::report {

namespace {

constexpr std::string_view kThin = "\xE2\x80\xAF";  // narrow no-break space
constexpr std::string_view kMinus = "\xE2\x88\x92";

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct Day {
  std::string year, month, day;
};

/// Reads the date part of an RFC 3339 time; none when the text is something else.
std::optional<Day> DayOf(std::string_view text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const Day day{std::string(text.substr(0, 4)), std::string(text.substr(5, 2)), std::string(text.substr(8, 2))};
  if (!AllDigits(day.year) || !AllDigits(day.month) || !AllDigits(day.day)) return std::nullopt;
  if (day.month < "01" || day.month > "12" || day.day < "01" || day.day > "31") return std::nullopt;
  return day;
}

std::string WithoutZero(const std::string& digits) { return digits[0] == '0' ? digits.substr(1) : digits; }

/// Isolates text that may run from right to left (U+2068 ... U+2069); plain ASCII stays as it is.
std::string Isolated(const std::string& text) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return ascii ? text : "\xE2\x81\xA8" + text + "\xE2\x81\xA9";
}

void Append(Inline& out, Style style, std::string text) {
  if (text.empty()) return;
  const bool joins = style == Style::kPlain || style == Style::kBold || style == Style::kLoud;
  if (joins && !out.empty() && out.back().style == style)
    out.back().text += text;
  else
    out.push_back({std::move(text), style});
}

}  // namespace

Value Value::From(const View& view) {
  if (const auto number = view.number()) return Value(*number);
  if (view.size() > 0) {
    std::vector<std::string> texts;
    for (const View& item : view.items()) texts.push_back(item.text());
    return Value(std::move(texts));
  }
  return Value(view.text());
}

Language::Language(std::string name) : name_(std::move(name)) {
  auto parsed = ParseJson(FindAsset("texts/" + name_ + ".json"), name_ + ".json");
  TW_CHECK(parsed.has_value() && parsed->is_object());
  texts_ = std::move(*parsed);
  if (Pattern("format.decimal") != nullptr) decimal_ = Own("format.decimal");
  if (Pattern("format.thousands") != nullptr) thousands_ = Own("format.thousands");
}

const Language* Language::Find(std::string_view name) {
  struct All {
    std::map<std::string, std::unique_ptr<Language>, std::less<>> by_name;
    All() {
      for (const Asset& asset : Assets()) {
        if (!asset.name.starts_with("texts/") || !asset.name.ends_with(".json")) continue;
        const std::string key(asset.name.substr(6, asset.name.size() - 11));
        by_name[key] = std::unique_ptr<Language>(new Language(key));
      }
      for (auto& [key, language] : by_name)
        if (key != "en") language->fallback_ = by_name.at("en").get();
    }
  };
  static const All all;  // read-only after the first use
  const auto it = all.by_name.find(name);
  return it == all.by_name.end() ? nullptr : it->second.get();
}

std::vector<std::string> Language::Names() {
  std::vector<std::string> names;
  for (const Asset& asset : Assets())
    if (asset.name.starts_with("texts/") && asset.name.ends_with(".json"))
      names.emplace_back(asset.name.substr(6, asset.name.size() - 11));
  return names;
}

const Json* Language::Pattern(std::string_view key) const {
  const auto it = texts_.find(std::string(key));
  if (it != texts_.end()) return &*it;
  return fallback_ != nullptr ? fallback_->Pattern(key) : nullptr;
}

bool Language::Has(std::string_view key) const { return Pattern(key) != nullptr; }

std::string Language::Own(std::string_view key) const {
  const Json* pattern = Pattern(key);
  return pattern != nullptr && pattern->is_string() ? pattern->get<std::string>() : std::string();
}

Inline Language::Placed(std::string_view form, const Value& value) const {
  if (value.ready()) return *value.ready();
  if (value.number()) {
    const double number = *value.number();
    if (form == "percent") return Plain(Percent(number));
    if (form == "number") return Plain(Number(number));
    if (form == "span") return Plain(Span(number));
    if (form == "duration") return Plain(Span(number));
    if (form == "code") return Code(Shortest(number));
    return Plain(number == std::trunc(number) ? Count(number) : Number(number));
  }
  if (form == "code") return List(value.texts(), Style::kCode);
  if (form == "date") return value.texts().empty() ? Inline{} : Plain(Date(value.texts().front()));
  return List(value.texts(), Style::kName);
}

Inline Language::Fill(std::string_view key, const Values& values, bool loud) const {
  const Json* pattern = Pattern(key);
  if (pattern == nullptr) return Plain(std::string(key));
  const auto find = [&](std::string_view name) -> const Value* {
    for (const auto& [value_name, value] : values)
      if (value_name == name) return &value;
    return nullptr;
  };
  std::string text;
  if (pattern->is_object()) {
    const Value* count = find("count");
    const double n = count != nullptr && count->number() ? *count->number() : 2;
    const bool one = n == 1 || (n == 0 && Own("format.zero_is_one") == "yes");
    text = pattern->value(one ? "one" : "other", std::string());
  } else if (pattern->is_string()) {
    text = pattern->get<std::string>();
  }
  Inline out;
  Style style = Style::kPlain;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : '\0';
    if (c != '*' && c != '{' && i < text.size()) continue;
    Append(out, style, text.substr(from, i - from));
    from = i + 1;
    if (c == '*') {
      style = style == Style::kPlain ? (loud ? Style::kLoud : Style::kBold) : Style::kPlain;
    } else if (c == '{') {
      const std::size_t end = std::min(text.find('}', i), text.size());
      const std::string inside = text.substr(i + 1, end - i - 1);
      const std::size_t colon = std::min(inside.find(':'), inside.size());
      const Value* value = find(inside.substr(0, colon));
      const std::string form = colon < inside.size() ? inside.substr(colon + 1) : "";
      if (value != nullptr) {
        for (const Run& run : Placed(form, *value)) {
          const bool name = run.style == Style::kName && style != Style::kPlain;
          const bool takes = name || run.style == Style::kPlain;  // takes on the emphasis around it
          Append(out, takes ? style : run.style, name ? Isolated(run.text) : run.text);
        }
      }
      i = end;
      from = end + 1;
    }
  }
  return out;
}

std::string Language::Text(std::string_view key, const Values& values) const { return PlainText(Fill(key, values)); }

Inline Language::List(const std::vector<std::string>& names, Style style, std::size_t limit) const {
  Inline out;
  const bool cut = names.size() > limit;
  const std::size_t shown = cut ? limit : names.size();
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out = out + Plain(i + 1 == shown && !cut ? Own("list.and") : ", ");
    out.push_back({names[i], style});
  }
  if (cut) out = out + Fill("list.more", {{"count", double(names.size() - shown)}});
  return out;
}

std::string Language::Localized(std::string text) const {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool digit_next = i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9';
    const bool digit_before = i > 0 && text[i - 1] >= '0' && text[i - 1] <= '9';
    if (c == ',' && digit_next && digit_before)
      out += thousands_;
    else if (c == '.' && digit_next && digit_before)
      out += decimal_;
    else if (c == '-' && digit_next)
      out += kMinus;
    else if (c == ' ')
      out += kThin;
    else
      out += c;
  }
  return out;
}

std::string Language::Count(double n) const {
  if (!std::isfinite(n) || std::abs(n) > 9e15) return Number(n);
  return Localized(tagwerk::Count(std::int64_t(std::llround(n))));
}

std::string Language::Fixed(double value, int decimals) const {
  if (!std::isfinite(value)) return "\xE2\x80\x93";
  const double scale = std::pow(10.0, decimals);
  if (std::abs(value) >= 1000) {
    const double rounded = std::round(value * scale) / scale;
    std::string whole = tagwerk::Count(std::int64_t(std::trunc(rounded)));
    if (decimals > 0) whole += fmt::format("{:.{}f}", std::abs(rounded - std::trunc(rounded)), decimals).substr(1);
    return Localized(whole);
  }
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find_first_not_of("-0.") == std::string::npos && text[0] == '-') text.erase(0, 1);
  return Localized(text);
}

std::string Language::Number(double value) const {
  if (!std::isfinite(value)) return "\xE2\x80\x93";
  const double size = std::abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) {
    const std::string text = fmt::format("{:.2e}", value);
    const std::size_t e = text.find('e');
    return Localized(text.substr(0, e)) + "e" + std::to_string(std::stoi(text.substr(e + 1)));
  }
  if (size >= 100) return Count(value);
  const int decimals = size == 0 ? 0 : std::clamp(2 - int(std::floor(std::log10(size))), 0, 6);
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return Localized(text);
}

std::string Language::Percent(double share) const { return Localized(tagwerk::Percent(share)); }

std::string Language::WholePercent(double share) const {
  if (!std::isfinite(share)) return "\xE2\x80\x93";
  if (share > 0 && share < 0.005) return Localized("< 1 %");  // never 0 % or 100 % for what is not exactly that
  if (share < 1 && share >= 0.995) return Localized("> 99 %");
  return Localized(fmt::format("{:.0f} %", share * 100));
}

std::string Language::Rounded(double value, double half_width) const {
  return Localized(tagwerk::Rounded(value, half_width));
}

std::string Language::Signed(double value, double half_width) const {
  return Localized(tagwerk::Signed(value, half_width));
}

std::string Language::Probability(double p) const { return Localized(PValue(p)); }
std::string Language::Span(double seconds) const { return Localized(Seconds(seconds)); }
std::string Language::Size(double bytes) const { return Localized(Bytes(std::uint64_t(std::max(0.0, bytes)))); }

std::string Language::DayNumber(const std::string& day) const {
  return day == "01" ? Own("format.first") : WithoutZero(day);  // French: 1er
}

std::string Language::Date(std::string_view rfc3339) const {
  const auto day = DayOf(rfc3339);
  if (!day) return std::string(rfc3339);
  const std::string month = Own("format.month." + WithoutZero(day->month));
  return Text("format.date", {{"day", DayNumber(day->day)}, {"month", month}, {"year", day->year}});
}

std::string Language::DayMonth(std::string_view rfc3339) const {
  const auto day = DayOf(rfc3339);
  if (!day) return std::string(rfc3339);
  const std::string month = Own("format.month." + WithoutZero(day->month));
  return Text("format.day", {{"day", DayNumber(day->day)}, {"month", month}});
}

}  // namespace tagwerk::report
