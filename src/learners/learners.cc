// The list of learners, in the order of the help.
#include "base/text.h"
#include "learners/baseline/baseline.h"
#include "learners/catalog.h"
#include "learners/linear/linear.h"
#include "learners/trees/trees.h"

namespace tagwerk::learners {

const std::vector<model::LearnerDescriptor>& AllLearners() {
  static const std::vector<model::LearnerDescriptor> learners = {
      trees::GradientBoosting(), trees::RandomForest(), trees::ExtraTrees(),  trees::DecisionTree(),
      linear::Logistic(),        linear::Ridge(),       linear::ElasticNet(), baseline::Prior(),
      baseline::Median(),        baseline::Column(),    baseline::Tree(),
  };
  return learners;
}

Result<const model::LearnerDescriptor*> FindLearner(std::string_view id) {
  std::vector<std::string> names;
  for (const model::LearnerDescriptor& learner : AllLearners()) {
    if (learner.id == id) return &learner;
    names.push_back(learner.id);
  }
  const std::vector<std::string> similar = SimilarNames(id, names);
  auto error = Error(Code::kNotFound, "unknown-learner", "learner does not exist: " + Quoted(id));
  error.In("--learners").Got(std::string(id)).Allowed(names).Similar(similar).ExitCode(2);
  error.Do("--learners " + (similar.empty() ? names.front() : similar.front()));
  return error;
}

}  // namespace tagwerk::learners
