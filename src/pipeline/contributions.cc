#include "pipeline/contributions.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace tagwerk::pipeline {
namespace {

constexpr std::size_t kChunkRows = 256;

Error Unsupported(const std::string& why) {
  return Error(Code::kUnimplemented, "shap-unsupported", "exact Shapley values cannot be made: " + why)
      .Do("tagwerk explain MODEL DATA: they are sampled where they cannot be exact");
}

/// A member's share of the score: score += factor * member's score.
struct Part {
  const Member* member = nullptr;
  double factor = 1;
};

struct Plan {
  std::vector<Part> parts;
  model::Scale scale = model::Scale::kValue;
  std::vector<double> base;
  double offset = 0;
};

std::vector<Part> WeightedParts(const Pipeline& pipeline) {
  double sum = 0;
  for (const Member& member : pipeline.members) sum += member.weight;
  std::vector<Part> parts;
  for (const Member& member : pipeline.members)
    if (member.weight > 0) parts.push_back({&member, member.weight / sum});
  return parts;
}

/// What calibration does to a score of log-odds or logits, as a factor and an offset.
Status AddCalibration(const Calibration& calibration, Plan& plan) {
  using Kind = Calibration::Kind;
  if (calibration.kind == Kind::kNone) return Ok();
  const bool linear = calibration.kind == Kind::kTemperature || calibration.kind == Kind::kPlatt;
  if (!linear || plan.scale == model::Scale::kProbability)
    return Unsupported("the probabilities are calibrated by a map that is not linear on their scale");
  plan.parts[0].factor *= calibration.a;
  if (calibration.kind == Kind::kPlatt) plan.offset = calibration.b;
  return Ok();
}

Result<Plan> PlanOf(const Pipeline& pipeline) {
  Plan plan;
  plan.parts = WeightedParts(pipeline);
  std::vector<std::vector<double>> bases;
  for (std::size_t p = 0; p < plan.parts.size(); ++p) {
    TW_TRY(const model::Contributions none, plan.parts[p].member->model->Contribute(model::Matrix(), {}));
    const bool additive = none.scale == model::Scale::kValue || none.scale == model::Scale::kProbability;
    if (plan.parts.size() > 1 && !additive)
      return Unsupported("several models are mixed by their probabilities, not by their scores");
    if (p > 0 && none.scale != plan.scale) return Unsupported("the models' scores are on different scales");
    plan.scale = none.scale;
    bases.push_back(none.base);
  }
  if (IsClassification(pipeline.task)) TW_RETURN_IF_ERROR(AddCalibration(pipeline.calibration, plan));
  plan.base.assign(bases.at(0).size(), plan.offset);
  for (std::size_t p = 0; p < bases.size(); ++p)
    for (std::size_t k = 0; k < plan.base.size(); ++k) plan.base[k] += plan.parts[p].factor * bases[p][k];
  return plan;
}

/// Finds and names the columns of the result: inputs first.
class Columns {
 public:
  explicit Columns(const Pipeline& pipeline) {
    for (const Input& input : pipeline.inputs) Place(input.field.name);
    inputs_ = names_.size();
  }
  /// Place of each column of a member's matrix; those without a split contribute nothing, and are not asked for.
  std::vector<std::size_t> Of(const Member& member, const model::Matrix& matrix) {
    const std::vector<std::string> inputs = member.features->input_names();
    std::vector<std::size_t> places(matrix.cols(), 0);
    const Json summary = member.model->Summary();
    for (const Json& used : summary["importance"]) {
      const auto j = used["column"].get<std::size_t>();
      const model::MatrixColumn& column = matrix.column(j);
      const bool single = column.source >= 0 && std::size_t(column.source) < inputs.size();
      places[j] = Place(single ? inputs[std::size_t(column.source)] : column.name);
    }
    return places;
  }
  std::size_t inputs() const { return inputs_; }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::size_t Place(const std::string& name) {
    const auto [at, added] = place_.emplace(name, names_.size());
    if (added) names_.push_back(name);
    return at->second;
  }
  std::map<std::string, std::size_t> place_;
  std::vector<std::string> names_;
  std::size_t inputs_ = 0;
};

}  // namespace

std::string NameOf(model::Scale scale) {
  constexpr const char* kNames[] = {"value", "logarithm", "root", "log_odds", "logits", "probability"};
  return kNames[std::size_t(scale)];
}

Result<ColumnContributions> Contribute(const Context& context, const Pipeline& pipeline, const table::Table& table) {
  TW_TRY(const Plan plan, PlanOf(pipeline));
  Columns columns(pipeline);
  std::vector<model::Matrix> matrices;
  std::vector<std::vector<std::size_t>> places;
  for (const Part& part : plan.parts) {
    features::ApplyReport unused;
    TW_TRY(model::Matrix matrix, part.member->features->Apply(context, table, &unused));
    places.push_back(columns.Of(*part.member, matrix));
    matrices.push_back(std::move(matrix));
  }
  ColumnContributions out;
  out.scale = plan.scale;
  out.scores = plan.base.size();
  out.columns = columns.names();
  out.inputs = columns.inputs();
  out.base = plan.base;
  const std::size_t n = table.num_rows(), width = out.columns.size();
  out.values.assign(n * out.scores * width, 0.0);
  std::mutex mutex;
  std::vector<Error> faults;
  const auto chunk = [&](std::size_t begin, std::size_t end) {
    for (std::size_t p = 0; p < plan.parts.size() && !context.Stopped(); ++p) {
      table::Rows rows;
      for (std::size_t i = begin; i < end; ++i) rows.push_back(table::RowIndex(i));
      const auto values = plan.parts[p].member->model->Contribute(matrices[p], rows);
      if (!values) {
        const std::lock_guard lock(mutex);
        faults.push_back(values.error());
        return;
      }
      for (std::size_t i = 0; i < rows.size() * out.scores; ++i)
        for (std::size_t j = 0; j < values->columns; ++j)
          out.values[(begin * out.scores + i) * width + places[p][j]] +=
              plan.parts[p].factor * values->values[i * values->columns + j];
    }
  };
  if (context.pool == nullptr || n <= kChunkRows)
    for (std::size_t begin = 0; begin < n; begin += kChunkRows) chunk(begin, std::min(n, begin + kChunkRows));
  else
    context.pool->Chunks(n, kChunkRows, chunk);
  if (!faults.empty()) return faults.front();
  if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "interrupted while explaining");
  return out;
}

}  // namespace tagwerk::pipeline
