// Answers that are given again when a request with an Idempotency-Key comes again.
#pragma once

#include <optional>
#include <string>

#include "store/store.h"

namespace tagwerk::store {

inline constexpr double kAnswerSeconds = 24 * 3600;  ///< how long an answer is kept

struct KeptAnswer {
  std::string request_sha256;  ///< of the request that was answered
  std::string answer;          ///< as it was given to KeepAnswer
};

/// Finds the answer of a caller's key that is not older than a day at `now` (Unix time).
Result<std::optional<KeptAnswer>> FindAnswer(Store& store, const std::string& caller, const std::string& key_sha256,
                                             double now);
/// Keeps an answer and forgets those older than a day; part of the transaction that it is called in.
Status KeepAnswer(Store& store, const std::string& caller, const std::string& key_sha256, const KeptAnswer& answer,
                  double now);

}  // namespace tagwerk::store
