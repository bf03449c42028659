#include "learners/trees/boosting.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "learners/trees/boosting_checks.h"
#include "learners/trees/forest_builder.h"
#include "learners/trees/forest_walk.h"
#include "learners/trees/growth_race.h"
#include "learners/trees/multi_round.h"
#include "learners/trees/validation_score.h"

namespace tagwerk::learners::trees {

namespace {

using model::RowIndex;
using model::RowSpan;

constexpr std::size_t kCurveRows = 2048;  // training rows whose loss is followed
constexpr int kCurvePoints = 50;
// Coarse gradients regularise enough to matter from kFewRows to kCoarseRows a class.
constexpr std::size_t kFewRows = 256, kCoarseRows = 25'000;
constexpr int kCoarseLevels = 5, kLeastLevels = 2;
constexpr std::uint64_t kBagStream = 1, kColumnStream = 2, kNodeStream = 3, kRoundingStream = 4;

// With K classes most gradients are about 1/K of the largest: few classes stand steps of half the largest, which
// regularise more; with many, steps of more than five typical gradients drown what is to be learned.
int CoarseLevels(const model::TrainingData& data) {
  if (data.task != Task::kMulticlass) return kCoarseLevels;
  return std::clamp(data.num_classes / 5, kLeastLevels, kCoarseLevels);
}

/// Patience grows with the best round: max(20, min(300, 10 + 0.3 best)).
int Patience(const BoostingSettings& settings, int best) {
  return settings.patience > 0 ? settings.patience : std::clamp(10 + best * 3 / 10, 20, 300);
}

bool UsePool(const Context& context, const model::TrainingData& data, std::size_t rows,
             const BoostingSettings& settings) {
  const std::size_t cells = rows * data.x->cols() * std::size_t(std::max(1, data.num_classes));
  return context.pool != nullptr && context.pool->threads() > 1 && cells >= settings.parallel_cells;
}

/// What growing one tree takes; trees of several classes grow side by side, each with its own.
struct Workshop {
  Workshop(const BinnedData& bins, const GrowRules& rules, Pool* pool, std::size_t rows)
      : grower(MakeGrower(bins, rules, pool)) {
    plane.real.resize(rows);
    plane.packed.resize(rows);
  }
  GradientPlane plane;
  std::vector<RowIndex> in_tree, routed;  // ordered by leaf after growing
  std::unique_ptr<TreeGrower> grower;
};

class Booster {
 public:
  Booster(const Context& context, const model::TrainingData& data, const BoostingSettings& settings,
          const TrainingRows& rows, std::unique_ptr<Objective> objective, std::shared_ptr<const BinnedData> bins)
      : context_(context),
        data_(data),
        settings_(settings),
        rows_(rows),
        pool_(UsePool(context, data, rows_.train.size(), settings) ? context.pool : nullptr),
        bins_(std::move(bins)),
        objective_(std::move(objective)),
        validation_(data, rows_, *objective_, settings.stopping_metric) {
    SplitRules& rules = settings_.grow.split;  // the grower refers to these
    rules.l1 = std::ldexp(rules.l1, -objective_->exponent());
    rules.min_gain = std::ldexp(rules.min_gain, -2 * objective_->exponent());
  }

  model::Fitted Run() {
    Start();
    SetUp();
    stopping_ = settings_.early_stopping && !rows_.valid.empty();
    for (std::size_t i = 0; i < rows_.train.size(); i += std::max<std::size_t>(1, rows_.train.size() / kCurveRows)) {
      curve_rows_.push_back(rows_.train[i]);
    }
    const int evaluate_every = EvaluateEvery();
    int best_round = 0;
    double best = std::numeric_limits<double>::quiet_NaN();
    int round = first_round_;
    bool cut = false;
    while (round < settings_.n_estimators && !bins_->features.empty()) {
      if (context_.ShouldStop() || !GrowRound(round)) {
        cut = true;
        break;
      }
      ++round;
      if (Finished()) break;
      const bool decides = round % evaluate_every == 0 || round == settings_.n_estimators;
      if (!decides && !settings_.on_round) continue;
      const double score = Evaluate(round);
      if (stopping_ && decides && validation_.Better(score, best)) {
        best = score;
        best_round = round;
      }
      if (settings_.on_round && settings_.on_round(round, train_loss_, score)) break;
      const bool judged = stopping_ && decides && !std::isnan(score);
      if (judged && round - best_round >= Patience(settings_, best_round)) break;
    }
    if (stopping_ && best_round > 0) round = best_round;
    trees_.resize(std::size_t(round - first_round_) * TreesPerRound());
    return Finish(round, cut);
  }

