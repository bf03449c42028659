// The verb serve.
#pragma once

#include "app/options.h"
#include "cli/command.h"
#include "cli/settings.h"
#include "cli/streams.h"

namespace tagwerk::cli {

/// Serves until a signal; returns the exit code 0. Errors: those of serve::ServeOptionsFrom and ModelServer::Start.
Result<int> Serve(const app::Arguments& arguments, const Settings& settings, const Stream& out, const Stream& err,
                  const Interrupts& interrupts);

}  // namespace tagwerk::cli
