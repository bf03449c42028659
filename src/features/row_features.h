// Features of one row at a time without a table around it: what a server does thousands of times a second. The bits are
// those of FittedFeatures::Apply for a table of that row; nothing that a row needs is allocated anew, but for texts.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/constants.h"
#include "features/features.h"
#include "features/input.h"
#include "features/transform.h"

namespace tagwerk::features {

/// One cell, as a column of this storage would hold it.
struct Cell {
  table::Storage storage = table::Storage::kDouble;
  double number = kNaN;
  std::int64_t time = table::kMissingTime;
  std::string_view text;  ///< data() null: missing
};

/// Space of one thread; specs and transforms must outlive it.
class RowFeatures {
 public:
  RowFeatures(const std::vector<InputSpec>& specs, const std::vector<TransformPtr>& transforms,
              const std::vector<OutputInfo>& outputs);
  RowFeatures(const RowFeatures&) = delete;
  RowFeatures& operator=(const RowFeatures&) = delete;

  const std::vector<InputSpec>& specs() const { return specs_; }
  /// Sets the cell of an input (a place in specs()); the text is copied.
  void Set(std::size_t input, const Cell& cell);
  /// Whether an input holds a category that training never saw.
  bool IsUnseen(std::size_t input) const {
    const std::vector<std::int32_t>& levels = columns_[input].levels;
    return !levels.empty() && levels[0] == kUnseenLevel;
  }
  /// Returns the matrix of the row whose cells are set; it holds until the next call.
  const model::Matrix& Make();

 private:
  struct Step {
    const Transform* transform;
    std::size_t output;
  };
  /// The vectors that columns_ show.
  struct Held {
    std::shared_ptr<std::vector<double>> number;
    std::shared_ptr<std::vector<std::int64_t>> time;
    std::shared_ptr<std::vector<std::int32_t>> code;
    std::shared_ptr<table::Dictionary> text;
  };
  void SetText(std::size_t input, std::string_view text);

  const std::vector<InputSpec>& specs_;
  std::vector<Held> held_;
  std::vector<InputColumn> columns_;
  std::vector<Step> steps_;  ///< transforms that do more than show their input
  model::Matrix matrix_;
};

}  // namespace tagwerk::features
