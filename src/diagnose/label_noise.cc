#include "diagnose/label_noise.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "stats/tests.h"

namespace tagwerk::diagnose {
namespace {

constexpr std::size_t kLeastLabels = 100;
constexpr double kLeastRate = 0.01;  // lower end of the interval of the rate among the surest rows
constexpr double kOverlap = 0.5;  // overlapping classes: the surest rows are contradicted at most so often as the next
constexpr double kTells = 0.5;    // sure rows must be contradicted less than half as often as by guessing
constexpr double kGross = 6, kFar = 4;
constexpr double kGrossShare = 0.002;

struct Scored {
  std::size_t row = 0;
  std::size_t given = 0, best = 0;
  double p_given = 0, p_best = 0;
};

std::vector<Scored> ReadRows(const LabelNoiseInput& input) {
  const auto k = std::size_t(input.num_classes);
  std::vector<Scored> rows(input.truth.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double* p = input.scores.data() + i * k;
    Scored& row = rows[i];
    row.row = i;
    row.given = std::size_t(input.truth[i]);
    row.best = std::size_t(std::max_element(p, p + k) - p);
    row.p_given = p[row.given];
    row.p_best = p[row.best];
  }
  return rows;
}

/// How often given labels contradict the models, by how sure the models are within each predicted class.
struct Rates {
  double surest_rows = 0, surest = 0, next_rows = 0, next = 0, guess = 0;
};

Rates RatesOf(const std::vector<Scored>& rows, std::size_t classes) {
  std::vector<std::vector<const Scored*>> by_class(classes);
  std::vector<double> given(classes, 0);
  for (const Scored& row : rows) {
    by_class[row.best].push_back(&row);
    given[row.given] += 1;
  }
  Rates out;
  for (std::size_t c = 0; c < classes; ++c) {
    auto& list = by_class[c];
    std::stable_sort(list.begin(), list.end(), [](const Scored* a, const Scored* b) { return a->p_best > b->p_best; });
    const auto fifth = std::size_t(std::ceil(double(list.size()) * 0.2)),
               three = std::size_t(double(list.size()) * 0.6);
    for (std::size_t i = 0; i < list.size() && i < std::max(fifth, three); ++i) {
      const double wrong = list[i]->given != c;
      (i < fifth ? out.surest_rows : out.next_rows) += 1;
      (i < fifth ? out.surest : out.next) += wrong;
      if (i < fifth) out.guess += 1 - given[c] / double(rows.size());
    }
  }
  return out;
}

/// Off-diagonal rows of the calibrated confident joint (Northcutt et al. 2021, section 3.1), and for each row
/// the class that it is confidently counted for.
double ConfidentJoint(const LabelNoiseInput& input, const std::vector<Scored>& rows,
                      std::vector<std::size_t>& counted) {
  const auto k = std::size_t(input.num_classes);
  std::vector<double> threshold(k, 0), given(k, 0), joint(k * k, 0);
  for (const Scored& row : rows) {
    threshold[row.given] += row.p_given;
    given[row.given] += 1;
  }
  for (std::size_t c = 0; c < k; ++c) threshold[c] = given[c] > 0 ? threshold[c] / given[c] : 2;
  counted.assign(rows.size(), k);
  for (const Scored& row : rows) {
    const double* p = input.scores.data() + row.row * k;
    for (std::size_t c = 0; c < k; ++c) {
      if (p[c] >= threshold[c] && (counted[row.row] == k || p[c] > p[counted[row.row]])) counted[row.row] = c;
    }
    if (counted[row.row] < k) joint[row.given * k + counted[row.row]] += 1;
  }
  double off = 0;
  for (std::size_t g = 0; g < k; ++g) {
    const double sum =
        std::accumulate(joint.begin() + std::ptrdiff_t(g * k), joint.begin() + std::ptrdiff_t(g * k + k), 0.0);
    if (sum > 0) off += given[g] * (1 - joint[g * k + g] / sum);
  }
  return off;
}

LabelNoise Classes(const LabelNoiseInput& input) {
  const std::vector<Scored> rows = ReadRows(input);
  const auto k = std::size_t(input.num_classes);
  const double n = double(rows.size());
  LabelNoise out;
  const Rates rates = RatesOf(rows, k);
  if (rates.surest_rows < 20 || rates.next_rows < 20) return out;
  out.rate_surest = rates.surest / rates.surest_rows;
  out.rate_sure = rates.next / rates.next_rows;
  std::vector<std::size_t> counted;
  out.confident_joint = ConfidentJoint(input, rows, counted);
  const stats::Range rate = stats::WilsonInterval(rates.surest, rates.surest_rows);
  const bool tells = std::max(out.rate_surest, out.rate_sure) < kTells * rates.guess / rates.surest_rows;
  // What overlap cannot explain: surest = noise + overlap, next = noise + overlap / kOverlap. Both rates are seen in
  // some rows only: the interval of their difference has both errors (Zou & Donner 2008, section 2).
  const stats::Range next = stats::WilsonInterval(rates.next, rates.next_rows);
  const auto beyond = [&](double surest) {
    return std::min(surest, (surest - kOverlap * out.rate_sure) / (1 - kOverlap));
  };
  const double difference = out.rate_surest - kOverlap * out.rate_sure;
  const double low = difference - std::hypot(out.rate_surest - rate.low, kOverlap * (next.high - out.rate_sure));
  if (rate.low < kLeastRate || low <= 0 || !tells) return out;
  std::vector<SuspectLabel> suspects;
  for (const Scored& row : rows) {
    const std::size_t c = counted[row.row];
    if (c == k || c == row.given) continue;
    suspects.push_back({row.row, double(row.given), double(c), row.p_given, input.scores[row.row * k + c], 0});
  }
  if (suspects.empty()) return out;
  std::stable_sort(suspects.begin(), suspects.end(), [](const SuspectLabel& a, const SuspectLabel& b) {
    return a.p_given - a.p_suggested < b.p_given - b.p_suggested;
  });
  out.found = true;
  out.rows = beyond(out.rate_surest) * n;
  out.low = beyond(rate.low) * n;
  out.high = beyond(rate.high) * n;
  suspects.resize(std::min(suspects.size(), std::size_t(std::ceil(out.rows))));
  out.suspects = std::move(suspects);
  return out;
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Residuals in robust standard deviations of the rows with similar predictions.
std::vector<double> Deviations(const LabelNoiseInput& input) {
  const std::size_t n = input.truth.size(), bins = std::clamp<std::size_t>(n / 200, 1, 20);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return input.scores[a] < input.scores[b]; });
  const auto spread = [&](std::size_t from, std::size_t to) {
    std::vector<double> sizes;
    for (std::size_t i = from; i < to; ++i) sizes.push_back(std::fabs(input.truth[order[i]] - input.scores[order[i]]));
    return 1.4826 * Median(std::move(sizes));
  };
  const double overall = spread(0, n);
  std::vector<double> out(n, 0);
  for (std::size_t b = 0; b < bins; ++b) {
    const std::size_t from = n * b / bins, to = n * (b + 1) / bins;
    const double scale = std::max(spread(from, to), 0.5 * overall);
    for (std::size_t i = from; i < to; ++i)
      out[order[i]] = scale > 0 ? (input.truth[order[i]] - input.scores[order[i]]) / scale : 0;
  }
  return out;
}

/// Gross errors stand apart: more rows lie beyond 6 deviations than between 4 and 6, on both sides.
LabelNoise Numbers(const LabelNoiseInput& input) {
  LabelNoise out;
  const std::vector<double> z = Deviations(input);
  double above = 0, below = 0, far = 0;
  for (const double d : z) {
    above += d > kGross;
    below += d < -kGross;
    far += std::fabs(d) > kFar && std::fabs(d) <= kGross;
  }
  const double n = double(z.size()), gross = above + below;
  const stats::Range share = stats::WilsonInterval(gross, n);
  out.rate_surest = gross / n;
  out.rate_sure = far / n;
  if (share.low < kGrossShare || gross <= far || std::min(above, below) < 0.1 * gross) return out;
  out.found = true;
  out.rows = gross;
  out.low = share.low * n;
  out.high = share.high * n;
  for (std::size_t i = 0; i < z.size(); ++i) {
    if (std::fabs(z[i]) > kGross) out.suspects.push_back({i, input.truth[i], input.scores[i], 0, 0, z[i]});
  }
  std::stable_sort(out.suspects.begin(), out.suspects.end(), [](const SuspectLabel& a, const SuspectLabel& b) {
    return std::fabs(a.deviations) > std::fabs(b.deviations);
  });
  return out;
}

}  // namespace

LabelNoise FindLabelNoise(const LabelNoiseInput& input) {
  if (input.truth.size() < kLeastLabels) return {};
  return input.task == Task::kRegression ? Numbers(input) : Classes(input);
}

}  // namespace tagwerk::diagnose
