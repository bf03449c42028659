// One configuration on the folds: fit, score, and the record of the leaderboard.
#include "search/trial.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "base/hash.h"
#include "base/random.h"

namespace tagwerk::search {
namespace {

constexpr double kZ = 1.959963984540054;  // 95 % interval

double Elapsed(TimePoint since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

const model::ParameterSpec* FindSpec(const model::LearnerDescriptor& learner, const std::string& name) {
  for (const auto& spec : learner.parameters)
    if (spec.name == name) return &spec;
  return nullptr;
}

/// Predicts the validation rows and their score; measures time and size.
void ScoreFold(const Problem& problem, const FoldData& data, const model::Model& model, std::size_t fold,
               FoldOutcome& outcome) {
  const std::size_t n = data.valid.size(), k = std::size_t(problem.outputs);
  std::vector<double> scores(n * k);
  const TimePoint start = Clock::now();
  model.Predict(*data.matrix, data.valid, scores);
  outcome.predict_seconds = Elapsed(start);
  for (double value : scores) {
    if (std::isfinite(value)) continue;
    outcome.error = "the model predicts values that are not finite";
    return;
  }
  metrics::Scored scored = problem.Truth();
  std::vector<double> truth(n), weight;
  for (std::size_t i = 0; i < n; ++i) truth[i] = data.y[data.valid[i]];
  if (!data.weight.empty())
    for (auto row : data.valid) weight.push_back(data.weight[row]);
  scored.truth = truth, scored.weight = weight, scored.scores = scores;
  outcome.fold_score = problem.input->metric->compute(scored);
  if (fold == 0) {
    model::ByteWriter writer;
    model.Save(writer);
    outcome.size_bytes = writer.bytes().size();
  }
  outcome.scores = std::move(scores);
  outcome.ok = true;
}

/// Averages the folds' scores into rows of oof_rows.
std::vector<double> Gather(const Problem& problem, const std::vector<FoldOutcome>& outcomes) {
  const std::size_t k = std::size_t(problem.outputs);
  std::vector<double> oof(problem.oof_rows.size() * k, 0.0);
  for (std::size_t f = 0; f < problem.folds; ++f) {
    const auto& positions = problem.positions[f];
    for (std::size_t i = 0; i < positions.size(); ++i)
      for (std::size_t c = 0; c < k; ++c) oof[positions[i] * k + c] += outcomes[f].scores[i * k + c];
  }
  for (std::size_t i = 0; i < problem.times.size(); ++i)
    for (std::size_t c = 0; c < k; ++c) oof[i * k + c] /= double(problem.times[i]);
  return oof;
}

}  // namespace

std::uint64_t Configuration::Key() const {
  std::uint64_t key = HashBytes(learner->id, 11);
  for (const auto& [name, value] : parameters.values())
    key = Mix64(key, HashBytes(name, 12), std::bit_cast<std::uint64_t>(value));
  return share >= 1 ? key : Mix64(key, std::bit_cast<std::uint64_t>(share));
}

std::string Configuration::Title() const {
  const std::string words = learner->describe ? learner->describe(parameters) : "";
  return words.empty() ? learner->title : learner->title + "  " + words;
}

FoldOutcome FitFold(const Context& context, const Problem& problem, FoldStore& store, const Trial& trial,
                    std::size_t fold, double seconds) {
  FoldOutcome outcome;
  const Configuration& configuration = trial.configuration;
  const model::LearnerDescriptor& learner = *configuration.learner;
  const auto take_error = [&](const Error& error) {
    outcome.error = error.Text("");
    while (!outcome.error.empty() && outcome.error.back() == '\n') outcome.error.pop_back();
    outcome.cancelled = error.code() == Code::kCancelled || context.ShouldStop();
    if (error.id() == "memory-limit") outcome.out_of_memory = error;
  };
  if (context.ShouldStop()) {
    outcome.cancelled = true;
    return outcome;
  }
  auto data = store.Get(context, fold, RecipeOf(learner, configuration.parameters), configuration.share);
  if (!data) {
    take_error(data.error());
    return outcome;
  }
  Context own = context;
  own.seed = Mix64(problem.input->seed, configuration.Key(), fold);
  const TimePoint start = Clock::now();
  if (seconds < 1e9) own = own.Until(start + ToDuration(seconds));
  Result<model::Fitted> fitted = [&]() -> Result<model::Fitted> {
    try {
      return learner.fit(own, (*data)->Training(*problem.input, true), configuration.parameters);
    } catch (const std::bad_alloc&) {
      return Error(Code::kResourceExhausted, "memory-limit", "no memory is left for this fit");
    }
  }();
  outcome.fit_seconds = Elapsed(start);
  if (!fitted) {
    take_error(fitted.error());
    return outcome;
  }
  outcome.refit = std::move(fitted->refit);
  outcome.curve = std::move(fitted->curve);
  outcome.stopped_early = fitted->stopped_early;
  ScoreFold(problem, **data, *fitted->model, fold, outcome);
  return outcome;
}

void Conclude(const Problem& problem, Trial& trial) {
  TrialRecord& record = trial.record;
  const Configuration& configuration = trial.configuration;
  record.trial = trial.id;
  record.learner = configuration.learner->id;
  record.title = configuration.Title();
  record.baseline = trial.baseline;
  record.parameters = configuration.parameters;
  record.rows_share = configuration.share;
  record.folds = int(problem.folds);
  double rows = 0, predict = 0;
  std::vector<model::Parameters> refits;
  bool cancelled = false, early = false;
  for (std::size_t f = 0; f < trial.outcomes.size(); ++f) {
    const FoldOutcome& outcome = trial.outcomes[f];
    if (!outcome.error.empty() && record.error.empty()) record.error = outcome.error;
    cancelled |= outcome.cancelled;
    if (!outcome.ok) continue;
    ++record.folds_done;
    record.fold_scores.push_back(outcome.fold_score);
    record.fit_seconds += outcome.fit_seconds;
    predict += outcome.predict_seconds;
    rows += double(problem.positions[f].size());
    refits.push_back(outcome.refit);
    early |= outcome.stopped_early;
    if (f == 0) record.curve = outcome.curve, record.size_bytes = outcome.size_bytes;
  }
  if (rows > 0) record.predict_us_per_row = predict / rows * 1e6;
  record.refit = MeanRefit(*configuration.learner, refits);
  for (double score : record.fold_scores) record.score += score / double(record.fold_scores.size());
  record.low = record.high = record.score;
  if (trial.pruned || record.folds_done < record.folds) {
    record.status = trial.pruned ? "pruned" : cancelled ? "stopped" : "failed";
    if (record.status != "failed") record.error.clear();
    return;
  }
  record.oof = Gather(problem, trial.outcomes);
  trial.card = ScoreOof(problem, record.oof);
  if (!std::isfinite(trial.card.score)) {
    record.status = "failed";
    record.error = "the metric is not defined for its predictions: " + problem.input->metric->id;
    record.oof.clear();
    return;
  }
  const double half = kZ * JackknifeError(trial.card.without);
  record.score = trial.card.score;
  record.low = record.score - half, record.high = record.score + half;
  record.status = "ok";
}

void CompareWithBaseline(const Problem& problem, const Scorecard& baseline, const Scorecard& card,
                         TrialRecord& record) {
  const metrics::Metric& metric = *problem.input->metric;
  record.difference = metrics::Improvement(metric, baseline.score, card.score);
  std::vector<double> without;
  for (std::size_t g = 0; g < std::min(baseline.without.size(), card.without.size()); ++g)
    without.push_back(metrics::Improvement(metric, baseline.without[g], card.without[g]));
  const double half = kZ * JackknifeError(without);
  record.difference_low = record.difference - half;
  record.difference_high = record.difference + half;
}

model::Parameters MeanRefit(const model::LearnerDescriptor& learner, const std::vector<model::Parameters>& folds) {
  model::Parameters mean;
  std::map<std::string, std::vector<double>> values;
  for (const auto& parameters : folds)
    for (const auto& [name, value] : parameters.values()) values[name].push_back(value);
  for (const auto& [name, list] : values) {
    const model::ParameterSpec* spec = FindSpec(learner, name);
    if (spec == nullptr) continue;
    const double count = double(list.size());
    double result = 0;
    if (spec->type == model::ParameterType::kChoice || spec->type == model::ParameterType::kBoolean) {
      std::map<double, int> votes;
      for (double v : list) ++votes[v];
      result = std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) {
                 return a.second < b.second;
               })->first;
    } else if (spec->log_scale && spec->type == model::ParameterType::kReal &&
               *std::min_element(list.begin(), list.end()) > 0) {
      for (double v : list) result += std::log(v) / count;
      result = std::exp(result);
    } else {
      for (double v : list) result += v / count;
      if (spec->type == model::ParameterType::kInteger) result = std::round(result);
    }
    mean.Set(name, result);
  }
  return mean;
}

}  // namespace tagwerk::search
