// Matrix: row lists.
#include "model/matrix.h"

#include <numeric>

namespace tagwerk::model {

Rows AllRows(std::size_t n) {
  Rows rows(n);
  std::iota(rows.begin(), rows.end(), RowIndex{0});
  return rows;
}

}  // namespace tagwerk::model
