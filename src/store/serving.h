// What a server needs from the store: who may do what, which model files stand for which name, whether any of that
// has changed, and a place for predictions and labels. A Store may be shared by threads; every call here is one short
// statement or transaction, and reads never wait for writers.
//
//   TW_TRY(auto store, Store::Open(location, Access::kWrite));
//   TW_TRY(const std::int64_t seen, RegistryChanges(*store));        // microseconds; ask as often as wanted
//   TW_TRY(const auto versions, ListVersions(*store));               // when it differs from before
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/store.h"
#include "store/tokens.h"

namespace tagwerk::store {

struct TokenKey {
  std::string sha256, name;
  std::uint8_t scopes = 0;  ///< admin brings the others along
  bool operator==(const TokenKey&) const = default;
};
struct TokenKeys {
  bool any = false;  ///< one was given out and not revoked: else loopback is open and public addresses are refused
  std::vector<TokenKey> valid;
  bool operator==(const TokenKeys&) const = default;
};
/// Returns the tokens that are neither revoked nor expired. `now` is Unix time.
Result<TokenKeys> ReadTokenKeys(Store& store, double now);

/// A number that grows with every change of models, versions, aliases and deployments.
Result<std::int64_t> RegistryChanges(Store& store);

struct FeedbackItem {
  std::string key;          ///< prediction_id, or id of the row
  bool is_row_id = false;   ///< true: key is the id of the row
  Json actual;              ///< the label: text, number or boolean
  std::string observed_at;  ///< RFC 3339 UTC with milliseconds; "" = now
  double weight = 1;
};
struct FeedbackOutcome {
  std::int64_t accepted = 0;     ///< new
  std::int64_t repeated = 0;     ///< the same key and value were there: no effect
  std::int64_t conflicting = 0;  ///< of the accepted: another value was there; the later observed_at counts
};
/// Adds labels, all or none.
Result<FeedbackOutcome> AppendFeedback(Store& store, const std::string& model, const std::vector<FeedbackItem>& items);

/// One closed file of the prediction log.
struct PredictionSegment {
  std::string path;  ///< relative to the store's folder: predictions/<model>/<version>/date=YYYY-MM-DD/x.parquet
  std::string model;
  std::int64_t version = 0;  ///< 0: a file that is not registered
  std::int64_t rows = 0;
  std::uint64_t bytes = 0;
  std::string sha256;          ///< "" = not computed
  double first = 0, last = 0;  ///< Unix times of its predictions
};
/// Makes a file that was written whole known; the same path again replaces what was said of it.
Status AppendSegment(Store& store, const PredictionSegment& segment);

}  // namespace tagwerk::store
