// One row at a time without a table around it: what a server does thousands of times a second. The bits are those of
// Pipeline::Predict for a table of that row.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "features/row_features.h"
#include "pipeline/pipeline.h"

namespace tagwerk::pipeline {

/// Scratch space of one thread. The pipeline must outlive it.
class SingleRow {
 public:
  /// Null when some features of the pipeline can only be made for tables.
  static std::unique_ptr<SingleRow> Make(const Pipeline& pipeline);

  /// The cells of the row, one for each input in the pipeline's order. Texts must live until Predict returns.
  std::span<features::Cell> cells() { return cells_; }
  /// Predicts the row that lies in cells(). `out` is reused; of its report only new categories are filled in.
  void Predict(double level, Predictions& out);

 private:
  /// Features of one recipe, and where their inputs lie among the cells.
  struct Recipe {
    const features::FittedFeatures* fitted = nullptr;
    std::unique_ptr<features::RowFeatures> row;
    std::vector<std::size_t> cells;
    const model::Matrix* matrix = nullptr;
  };

  explicit SingleRow(const Pipeline& pipeline) : pipeline_(pipeline) {}
  bool Prepare();
  bool Find(const Member& member, std::size_t& recipe);
  void Fill(Recipe& recipe);
  void Report(const Recipe& recipe, features::ApplyReport& report) const;
  double SpreadOf(const Member& member, std::size_t recipe, double sign);

  const Pipeline& pipeline_;
  std::vector<features::Cell> cells_;
  std::vector<Recipe> recipes_;                ///< those of the members first
  std::vector<std::size_t> of_member_;         ///< recipe of each member
  std::size_t member_recipes_ = 0;             ///< recipes that members have
  std::size_t spread_ = 0, spread_below_ = 0;  ///< recipes
  std::vector<double> scratch_, weights_;
  std::vector<std::span<const double>> parts_;
};

}  // namespace tagwerk::pipeline
