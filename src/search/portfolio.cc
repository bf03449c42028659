// The short list. Start values: tuned defaults of boosted trees (Holzmueller et al. 2024) and members of
// zero-shot portfolios learned over many data sets (Salinas and Erickson 2024), with learning rates
// raised for budgets of seconds to minutes; order and sizes by measurements with this engine.
#include "search/portfolio.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "learners/catalog.h"

namespace tagwerk::search {
namespace {

using Values = std::vector<std::pair<std::string, double>>;

// Numbers of the choices of gradient_boosting's `growth`.
constexpr double kLeafWise = 1, kOblivious = 3;
// Of those of its `multi_output`.
constexpr double kAsUsual = 0, kTogether = 2;
constexpr int kSeveral = 3;  // classes from which one tree for all of them is another model

/// One line of the short list.
struct Member {
  std::string learner;
  Values values;
};

/// Boosting: learning rate, leaves, share of columns a tree, share of rows a tree, rows a leaf, l1, l2,
/// random thresholds.
Member Boost(double rate, double leaves, double columns, double rows, double min_rows, double l1, double l2,
             bool extra) {
  return {"gradient_boosting",
          {{"n_estimators", 4000},
           {"learning_rate", rate},
           {"max_leaf_nodes", leaves},
           {"colsample", columns},
           {"subsample", rows},
           {"min_samples_leaf", min_rows},
           {"l1_regularization", l1},
           {"l2_regularization", l2},
           {"random_thresholds", extra ? 1.0 : 0.0},
           {"growth", kLeafWise}}};
}

/// The same with one test for all leaves of a level: regularises, and errs elsewhere.
Member Oblivious(Member member) {
  member.values.back() = {"growth", kOblivious};
  return member;
}

/// The same with one tree for all classes: what one class learns of the columns, the others need not learn again.
Member Together(Member member) {
  member.values.emplace_back("multi_output", kTogether);
  return member;
}

/// The same with features made of two columns.
Member Derived(Member member) {
  member.values.emplace_back(std::string(model::kDerivedFeatures), 1.0);
  return member;
}

Member Forest(const char* learner, double trees, double columns, double min_rows) {
  return {learner, {{"n_estimators", trees}, {"max_features", columns}, {"min_samples_leaf", min_rows}}};
}

Member Linear(const char* learner, Values values = {}) { return {learner, std::move(values)}; }

std::vector<Member> SmallClassification() {
  return {Boost(.06, 15, .6, .8, 10, .1, 1, false),
          Linear("logistic"),
          Derived(Boost(.06, 15, .6, .8, 10, .1, 1, false)),
          Oblivious(Boost(.08, 32, .7, .8, 5, 0, 2, false)),
          Forest("extra_trees", 200, .5, 2),
          Together(Boost(.08, 15, .6, .8, 10, .1, 1, false)),
          Boost(.09, 6, .5, .75, 15, .1, .5, true),
          Forest("random_forest", 200, .3, 3),
          Boost(.072, 31, .45, .9, 3, .2, .4, true),
          Boost(.08, 4, .7, .8, 12, .2, .3, false),
          Linear("logistic", {{"l1_ratio", .5}}),
          Boost(.05, 20, .4, .7, 2, .5, .5, false),
          Forest("extra_trees", 300, 1, 1),
          Boost(.05, 2, .6, .85, 17, .1, .8, false),
          Boost(.054, 64, .5, .95, 5, 1, 2, true)};
}

std::vector<Member> SmallRegression() {
  return {Boost(.06, 15, .6, .8, 5, .1, 1, false),
          Linear("ridge"),
          Derived(Boost(.06, 15, .6, .8, 5, .1, 1, false)),
          Oblivious(Boost(.08, 32, .7, .8, 3, 0, 2, false)),
          Forest("extra_trees", 200, 1, 2),
          Boost(.09, 8, .5, .75, 8, .1, .5, true),
          Forest("random_forest", 200, .4, 2),
          Boost(.072, 31, .45, .9, 3, .2, .4, true),
          Boost(.08, 5, .7, .8, 10, .2, .3, false),
          Linear("elastic_net"),
          Boost(.05, 20, .4, .7, 2, .5, .5, false),
          Forest("extra_trees", 300, .5, 1),
          Boost(.05, 3, .6, .85, 10, .1, .8, false),
          Boost(.054, 64, .5, .95, 5, 1, 2, true)};
}

std::vector<Member> LargeClassification() {
  return {Boost(.1, 31, .8, 1, 20, 0, 1, false),
          Together(Boost(.1, 31, .8, 1, 20, 0, 1, false)),
          Boost(.07, 50, .6, .8, 30, .1, 1, false),
          Linear("logistic"),
          Derived(Boost(.07, 50, .6, .8, 30, .1, 1, false)),
          Boost(.09, 64, .5, .95, 25, .9, 1.9, true),
          Oblivious(Boost(.1, 64, .7, .8, 5, 0, 2, false)),
          Boost(.09, 31, .5, .9, 3, .2, .4, true),
          Forest("extra_trees", 150, .5, 3),
          Boost(.09, 128, .45, .95, 12, .7, 1.6, true),
          Boost(.05, 16, .55, .95, 10, .9, 1, false),
          Boost(.04, 84, .5, .95, 5, .1, .8, false),
          Forest("random_forest", 150, .4, 3),
          Boost(.11, 8, .5, .75, 15, .1, .3, true),
          Boost(.072, 180, .6, .9, 20, .6, 1.7, true)};
}

std::vector<Member> LargeRegression() {
  return {Boost(.1, 31, .8, 1, 20, 0, 1, false),
          Boost(.06, 80, .6, .8, 8, .1, 1, false),
          Linear("ridge"),
          Derived(Boost(.06, 80, .6, .8, 8, .1, 1, false)),
          Boost(.09, 64, .5, .95, 10, .9, 1.9, true),
          Boost(.09, 31, .5, .9, 3, .2, .4, true),
          Forest("extra_trees", 150, 1, 2),
          Boost(.05, 128, .5, .9, 12, .7, 1.6, false),
          Forest("random_forest", 150, .5, 2),
          Boost(.05, 16, .6, .9, 5, .9, 1, false),
          Boost(.072, 180, .6, .9, 20, .6, 1.7, true),
          Linear("elastic_net"),
          Boost(.11, 8, .7, .8, 10, .1, .3, true)};
}

/// Whether there are two numbers or two categories to combine.
bool HasPairs(const Problem& problem) {
  std::size_t numbers = 0, strings = 0;
  for (const std::size_t column : problem.input->features) {
    const table::Storage storage = problem.input->table->column(column).storage();
    numbers += storage == table::Storage::kDouble;
    strings += storage == table::Storage::kString;
  }
  return numbers >= 2 || strings >= 2;
}

bool Allowed(const Problem& problem, const model::LearnerDescriptor& learner) {
  const auto& tasks = learner.tasks;
  return std::find(tasks.begin(), tasks.end(), problem.input->task) != tasks.end();
}

bool Listed(const Problem& problem, const std::string& id) {
  const auto& list = problem.input->learners;
  return list.empty() || std::find(list.begin(), list.end(), id) != list.end();
}

/// Whether one tree for all classes has what the other settings ask for.
bool MayStandTogether(const Configuration& configuration) {
  const auto value = [&](const char* name) {
    return configuration.parameters.Get(configuration.learner->parameters, name);
  };
  return value("growth") != kOblivious && value("random_thresholds") == 0 && value("path_smooth") == 0 &&
         value("sampling") == 0;
}

bool Add(const Problem& problem, std::vector<Configuration>& list, Configuration configuration) {
  Settle(problem, configuration);
  for (const Configuration& other : list)
    if (other.Key() == configuration.Key()) return false;
  list.push_back(std::move(configuration));
  return true;
}

/// Whether two configurations say the same, however much of it by defaults.
bool SameSettings(const Configuration& a, const Configuration& b) {
  if (a.learner != b.learner) return false;
  const auto& specs = a.learner->parameters;
  return std::all_of(specs.begin(), specs.end(), [&](const auto& spec) {
    return a.parameters.Get(specs, spec.name) == b.parameters.Get(specs, spec.name);
  });
}

/// The settings of earlier runs first, then the short list without them.
std::vector<Configuration> WithHints(const Problem& problem, std::vector<Configuration> list) {
  if (problem.input->hints.empty()) return list;
  const auto learners = SearchLearners(problem);
  std::vector<Configuration> all;
  for (const Hint& hint : problem.input->hints) {
    const auto found = std::find_if(learners.begin(), learners.end(),
                                    [&](const auto* learner) { return learner->id == hint.learner; });
    if (found == learners.end()) continue;
    Configuration configuration{*found, hint.parameters, 1};
    if (configuration.parameters.Has(model::kDerivedFeatures) && !HasPairs(problem)) continue;
    // Settings of the short list keep their own form: the journal knows them by it.
    for (const Configuration& member : list)
      if (SameSettings(member, configuration)) configuration = member;
    Add(problem, all, std::move(configuration));
  }
  for (Configuration& member : list) Add(problem, all, std::move(member));
  return all;
}

}  // namespace

void Settle(const Problem& problem, Configuration& configuration) {
  model::Parameters settled;
  const auto fixed = problem.input->fixed.find(configuration.learner->id);
  for (const auto& spec : configuration.learner->parameters) {
    const bool user = fixed != problem.input->fixed.end() && fixed->second.Has(spec.name);
    if (!user && !configuration.parameters.Has(spec.name)) continue;
    double value = user ? fixed->second.Get(configuration.learner->parameters, spec.name)
                        : configuration.parameters.Get(configuration.learner->parameters, spec.name);
    if (!user && spec.low < spec.high) value = std::clamp(value, spec.low, spec.high);
    settled.Set(spec.name, value);
  }
  configuration.parameters = std::move(settled);
  const bool users = fixed != problem.input->fixed.end() && fixed->second.Has("multi_output");
  if (configuration.parameters.Has("multi_output") && !users && !MayStandTogether(configuration))
    configuration.parameters.Set("multi_output", kAsUsual);
}

std::vector<const model::LearnerDescriptor*> SearchLearners(const Problem& problem) {
  std::vector<const model::LearnerDescriptor*> out;
  for (const auto& learner : *problem.catalog)
    if (!learner.baseline && Allowed(problem, learner) && Listed(problem, learner.id)) out.push_back(&learner);
  return out;
}

std::vector<Configuration> Portfolio(const Problem& problem) {
  const bool small = problem.train_rows < 3000;
  const bool regression = problem.input->task == Task::kRegression;
  auto members = regression ? (small ? SmallRegression() : LargeRegression())
                            : (small ? SmallClassification() : LargeClassification());
  // Words speak for themselves: linear models come first where there is text.
  if (problem.has_text)
    std::stable_partition(members.begin(), members.end(), [](const Member& member) {
      return member.values.empty() && (member.learner == "logistic" || member.learner == "ridge");
    });
  const auto learners = SearchLearners(problem);
  std::vector<Configuration> list;
  for (const Member& member : members) {
    const auto found = std::find_if(learners.begin(), learners.end(),
                                    [&](const auto* learner) { return learner->id == member.learner; });
    if (found == learners.end()) continue;
    Configuration configuration{*found, {}, 1};
    for (const auto& [name, value] : member.values) configuration.parameters.Set(name, value);
    if (configuration.parameters.Has(model::kDerivedFeatures) && !HasPairs(problem)) continue;
    if (configuration.parameters.Has("multi_output") && problem.classes() < kSeveral) continue;
    Add(problem, list, std::move(configuration));
  }
  // A learner that the list does not know takes part with its defaults; one from outside (brought along by the
  // caller) comes right after the first of the list.
  std::vector<Configuration> brought;
  for (const auto* learner : learners) {
    const bool known = std::any_of(list.begin(), list.end(), [&](const auto& c) { return c.learner == learner; });
    if (!known) Add(problem, learners::FindLearner(learner->id) ? list : brought, Configuration{learner, {}, 1});
  }
  list.insert(list.begin() + (list.empty() ? 0 : 1), brought.begin(), brought.end());
  return WithHints(problem, std::move(list));
}

std::vector<Configuration> Baselines(const Problem& problem) {
  std::vector<Configuration> list;
  for (const auto& learner : *problem.catalog)
    if (learner.baseline && Allowed(problem, learner)) Add(problem, list, Configuration{&learner, {}, 1});
  return list;
}

}  // namespace tagwerk::search
