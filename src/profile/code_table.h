// Codes of values in the order in which they are met.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/random.h"

namespace tagwerk::profile {

/// Open addressing from a value's bits to its code.
class CodeTable {
 public:
  CodeTable() : keys_(1024), codes_(1024, -1) {}
  std::int32_t CodeOf(std::uint64_t key) {
    std::size_t at = Mix64(key) & (keys_.size() - 1);
    while (codes_[at] >= 0 && keys_[at] != key) at = (at + 1) & (keys_.size() - 1);
    if (codes_[at] >= 0) return codes_[at];
    keys_[at] = key;
    codes_[at] = size_++;
    if (2 * std::size_t(size_) > keys_.size()) Grow();
    return size_ - 1;
  }
  std::int32_t size() const { return size_; }

 private:
  void Grow() {
    std::vector<std::uint64_t> keys(keys_.size() * 2);
    std::vector<std::int32_t> codes(keys.size(), -1);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (codes_[i] < 0) continue;
      std::size_t at = Mix64(keys_[i]) & (keys.size() - 1);
      while (codes[at] >= 0) at = (at + 1) & (keys.size() - 1);
      keys[at] = keys_[i];
      codes[at] = codes_[i];
    }
    keys_.swap(keys);
    codes_.swap(codes);
  }
  std::vector<std::uint64_t> keys_;
  std::vector<std::int32_t> codes_;
  std::int32_t size_ = 0;
};

}  // namespace tagwerk::profile
