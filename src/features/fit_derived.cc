#include "features/fit_derived.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "features/derived.h"
#include "features/screen.h"
#include "features/target_encoding.h"

namespace tagwerk::features {
namespace {

constexpr std::size_t kMostNumbers = 20, kMostCategories = 12;
constexpr std::int32_t kMostLevels = 5000;
constexpr int kAdditivePasses = 8;  ///< of the additive model
constexpr std::size_t kLooked = 100, kMostChosen = 10;
constexpr double kLeastGain = 5e-4;  ///< share of the variance
constexpr std::size_t kFewestRows = 200;

struct Binned {
  std::uint32_t input = 0;
  std::vector<std::uint32_t> bins;
  std::size_t count = 0;
  double gain = 0;
};

struct Candidate {
  bool cross = false;
  Operation operation = Operation::kSum;
  std::uint32_t first = 0, second = 0;  ///< inputs
  double gain = 0, shuffled = 0;
};

class DerivedFit {
 public:
  DerivedFit(const Context& context, const FitState& state) : context_(context), state_(state), screen_(state.input) {}

  std::vector<Candidate> Run() {
    if (screen_.rows().size() < kFewestRows) return {};
    Look();
    List();
    context_.pool->For(candidates_.size(), [&](std::size_t c) {
      if (context_.ShouldStop()) return;
      std::size_t count = 0;
      const std::vector<std::uint32_t> bins = BinsOf(candidates_[c], count);
      candidates_[c].gain = screen_.Gain(bins, count);
      candidates_[c].shuffled = screen_.ShuffledGain(bins, count);
    });
    double bar = kLeastGain;
    for (const Candidate& candidate : candidates_) bar = std::max(bar, candidate.shuffled);
    return Choose(bar);
  }

 private:
  /// Bins every column, ranks them by what each tells alone, and fits the additive model.
  void Look() {
    for (std::uint32_t i = 0; i < state_.specs.size(); ++i) {
      const InputSpec& spec = state_.specs[i];
      Binned column;
      column.input = i;
      if (spec.wanted == table::Storage::kDouble) {
        column.bins = screen_.BinsOf(ValuesOf(i), column.count);
        if (column.count > 3) numbers_.push_back(std::move(column));
      } else if (spec.has_levels && spec.levels.size() >= 2 && spec.levels.size() <= kMostLevels) {
        column.count = std::size_t(spec.levels.size()) + 1;
        for (const table::RowIndex row : screen_.rows())
          column.bins.push_back(std::uint32_t(std::max(state_.columns[i].levels[row], -1) + 1));
        categories_.push_back(std::move(column));
      }
    }
    for (auto* columns : {&numbers_, &categories_})
      context_.pool->For(columns->size(), [&](std::size_t c) {
        (*columns)[c].gain = screen_.Gain((*columns)[c].bins, (*columns)[c].count);
      });
    for (int pass = 0; pass < kAdditivePasses && !context_.ShouldStop(); ++pass)
      for (const auto* columns : {&numbers_, &categories_})
        for (const Binned& column : *columns) screen_.Remove(column.bins, column.count, 0.5);
    screen_.Shuffle();
    const auto keep = [](std::vector<Binned>& columns, std::size_t most) {
      std::stable_sort(columns.begin(), columns.end(),
                       [](const Binned& a, const Binned& b) { return a.gain > b.gain; });
      if (columns.size() > most) columns.resize(most);
      std::sort(columns.begin(), columns.end(), [](const Binned& a, const Binned& b) { return a.input < b.input; });
    };
    keep(numbers_, kMostNumbers);
    keep(categories_, kMostCategories);
  }

  void List() {
    for (std::size_t a = 0; a < numbers_.size(); ++a) {
      for (std::size_t b = a + 1; b < numbers_.size(); ++b) {
        const std::uint32_t first = numbers_[a].input, second = numbers_[b].input;
        for (int o = 0; o < kOperations; ++o) candidates_.push_back({false, Operation(o), first, second, 0, 0});
        candidates_.push_back({false, Operation::kRatio, second, first, 0, 0});
      }
    }
    for (std::size_t a = 0; a < categories_.size(); ++a)
      for (std::size_t b = a + 1; b < categories_.size(); ++b)
        candidates_.push_back({true, Operation::kSum, categories_[a].input, categories_[b].input, 0, 0});
  }

