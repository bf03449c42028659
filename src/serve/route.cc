#include "serve/route.h"

#include <array>

namespace tagwerk::serve {
namespace {

struct Fixed {
  std::string_view path;
  Resource resource;
  Scope scope;
  bool post;
};
constexpr std::array<Fixed, 11> kFixed{{{"/v2", Resource::kServer, Scope::kRead, false},
                                        {"/v2/health/live", Resource::kLive, Scope::kOpen, false},
                                        {"/v2/health/ready", Resource::kReady, Scope::kOpen, false},
                                        {"/v1/models", Resource::kModels, Scope::kRead, false},
                                        {"/v1/feedback", Resource::kFeedback, Scope::kPredict, true},
                                        {"/ping", Resource::kPing, Scope::kOpen, false},
                                        {"/health", Resource::kPing, Scope::kOpen, false},
                                        {"/version", Resource::kVersion, Scope::kOpen, false},
                                        {"/invocations", Resource::kInvocations, Scope::kPredict, true},
                                        {"/metrics", Resource::kMetrics, Scope::kRead, false},
                                        {"/openapi.json", Resource::kOpenApi, Scope::kRead, false}}};

struct OfModel {
  std::string_view action;
  bool inference;  ///< below /v2, else below /v1
  Resource resource;
  Scope scope;
  bool post;
};
constexpr std::array<OfModel, 7> kOfModel{{{"infer", true, Resource::kInfer, Scope::kPredict, true},
                                           {"ready", true, Resource::kModelReady, Scope::kRead, false},
                                           {"", true, Resource::kModelMetadata, Scope::kRead, false},
                                           {"predict", false, Resource::kPredict, Scope::kPredict, true},
                                           {"explain", false, Resource::kExplain, Scope::kPredict, true},
                                           {"whatif", false, Resource::kWhatIf, Scope::kPredict, true},
                                           {"", false, Resource::kModel, Scope::kRead, false}}};

}  // namespace

std::string_view TakeSegment(std::string_view& left) {
  const std::size_t end = left.find('/');
  const std::string_view segment = left.substr(0, end);
  left = end == std::string_view::npos ? std::string_view() : left.substr(end + 1);
  return segment;
}

void FindRoute(std::string_view path, Route& route) {
  route.resource = Resource::kNone;
  route.name.clear();
  route.version.clear();
  route.scope = Scope::kRead;
  route.post = false;
  constexpr std::string_view kModels = "/models/";
  const bool inference = path.starts_with("/v2");
  if ((inference || path.starts_with("/v1")) && path.substr(3).starts_with(kModels)) {
    std::string_view left = path.substr(3 + kModels.size());
    if (!PercentDecode(TakeSegment(left), route.name) || route.name.empty()) return;
    std::string_view action = TakeSegment(left);
    if (action == "versions") {
      if (!PercentDecode(TakeSegment(left), route.version) || route.version.empty()) return;
      action = TakeSegment(left);
    }
    if (!left.empty() || (path.ends_with('/'))) return;
    for (const OfModel& entry : kOfModel) {
      if (entry.inference != inference || entry.action != action) continue;
      route.resource = entry.resource;
      route.scope = entry.scope;
      route.post = entry.post;
      return;
    }
    return;
  }
  for (const Fixed& entry : kFixed) {
    if (entry.path != path) continue;
    route.resource = entry.resource;
    route.scope = entry.scope;
    route.post = entry.post;
    return;
  }
}

}  // namespace tagwerk::serve
