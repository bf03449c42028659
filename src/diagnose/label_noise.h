// Labels that are probably wrong, from scores of models that did not see the rows: confident learning
// (Northcutt, Jiang and Chuang 2021) for classes, gross residuals for numbers.
//
// Confident learning alone also counts rows where classes overlap. Wrong labels leave another trace: where
// the models are surest, the given labels contradict them as often as elsewhere. Overlapping classes contradict
// the surest fifth of the predictions at most half as often as the next two fifths; what is above that is
// taken for noise. Without that trace nothing is said.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/task.h"

namespace tagwerk::diagnose {

struct LabelNoiseInput {
  Task task = Task::kRegression;
  int num_classes = 0;
  std::span<const double> truth;   ///< class index or number of each row
  std::span<const double> scores;  ///< out of fold or held out: rows x classes, or rows
};

struct SuspectLabel {
  std::size_t row = 0;
  double given = 0, suggested = 0;      ///< class index, or numbers
  double p_given = 0, p_suggested = 0;  ///< classes
  double deviations = 0;                ///< numbers: residual in robust standard deviations
};

struct LabelNoise {
  bool found = false;
  double rows = 0;                        ///< estimated number of wrong labels
  double low = 0, high = 0;               ///< its 95 % interval
  double confident_joint = 0;             ///< classes: rows off the diagonal of the confident joint
  double rate_surest = 0, rate_sure = 0;  ///< contradicted among the surest fifth, and the next two fifths
  std::vector<SuspectLabel> suspects;     ///< most suspect first, about `rows` of them; empty unless found
};

LabelNoise FindLabelNoise(const LabelNoiseInput& input);

}  // namespace tagwerk::diagnose
