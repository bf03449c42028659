#include "app/plain_pipeline.h"

namespace tagwerk::app {

pipeline::Pipeline PlainPipeline(std::vector<std::string> classes, bool numeric_labels,
                                 std::vector<learners::ImportedFeature> columns, pipeline::Member member) {
  pipeline::Pipeline out;
  const std::size_t n = classes.size();
  out.task = n == 0 ? Task::kRegression : n == 2 ? Task::kBinary : Task::kMulticlass;
  out.metric = n == 0 ? "rmse" : n == 2 ? "auc" : "log_loss";
  out.classes = std::move(classes);
  out.numeric_labels = numeric_labels;
  std::vector<features::PlainColumn> plain;
  for (learners::ImportedFeature& column : columns) {
    pipeline::Input input;
    input.field.name = input.field.original_name = column.name;
    input.field.type = column.category ? table::SemanticType::kCategorical : table::SemanticType::kNumeric;
    input.categories = std::int64_t(column.levels.size());
    input.low = column.low;
    input.high = column.high;
    out.inputs.push_back(std::move(input));
    plain.push_back({column.name, std::move(column.levels), column.category});
  }
  member.features = features::PlainFeatures(plain);
  out.members.push_back(std::move(member));
  return out;
}

}  // namespace tagwerk::app
