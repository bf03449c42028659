// The verbs that look into the store and move what it holds: models, runs, store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/options.h"
#include "base/context.h"
#include "base/json.h"
#include "base/result.h"
#include "store/models.h"

namespace tagwerk::app {

/// What a verb found or did; `kind` says how it is shown.
struct StoreResponse {
  Json document;
  std::string kind;      ///< first word: list, show, promote, check, ...
  std::string token;     ///< of tokens add: shown once
  bool failed = false;   ///< a gate said no (exit 1)
  bool damaged = false;  ///< store check found problems (exit 3)
  std::vector<Error> warnings;
};

/// models list | show | register | promote | rollback | history | delete
Result<StoreResponse> Models(const Context& context, const Arguments& arguments);
/// runs list | show | compare | export | import | delete
Result<StoreResponse> Runs(const Arguments& arguments);
/// store check | backup | restore | gc | migrate | tokens. `confirmed`: --yes, or a person at the terminal said so.
Result<StoreResponse> StoreVerb(const Arguments& arguments, bool confirmed);

/// Returns the question that must be answered with yes before this is done, or "".
std::string QuestionBefore(const Arguments& arguments);

/// A version that shall get an alias.
struct PromotionRequest {
  store::ModelName version;
  std::string alias = "champion", reason, actor;
  bool force = false;                    ///< also against the gate; needs a reason
  std::optional<std::int64_t> expected;  ///< number of the alias's last change, if nobody may have moved it since
};
struct Promotion {
  store::VersionFacts version;
  Json gate;  ///< as PromotionGate returns it; null for other aliases than champion
  bool promoted = false, forced = false;
};
/// Tests the gate and moves the alias. `arguments` name the store and the project. Errors: option-contradiction, those
/// of SetAlias.
Result<Promotion> PromoteVersion(const Context& context, const Arguments& arguments, store::Store& store,
                                 const PromotionRequest& request);

/// The gate of `models promote`: the gate of the run, better than the baseline, and better than the champion on rows
/// that neither was trained on. Returns {passed, parts: [{name, passed (null: could not be tested), text}]}.
Result<Json> PromotionGate(const Context& context, const Arguments& arguments, const std::string& typed);

}  // namespace tagwerk::app
