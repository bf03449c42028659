#include "app/setting_forms.h"

#include "base/text.h"

namespace tagwerk::app {
namespace {

constexpr double kMostRequests = 1e9;
constexpr std::int64_t kMostCount = 1'000'000;

std::optional<std::string> Unless(bool right, const char* needed) {
  return right ? std::nullopt : std::optional<std::string>(needed);
}

bool Within(const toml::node& node, std::int64_t most) {
  const auto whole = node.value_exact<std::int64_t>();
  return whole && *whole >= 0 && *whole <= most;
}

}  // namespace

Result<Rate> ParseRate(const std::string& text, const std::string& what) {
  if (text == "none") return Rate();
  const std::size_t slash = text.find('/');
  const auto count = ParseDouble(text.substr(0, slash));
  const std::string unit = slash == std::string::npos ? "" : text.substr(slash + 1);
  const double seconds = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  if (!count || !(*count > 0) || *count > kMostRequests || seconds == 0)
    return Error(Code::kInvalidArgument, "option-value", what + " does not take this value: " + Quoted(text))
        .In(what)
        .Allowed({"100/s", "5000/m", "20000/h", "none"});
  return Rate{*count, seconds};
}

std::optional<std::string> FormFault(SettingForm form, const toml::node& node) {
  const auto text = node.value_exact<std::string>();
  switch (form) {
    case SettingForm::kAny:
      return std::nullopt;
    case SettingForm::kText:
      return Unless(text && !text->empty(), "a text is needed");
    case SettingForm::kFile:
      return Unless(text.has_value(), "the name of a file is needed");
    case SettingForm::kPort:
      return Unless(Within(node, 65535), "a whole number from 0 to 65535 is needed");
    case SettingForm::kCount:
      return Unless(Within(node, kMostCount), "a whole number from 0 to 1000000 is needed");
    case SettingForm::kFlag:
      return Unless(node.is_boolean(), "true or false is needed");
    case SettingForm::kSize:
      return Unless(text && ParseSize(*text, ""), "a size is needed, such as \"16M\"");
    case SettingForm::kDuration:
      return Unless(text ? bool(ParseDuration(*text, "")) : node.is_number() && node.value_or(-1.0) >= 0,
                    "a duration is needed, such as \"30s\"");
    case SettingForm::kRate:
      return Unless(text && ParseRate(*text, ""), "a rate is needed, such as \"100/s\", or \"none\"");
  }
  return std::nullopt;
}

}  // namespace tagwerk::app
