// Fits of single calibration maps; ChooseCalibration (calibration.h) picks among them.
#pragma once

#include <span>

#include "pipeline/calibration.h"

namespace tagwerk::pipeline {

/// What a fit sees: probabilities (rows x classes) and class indices; `rows` selects.
struct CalibrationData {
  std::span<const double> probabilities;
  std::span<const double> truth;
  int num_classes = 2;
  std::span<const std::size_t> rows;
  std::span<const double> ranks;  ///< step of each class, for FitOrdered
};

/// Temperature scaling (Guo et al. 2017, 4.2): p_k^a / sum p^a, a = 1 / T by Newton's method on the mean
/// log loss, which is convex in a.
Calibration FitTemperature(const CalibrationData& data);
/// Platt 1999 with the targets (N+ + 1) / (N+ + 2) and 1 / (N- + 2), Newton with backtracking (Lin, Lin &
/// Weng 2007) on the logits of class 1.
Calibration FitPlatt(const CalibrationData& data);
/// Isotonic regression of the class on its probability by pooling adjacent violators (Ayer et al. 1955), ties
/// averaged. Values are kept 1 / (n + 2) away from 0 and 1: a certainty that n rows cannot support.
Calibration FitIsotonic(const CalibrationData& data);

/// Proportional odds (McCullagh 1980) on the expected step sum p_k rank_k, thresholds and slope by Fisher scoring, and
/// the share at which it is mixed with the probabilities as they were (0, 1/4, ..., 1), all by log loss.
Calibration FitOrdered(const CalibrationData& data);

/// Pools adjacent violators: x ascending with ties allowed; returns knots of the step function joined by
/// lines (as scikit-learn's IsotonicRegression predicts).
void PoolAdjacentViolators(std::vector<double> x, std::vector<double> y, std::vector<double>& knots_x,
                           std::vector<double>& knots_y);

}  // namespace tagwerk::pipeline
