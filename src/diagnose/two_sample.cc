#include "diagnose/two_sample.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "base/random.h"
#include "base/text.h"
#include "diagnose/small_model.h"
#include "stats/tests.h"

namespace tagwerk::diagnose {
namespace {

using table::Storage;

constexpr std::size_t kFolds = 5;
constexpr std::size_t kLeastRows = 25;
constexpr std::size_t kTop = 5;
constexpr std::size_t kShuffled = 12;  // columns of most gain that are shuffled
constexpr double kClearAuc = 0.55;     // below, the sets are alike whatever the p-value

/// Whether numbers only count the rows: whole, and each larger than the one before.
bool CountsRows(const table::Table& table, std::size_t c) {
  const table::Column& column = table.column(c);
  if (column.storage() != Storage::kDouble || !table.field(c).integers || column.size() < 10) return false;
  const std::vector<double>& values = *column.doubles();
  std::size_t falls = 0;
  for (std::size_t i = 1; i < values.size(); ++i) falls += !(values[i] > values[i - 1]);
  return falls <= 1;  // two tables one below the other may begin anew
}

/// Whether texts hardly repeat: keys, which no other row can have.
bool HardlyRepeats(const table::Column& column) {
  if (column.storage() != Storage::kString) return false;
  std::vector<char> seen(std::size_t(column.dictionary()->size()), 0);
  std::size_t present = 0, distinct = 0;
  for (const std::int32_t code : *column.codes()) {
    if (code < 0) continue;
    ++present;
    distinct += seen[std::size_t(code)] == 0;
    seen[std::size_t(code)] = 1;
  }
  return distinct > 50 && distinct > present / 2;
}

struct FoldResult {
  double auc = 0.5, variance = 0;  // variance if both sets are alike
  std::vector<double> gain;        // by input column: AUC lost when it is shuffled
  std::optional<Error> fault;
};

double Auc(const std::vector<double>& scores, std::span<const double> truth, table::RowSpan rows, double& variance) {
  const std::vector<double> ranks = stats::AverageRanks(scores);
  double sum = 0, ones = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (truth[rows[i]] == 1) sum += ranks[i], ones += 1;
  }
  const double zeros = double(rows.size()) - ones;
  variance = ones * zeros > 0 ? (ones + zeros + 1) / (12 * ones * zeros) : 0;
  return ones * zeros > 0 ? (sum - ones * (ones + 1) / 2) / (ones * zeros) : 0.5;
}

FoldResult RunFold(const Context& context, const TwoSampleInput& input, const std::vector<double>& y,
                   const table::Rows& train, const table::Rows& valid) {
  FoldResult out;
  const auto fit = FitSmall(context, {input.table, input.columns, y, Task::kBinary, 2}, train, valid);
  if (!fit) {
    out.fault = fit.error();
    return out;
  }
  const auto auc = [&](const std::vector<double>& scores) {
    std::vector<double> ones(valid.size());
    for (std::size_t i = 0; i < valid.size(); ++i) ones[i] = scores[2 * i + 1];
    return Auc(ones, y, valid, out.variance);
  };
  out.auc = auc(fit->scores);
  // Gain on the training rows flatters columns of many values; what counts is what shuffling costs elsewhere.
  std::vector<std::size_t> order(fit->gain.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return fit->gain[a] > fit->gain[b]; });
  out.gain.assign(order.size(), 0);
  for (std::size_t i = 0; i < order.size() && i < kShuffled && !context.ShouldStop(); ++i)
    out.gain[order[i]] = out.auc - auc(ScoresShuffled(*fit, order[i], valid, context.seed));
  return out;
}

void SetTop(const TwoSampleInput& input, const std::vector<double>& gain, ClassifierTest& out) {
  double total = 0;
  for (const double lost : gain) total += std::max(0.0, lost);
  if (total <= 0) return;
  std::vector<std::size_t> order(gain.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return gain[a] > gain[b]; });
  for (const std::size_t i : order) {
    if (out.top.size() < kTop && gain[i] > 0.05 * total) out.top.push_back({input.columns[i], gain[i] / total});
  }
}

