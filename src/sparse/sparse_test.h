// What the tests of this folder share.
#pragma once

#include <gtest/gtest.h>

#include "base/context.h"
#include "sparse/csr.h"

namespace tagwerk::sparse::testing {

struct Bench {
  Bench() { context.pool = &pool; }
  Pool pool{1};
  Context context;
};

/// 40 rows with a quarter of the entries set; the same in the notes beside the expected numbers.
inline Csr Example(std::uint32_t width = 12) {
  Csr x;
  x.width = width;
  for (std::uint32_t i = 0; i < 40; ++i) {
    for (std::uint32_t j = 0; j < width; ++j) {
      const std::uint32_t h = (i * 7919 + j * 104729 + (i * j) * 31) % 997;
      if (h % 4 != 0) continue;
      x.index.push_back(j);
      x.value.push_back(float((int(h % 13) - 6) / 6.0));
    }
    x.EndRow();
  }
  return x;
}

}  // namespace tagwerk::sparse::testing
