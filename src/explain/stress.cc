#include "explain/stress.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/constants.h"
#include "base/random.h"
#include "explain/held_out.h"
#include "pipeline/range.h"

namespace tagwerk::explain {
namespace {

constexpr std::size_t kStressRows = 2000;
constexpr double kSure = 0.9;
constexpr const char* kNeverSeen = "\x01never seen in training";

/// Mean and standard deviation of the values that are there.
std::pair<double, double> MomentsOf(const std::vector<double>& values) {
  double n = 0, mean = 0, squares = 0;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    const double delta = v - mean;
    mean += delta / ++n;
    squares += delta * (v - mean);
  }
  return {mean, n > 1 ? std::sqrt(squares / (n - 1)) : 0};
}

table::ColumnPtr EmptyLike(const table::Column& column) {
  const std::size_t n = column.size();
  if (column.storage() == table::Storage::kDouble) return table::Column::Doubles(std::vector<double>(n, kNaN));
  if (column.storage() == table::Storage::kTimestamp)
    return table::Column::Timestamps(std::vector<std::int64_t>(n, table::kMissingTime));
  return table::Column::Strings(std::vector<std::int32_t>(n, -1), table::DictionaryBuilder().Finish());
}

table::ColumnPtr UnseenLike(const table::Column& column) {
  table::DictionaryBuilder builder;
  const std::int32_t code = builder.Intern(kNeverSeen);
  std::vector<std::int32_t> codes(column.size(), code);
  for (std::size_t i = 0; i < codes.size(); ++i)
    if (column.IsMissing(i)) codes[i] = -1;
  return table::Column::Strings(std::move(codes), std::move(builder).Finish());
}

table::ColumnPtr Mapped(const table::Column& column, const std::function<double(double)>& change) {
  std::vector<double> values = *column.doubles();
  for (double& v : values)
    if (std::isfinite(v)) v = change(v);
  return table::Column::Doubles(std::move(values));
}

struct Damage {
  std::string kind;
  std::vector<std::size_t> columns;
  table::Table table;
};

class Damages {
 public:
  Damages(const StressInput& input, const table::Table& intact) : input_(input), intact_(intact) {
    std::vector<std::size_t> columns = ColumnsToExplain(input.rows, intact);
    if (columns.size() > input.most_columns) columns.resize(input.most_columns);
    for (const std::size_t column : columns) One(column);
    Swaps(columns);
    All();
  }
  std::vector<Damage> list;

 private:
  bool IsNumeric(std::size_t column) const {
    return intact_.column(column).storage() == table::Storage::kDouble &&
           intact_.field(column).type == table::SemanticType::kNumeric;
  }
  bool IsCategory(std::size_t column) const {
    return intact_.column(column).storage() == table::Storage::kString &&
           intact_.field(column).type != table::SemanticType::kText;
  }
  table::ColumnPtr Shifted(std::size_t column, double sds) const {
    const auto [mean, sd] = MomentsOf(*intact_.column(column).doubles());
    const double by = sds * sd;
    return Mapped(intact_.column(column), [by](double v) { return v + by; });
  }
  void Add(const char* kind, std::size_t column, table::ColumnPtr values) {
    list.push_back({kind, {column}, WithValues(intact_, column, std::move(values))});
  }

  void One(std::size_t column) {
    const table::Column& own = intact_.column(column);
    Add("missing", column, EmptyLike(own));
    if (IsCategory(column)) Add("unseen", column, UnseenLike(own));
    if (!IsNumeric(column)) return;
    const auto [mean, sd] = MomentsOf(*own.doubles());
    if (!(sd > 0)) return;
    Random random(Mix64(input_.rows.seed, 0x5735, column));
    Add("noise", column, Mapped(own, [&random, half = sd / 2](double v) { return v + half * random.Normal(); }));
    Add("shift", column, Shifted(column, 1));
    Add("scale", column, Mapped(own, [](double v) { return 10 * v; }));
  }

