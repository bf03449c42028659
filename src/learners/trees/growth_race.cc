#include "learners/trees/growth_race.h"

#include <algorithm>
#include <limits>

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
constexpr std::uint64_t kRaceStream = 5;

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
  model::Rows train, held;
  const double share = std::min(1.0, double(kRaceRows) / double(rows.train.size()));
  for (std::size_t k = 0; k < rows.train.size(); ++k) {  // by place: rows of weight 0 change nothing
    const double at = ToUnit(Mix64(context.seed, kRaceStream, k));
    if (at < share) (at < share * kHeldOut ? held : train).push_back(rows.train[k]);
  }
  model::TrainingData some = data;
  some.train_rows = train;
  some.valid_rows = held;
  BoostingSettings race = settings;
  race.n_estimators = kRaceRounds;
  race.learning_rate = std::max(settings.learning_rate, std::min(kRaceRate * settings.learning_rate, kMostRaceRate));
  race.before = nullptr;
  race.on_round = nullptr;
  race.stopping_metric = nullptr;
  race.patience = kRaceRounds;
  race.early_stopping = true;
  const bool least = settings.early_stopping && !rows.valid.empty();
  race.grow.growth = Growth::kLeafWise;
  const double free = RaceLoss(context, some, race, least);
  race.grow.growth = Growth::kOblivious;
  return RaceLoss(context, some, race, least) < free ? Growth::kOblivious : Growth::kLeafWise;
}

}  // namespace tagwerk::learners::trees
