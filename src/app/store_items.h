// Facts of the store as items of JSON, as the verbs print them and the server answers them. Without paths of this
// machine: verbs add those.
#pragma once

#include "base/json.h"
#include "store/models.h"
#include "store/runs.h"
#include "store/tokens.h"

namespace tagwerk::app {

/// A text, or null for none.
Json TextOrNull(const std::string& text);
/// A number, or null where it is not finite.
Json NumberOrNull(double value);

Json VersionItem(const store::VersionFacts& facts);
Json RunItem(const store::RunFacts& facts);
/// `now`: Unix time, for the state.
Json TokenItem(const store::TokenFacts& facts, double now);
/// What can learn: id, title, sentence, tasks, parameters with range and default; one item a learner.
Json LearnerItems();

}  // namespace tagwerk::app
