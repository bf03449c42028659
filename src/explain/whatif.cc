#include "explain/whatif.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/text.h"
#include "explain/held_out.h"
#include "stats/tests.h"

namespace tagwerk::explain {
namespace {

constexpr std::size_t kValuesPerColumn = 15, kMostColumns = 4;
constexpr int kHalvings = 12;

/// Margin by which a decision holds: above 0 = the decision is another one than `decided`.
std::vector<double> Margins(const pipeline::Pipeline& pipeline, const std::vector<double>& scores,
                            std::int32_t decided) {
  const auto width = std::size_t(pipeline.num_outputs());
  std::vector<double> margins(scores.size() / width);
  for (std::size_t i = 0; i < margins.size(); ++i) {
    const double* row = scores.data() + i * width;
    if (pipeline.task == Task::kBinary) {
      const double above = LogOdds(row[pipeline.positive]) - LogOdds(pipeline.threshold);
      const bool is = row[pipeline.positive] >= pipeline.threshold;
      const double size = std::max(std::abs(above), 1e-12);
      margins[i] = (is ? pipeline.positive : 1 - pipeline.positive) != decided ? size : -size;
    } else {
      double other = 0;
      for (std::size_t k = 0; k < width; ++k)
        if (std::int32_t(k) != decided) other = std::max(other, row[k]);
      margins[i] = std::log(std::max(other, 1e-12)) - std::log(std::max(row[decided], 1e-12));
    }
  }
  return margins;
}

double Spread(const table::Column& column) {
  std::vector<double> values;
  for (std::size_t i = 0; i < column.size(); ++i)
    if (!column.IsMissing(i))
      values.push_back(column.storage() == table::Storage::kDouble ? (*column.doubles())[i]
                                                                   : double((*column.timestamps())[i]));
  if (values.size() < 2) return 1;
  std::sort(values.begin(), values.end());
  const double middle = stats::SortedQuantile(values, 0.75) - stats::SortedQuantile(values, 0.25);
  const double whole = values.back() - values.front();
  return middle > 0 ? middle : whole > 0 ? whole : 1;
}

bool IsNumber(const table::Column& column) { return column.storage() != table::Storage::kString; }

double NumberAt(const table::Column& column, std::size_t row) {
  return column.storage() == table::Storage::kDouble ? (*column.doubles())[row] : double((*column.timestamps())[row]);
}

table::ColumnPtr NumberLike(const table::Column& column, double value) {
  if (column.storage() == table::Storage::kDouble) return table::Column::Doubles({value});
  return table::Column::Timestamps({std::int64_t(value)});
}

/// Distinct values of a column that stand for all: quantiles of numbers, the most frequent of others.
std::vector<table::ColumnPtr> ValuesOf(const table::Column& column) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < column.size(); ++i)
    if (!column.IsMissing(i)) order.push_back(i);
  if (order.empty()) return {};
  table::Rows rows;
  if (IsNumber(column)) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return NumberAt(column, a) < NumberAt(column, b); });
    for (std::size_t i = 0; i < kValuesPerColumn; ++i)
      rows.push_back(table::RowIndex(order[i * (order.size() - 1) / (kValuesPerColumn - 1)]));
  } else {
    std::map<std::string, std::pair<std::size_t, std::size_t>> counts;  // value -> -count, first row
    for (const std::size_t i : order) {
      auto& entry = counts.try_emplace(column.Text(i), 0, i).first->second;
      --entry.first;
    }
    std::vector<std::pair<std::size_t, std::size_t>> ranked;
    for (const auto& [value, entry] : counts) ranked.push_back(entry);
    std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
      return std::int64_t(a.first) != std::int64_t(b.first) ? std::int64_t(a.first) < std::int64_t(b.first)
                                                            : a.second < b.second;
    });
    for (std::size_t i = 0; i < ranked.size() && i < kValuesPerColumn; ++i)
      rows.push_back(table::RowIndex(ranked[i].second));
  }
  std::vector<table::ColumnPtr> values;
  std::set<std::string> seen;
  for (const table::RowIndex row : rows)
    if (seen.insert(column.Text(row)).second) values.push_back(column.Take(table::Rows{row}));
  return values;
}