  /// Columns of numbers that stand next to each other in importance change places.
  void Swaps(const std::vector<std::size_t>& columns) {
    std::vector<std::size_t> numeric;
    for (const std::size_t column : columns)
      if (IsNumeric(column)) numeric.push_back(column);
    for (std::size_t i = 0; i + 1 < numeric.size() && i < 3; ++i) {
      const table::Table once = WithValues(intact_, numeric[i], intact_.column_ptr(numeric[i + 1]));
      list.push_back(
          {"swapped", {numeric[i], numeric[i + 1]}, WithValues(once, numeric[i + 1], intact_.column_ptr(numeric[i]))});
    }
  }

  void All() {
    table::Table shifted = intact_, unseen = intact_, far = intact_;
    std::vector<std::size_t> numbers, categories;
    for (std::size_t j = 0; j < intact_.num_columns(); ++j) {
      if (IsCategory(j)) {
        categories.push_back(j);
        unseen = WithValues(unseen, j, UnseenLike(intact_.column(j)));
      }
      if (!IsNumeric(j)) continue;
      numbers.push_back(j);
      shifted = WithValues(shifted, j, Shifted(j, 1));
      far = WithValues(far, j, FarBeyond(j));
    }
    if (numbers.size() > 1) list.push_back({"all_shift", numbers, shifted});
    if (!numbers.empty()) list.push_back({"far", numbers, far});
    if (categories.size() > 1) list.push_back({"all_unseen", categories, unseen});
  }

  /// Ten ranges above the largest value of training.
  table::ColumnPtr FarBeyond(std::size_t column) const {
    double low = 0, high = 1;
    for (const pipeline::Input& input : input_.rows.pipeline->inputs)
      if (input.field.name == intact_.field(column).name) low = input.low, high = input.high;
    const double by = 10 * std::max(high - low, 1e-9);
    return Mapped(intact_.column(column), [by](double v) { return v + by; });
  }

  const StressInput& input_;
  const table::Table& intact_;
};

struct Measured {
  double value = kNaN, sure = 0, noticed = 0;
  std::vector<double> scores;
  std::vector<std::int32_t> labels;
};

double SureShare(const pipeline::Pipeline& pipeline, const std::vector<double>& scores) {
  const auto width = std::size_t(pipeline.num_outputs());
  double sure = 0;
  const std::size_t n = scores.size() / width;
  for (std::size_t i = 0; i < n; ++i)
    sure += *std::max_element(scores.begin() + std::ptrdiff_t(i * width),
                              scores.begin() + std::ptrdiff_t((i + 1) * width)) >= kSure;
  return n > 0 ? sure / double(n) : 0;
}

/// Share of rows that hold a category that training never saw, or a number outside the trained range.
double NoticedShare(const pipeline::Pipeline& pipeline, const table::Table& rows) {
  std::vector<std::uint8_t> noticed(rows.num_rows(), 0);
  for (const pipeline::Input& input : pipeline.inputs) {
    const auto at = rows.Find(input.field.name);
    if (!at) continue;
    const table::Column& column = rows.column(*at);
    if (column.storage() == table::Storage::kString) {
      for (std::size_t i = 0; i < noticed.size(); ++i)
        if (!column.IsMissing(i) && column.Text(i) == kNeverSeen) noticed[i] = 1;
    } else if (column.storage() == table::Storage::kDouble) {
      for (std::size_t i = 0; i < noticed.size(); ++i)
        if (pipeline::OutOfRange(input, (*column.doubles())[i])) noticed[i] = 1;
    }
  }
  double count = 0;
  for (const std::uint8_t n : noticed) count += n;
  return noticed.empty() ? 0 : count / double(noticed.size());
}

Measured Measure(const Context& context, const StressInput& input, const table::Table& rows,
                 const std::vector<double>& truth) {
  const pipeline::Pipeline& pipeline = *input.rows.pipeline;
  Measured out;
  auto predictions = pipeline.Predict(context, rows, 0);
  if (!predictions) return out;
  out.scores = std::move(predictions->scores);
  out.labels = std::move(predictions->labels);
  metrics::Scored scored;
  scored.task = pipeline.task;
  scored.num_classes = IsClassification(pipeline.task) ? pipeline.num_outputs() : 0;
  scored.positive = pipeline.positive;
  scored.threshold = pipeline.threshold;
  scored.truth = truth;
  scored.scores = out.scores;
  out.value = input.rows.metric->compute(scored);
  out.sure = IsClassification(pipeline.task) ? SureShare(pipeline, out.scores) : kNaN;
  out.noticed = NoticedShare(pipeline, rows);
  return out;
}

/// Rows whose decision is another one; numbers that moved by more than the median error.
double ChangedShare(const Measured& a, const Measured& b, double usual_error) {
  double changed = 0;
  const std::size_t n = a.labels.empty() ? a.scores.size() : a.labels.size();
  for (std::size_t i = 0; i < n; ++i)
    changed += a.labels.empty() ? std::abs(a.scores[i] - b.scores[i]) > usual_error : a.labels[i] != b.labels[i];
  return n > 0 ? changed / double(n) : 0;
}

}  // namespace

