#include "app/project.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "app/goal.h"
#include "app/setting_forms.h"
#include "app/toml.h"
#include "app/toml_faults.h"
#include "base/files.h"
#include "base/text.h"

namespace tagwerk::app {

namespace fs = std::filesystem;

namespace {

/// Keys of the file and the option each one sets; an empty option: read elsewhere or by later verbs.
struct Key {
  const char* name;
  const char* option;
  SettingForm form = SettingForm::kAny;
};
constexpr Key kKeys[] = {
    {"version", ""},
    {"data", ""},
    {"target", "--target"},
    {"project.name", "--name"},
    {"project.timezone", ""},
    {"project.language", "--lang"},
    {"project.owner", ""},
    {"data.name", ""},
    {"data.source", ""},
    {"data.role", ""},
    {"data.query", ""},
    {"data.key", ""},
    {"data.id", "--id"},
    {"data.time", ""},
    {"data.batches", ""},
    {"data.missing", "--missing"},
    {"data.delimiter", "--delimiter"},
    {"data.quote", "--quote"},
    {"data.decimal", "--decimal"},
    {"data.encoding", "--encoding"},
    {"data.header", "--header"},
    {"data.max_rejected", "--max-rejected"},
    {"data.types", "--type"},
    {"goal.target", "--target"},
    {"goal.task", "--task"},
    {"goal.positive", "--positive"},
    {"goal.metric", "--metric"},
    {"goal.unit", "--unit"},
    {"goal.fairness", "--fairness"},
    {"goal.serve_latency", ""},
    {"goal.value", "--value"},
    {"goal.regret", "--regret"},
    {"goal.capacity", "--capacity"},
    {"columns.use", "--use"},
    {"columns.drop", "--drop"},
    {"columns.weight", "--weight"},
    {"columns.monotone", ""},
    {"split.kind", "--split"},
    {"split.test", "--test"},
    {"split.group", "--group"},
    {"split.time", "--time"},
    {"split.gap", "--gap"},
    {"split.folds", "--folds"},
    {"search.budget", "--budget"},
    {"search.trials", "--trials"},
    {"search.threads", "--threads"},
    {"search.memory", "--memory"},
    {"search.seed", "--seed"},
    {"search.learners", "--learners"},
    {"search.refit", "--refit"},
    {"search.worth", ""},
    {"search.set", "--set"},
    {"gate.require", "--gate"},
    {"server.host", "--host", SettingForm::kText},
    {"server.port", "--port", SettingForm::kPort},
    {"server.tls_cert", "--tls-cert", SettingForm::kFile},
    {"server.tls_key", "--tls-key", SettingForm::kFile},
    {"server.max_body", "--max-body", SettingForm::kSize},
    {"server.max_concurrency", "--max-concurrency", SettingForm::kCount},
    {"server.rate", "--rate", SettingForm::kRate},
    {"server.timeout", "--timeout", SettingForm::kDuration},
    {"server.metrics_public", "--metrics-public", SettingForm::kFlag},
};
/// Sections of verbs that do not read them yet; their keys are not judged here.
constexpr const char* kOtherSections[] = {"contract", "deploy", "retrain", "monitor", "alert", "store"};

class Reader {
 public:
  Reader(std::string path, Arguments& arguments)
      : path_(std::move(path)), arguments_(arguments), serves_(arguments.verb->name == "serve") {}

  /// `only`: the one section that counts; "" = all.
  Status Read(const toml::table& root, std::string_view only) {
    for (const auto& [name, node] : root)
      if (only.empty() || name.str() == only) Top(std::string(name.str()), node);
    if (faults_.first()) return std::move(*faults_.first());
    for (const auto& [option, values] : found_)
      if (!arguments_.Has(option) && Takes(option)) arguments_.values[option] = values;
    if (!serves_ && arguments_.positional.empty() && !source_.empty()) arguments_.positional.push_back(source_);
    return Ok();
  }

 private:
  bool Takes(const std::string& option) const {
    for (const OptionSpec* spec : OptionsOf(*arguments_.verb))
      if (spec->name == option) return true;
    return false;
  }

  void Fault(const char* id, const std::string& message, const toml::node& node,
             std::vector<std::string> similar = {}) {
    faults_.Add(id, message, node, std::move(similar));
  }

