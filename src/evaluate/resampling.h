// Values of several metrics on the same resamples. Internal to this folder.
#pragma once

#include <memory>
#include <vector>

#include "evaluate/evaluate.h"
#include "stats/bootstrap.h"

namespace tagwerk::evaluate {

using ResampledPtr = std::unique_ptr<metrics::Resampled>;

/// Below so many resampling units intervals are BCa, which needs a jackknife.
inline constexpr std::size_t kBcaUnits = 1000;

/// Returns the resampler of the rows of an input.
stats::Resampler ResamplerOf(const EvaluateInput& input);
/// Returns values and resamples of prepared metrics, all on the same resamples; `work` bounds the row
/// visits (the number of resamples falls to at least 200).
std::vector<stats::BootstrapSample> ResampleAll(const Context& context, const stats::Resampler& resampler,
                                                const std::vector<const metrics::Resampled*>& prepared, int resamples,
                                                double work);
/// Computes metrics with intervals.
std::vector<MetricValue> WithIntervals(const Context& context, const EvaluateInput& input,
                                       const std::vector<const metrics::Metric*>& list, double work);

/// Row visits of a full evaluation: about 1.5 s on two threads.
inline constexpr double kFullWork = 1.2e9;

}  // namespace tagwerk::evaluate
