#include "diagnose/small_model.h"

#include <utility>

#include "base/random.h"
#include "features/features.h"
#include "learners/catalog.h"

namespace tagwerk::diagnose {

Result<SmallFit> FitSmall(const Context& context, const SmallInput& input, const table::Rows& train,
                          const table::Rows& score) {
  features::FitInput fit;
  fit.table = input.table;
  fit.columns = input.columns;
  fit.train_rows = train;
  fit.y = input.y;
  fit.task = input.task;
  fit.num_classes = input.task == Task::kRegression ? 0 : input.num_classes;
  fit.seed = context.seed;
  TW_TRY(const features::FitOutput made, features::FitFeatures(context, model::Recipe::kTree, fit));
  TW_TRY(const model::LearnerDescriptor* learner, learners::FindLearner("gradient_boosting"));
  model::TrainingData data;
  data.task = input.task;
  data.num_classes = fit.num_classes;
  data.x = made.matrix.get();
  data.y = input.y;
  data.train_rows = train;
  model::Parameters parameters;
  for (const auto& [name, value] : {std::pair{"n_estimators", 60.0},
                                    {"max_leaf_nodes", 15.0},
                                    {"learning_rate", 0.1},
                                    {"early_stopping", 0.0},
                                    {"max_bins", 63.0}})
    parameters.Set(name, value);
  TW_TRY(model::Fitted fitted, learner->fit(context, data, parameters));
  SmallFit out;
  out.scores.resize(score.size() * std::size_t(fitted.model->num_outputs()));
  fitted.model->Predict(*made.matrix, score, out.scores);
  out.gain.assign(input.columns.size(), 0);
  const Json summary = fitted.model->Summary();
  for (const Json& entry : summary["importance"]) {
    const auto source = made.matrix->column(entry["column"].get<std::size_t>()).source;
    if (source >= 0 && std::size_t(source) < out.gain.size())
      out.gain[std::size_t(source)] += entry["gain"].get<double>();
  }
  out.model = std::move(fitted.model);
  out.matrix = made.matrix;
  return out;
}

std::vector<double> ScoresShuffled(const SmallFit& fit, std::size_t input_column, const table::Rows& score,
                                   std::uint64_t seed) {
  table::Rows from = score;
  Random random(Mix64(seed, 0x5f1e, input_column));
  Shuffle(from, random);
  std::vector<model::MatrixColumn> columns = fit.matrix->columns();
  for (model::MatrixColumn& column : columns) {
    if (column.source != std::int32_t(input_column)) continue;
    const auto shuffled = [&](const auto& values) {
      auto copy = *values;
      for (std::size_t i = 0; i < score.size(); ++i) copy[score[i]] = (*values)[from[i]];
      return std::make_shared<const std::decay_t<decltype(copy)>>(std::move(copy));
    };
    if (column.numeric) column.numeric = shuffled(column.numeric);
    if (column.codes) column.codes = shuffled(column.codes);
  }
  std::vector<double> out(fit.scores.size());
  fit.model->Predict(model::Matrix(fit.matrix->rows(), std::move(columns)), score, out);
  return out;
}

}  // namespace tagwerk::diagnose
