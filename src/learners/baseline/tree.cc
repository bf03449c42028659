// A shallow classification and regression tree (Breiman et al. 1984): depth 4, Gini impurity or variance,
// thresholds at weighted quantiles, categories ordered by their mean (exact for two classes and for
// squared error, Fisher 1958), missing values on the better side.
#include <algorithm>
#include <limits>
#include <numeric>

#include "learners/baseline/baseline.h"
#include "learners/baseline/sample.h"
#include "learners/baseline/tree_model.h"

namespace tagwerk::learners::baseline {
namespace {

constexpr std::size_t kRows = 100000;
constexpr std::size_t kBins = 64;
constexpr int kDepth = 4;
constexpr double kLeafWeight = 5;  ///< least weight of a leaf
constexpr double kShrink = 1;      ///< weight of the prior in a leaf

using Totals = std::vector<double>;  ///< weight of each class; or weight and weighted target

struct Split {
  double gain = 0;
  std::int32_t column = -1;
  std::size_t bin = 0;  ///< numbers: bins <= bin go left
  std::vector<std::int32_t> left_codes;
  bool missing_left = false;
};

class Grower {
 public:
  Grower(const Context& context, const model::Matrix& x, const Sample& sample)
      : context_(context), x_(x), sample_(sample), cells_(IsClassification(sample.task) ? sample.outputs : 2) {}

  std::vector<TreeNode> Grow(bool& stopped) {
    BinColumns();
    std::vector<std::uint32_t> all(sample_.rows.size());
    std::iota(all.begin(), all.end(), 0U);
    struct Open {
      std::size_t node;
      int depth;
      std::vector<std::uint32_t> rows;
    };
    nodes_.push_back(Leaf(all));
    std::vector<Open> open;
    open.push_back({0, 0, std::move(all)});
    while (!open.empty() && !(stopped = context_.ShouldStop())) {
      Open next = std::move(open.back());
      open.pop_back();
      if (next.depth == kDepth) continue;
      const Split split = BestSplit(next.rows);
      if (split.column < 0) continue;
      SetSplit(next.node, split);
      std::vector<std::uint32_t> left, right;
      const model::MatrixColumn& column = x_.column(static_cast<std::size_t>(split.column));
      for (const std::uint32_t i : next.rows) {
        (GoesLeft(nodes_[next.node], column, sample_.rows[i]) ? left : right).push_back(i);
      }
      const std::size_t child = nodes_.size();
      nodes_[next.node].left = static_cast<std::int32_t>(child);
      nodes_[next.node].right = static_cast<std::int32_t>(child + 1);
      nodes_.push_back(Leaf(left));
      nodes_.push_back(Leaf(right));
      open.push_back({child + 1, next.depth + 1, std::move(right)});
      open.push_back({child, next.depth + 1, std::move(left)});
    }
    return std::move(nodes_);
  }

 private:
  void BinColumns() {
    bins_.resize(x_.cols());
    binned_.resize(x_.cols());
    context_.pool->For(x_.cols(), [&](std::size_t j) {
      if (context_.ShouldStop() || x_.column(j).from_model || x_.column(j).sparse) return;
      bins_[j] = MakeBins(x_.column(j), sample_, kBins);
      binned_[j].resize(sample_.rows.size());
      for (std::size_t i = 0; i < sample_.rows.size(); ++i) {
        binned_[j][i] = static_cast<std::uint32_t>(bins_[j].Of(x_.column(j), sample_.rows[i]));
      }
    });
  }

  void Add(std::uint32_t i, double* cell) const {
    const double w = sample_.weight[i];
    if (IsClassification(sample_.task)) {
      cell[static_cast<std::size_t>(sample_.target[i])] += w;
    } else {
      cell[0] += w;
      cell[1] += w * sample_.target[i];
    }
  }

  double Weight(const double* cell) const {
    return IsClassification(sample_.task) ? std::accumulate(cell, cell + cells_, 0.0) : cell[0];
  }

  /// Weight times purity: sum of squares over the weight; the gain of a split is its increase.
  double Purity(const double* cell) const {
    const double weight = Weight(cell);
    if (!(weight > 0)) return 0;
    if (!IsClassification(sample_.task)) return cell[1] * cell[1] / weight;
    double squares = 0;
    for (std::size_t k = 0; k < cells_; ++k) squares += cell[k] * cell[k];
    return squares / weight;
  }

  TreeNode Leaf(const std::vector<std::uint32_t>& rows) const {
    Totals total(cells_, 0.0);
    for (const std::uint32_t i : rows) Add(i, total.data());
    const double weight = Weight(total.data());
    TreeNode node;
    if (!IsClassification(sample_.task)) {
      node.value = {(total[1] + kShrink * sample_.prior[0]) / (weight + kShrink) * sample_.unit};
      return node;
    }
    for (std::size_t k = 0; k < cells_; ++k) {
      node.value.push_back((total[k] + kShrink * sample_.prior[k]) / (weight + kShrink));
    }
    return node;
  }

  Split BestSplit(const std::vector<std::uint32_t>& rows) {
    std::vector<Split> splits(x_.cols());
    context_.pool->For(x_.cols(), [&](std::size_t j) { splits[j] = SplitOf(j, rows); });
    Split best;
    for (Split& split : splits) {
      if (split.column >= 0 && split.gain > best.gain) best = std::move(split);
    }
    return best;
  }