class Search {
 public:
  Search(const Context& context, const pipeline::Pipeline& pipeline, const table::Table& row,
         const table::Table& others, const std::vector<std::string>& fixed)
      : context_(context), pipeline_(pipeline), row_(row) {
    for (std::size_t j = 0; j < row.num_columns(); ++j) {
      const auto in = others.Find(row.field(j).name);
      spread_.push_back(in && IsNumber(others.column(*in)) ? Spread(others.column(*in)) : 1);
      const bool free = std::find(fixed.begin(), fixed.end(), row.field(j).name) == fixed.end();
      if (!in || !free || others.column(*in).storage() != row.column(j).storage()) continue;
      for (table::ColumnPtr& value : ValuesOf(others.column(*in)))
        if (value->Text(0) != row.column(j).Text(0)) candidates_.push_back({j, std::move(value)});
    }
    const auto scores = ScoresOf(context, pipeline, row);
    if (scores) decided_ = pipeline.Decide(*scores).front();
  }

  std::vector<std::vector<Change>> Found() {
    std::vector<std::vector<Change>> found;
    if (decided_ < 0 || candidates_.empty()) return found;
    const std::vector<double> margins = MarginsOf({}, candidates_);
    std::map<std::size_t, Change> best;  // per column: the nearest value that turns the decision
    for (std::size_t i = 0; i < margins.size(); ++i) {
      if (!(margins[i] > 0)) continue;
      const Change& change = candidates_[i];
      const auto [at, fresh] = best.try_emplace(change.column, change);
      if (!fresh && Distance(change) < Distance(at->second)) at->second = change;
    }
    for (auto& [column, change] : best) found.push_back(Nearest({change}));
    if (found.size() < 2)
      if (auto several = Greedy(); !several.empty()) found.push_back(Nearest(std::move(several)));
    std::stable_sort(found.begin(), found.end(),
                     [&](const auto& a, const auto& b) { return Distance(a) < Distance(b); });
    return found;
  }

  double Distance(const Change& change) const {
    const table::Column& own = row_.column(change.column);
    if (!IsNumber(own) || own.IsMissing(0)) return 1;
    return std::abs(NumberAt(*change.value, 0) - NumberAt(own, 0)) / spread_[change.column];
  }
  double Distance(const std::vector<Change>& changes) const {
    double sum = 0;
    for (const Change& change : changes) sum += Distance(change);
    return sum;
  }

 private:
  /// Margins of the row with `base` and, in turn, each of the candidates.
  std::vector<double> MarginsOf(const std::vector<Change>& base, const std::vector<Change>& candidates) const {
    const table::Table start = Changed(row_, base);
    const std::size_t n = candidates.size();
    std::vector<table::ColumnPtr> columns;
    for (std::size_t j = 0; j < start.num_columns(); ++j) {
      std::vector<const Change*> own(n, nullptr);
      bool any = false;
      for (std::size_t i = 0; i < n; ++i)
        if (candidates[i].column == j) own[i] = &candidates[i], any = true;
      columns.push_back(any ? Mixed(start.column(j), own) : start.column(j).Take(table::Rows(n, 0)));
    }
    const auto scores = ScoresOf(context_, pipeline_, table::Table(start.fields(), std::move(columns), n));
    return scores ? Margins(pipeline_, *scores, decided_) : std::vector<double>(n, -1);
  }

  static table::ColumnPtr Mixed(const table::Column& own, const std::vector<const Change*>& changes) {
    if (own.storage() == table::Storage::kString) {
      table::DictionaryBuilder builder;
      std::vector<std::int32_t> codes;
      for (const Change* change : changes) {
        const table::Column& from = change == nullptr ? own : *change->value;
        codes.push_back(from.IsMissing(0) ? -1 : builder.Intern(from.Text(0)));
      }
      return table::Column::Strings(std::move(codes), std::move(builder).Finish());
    }
    if (own.storage() == table::Storage::kTimestamp) {
      std::vector<std::int64_t> values;
      for (const Change* change : changes)
        values.push_back((*(change == nullptr ? own : *change->value).timestamps())[0]);
      return table::Column::Timestamps(std::move(values));
    }
    std::vector<double> values;
    for (const Change* change : changes) values.push_back((*(change == nullptr ? own : *change->value).doubles())[0]);
    return table::Column::Doubles(std::move(values));
  }

  bool Turns(const std::vector<Change>& changes) const {
    if (changes.empty()) return false;
    const std::vector<Change> rest(changes.begin(), changes.end() - 1);
    return MarginsOf(rest, {changes.back()}).front() > 0;
  }

