#include "app/gate.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace tagwerk::app {

namespace {

Error BadPart(const std::string& part, const std::string& why) {
  return Error(Code::kInvalidArgument, "gate-expression", "gate cannot be read: " + Quoted(part))
      .In("--gate", why)
      .Do("write it like 'auc>=0.7,gain.low>0'");
}

Result<GatePart> ParsePart(const std::string& text, const std::vector<std::string>& known) {
  GatePart part;
  part.text = text;
  const auto sign = text.find_first_of("<>");
  if (sign == std::string::npos) return BadPart(text, "no comparison sign");
  part.sign = text.substr(sign, sign + 1 < text.size() && text[sign + 1] == '=' ? 2 : 1);
  const auto limit = ParseDouble(Trim(text.substr(sign + part.sign.size())));
  if (!limit || !std::isfinite(*limit)) return BadPart(text, "no number after the sign");
  part.limit = *limit;
  part.name = std::string(Trim(text.substr(0, sign)));
  for (const std::string end : {"low", "high"})
    if (part.name.ends_with("." + end)) {
      part.end = end;
      part.name.resize(part.name.size() - end.size() - 1);
    }
  if (part.name != "gain" && std::find(known.begin(), known.end(), part.name) == known.end()) {
    Error error = BadPart(text, "no such metric");
    error.Similar(SimilarNames(part.name, known));
    return error;
  }
  return part;
}

const Json* FindMetric(const Json& metrics, const std::string& name) {
  for (const Json& metric : metrics)
    if (metric.value("name", "") == name) return &metric;
  return nullptr;
}

bool Holds(double value, const std::string& sign, double limit) {
  if (!std::isfinite(value)) return false;
  if (sign == ">=") return value >= limit;
  if (sign == "<=") return value <= limit;
  return sign == ">" ? value > limit : value < limit;
}

}  // namespace

Result<std::vector<GatePart>> ParseGate(const std::string& expression, const std::vector<std::string>& known) {
  std::vector<GatePart> parts;
  for (const std::string& text : SplitList(expression)) {
    TW_TRY(GatePart part, ParsePart(text, known));
    parts.push_back(std::move(part));
  }
  return parts;
}

Json CheckGate(const std::string& expression, const std::vector<GatePart>& parts, const Json& metrics,
               const Json& comparison) {
  Json out = {{"expression", expression}, {"passed", true}, {"parts", Json::array()}};
  for (const GatePart& part : parts) {
    const bool gain = part.name == "gain";
    const Json* source = gain ? (comparison.is_object() ? &comparison : nullptr) : FindMetric(metrics, part.name);
    const std::string member = !part.end.empty() ? part.end : gain ? "difference" : "value";
    double value = std::nan("");
    if (source != nullptr && source->contains(member) && (*source)[member].is_number())
      value = (*source)[member].get<double>();
    const bool passed = Holds(value, part.sign, part.limit);
    out["parts"].push_back({{"text", part.text}, {"value", value}, {"limit", part.limit}, {"passed", passed}});
    if (!passed) out["passed"] = false;
  }
  return out;
}

}  // namespace tagwerk::app