 private:
  void Start() {
    start_ = settings_.before != nullptr ? settings_.before->start : objective_->StartValues();
    for (const double value : start_) scores_.emplace_back(rows_.End(), value);
    if (settings_.before == nullptr) return;
    const std::size_t outputs = scores_.size();
    first_round_ = static_cast<int>(settings_.before->trees() / TreesPerRound());
    ForChunks(pool_, rows_.End(), [&](std::size_t begin, std::size_t end) {
      model::Rows rows(end - begin);
      std::iota(rows.begin(), rows.end(), static_cast<RowIndex>(begin));
      std::vector<double> sums;
      for (std::size_t i = 0; i < rows.size(); ++i) sums.insert(sums.end(), start_.begin(), start_.end());
      AddTrees(*settings_.before, *data_.x, rows, 0, settings_.before->trees(), sums);
      for (std::size_t i = 0; i < sums.size(); ++i) scores_[i % outputs][begin + i / outputs] = sums[i];
    });
  }

  bool OneTreeARound() const { return settings_.multi == MultiOutput::kOn; }
  std::size_t TreesPerRound() const { return OneTreeARound() ? 1 : std::size_t(objective_->outputs()); }

  // The classes of a round go to the threads where there are several of both; else the work on one tree is shared.
  void SetUp() {
    const int outputs = objective_->outputs();
    if (OneTreeARound()) {
      shared_ = std::make_unique<MultiRound>(*bins_, settings_.grow, std::size_t(outputs), rows_.End(), pool_);
      return;
    }
    const int threads = pool_ != nullptr ? std::min(pool_->threads(), outputs) : 1;
    settings_.grow.histogram_bytes /= std::size_t(threads);
    Pool* pool = threads > 1 ? nullptr : pool_;
    for (int t = 0; t < threads; ++t) {
      workshops_.push_back(std::make_unique<Workshop>(*bins_, settings_.grow, pool, rows_.End()));
    }
  }

  // Evaluation should stay near a twentieth of the time; both costs are rough counts of operations.
  int EvaluateEvery() const {
    const int points = std::max(1, settings_.n_estimators / kCurvePoints);
    if (!stopping_) return points;
    const double evaluation = 4.0 * double(rows_.valid.size() + curve_rows_.size());
    const double tree = double(rows_.train.size()) * double(bins_->features.size()) * 1.5 +
                        double(settings_.grow.max_leaves) * double(bins_->total_bins) * 2 + 1;
    return std::clamp(static_cast<int>(std::ceil(evaluation / (0.05 * tree))), 1, 8);
  }

  // A round in which no class could split changes nothing, and the following ones would not either
  // (unless rows or columns are drawn anew).
  bool Finished() const {
    if (grew_ || settings_.subsample < 1 || settings_.colsample < 1) return false;
    return !settings_.grow.split.random_thresholds;
  }

  bool GrowRound(int round) {
    grew_ = false;
    Draw(round);
    objective_->StartRound(scores_, pool_);
    const auto outputs = std::size_t(objective_->outputs());
    const std::size_t first = trees_.size();
    trees_.resize(first + TreesPerRound());
    if (shared_ != nullptr) {
      const std::uint64_t seed = Mix64(context_.seed, kRoundingStream, std::uint64_t(round));
      const bool whole = shared_->Grow(context_, *objective_, rows_, settings_.learning_rate, settings_.gradient_levels,
                                       seed, use_, bag(), routed(), scores_, trees_.back());
      grew_ = whole && trees_.back().nodes.size() > 1;
      return whole;
    }
    std::atomic<std::size_t> next{0};
    std::atomic<bool> whole{true};
    const auto work = [&](std::size_t t) {
      for (std::size_t k; whole && (k = next++) < outputs;) {
        if (!GrowTree(*workshops_[t], round, int(k), trees_[first + k])) whole = false;
      }
    };
    ForEach(pool_, workshops_.size(), work);
    for (std::size_t k = 0; k < outputs; ++k) grew_ |= trees_[first + k].nodes.size() > 1;
    return whole;
  }

  bool GrowTree(Workshop& shop, int round, int output, Tree& tree) {
    Pool* pool = workshops_.size() > 1 ? nullptr : pool_;
    objective_->Gradients(scores_, output, pool, shop.plane);
    DrawRows(shop, pool, round, output);
    const std::uint64_t seed = Mix64(context_.seed, kNodeStream, std::uint64_t(round) * 65536 + std::uint64_t(output));
    Quantise(shop.plane, shop.in_tree,
             {objective_->unit_hessian() && !by_gradient_, settings_.gradient_levels, Mix64(seed, kRoundingStream)},
             pool);
    if (!shop.grower->Grow(context_, shop.plane, seed, use_, shop.in_tree, shop.routed, tree)) return false;
    SetLeafValues(shop, pool, output, tree);
    return true;
  }

