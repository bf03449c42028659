// Slices: values of columns where the model is worse than elsewhere. Every slice is compared with all
// other rows; p-values from a delete-a-block jackknife (Shao & Wu 1989), q-values by Benjamini & Hochberg
// (1995) over all slices looked at. Only those shown get bootstrap intervals.
#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <unordered_map>

#include "base/constants.h"
#include "base/random.h"
#include "evaluate/resampling.h"
#include "evaluate/slice_groups.h"
#include "stats/tests.h"

namespace tagwerk::evaluate {
namespace {

constexpr std::size_t kShown = 12, kMinRows = 30, kBlocks = 40, kFewestBlocks = 10;
constexpr double kMinShare = 0.005, kErrorRate = 0.05, kFewestOfClass = 5;

/// The rows of a slice as an input of their own.
struct Part {
  std::vector<double> truth, scores, weight;
  EvaluateInput input;

  Part(const EvaluateInput& whole, std::span<const std::uint32_t> rows) {
    const metrics::Scored& scored = whole.scored;
    const std::size_t width = IsClassification(scored.task) ? std::size_t(scored.num_classes) : 1;
    for (const std::uint32_t row : rows) {
      truth.push_back(scored.truth[row]);
      const auto begin = scored.scores.begin() + std::ptrdiff_t(row * width);
      scores.insert(scores.end(), begin, begin + std::ptrdiff_t(width));
      if (!scored.weight.empty()) weight.push_back(scored.weight[row]);
      if (!whole.groups.empty()) input.groups.push_back(whole.groups[row]);
    }
    input.scored = scored;
    input.scored.truth = truth;
    input.scored.scores = scores;
    input.scored.weight = weight;
    input.seed = whole.seed;
    input.resamples = whole.resamples;
    input.fixed_class_counts = whole.fixed_class_counts;
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
};

/// Deals rows into blocks; rows of a group share a block.
std::vector<std::uint8_t> BlocksOf(const EvaluateInput& input) {
  const std::size_t n = input.scored.truth.size();
  std::vector<std::uint8_t> block(n);
  Random random(Mix64(input.seed, 0x736c6963));
  if (input.groups.empty()) {
    std::vector<std::uint32_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = std::uint32_t(i);
    Shuffle(order, random);
    for (std::size_t i = 0; i < n; ++i) block[order[i]] = std::uint8_t(i % kBlocks);
    return block;
  }
  std::unordered_map<std::uint64_t, std::size_t> place;  // groups in order of appearance, dealt in turn
  for (std::size_t i = 0; i < n; ++i)
    block[i] = std::uint8_t(place.try_emplace(input.groups[i], place.size()).first->second % kBlocks);
  return block;
}

struct Spread {
  double variance = kNaN;
  std::size_t blocks = 0;
};

Spread JackknifeVariance(const metrics::Resampled& metric, std::span<const std::uint8_t> block) {
  std::array<std::size_t, kBlocks> size{};
  for (const std::uint8_t b : block) ++size[b];
  std::vector<double> values;
  std::vector<std::uint8_t> counts(block.size());
  for (std::size_t left_out = 0; left_out < kBlocks; ++left_out) {
    if (size[left_out] == 0) continue;
    for (std::size_t i = 0; i < block.size(); ++i) counts[i] = block[i] != left_out;
    const double value = metric.At(counts);
    if (!std::isnan(value)) values.push_back(value);
  }
  Spread spread{kNaN, values.size()};
  if (values.size() < kFewestBlocks) return spread;
  const double count = double(values.size());
  double mean = 0, squares = 0;
  for (const double v : values) mean += v / count;
  for (const double v : values) squares += (v - mean) * (v - mean);
  spread.variance = (count - 1) / count * squares;
  return spread;
}

struct Judged {
  const Slice* slice = nullptr;
  double rest = kNaN, difference = kNaN, p_value = kNaN, q_value = kNaN;
  double expected = kNaN, actual = kNaN;
};

struct Whole {
  const EvaluateInput* input;
  const metrics::Metric* metric;
  ResampledPtr prepared;
  std::vector<std::uint8_t> block;
  double variance = kNaN;
};

// Ranking and decisions of a class with next to no rows say nothing about the slice.
bool EnoughOfEachClass(const Whole& whole, const Part& part) {
  const metrics::Metric& metric = *whole.metric;
  const bool by_class = metric.uses_threshold || metric.id == "auc" || metric.id == "average_precision";
  if (whole.input->scored.task != Task::kBinary || !by_class || metric.id == "accuracy") return true;
  const auto positives = double(std::count(part.truth.begin(), part.truth.end(), 1.0));
  return positives >= kFewestOfClass && double(part.truth.size()) - positives >= kFewestOfClass;
}

Judged Judge(const Whole& whole, const Slice& slice) {
  Judged judged;
  judged.slice = &slice;
  const Part part(*whole.input, slice.rows);
  if (!EnoughOfEachClass(whole, part)) return judged;
  const ResampledPtr prepared = whole.metric->prepare(part.input.scored);
  const double value = prepared->At({});
  std::vector<std::uint8_t> outside(whole.block.size(), 1), block;
  for (const std::uint32_t row : slice.rows) {
    outside[row] = 0;
    block.push_back(whole.block[row]);
  }
  judged.rest = whole.prepared->At(outside);
  judged.difference = metrics::Improvement(*whole.metric, judged.rest, value);
  const Spread spread = JackknifeVariance(*prepared, block);
  // The other rows vary as all rows do, only that they are fewer.
  const double n = double(whole.block.size());
  const double variance = spread.variance + whole.variance * n / (n - double(slice.rows.size()));
  if (variance > 0)
    judged.p_value = stats::TwoSidedStudentP(judged.difference / std::sqrt(variance), double(spread.blocks - 1));
  return judged;
}

void AddMeans(const EvaluateInput& input, Judged& judged) {
  const metrics::Scored& scored = input.scored;
  if (scored.task == Task::kMulticlass) return;
  double expected = 0, actual = 0, total = 0;
  for (const std::uint32_t row : judged.slice->rows) {
    const double w = scored.weight.empty() ? 1.0 : scored.weight[row];
    const bool binary = scored.task == Task::kBinary;
    expected += w * (binary ? scored.scores[2 * row + std::size_t(scored.positive)] : scored.scores[row]);
    actual += w * (binary ? double(scored.truth[row] == scored.positive) : scored.truth[row]);
    total += w;
  }
  judged.expected = expected / total;
  judged.actual = actual / total;
}

// Worse ones first: those that are shown to be worse by how much, then the others by how likely.
bool WorseFirst(const Judged& a, const Judged& b) {
  const bool shown_a = a.q_value <= kErrorRate, shown_b = b.q_value <= kErrorRate;
  if (shown_a != shown_b) return shown_a;
  if (shown_a && a.difference != b.difference) return a.difference < b.difference;
  return a.p_value < b.p_value;
}

std::vector<Judged> JudgeAll(const Context& context, const Whole& whole, const std::vector<Slice>& slices) {
  std::vector<Judged> judged(slices.size());
  context.pool->For(slices.size(), [&](std::size_t s) {
    if (!context.ShouldStop()) judged[s] = Judge(whole, slices[s]);
  });
  std::vector<double> p_values;
  for (const Judged& j : judged) p_values.push_back(j.p_value);
  const std::vector<double> q_values = stats::BenjaminiHochberg(p_values);
  for (std::size_t s = 0; s < judged.size(); ++s) judged[s].q_value = q_values[s];
  std::erase_if(judged, [](const Judged& j) { return !(j.difference < 0) || std::isnan(j.p_value); });
  std::stable_sort(judged.begin(), judged.end(), WorseFirst);
  if (judged.size() > kShown) judged.resize(kShown);
  return judged;
}

}  // namespace

Json SlicesJson(const Context& context, const EvaluateInput& input, const table::Table& test_rows,
                const std::vector<std::size_t>& columns, const metrics::Metric& metric) {
  const std::size_t n = input.scored.truth.size();
  TW_CHECK(test_rows.num_rows() == n);
  const auto min_rows = std::max(kMinRows, std::size_t(std::ceil(kMinShare * double(n))));
  std::vector<std::vector<Slice>> of_column(columns.size());
  context.pool->For(columns.size(), [&](std::size_t c) {
    if (!context.ShouldStop()) of_column[c] = SlicesOf(test_rows, columns[c], min_rows);
  });
  std::vector<Slice> slices;
  for (auto& list : of_column) std::move(list.begin(), list.end(), std::back_inserter(slices));
  Json result = Json::array();
  if (slices.empty()) return result;
  Whole whole{&input, &metric, metric.prepare(input.scored), BlocksOf(input)};
  whole.variance = JackknifeVariance(*whole.prepared, whole.block).variance;
  for (Judged& judged : JudgeAll(context, whole, slices)) {
    AddMeans(input, judged);
    const Part part(input, judged.slice->rows);
    const MetricValue value = WithIntervals(context, part.input, {&metric}, kFullWork / 20).front();
    result.push_back({{"column", test_rows.field(judged.slice->column).name},
                      {"value", judged.slice->label},
                      {"rows", value.rows},
                      {"metric", MetricJson(value)},
                      {"rest", judged.rest},
                      {"difference", judged.difference},
                      {"p_value", judged.p_value},
                      {"q_value", judged.q_value},
                      {"expected", judged.expected},
                      {"actual", judged.actual}});
  }
  return result;
}

}  // namespace tagwerk::evaluate
