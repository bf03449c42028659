// Walking, saving and loading a small tree. Children have larger indices than their parent, so a walk ends.
#include "learners/baseline/tree_model.h"

#include <algorithm>
#include <cmath>

#include "learners/baseline/constant_model.h"

namespace tagwerk::learners::baseline {
namespace {

constexpr std::size_t kMostNodes = 1024;  ///< far above 2^5 - 1; bounds the depth of a damaged file

}  // namespace

bool GoesLeft(const TreeNode& node, const model::MatrixColumn& column, model::RowIndex row) {
  if (node.category) {
    const std::int32_t code = column.codes ? (*column.codes)[row] : -1;
    if (code < 0) return node.missing_left;
    return std::binary_search(node.left_codes.begin(), node.left_codes.end(), code);
  }
  const double x = column.numeric ? (*column.numeric)[row] : std::nan("");
  return std::isnan(x) ? node.missing_left : x <= node.threshold;
}

void TreeModel::Predict(const model::Matrix& x, model::RowSpan rows, std::span<double> out) const {
  TW_CHECK(out.size() == rows.size() * outputs_ && x.cols() == names_.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::size_t at = 0;
    while (nodes_[at].column >= 0) {
      const TreeNode& node = nodes_[at];
      const bool left = GoesLeft(node, x.column(static_cast<std::size_t>(node.column)), rows[r]);
      at = static_cast<std::size_t>(left ? node.left : node.right);
    }
    std::copy(nodes_[at].value.begin(), nodes_[at].value.end(), out.begin() + std::ptrdiff_t(r * outputs_));
  }
}

void TreeModel::Save(model::ByteWriter& writer) const {
  writer.U32(1);  // version of this section
  writer.U64(outputs_);
  writer.Strings(names_);
  writer.U64(nodes_.size());
  for (const TreeNode& node : nodes_) {
    writer.I32(node.column);
    writer.F64(node.threshold);
    writer.U8(node.category ? 1 : 0);
    writer.U8(node.missing_left ? 1 : 0);
    writer.I32(node.left);
    writer.I32(node.right);
    writer.I32s(node.left_codes);
    writer.Doubles(node.value);
  }
}

Json TreeModel::NodeJson(std::size_t index) const {
  const TreeNode& node = nodes_[index];
  Json json;
  if (node.column < 0) {
    json["value"] = node.value;
    return json;
  }
  json["column"] = names_[static_cast<std::size_t>(node.column)];
  if (node.category) {
    json["categories"] = node.left_codes;
  } else {
    json["threshold"] = node.threshold;
  }
  json["missing"] = node.missing_left ? "left" : "right";
  json["left"] = NodeJson(static_cast<std::size_t>(node.left));
  json["right"] = NodeJson(static_cast<std::size_t>(node.right));
  return json;
}

Json TreeModel::Summary() const {
  Json json;
  json["leaves"] = (nodes_.size() + 1) / 2;
  json["tree"] = NodeJson(0);
  return json;
}

Result<std::unique_ptr<model::Model>> LoadTree(model::ByteReader& reader, std::size_t columns) {
  constexpr std::size_t kNodeBytes = 4 + 8 + 1 + 1 + 4 + 4 + 8 + 8;
  reader.Expect(reader.U32() == 1, "the version of a tree is unknown");
  const std::uint64_t outputs = reader.U64();
  std::vector<std::string> names = reader.Strings();
  reader.Expect(names.size() == columns, "a tree has another number of columns");
  const std::uint64_t count = reader.CountOf(kNodeBytes);
  reader.Expect(count >= 1 && count <= kMostNodes, "the size of a tree is not plausible");
  std::vector<TreeNode> nodes;
  const auto is_child = [&](std::int32_t child, std::size_t parent) {
    return child > static_cast<std::int64_t>(parent) && static_cast<std::uint64_t>(child) < count;
  };
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    TreeNode node;
    node.column = reader.I32();
    node.threshold = reader.F64();
    node.category = reader.U8() != 0;
    node.missing_left = reader.U8() != 0;
    node.left = reader.I32();
    node.right = reader.I32();
    node.left_codes = reader.I32s();
    node.value = reader.Doubles();
    reader.Expect(node.value.size() == outputs && ArePredictions(node.value, outputs),
                  "the prediction of a tree is none");
    reader.Expect(std::is_sorted(node.left_codes.begin(), node.left_codes.end()),
                  "the categories of a tree are not in order");
    if (node.column >= 0) {
      reader.Expect(
          static_cast<std::size_t>(node.column) < columns && is_child(node.left, i) && is_child(node.right, i),
          "a node of a tree points outside");
    }
    nodes.push_back(std::move(node));
  }
  if (!reader.ok()) return reader.Finish("baseline/tree").error();
  return std::unique_ptr<model::Model>(std::make_unique<TreeModel>(std::move(nodes), outputs, std::move(names)));
}

}  // namespace tagwerk::learners::baseline