  std::vector<double> ValuesOf(std::uint32_t input) const {
    std::vector<double> values;
    for (const table::RowIndex row : screen_.rows()) values.push_back((*state_.columns[input].numbers)[row]);
    return values;
  }

  std::vector<std::uint32_t> BinsOf(const Candidate& candidate, std::size_t& count) const {
    if (!candidate.cross) {
      const std::vector<double>& a = *state_.columns[candidate.first].numbers;
      const std::vector<double>& b = *state_.columns[candidate.second].numbers;
      std::vector<double> values;
      values.reserve(screen_.rows().size());
      for (const table::RowIndex row : screen_.rows()) values.push_back(Calculate(candidate.operation, a[row], b[row]));
      return screen_.BinsOf(values, count);
    }
    const std::vector<std::int32_t>& a = state_.columns[candidate.first].levels;
    const std::vector<std::int32_t>& b = state_.columns[candidate.second].levels;
    std::unordered_map<std::uint64_t, std::uint32_t> place;
    std::vector<std::uint32_t> bins;
    bins.reserve(screen_.rows().size());
    for (const table::RowIndex row : screen_.rows()) {
      const std::uint64_t key = std::uint64_t(std::max(a[row], -1) + 1) << 32 | std::uint64_t(std::max(b[row], -1) + 1);
      bins.push_back(place.try_emplace(key, std::uint32_t(place.size())).first->second);
    }
    count = place.size();
    return bins;
  }

  std::vector<Candidate> Choose(double bar) {
    const auto better = [](const Candidate& a, const Candidate& b) { return a.gain > b.gain; };
    std::stable_sort(candidates_.begin(), candidates_.end(), better);
    if (candidates_.size() > kLooked) candidates_.resize(kLooked);
    const std::size_t most = std::clamp<std::size_t>(state_.specs.size() / 2, 3, kMostChosen);
    std::vector<Candidate> chosen;
    while (chosen.size() < most && !candidates_.empty() && candidates_.front().gain > bar && !context_.ShouldStop()) {
      chosen.push_back(candidates_.front());
      candidates_.erase(candidates_.begin());
      std::size_t count = 0;
      const std::vector<std::uint32_t> bins = BinsOf(chosen.back(), count);
      screen_.Remove(bins, count, 1);
      context_.pool->For(candidates_.size(), [&](std::size_t c) {
        std::size_t own = 0;
        const std::vector<std::uint32_t> looked = BinsOf(candidates_[c], own);
        candidates_[c].gain = screen_.Gain(looked, own);
      });
      std::stable_sort(candidates_.begin(), candidates_.end(), better);
    }
    return chosen;
  }

  const Context& context_;
  const FitState& state_;
  Screen screen_;
  std::vector<Binned> numbers_, categories_;
  std::vector<Candidate> candidates_;
};

Fitted FitCross(const FitState& state, const Candidate& candidate) {
  const std::vector<std::int32_t>& a = state.columns[candidate.first].levels;
  const std::vector<std::int32_t>& b = state.columns[candidate.second].levels;
  Pairs pairs{candidate.first, candidate.second, {}};
  for (const table::RowIndex row : state.input.train_rows)
    pairs.known.emplace_back(std::max(a[row], -1), std::max(b[row], -1));
  std::sort(pairs.known.begin(), pairs.known.end());
  pairs.known.erase(std::unique(pairs.known.begin(), pairs.known.end()), pairs.known.end());
  const std::size_t count = pairs.known.size();
  LevelEncoding encoding =
      EncodeLevels(state.input, count, [&](table::RowIndex row) { return pairs.Find(a[row], b[row]); });
  Fitted out;
  out.train_values = std::move(encoding.train_values);
  // No training row lacks a pair, so the value of "missing" is the prior.
  out.transform = std::make_unique<CrossEncoding>(std::move(pairs), std::move(encoding.classes),
                                                  std::move(encoding.values), std::move(encoding.missing));
  return out;
}

}  // namespace

std::vector<Fitted> FitDerived(const Context& context, const FitState& state) {
  std::vector<Fitted> out;
  for (const Candidate& candidate : DerivedFit(context, state).Run()) {
    if (candidate.cross) {
      out.push_back(FitCross(state, candidate));
    } else {
      out.push_back({std::make_unique<Arithmetic>(candidate.operation, candidate.first, candidate.second), {}, {}});
    }
  }
  return out;
}

}  // namespace tagwerk::features
