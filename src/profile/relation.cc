// Relation of single columns to the target; see relation.h.
#include "profile/relation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "base/text.h"
#include "stats/tests.h"

namespace tagwerk::profile {
namespace {

using table::Storage;

constexpr double kPriorRows = 3;  ///< weight of the overall mean in a bin's mean

constexpr std::size_t kMostClasses = 50;  ///< that are judged one by one

/// Counts of classes (or n, sum, sum of squares) by half and bin.
struct Cells {
  std::uint32_t bins;
  std::size_t width;
  std::vector<double> values;  // [half][bin][width]; classes: rows of the most frequent ones, then of all
  double* At(int half, std::uint32_t bin) { return &values[(std::size_t(half) * bins + bin) * width]; }
};

/// For each class its place among the most frequent ones, or -1: rare ones say little, and thousands would take long.
std::vector<std::int32_t> FrequentClasses(const TargetSample& sample) {
  if (!IsClassification(sample.task)) return {};
  std::vector<std::size_t> rows(std::size_t(sample.classes));
  for (const double y : sample.y) ++rows[std::size_t(y)];
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rows[a] > rows[b]; });
  std::vector<std::int32_t> place(rows.size(), -1);
  for (std::size_t i = 0; i < std::min(order.size(), kMostClasses); ++i) place[order[i]] = std::int32_t(i);
  return place;
}

Cells CountClasses(const TargetSample& sample, const Binned& binned) {
  Cells cells{binned.bins, std::min(sample.place.size(), kMostClasses) + 1, {}};
  cells.values.assign(2 * std::size_t(cells.bins) * cells.width, 0);
  for (std::size_t i = 0; i < sample.y.size(); ++i) {
    double* cell = cells.At(sample.half[i], binned.bin[i]);
    const std::int32_t at = sample.place[std::size_t(sample.y[i])];
    if (at >= 0) cell[at] += 1;
    cell[cells.width - 1] += 1;
  }
  return cells;
}

/// Rows, sum and sum of squares of a number.
Cells SumNumbers(const TargetSample& sample, const Binned& binned) {
  Cells cells{binned.bins, 3, {}};
  cells.values.assign(2 * std::size_t(cells.bins) * cells.width, 0);
  for (std::size_t i = 0; i < sample.y.size(); ++i) {
    double* cell = cells.At(sample.half[i], binned.bin[i]);
    cell[0] += 1;
    cell[1] += sample.y[i];
    cell[2] += sample.y[i] * sample.y[i];
  }
  return cells;
}

struct Scored {
  double score, positives, total;
};

/// Area under the ROC curve of grouped rows: ties count half (Mann-Whitney form).
double GroupedAuc(std::vector<Scored>& groups) {
  std::sort(groups.begin(), groups.end(), [](const Scored& a, const Scored& b) { return a.score < b.score; });
  double positives = 0, negatives = 0, wins = 0;
  for (std::size_t i = 0; i < groups.size();) {
    double p = 0, n = 0;
    const double score = groups[i].score;
    for (; i < groups.size() && groups[i].score == score; ++i) {
      p += groups[i].positives;
      n += groups[i].total - groups[i].positives;
    }
    wins += p * (negatives + 0.5 * n);
    positives += p;
    negatives += n;
  }
  return positives == 0 || negatives == 0 ? std::nan("") : wins / positives / negatives;
}

/// AUC of one class against the rest; NaN when a half has only one of both. Halves are judged one by
/// one, so that their different means do not count as signal.
double ClassAuc(Cells& cells, std::size_t k) {
  double sum = 0, weight = 0;
  for (int half = 0; half < 2; ++half) {
    double learnt_k = 0, learnt = 0, n = 0;
    for (std::uint32_t b = 0; b < cells.bins; ++b) {
      const double* other = cells.At(1 - half, b);
      learnt_k += other[k];
      learnt += other[cells.width - 1];
    }
    if (learnt == 0) continue;
    const double prior = learnt_k / learnt;
    std::vector<Scored> groups;
    for (std::uint32_t b = 0; b < cells.bins; ++b) {
      const double* other = cells.At(1 - half, b);
      const double* own = cells.At(half, b);
      const double total = own[cells.width - 1];
      if (total == 0) continue;
      n += total;
      const double seen = other[cells.width - 1];
      groups.push_back({(other[k] + kPriorRows * prior) / (seen + kPriorRows), own[k], total});
    }
    const double auc = GroupedAuc(groups);
    if (std::isnan(auc)) continue;
    sum += n * auc;
    weight += n;
  }
  return weight == 0 ? std::nan("") : sum / weight;
}

