// Fits the chosen configurations on given rows, without validation rows: iterations, penalties and the
// like come from the folds.
#include "search/refit.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/random.h"

namespace tagwerk::search {
namespace {

constexpr double kLeastSeconds = 0.75;  // spent even after the deadline: a run needs a model
constexpr double kLeastPrefix = 0.5;    // share of the iterations that makes a cut fit usable

/// Rows that the trial's fits were taught on, on average.
double TaughtRows(const SearchInput& input, const TrialRecord& trial) {
  const auto& folds = input.split->folds;
  const std::size_t n = std::clamp<std::size_t>(std::size_t(std::max(0, trial.folds_done)), 1, folds.size());
  double rows = 0;
  for (std::size_t f = 0; f < n; ++f) rows += double(folds[f].train.size());
  return std::max(1.0, rows / double(n) * trial.rows_share);
}

/// More rows carry more trees before they overfit.
double TreeGrowth(const SearchInput& input, const TrialRecord& trial, double rows) {
  return std::clamp(rows / TaughtRows(input, trial), 1.0, 2.0);
}

/// Parameters of the refit: the configuration, then what the folds chose. Iterations grow with the rows.
model::Parameters RefitParameters(const SearchInput& input, const model::LearnerDescriptor& learner,
                                  const TrialRecord& trial, double rows) {
  model::Parameters parameters = trial.parameters;
  for (const auto& [name, value] : trial.refit.values()) parameters.Set(name, value);
  if (learner.capabilities.iterative && trial.refit.Has("n_estimators")) {
    double trees = std::round(trial.refit.Get(learner.parameters, "n_estimators") * TreeGrowth(input, trial, rows));
    for (const auto& spec : learner.parameters)
      if (spec.name == "n_estimators" && spec.low < spec.high) trees = std::clamp(trees, spec.low, spec.high);
    parameters.Set("n_estimators", trees);
  }
  return parameters;
}

/// Seconds that one thread will take for fitting the trial's configuration on this many rows.
double FitSecondsOn(const SearchInput& input, const TrialRecord& trial, double rows) {
  const double growth = trial.refit.Has("n_estimators") ? TreeGrowth(input, trial, rows) : 1;
  return trial.fit_seconds / std::max(1, trial.folds_done) * growth * rows / TaughtRows(input, trial);
}

/// One recipe's features on the rows of the refit.
struct RecipeData {
  std::optional<features::FitOutput> features;
  std::optional<Error> fault;
  model::FitCache cache;
};

struct Refit {
  const SearchInput* input;
  const table::Table* table;
  std::vector<double> own_y, own_weight;
  table::Rows rows;
  std::map<model::Recipe, RecipeData> recipes;
  double given_rows = 0;

