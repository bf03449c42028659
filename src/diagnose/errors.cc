#include "diagnose/errors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "base/text.h"
#include "stats/tests.h"
#include "stats/two_sample.h"

namespace tagwerk::diagnose {
namespace {

using table::Storage;

constexpr std::size_t kLeastJudged = 100, kLeastSliceRows = 20;
constexpr std::size_t kMostValues = 20;  // categories of a column that are looked at
constexpr std::size_t kQuantiles = 5;
constexpr std::size_t kMostSlices = 8, kMostConfusions = 6;
constexpr double kLevel = 0.05;
constexpr double kSameRows = 0.7;  // overlap from which two slices are one

struct Slice {
  std::size_t column = 0;
  std::string kind;  ///< value, range, missing
  std::string value;
  std::optional<double> low, high;
  std::vector<table::RowIndex> rows;
  double loss = 0, share = 0, gain = 0, mean = 0, rest = 0, p = 1, q = 1;
};

void CategorySlices(const table::Column& column, const Slice& base, std::vector<Slice>& out) {
  std::map<std::int32_t, std::vector<table::RowIndex>> rows;
  for (std::size_t i = 0; i < column.size(); ++i) rows[(*column.codes())[i]].push_back(table::RowIndex(i));
  std::vector<std::pair<std::size_t, std::int32_t>> order;
  for (const auto& [code, list] : rows) order.emplace_back(list.size(), code);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; i < order.size() && i < kMostValues; ++i) {
    Slice slice = base;
    const std::int32_t code = order[i].second;
    slice.kind = code < 0 ? "missing" : "value";
    if (code >= 0) slice.value = std::string(column.dictionary()->at(code));
    slice.rows = std::move(rows[code]);
    out.push_back(std::move(slice));
  }
}

void NumberSlices(const table::Column& column, const Slice& base, std::vector<Slice>& out) {
  std::vector<double> values(column.size(), std::nan(""));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (column.storage() == Storage::kDouble) values[i] = (*column.doubles())[i];
    if (column.storage() == Storage::kTimestamp && (*column.timestamps())[i] != table::kMissingTime)
      values[i] = double((*column.timestamps())[i]) * 1e-6;
  }
  const stats::SortedSample sorted = stats::MakeSorted(values);
  const std::vector<double> edges = stats::QuantileEdges(sorted, kQuantiles);
  std::vector<Slice> slices(edges.size() + 2, base);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool missing = !std::isfinite(values[i]);
    const auto cell = std::size_t(std::lower_bound(edges.begin(), edges.end(), values[i]) - edges.begin());
    slices[missing ? edges.size() + 1 : cell].rows.push_back(table::RowIndex(i));
  }
  for (std::size_t cell = 0; cell < slices.size(); ++cell) {
    Slice& slice = slices[cell];
    slice.kind = cell == edges.size() + 1 ? "missing" : "range";
    if (slice.kind == "range" && cell > 0) slice.low = edges[cell - 1];
    if (slice.kind == "range" && cell < edges.size()) slice.high = edges[cell];
    if (!slice.rows.empty()) out.push_back(std::move(slice));
  }
}

struct Moments {
  double n = 0, sum = 0, squares = 0;
  double mean() const { return n > 0 ? sum / n : 0; }
  double sd() const { return n > 1 ? std::sqrt(std::max(0.0, (squares - sum * sum / n) / (n - 1))) : 0; }
};

void Price(const std::vector<double>& losses, const Moments& all, Slice& slice) {
  Moments in;
  for (const auto row : slice.rows) {
    in.n += 1;
    in.sum += losses[row];
    in.squares += losses[row] * losses[row];
  }
  const Moments rest{all.n - in.n, all.sum - in.sum, all.squares - in.squares};
  slice.loss = in.sum;
  slice.mean = in.mean();
  slice.rest = rest.mean();
  slice.share = all.sum > 0 ? in.sum / all.sum : 0;
  slice.gain = all.sum > 0 ? (in.mean() - rest.mean()) * in.n / all.sum : 0;
  slice.p = stats::WelchTest(in.mean(), in.sd(), in.n, rest.mean(), rest.sd(), rest.n).p_value;
}

double Overlap(const std::vector<table::RowIndex>& a, const std::vector<table::RowIndex>& b) {
  std::vector<table::RowIndex> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return double(both.size()) / double(std::max<std::size_t>(1, a.size() + b.size() - both.size()));
}

