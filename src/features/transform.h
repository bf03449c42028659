// Transform: one fitted step from input columns to matrix columns. The apply halves are in one file per
// kind (numeric, category, date, text, target_encoding); fitting is declared in fit.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "features/input.h"
#include "model/archive.h"
#include "model/matrix.h"

namespace tagwerk::features {

/// Numbers in the model file: append only.
enum class Kind : std::uint8_t {
  kNumber = 1,  ///< numbers as they are
  kScaled = 2,  ///< another transform, imputed, scaled and clipped, with missing indicators
  kFlag = 3,    ///< boolean strings as 0 / 1
  kCodes = 4,   ///< native categories
  kCount = 5,   ///< log(1 + how often the level occurred in training)
  kTarget = 6,  ///< smoothed target mean by level
  kDateParts = 7,
  kDateCycles = 8,
  kDateDifference = 9,
  kTextShape = 10,    ///< length, words, share of digits
  kTextNumber = 11,   ///< first number in a string
  kTextWords = 12,    ///< sparse vectors of words and runs of characters
  kTextSummary = 13,  ///< topics and scores of these vectors
  kTextStyle = 14,    ///< shares of capitals and symbols
  kArithmetic = 15,   ///< two numbers combined
  kCross = 16,        ///< smoothed target mean by two levels
  kSplitDate = 17,    ///< parts of a date that is split over columns
};

struct OutputInfo {
  std::string name;
  std::int32_t source = -1;         ///< input index, -1: several
  std::int32_t num_categories = 0;  ///< > 0: a column of codes
  bool sparse = false;              ///< a column of sparse vectors
  bool from_model = false;          ///< see model::MatrixColumn
};

class Transform {
 public:
  virtual ~Transform() = default;
  virtual Kind kind() const = 0;
  virtual std::vector<OutputInfo> Outputs(const std::vector<InputSpec>& inputs) const = 0;
  /// Sets `numeric`, `codes` or `sparse` of out[0], out[1], ... in the order of Outputs(). Row by row: a value
  /// depends on its own row only.
  virtual void Apply(const std::vector<InputSpec>& specs, const std::vector<InputColumn>& inputs, std::size_t rows,
                     model::MatrixColumn* out) const = 0;
  virtual void Save(model::ByteWriter& writer) const = 0;
};
using TransformPtr = std::unique_ptr<const Transform>;

/// Writes the kind, then the transform.
void SaveTransform(const Transform& transform, model::ByteWriter& writer);
/// Reads what SaveTransform wrote; null after a fault of the reader. Inputs it names are checked.
TransformPtr LoadTransform(model::ByteReader& reader, const std::vector<InputSpec>& inputs, bool allow_scaled = true);

/// Reads an input index and checks that the column has the storage.
std::uint32_t LoadInputIndex(model::ByteReader& reader, const std::vector<InputSpec>& inputs, table::Storage wanted,
                             bool needs_levels = false);

}  // namespace tagwerk::features
