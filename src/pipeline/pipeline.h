// Pipeline: transforms + models + calibration + decision rule, the thing saved as model.tw.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "base/result.h"
#include "base/task.h"
#include "features/features.h"
#include "model/model.h"
#include "pipeline/calibration.h"
#include "pipeline/seen_rows.h"
#include "table/table.h"

namespace tagwerk::pipeline {

/// One fitted model with its features; several share one FittedFeatures where the recipe is the same.
struct Member {
  std::string learner;  ///< id of the descriptor
  Json parameters;
  double weight = 1;
  std::shared_ptr<const features::FittedFeatures> features;
  std::shared_ptr<const model::Model> model;
};

/// What a model expects of one input column.
struct Input {
  table::Field field;  ///< name and type
  bool required = true;
  double missing_share = 0;
  std::int64_t categories = 0;
  double low = 0, high = 0;  ///< trained range of numbers
};

/// Loads one model by its type; learners::LoadModelOf, or a test's own.
using ModelLoader = Result<std::unique_ptr<model::Model>> (*)(std::string_view type_id, model::ByteReader& reader,
                                                              std::size_t columns);

struct Predictions {
  Task task = Task::kRegression;
  std::vector<double> scores;        ///< rows x classes, or rows
  std::vector<std::int32_t> labels;  ///< class index per row (classification)
  std::vector<double> values;        ///< decided number per row (regression): the estimate, shifted by the costs
  std::vector<double> lower, upper;  ///< regression with intervals
  std::vector<double> spread;        ///< regression: expected size of the error, 1 without a model of it
  std::vector<double> spread_below;  ///< the same below the estimate; empty: as above
  double SpreadBelow(std::size_t row) const { return spread_below.empty() ? spread[row] : spread_below[row]; }
  features::ApplyReport report;
};

class Pipeline {
 public:
  // Everything below is data; Validate() is called by Load and Save.
  Task task = Task::kRegression;
  std::string target;
  std::vector<std::string> classes;  ///< labels in order
  bool numeric_labels = false;       ///< labels are whole numbers
  int positive = 1;
  double threshold = 0.5;  ///< of the positive class (binary)
  std::string metric;
  std::vector<Input> inputs;  ///< only columns that some member uses
  std::string id_column;
  std::vector<Member> members;
  Calibration calibration;
  double shift = 0;               ///< regression: added to the estimate, for the quantile that costs of errors ask for
  std::vector<double> residuals;  ///< sorted |out-of-fold residual| quantiles, in units of the spread (regression)
  /// Regression: model of the size of the error, so that intervals are wider where the model errs more; empty: the
  /// same width everywhere. `spread_floor` is the least spread that it may say. With `spread_below` there is one model
  /// for each tail of the error: `spread` estimates its upper quantile, `spread_below` its lower one (below 0).
  std::optional<Member> spread, spread_below;
  double spread_floor = 0;
  /// Regression: sorted signed residuals in units of the spread, when intervals are not symmetric; else empty.
  std::vector<double> errors;
  /// Classification: for each class sorted 1 - (out-of-fold probability of that class) of its own rows.
  std::vector<std::vector<double>> class_scores;
  table::Table background;            ///< a few rows of training to explain predictions against; inputs only
  SeenRows seen;                      ///< the rows that it was fitted on, for `evaluate`
  Json test_metrics = Json::array();  ///< for the manifest
  Json extra = Json::object();        ///< data_fingerprint, split, card, contract
  /// What the training data looked like (profile::SaveSample), for `drift`; empty in older files.
  std::string training_profile;

  int num_outputs() const { return task == Task::kRegression ? 1 : int(classes.size()); }

  /// Predicts rows of a table (all of them). Errors: none for odd data; surprises are counted.
  Result<Predictions> Predict(const Context& context, const table::Table& table, double level = 0.9) const;
  /// Whether predictions at this level get intervals; else they need no spread.
  bool HasIntervals(double level) const;
  /// Spread of the error of one row from what the model of the error says, times `sign`: at least the floor.
  double SpreadFrom(double told, double sign) const;
  /// Regression: sets values, lower and upper from scores and spreads.
  void Place(double level, Predictions& out) const;
  /// Combines member outputs: weighted mean, then calibration. Same code in the search and here.
  static void Combine(const std::vector<std::span<const double>>& members, std::span<const double> weights,
                      const Calibration& calibration, int num_outputs, std::span<double> out);
  /// Turns scores into class indices: threshold for binary, largest for multiclass (first on ties).
  std::vector<std::int32_t> Decide(std::span<const double> scores) const;
  /// Returns half-width of the interval at a level where the spread is 1 (conformal, ceil((n+1) level) order
  /// statistic).
  double IntervalHalfWidth(double level) const;
  /// Returns how far below and above the estimate the interval reaches where the spread is 1.
  std::pair<double, double> IntervalReach(double level) const;
  /// Returns the set of classes of every row, rows x classes, that holds the truth with probability `level` in each
  /// class (class-conditional split conformal, Vovk 2012; score 1 - p, Sadinle, Lei & Wasserman 2019). A set is empty
  /// where the row is less like every class than `level` of that class' rows are. Empty result without class_scores.
  std::vector<std::uint8_t> PredictionSets(std::span<const double> scores, double level) const;
  /// Returns the fields a reader should look for (types of training).
  std::vector<table::Field> ExpectedFields() const;
  /// Builds the output table: prediction, probability[<label>] / lower, upper (names as in experience.md).
  Result<table::Table> OutputTable(const Predictions& predictions) const;

  /// Names the columns of OutputTable with their datatypes of the Open Inference Protocol.
  struct Output {
    std::string name, datatype;
  };
  std::vector<Output> Outputs() const;
  /// Whether the labels are the two booleans.
  bool boolean_labels() const;
  /// Checks that everything fits together; error invalid-pipeline (our own bug before Save, a damaged
  /// file after Load).
  Status Validate() const;
  /// Returns what `residuals` holds: |residuals| sorted, thinned to at most `at_most` even quantiles.
  static std::vector<double> ResidualQuantiles(std::vector<double> residuals, std::size_t at_most = 10000);

  Json Manifest() const;  ///< tagwerk.model/1 without sections
  /// Returns the bytes of a model file: equal pipelines give equal bytes.
  Result<std::string> Serialize() const;
  Status Save(const std::string& path) const;  ///< atomically
  /// Loads from bytes; every length is checked. Errors: not-a-model, model-damaged, model-newer.
  static Result<Pipeline> Parse(std::string_view bytes, const std::string& file);
  static Result<Pipeline> Parse(std::string_view bytes, const std::string& file, ModelLoader loader);
  static Result<Pipeline> Load(const std::string& path);
};

}  // namespace tagwerk::pipeline
