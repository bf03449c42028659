// Findings: names, JSON both ways, order; see finding.h.
#include "profile/finding.h"

#include <algorithm>

namespace tagwerk::profile {
namespace {

constexpr std::string_view kSeverities[] = {"critical", "warning", "note"};
constexpr std::string_view kActions[] = {"left_out", "set_aside", "encoded", "imputed", "converted", "kept"};

template <std::size_t N>
std::uint8_t IndexOf(const std::string_view (&names)[N], const Json& json, const char* member, std::uint8_t otherwise) {
  const auto at = json.find(member);
  if (at == json.end() || !at->is_string()) return otherwise;
  const std::string name = at->get<std::string>();
  for (std::uint8_t i = 0; i < N; ++i) {
    if (names[i] == name) return i;
  }
  return otherwise;
}

std::string Text(const Json& json, const char* member) {
  const auto at = json.find(member);
  return at != json.end() && at->is_string() ? at->get<std::string>() : "";
}

std::int64_t Whole(const Json& json, const char* member) {
  const auto at = json.find(member);
  return at != json.end() && at->is_number() ? at->get<std::int64_t>() : 0;
}

Json Object(const Json& json, const char* member) {
  const auto at = json.find(member);
  return at != json.end() && at->is_object() ? *at : Json::object();
}

}  // namespace

std::string_view SeverityName(Severity severity) { return kSeverities[std::size_t(severity)]; }
std::string_view ActionName(Action action) { return kActions[std::size_t(action)]; }

Json FindingJson(const Finding& finding) {
  Json json = Json::object();
  json["id"] = finding.id;
  json["severity"] = SeverityName(finding.severity);
  json["columns"] = finding.columns;
  json["rows"] = finding.rows;
  Json examples = Json::array();
  for (const Example& e : finding.examples) {
    examples.push_back({{"file", e.file}, {"line", e.line > 0 ? Json(e.line) : Json()}, {"value", e.value}});
  }
  json["examples"] = std::move(examples);
  json["evidence"] = finding.evidence;
  json["action"] = ActionName(finding.action);
  json["text_key"] = finding.text_key;
  json["text_values"] = finding.text_values;
  json["text"] = finding.text;
  json["brief"] = finding.brief;
  json["override"] = finding.override_option;
  json["suspect"] = finding.suspect;
  return json;
}

Finding FindingFromJson(const Json& json) {
  Finding finding;
  finding.id = Text(json, "id");
  finding.severity = Severity(IndexOf(kSeverities, json, "severity", std::uint8_t(Severity::kNote)));
  if (const auto at = json.find("columns"); at != json.end() && at->is_array()) {
    for (const Json& column : *at) {
      if (column.is_string()) finding.columns.push_back(column.get<std::string>());
    }
  }
  finding.rows = Whole(json, "rows");
  if (const auto at = json.find("examples"); at != json.end() && at->is_array()) {
    for (const Json& e : *at) finding.examples.push_back({Text(e, "file"), Whole(e, "line"), Text(e, "value")});
  }
  finding.evidence = Object(json, "evidence");
  finding.action = Action(IndexOf(kActions, json, "action", std::uint8_t(Action::kKept)));
  finding.text_key = Text(json, "text_key");
  finding.text_values = Object(json, "text_values");
  finding.text = Text(json, "text");
  finding.brief = Text(json, "brief");
  finding.override_option = Text(json, "override");
  const auto suspect = json.find("suspect");
  finding.suspect = suspect != json.end() && suspect->is_boolean() && suspect->get<bool>();
  return finding;
}

void SortFindings(std::vector<Finding>& findings) {
  const auto rank = [](const Finding& f) {
    const bool leakage = f.id.rfind("leakage.", 0) == 0;
    return 4 * int(f.severity) + (leakage ? (f.suspect ? 1 : 0) : 2);
  };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const Finding& a, const Finding& b) { return rank(a) < rank(b); });
}

}  // namespace tagwerk::profile
