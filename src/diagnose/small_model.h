// One small boosting for questions of the diagnosis: fitted on some rows, scoring others.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "base/task.h"
#include "model/model.h"
#include "table/table.h"

namespace tagwerk::diagnose {

struct SmallInput {
  const table::Table* table = nullptr;
  std::vector<std::size_t> columns;
  std::span<const double> y;  ///< over all rows of the table
  Task task = Task::kBinary;
  int num_classes = 2;
};

struct SmallFit {
  std::vector<double> scores;  ///< of the rows asked for: x classes, or one
  std::vector<double> gain;    ///< by input column
  std::shared_ptr<const model::Model> model;
  std::shared_ptr<const model::Matrix> matrix;  ///< over all rows of the table
};

/// 60 trees of 15 leaves, features fitted on the training rows only.
Result<SmallFit> FitSmall(const Context& context, const SmallInput& input, const table::Rows& train,
                          const table::Rows& score);

/// Scores of the same rows when the values of one input column are shuffled among them.
std::vector<double> ScoresShuffled(const SmallFit& fit, std::size_t input_column, const table::Rows& score,
                                   std::uint64_t seed);

}  // namespace tagwerk::diagnose
