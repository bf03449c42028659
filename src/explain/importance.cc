// Permutation importance (Breiman 2001; Fisher, Rudin & Dominici 2019): how much worse the metric gets on
// held-out rows when the values of one column are dealt out anew.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/constants.h"
#include "base/random.h"
#include "explain/held_out.h"
#include "stats/tests.h"

namespace tagwerk::explain {
namespace {

constexpr std::size_t kRepeats = 5;

struct Subject {
  table::Table table;
  std::vector<double> truth, weight;
  metrics::Scored scored;  ///< scores are filled in per prediction
};

Subject SubjectOf(const ExplainInput& input) {
  Subject subject;
  const table::Rows rows = SampleRows(input.table->num_rows(), input.max_rows, Mix64(input.seed, 0x696d70));
  subject.table = InputsOnly(*input.pipeline, *input.table).Take(rows);
  for (const table::RowIndex row : rows) {
    subject.truth.push_back(input.truth[row]);
    if (!input.weight.empty()) subject.weight.push_back(input.weight[row]);
  }
  subject.scored.task = input.pipeline->task;
  subject.scored.num_classes = IsClassification(input.pipeline->task) ? input.pipeline->num_outputs() : 0;
  subject.scored.positive = input.pipeline->positive;
  subject.scored.threshold = input.pipeline->threshold;
  return subject;
}

double MetricOf(const Subject& subject, const metrics::Metric& metric, std::span<const double> scores) {
  metrics::Scored scored = subject.scored;
  scored.truth = subject.truth;
  scored.weight = subject.weight;
  scored.scores = scores;
  return metric.compute(scored);
}

table::Rows Permuted(std::size_t n, std::uint64_t seed) {
  table::Rows rows(n);
  std::iota(rows.begin(), rows.end(), table::RowIndex(0));
  Random random(seed);
  Shuffle(rows, random);
  return rows;
}

struct Importance {
  std::string column;
  double value = 0, low = kNaN, high = kNaN;
};

// Mean over the repeats that were made, with a t interval if there are two or more.
Importance Summary(std::string column, std::span<const double> drops) {
  Importance importance{std::move(column)};
  double count = 0, squares = 0;
  for (const double d : drops) {
    if (std::isnan(d)) continue;
    const double delta = d - importance.value;
    importance.value += delta / ++count;
    squares += delta * (d - importance.value);
  }
  if (count == 0) importance.value = kNaN;
  if (count >= 2) {
    const stats::Range range = stats::MeanInterval(importance.value, std::sqrt(squares / (count - 1)), count);
    importance.low = range.low;
    importance.high = range.high;
  }
  return importance;
}

}  // namespace

Json PermutationImportance(const Context& context, const ExplainInput& input) {
  const Subject subject = SubjectOf(input);
  const std::vector<std::size_t> columns = ColumnsToExplain(input, subject.table);
  const std::size_t n = subject.truth.size();
  Json result = {{"metric", input.metric->id},
                 {"rows", n},
                 {"repeats", kRepeats},
                 {"columns", Json::array()},
                 {"complete", false}};
  if (n == 0 || context.ShouldStop()) return result;
  const auto scores = ScoresOf(context, *input.pipeline, subject.table);
  if (!scores) return result;
  const double intact = MetricOf(subject, *input.metric, *scores);
  // One repeat of every column before the second of any: an early end leaves all columns with something.
  std::vector<double> drops(columns.size() * kRepeats, kNaN);
  std::vector<std::uint8_t> done(drops.size(), 0);
  context.pool->For(drops.size(), [&](std::size_t task) {
    if (context.ShouldStop()) return;
    const std::size_t repeat = task / columns.size(), c = task % columns.size(), column = columns[c];
    // Seeded by the name: the order and number of columns do not matter.
    std::uint64_t name_seed = 0;
    for (const char ch : subject.table.field(column).name) name_seed = Mix64(name_seed, std::uint8_t(ch));
    const table::Rows dealt = Permuted(n, Mix64(input.seed, name_seed, repeat));
    const table::Table shuffled = WithValues(subject.table, column, subject.table.column(column).Take(dealt));
    const auto worse = ScoresOf(context, *input.pipeline, shuffled);
    if (!worse) return;
    drops[c * kRepeats + repeat] =
        metrics::Improvement(*input.metric, MetricOf(subject, *input.metric, *worse), intact);
    done[c * kRepeats + repeat] = 1;
  });
  std::vector<Importance> list;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const std::span<const double> repeats(drops.data() + c * kRepeats, kRepeats);
    Importance importance = Summary(subject.table.field(columns[c]).name, repeats);
    if (!std::isnan(importance.value)) list.push_back(std::move(importance));
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const Importance& a, const Importance& b) { return a.value > b.value; });
  for (const Importance& i : list)
    result["columns"].push_back({{"column", i.column}, {"value", i.value}, {"low", i.low}, {"high", i.high}});
  result["complete"] = std::all_of(done.begin(), done.end(), [](std::uint8_t d) { return d == 1; });
  return result;
}

}  // namespace tagwerk::explain
