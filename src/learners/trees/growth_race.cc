#include "learners/trees/growth_race.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "base/random.h"

namespace tagwerk::learners::trees {

namespace {

// Beyond so many rows, shared by the classes, free trees mostly win and the trial costs more: except where rows are few
// for the columns. Then a part of them tells.
constexpr std::size_t kLeastRaceRows = 256, kRaceRows = 10'000, kMostWideRows = 100'000, kRowsAColumn = 50;
constexpr int kRaceRounds = 40;
constexpr double kRaceRate = 1.5,
                 kMostRaceRate = 0.3;  // longer steps make up for fewer rounds; much longer ones overfit
constexpr double kHeldOut = 0.2;
constexpr std::uint64_t kRaceStream = 5, kDepthStream = 6;
// Which depth pays shows in few rounds, but only on many held-out rows; these cost little.
constexpr std::size_t kDepthRaceRows = 14'000;
constexpr int kDepthRaceRounds = 15, kLeastDepthLeaves = 16;
constexpr double kDepthRaceRate = 3, kDepthHeldOut = 0.5;

/// The loss on held-out rows: at the end, or the least where the fit itself stops there; infinity where it was cut.
double RaceLoss(const Context& context, const model::TrainingData& data, const BoostingSettings& settings, bool least) {
  const Result<model::Fitted> fitted = FitBoosting(context, data, settings);
  if (!fitted || fitted->stopped_early || fitted->curve.empty()) return std::numeric_limits<double>::infinity();
  double best = fitted->curve.back().valid_loss;
  for (const model::CurvePoint& point : fitted->curve) {
    if (least) best = std::min(best, point.valid_loss);
  }
  return best;
}

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

/// What all trials share: so many rounds at so many times the rate, none left out.
BoostingSettings RaceSettings(const BoostingSettings& settings, int rounds, double rate) {
  BoostingSettings race = settings;
  race.n_estimators = rounds;
  race.learning_rate = std::max(settings.learning_rate, std::min(rate * settings.learning_rate, kMostRaceRate));
  race.before = nullptr;
  race.on_round = nullptr;
  race.stopping_metric = nullptr;
  race.patience = rounds;
  race.early_stopping = true;
  return race;
}

}  // namespace

bool WorthRace(const model::TrainingData& data, std::size_t rows, std::size_t outputs) {
  if (rows < kLeastRaceRows) return false;
  if (rows * outputs < kRaceRows) return true;
  const auto& columns = data.x->columns();
  return rows < kMostWideRows && rows < kRowsAColumn * columns.size() &&
         std::none_of(columns.begin(), columns.end(), [](const auto& column) { return column.nonzeros != nullptr; });
}

Growth RaceGrowth(const Context& context, const model::TrainingData& data, const TrainingRows& rows,
                  const BoostingSettings& settings) {
  const RaceRows drawn = DrawRaceRows({context.seed, kRaceStream}, rows.train, kRaceRows, kHeldOut);
  model::TrainingData some = data;
  some.train_rows = drawn.train;
  some.valid_rows = drawn.held;
  BoostingSettings race = RaceSettings(settings, kRaceRounds, kRaceRate);
  const bool least = settings.early_stopping && !rows.valid.empty();
  race.grow.growth = Growth::kLeafWise;
  const double free = RaceLoss(context, some, race, least);
  race.grow.growth = Growth::kOblivious;
  return RaceLoss(context, some, race, least) < free ? Growth::kOblivious : Growth::kLeafWise;
}

bool WorthDepthRace(const model::TrainingData& data, std::size_t rows, const GrowRules& rules) {
  return data.task == Task::kBinary && rows >= kRaceRows && rows < kMostWideRows && rules.max_depth == 0 &&
         rules.max_leaves >= kLeastDepthLeaves;
}

int RaceDepth(const Context& context, const model::TrainingData& data, const TrainingRows& rows,
              const BoostingSettings& settings) {
  const RaceRows drawn = DrawRaceRows({context.seed, kDepthStream}, rows.train, kDepthRaceRows, kDepthHeldOut);
  model::TrainingData some = data;
  some.train_rows = drawn.train;
  some.valid_rows = drawn.held;
  model::FitCache cache;  // both fits have the same bins
  some.cache = &cache;
  BoostingSettings race = RaceSettings(settings, kDepthRaceRounds, kDepthRaceRate);
  const double free = RaceLoss(context, some, race, false);
  race.grow.max_depth = std::bit_width(unsigned(settings.grow.max_leaves - 1));
  return RaceLoss(context, some, race, false) < free ? race.grow.max_depth : 0;
}

}  // namespace tagwerk::learners::trees
