// From numbers to the byte codes that forests compare: how many thresholds of the column lie below.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include "learners/trees/forest_model.h"

namespace tagwerk::learners::trees {

/// Branch-free search table of one column, padded to a power of two.
struct Coder {
  std::vector<double> table;
  std::uint8_t Code(double x) const {
    if (std::isnan(x)) return kMissingCode;
    std::size_t at = 0;
    for (std::size_t step = table.size() / 2; step > 0; step /= 2) at += table[at + step - 1] < x ? step : 0;
    return static_cast<std::uint8_t>(at);
  }
  /// The same for kTogether values, whose searches hide each other's waiting.
  static constexpr std::size_t kTogether = 8;
  void Codes(const double* x, std::uint8_t* to, std::size_t stride) const {
    std::uint32_t at[kTogether] = {};
    for (std::size_t step = table.size() / 2; step > 0; step /= 2) {
      const double* last = table.data() + step - 1;
#pragma GCC unroll 8
      for (std::size_t k = 0; k < kTogether; ++k) at[k] += std::uint32_t(last[at[k]] < x[k]) * std::uint32_t(step);
    }
    for (std::size_t k = 0; k < kTogether; ++k)
      to[k * stride] = std::isnan(x[k]) ? kMissingCode : static_cast<std::uint8_t>(at[k]);
  }
};

inline Coder CoderOf(const std::vector<double>& thresholds) {
  Coder coder;
  std::size_t size = 2;
  while (size < thresholds.size() + 1) size *= 2;
  coder.table.assign(size, std::numeric_limits<double>::infinity());
  std::copy(thresholds.begin(), thresholds.end(), coder.table.begin());
  return coder;
}

/// Codes all numeric columns of one row, several columns side by side.
class RowCoder {
 public:
  RowCoder(const std::vector<Coder>& coders, const std::vector<ForestColumn>& columns) {
    std::vector<std::size_t> slots;
    for (std::size_t s = 0; s < coders.size(); ++s) (columns[s].category ? others_ : slots).push_back(s);
    std::stable_sort(slots.begin(), slots.end(),
                     [&](std::size_t a, std::size_t b) { return coders[a].table.size() > coders[b].table.size(); });
    for (std::size_t begin = 0; begin < slots.size(); begin += kTogether) {
      Block block{tables_.size(), coders[slots[begin]].table.size(), std::min(kTogether, slots.size() - begin), {}};
      for (std::size_t k = 0; k < kTogether; ++k) {
        block.slots[k] = slots[std::min(begin + k, slots.size() - 1)];  // the last one stands in for none
        const std::vector<double>& table = coders[block.slots[k]].table;
        tables_.insert(tables_.end(), table.begin(), table.end());
        tables_.resize(block.first + (k + 1) * block.size, std::numeric_limits<double>::infinity());
      }
      blocks_.push_back(block);
    }
  }

  /// Slots of categories.
  const std::vector<std::size_t>& others() const { return others_; }

  /// Writes code and code plus 1 of each numeric slot; `value` gives its number, NaN where it is missing.
  template <class Value>
  void Code(const Value& value, std::uint8_t* codes) const {
    for (const Block& block : blocks_) {
      const double* tables = tables_.data() + block.first;
      double x[kTogether];
      std::uint32_t at[kTogether];
#pragma GCC unroll 8
      for (std::size_t k = 0; k < kTogether; ++k) {
        x[k] = value(block.slots[k]);
        at[k] = std::uint32_t(k * block.size);
      }
      for (std::size_t step = block.size / 2; step > 0; step /= 2)
#pragma GCC unroll 8
        for (std::size_t k = 0; k < kTogether; ++k)
          at[k] += std::uint32_t(tables[at[k] + step - 1] < x[k]) * std::uint32_t(step);
      for (std::size_t k = 0; k < block.used; ++k) {
        std::uint8_t* to = codes + 2 * block.slots[k];
        to[0] = std::isnan(x[k]) ? kMissingCode : static_cast<std::uint8_t>(at[k] - k * block.size);
        to[1] = static_cast<std::uint8_t>(to[0] + 1);
      }
    }
  }

 private:
  static constexpr std::size_t kTogether = 8;
  struct Block {
    std::size_t first, size, used;  ///< of its tables, of each table, of its slots
    std::array<std::size_t, kTogether> slots;
  };
  std::vector<Block> blocks_;
  std::vector<std::size_t> others_;
  std::vector<double> tables_;
};

}  // namespace tagwerk::learners::trees
