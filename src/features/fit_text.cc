// Text columns: vocabulary, topics, and out-of-fold scores of a linear model (algorithms.md 4.5).
#include "features/fit_text.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "features/text_words.h"
#include "table/words.h"

namespace tagwerk::features {
namespace {

/// Characters of the different training texts up to which runs of characters are taken beside the words; a
/// character costs about three entries of eight bytes.
constexpr std::size_t kMostCharacters = 4'000'000;
/// Characters that the vocabulary is counted on; of more texts an even part is read.
constexpr std::size_t kMostCounted = 40'000'000;
constexpr std::size_t kMostTopicRows = 30000, kMostTopicWords = 1 << 14;
constexpr std::size_t kMostScoreWeights = 1 << 22;
constexpr std::size_t kMostScoreClasses = 10;  ///< with more classes the others share one score
constexpr int kScoreFolds = 3;
constexpr double kTolerance = 5e-3;
constexpr int kPasses = 20;

struct Counted {
  std::uint32_t hash;
  std::uint32_t rows;
};

/// Sorts by hash: least significant digit first, three passes of 11 bits.
void SortByHash(std::vector<Counted>& items) {
  std::vector<Counted> other(items.size());
  for (int shift = 0; shift < 33; shift += 11) {
    std::vector<std::size_t> begin(2049, 0);
    const auto digit = [shift](const Counted& item) { return std::size_t(item.hash >> shift) & 2047; };
    for (const Counted& item : items) ++begin[digit(item) + 1];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    for (const Counted& item : items) other[begin[digit(item)]++] = item;
    items.swap(other);
  }
}

/// Training rows of each string.
std::vector<std::uint32_t> RowsOfCodes(const InputColumn& column, table::RowSpan rows) {
  std::vector<std::uint32_t> counts(std::size_t(column.dictionary->size()), 0);
  for (const table::RowIndex row : rows)
    if ((*column.codes)[row] >= 0) ++counts[std::size_t((*column.codes)[row])];
  return counts;
}

class VocabularyFit {
 public:
  VocabularyFit(const Context& context, const FitState& state, std::vector<std::uint32_t> inputs)
      : context_(context), state_(state) {
    vocabulary_.inputs = std::move(inputs);
  }

  /// False if it was stopped.
  bool Run() {
    std::vector<std::vector<std::uint32_t>> rows_of;
    std::size_t characters = 0;
    for (const std::uint32_t input : vocabulary_.inputs) {
      const InputColumn& column = state_.columns[input];
      rows_of.push_back(RowsOfCodes(column, state_.input.train_rows));
      for (std::size_t c = 0; c < rows_of.back().size(); ++c)
        if (rows_of.back()[c] > 0) characters += column.dictionary->at(std::int32_t(c)).size();
    }
    vocabulary_.kinds.characters = characters <= kMostCharacters;
    const std::size_t step = characters / kMostCounted + 1;
    for (std::uint32_t p = 0; p < vocabulary_.inputs.size(); ++p)
      if (!CountInput(p, rows_of[p], step)) return false;
    Choose(step);
    return true;
  }
  Vocabulary Take() && { return std::move(vocabulary_); }

 private:
  bool CountInput(std::uint32_t position, const std::vector<std::uint32_t>& rows_of, std::size_t step) {
    const InputColumn& column = state_.columns[vocabulary_.inputs[position]];
    Ngrams ngrams;
    std::vector<std::uint32_t> grams;
    std::size_t texts = 0;
    for (std::size_t c = 0; c < rows_of.size(); ++c) {
      if (rows_of[c] == 0 || texts++ % step != 0) continue;
      if (texts % 256 == 0 && context_.ShouldStop()) return false;
      grams.clear();
      ngrams.Append(column.dictionary->at(std::int32_t(c)), vocabulary_.kinds, position, grams);
      std::sort(grams.begin(), grams.end());
      grams.erase(std::unique(grams.begin(), grams.end()), grams.end());
      for (const std::uint32_t hash : grams) counted_.push_back({hash, rows_of[c]});
    }
    return true;
  }

