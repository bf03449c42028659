// Help texts, generated from the tables of verbs, options, learners and metrics.
#pragma once

#include <string>

#include "app/options.h"

namespace tagwerk::cli {

std::string OverviewHelp();
std::string VerbHelp(const app::VerbSpec& verb);
std::string LearnersHelp();
std::string MetricsHelp();

}  // namespace tagwerk::cli
