// The verb serve: one line when the server is ready, log lines on stderr, the end by a signal.
#include "serve/serve.h"

#include <mutex>

#include "base/text.h"
#include "cli/progress.h"
#include "cli/serve.h"

namespace tagwerk::cli {

Result<int> Serve(const app::Arguments& arguments, const Settings& settings, const Stream& out, const Stream& err,
                  const Interrupts& interrupts) {
  TW_TRY(const serve::ServeOptions options, serve::ServeOptionsFrom(arguments, settings.threads, settings.verbose));
  Pool pool(1);  // runs inline: threads of the server do not wait for each other
  Context context;
  context.pool = &pool;
  context.memory_limit = settings.memory;
  context.seed = settings.seed;
  std::mutex mutex;
  context.listener = [&](const Event& event) {
    if (settings.quiet) return;
    const std::string line = LogLine(event, settings.json_lines);
    const std::lock_guard lock(mutex);
    err.Write(line);
  };
  TW_TRY(const auto server, serve::ModelServer::Start(context, options));
  out.Write(settings.json ? DumpJson(server->Ready()) + "\n" : server->ReadyText() + "\n");
  server->Run(interrupts.first, &interrupts.second);
  return 0;
}

}  // namespace tagwerk::cli
