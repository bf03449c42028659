// Which resource a path names.
#pragma once

#include <string>
#include <string_view>

#include "serve/access.h"
#include "serve/http.h"

namespace tagwerk::serve {

enum class Resource : std::uint8_t {
  kNone,
  kLive,           ///< /v2/health/live
  kReady,          ///< /v2/health/ready
  kServer,         ///< /v2
  kModelReady,     ///< /v2/models/NAME[/versions/V]/ready
  kModelMetadata,  ///< /v2/models/NAME[/versions/V]
  kInfer,          ///< /v2/models/NAME[/versions/V]/infer
  kPredict,        ///< /v1/models/NAME[/versions/V]/predict
  kExplain,        ///< /v1/models/NAME[/versions/V]/explain
  kWhatIf,         ///< /v1/models/NAME[/versions/V]/whatif
  kModels,         ///< /v1/models
  kModel,          ///< /v1/models/NAME[/versions/V]
  kFeedback,       ///< /v1/feedback
  kInvocations,    ///< /invocations
  kPing,           ///< /ping, /health
  kVersion,        ///< /version
  kMetrics,        ///< /metrics
  kOpenApi,        ///< /openapi.json
  kStore,          ///< what the store holds: admin_route.h
};

struct Route {
  Resource resource = Resource::kNone;
  std::string name, version;  ///< decoded; version empty where the path has none
  Scope scope = Scope::kRead;
  bool post = false;  ///< POST, else GET and HEAD
};

/// Cuts the next segment off a path.
std::string_view TakeSegment(std::string_view& left);
/// Finds the resource; kNone for everything else, malformed escapes included. `route` is reused.
void FindRoute(std::string_view path, Route& route);

}  // namespace tagwerk::serve