  /// Adds the change that helps most, one column at a time.
  std::vector<Change> Greedy() const {
    std::vector<Change> taken;
    std::vector<Change> open = candidates_;
    while (taken.size() < kMostColumns && !open.empty() && !context_.ShouldStop()) {
      const std::vector<double> margins = MarginsOf(taken, open);
      const auto best = std::size_t(std::max_element(margins.begin(), margins.end()) - margins.begin());
      taken.push_back(open[best]);
      if (margins[best] > 0) return taken.size() > 1 ? Needed(taken) : std::vector<Change>();
      std::erase_if(open, [&](const Change& change) { return change.column == taken.back().column; });
    }
    return {};
  }

  std::vector<Change> Needed(std::vector<Change> changes) const {
    for (std::size_t i = 0; i < changes.size() && changes.size() > 1;) {
      std::vector<Change> without = changes;
      without.erase(without.begin() + std::ptrdiff_t(i));
      if (Turns(without))
        changes = std::move(without);
      else
        ++i;
    }
    return changes;
  }

  /// Whether a column holds whole numbers in training; the file of one row may write 66.0.
  bool IsWhole(std::size_t column) const {
    for (const pipeline::Input& input : pipeline_.inputs)
      if (input.field.name == row_.field(column).name) return input.field.integers;
    return row_.field(column).integers;
  }

  /// Moves numbers back toward the row's own values by halving, as far as the decision still turns.
  std::vector<Change> Nearest(std::vector<Change> changes) const {
    for (Change& change : changes) {
      const table::Column& own = row_.column(change.column);
      if (!IsNumber(own) || own.IsMissing(0)) continue;
      const bool whole = IsWhole(change.column) || own.storage() == table::Storage::kTimestamp;
      double stays = NumberAt(own, 0), turns = NumberAt(*change.value, 0);
      for (int i = 0; i < kHalvings && !context_.ShouldStop(); ++i) {
        const double middle = whole ? std::round((stays + turns) / 2) : (stays + turns) / 2;
        if (middle == stays || middle == turns) break;
        const table::ColumnPtr kept = change.value;
        change.value = NumberLike(own, middle);
        if (Turns(changes)) {
          turns = middle;
        } else {
          stays = middle;
          change.value = kept;
        }
      }
    }
    return changes;
  }

  const Context& context_;
  const pipeline::Pipeline& pipeline_;
  const table::Table& row_;
  std::vector<Change> candidates_;
  std::vector<double> spread_;
  std::int32_t decided_ = -1;
};

}  // namespace

table::Table Changed(const table::Table& row, const std::vector<Change>& changes) {
  std::vector<table::ColumnPtr> columns;
  for (std::size_t j = 0; j < row.num_columns(); ++j) columns.push_back(row.column_ptr(j));
  for (const Change& change : changes) columns[change.column] = change.value;
  return {row.fields(), std::move(columns), row.num_rows()};
}

Json Answers(const Context& context, const pipeline::Pipeline& pipeline, const table::Table& rows) {
  Json out = Json::array();
  const auto predictions = pipeline.Predict(context, rows);
  if (!predictions) return out;
  const auto width = std::size_t(pipeline.num_outputs());
  for (std::size_t i = 0; i < rows.num_rows(); ++i) {
    if (pipeline.task == Task::kRegression) {
      out.push_back({{"prediction", predictions->values[i]}, {"probability", nullptr}});
      continue;
    }
    const std::int32_t label = predictions->labels[i];
    const std::int32_t of = pipeline.task == Task::kBinary ? pipeline.positive : label;
    out.push_back({{"prediction", pipeline.classes[std::size_t(label)]},
                   {"probability", predictions->scores[i * width + std::size_t(of)]}});
  }
  return out;
}

Json Counterfactuals(const Context& context, const pipeline::Pipeline& pipeline, const table::Table& row,
                     const table::Table& others, const std::vector<std::string>& fixed, std::size_t most) {
  Json out = Json::array();
  if (pipeline.task == Task::kRegression || row.num_rows() != 1) return out;
  Search search(context, pipeline, row, others, fixed);
  for (const std::vector<Change>& changes : search.Found()) {
    if (out.size() >= most) break;
    Json list = Json::array();
    for (const Change& change : changes)
      list.push_back({{"column", row.field(change.column).name},
                      {"from", row.column(change.column).Text(0)},
                      {"to", change.value->Text(0)}});
    const Json answer = Answers(context, pipeline, Changed(row, changes));
    if (answer.empty()) break;
    out.push_back({{"changes", std::move(list)},
                   {"distance", search.Distance(changes)},
                   {"prediction", answer[0]["prediction"]},
                   {"probability", answer[0]["probability"]}});
  }
  return out;
}

}  // namespace tagwerk::explain