double CrossFittedR2(Cells& cells) {
  double error = 0, spread = 0;
  for (int half = 0; half < 2; ++half) {
    double seen = 0, learnt = 0, n = 0, sum = 0, squares = 0;
    for (std::uint32_t b = 0; b < cells.bins; ++b) {
      const double* other = cells.At(1 - half, b);
      const double* own = cells.At(half, b);
      seen += other[0];
      learnt += other[1];
      n += own[0];
      sum += own[1];
      squares += own[2];
    }
    if (n == 0 || seen == 0) continue;
    spread += squares - sum * sum / n;
    const double prior = learnt / seen;
    for (std::uint32_t b = 0; b < cells.bins; ++b) {
      const double* other = cells.At(1 - half, b);
      const double* own = cells.At(half, b);
      const double mean = (other[1] + kPriorRows * prior) / (other[0] + kPriorRows);
      error += own[2] - 2 * mean * own[1] + mean * mean * own[0];
    }
  }
  return spread <= 0 ? 0 : 1 - error / spread;
}

std::string EdgeText(double value, bool time) {
  if (time) return table::TimestampText(std::int64_t(value * 1e6), true);
  return fmt::format("{:.4g}", value);
}

}  // namespace

TargetSample SampleTarget(const table::Rows& labelled, const std::vector<double>& target, const Goal& goal,
                          std::size_t limit) {
  TargetSample sample;
  sample.task = goal.task;
  sample.classes = int(goal.classes.size());
  sample.positive = goal.positive;
  const double keep = labelled.size() <= limit ? 1.0 : double(limit) / double(labelled.size());
  for (const table::RowIndex row : labelled) {
    const std::uint64_t hash = Mix64(row, 0x73616d70);
    if (keep < 1 && ToUnit(hash) >= keep) continue;
    sample.rows.push_back(row);
    sample.y.push_back(target[row]);
    sample.half.push_back(std::uint8_t(Mix64(hash) & 1));
  }
  sample.place = FrequentClasses(sample);
  return sample;
}

std::vector<double> NumbersAt(const table::Column& column, const table::Rows& rows) {
  std::vector<double> values(rows.size(), std::nan(""));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (column.storage() == Storage::kDouble) values[i] = (*column.doubles())[rows[i]];
    if (column.storage() == Storage::kTimestamp && !column.IsMissing(rows[i])) {
      values[i] = double((*column.timestamps())[rows[i]]) * 1e-6;
    }
  }
  return values;
}

Binned BinNumbers(std::span<const double> values, std::uint32_t max_bins) {
  std::vector<double> sorted;
  for (const double v : values) {
    if (!std::isnan(v)) sorted.push_back(v);
  }
  std::sort(sorted.begin(), sorted.end());
  Binned binned;
  std::vector<double> distinct = sorted;
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() <= max_bins) {
    binned.edges = std::move(distinct);
  } else {
    for (std::uint32_t b = 1; b <= max_bins; ++b) {
      const double edge = sorted[std::size_t(b) * sorted.size() / max_bins - 1];
      if (binned.edges.empty() || edge > binned.edges.back()) binned.edges.push_back(edge);
    }
  }
  binned.bin.resize(values.size());
  binned.bins = std::uint32_t(binned.edges.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) {
      if (binned.missing < 0) binned.missing = std::int32_t(binned.bins++);
      binned.bin[i] = std::uint32_t(binned.missing);
    } else {
      const auto at = std::lower_bound(binned.edges.begin(), binned.edges.end(), values[i]);
      binned.bin[i] =
          std::uint32_t(std::min<std::ptrdiff_t>(at - binned.edges.begin(), std::ptrdiff_t(binned.edges.size()) - 1));
    }
  }
  return binned;
}

