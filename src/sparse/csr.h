// Sparse rows: compressed sparse row storage of floats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tagwerk::sparse {

/// Row r holds index[k], value[k] for k in [start[r], start[r + 1]). Indices of a row are distinct and
/// below `width`; their order is fixed by whoever made the row.
struct Csr {
  std::vector<std::uint64_t> start = {0};
  std::vector<std::uint32_t> index;
  std::vector<float> value;
  std::uint32_t width = 0;

  std::size_t rows() const { return start.size() - 1; }
  std::span<const std::uint32_t> indices(std::size_t r) const {
    return {index.data() + start[r], std::size_t(start[r + 1] - start[r])};
  }
  std::span<const float> values(std::size_t r) const {
    return {value.data() + start[r], std::size_t(start[r + 1] - start[r])};
  }
  void EndRow() { start.push_back(index.size()); }
  std::uint64_t bytes() const { return start.size() * 8 + index.size() * 4 + value.size() * 4; }
};

/// A column of a matrix whose cells are sparse vectors. Rows that hold the same thing share a CSR row.
struct Block {
  Csr csr;
  std::vector<std::uint32_t> row_of;  ///< CSR row of each matrix row
};

}  // namespace tagwerk::sparse
