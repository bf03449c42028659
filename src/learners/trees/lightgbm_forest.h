// Trees as another library's file gives them, and how they become a forest of byte codes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "learners/trees/lightgbm_text.h"

namespace tagwerk::learners::trees {

/// What a missing value is to a node; numbers of LightGBM's decision_type.
enum class GivenMissing : std::uint8_t {
  kNone,  ///< NaN counts as 0
  kZero,  ///< 0 and NaN go the default way
  kNan,   ///< NaN goes the default way
};

struct GivenNode {
  std::uint32_t feature = 0;
  bool category = false, default_left = false;
  GivenMissing missing = GivenMissing::kNone;
  std::int32_t left = 0, right = 0;     ///< node, or ~leaf
  double threshold = 0, gain = 0;       ///< x <= threshold goes left
  std::vector<std::int64_t> goes_left;  ///< categories; all others and missing go right
};

struct GivenTree {
  std::vector<GivenNode> nodes;
  std::vector<double> leaf_value;
  std::vector<std::int64_t> leaf_count;  ///< training rows; empty when not known
};

/// Fills forest and levels of the model; leaf values are multiplied by `scale`. Returns what is wrong, "" if nothing,
/// with "!" before what is sound but cannot be expressed.
std::string BuildForest(const std::vector<GivenTree>& trees, double scale, LightGbmModel& model);

}  // namespace tagwerk::learners::trees
