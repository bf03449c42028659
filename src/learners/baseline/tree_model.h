// A small decision tree that a person can read in full.
#pragma once

#include <string>
#include <vector>

#include "model/model.h"

namespace tagwerk::learners::baseline {

struct TreeNode {
  std::int32_t column = -1;              ///< -1: leaf
  double threshold = 0;                  ///< numbers: value <= threshold goes left
  std::vector<std::int32_t> left_codes;  ///< categories that go left, ascending
  bool category = false;
  bool missing_left = false;           ///< also for categories that were not seen
  std::int32_t left = -1, right = -1;  ///< both larger than the node's own index
  std::vector<double> value;           ///< prediction of the rows that reach it
};

class TreeModel final : public model::Model {
 public:
  TreeModel(std::vector<TreeNode> nodes, std::size_t outputs, std::vector<std::string> names)
      : nodes_(std::move(nodes)), outputs_(outputs), names_(std::move(names)) {}
  std::string_view type_id() const override { return "baseline/tree"; }
  int num_outputs() const override { return static_cast<int>(outputs_); }
  void Predict(const model::Matrix& x, model::RowSpan rows, std::span<double> out) const override;
  void Save(model::ByteWriter& writer) const override;
  /// The tree as nested objects: {"column", "threshold" | "categories", "left", "right"} or {"value"}.
  Json Summary() const override;
  const std::vector<TreeNode>& nodes() const { return nodes_; }

 private:
  Json NodeJson(std::size_t index) const;
  std::vector<TreeNode> nodes_;
  std::size_t outputs_;
  std::vector<std::string> names_;
};

/// Returns whether a row goes left at an inner node.
bool GoesLeft(const TreeNode& node, const model::MatrixColumn& column, model::RowIndex row);

Result<std::unique_ptr<model::Model>> LoadTree(model::ByteReader& reader, std::size_t columns);

}  // namespace tagwerk::learners::baseline
