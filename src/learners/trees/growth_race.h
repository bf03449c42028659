// Which growth suits the data: oblivious trees err less where rows are few or noisy, free ones where there is much to
// learn, by up to a third of the loss either way. A short fit of each on four fifths of the rows tells on the rest,
// where these are enough to tell.
#pragma once

#include "learners/trees/boosting.h"
#include "learners/trees/training_rows.h"

namespace tagwerk::learners::trees {

/// Whether growth is chosen, not leaf-wise: on few rows (shared by the classes), and on wide tables of numbers held row
/// by row.
bool WorthRace(const model::TrainingData& data, std::size_t rows, std::size_t outputs);

/// Returns oblivious growth on less than 1,250 rows, beyond that or leaf-wise as judged on at most 10,000 of them; the
/// same for any number of threads. `rows` are the prepared ones of `data`, `bins` theirs.
Growth RaceGrowth(const Context& context, const model::TrainingData& data, const TrainingRows& rows,
                  const BoostingSettings& settings, const std::shared_ptr<const BinnedData>& bins);

/// Whether the data are of a size where RaceDepth is worth its time: two classes, 10,000 to 100,000 rows.
bool WorthDepthRace(const model::TrainingData& data, std::size_t rows, const GrowRules& rules);

/// Returns the limit of depth that errs least in a short trial: none (0), or as many levels as the leaves fill.
int RaceDepth(const Context& context, const model::TrainingData& data, const TrainingRows& rows,
              const BoostingSettings& settings, const std::shared_ptr<const BinnedData>& bins);

}  // namespace tagwerk::learners::trees
