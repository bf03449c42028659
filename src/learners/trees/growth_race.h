// Which growth suits the data: oblivious trees err less where rows are few or noisy, free ones where there is much to
// learn, by up to a third of the loss either way. A short fit of each on four fifths of the rows tells on the rest.
#pragma once

#include "learners/trees/boosting.h"
#include "learners/trees/training_rows.h"

namespace tagwerk::learners::trees {

/// Returns oblivious or leaf-wise growth, the same for any number of threads; leaf-wise where the deadline cuts a
/// fit. `rows` are the prepared ones of `data`.
Growth RaceGrowth(const Context& context, const model::TrainingData& data, const TrainingRows& rows,
                  const BoostingSettings& settings);

}  // namespace tagwerk::learners::trees
