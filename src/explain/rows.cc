// Why single rows: exact Shapley values where the score is a sum of trees (pipeline/contributions.h), else sampled
// Shapley values (Strumbelj & Kononenko 2014). A permutation replaces the values of a background row by those of the
// explained row, column by column; the change at each step is credited to the column. Every background row serves one
// permutation and its reverse (antithetic: Mitchell et al. 2022), so the credits add up to the prediction exactly.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "base/text.h"
#include "explain/held_out.h"
#include "pipeline/contributions.h"

namespace tagwerk::explain {
namespace {

constexpr std::size_t kBackgroundPool = 1000, kPlayers = 30;

/// Columns that are replaced together: each explained column alone, all others as one.
struct Players {
  std::vector<std::vector<std::size_t>> columns;
  std::size_t single = 0;  ///< the first so many are single columns
};

Players PlayersOf(const ExplainInput& input, const table::Table& inputs) {
  Players players;
  std::vector<std::size_t> explained = ColumnsToExplain(input, inputs);
  if (explained.size() > kPlayers) explained.resize(kPlayers);
  std::vector<bool> alone(inputs.num_columns(), false);
  for (const std::size_t column : explained) {
    players.columns.push_back({column});
    alone[column] = true;
  }
  players.single = explained.size();
  std::vector<std::size_t> others;
  for (std::size_t j = 0; j < alone.size(); ++j)
    if (!alone[j]) others.push_back(j);
  if (!others.empty()) players.columns.push_back(std::move(others));
  return players;
}

/// The scale on which effects add up: log-odds of a class, or the value.
std::vector<double> OnScale(const pipeline::Pipeline& pipeline, const std::vector<double>& scores, std::size_t cls) {
  if (pipeline.task == Task::kRegression) return scores;
  const auto width = std::size_t(pipeline.num_outputs());
  std::vector<double> values(scores.size() / width);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = LogOdds(scores[i * width + cls]);
  return values;
}

std::size_t ClassOf(const pipeline::Pipeline& pipeline, const std::vector<double>& row_scores) {
  if (pipeline.task == Task::kBinary) return std::size_t(pipeline.positive);
  return std::size_t(std::max_element(row_scores.begin(), row_scores.end()) - row_scores.begin());
}

/// The given background rows, of the same columns as the inputs; evenly chosen if there are more than wanted.
table::Table GivenBackground(const ExplainInput& input, const table::Table& inputs) {
  std::vector<std::size_t> columns;
  for (std::size_t j = 0; j < inputs.num_columns(); ++j) {
    const auto at = input.background->Find(inputs.field(j).name);
    if (!at || input.background->column(*at).storage() != inputs.column(j).storage()) return {};
    columns.push_back(*at);
  }
  const std::size_t n = input.background->num_rows(), count = std::min(n, input.most_background);
  table::Rows rows;
  for (std::size_t i = 0; i < count; ++i) rows.push_back(table::RowIndex((2 * i + 1) * n / (2 * count)));
  return input.background->Select(columns).Take(rows);
}

/// Background rows that stand for all: evenly spaced in the order of their prediction.
table::Table BackgroundOf(const Context& context, const ExplainInput& input, const table::Table& inputs) {
  if (input.background != nullptr && input.background->num_rows() > 0)
    if (table::Table given = GivenBackground(input, inputs); given.num_rows() > 0) return given;
  const table::Rows pool = SampleRows(inputs.num_rows(), kBackgroundPool, Mix64(input.seed, 0x626770));
  const auto scores = ScoresOf(context, *input.pipeline, inputs.Take(pool));
  table::Rows background;
  if (!scores) return {};
  const std::size_t cls = IsClassification(input.pipeline->task) ? std::size_t(input.pipeline->positive) : 0;
  const std::vector<double> values = OnScale(*input.pipeline, *scores, cls);
  std::vector<std::size_t> order(pool.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  const std::size_t count = std::min(input.most_background, order.size());
  for (std::size_t i = 0; i < count; ++i) background.push_back(pool[order[(2 * i + 1) * order.size() / (2 * count)]]);
  return inputs.Take(background);
}

struct Effects {
  std::vector<double> of_player;
  std::vector<double> row_scores;  ///< of the explained row
  double base = 0, score = 0;
};

/// For every step of every permutation which row each player's values come from.
struct Paths {
  std::vector<std::vector<std::size_t>> order;  ///< players, one list per permutation
  std::vector<table::Rows> source;              ///< per player: row of the small table, per step
};

// Rows of the small table: background rows 0..b-1, then the explained row.
Paths PathsOf(std::size_t players, std::size_t background, std::uint64_t seed) {
  Paths paths;
  paths.source.resize(players);
  const auto explained = table::RowIndex(background);
  for (std::size_t b = 0; b < background; ++b) {
    std::vector<std::size_t> order(players);
    std::iota(order.begin(), order.end(), std::size_t(0));
    Random random(Mix64(seed, b));
    Shuffle(order, random);
    for (const bool reverse : {false, true}) {
      if (reverse) std::reverse(order.begin(), order.end());
      std::vector<std::size_t> place(players);
      for (std::size_t i = 0; i < players; ++i) place[order[i]] = i;
      for (std::size_t step = 0; step <= players; ++step)
        for (std::size_t p = 0; p < players; ++p)
          paths.source[p].push_back(place[p] < step ? explained : table::RowIndex(b));
      paths.order.push_back(order);
    }
  }
  return paths;
}

/// The background rows and, last, the explained row.
table::Table WithLastRow(const table::Table& background, const table::Table& inputs, std::size_t row) {
  std::vector<table::ColumnPtr> columns;
  const std::size_t n = background.num_rows();
  for (std::size_t j = 0; j < inputs.num_columns(); ++j) {
    const table::Column &before = background.column(j), &own = inputs.column(j);
    if (own.storage() == table::Storage::kDouble) {
      std::vector<double> values = *before.doubles();
      values.push_back((*own.doubles())[row]);
      columns.push_back(table::Column::Doubles(std::move(values)));
    } else if (own.storage() == table::Storage::kTimestamp) {
      std::vector<std::int64_t> values = *before.timestamps();
      values.push_back((*own.timestamps())[row]);
      columns.push_back(table::Column::Timestamps(std::move(values)));
    } else {
      table::DictionaryBuilder builder;
      std::vector<std::int32_t> codes;
      for (std::size_t i = 0; i < n; ++i) codes.push_back(before.IsMissing(i) ? -1 : builder.Intern(before.Text(i)));
      codes.push_back(own.IsMissing(row) ? -1 : builder.Intern(own.Text(row)));
      columns.push_back(table::Column::Strings(std::move(codes), std::move(builder).Finish()));
    }
  }
  return {inputs.fields(), std::move(columns), n + 1};
}

std::optional<Effects> EffectsOf(const Context& context, const ExplainInput& input, const table::Table& inputs,
                                 const Players& players, const table::Table& background, std::size_t row) {
  const pipeline::Pipeline& pipeline = *input.pipeline;
  const table::Table small = WithLastRow(background, inputs, row);
  const Paths paths = PathsOf(players.columns.size(), background.num_rows(), Mix64(input.seed, 0x73686170, row));
  std::vector<table::ColumnPtr> columns(small.num_columns());
  for (std::size_t p = 0; p < players.columns.size(); ++p)
    for (const std::size_t column : players.columns[p]) columns[column] = small.column(column).Take(paths.source[p]);
  const std::size_t steps = players.columns.size() + 1;
  const table::Table mixed(small.fields(), std::move(columns), paths.order.size() * steps);
  const auto scores = ScoresOf(context, pipeline, mixed);
  if (!scores) return std::nullopt;
  const auto width = std::size_t(pipeline.num_outputs());
  Effects effects;
  effects.row_scores.assign(scores->end() - std::ptrdiff_t(width), scores->end());
  const std::vector<double> values = OnScale(pipeline, *scores, ClassOf(pipeline, effects.row_scores));
  effects.of_player.assign(players.columns.size(), 0.0);
  effects.score = values.back();
  const double share = 1.0 / double(paths.order.size());
  for (std::size_t path = 0; path < paths.order.size(); ++path) {
    const double* value = values.data() + path * steps;
    effects.base += share * value[0];
    for (std::size_t i = 0; i + 1 < steps; ++i)
      effects.of_player[paths.order[path][i]] += share * (value[i + 1] - value[i]);
  }
  return effects;
}

std::string KindOf(const ExplainInput& input, std::size_t row, std::int32_t decided, double prediction) {
  const pipeline::Pipeline& pipeline = *input.pipeline;
  if (pipeline.task == Task::kRegression) {
    if (input.truth.empty() || pipeline.residuals.empty()) return "typical";
    return std::abs(input.truth[row] - prediction) > pipeline.IntervalHalfWidth(0.9) ? "far_off" : "typical";
  }
  if (input.truth.empty() || input.truth[row] == decided) return "right";
  return pipeline.task == Task::kBinary && decided == pipeline.positive ? "needless" : "missed";
}

Json CaseJson(const ExplainInput& input, const table::Table& inputs, const Players& players, const Effects& effects,
              std::size_t row, int top) {
  const pipeline::Pipeline& pipeline = *input.pipeline;
  std::vector<std::size_t> order(players.single);
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(effects.of_player[a]) > std::abs(effects.of_player[b]);
  });
  if (order.size() > std::size_t(std::max(0, top))) order.resize(std::size_t(std::max(0, top)));
  Json contributions = Json::array();
  double told = effects.base;
  for (const std::size_t player : order) {
    const std::size_t column = players.columns[player].front();
    told += effects.of_player[player];
    contributions.push_back({{"column", inputs.field(column).name},
                             {"value", Printable(inputs.column(column).Text(row), 80)},
                             {"effect", effects.of_player[player]}});
  }
  const bool classes = IsClassification(pipeline.task);
  const std::int32_t decided = classes ? pipeline.Decide(effects.row_scores).front() : 0;
  const auto label = [&](std::int32_t cls) -> Json { return pipeline.classes[std::size_t(cls)]; };
  Json truth = nullptr;
  if (!input.truth.empty()) truth = classes ? label(std::int32_t(input.truth[row])) : Json(input.truth[row]);
  return {{"kind", KindOf(input, row, decided, effects.score)},
          {"row", row},
          {"truth", truth},
          {"prediction", classes ? label(decided) : Json(effects.score + pipeline.shift)},
          {"probability", classes ? Json(effects.row_scores[ClassOf(pipeline, effects.row_scores)]) : Json()},
          {"score", effects.score},
          {"base", effects.base},
          {"contributions", std::move(contributions)},
          {"rest", effects.score - told}};
}

/// Every column explained by itself, the most important first.
Players EveryColumn(const ExplainInput& input, const table::Table& inputs) {
  Players players;
  std::vector<bool> placed(inputs.num_columns(), false);
  const auto place = [&](std::size_t column) {
    if (!placed[column]) players.columns.push_back({column});
    placed[column] = true;
  };
  for (const std::size_t column : ColumnsToExplain(input, inputs)) place(column);
  for (std::size_t column = 0; column < placed.size(); ++column) place(column);
  players.single = players.columns.size();
  return players;
}

/// Effects of all rows, which Contribute explained.
std::vector<Effects> EffectsFrom(const pipeline::ColumnContributions& made, const std::vector<double>& scores,
                                 const table::Table& rows, const Players& players, double sign) {
  const std::size_t n = rows.num_rows(), outputs = scores.size() / n, width = made.columns.size();
  std::vector<std::size_t> player(width, players.columns.size());
  for (std::size_t p = 0; p < players.columns.size(); ++p) {
    const auto at = std::find(made.columns.begin(), made.columns.end(), rows.field(players.columns[p].front()).name);
    if (at != made.columns.end()) player[std::size_t(at - made.columns.begin())] = p;
  }
  std::vector<Effects> effects(n);
  for (std::size_t i = 0; i < n; ++i) {
    Effects& one = effects[i];
    const auto first = scores.begin() + std::ptrdiff_t(i * outputs);
    one.row_scores.assign(first, first + std::ptrdiff_t(outputs));
    one.of_player.assign(players.columns.size(), 0.0);
    one.base = one.score = sign * made.base[0];
    for (std::size_t j = 0; j < width; ++j) {
      const double value = sign * made.values[i * width + j];
      one.score += value;
      if (player[j] < players.columns.size()) one.of_player[player[j]] += value;
    }
  }
  return effects;
}

Json ExplainExactly(const Context& context, const ExplainInput& input, const table::Table& inputs,
                    const std::vector<std::size_t>& rows, int top) {
  table::Rows wanted;
  for (const std::size_t row : rows)
    if (row < inputs.num_rows()) wanted.push_back(table::RowIndex(row));
  Json result = Json::array();
  const table::Table taken = inputs.Take(wanted);
  const Players players = EveryColumn(input, inputs);
  const auto made = pipeline::Contribute(context, *input.pipeline, taken);
  const auto scores = ScoresOf(context, *input.pipeline, taken);
  if (wanted.empty() || !made || !scores) return result;
  const bool flip = input.pipeline->task == Task::kBinary && input.pipeline->positive == 0;
  const std::vector<Effects> effects = EffectsFrom(*made, *scores, taken, players, flip ? -1 : 1);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    result.push_back(CaseJson(input, inputs, players, effects[i], wanted[i], top));
  return result;
}

}  // namespace