Json StressTest(const Context& context, const StressInput& input) {
  const pipeline::Pipeline& pipeline = *input.rows.pipeline;
  const metrics::Metric& metric = *input.rows.metric;
  const table::Rows rows = SampleRows(input.rows.table->num_rows(), kStressRows, Mix64(input.rows.seed, 0x73747265));
  const table::Table intact = InputsOnly(pipeline, *input.rows.table).Take(rows);
  std::vector<double> truth;
  for (const table::RowIndex row : rows) truth.push_back(input.rows.truth[row]);
  Json out = {{"metric", metric.id}, {"rows", rows.size()},    {"intact", nullptr},
              {"baseline", nullptr}, {"tests", Json::array()}, {"complete", false}};
  if (rows.empty() || context.ShouldStop()) return out;
  const Measured before = Measure(context, input, intact, truth);
  if (std::isnan(before.value)) return out;
  out["intact"] = before.value;
  if (input.baseline) out["baseline"] = *input.baseline;
  const double gained = input.baseline ? metrics::Improvement(metric, *input.baseline, before.value) : kNaN;
  const double usual = pipeline.task == Task::kRegression ? pipeline.IntervalHalfWidth(0.5) : 0;
  const Damages damages(input, intact);
  std::vector<Json> done(damages.list.size());
  context.pool->For(damages.list.size(), [&](std::size_t i) {
    if (context.ShouldStop()) return;
    const Damage& damage = damages.list[i];
    const Measured after = Measure(context, input, damage.table, truth);
    if (after.scores.empty()) return;
    const double loss = metrics::Improvement(metric, after.value, before.value);
    if (std::isnan(loss)) return;
    Json names = Json::array();
    for (const std::size_t column : damage.columns) names.push_back(intact.field(column).name);
    done[i] = {{"kind", damage.kind},
               {"columns", std::move(names)},
               {"value", after.value},
               {"loss", loss},
               {"lost_share", gained > 0 ? Json(loss / gained) : Json()},
               {"changed_share", ChangedShare(before, after, usual)},
               {"noticed_share", after.noticed},
               {"sure_share", after.sure}};
  });
  std::vector<Json> tests;
  for (Json& test : done)
    if (!test.is_null()) tests.push_back(std::move(test));
  out["complete"] = tests.size() == done.size();
  std::stable_sort(tests.begin(), tests.end(),
                   [](const Json& a, const Json& b) { return a["loss"].get<double>() > b["loss"].get<double>(); });
  for (Json& test : tests) out["tests"].push_back(std::move(test));
  return out;
}

}  // namespace tagwerk::explain
