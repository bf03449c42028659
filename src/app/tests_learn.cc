// Proposals for tests: what holds now with room to spare, and is plausible. Each is judged before it is kept.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "app/tests.h"
#include "base/text.h"
#include "evaluate/evaluate.h"
#include "stats/tests.h"

namespace tagwerk::app {

namespace {

// Room to spare of data tests; the same as the defaults of [contract] in tagwerk.toml.
constexpr double kRangeSlack = 0.1;       // of the width, beyond what was seen
constexpr double kMissingRise = 0.1;      // share of missing may rise by so much
constexpr double kNewCategories = 0.05;   // share of rows with other categories
constexpr std::size_t kMostColumns = 50;  // tested column by column
constexpr std::size_t kMostOdd = 5;       // columns of each kind of robustness and invariance test
constexpr std::size_t kMostCategories = 30;
constexpr std::size_t kMostSlices = 6;
constexpr std::size_t kSliceRows = 200;  // a part with fewer rows has too wide an interval to be tested

/// Rounds to so many digits that matter, upwards or downwards.
double Digits(double value, int digits, int direction) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double scale = std::pow(10.0, digits - 1 - int(std::floor(std::log10(std::abs(value)))));
  const double scaled = value * scale;
  const double rounded = direction < 0 ? std::floor(scaled) : direction > 0 ? std::ceil(scaled) : std::round(scaled);
  return ParseDouble(fmt::format("{:.{}g}", rounded / scale, digits))
      .value_or(rounded / scale);  // 0.3, not 0.30000000000000004
}

std::vector<double> SortedValues(const table::Column& column) {
  std::vector<double> values;
  for (const double value : *column.doubles())
    if (std::isfinite(value)) values.push_back(value);
  std::sort(values.begin(), values.end());
  return values;
}

ModelTest Of(const char* family, const char* check, const std::string& column = "") {
  ModelTest test;
  test.family = family;
  test.check = check;
  if (!column.empty()) test.columns = {column};
  return test;
}

class Proposer {
 public:
  explicit Proposer(const TestBench& bench) : bench_(bench) {
    tests_.rows = 2000;
    for (const pipeline::Input& input : bench.pipeline().inputs)
      if (const auto column = bench.data().Find(input.field.name); column && inputs_.size() < kMostColumns)
        inputs_.push_back(*column);
  }

  Result<ModelTests> Propose() {
    TW_RETURN_IF_ERROR(Data());
    TW_RETURN_IF_ERROR(Quality());
    TW_RETURN_IF_ERROR(Direction());
    TW_RETURN_IF_ERROR(Invariance());
    TW_RETURN_IF_ERROR(Robustness());
    return std::move(tests_);
  }

 private:
  /// Keeps a test if it holds now. Returns whether it does.
  Result<bool> Keep(ModelTest test) {
    if (bench_.context().ShouldStop())
      return Error(Code::kCancelled, "interrupted", "interrupted; nothing was written");
    TW_TRY(const TestOutcome outcome, JudgeTest(bench_, test));
    if (outcome.ok) tests_.tests.push_back(std::move(test));
    return outcome.ok;
  }

  const std::string& Name(std::size_t column) const { return bench_.data().field(column).name; }
  table::Storage StorageOf(std::size_t column) const { return bench_.data().column(column).storage(); }

  Status Data() {
    ModelTest rows = Of("data", "rows");
    rows.at_least = 1;
    TW_RETURN_IF_ERROR(Keep(rows));
    for (const std::size_t column : inputs_) {
      TW_RETURN_IF_ERROR(Missing(column));
      if (StorageOf(column) == table::Storage::kDouble) TW_RETURN_IF_ERROR(Range(column));
      if (StorageOf(column) == table::Storage::kString) TW_RETURN_IF_ERROR(Categories(column));
    }
    return Keys();
  }