/// Hanley and McNeil 1982: standard error of an AUC that need not be 0.5.
double HanleyMcNeil(double a, double ones, double zeros) {
  const double q1 = a / (2 - a), q2 = 2 * a * a / (1 + a);
  const double variance = (a * (1 - a) + (ones - 1) * (q1 - a * a) + (zeros - 1) * (q2 - a * a)) / (ones * zeros);
  return std::sqrt(std::max(0.0, variance));
}

}  // namespace

std::vector<std::size_t> ComparableColumns(const table::Table& table, const std::vector<std::size_t>& columns) {
  std::vector<std::size_t> out;
  for (const std::size_t c : columns) {
    const table::SemanticType type = table.field(c).type;
    if (type == table::SemanticType::kId || type == table::SemanticType::kDatetime) continue;
    if (!CountsRows(table, c) && !HardlyRepeats(table.column(c))) out.push_back(c);
  }
  return out;
}

table::Rows SampleOf(table::RowSpan rows, std::size_t limit, std::uint64_t seed) {
  if (rows.size() <= limit) return {rows.begin(), rows.end()};
  std::vector<std::pair<std::uint64_t, table::RowIndex>> keyed;
  keyed.reserve(rows.size());
  for (const table::RowIndex row : rows) keyed.emplace_back(Mix64(seed, 0x5a3e, row), row);
  std::nth_element(keyed.begin(), keyed.begin() + std::ptrdiff_t(limit), keyed.end());
  table::Rows out;
  for (std::size_t i = 0; i < limit; ++i) out.push_back(keyed[i].second);
  std::sort(out.begin(), out.end());
  return out;
}

table::Table Stack(const table::Table& first, table::RowSpan first_rows, const table::Table& second,
                   table::RowSpan second_rows, const std::vector<std::size_t>& columns) {
  std::vector<table::Field> fields;
  std::vector<table::ColumnPtr> stacked;
  for (const std::size_t c : columns) {
    const auto other = second.Find(first.field(c).name);
    if (!other || second.column(*other).storage() != first.column(c).storage()) continue;
    const table::Column &a = first.column(c), &b = second.column(*other);
    fields.push_back(first.field(c));
    const auto join = [&](const auto& x, const auto& y) {
      std::decay_t<decltype(x)> values;
      values.reserve(first_rows.size() + second_rows.size());
      for (const auto row : first_rows) values.push_back(x[row]);
      for (const auto row : second_rows) values.push_back(y[row]);
      return values;
    };
    if (a.storage() == Storage::kDouble) {
      stacked.push_back(table::Column::Doubles(join(*a.doubles(), *b.doubles())));
    } else if (a.storage() == Storage::kTimestamp) {
      stacked.push_back(table::Column::Timestamps(join(*a.timestamps(), *b.timestamps())));
    } else {
      table::DictionaryBuilder dictionary;
      std::vector<std::int32_t> codes;
      codes.reserve(first_rows.size() + second_rows.size());
      const auto add = [&](const table::Column& column, table::RowSpan rows) {
        std::vector<std::int32_t> known(std::size_t(column.dictionary()->size()), -1);
        for (const auto row : rows) {
          const std::int32_t code = (*column.codes())[row];
          if (code >= 0 && known[std::size_t(code)] < 0)
            known[std::size_t(code)] = dictionary.Intern(column.dictionary()->at(code));
          codes.push_back(code < 0 ? -1 : known[std::size_t(code)]);
        }
      };
      add(a, first_rows);
      add(b, second_rows);
      stacked.push_back(table::Column::Strings(std::move(codes), std::move(dictionary).Finish()));
    }
  }
  return table::Table(std::move(fields), std::move(stacked), first_rows.size() + second_rows.size());
}