  /// Keeps what occurs in at least max(2, N / 5000) rows, the most frequent first.
  void Choose(std::size_t step) {
    SortByHash(counted_);
    const std::size_t rows = state_.input.train_rows.size();
    const std::size_t fewest = std::max<std::size_t>(2, rows / 5000);
    std::vector<Counted> kept;
    for (std::size_t i = 0; i < counted_.size();) {
      std::size_t total = 0;
      const std::uint32_t hash = counted_[i].hash;
      for (; i < counted_.size() && counted_[i].hash == hash; ++i) total += counted_[i].rows;
      total = std::min(total * step, rows);
      if (total >= fewest) kept.push_back({hash, std::uint32_t(total)});
    }
    std::stable_sort(kept.begin(), kept.end(), [](const Counted& a, const Counted& b) { return a.rows > b.rows; });
    if (kept.size() > kMostNgrams) kept.resize(kMostNgrams);
    for (const Counted& item : kept) {
      vocabulary_.hashes.push_back(item.hash);
      vocabulary_.idf.push_back(float(1 + std::log((1 + double(rows)) / (1 + double(item.rows)))));
    }
    counted_ = {};
  }

  const Context& context_;
  const FitState& state_;
  Vocabulary vocabulary_;
  std::vector<Counted> counted_;
};

/// The target as the linear model sees it.
struct ScoreTarget {
  sparse::Loss loss = sparse::Loss::kSquared;
  std::size_t margins = 1;
  std::vector<double> values;  ///< per training row
};

ScoreTarget TargetOf(const FitInput& input) {
  ScoreTarget out;
  std::vector<double>& y = out.values;
  for (const table::RowIndex row : input.train_rows) y.push_back(input.y[row]);
  if (input.task == Task::kRegression) {
    double mean = 0, square = 0;
    for (const double v : y) mean += v / double(y.size());
    for (const double v : y) square += (v - mean) * (v - mean) / double(y.size());
    const double factor = square > 0 && std::isfinite(square) ? 1 / std::sqrt(square) : 0;
    for (double& v : y) v = factor == 0 ? 0 : (v - mean) * factor;
    return out;
  }
  out.loss = input.num_classes <= 2 ? sparse::Loss::kLogistic : sparse::Loss::kSoftmax;
  if (input.num_classes <= 2) return out;
  std::vector<std::size_t> counts(std::size_t(input.num_classes), 0), order(counts.size()), place(counts.size());
  for (const double v : y) ++counts[std::size_t(v)];
  std::iota(order.begin(), order.end(), std::size_t(0));
  if (order.size() > kMostScoreClasses + 1)
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return counts[a] > counts[b]; });
  out.margins = std::min(order.size(), kMostScoreClasses + 1);
  for (std::size_t k = 0; k < order.size(); ++k) place[order[k]] = std::min(k, out.margins - 1);
  for (double& v : y) v = double(place[std::size_t(v)]);
  return out;
}

double LossOf(const ScoreTarget& target, std::size_t i, const double* margins) {
  const double y = target.values[i];
  if (target.loss == sparse::Loss::kSquared) return (y - margins[0]) * (y - margins[0]);
  if (target.loss == sparse::Loss::kLogistic) {
    const double v = y > 0.5 ? margins[0] : -margins[0];
    return v > 0 ? std::log1p(std::exp(-v)) : -v + std::log1p(std::exp(v));
  }
  const double top = *std::max_element(margins, margins + target.margins);
  double sum = 0;
  for (std::size_t m = 0; m < target.margins; ++m) sum += std::exp(margins[m] - top);
  return top + std::log(sum) - margins[std::size_t(y)];
}

/// The linear model on all training rows, and what models on two thirds of them say of the others.
class ScoreFit {
 public:
  ScoreFit(const Context& context, const FitState& state, const sparse::Block& block)
      : context_(context), input_(state.input), block_(block), target_(TargetOf(state.input)) {}