std::vector<Slice> CostlySlices(const Context& context, const ErrorInput& input, const std::vector<double>& losses,
                                const Moments& all) {
  const std::size_t n = losses.size(), least = std::max(kLeastSliceRows, n / 200);
  std::vector<std::vector<Slice>> by_column(input.columns.size());
  context.pool->For(input.columns.size(), [&](std::size_t i) {
    if (context.ShouldStop()) return;
    const table::Column& column = input.table->column(input.columns[i]);
    Slice base;
    base.column = input.columns[i];
    std::vector<Slice> slices;
    if (column.storage() == Storage::kString) {
      CategorySlices(column, base, slices);
    } else {
      NumberSlices(column, base, slices);
    }
    for (Slice& slice : slices) {
      if (slice.rows.size() < least || slice.rows.size() > n * 6 / 10) continue;  // most rows are no slice
      Price(losses, all, slice);
      by_column[i].push_back(std::move(slice));
    }
  });
  std::vector<Slice> slices;
  std::vector<double> p;
  for (auto& list : by_column) {
    for (Slice& slice : list) {
      p.push_back(slice.p);
      slices.push_back(std::move(slice));
    }
  }
  const std::vector<double> q = stats::BenjaminiHochberg(p);
  for (std::size_t i = 0; i < q.size(); ++i) slices[i].q = q[i];
  std::erase_if(slices, [](const Slice& slice) { return !(slice.q <= kLevel) || slice.gain <= 0; });
  std::stable_sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return a.gain > b.gain; });
  return slices;
}

Json SliceJson(const ErrorInput& input, const Slice& slice) {
  return {{"column", input.table->field(slice.column).name},
          {"kind", slice.kind},
          {"value", slice.kind == "value" ? Json(slice.value) : Json()},
          {"low", slice.low ? Json(*slice.low) : Json()},
          {"high", slice.high ? Json(*slice.high) : Json()},
          {"rows", slice.rows.size()},
          {"rows_share", double(slice.rows.size()) / double(input.truth.size())},
          {"loss_share", slice.share},
          {"gain", slice.gain},
          {"mean_loss", slice.mean},
          {"mean_loss_rest", slice.rest},
          {"q_value", slice.q}};
}

/// Picks slices from the front that are not nearly the rows of one picked before.
Json Distinct(const ErrorInput& input, const std::vector<Slice>& slices, bool missing) {
  std::vector<const Slice*> picked;
  Json out = Json::array();
  for (const Slice& slice : slices) {
    if (picked.size() == kMostSlices) break;
    if ((slice.kind == "missing") != missing) continue;
    if (std::any_of(picked.begin(), picked.end(),
                    [&](const Slice* other) { return Overlap(other->rows, slice.rows) > kSameRows; }))
      continue;
    picked.push_back(&slice);
    out.push_back(SliceJson(input, slice));
  }
  return out;
}

Json Confusions(const ErrorInput& input, const std::vector<double>& losses, double total) {
  if (input.task == Task::kRegression || input.decisions.size() != input.truth.size()) return Json::array();
  struct Pair {
    double rows = 0, loss = 0;
  };
  std::map<std::pair<std::size_t, std::size_t>, Pair> pairs;
  double wrong = 0;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const auto truth = std::size_t(input.truth[i]), decided = std::size_t(input.decisions[i]);
    if (truth == decided) continue;
    Pair& pair = pairs[{truth, decided}];
    pair.rows += 1;
    pair.loss += losses[i];
    wrong += 1;
  }
  std::vector<std::pair<std::pair<std::size_t, std::size_t>, Pair>> order(pairs.begin(), pairs.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second.loss > b.second.loss; });
  Json out = Json::array();
  for (const auto& [labels, pair] : order) {
    if (out.size() == kMostConfusions) break;
    out.push_back({{"truth", input.classes[labels.first]},
                   {"decision", input.classes[labels.second]},
                   {"rows", pair.rows},
                   {"share_of_wrong", pair.rows / wrong},
                   {"loss_share", total > 0 ? pair.loss / total : 0}});
  }
  return out;
}

}  // namespace

std::vector<double> RowLosses(Task task, std::span<const double> truth, std::span<const double> scores,
                              std::size_t num_classes) {
  std::vector<double> losses(truth.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    if (task == Task::kRegression) {
      losses[i] = (truth[i] - scores[i]) * (truth[i] - scores[i]);
    } else {
      losses[i] = -std::log(std::clamp(scores[i * num_classes + std::size_t(truth[i])], 1e-15, 1.0));
    }
  }
  return losses;
}

Json ErrorsJson(const Context& context, const ErrorInput& input) {
  if (input.truth.size() < kLeastJudged) return nullptr;
  const std::vector<double> losses = RowLosses(input.task, input.truth, input.scores, input.classes.size());
  Moments all;
  for (const double loss : losses) {
    all.n += 1;
    all.sum += loss;
    all.squares += loss * loss;
  }
  const std::vector<Slice> slices = CostlySlices(context, input, losses, all);
  double suspect_loss = 0;
  for (const std::size_t row : input.suspects) suspect_loss += losses[row];
  Json out = {{"loss", input.task == Task::kRegression ? "squared_error" : "log_loss"},
              {"rows", losses.size()},
              {"mean_loss", all.mean()},
              {"slices", Distinct(input, slices, false)},
              {"missing", Distinct(input, slices, true)},
              {"confusions", Confusions(input, losses, all.sum)},
              {"suspect_labels", nullptr}};
  if (!input.suspects.empty())
    out["suspect_labels"] = {{"rows", input.suspects.size()},
                             {"loss_share", all.sum > 0 ? suspect_loss / all.sum : 0.0}};
  return out;
}

}  // namespace tagwerk::diagnose