  std::span<const double> y() const { return own_y.empty() ? std::span<const double>(input->y) : own_y; }
  std::span<const double> weight() const { return own_y.empty() ? std::span<const double>(input->weight) : own_weight; }
};

Status FitRecipe(const Context& context, Refit& refit, model::Recipe recipe) {
  RecipeData& data = refit.recipes[recipe];
  features::FitInput fit;
  fit.table = refit.table;
  fit.columns = refit.input->features;
  fit.train_rows = refit.rows;
  fit.y = refit.y();
  fit.task = refit.input->task;
  fit.num_classes = refit.input->num_classes;
  fit.seed = Mix64(refit.input->seed, 2000);
  fit.time_split = refit.input->split->kind == split::Kind::kTime;
  TW_TRY(data.features, features::FitFeatures(context, recipe, fit));
  return Ok();
}

struct Outcome {
  std::optional<pipeline::Member> member;
  std::optional<Error> fault;
  bool complete = false;
};

Outcome FitOne(const Context& context, Refit& refit, const model::LearnerDescriptor& learner,
               const TrialRecord& trial) {
  Outcome outcome;
  RecipeData& data = refit.recipes.at(RecipeOf(learner, trial.parameters));
  model::TrainingData training;
  training.task = refit.input->task;
  training.num_classes = refit.input->num_classes;
  training.x = data.features->matrix.get();
  training.y = refit.y();
  training.weight = refit.weight();
  training.train_rows = refit.rows;
  training.cache = &data.cache;
  const model::Parameters parameters = RefitParameters(*refit.input, learner, trial, double(refit.rows.size()));
  Context own = context;
  own.seed = Mix64(refit.input->seed, Configuration{&learner, trial.parameters, 1}.Key(), 2000);
  auto fitted = learner.fit(own, training, parameters);
  if (!fitted) {
    outcome.fault = fitted.error();
    return outcome;
  }
  double done = 1;
  if (fitted->stopped_early && learner.capabilities.iterative && fitted->refit.Has("n_estimators"))
    done = fitted->refit.Get(learner.parameters, "n_estimators") /
           std::max(1.0, parameters.Get(learner.parameters, "n_estimators"));
  outcome.complete = !fitted->stopped_early || done >= kLeastPrefix;
  pipeline::Member member;
  member.learner = learner.id;
  member.parameters = model::ParametersJson(learner.parameters, parameters);
  member.features = data.features->features;
  member.model = std::move(fitted->model);
  outcome.member = std::move(member);
  return outcome;
}

/// Samples the rows if fitting all of them would not end in time.
void ChooseRows(const Context& context, const std::vector<const TrialRecord*>& trials, table::RowSpan rows,
                Refit& refit, table::Table& own) {
  const SearchInput& input = *refit.input;
  refit.table = input.table;
  refit.rows.assign(rows.begin(), rows.end());
  double sum = 0, longest = 0;
  for (const TrialRecord* trial : trials) {
    const double seconds = FitSecondsOn(input, *trial, double(rows.size()));
    sum += seconds, longest = std::max(longest, seconds);
  }
  // One member of a large table uses all threads, several share them.
  const double need = std::max(sum / context.pool->threads(), trials.size() > 1 ? longest * 0.6 : 0);
  const double share = context.SecondsLeft() * 0.8 / std::max(need, 1e-9);
  if (share >= 1 || rows.size() < 10000) return;
  table::Rows kept = SampleRows(rows, input.y, input.num_classes, std::max(share, 5000.0 / double(rows.size())),
                                Mix64(input.seed, 2001));
  own = input.table->Take(kept);
  refit.table = &own;
  for (auto row : kept) {
    refit.own_y.push_back(input.y[row]);
    if (!input.weight.empty()) refit.own_weight.push_back(input.weight[row]);
  }
  refit.rows = model::AllRows(kept.size());
}

}  // namespace

double MembersSeconds(const SearchInput& input, const std::vector<const TrialRecord*>& trials, int threads) {
  double sum = 0, longest = 0;
  for (const TrialRecord* trial : trials) {
    const double seconds = FitSecondsOn(input, *trial, double(input.split->train.size()) * trial->rows_share);
    sum += seconds, longest = std::max(longest, seconds);
  }
  return std::max(sum / threads, longest * 0.6);
}

double RefitSeconds(const Problem& problem, const State& state, int threads) {
  std::vector<const TrialRecord*> trials;
  for (const auto& [index, weight] : state.members()) trials.push_back(&state.trials()[index].record);
  return 1.2 * MembersSeconds(*problem.input, trials, threads) + 0.05;
}

Result<std::vector<pipeline::Member>> FitMembers(const Context& given, const SearchInput& input,
                                                 const std::vector<const TrialRecord*>& trials,
                                                 const std::vector<double>& weights, table::RowSpan rows) {
  TW_CHECK(!trials.empty() && trials.size() == weights.size() && !rows.empty());
  Problem lookup;
  lookup.input = &input;
  lookup.catalog = Catalog(input);
  Refit refit;
  refit.input = &input;
  table::Table own;
  Context context = given;
  if (given.SecondsLeft() < kLeastSeconds)
    context.deadline = Clock::now() + std::chrono::milliseconds(int(1000 * kLeastSeconds));
  ChooseRows(context, trials, rows, refit, own);

  // Heaviest members first: what the deadline cuts off weighs least.
  std::vector<std::size_t> order(trials.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return weights[a] > weights[b]; });
  std::vector<const model::LearnerDescriptor*> learners(trials.size());
  std::vector<Outcome> outcomes(trials.size());
  std::optional<Error> fault;
  for (std::size_t i : order) {
    learners[i] = lookup.Find(trials[i]->learner);
    TW_CHECK(learners[i] != nullptr);
    const model::Recipe recipe = RecipeOf(*learners[i], trials[i]->parameters);
    if (refit.recipes.contains(recipe)) continue;
    // The first recipe must come out whatever the deadline says; a run without a model helps nobody.
    Context patient = context;
    if (refit.recipes.empty()) patient.deadline = TimePoint::max();
    if (auto status = FitRecipe(patient, refit, recipe); !status) {
      if (!fault) fault = status.error();
    }
  }
  context.pool->For(order.size(), [&](std::size_t o) {
    const std::size_t i = order[o];
    if (!refit.recipes.at(RecipeOf(*learners[i], trials[i]->parameters)).features) return;
    if (o > 0 && context.ShouldStop()) return;
    outcomes[i] = FitOne(context, refit, *learners[i], *trials[i]);
  });

  std::vector<pipeline::Member> members;
  for (const bool complete : {true, false}) {  // cut fits only if nothing else is there
    for (std::size_t i = 0; i < trials.size(); ++i) {
      Outcome& outcome = outcomes[i];
      if (outcome.fault && !fault) fault = outcome.fault;
      if (!outcome.member || outcome.complete != complete) continue;
      outcome.member->weight = weights[i];
      members.push_back(std::move(*outcome.member));
      outcome.member.reset();
    }
    if (!members.empty()) break;
  }
  if (members.empty()) {
    if (fault) return *fault;
    return Error(Code::kCancelled, "interrupted", "stopped before the chosen model was fitted again");
  }
  double sum = 0;
  for (const auto& member : members) sum += member.weight;
  for (auto& member : members) member.weight /= sum;
  return members;
}

}  // namespace tagwerk::search