  /// False if it was stopped.
  bool Run() {
    const std::size_t n = input_.train_rows.size(), k = target_.margins;
    for (const table::RowIndex row : input_.train_rows)
      fold_.push_back(std::uint8_t(Mix64(input_.seed, 0x746578742e66ULL, row) % kScoreFolds));
    margins_.assign(n * k, 0.0);
    if (!ChooseC()) return false;
    std::vector<char> done(kScoreFolds + 1, 0);
    context_.pool->For(kScoreFolds + 1, [&](std::size_t f) {
      sparse::DualDescent descent = Descent(int(f));
      if (!descent.Fit(context_, c_, kTolerance, kPasses)) return;
      if (f < kScoreFolds) {
        WriteMargins(descent.Weights(), int(f));
      } else {
        weights_ = descent.Weights();
      }
      done[f] = 1;
    });
    return std::all_of(done.begin(), done.end(), [](char d) { return d != 0; });
  }

  /// Whether the scores of held-out rows beat the prior: mean gain of the loss above its standard error.
  bool Useful() const {
    const std::size_t n = target_.values.size(), k = target_.margins;
    std::vector<double> prior(k, 0.0), shares(k, 0.0);
    if (target_.loss != sparse::Loss::kSquared) {
      if (k == 1) {
        double share = 0;
        for (const double y : target_.values) share += (y + 0.5 / double(n)) / (double(n) + 1);
        prior[0] = std::log(share / (1 - share));
      } else {
        for (const double y : target_.values) shares[std::size_t(y)] += 1;
        for (std::size_t m = 0; m < k; ++m) prior[m] = std::log(shares[m] + 0.5);
      }
    }
    double sum = 0, square = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double gain = LossOf(target_, i, prior.data()) - LossOf(target_, i, margins_.data() + i * k);
      sum += gain;
      square += gain * gain;
    }
    const double mean = sum / double(n), variance = square / double(n) - mean * mean;
    return mean > std::sqrt(std::max(variance, 0.0) / double(n));
  }

  sparse::LinearWeights TakeWeights() { return std::move(weights_); }
  std::vector<double> OutOfFold(std::size_t margin) const {
    std::vector<double> out(target_.values.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = margins_[i * target_.margins + margin];
    return out;
  }
  std::size_t margins() const { return target_.margins; }

 private:
  /// A descent on the rows outside of `fold` (kScoreFolds: all rows).
  sparse::DualDescent Descent(int fold) const {
    sparse::DualProblem problem;
    problem.x = &block_.csr;
    problem.width = std::min<std::uint32_t>(block_.csr.width, std::uint32_t(kMostScoreWeights / target_.margins));
    problem.loss = target_.loss;
    problem.margins = target_.margins;
    for (std::size_t i = 0; i < fold_.size(); ++i) {
      if (int(fold_[i]) == fold) continue;
      problem.row.push_back(block_.row_of[input_.train_rows[i]]);
      problem.target.push_back(target_.values[i]);
    }
    return {std::move(problem), Mix64(input_.seed, 0x746578742e63ULL, std::uint64_t(fold))};
  }

  double WriteMargins(const sparse::LinearWeights& weights, int fold) {
    double loss = 0;
    for (std::size_t i = 0; i < fold_.size(); ++i) {
      if (int(fold_[i]) != fold) continue;
      double* out = margins_.data() + i * target_.margins;
      std::copy(weights.bias.begin(), weights.bias.end(), out);
      const std::size_t row = block_.row_of[input_.train_rows[i]];
      weights.AddTo(block_.csr.indices(row), block_.csr.values(row), out);
      loss += LossOf(target_, i, out);
    }
    return loss;
  }

  /// Walks from a strong to a weak penalty on the first fold until its loss rises.
  bool ChooseC() {
    sparse::DualDescent descent = Descent(0);
    double best = std::numeric_limits<double>::infinity();
    for (const double c : {1.0, 4.0, 16.0, 64.0}) {
      if (!descent.Fit(context_, c, kTolerance, kPasses)) return false;
      const double loss = WriteMargins(descent.Weights(), 0);
      if (!(loss < best)) break;
      best = loss;
      c_ = c;
    }
    return true;
  }

  const Context& context_;
  const FitInput& input_;
  const sparse::Block& block_;
  ScoreTarget target_;
  std::vector<std::uint8_t> fold_;
  std::vector<double> margins_;
  sparse::LinearWeights weights_;
  double c_ = 1;
};

