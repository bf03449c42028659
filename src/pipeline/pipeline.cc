// Parts of a pipeline that need no file and no features: checks, decisions, intervals, outputs.
#include "pipeline/pipeline.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/text.h"

namespace tagwerk::pipeline {
namespace {

Error Invalid(std::string message) { return Error(Code::kInvalidData, "invalid-pipeline", std::move(message)); }

Status ValidateLabels(const Pipeline& p) {
  if (p.task == Task::kRegression) {
    return p.classes.empty() ? Ok() : Status(Invalid("regression has no classes"));
  }
  const std::size_t n = p.classes.size();
  if (n < 2 || (p.task == Task::kBinary && n != 2)) return Invalid("number of classes does not fit the task");
  if (std::set<std::string>(p.classes.begin(), p.classes.end()).size() != n) {
    return Invalid("two classes have one label");
  }
  if (p.numeric_labels) {
    for (const std::string& label : p.classes) {
      const auto value = ParseDouble(label);
      if (!value || *value != std::floor(*value)) return Invalid("a label is not a whole number: " + Quoted(label));
    }
  }
  if (p.task == Task::kBinary && (p.positive < 0 || p.positive > 1)) return Invalid("positive class is not one of two");
  if (p.task == Task::kBinary && !std::isfinite(p.threshold)) return Invalid("threshold is not a number");
  return Ok();
}

Status ValidateMembers(const Pipeline& p) {
  if (p.members.empty()) return Invalid("pipeline has no model");
  double sum = 0;
  for (const Member& member : p.members) {
    if (!member.features || !member.model) return Invalid("a member is incomplete");
    if (!(member.weight >= 0) || !std::isfinite(member.weight)) return Invalid("a weight is not a number from 0 up");
    if (member.model->num_outputs() != p.num_outputs()) return Invalid("a model's outputs do not fit the classes");
    sum += member.weight;
  }
  return sum > 0 && std::isfinite(sum) ? Ok() : Status(Invalid("all weights are 0"));
}

bool Sorted(const std::vector<double>& values) {
  return std::is_sorted(values.begin(), values.end()) &&
         std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

Status ValidateCalibration(const Pipeline& p) {
  using Kind = Calibration::Kind;
  const Kind kind = p.calibration.kind;
  const bool binary_only = kind == Kind::kPlatt || kind == Kind::kIsotonic;
  if ((p.task == Task::kRegression && kind != Kind::kNone) || (p.task != Task::kBinary && binary_only)) {
    return Invalid("calibration does not fit the task");
  }
  if (kind == Kind::kIsotonic && (p.calibration.x.empty() || p.calibration.x.size() != p.calibration.y.size())) {
    return Invalid("calibration has no knots");
  }
  if (kind == Kind::kOrdered && p.calibration.ranks.size() != p.classes.size()) {
    return Invalid("calibration has not one step for each class");
  }
  if (!std::isfinite(p.shift)) return Invalid("shift is not a number");
  for (const std::optional<Member>* side : {&p.spread, &p.spread_below}) {
    if (*side && (!(*side)->features || !(*side)->model || (*side)->model->num_outputs() != 1))
      return Invalid("model of the spread is incomplete");
  }
  if (p.spread_below && !p.spread) return Invalid("model of the spread knows one side only");
  if (p.spread && !(p.spread_floor > 0 && std::isfinite(p.spread_floor)))
    return Invalid("floor of the spread is not above 0");
  if (!Sorted(p.errors)) return Invalid("errors are not sorted");
  for (const auto& scores : p.class_scores) {
    if (!Sorted(scores)) return Invalid("class scores are not sorted");
  }
  double last = 0;
  for (const double r : p.residuals) {
    if (!std::isfinite(r) || r < last) return Invalid("residuals are not sorted");
    last = r;
  }
  return Ok();
}

std::string ProbabilityName(const std::string& label) { return "probability[" + label + "]"; }

table::Field NumberField(std::string name) {
  table::Field field;
  field.name = field.original_name = std::move(name);
  return field;
}

/// The decided labels: numbers for whole-number labels, else strings.
table::ColumnPtr LabelColumn(const Pipeline& p, const std::vector<std::int32_t>& labels) {
  if (p.numeric_labels) {
    std::vector<double> values;
    for (const std::int32_t label : labels) values.push_back(*ParseDouble(p.classes[std::size_t(label)]));
    return table::Column::Doubles(std::move(values));
  }
  auto dictionary = std::make_shared<table::Dictionary>();
  for (const std::string& label : p.classes) dictionary->Append(label);
  return table::Column::Strings(labels, std::move(dictionary));
}

/// A bound that cannot be given is an empty cell.
table::ColumnPtr BoundColumn(std::vector<double> bounds) {
  for (double& bound : bounds) {
    if (std::isinf(bound)) bound = std::numeric_limits<double>::quiet_NaN();
  }
  return table::Column::Doubles(std::move(bounds));
}

}  // namespace

Status Pipeline::Validate() const {
  TW_RETURN_IF_ERROR(ValidateLabels(*this));
  TW_RETURN_IF_ERROR(ValidateMembers(*this));
  TW_RETURN_IF_ERROR(ValidateCalibration(*this));
  std::set<std::string> names;
  for (const Input& input : inputs) {
    if (!names.insert(input.field.name).second) return Invalid("two inputs have one name");
  }
  const auto known = [&](const Member& member) {
    const auto& used = member.features->input_names();
    return std::all_of(used.begin(), used.end(), [&](const std::string& name) { return names.contains(name); });
  };
  if (!std::all_of(members.begin(), members.end(), known) || (spread && !known(*spread)) ||
      (spread_below && !known(*spread_below))) {
    return Invalid("a member uses a column that is no input");
  }
  return Ok();
}

void Pipeline::Combine(const std::vector<std::span<const double>>& members, std::span<const double> weights,
                       const Calibration& calibration, int num_outputs, std::span<double> out) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t m = 0; m < members.size(); ++m) {
    const double weight = weights[m] / sum;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += weight * members[m][i];
  }
  if (num_outputs > 1) calibration.Apply(out, num_outputs);
}

