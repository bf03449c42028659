#include "learners/trees/lightgbm_forest.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"

namespace tagwerk::learners::trees {
namespace {

constexpr std::size_t kThresholdsOfSlot = 254;  ///< a column with more gets several slots

using Numbers = std::pair<std::uint32_t, bool>;  ///< column, and whether 0 is missing in it

class Builder {
 public:
  Builder(const std::vector<GivenTree>& trees, double scale, LightGbmModel& model)
      : trees_(trees), scale_(scale), model_(model), forest_(model.forest) {}

  std::string Run() {
    if (const std::string fault = Collect(); !fault.empty()) return fault;
    if (const std::string fault = MakeSlots(); !fault.empty()) return fault;
    for (std::size_t t = 0; t < trees_.size(); ++t)
      if (!AddTree(trees_[t])) return "tree " + std::to_string(t) + " has nodes that are reached twice or not at all";
    const auto unknown = [](const GivenTree& tree) { return !tree.nodes.empty() && tree.leaf_count.empty(); };
    if (std::any_of(trees_.begin(), trees_.end(), unknown)) forest_.leaf_cover.clear();
    return "";
  }

 private:
  std::string Collect() {
    for (const GivenTree& tree : trees_)
      for (const GivenNode& node : tree.nodes) {
        if (node.category != model_.features[node.feature].category)
          return "splits of " + Quoted(model_.features[node.feature].name) + " are of another kind than the column";
        if (node.category)
          sets_[node.feature].insert(node.goes_left.begin(), node.goes_left.end());
        else
          thresholds_[{node.feature, node.missing == GivenMissing::kZero}].push_back(node.threshold);
      }
    return "";
  }

  std::string MakeSlots() {
    for (auto& [key, list] : thresholds_) {
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
      first_slot_[key] = forest_.columns.size();
      for (std::size_t from = 0; from < list.size(); from += kThresholdsOfSlot) {
        ForestColumn column;
        column.column = key.first;
        column.zero_is_missing = key.second;
        const std::size_t to = std::min(list.size(), from + kThresholdsOfSlot);
        column.thresholds.assign(list.begin() + std::ptrdiff_t(from), list.begin() + std::ptrdiff_t(to));
        forest_.columns.push_back(std::move(column));
      }
    }
    for (const auto& [feature, categories] : sets_)
      if (const std::string fault = MakeCategorySlot(feature, categories); !fault.empty()) return fault;
    return forest_.columns.size() > 65535 ? "!more than 65,535 columns with splits" : "";
  }

  std::string MakeCategorySlot(std::uint32_t feature, const std::set<std::int64_t>& categories) {
    auto& levels = model_.features[feature].levels;
    const bool named = !levels.empty();
    if (!named)
      for (const std::int64_t category : categories) levels.push_back(std::to_string(category));
    ForestColumn column;
    column.column = feature;
    column.category = true;
    column.bin_of_code.assign(levels.size(), kMissingCode);
    std::size_t position = 0, bins = 0;
    for (const std::int64_t category : categories) {
      const std::size_t code = named ? std::size_t(category) : position++;
      if (code >= levels.size()) continue;  // no value has it
      if (bins == 255)
        return "!more than 255 categories of " + Quoted(model_.features[feature].name) + " are told apart by splits";
      column.bin_of_code[code] = std::uint8_t(bins);
      bin_[{feature, category}] = std::uint8_t(bins++);
    }
    category_slot_[feature] = forest_.columns.size();
    forest_.columns.push_back(std::move(column));
    return "";
  }

  void SetNumber(const GivenNode& from, FlatNode& node) {
    const Numbers key{from.feature, from.missing == GivenMissing::kZero};
    const std::vector<double>& list = thresholds_[key];
    const auto at = std::size_t(std::lower_bound(list.begin(), list.end(), from.threshold) - list.begin());
    node.slot = std::uint16_t(first_slot_[key] + at / kThresholdsOfSlot);
    const bool left = from.missing == GivenMissing::kNone ? 0.0 <= from.threshold : from.default_left;
    node.flags = left ? kAddOne : 0;
    node.limit = std::uint8_t(at % kThresholdsOfSlot + (left ? 1 : 0));
  }

  std::uint32_t SetCategory(const GivenNode& from, FlatNode& node) {
    node.slot = std::uint16_t(category_slot_[from.feature]);
    node.flags = kCategoryNode;
    CodeSet set{};
    for (const std::int64_t category : from.goes_left)
      if (const auto bin = bin_.find({from.feature, category}); bin != bin_.end())
        set[bin->second >> 6] |= std::uint64_t(1) << (bin->second & 63);
    forest_.sets.push_back(set);
    return std::uint32_t(forest_.sets.size() - 1);
  }

  /// Breadth first, children side by side and behind their parent. False unless each node and leaf is reached once.
  bool AddTree(const GivenTree& tree) {
    const std::size_t root = forest_.nodes.size();
    std::vector<std::int32_t> order{tree.nodes.empty() ? ~0 : 0};
    std::vector<char> seen(tree.nodes.size() + tree.leaf_value.size(), 0);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::int32_t id = order[i];
      const std::size_t mark = id >= 0 ? std::size_t(id) : tree.nodes.size() + std::size_t(~id);
      if (seen[mark]) return false;
      seen[mark] = 1;
      FlatNode node;
      std::uint32_t payload = 0;
      if (id < 0) {
        node.left = std::uint32_t(i);
        node.flags = kLeafNode;
        payload = std::uint32_t(forest_.values.size());
        forest_.values.push_back(tree.leaf_value[std::size_t(~id)] * scale_);
        forest_.leaf_cover.push_back(tree.leaf_count.empty() ? 1 : float(tree.leaf_count[std::size_t(~id)]));
      } else {
        const GivenNode& from = tree.nodes[std::size_t(id)];
        node.left = std::uint32_t(order.size());
        order.push_back(from.left);
        order.push_back(from.right);
        if (from.category)
          payload = SetCategory(from, node);
        else
          SetNumber(from, node);
        forest_.columns[node.slot].gain += from.gain;
      }
      forest_.nodes.push_back(node);
      forest_.payload.push_back(payload);
    }
    forest_.tree_begin.push_back(std::uint32_t(forest_.nodes.size()));
    return forest_.nodes.size() - root == seen.size();
  }

  const std::vector<GivenTree>& trees_;
  double scale_;
  LightGbmModel& model_;
  Forest& forest_;
  std::map<Numbers, std::vector<double>> thresholds_;
  std::map<Numbers, std::size_t> first_slot_;
  std::map<std::uint32_t, std::set<std::int64_t>> sets_;
  std::map<std::uint32_t, std::size_t> category_slot_;
  std::map<std::pair<std::uint32_t, std::int64_t>, std::uint8_t> bin_;
};

}  // namespace

std::string BuildForest(const std::vector<GivenTree>& trees, double scale, LightGbmModel& model) {
  return Builder(trees, scale, model).Run();
}

}  // namespace tagwerk::learners::trees