  void DrawRows(Workshop& shop, Pool* pool, int round, int output) const {
    if (by_gradient_) {
      const std::uint64_t seed = Mix64(context_.seed, kBagStream, std::uint64_t(round) * 65536 + std::uint64_t(output));
      SampleByGradient(settings_.sampling, settings_.subsample, seed, rows_.train, pool, shop.plane, shop.in_tree,
                       shop.routed);
      shop.routed.insert(shop.routed.end(), rows_.valid.begin(), rows_.valid.end());
    } else {
      shop.in_tree.assign(bag().begin(), bag().end());
      shop.routed.assign(routed().begin(), routed().end());
    }
  }

  // Draws the rows and columns of a round. Whether a row is in depends on seed, round and row alone.
  void Draw(int round) {
    by_gradient_ = DrawsByGradient(round);
    if (DrawsUniformly()) {
      bag_.clear();
      routed_all_.clear();
      const std::uint64_t seed = Mix64(context_.seed, kBagStream, std::uint64_t(round));
      for (const RowIndex r : rows_.train) {
        (ToUnit(Mix64(seed, r)) < settings_.subsample ? bag_ : routed_all_).push_back(r);
      }
      if (bag_.empty()) std::swap(bag_, routed_all_);
      routed_all_.insert(routed_all_.end(), rows_.valid.begin(), rows_.valid.end());
    }
    const std::size_t n = bins_->features.size();
    use_.assign(n, 1);
    if (settings_.colsample >= 1) return;
    Random random(Mix64(context_.seed, kColumnStream, std::uint64_t(round)));
    std::vector<std::size_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = i;
    Shuffle(order, random);
    const auto keep = std::max<std::size_t>(1, std::size_t(std::lround(settings_.colsample * double(n))));
    for (std::size_t i = keep; i < n; ++i) use_[order[i]] = 0;
  }

  // The rows of a round that teach, and those that only go along.
  RowSpan bag() const { return DrawsUniformly() ? bag_ : rows_.train; }
  RowSpan routed() const { return DrawsUniformly() ? routed_all_ : rows_.valid; }

  bool DrawsUniformly() const {
    return settings_.subsample < 1 && (settings_.sampling == Sampling::kUniform || objective_->renews_leaves());
  }

  // GOSS lets the first 1/rate rounds see all rows. Leaf values that are quantiles need rows of equal weight.
  bool DrawsByGradient(int round) const {
    if (settings_.subsample >= 1 || settings_.sampling == Sampling::kUniform || objective_->renews_leaves())
      return false;
    return settings_.sampling != Sampling::kGoss || round * settings_.learning_rate >= 1;
  }

  // Leaf values come from the unquantised gradients, summed in row order.
  void SetLeafValues(const Workshop& shop, Pool* pool, int output, Tree& tree) {
    const std::vector<LeafRows>& leaves = shop.grower->leaves();
    tree.values.assign(leaves.size(), 0.0);
    Scores& scores = scores_[std::size_t(output)];
    const auto set_leaf = [&](std::size_t i) {
      const RowSpan rows = RowSpan(shop.in_tree).subspan(leaves[i].begin, leaves[i].end - leaves[i].begin);
      const RowSpan others =
          RowSpan(shop.routed).subspan(leaves[i].routed_begin, leaves[i].routed_end - leaves[i].routed_begin);
      const double value = settings_.learning_rate * LeafValue(shop.plane, output, rows, leaves[i], leaves.size() == 1);
      tree.values[i] = value;
      tree.nodes[leaves[i].node].cover = CoverOf(rows);
      for (const RowIndex r : rows) scores[r] += value;
      for (const RowIndex r : others) scores[r] += value;
    };
    ForEach(pool, leaves.size(), set_leaf);
  }

  float CoverOf(RowSpan rows) const {
    if (rows_.weight.empty()) return static_cast<float>(rows.size());
    double sum = 0;
    for (const RowIndex r : rows) sum += rows_.Weight(r);
    return static_cast<float>(sum);
  }

