// Tells systemd (Type=notify) that the service is ready, or ends; without systemd nothing happens.
#pragma once

#include <string_view>

namespace tagwerk::serve {

void NotifySystemd(std::string_view state);  ///< "READY=1", "STOPPING=1"

}  // namespace tagwerk::serve