  Split SplitOf(std::size_t j, const std::vector<std::uint32_t>& rows) const {
    const std::size_t count = binned_[j].empty() ? 0 : bins_[j].count();
    Split best;
    if (count < 2) return best;
    Totals cells(count * cells_, 0.0), total(cells_, 0.0);
    for (const std::uint32_t i : rows) Add(i, cells.data() + binned_[j][i] * cells_);
    for (std::size_t i = 0; i < cells.size(); ++i) total[i % cells_] += cells[i];
    const std::vector<std::size_t> order = Order(j, cells, count - 1);
    const double* missing = cells.data() + (count - 1) * cells_;
    for (const bool missing_left : {false, true}) {
      if (missing_left && !(Weight(missing) > 0)) break;
      Totals left(cells_, 0.0);
      if (missing_left) left.assign(missing, missing + cells_);
      Scan(j, cells, order, total, missing_left, std::move(left), best);
    }
    return best;
  }

  /// Tries each prefix of the ordered bins as the left side (right of it at least the missing bin).
  void Scan(std::size_t j, const Totals& cells, const std::vector<std::size_t>& order, const Totals& total,
            bool missing_left, Totals left, Split& best) const {
    Totals right(cells_);
    const double base = Purity(total.data());
    for (std::size_t p = 0; p < order.size(); ++p) {
      for (std::size_t k = 0; k < cells_; ++k) {
        left[k] += cells[order[p] * cells_ + k];
        right[k] = total[k] - left[k];
      }
      if (Weight(left.data()) < kLeafWeight || Weight(right.data()) < kLeafWeight) continue;
      const double gain = Purity(left.data()) + Purity(right.data()) - base;
      // Gains within the rounding of the sums are no gains; equal ones keep the first split.
      if (gain <= best.gain + 1e-10 * base) continue;
      best.gain = gain;
      best.column = static_cast<std::int32_t>(j);
      best.bin = order[p];
      best.missing_left = missing_left;
      best.left_codes.clear();
      if (!bins_[j].category) continue;
      for (std::size_t q = 0; q <= p; ++q) best.left_codes.push_back(static_cast<std::int32_t>(order[q]));
      std::sort(best.left_codes.begin(), best.left_codes.end());
    }
  }

  /// Numbers in order; categories by the mean target, or by the share of the commonest class.
  std::vector<std::size_t> Order(std::size_t j, const Totals& cells, std::size_t count) const {
    std::vector<std::size_t> order;
    std::vector<double> key(count, 0.0);
    std::size_t top = 1;
    if (IsClassification(sample_.task)) {
      top = static_cast<std::size_t>(std::max_element(sample_.prior.begin(), sample_.prior.end()) -
                                     sample_.prior.begin());
    }
    for (std::size_t b = 0; b < count; ++b) {
      const double weight = Weight(cells.data() + b * cells_);
      if (bins_[j].category && !(weight > 0)) continue;
      key[b] = bins_[j].category ? cells[b * cells_ + top] / weight : static_cast<double>(b);
      order.push_back(b);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key[a] < key[b]; });
    return order;
  }

  void SetSplit(std::size_t index, const Split& split) {
    TreeNode& node = nodes_[index];
    const Bins& bins = bins_[static_cast<std::size_t>(split.column)];
    node.column = split.column;
    node.category = bins.category;
    node.missing_left = split.missing_left;
    node.left_codes = split.left_codes;
    // The last bin of numbers against the missing ones: every number goes left.
    if (!bins.category) {
      node.threshold = split.bin < bins.edges.size() ? bins.edges[split.bin] : std::numeric_limits<double>::infinity();
    }
  }

  const Context& context_;
  const model::Matrix& x_;
  const Sample& sample_;
  std::size_t cells_;
  std::vector<Bins> bins_;
  std::vector<std::vector<std::uint32_t>> binned_;
  std::vector<TreeNode> nodes_;
};

Result<model::Fitted> FitTree(const Context& context, const model::TrainingData& data,
                              const model::Parameters& parameters) {
  TW_RETURN_IF_ERROR(model::ValidateParameters("baseline_tree", {}, parameters));
  TW_TRY(const Sample sample, TakeSample(data, kRows));
  std::vector<std::string> names;
  for (const model::MatrixColumn& column : data.x->columns()) names.push_back(column.name);
  model::Fitted fitted;
  Grower grower(context, *data.x, sample);
  std::vector<TreeNode> nodes = grower.Grow(fitted.stopped_early);
  fitted.model = std::make_unique<TreeModel>(std::move(nodes), sample.outputs, std::move(names));
  return fitted;
}

double Cost(std::size_t rows, std::size_t cols, int, const model::Parameters&) {
  return 1e-3 + static_cast<double>(std::min(rows, kRows)) * static_cast<double>(cols) * 2.5e-7;
}

}  // namespace

const model::LearnerDescriptor& Tree() {
  static const model::LearnerDescriptor descriptor = {
      .id = "baseline_tree",
      .title = "shallow tree",
      .doc = "Asks at most four questions.",
      .tasks = {Task::kBinary, Task::kMulticlass, Task::kRegression},
      .recipe = model::Recipe::kTree,
      .capabilities = {.missing = true, .categories = true, .iterative = false},
      .parameters = {},
      .references = {"Breiman, Friedman, Olshen and Stone 1984, Classification and Regression Trees"},
      .fit = &FitTree,
      .baseline = true,
      .describe = [](const model::Parameters&) { return std::string("depth 4"); },
      .cost = &Cost};
  return descriptor;
}

}  // namespace tagwerk::learners::baseline