  Status Missing(std::size_t column) {
    std::size_t missing = 0;
    const table::Column& values = bench_.data().column(column);
    for (std::size_t row = 0; row < values.size(); ++row) missing += values.IsMissing(row) ? 1 : 0;
    const double share = double(missing) / double(std::max<std::size_t>(1, values.size()));
    ModelTest test = Of("data", "missing", Name(column));
    test.share = std::min(1.0, Digits(share + kMissingRise, 2, +1));
    test.note = "seen: " + Percent(share) + " missing";
    if (test.share < 1) TW_RETURN_IF_ERROR(Keep(test));
    return Ok();
  }

  Status Range(std::size_t column) {
    std::vector<double> sorted = SortedValues(bench_.data().column(column));
    if (sorted.size() < 2 || sorted.front() == sorted.back()) return Ok();
    const double low = sorted.front(), high = sorted.back(), slack = kRangeSlack * (high - low);
    const bool truth = bench_.data().field(column).type == table::SemanticType::kBoolean;
    ModelTest test = Of("data", "range", Name(column));
    test.low = truth ? low : low >= 0 && low - slack < 0 ? 0.0 : Digits(low - slack, 3, -1);
    test.high = truth ? high : high <= 0 && high + slack > 0 ? 0.0 : Digits(high + slack, 3, +1);
    test.note = "seen: " + Shortest(low) + " to " + Shortest(high);
    return KeepStatus(test);
  }

  Status Categories(std::size_t column) {
    std::map<std::string, std::int64_t> counts;
    const table::Column& values = bench_.data().column(column);
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (!values.IsMissing(row)) ++counts[values.Text(row)];
      if (counts.size() > kMostCategories) return Ok();
    }
    ModelTest test = Of("data", "categories", Name(column));
    for (const auto& [text, count] : counts) test.allowed.push_back(text);
    test.share = kNewCategories;
    if (test.allowed.size() < 2) return Ok();
    return KeepStatus(test);
  }

  /// Keys: the model's id column, and whole or text columns that are never used and never repeat.
  Status Keys() {
    const std::string& id = bench_.pipeline().id_column;
    std::size_t found = 0;
    for (std::size_t column = 0; column < bench_.data().num_columns() && found < 2; ++column) {
      const table::Field& field = bench_.data().field(column);
      const bool key = field.name == id || (field.type == table::SemanticType::kId && Unused(column));
      if (!key) continue;
      ModelTest test = Of("data", "unique", field.name);
      test.note = "no two rows had the same key";
      TW_TRY(const bool kept, Keep(test));
      found += kept ? 1 : 0;
    }
    return Ok();
  }

  bool Unused(std::size_t column) const {
    const std::string& name = Name(column);
    if (name == bench_.pipeline().target) return false;
    const auto& all = bench_.pipeline().inputs;
    return std::none_of(all.begin(), all.end(), [&](const pipeline::Input& input) { return input.field.name == name; });
  }

  Status Quality() {
    if (bench_.truth().empty() || bench_.pipeline().metric.empty()) return Ok();
    TW_RETURN_IF_ERROR(LeastScore({}));
    std::size_t found = 0;
    for (const std::size_t column : inputs_) {
      if (StorageOf(column) != table::Storage::kString) continue;
      std::map<std::string, std::size_t> rows;
      const table::Column& values = bench_.data().column(column);
      for (std::size_t row = 0; row < values.size() && rows.size() <= kMostCategories; ++row)
        if (!values.IsMissing(row) && !std::isnan(bench_.truth()[row])) ++rows[values.Text(row)];
      if (rows.size() < 2 || rows.size() > kMostCategories) continue;
      for (const auto& [text, count] : rows)
        if (count >= kSliceRows && found < kMostSlices) {
          TW_RETURN_IF_ERROR(LeastScore({{Name(column), text}}));
          ++found;
        }
    }
    return Ok();
  }