  double LeafValue(const GradientPlane& plane, int output, RowSpan rows, const LeafRows& leaf, bool single) const {
    if (single) return 0;  // no split was found: the tree must not shift all scores
    if (objective_->renews_leaves()) return objective_->LeafValue(scores_, output, rows);
    double g = 0, h = 0;
    constexpr std::size_t kAhead = 16;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      __builtin_prefetch(&plane.real[rows[std::min(k + kAhead, rows.size() - 1)]]);
      g += plane.real[rows[k]].g;
      h += plane.real[rows[k]].h;
    }
    const SplitRules& rules = settings_.grow.split;
    const double step =
        leaf.held.range.Clamp(rules.path_smooth > 0 ? leaf.held.output : Output(g, h, rules.l1, rules.l2));
    const double value = objective_->Limit(step, g, h);
    return objective_->exponent() == 0 ? value : std::ldexp(value, objective_->exponent());
  }

  double Evaluate(int round) {
    const double valid = validation_.At(scores_);
    const int step = std::max(1, settings_.n_estimators / kCurvePoints);
    const bool due = curve_.empty() || round >= curve_.back().iteration + step;
    if (due || settings_.on_round) train_loss_ = objective_->Loss(scores_, curve_rows_);
    if (due) curve_.push_back({round, train_loss_, valid});
    return valid;
  }

  model::Fitted Finish(int rounds, bool cut) {
    const auto outputs = static_cast<std::uint32_t>(objective_->outputs());
    const std::uint32_t model_outputs = data_.task == Task::kBinary ? 2 : outputs;
    model::Fitted fitted;
    const std::uint32_t width = OneTreeARound() ? outputs : 1;
    workshops_.clear();  // what a forest of many trees takes has room where they were
    shared_ = nullptr;
    scores_ = {};
    ForestBuilder builder(*bins_, objective_->transform(), model_outputs, width, start_);
    for (const Tree& tree : trees_) builder.Add(tree);
    Forest forest = std::move(builder).Finish();
    if (settings_.before != nullptr) {
      Forest whole = *settings_.before;
      AppendForest(whole, forest);
      forest = std::move(whole);
    }
    fitted.model = MakeForestModel(std::move(forest));
    fitted.curve = std::move(curve_);
    fitted.stopped_early = cut;
    if (stopping_) {
      fitted.refit.Set("n_estimators", std::max(1, rounds));
      fitted.refit.Set("early_stopping", 0);
    }
    return fitted;
  }

  Context context_;
  const model::TrainingData& data_;
  BoostingSettings settings_;
  const TrainingRows& rows_;
  Pool* pool_;
  std::shared_ptr<const BinnedData> bins_;
  std::unique_ptr<Objective> objective_;
  ValidationScore validation_;
  std::vector<double> start_;
  std::vector<Scores> scores_;
  std::vector<std::unique_ptr<Workshop>> workshops_;
  std::unique_ptr<MultiRound> shared_;      // instead of them: one tree for all outputs
  std::vector<RowIndex> bag_, routed_all_;  // of the round, where rows are drawn
  std::vector<RowIndex> curve_rows_;
  std::vector<std::uint8_t> use_;
  std::vector<Tree> trees_;
  std::vector<model::CurvePoint> curve_;
  int first_round_ = 0;  // of a model that is continued
  double train_loss_ = 0;
  bool stopping_ = false;
  bool grew_ = false;
  bool by_gradient_ = false;  // the rows of this round are drawn by their gradients
};

}  // namespace

Result<model::Fitted> FitBoosting(const Context& context, const model::TrainingData& data,
                                  const BoostingSettings& settings, std::shared_ptr<const BinnedData> bins) {
  TW_TRY(const TrainingRows rows, PrepareRows(data));
  TW_TRY(std::unique_ptr<Objective> objective, MakeObjective(data, rows, settings.loss));
  TW_RETURN_IF_ERROR(CheckDirections(data, *objective, settings.grow.directions));
  BoostingSettings settled = settings;
  TW_RETURN_IF_ERROR(SettleOutputs(*objective, settled));
  const std::size_t n = rows.train.size(), outputs = std::size_t(objective->outputs());
  const bool together = settled.multi == MultiOutput::kOn;
  if (together) settled.bins.multiply = false;  // sums of products would be as many as classes
  if (settled.gradient_levels == kAutoLevels) {
    const bool few = n >= kFewRows && n < kCoarseRows * outputs && !together;
    settled.gradient_levels = few ? CoarseLevels(data) : 0;
  }
  if (bins == nullptr) bins = GetBins(context, data, rows, settled.bins, true);
  auto fitted = SettleGrowth(context, data, rows, outputs, bins, settled);
  if (fitted) return std::move(*fitted);
  Booster booster(context, data, settled, rows, std::move(objective), std::move(bins));
  return booster.Run();
}

}  // namespace tagwerk::learners::trees