std::vector<std::int32_t> Pipeline::Decide(std::span<const double> scores) const {
  const std::size_t width = classes.size();
  std::vector<std::int32_t> labels;
  if (task == Task::kRegression || width == 0) return labels;
  labels.reserve(scores.size() / width);
  for (std::size_t i = 0; i + width <= scores.size(); i += width) {
    if (task == Task::kBinary) {
      labels.push_back(scores[i + std::size_t(positive)] >= threshold ? positive : 1 - positive);
    } else {
      const auto begin = scores.begin() + std::ptrdiff_t(i);
      labels.push_back(static_cast<std::int32_t>(std::max_element(begin, begin + std::ptrdiff_t(width)) - begin));
    }
  }
  return labels;
}

double Pipeline::IntervalHalfWidth(double level) const {
  // Split conformal prediction (Lei et al. 2018, algorithm 2) on out-of-fold residuals. The tiny
  // subtraction keeps (n + 1) * 0.9 = 9.000000000000002 from becoming 10.
  const double n = static_cast<double>(residuals.size());
  const double rank = std::ceil((n + 1) * level - 1e-9);
  if (!(rank >= 1)) return residuals.empty() ? std::numeric_limits<double>::infinity() : residuals.front();
  if (rank > n) return std::numeric_limits<double>::infinity();
  return residuals[static_cast<std::size_t>(rank) - 1];
}

