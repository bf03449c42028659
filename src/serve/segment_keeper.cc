#include "serve/segment_keeper.h"

#include <filesystem>

namespace tagwerk::serve {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostWaiting = 10'000;  ///< files that a store in trouble does not know of yet
constexpr double kPerSecond = 1e6;

/// Returns a path relative to a folder that it lies in, else "".
std::string Inside(const std::string& path, const std::string& folder) {
  std::error_code failure;
  const fs::path near = fs::weakly_canonical(path, failure).lexically_relative(fs::weakly_canonical(folder, failure));
  return failure || near.empty() || *near.begin() == ".." ? "" : near.generic_string();
}

}  // namespace

void SegmentKeeper::Tell(const SegmentFacts& facts) {
  if (location_.path.empty()) return;
  store::PredictionSegment segment;
  segment.path = Inside(facts.path, location_.Folder());
  if (segment.path.empty()) return;
  segment.model = facts.model;
  segment.version = unregistered_.contains(facts.model) ? 0 : facts.version;
  segment.rows = facts.rows;
  segment.bytes = facts.bytes;
  segment.first = double(facts.first) / kPerSecond;
  segment.last = double(facts.last) / kPerSecond;
  waiting_.push_back(std::move(segment));
  if (waiting_.size() > kMostWaiting) waiting_.pop_front();
  Flush();
}

void SegmentKeeper::Flush() {
  while (!waiting_.empty()) {
    const Status told = Append(waiting_.front());
    if (!told) return trouble_.Tell(context_, told.error());
    trouble_.Over();
    waiting_.pop_front();
  }
}

Status SegmentKeeper::Append(const store::PredictionSegment& segment) {
  TW_TRY(const auto store, writer_.Get());
  return store::AppendSegment(*store, segment);
}

}  // namespace tagwerk::serve
