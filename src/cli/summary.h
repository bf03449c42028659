// The texts that go to stdout: the run's summary, evaluation, profile, model. Never wider than 80 columns.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/streams.h"

namespace tagwerk::cli {

/// Returns the summary of a finished run (experience.md 1.2).
std::string RunSummary(const Json& run, const std::string& folder, const Stream& stream, bool quiet);
std::string EvaluationText(const Json& evaluation);
std::string ProfileText(const Json& profile, const Stream& stream);
/// One line a test: ok or fail, the statement, what was seen; quiet leaves out those that hold.
std::string TestText(const Json& tests, const Stream& stream, bool quiet);
std::string ModelText(const Json& manifest);
std::string ImportText(const Json& document);

}  // namespace tagwerk::cli
