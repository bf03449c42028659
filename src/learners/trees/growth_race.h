// Which growth suits the data: oblivious trees err less where rows are few or noisy, free ones where there is much to
// learn, by up to a third of the loss either way. A short fit of each on four fifths of the rows tells on the rest,
// where these are enough to tell.
#pragma once

#include <optional>

#include "learners/trees/boosting.h"
#include "learners/trees/training_rows.h"

namespace tagwerk::learners::trees {

/// Whether growth is chosen, not leaf-wise: on few rows (shared by the classes), and on wide tables of numbers held row
/// by row.
bool WorthGrowthRace(const model::TrainingData& data, std::size_t rows, std::size_t outputs);

/// Settles growth `auto`: oblivious on less than 1,250 rows, beyond that or leaf-wise as judged on at most 10,000 of
/// them where that is worth its time; two classes of 10,000 to 100,000 rows get a limit of depth where a trial says so.
/// The same for any number of threads. Returns the fit itself where it was made beside the trial. `rows` are the
/// prepared ones of `data`, `bins` theirs.
std::optional<Result<model::Fitted>> SettleGrowth(const Context& context, const model::TrainingData& data,
                                                  const TrainingRows& rows, std::size_t outputs,
                                                  const std::shared_ptr<const BinnedData>& bins,
                                                  BoostingSettings& settings);

}  // namespace tagwerk::learners::trees