std::pair<double, double> Pipeline::IntervalReach(double level) const {
  if (errors.empty()) return {IntervalHalfWidth(level), IntervalHalfWidth(level)};
  // Each tail holds half of what may lie outside (Romano, Patterson & Candes 2019, section 3, on residuals).
  const auto n = static_cast<double>(errors.size());
  const double rank = std::ceil((n + 1) * (1 + level) / 2 - 1e-9);
  if (rank > n) return {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  const auto upper = static_cast<std::size_t>(std::max(rank, 1.0));
  return {-errors[errors.size() - upper], errors[upper - 1]};
}

std::vector<std::uint8_t> Pipeline::PredictionSets(std::span<const double> scores, double level) const {
  const std::size_t width = classes.size();
  if (task == Task::kRegression || class_scores.size() != width) return {};
  std::vector<double> most(width, std::numeric_limits<double>::infinity());
  for (std::size_t k = 0; k < width; ++k) {
    const auto n = static_cast<double>(class_scores[k].size());
    const double rank = std::ceil((n + 1) * level - 1e-9);
    if (rank >= 1 && rank <= n) most[k] = class_scores[k][static_cast<std::size_t>(rank) - 1];
  }
  std::vector<std::uint8_t> sets(scores.size(), 0);
  for (std::size_t i = 0; i + width <= scores.size(); i += width) {
    for (std::size_t k = 0; k < width; ++k) sets[i + k] = 1 - scores[i + k] <= most[k] ? 1 : 0;
  }
  return sets;
}

std::vector<double> Pipeline::ResidualQuantiles(std::vector<double> values, std::size_t at_most) {
  std::erase_if(values, [](double r) { return !std::isfinite(r); });
  for (double& r : values) r = std::fabs(r);
  std::sort(values.begin(), values.end());
  if (values.size() <= at_most) return values;
  // The j-th of m stands for level j / (m + 1): the order statistic ceil((n + 1) j / (m + 1)).
  std::vector<double> out;
  const std::size_t n = values.size();
  for (std::size_t j = 1; j <= at_most; ++j) {
    const std::size_t rank = ((n + 1) * j + at_most) / (at_most + 1);
    out.push_back(values[std::min(rank, n) - 1]);
  }
  return out;
}

std::vector<table::Field> Pipeline::ExpectedFields() const {
  std::vector<table::Field> fields;
  for (const Input& input : inputs) fields.push_back(input.field);
  return fields;
}

bool Pipeline::boolean_labels() const {
  return classes.size() == 2 && Lower(classes[0]) == "false" && Lower(classes[1]) == "true";
}

std::vector<Pipeline::Output> Pipeline::Outputs() const {
  if (task == Task::kRegression) {
    std::vector<Output> out{{"prediction", "FP64"}};
    if (!residuals.empty()) out.insert(out.end(), {{"lower", "FP64"}, {"upper", "FP64"}});
    return out;
  }
  std::vector<Output> out{{"prediction", numeric_labels ? "INT64" : boolean_labels() ? "BOOL" : "BYTES"}};
  for (const std::string& label : classes) out.push_back({ProbabilityName(label), "FP64"});
  return out;
}

Result<table::Table> Pipeline::OutputTable(const Predictions& predictions) const {
  std::vector<table::Field> fields;
  std::vector<table::ColumnPtr> columns;
  for (const Output& output : Outputs()) fields.push_back(NumberField(output.name));
  if (task == Task::kRegression) {
    columns.push_back(table::Column::Doubles(predictions.values));
    if (!residuals.empty()) {
      columns.push_back(BoundColumn(predictions.lower));
      columns.push_back(BoundColumn(predictions.upper));
    }
    return table::Table(std::move(fields), std::move(columns), predictions.scores.size());
  }
  const std::size_t width = classes.size(), rows = predictions.labels.size();
  fields[0].type = boolean_labels() ? table::SemanticType::kBoolean : table::SemanticType::kCategorical;
  fields[0].integers = numeric_labels;
  columns.push_back(LabelColumn(*this, predictions.labels));
  for (std::size_t k = 0; k < width; ++k) {
    std::vector<double> values(rows);
    for (std::size_t i = 0; i < rows; ++i) values[i] = predictions.scores[i * width + k];
    columns.push_back(table::Column::Doubles(std::move(values)));
  }
  return table::Table(std::move(fields), std::move(columns), rows);
}

}  // namespace tagwerk::pipeline
