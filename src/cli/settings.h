// What the command line and the environment say about the process itself: threads, memory, seed, streams.
#pragma once

#include <string>

#include "app/options.h"
#include "base/result.h"
#include "cli/streams.h"

namespace tagwerk::cli {

struct Settings {
  int threads = 1;
  std::uint64_t memory = 0;
  std::string memory_text;
  std::uint64_t seed = 0;
  bool json = false, quiet = false, verbose = false, progress = true, json_lines = false;
  std::string log_file, color = "auto";
};

/// Resolves options over environment over defaults. Errors: option-value.
Result<Settings> ResolveSettings(const app::Arguments& arguments);
/// Fills options that were not typed from TAGWERK_* (budget, lang); returns warnings for unknown variables.
std::string TakeEnvironment(app::Arguments& arguments);

}  // namespace tagwerk::cli
