#include "report/references.h"

#include <algorithm>
#include <set>

namespace tagwerk::report {

namespace {

struct Citation {
  const char* method;  ///< id of a learner, or of a step below
  const char* text;
};
constexpr Citation kCitations[] = {
    {"gradient_boosting",
     "Friedman, J. H. (2001). Greedy function approximation: a gradient boosting machine. Annals of Statistics 29(5)."},
    {"gradient_boosting",
     "Ke, G. et al. (2017). LightGBM: a highly efficient gradient boosting decision tree. NeurIPS 30."},
    {"random_forest", "Breiman, L. (2001). Random forests. Machine Learning 45(1)."},
    {"extra_trees", "Geurts, P., Ernst, D., Wehenkel, L. (2006). Extremely randomized trees. Machine Learning 63(1)."},
    {"logistic",
     "Friedman, J., Hastie, T., Tibshirani, R. (2010). Regularization paths for generalized linear models via "
     "coordinate descent. Journal of Statistical Software 33(1)."},
    {"elastic_net",
     "Zou, H., Hastie, T. (2005). Regularization and variable selection via the elastic net. JRSS B 67(2)."},
    {"ridge",
     "Hoerl, A. E., Kennard, R. W. (1970). Ridge regression: biased estimation for nonorthogonal problems. "
     "Technometrics 12(1)."},
    {"blend", "Caruana, R. et al. (2004). Ensemble selection from libraries of models. ICML."},
    {"search", "Wu, Q., Wang, C., Huang, S. (2021). Frugal optimization for cost-related hyperparameters. AAAI."},
    {"halving",
     "Jamieson, K., Talwalkar, A. (2016). Non-stochastic best arm identification and hyperparameter "
     "optimization. AISTATS."},
    {"isotonic",
     "Zadrozny, B., Elkan, C. (2002). Transforming classifier scores into accurate multiclass probability "
     "estimates. KDD."},
    {"sigmoid",
     "Platt, J. (1999). Probabilistic outputs for support vector machines. Advances in Large Margin "
     "Classifiers."},
    {"temperature", "Guo, C. et al. (2017). On calibration of modern neural networks. ICML."},
    {"bootstrap", "Efron, B., Tibshirani, R. J. (1993). An introduction to the bootstrap. Chapman & Hall."},
    {"importance",
     "Fisher, A., Rudin, C., Dominici, F. (2019). All models are wrong, but many are useful. JMLR 20(177)."},
    {"conformal", "Lei, J. et al. (2018). Distribution-free predictive inference for regression. JASA 113(523)."},
    {"slices", "Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. JRSS B 57(1)."},
    {"leakage",
     "Kaufman, S. et al. (2012). Leakage in data mining: formulation, detection, and avoidance. ACM TKDD 6(4)."},
};

/// What the run did, by the keys of the table above.
std::set<std::string> Methods(const Facts& facts) {
  const View run = facts.run;
  std::set<std::string> methods;
  for (const View& row : run["leaderboard"].items()) {
    if (!row["baseline"].truth()) methods.insert({row["learner"].text(), "search"});
    if (row["status"].text() == "pruned") methods.insert("halving");
  }
  if (run["model"]["members"].size() > 1) methods.insert("blend");
  const std::string calibration = run["model"]["calibration"].text();
  for (const char* name : {"isotonic", "sigmoid", "temperature"})
    if (calibration.find(name) != std::string::npos) methods.insert(name);
  if (calibration.find("platt") != std::string::npos) methods.insert("sigmoid");
  for (const View& metric : run["test"]["metrics"].items())
    if (metric["low"].number()) methods.insert("bootstrap");
  if (run["detail"]["importance"]["columns"].size() > 0) methods.insert("importance");
  if (run["test"]["calibration"]["coverage"].size() > 0) methods.insert("conformal");
  if (run["test"]["slices"].size() > 0) methods.insert("slices");
  if (run["leakage"]["columns"].size() > 0) methods.insert("leakage");
  return methods;
}

}  // namespace

std::vector<std::string> References(const Facts& facts) {
  const std::set<std::string> methods = Methods(facts);
  std::vector<std::string> texts;
  for (const Citation& citation : kCitations)
    if (methods.count(citation.method) == 1) texts.emplace_back(citation.text);
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

}  // namespace tagwerk::report
