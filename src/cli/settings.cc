#include "cli/settings.h"

#include <charconv>
#include <cstdlib>
#include <algorithm>

#include "base/context.h"
#include "base/text.h"

extern char** environ;

namespace tagwerk::cli {

namespace {

struct Variable {
  const char* name;
  const char* option;  ///< empty: read elsewhere
};

constexpr Variable kVariables[] = {{"TAGWERK_BUDGET", "--budget"},
                                   {"TAGWERK_LANG", "--lang"},
                                   {"TAGWERK_THREADS", "--threads"},
                                   {"TAGWERK_MEMORY", "--memory"},
                                   {"TAGWERK_SEED", "--seed"},
                                   {"TAGWERK_COLOR", "--color"},
                                   {"TAGWERK_LOG_FORMAT", "--log-format"},
                                   {"TAGWERK_CONFIG", "--config"},
                                   {"TAGWERK_PROGRESS", ""},
                                   {"TAGWERK_LOG", ""},
                                   {"TAGWERK_CPU", ""},
                                   {"TAGWERK_TMPDIR", ""},
                                   {"TAGWERK_HOME", ""},
                                   {"TAGWERK_STORE", "--store"},
                                   {"TAGWERK_TOKEN_FILE", "--token-file"}};

Result<std::uint64_t> Unsigned(const std::string& option, const std::string& text, std::uint64_t low,
                               std::uint64_t high) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return Error(Code::kInvalidArgument, "option-value", option + " does not take this value: " + Quoted(text))
        .In(option)
        .Allowed({"a whole number from " + std::to_string(low) + " to " + std::to_string(high)});
  return value;
}

bool TakesOption(const app::Arguments& arguments, const std::string& option) {
  for (const app::OptionSpec* spec : app::OptionsOf(*arguments.verb))
    if (spec->name == option) return true;
  return false;
}

Status OneOf(const app::Arguments& arguments, const char* option, std::vector<std::string> allowed) {
  const std::string got = arguments.Get(option);
  if (std::find(allowed.begin(), allowed.end(), got) != allowed.end()) return Ok();
  return Error(Code::kInvalidArgument, "option-value",
               std::string(option) + " does not take this value: " + Quoted(got))
      .In(option)
      .Allowed(std::move(allowed));
}

}  // namespace

std::string TakeEnvironment(app::Arguments& arguments) {
  std::string unknown;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view pair(*entry);
    if (pair.rfind("TAGWERK_", 0) != 0) continue;
    const std::string name(pair.substr(0, pair.find('=')));
    const auto known =
        std::find_if(std::begin(kVariables), std::end(kVariables), [&](const Variable& v) { return name == v.name; });
    if (known == std::end(kVariables)) {
      unknown += "warning[unknown-variable]: environment variable is not known: " + Quoted(name) + "\n";
      continue;
    }
    const std::string option = known->option;
    const char* value = std::getenv(name.c_str());
    if (!option.empty() && value != nullptr && *value != '\0' && !arguments.Has(option) &&
        TakesOption(arguments, option))
      arguments.values[option] = {value};
  }
  return unknown;
}

Result<Settings> ResolveSettings(const app::Arguments& arguments) {
  Settings out;
  TW_RETURN_IF_ERROR(OneOf(arguments, "--color", {"always", "never", "auto"}));
  TW_RETURN_IF_ERROR(OneOf(arguments, "--log-format", {"text", "json"}));
  out.color = arguments.Get("--color");
  out.json = arguments.Has("--json");
  out.quiet = arguments.Has("--quiet");
  out.verbose = arguments.Has("--verbose");
  out.json_lines = arguments.Get("--log-format") == "json";
  out.log_file = arguments.Get("--log-file");
  const char* progress = std::getenv("TAGWERK_PROGRESS");
  const char* ci = std::getenv("CI");
  out.progress = !arguments.Has("--no-progress") && !out.quiet &&
                 !(progress != nullptr && std::string(progress) == "0") && !(ci != nullptr && *ci != '\0');
  out.threads = UsableCores();
  if (arguments.Has("--threads")) {
    TW_TRY(const std::uint64_t threads, Unsigned("--threads", arguments.Get("--threads"), 1, 1024));
    out.threads = int(threads);
  }
  out.memory = DefaultMemoryLimit();
  out.memory_text = Bytes(out.memory);
  if (arguments.Has("--memory")) {
    TW_TRY(out.memory, ParseSize(arguments.Get("--memory"), "--memory"));
    out.memory_text = arguments.Get("--memory");
  }
  TW_TRY(out.seed, Unsigned("--seed", arguments.Get("--seed"), 0, std::uint64_t(INT64_MAX)));
  return out;
}

}  // namespace tagwerk::cli