bool HasExactRows(const pipeline::Pipeline& pipeline) {
  if (pipeline.task == Task::kMulticlass) return false;  // the log-odds of one class are no sum of its trees
  Pool alone(1);
  Context context;
  context.pool = &alone;
  const auto made = pipeline::Contribute(context, pipeline, table::Table());
  const auto wanted = pipeline.task == Task::kRegression ? model::Scale::kValue : model::Scale::kLogOdds;
  return made && made->scale == wanted && made->scores == 1 && made->columns.size() == made->inputs;
}

Json ExplainRows(const Context& context, const ExplainInput& input, const std::vector<std::size_t>& rows, int top) {
  Json result = Json::array();
  const table::Table inputs = InputsOnly(*input.pipeline, *input.table);
  if (inputs.num_rows() == 0 || rows.empty() || context.ShouldStop()) return result;
  if (HasExactRows(*input.pipeline)) return ExplainExactly(context, input, inputs, rows, top);
  const Players players = PlayersOf(input, inputs);
  const table::Table background = BackgroundOf(context, input, inputs);
  if (background.num_rows() == 0) return result;
  std::vector<Json> of_row(rows.size());
  context.pool->For(rows.size(), [&](std::size_t i) {
    if (context.ShouldStop() || rows[i] >= inputs.num_rows()) return;
    const auto effects = EffectsOf(context, input, inputs, players, background, rows[i]);
    if (effects) of_row[i] = CaseJson(input, inputs, players, *effects, rows[i], top);
  });
  for (Json& json : of_row)
    if (!json.is_null()) result.push_back(std::move(json));
  return result;
}

}  // namespace tagwerk::explain