Binned BinColumn(const table::Column& column, const table::Rows& rows, std::uint32_t max_bins) {
  if (column.storage() != Storage::kString) return BinNumbers(NumbersAt(column, rows), max_bins);
  Binned binned;
  std::vector<std::int32_t> bin_of(std::size_t(column.dictionary()->size()) + 1, -1);
  binned.bin.reserve(rows.size());
  for (const table::RowIndex row : rows) {
    const std::int32_t code = (*column.codes())[row];
    std::int32_t& bin = bin_of[std::size_t(code + 1)];
    if (bin < 0) {
      bin = std::int32_t(binned.bins++);
      binned.codes.push_back(code);
      if (code < 0) binned.missing = bin;
    }
    binned.bin.push_back(std::uint32_t(bin));
  }
  return binned;
}

double CrossFittedScore(const TargetSample& sample, const Binned& binned) {
  if (sample.task == Task::kRegression) {
    Cells cells = SumNumbers(sample, binned);
    return CrossFittedR2(cells);
  }
  Cells cells = CountClasses(sample, binned);
  if (sample.task == Task::kBinary) return ClassAuc(cells, std::size_t(sample.place[std::size_t(sample.positive)]));
  double sum = 0, classes = 0;
  for (std::size_t k = 0; k + 1 < cells.width; ++k) {
    const double auc = ClassAuc(cells, k);
    if (std::isnan(auc)) continue;
    sum += auc;
    classes += 1;
  }
  return classes == 0 ? std::nan("") : sum / classes;
}

const char* ScoreName(Task task) {
  if (task == Task::kRegression) return "r2";
  return task == Task::kBinary ? "auc" : "macro auc";
}

double Strength(Task task, double score) {
  if (std::isnan(score)) return 0;
  return task == Task::kRegression ? std::max(0.0, score) : std::max(0.0, 2 * score - 1);
}

Json TargetRelation(const table::Table& table, std::size_t c, const TargetSample& sample) {
  if (sample.task == Task::kMulticlass) return Json();
  const table::Column& column = table.column(c);
  const bool time = column.storage() == Storage::kTimestamp;
  const Binned binned = BinColumn(column, sample.rows, 10);
  std::vector<double> n(binned.bins), sum(binned.bins), squares(binned.bins), least(binned.bins, INFINITY);
  const std::vector<double> values = NumbersAt(column, sample.rows);
  for (std::size_t i = 0; i < sample.y.size(); ++i) {
    const double y = sample.task == Task::kBinary ? double(int(sample.y[i]) == sample.positive) : sample.y[i];
    n[binned.bin[i]] += 1;
    sum[binned.bin[i]] += y;
    squares[binned.bin[i]] += y * y;
    if (!std::isnan(values[i])) least[binned.bin[i]] = std::min(least[binned.bin[i]], values[i]);
  }
  std::vector<std::uint32_t> shown(binned.bins);
  std::iota(shown.begin(), shown.end(), 0u);
  if (binned.edges.empty()) {  // levels: the most frequent, missing last
    std::stable_sort(shown.begin(), shown.end(), [&](auto a, auto b) { return n[a] > n[b]; });
    if (shown.size() > 12) shown.resize(12);
  }
  Json relation = Json::array();
  for (const std::uint32_t b : shown) {
    if (n[b] == 0) continue;
    const double mean = sum[b] / n[b];
    const double sd = n[b] < 2 ? 0 : std::sqrt(std::max(0.0, (squares[b] - sum[b] * mean) / (n[b] - 1)));
    const stats::Range range =
        sample.task == Task::kBinary ? stats::WilsonInterval(sum[b], n[b]) : stats::MeanInterval(mean, sd, n[b]);
    std::string label;
    if (std::int32_t(b) != binned.missing) {
      if (binned.edges.empty()) {
        label = std::string(column.dictionary()->at(binned.codes[b]));
      } else {
        const std::string low = EdgeText(least[b], time), high = EdgeText(binned.edges[b], time);
        label = low == high ? low : low + " .. " + high;
      }
    }
    Json entry = Json::object();
    entry["label"] = std::int32_t(b) == binned.missing ? Json() : Json(label);
    entry["rows"] = n[b];
    entry["value"] = mean;
    entry["low"] = range.low;
    entry["high"] = range.high;
    relation.push_back(std::move(entry));
  }
  return relation;
}

}  // namespace tagwerk::profile
