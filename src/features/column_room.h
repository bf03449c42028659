// Where transforms write: new vectors for a table; for one row after another the vectors of the row before.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/matrix.h"

namespace tagwerk::features {

template <class T>
std::vector<T>& RoomIn(std::shared_ptr<const std::vector<T>>& held, std::size_t rows) {
  if (held != nullptr && held.use_count() == 1) {
    // What nobody else holds was made below, not const.
    auto& again = const_cast<std::vector<T>&>(*held);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    again.resize(rows);
    return again;
  }
  auto made = std::make_shared<std::vector<T>>(rows);
  held = made;
  return *made;
}

/// Numbers of a column that a transform writes anew; what they are before is not told. Not for columns whose vector
/// came from elsewhere.
inline std::vector<double>& NumbersIn(model::MatrixColumn& column, std::size_t rows) {
  return RoomIn(column.numeric, rows);
}
/// The same for codes.
inline std::vector<std::int32_t>& CodesIn(model::MatrixColumn& column, std::size_t rows) {
  return RoomIn(column.codes, rows);
}

}  // namespace tagwerk::features