  void UnknownKey(const std::string& section, const std::string& name, const toml::node& node) {
    std::vector<std::string> known;
    for (const Key& key : kKeys) {
      const std::string_view full(key.name);
      const auto dot = full.find('.');
      const std::string_view in = dot == std::string_view::npos ? "" : full.substr(0, dot);
      if (in == section) known.emplace_back(dot == std::string_view::npos ? full : full.substr(dot + 1));
    }
    Fault("config-unknown-key", (section.empty() ? "the file" : "[" + section + "]") + " has no key: " + Quoted(name),
          node, SimilarNames(name, known));
  }

  void Top(const std::string& name, const toml::node& node) {
    if (std::find(std::begin(kOtherSections), std::end(kOtherSections), name) != std::end(kOtherSections)) return;
    if (name == "data") return Data(node);
    if (name == "server" && !node.is_table()) return Fault("config-value", "[server] is a section", node);
    if (const auto* section = node.as_table()) {
      for (const auto& [key, child] : *section) Take(name, std::string(key.str()), child);
      return;
    }
    Take("", name, node);
  }

  /// `data = "file"` or [[data]] entries; the first with role main is read.
  void Data(const toml::node& node) {
    if (const auto text = node.value<std::string>()) return SetSource(*text);
    const auto* list = node.as_array();
    if (list == nullptr) return Fault("config-value", "data is a file or [[data]] sections", node);
    bool taken = false;
    for (const auto& entry : *list) {
      const auto* section = entry.as_table();
      if (section == nullptr) {
        Fault("config-value", "data is a file or [[data]] sections", entry);
        continue;
      }
      const bool main = section->at_path("role").value_or(std::string("main")) == "main" && !taken;
      taken |= main;
      for (const auto& [key, child] : *section) {
        const std::string name(key.str());
        if (name == "source" && main) {
          if (const auto text = child.value<std::string>()) SetSource(*text);
          continue;
        }
        Take("data", name, child, main);
      }
    }
  }

  void SetSource(const std::string& source) {
    const bool url = source.find("://") != std::string::npos || source == "-";
    source_ = url ? source : BesideFile(source);
  }

  /// A path is meant as seen from the file of settings.
  std::string BesideFile(const std::string& path) const {
    const fs::path folder = fs::path(path_).parent_path();
    return folder.empty() ? path : (folder / path).string();  // an absolute path stays as it is
  }

  void Take(const std::string& section, const std::string& name, const toml::node& node, bool use = true) {
    const std::string full = section.empty() ? name : section + "." + name;
    const auto key = std::find_if(std::begin(kKeys), std::end(kKeys), [&](const Key& k) { return full == k.name; });
    if (key == std::end(kKeys)) return UnknownKey(section, name, node);
    if (full == "goal.value") return Numbers(full, "--value", ValueKeys(), node);
    if (full == "goal.regret") return Numbers(full, "--regret", RegretKeys(), node);
    if (full == "goal.capacity") return CapacityOf(node);
    if (const auto needed = FormFault(key->form, node))
      return Fault("config-value", *needed + ": " + Quoted(full), node);
    const std::string option = key->option;
    // What stands under one name in several verbs is told to the server in its own section only.
    if (option.empty() || !use || serves_ != (section == "server")) return;
    if (serves_) {
      const std::string text = *TextOf(node);
      found_[option] = {key->form == SettingForm::kFile && !text.empty() ? BesideFile(text) : text};
      return;
    }
    if (const auto* pairs = node.as_table()) {
      for (const auto& [column, child] : *pairs)
        if (const auto text = TextOf(child)) found_[option].push_back(std::string(column.str()) + "=" + *text);
      return;
    }
    const auto text = TextOf(node);
    if (!text) return Fault("config-value", "value cannot be read: " + Quoted(full), node);
    const bool none = text->empty() || *text == "auto" || (full == "search.trials" && *text == "0") ||
                      (full == "split.gap" && *text == "0d");
    if (!none) found_[option] = {*text};
  }

  void UnknownIn(const std::string& section, const std::string& name, const std::vector<std::string>& known,
                 const toml::node& node) {
    Fault("config-unknown-key", "[" + section + "] has no key: " + Quoted(name), node, SimilarNames(name, known));
  }