  /// The score that the interval does not reach now, a further half of its width away. The model's own test
  /// scores count too: rows that it was trained on would flatter it.
  Status LeastScore(std::vector<std::pair<std::string, std::string>> where) {
    const std::string& name = bench_.pipeline().metric;
    TW_TRY(const metrics::Metric* metric, metrics::FindMetric(name, bench_.pipeline().task));
    const bool up = metric->direction == Direction::kMaximize;
    ModelTest test = Of("quality", "");
    test.where = std::move(where);
    test.require = name + (up ? ".low >= -1e300" : ".high <= 1e300");
    TW_TRY(const TestOutcome seen, JudgeTest(bench_, test));
    if (!seen.ok) return Ok();  // no interval here
    double low = seen.seen_values["low"].get<double>(), high = seen.seen_values["high"].get<double>();
    test.note =
        "seen: " + Interval(seen.seen_values["value"].get<double>(), low, high) + " on " + Count(seen.rows) + " rows";
    if (test.where.empty())
      for (const Json& own : bench_.pipeline().test_metrics)
        if (own.value("name", "") == name && own.contains("low") && own["low"].is_number() && own["high"].is_number()) {
          low = std::min(low, own["low"].get<double>());
          high = std::max(high, own["high"].get<double>());
        }
    const double half = (high - low) / 2;
    const double limit = up ? low - half : high + half;
    test.require = name + (up ? ".low >= " : ".high <= ") + Shortest(Digits(limit, 3, up ? -1 : +1));
    return KeepStatus(test);
  }

  /// A direction is proposed when raising moves nearly all predictions one way, clearly, and the truth (or,
  /// without labels, nothing) does not contradict it.
  Status Direction() {
    if (bench_.pipeline().task == Task::kMulticlass) return Ok();
    const double spread = bench_.Spread();
    if (!(spread > 0)) return Ok();
    for (const std::size_t column : inputs_) {
      const table::Field& field = bench_.data().field(column);
      if (StorageOf(column) != table::Storage::kDouble || field.type == table::SemanticType::kBoolean) continue;
      std::vector<double> sorted = SortedValues(bench_.data().column(column));
      if (sorted.size() < 50) continue;
      const double width = stats::SortedQuantile(sorted, 0.9) - stats::SortedQuantile(sorted, 0.1);
      if (!(width > 0)) continue;
      ModelTest test = Of("direction", "", field.name);
      test.by = field.integers ? std::max(1.0, std::round(Digits(width / 4, 2, 0))) : Digits(width / 4, 2, 0);
      test.tolerance = Digits(0.05 * spread, 1, +1);
      test.share = 0.05;
      TW_TRY(const auto moved, Moved(column, *test.by));
      if (std::abs(moved) < 0.1 * spread) continue;
      test.expect = moved > 0 ? "not_lower" : "not_higher";
      if (Contradicted(column, stats::SortedQuantile(sorted, 0.5), moved > 0)) continue;
      test.note = "seen: raising it by " + Shortest(*test.by) + " moves the prediction by " +
                  Shortest(Digits(moved, 2, 0)) + " on average";
      TW_RETURN_IF_ERROR(Keep(test));
    }
    return Ok();
  }

  /// Mean move of the watched prediction when a column is raised.
  Result<double> Moved(std::size_t column, double by) {
    const auto in_sample = bench_.table().Find(Name(column));
    std::vector<double> raised = *bench_.table().column(*in_sample).doubles();
    for (double& value : raised) value += by;
    TW_TRY(const std::vector<double> after,
           bench_.Predict(WithValues(bench_.table(), *in_sample, table::Column::Doubles(std::move(raised)))));
    const std::size_t k = bench_.outputs(), watched = bench_.Watched(), n = bench_.sample().size();
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += after[i * k + watched] - bench_.before()[i * k + watched];
    return sum / double(std::max<std::size_t>(1, n));
  }

