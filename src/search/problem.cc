// Which rows the out-of-fold scores cover, and the score with its jackknife interval.
#include "search/problem.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "learners/catalog.h"
#include "table/words.h"

namespace tagwerk::search {
namespace {

constexpr std::int32_t kFewestTexts = 50;  // different values of a text column
constexpr std::size_t kManyRows = 50000;   // more rows: fewer groups, each costs a sort of all rows

/// Puts each row into a jackknife group: whole groups of a group split, stretches of a time split.
std::vector<std::uint8_t> MakeGroups(const Problem& problem) {
  const SearchInput& input = *problem.input;
  const std::size_t n = problem.oof_rows.size();
  const auto groups = std::uint64_t(problem.groups);
  std::vector<std::uint8_t> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = problem.oof_rows[i];
    std::uint64_t at = Mix64(input.seed, row);
    if (input.split->kind == split::Kind::kGroup && input.split->group)
      at = Mix64(input.seed, input.table->column(*input.split->group).Hash(row));
    out[i] = std::uint8_t(input.split->kind == split::Kind::kTime ? i * groups / n : at % groups);
  }
  return out;
}

/// Reading a character costs about half of what a column of numbers costs in a fit.
constexpr double kColumnsPerCharacter = 0.5;
constexpr std::size_t kMeasuredTexts = 1000;

void MeasureTexts(const SearchInput& input, Problem& problem) {
  double width = 0;
  for (const std::size_t feature : input.features) {
    const table::Column& column = input.table->column(feature);
    if (column.storage() != table::Storage::kString || column.dictionary()->size() <= kFewestTexts) continue;
    if (!table::HoldsWords(*column.codes(), *column.dictionary(), input.split->train)) continue;
    problem.has_text = true;
    const auto values = std::size_t(column.dictionary()->size());
    const std::size_t step = values / kMeasuredTexts + 1;
    double bytes = 0, count = 0;
    for (std::size_t code = 0; code < values; code += step, count += 1)
      bytes += double(column.dictionary()->at(std::int32_t(code)).size());
    width += kColumnsPerCharacter * bytes / count;
  }
  problem.text_width = std::size_t(width);
}

}  // namespace

const std::vector<model::LearnerDescriptor>* Catalog(const SearchInput& input) {
  return input.catalog != nullptr ? input.catalog : &learners::AllLearners();
}

const model::LearnerDescriptor* Problem::Find(std::string_view id) const {
  for (const auto& learner : *catalog)
    if (learner.id == id) return &learner;
  return nullptr;
}

metrics::Scored Problem::Truth() const {
  metrics::Scored scored;
  scored.task = input->task;
  scored.num_classes = input->num_classes;
  scored.positive = input->positive;
  scored.truth = truth;
  scored.weight = weight;
  return scored;
}

Problem MakeProblem(const SearchInput& input, std::size_t folds) {
  Problem problem;
  problem.input = &input;
  problem.catalog = Catalog(input);
  problem.outputs = input.task == Task::kRegression ? 1 : std::max(2, input.num_classes);
  problem.folds = std::clamp<std::size_t>(folds, 1, input.split->folds.size());
  const std::size_t total = input.table->num_rows();
  std::vector<std::uint8_t> times(total, 0);
  std::size_t train = 0;
  for (std::size_t f = 0; f < problem.folds; ++f) {
    for (auto row : input.split->folds[f].valid)
      if (times[row] < 255) ++times[row];
    train += input.split->folds[f].train.size();
  }
  problem.train_rows = train / problem.folds;
  MeasureTexts(input, problem);
  std::vector<std::uint32_t> place(total, 0);
  bool repeated = false;
  for (auto row : input.split->train) {
    if (times[row] == 0) continue;
    place[row] = std::uint32_t(problem.oof_rows.size());
    problem.oof_rows.push_back(row);
    problem.truth.push_back(input.y[row]);
    if (!input.weight.empty()) problem.weight.push_back(input.weight[row]);
    repeated |= times[row] > 1;
  }
  if (repeated)
    for (auto row : problem.oof_rows) problem.times.push_back(times[row]);
  for (std::size_t f = 0; f < problem.folds; ++f) {
    std::vector<std::uint32_t>& positions = problem.positions.emplace_back();
    for (auto row : input.split->folds[f].valid) positions.push_back(place[row]);
  }
  problem.groups = problem.oof_rows.size() > kManyRows ? 10 : 20;
  problem.group = MakeGroups(problem);
  return problem;
}

Scorecard ScoreOof(const Problem& problem, std::span<const double> oof) {
  const std::size_t n = problem.oof_rows.size(), k = std::size_t(problem.outputs);
  metrics::Scored scored = problem.Truth();
  scored.scores = oof;
  Scorecard card;
  card.score = problem.input->metric->compute(scored);
  std::vector<double> truth, scores, weight;
  for (int g = 0; g < problem.groups; ++g) {
    truth.clear(), scores.clear(), weight.clear();
    for (std::size_t i = 0; i < n; ++i) {
      if (problem.group[i] == g) continue;
      truth.push_back(problem.truth[i]);
      scores.insert(scores.end(), oof.begin() + long(i * k), oof.begin() + long((i + 1) * k));
      if (!problem.weight.empty()) weight.push_back(problem.weight[i]);
    }
    if (truth.size() == n || truth.empty()) continue;  // an empty group says nothing
    scored.truth = truth, scored.scores = scores, scored.weight = weight;
    const double value = problem.input->metric->compute(scored);
    card.without.push_back(std::isfinite(value) ? value : card.score);
  }
  return card;
}

double JackknifeError(std::span<const double> without) {
  if (without.size() < 2) return 0;
  double mean = 0, sum = 0;
  for (double v : without) mean += v / double(without.size());
  for (double v : without) sum += (v - mean) * (v - mean);
  const double groups = double(without.size());
  return std::sqrt((groups - 1) / groups * sum);
}

double RowLoss(const Problem& problem, const double* scores, double truth) {
  if (problem.input->task == Task::kRegression) return (scores[0] - truth) * (scores[0] - truth);
  return -std::log(std::max(scores[std::size_t(truth)], 1e-15));
}

}  // namespace tagwerk::search