/// Topics of the words, from an even part of the training rows.
sparse::Components FitTopics(const Context& context, const FitState& state, const TextVectors& vectors,
                             const sparse::Block& block) {
  const table::RowSpan train = state.input.train_rows;
  const std::vector<std::uint32_t> places = WordPlaces(vectors);
  std::uint32_t words = 0;
  for (const std::uint32_t place : places) words += place != ~0U;
  sparse::Csr part;
  part.width = std::min<std::uint32_t>(words, kMostTopicWords);
  const std::size_t step = train.size() / kMostTopicRows + 1;
  std::vector<std::uint32_t> index, rows;
  std::vector<float> value;
  for (std::size_t i = 0; i < train.size(); i += step) {
    WordEntries(block.csr, block.row_of[train[i]], places, part.width, index, value);
    part.index.insert(part.index.end(), index.begin(), index.end());
    part.value.insert(part.value.end(), value.begin(), value.end());
    part.EndRow();
    rows.push_back(std::uint32_t(rows.size()));
  }
  const auto count = std::clamp<std::size_t>(std::size_t(std::sqrt(double(train.size())) / 2), 4, 48);
  return sparse::RandomizedSvd(context, part, rows, part.width, count, 2, Mix64(state.input.seed, 0x746f7069ULL));
}

}  // namespace

bool IsText(const FitState& state, std::uint32_t input) {
  const InputSpec& spec = state.specs[input];
  if (spec.wanted != table::Storage::kString || spec.trained != table::Storage::kString) return false;
  if (spec.type == table::SemanticType::kBoolean) return false;
  if (spec.has_levels && spec.levels.size() <= 50) return false;
  const InputColumn& column = state.columns[input];
  return table::HoldsWords(*column.codes, *column.dictionary, state.input.train_rows);
}

std::vector<Fitted> FitTexts(const Context& context, const FitState& state, model::Recipe recipe) {
  std::vector<Fitted> out;
  std::vector<std::uint32_t> inputs;
  for (std::uint32_t i = 0; i < state.specs.size(); ++i)
    if (inputs.size() < kMostTextInputs && IsText(state, i)) inputs.push_back(i);
  if (inputs.empty()) return out;
  VocabularyFit fit(context, state, inputs);
  if (!fit.Run()) return out;
  auto vectors = std::make_shared<const TextVectors>(std::move(fit).Take());
  if (vectors->width() == 0) return out;
  auto block = std::make_shared<const sparse::Block>(vectors->Apply(state.columns, state.input.table->num_rows()));
  if (context.ShouldStop()) return out;
  Fitted fitted;
  if (recipe == model::Recipe::kLinear) {
    fitted.made.resize(1);
    fitted.made[0].sparse = block;
    fitted.transform = std::make_unique<TextWords>(vectors);
    out.push_back(std::move(fitted));
    return out;
  }
  ScoreFit score(context, state, *block);
  if (!score.Run() || !score.Useful()) return out;
  sparse::Components topics = FitTopics(context, state, *vectors, *block);
  fitted.train_values.resize(topics.count + score.margins());
  for (std::size_t m = 0; m < score.margins(); ++m) fitted.train_values[topics.count + m] = score.OutOfFold(m);
  auto summary = std::make_unique<TextSummary>(vectors, std::move(topics), score.TakeWeights());
  fitted.made.resize(fitted.train_values.size());
  summary->FromVectors(*block, state.input.table->num_rows(), fitted.made.data());
  fitted.transform = std::move(summary);
  out.push_back(std::move(fitted));
  return out;
}

}  // namespace tagwerk::features
