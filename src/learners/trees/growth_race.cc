#include "learners/trees/growth_race.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "base/random.h"
#include "learners/trees/loops.h"

namespace tagwerk::learners::trees {

namespace {

// Few rows are noisy: oblivious trees, whatever a trial on fewer rows still would say. Beyond kRaceRows, shared by the
// classes, free trees mostly win and the trial costs more: except where rows are few for the columns. Then a part of
// them tells.
constexpr std::size_t kLeastRaceRows = 1250, kRaceRows = 10'000, kMostWideRows = 100'000, kRowsAColumn = 50;
constexpr int kRaceRounds = 20;
constexpr double kRaceShare = 0.6,
                 kMostRaceRate = 0.3;  // longer steps make up for fewer rounds; much longer ones overfit
constexpr double kHeldOut = 0.2;
// Up to here oblivious trees win the trial at least as often as not, and a fit hardly gains by a second thread.
constexpr std::size_t kAheadRows = 6000, kAheadCells = 200'000;
constexpr double kMarginRows = 40;  // divided by the rows: the part of the loss by which free trees must be better
constexpr std::uint64_t kRaceStream = 5, kDepthStream = 6;
// Which depth pays shows in few rounds, but only on many held-out rows; these cost little.
constexpr std::size_t kDepthRaceRows = 14'000;
constexpr int kDepthRaceRounds = 15, kLeastDepthLeaves = 16;
constexpr double kDepthRaceShare = 0.45, kDepthHeldOut = 0.5;

/// Rows drawn from those that teach, and what is held out of them.
struct RaceRows {
  model::Rows train, held;
};

RaceRows DrawRaceRows(std::pair<std::uint64_t, std::uint64_t> stream, const model::Rows& all, std::size_t most,
                      double held_out) {
  RaceRows drawn;
  const double share = std::min(1.0, double(most) / double(all.size()));
  for (std::size_t k = 0; k < all.size(); ++k) {  // by place: rows of weight 0 change nothing
    const double at = ToUnit(Mix64(stream.first, stream.second, k));
    if (at < share) (at < share * held_out ? drawn.held : drawn.train).push_back(all[k]);
  }
  return drawn;
}

/// Where two fits are compared. `least`: a fit is as good as its best round, since the fit itself stops there.
struct RaceGround {
  const Context& context;
  const model::TrainingData& data;
  const RaceRows& rows;
  const std::shared_ptr<const BinnedData>& bins;
  bool least;
};

/// The loss on held-out rows; infinity where the deadline cut the fit.
double RaceLoss(const RaceGround& ground, const BoostingSettings& settings) {
  Context context = ground.context;
  context.pool = nullptr;  // on few rows a thread for each fit does more than both for one after the other
  model::TrainingData data = ground.data;
  data.train_rows = ground.rows.train;
  data.valid_rows = ground.rows.held;
  const Result<model::Fitted> fitted = FitBoosting(context, data, settings, ground.bins);
  if (!fitted || fitted->stopped_early || fitted->curve.empty()) return std::numeric_limits<double>::infinity();
  double best = fitted->curve.back().valid_loss;
  for (const model::CurvePoint& point : fitted->curve) {
    if (ground.least) best = std::min(best, point.valid_loss);
  }
  return best;
}

/// What all trials share: so many rounds, none left out, that go as far as this share of the fit's.
BoostingSettings RaceSettings(const BoostingSettings& settings, int rounds, double share) {
  BoostingSettings race = settings;
  const double rate = share * settings.n_estimators * settings.learning_rate / rounds;
  race.n_estimators = rounds;
  race.learning_rate = std::max(settings.learning_rate, std::min(rate, kMostRaceRate));
  race.before = nullptr;
  race.on_round = nullptr;
  race.stopping_metric = nullptr;
  race.patience = rounds;
  race.early_stopping = true;
  return race;
}

/// Whether the challenger's loss is less by more than this part of the holder's.
bool Wins(const RaceGround& ground, const BoostingSettings& challenger, const BoostingSettings& holder, double margin) {
  const std::array<const BoostingSettings*, 2> fits{&challenger, &holder};
  std::array<double, 2> loss{};
  ForEach(ground.context.pool, fits.size(), [&](std::size_t k) { loss[k] = RaceLoss(ground, *fits[k]); });
  return loss[0] < loss[1] - margin * std::abs(loss[1]);
}

/// Oblivious or leaf-wise growth, as a trial judges.
Growth RaceGrowth(const Context& context, const model::TrainingData& data, const TrainingRows& rows,
                  const BoostingSettings& settings, const std::shared_ptr<const BinnedData>& bins) {
  const RaceRows drawn = DrawRaceRows({context.seed, kRaceStream}, rows.train, kRaceRows, kHeldOut);
  BoostingSettings free = RaceSettings(settings, kRaceRounds, kRaceShare);
  free.grow.growth = Growth::kLeafWise;
  BoostingSettings oblivious = free;
  oblivious.grow.growth = Growth::kOblivious;
  const bool least = settings.early_stopping && !rows.valid.empty();
  const double margin = kMarginRows / double(drawn.train.size() + drawn.held.size());
  return Wins({context, data, drawn, bins, least}, free, oblivious, margin) ? Growth::kLeafWise : Growth::kOblivious;
}

/// Whether the data are of a size where RaceDepth is worth its time.
bool WorthDepthRace(const model::TrainingData& data, std::size_t rows, const GrowRules& rules) {
  return data.task == Task::kBinary && rows >= kRaceRows && rows < kMostWideRows && rules.max_depth == 0 &&
         rules.max_leaves >= kLeastDepthLeaves;
}

/// The limit of depth that errs least in a short trial: none (0), or as many levels as the leaves fill.
int RaceDepth(const Context& context, const model::TrainingData& data, const TrainingRows& rows,
              const BoostingSettings& settings, const std::shared_ptr<const BinnedData>& bins) {
  const RaceRows drawn = DrawRaceRows({context.seed, kDepthStream}, rows.train, kDepthRaceRows, kDepthHeldOut);
  const BoostingSettings free = RaceSettings(settings, kDepthRaceRounds, kDepthRaceShare);
  BoostingSettings limited = free;
  limited.grow.max_depth = std::bit_width(unsigned(settings.grow.max_leaves - 1));
  return Wins({context, data, drawn, bins, false}, limited, free, 0) ? limited.grow.max_depth : 0;
}

/// Whether the fit had better begin with oblivious trees while another thread makes the trial.
bool WorthBeginning(const Context& context, const model::TrainingData& data, const TrainingRows& rows,
                    std::size_t outputs, const BoostingSettings& settings) {
  const std::size_t n = rows.train.size();
  return context.pool != nullptr && context.pool->threads() > 1 && outputs == 1 && !settings.on_round &&
         n >= kLeastRaceRows && n <= kAheadRows && n * data.x->cols() <= kAheadCells;
}

/// The trial on one thread, the fit with oblivious trees on another. Returns the fit where these win and it was begun.
std::optional<Result<model::Fitted>> RaceAhead(const Context& context, const model::TrainingData& data,
                                               const TrainingRows& rows, const std::shared_ptr<const BinnedData>& bins,
                                               BoostingSettings& settings) {
  StopFlag given_up(context.stop);
  std::atomic<bool> judged{false};
  Context trial = context, ahead = context;
  if (context.pool->threads() == 2) trial.pool = nullptr;
  ahead.pool = nullptr;
  ahead.stop = &given_up;
  Growth winner = Growth::kOblivious;
  BoostingSettings oblivious = settings;
  oblivious.grow.growth = Growth::kOblivious;
  std::optional<Result<model::Fitted>> fitted;
  context.pool->For(2, [&](std::size_t k) {
    if (k == 0) {
      winner = RaceGrowth(trial, data, rows, settings, bins);
      if (winner != Growth::kOblivious) given_up.Request();
      judged = true;
    } else if (!judged) {  // no thread was free before
      fitted = FitBoosting(ahead, data, oblivious, bins);
    }
  });
  settings.grow.growth = winner;
  if (winner != Growth::kOblivious) fitted.reset();
  return fitted;
}

}  // namespace

bool WorthGrowthRace(const model::TrainingData& data, std::size_t rows, std::size_t outputs) {
  if (rows * outputs < kRaceRows) return true;
  const auto& columns = data.x->columns();
  return rows < kMostWideRows && rows < kRowsAColumn * columns.size() &&
         std::none_of(columns.begin(), columns.end(), [](const auto& column) { return column.nonzeros != nullptr; });
}

std::optional<Result<model::Fitted>> SettleGrowth(const Context& context, const model::TrainingData& data,
                                                  const TrainingRows& rows, std::size_t outputs,
                                                  const std::shared_ptr<const BinnedData>& bins,
                                                  BoostingSettings& settings) {
  const bool automatic = settings.grow.growth == Growth::kAuto && settings.multi != MultiOutput::kOn;
  if (settings.grow.growth == Growth::kAuto) settings.grow.growth = Growth::kLeafWise;
  if (!automatic) return std::nullopt;
  const std::size_t n = rows.train.size();
  if (WorthGrowthRace(data, n, outputs)) {
    if (WorthBeginning(context, data, rows, outputs, settings)) return RaceAhead(context, data, rows, bins, settings);
    settings.grow.growth = n < kLeastRaceRows ? Growth::kOblivious : RaceGrowth(context, data, rows, settings, bins);
  } else if (WorthDepthRace(data, n, settings.grow)) {
    settings.grow.max_depth = RaceDepth(context, data, rows, settings, bins);
  }
  return std::nullopt;
}

}  // namespace tagwerk::learners::trees