  /// A section of numbers, such as [goal.value].
  void Numbers(const std::string& section, const std::string& option, const std::vector<std::string>& known,
               const toml::node& node) {
    const auto* pairs = node.as_table();
    if (pairs == nullptr) return Fault("config-value", "[" + section + "] holds numbers", node);
    std::vector<std::string> words;
    for (const auto& [key, child] : *pairs) {
      const std::string name(key.str());
      const auto number = child.value<double>();
      if (std::find(known.begin(), known.end(), name) == known.end())
        UnknownIn(section, name, known, child);
      else if (!number || !std::isfinite(*number))
        Fault("config-value", "number is needed: " + Quoted(name), child);
      else
        words.push_back(name + "=" + Shortest(*number));
    }
    if (!words.empty()) found_[option] = words;
  }

  /// [goal.capacity] actions = 200, per = "day" is --capacity 200/day.
  void CapacityOf(const toml::node& node) {
    const auto* pairs = node.as_table();
    if (pairs == nullptr) return Fault("config-value", "[goal.capacity] holds actions and per", node);
    std::string per = "batch";
    std::optional<double> actions;
    for (const auto& [key, child] : *pairs) {
      const std::string name(key.str());
      if (name == "actions")
        actions = child.value<double>();
      else if (name == "per")
        per = child.value_or(std::string());
      else
        UnknownIn("goal.capacity", name, {"actions", "per"}, child);
    }
    if (!actions || !(*actions > 0)) return Fault("config-value", "[goal.capacity] needs actions above 0", node);
    const auto& periods = Periods();
    if (std::find(periods.begin(), periods.end(), per) == periods.end())
      return Fault("config-value", "per is " + Join(periods, ", ") + ": " + Quoted(per), node);
    found_["--capacity"] = {Shortest(*actions) + "/" + per};
  }

  /// Returns a scalar or a list as the command would type it.
  static std::optional<std::string> TextOf(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return *text;
    if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
    if (const auto whole = node.value_exact<std::int64_t>()) return std::to_string(*whole);
    if (const auto number = node.value_exact<double>()) return Shortest(*number);
    const auto* list = node.as_array();
    if (list == nullptr) return std::nullopt;
    std::vector<std::string> parts;
    for (const auto& item : *list) {
      const auto part = TextOf(item);
      if (!part) return std::nullopt;
      parts.push_back(part->find(',') == std::string::npos ? *part : "\"" + *part + "\"");
    }
    return Join(parts, ",");
  }

  std::string path_;
  TomlFaults faults_{path_};
  Arguments& arguments_;
  bool serves_;
  std::map<std::string, std::vector<std::string>> found_;
  std::string source_;
};

}  // namespace

std::string FindProjectFile() {
  std::error_code failure;
  fs::path folder = fs::current_path(failure);
  for (fs::path up; !failure; folder = up) {
    if (fs::exists(folder / "tagwerk.toml", failure)) {
      const fs::path relative = fs::relative(folder / "tagwerk.toml", failure);
      return relative.empty() ? (folder / "tagwerk.toml").string() : relative.string();
    }
    up = folder.parent_path();
    if (up == folder) break;
  }
  return "";
}

Status TakeProject(const std::string& path, Arguments& arguments) {
  TW_TRY(const std::string bytes, ReadFile(path));
  TW_TRY(const toml::table root, ParseToml(bytes, path));
  return Reader(path, arguments).Read(root, "");
}

std::string FindUserFile() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  std::string folder = variable("XDG_CONFIG_HOME");
  if (folder.empty() && !variable("HOME").empty()) folder = variable("HOME") + "/.config";
  const std::string path = folder + "/tagwerk/config.toml";
  std::error_code ignored;
  return folder.empty() || !fs::exists(path, ignored) ? "" : path;
}

Status TakeServerOfUser(Arguments& arguments) {
  const std::string path = FindUserFile();
  if (path.empty()) return Ok();
  TW_TRY(const std::string bytes, ReadFile(path));
  TW_TRY(const toml::table root, ParseToml(bytes, path));
  return Reader(path, arguments).Read(root, "server");
}

}  // namespace tagwerk::app
