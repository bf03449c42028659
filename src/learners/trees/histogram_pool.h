// Histograms that are used again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace tagwerk::learners::trees {

/// Histograms of `words` words each, at most as many as `bytes` hold, but three at least.
template <class Word>
class HistogramPool {
 public:
  HistogramPool(std::size_t words, std::size_t bytes)
      : words_(words), most_(std::max<std::size_t>(3, bytes / std::max<std::size_t>(1, words * sizeof(Word)))) {}

  /// All are free again.
  void Reset() {
    free_.clear();
    for (const auto& buffer : buffers_) free_.push_back(buffer.get());
  }
  std::size_t most() const { return most_; }
  bool used_up() const { return free_.empty() && buffers_.size() >= most_; }
  /// One that is free, or a new one; of any content.
  Word* Acquire() {
    if (free_.empty()) {
      buffers_.push_back(std::make_unique_for_overwrite<Word[]>(words_));
      return buffers_.back().get();
    }
    Word* taken = free_.back();
    free_.pop_back();
    return taken;
  }
  /// Gives one back; null is let be.
  void Release(Word*& histogram) {
    if (histogram != nullptr) free_.push_back(std::exchange(histogram, nullptr));
  }

 private:
  std::size_t words_, most_;
  std::vector<std::unique_ptr<Word[]>> buffers_;
  std::vector<Word*> free_;
};

}  // namespace tagwerk::learners::trees
