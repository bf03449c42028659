// Tells the store of the prediction log's files: those that lie in the store's folder.
#pragma once

#include <deque>
#include <set>
#include <string>

#include "base/context.h"
#include "serve/log_segment.h"
#include "serve/store_link.h"
#include "store/serving.h"

namespace tagwerk::serve {

class SegmentKeeper {
 public:
  /// `writer` and `context` must outlive this; `unregistered` are names that are served from files. An empty path of
  /// the store: nothing is told.
  SegmentKeeper(const Context& context, StoreWriter& writer, const store::Location& location,
                std::set<std::string> unregistered)
      : context_(context), writer_(writer), location_(location), unregistered_(std::move(unregistered)) {}
  /// Makes a closed file known. What the store does not take now is tried again with the next one. All calls from one
  /// thread at a time.
  void Tell(const SegmentFacts& facts);
  /// Tries again what is left.
  void Flush();

 private:
  Status Append(const store::PredictionSegment& segment);

  const Context& context_;
  StoreWriter& writer_;
  store::Location location_;
  std::set<std::string> unregistered_;
  std::deque<store::PredictionSegment> waiting_;
  Trouble trouble_{"predictions"};
};

}  // namespace tagwerk::serve