Result<ClassifierTest> TestByClassifier(const Context& context, const TwoSampleInput& input) {
  table::Rows sets[2] = {SampleOf(input.reference, input.most_rows, context.seed),
                         SampleOf(input.current, input.most_rows, context.seed + 1)};
  if (input.columns.empty() || std::min(sets[0].size(), sets[1].size()) < kLeastRows)
    return Error(Code::kInvalidData, "two-sample-rows", "too few rows or columns for a two-sample test")
        .Do("compare at least 25 rows a set");
  std::vector<double> y(input.table->num_rows(), 0);
  table::Rows train[kFolds], valid[kFolds];
  // Equal rows share a fold: a row that both sets hold must not betray its twin.
  const std::vector<std::uint64_t> hashes = input.table->RowHashes(input.columns);
  for (std::size_t set = 0; set < 2; ++set) {
    for (const table::RowIndex row : sets[set]) {
      y[row] = double(set);
      const std::size_t fold = std::size_t(Mix64(context.seed, 0x2517, hashes[row]) % kFolds);
      for (std::size_t f = 0; f < kFolds; ++f) (f == fold ? valid : train)[f].push_back(row);
    }
  }
  std::vector<FoldResult> folds(kFolds);
  context.pool->For(kFolds, [&](std::size_t f) {
    std::sort(train[f].begin(), train[f].end());
    if (context.ShouldStop()) {
      folds[f].fault = Error(Code::kCancelled, "interrupted", "interrupted; nothing was compared");
    } else {
      folds[f] = RunFold(context, input, y, train[f], valid[f]);
    }
  });
  ClassifierTest out;
  out.auc = 0;
  double variance = 0;
  std::vector<double> gain(input.columns.size(), 0);
  for (const FoldResult& fold : folds) {
    if (fold.fault) return *fold.fault;
    out.auc += fold.auc / double(kFolds);
    variance += fold.variance / double(kFolds * kFolds);
    for (std::size_t c = 0; c < gain.size(); ++c) gain[c] += fold.gain[c];
  }
  out.reference_rows = sets[0].size();
  out.current_rows = sets[1].size();
  out.p_value = variance > 0 ? stats::NormalCdf(-(out.auc - 0.5) / std::sqrt(variance)) : 1;
  const double half =
      stats::NormalQuantile(0.975) * HanleyMcNeil(out.auc, double(sets[1].size()), double(sets[0].size()));
  out.low = std::max(0.0, out.auc - half);
  out.high = std::min(1.0, out.auc + half);
  SetTop(input, gain, out);
  return out;
}

Json MultivariateJson(const Context& context, const table::Table& reference, const table::Table& current,
                      const std::vector<std::string>& names, double alpha) {
  std::vector<std::size_t> columns;
  for (const std::string& name : names) {
    if (const auto found = reference.Find(name)) columns.push_back(*found);
  }
  TwoSampleInput input;
  const auto all = [](const table::Table& table) {
    table::Rows rows(table.num_rows());
    std::iota(rows.begin(), rows.end(), table::RowIndex{0});
    return rows;
  };
  columns = ComparableColumns(reference, columns);
  std::erase_if(columns, [&](std::size_t c) {
    const auto other = current.Find(reference.field(c).name);
    return !other || ComparableColumns(current, {*other}).empty();
  });
  const table::Rows a = SampleOf(all(reference), input.most_rows, context.seed);
  const table::Rows b = SampleOf(all(current), input.most_rows, context.seed + 1);
  const table::Table both = Stack(reference, a, current, b, columns);
  input.table = &both;
  input.columns.resize(both.num_columns());
  std::iota(input.columns.begin(), input.columns.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size() + b.size(); ++i)
    (i < a.size() ? input.reference : input.current).push_back(table::RowIndex(i));
  const auto test = TestByClassifier(context, input);
  if (!test) return nullptr;
  Json top = Json::array(), shares = Json::array();
  for (const ColumnShare& column : test->top) {
    top.push_back(both.field(column.column).name);
    shares.push_back(column.share);
  }
  Json out = {{"auc", test->auc},
              {"low", test->low},
              {"high", test->high},
              {"p_value", test->p_value},
              {"drifted", test->p_value <= alpha && test->auc >= kClearAuc},
              {"top_columns", top},
              {"top_shares", shares},
              {"reference_rows", test->reference_rows},
              {"current_rows", test->current_rows},
              {"columns", both.num_columns()},
              {"reconstruction", nullptr}};
  if (const auto rebuilt = TestByReconstruction(context, input)) {
    out["reconstruction"] = {
        {"reference", rebuilt->reference}, {"current", rebuilt->current}, {"low", rebuilt->low},
        {"high", rebuilt->high},           {"p_value", rebuilt->p_value}, {"components", rebuilt->components},
        {"columns", rebuilt->columns}};
  }
  return out;
}

}  // namespace tagwerk::diagnose