  /// Whether the mean truth above the column's median lies on the other side than expected.
  bool Contradicted(std::size_t column, double median, bool up) const {
    if (bench_.truth().empty()) return false;
    const std::vector<double>& values = *bench_.data().column(column).doubles();
    const bool binary = bench_.pipeline().task == Task::kBinary;
    double sum[2] = {0, 0}, rows[2] = {0, 0};
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (std::isnan(values[row]) || std::isnan(bench_.truth()[row])) continue;
      const std::size_t side = values[row] > median ? 1 : 0;
      sum[side] += binary ? double(bench_.truth()[row] == bench_.pipeline().positive) : bench_.truth()[row];
      rows[side] += 1;
    }
    if (rows[0] == 0 || rows[1] == 0) return false;
    const double difference = sum[1] / rows[1] - sum[0] / rows[0];
    return up ? difference < 0 : difference > 0;
  }

  Status Invariance() {
    TW_RETURN_IF_ERROR(Keep(Of("invariance", "row_order")));
    TW_RETURN_IF_ERROR(Keep(Of("invariance", "duplicates")));
    std::size_t unused = 0, cased = 0, blank = 0;
    for (std::size_t column = 0; column < bench_.data().num_columns() && unused < kMostOdd; ++column)
      if (Unused(column)) {
        ModelTest test = Of("invariance", "value", Name(column));
        test.note = "the model does not use this column";
        TW_TRY(const bool kept, Keep(test));
        unused += kept ? 1 : 0;
      }
    for (const std::size_t column : inputs_) {
      if (StorageOf(column) != table::Storage::kString) continue;
      if (cased < kMostOdd) {
        TW_TRY(const bool kept, Keep(Of("invariance", "case", Name(column))));
        cased += kept ? 1 : 0;
      }
      if (blank < kMostOdd) {
        TW_TRY(const bool kept, Keep(Of("invariance", "blanks", Name(column))));
        blank += kept ? 1 : 0;
      }
    }
    return Ok();
  }

  Status Robustness() {
    TW_RETURN_IF_ERROR(Keep(Of("robustness", "extra_column")));
    std::optional<double> low, high;  // predictions of values stay within their range and as much again
    if (bench_.pipeline().task == Task::kRegression && !bench_.before().empty()) {
      const auto [least, most] = std::minmax_element(bench_.before().begin(), bench_.before().end());
      low = Digits(*least - (*most - *least), 3, -1);
      high = Digits(*most + (*most - *least), 3, +1);
    }
    std::size_t missing = 0, empty = 0, unseen = 0, extreme = 0;
    for (const std::size_t column : inputs_) {
      const auto odd = [&](const char* check, std::size_t& count, const char* expect) -> Status {
        if (count >= kMostOdd) return Ok();
        ModelTest test = Of("robustness", check, Name(column));
        test.expect = expect;
        if (*expect == '\0') test.low = low, test.high = high;
        TW_TRY(const bool kept, Keep(test));
        count += kept ? 1 : 0;
        return Ok();
      };
      TW_RETURN_IF_ERROR(odd("missing_column", missing, "refused"));
      TW_RETURN_IF_ERROR(odd("empty_column", empty, ""));
      if (StorageOf(column) == table::Storage::kString) TW_RETURN_IF_ERROR(odd("new_category", unseen, ""));
      if (StorageOf(column) == table::Storage::kDouble) TW_RETURN_IF_ERROR(odd("extreme_values", extreme, ""));
    }
    return Ok();
  }

  Status KeepStatus(ModelTest test) {
    TW_TRY(const bool kept, Keep(std::move(test)));
    (void)kept;
    return Ok();
  }

  const TestBench& bench_;
  std::vector<std::size_t> inputs_;  // columns of the data that the model reads
  ModelTests tests_;
};

}  // namespace

Result<ModelTests> LearnTests(const TestBench& bench) { return Proposer(bench).Propose(); }

}  // namespace tagwerk::app
