// Tree learners alone, without the main job: fit on arrays, predict, look inside.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <cmath>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include "app/plain_pipeline.h"
#include "base/json.h"
#include "base/text.h"
#include "learners/catalog.h"
#include "learners/trees/forest_walk.h"
#include "learners/trees/trees.h"

#include "columns.h"
#include "common.h"

namespace nb = nanobind;

namespace tagwerk::python {
namespace {

using learners::trees::Forest;
using Floats = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Scores = nb::ndarray<double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Curve = std::vector<std::tuple<int, double, double>>;

constexpr std::size_t kPredictRows = 8192;  // copied and predicted at a time

/// A fitted forest.
class TreeModel {
 public:
  TreeModel(std::shared_ptr<const model::Model> model, std::size_t columns)
      : model_(std::move(model)), forest_(learners::trees::ForestOf(*model_)), columns_(columns) {}

  static std::unique_ptr<TreeModel> Parse(const nb::bytes& bytes, std::size_t columns) {
    model::ByteReader reader(std::string_view(bytes.c_str(), bytes.size()));
    std::shared_ptr<const model::Model> model = Must(learners::trees::LoadForest(reader, columns));
    if (auto status = reader.Finish("forest"); !status) Raise(status.error());
    return std::make_unique<TreeModel>(std::move(model), columns);
  }
  nb::bytes Bytes() const {
    model::ByteWriter writer;
    model_->Save(writer);
    return nb::bytes(writer.bytes().data(), writer.bytes().size());
  }

  std::size_t trees() const { return forest_->trees(); }
  std::size_t outputs() const { return forest_->outputs; }
  std::size_t scores() const { return forest_->scores(); }
  std::size_t per_round() const { return forest_->width > 1 ? 1 : forest_->scores(); }
  const Forest& forest() const { return *forest_; }

  nb::object Predict(nb::list parts, std::int64_t threads) const {
    std::vector<double> out;
    const std::size_t rows = ForRows(parts, threads, outputs(), out, [&](const auto& x, auto all, double* to) {
      model_->Predict(x, all, {to, all.size() * outputs()});
    });
    return Array(std::move(out), {rows, outputs()});
  }

  nb::object Leaves(nb::list parts, std::int64_t threads) const {
    std::vector<std::uint32_t> out;
    const std::size_t rows = ForRows(parts, threads, trees(), out, [&](const auto& x, auto all, std::uint32_t* to) {
      learners::trees::LeavesOf(*forest_, x, all, {to, all.size() * trees()});
    });
    return Array(std::move(out), {rows, trees()});
  }

  /// Adds the values of trees [first, last) to sums of rows x scores().
  void AddTrees(nb::list parts, const Scores& sums, std::size_t first, std::size_t last, std::int64_t threads) const {
    if (sums.shape(1) != scores() || first > last || last > trees()) throw nb::value_error("shape of the sums");
    std::vector<double> none;
    const Columns columns(parts);
    if (columns.rows() != sums.shape(0)) throw nb::value_error("rows of the sums");
    double* to = sums.data();
    Over(columns, threads, [&](const auto& x, auto all, std::size_t begin) {
      learners::trees::AddTrees(*forest_, x, all, first, last, {to + begin * scores(), all.size() * scores()});
    });
  }

  /// Turns sums over `trees` trees into predictions.
  nb::object Finish(const Scores& sums, std::size_t trees) const {
    if (sums.shape(1) != scores()) throw nb::value_error("shape of the sums");
    std::vector<double> out(sums.shape(0) * outputs());
    learners::trees::FinishScores(*forest_, trees, sums.data(), sums.shape(0), out.data());
    return Array(std::move(out), {sums.shape(0), outputs()});
  }

  /// Shapley values of the scores, rows x scores x columns, and what they start from, one a score.
  nb::tuple Contributions(nb::list parts, std::int64_t threads) const {
    const Columns columns(parts);
    const std::size_t width = scores() * columns_;
    std::vector<double> values(columns.rows() * width), base;
    std::optional<Error> failure;
    std::mutex mutex;
    Over(columns, threads, [&](const auto& x, auto all, std::size_t begin) {
      auto part = model_->Contribute(x, all);
      const std::lock_guard lock(mutex);
      if (!part) {
        failure = part.error();
        return;
      }
      std::copy(part->values.begin(), part->values.end(), values.begin() + std::ptrdiff_t(begin * width));
      base = std::move(part->base);
    });
    if (failure) Raise(*failure);
    return nb::make_tuple(Array(std::move(values), {columns.rows(), scores(), columns_}), base);
  }

  nb::object Gains() const {
    std::vector<double> gains(columns_, 0.0);
    for (const auto& column : forest_->columns) gains[column.column] += column.gain;
    return Array(std::move(gains), {columns_});
  }

  std::string Tree(std::size_t index) const {
    if (index >= trees()) throw nb::index_error("no such tree");
    return DumpJson(learners::trees::TreeJson(*forest_, index));
  }

  /// The bytes of a model file. `about`: {"learner", "parameters", "target", "classes", "numeric_labels",
  /// "columns": [{"name", "levels" or null, "low", "high"}]}.
  nb::bytes ModelFile(const std::string& about) const {
    const Json json = Must(ParseJson(about, "about"));
    std::vector<learners::ImportedFeature> columns;
    for (const Json& column : json.at("columns")) {
      learners::ImportedFeature feature;
      feature.name = column.at("name").get<std::string>();
      feature.category = !column.at("levels").is_null();
      if (feature.category) feature.levels = column.at("levels").get<std::vector<std::string>>();
      if (column.at("low").is_number()) feature.low = column.at("low").get<double>();
      if (column.at("high").is_number()) feature.high = column.at("high").get<double>();
      columns.push_back(std::move(feature));
    }
    pipeline::Member member;
    member.learner = json.at("learner").get<std::string>();
    member.parameters = json.at("parameters");
    member.model = model_;
    pipeline::Pipeline pipeline =
        app::PlainPipeline(json.at("classes").get<std::vector<std::string>>(), json.at("numeric_labels").get<bool>(),
                           std::move(columns), std::move(member));
    pipeline.target = json.at("target").get<std::string>();
    pipeline.threshold = std::nextafter(0.5, 1.0);  // as argmax: the first class where both are equal
    const std::string bytes = Must(pipeline.Serialize());
    return nb::bytes(bytes.data(), bytes.size());
  }

  Curve curve;
  bool stopped_early = false;

 private:
  /// Calls body(matrix, its rows, first row) for stretches of rows, without the GIL.
  template <class Body>
  void Over(const Columns& columns, std::int64_t threads, const Body& body) const {
    if (columns.cols() != columns_) throw nb::value_error("another number of columns than in training");
    nb::gil_scoped_release release;
    const std::size_t rows = columns.rows();
    const std::size_t stretches = (rows + kPredictRows - 1) / kPredictRows;
    Pool pool(int(std::min<std::size_t>(std::size_t(ThreadsOf(threads)), std::max<std::size_t>(1, stretches))));
    const Columns* table = &columns;
    pool.For(stretches, [&](std::size_t s) {
      const std::size_t begin = s * kPredictRows, end = std::min(rows, begin + kPredictRows);
      const model::Matrix x = Columns::Stack({&table, 1}, begin, end, nullptr);
      const model::Rows all = model::AllRows(end - begin);
      body(x, model::RowSpan(all), begin);
    });
  }
  template <class T, class Body>
  std::size_t ForRows(nb::list parts, std::int64_t threads, std::size_t width, std::vector<T>& out,
                      const Body& body) const {
    const Columns columns(parts);
    out.resize(columns.rows() * width);
    Over(columns, threads,
         [&](const auto& x, auto all, std::size_t begin) { body(x, all, out.data() + begin * width); });
    return columns.rows();
  }

  std::shared_ptr<const model::Model> model_;
  const Forest* forest_;
  std::size_t columns_;
};

/// Values as text, as a user would type them after --set.
model::Parameters ParametersOf(const std::string& learner, const std::string& caller,
                               const std::vector<std::pair<std::string, std::string>>& words) {
  const std::vector<model::ParameterSpec>& specs = Must(learners::FindLearner(learner))->parameters;
  model::Parameters parameters;
  for (const auto& [name, text] : words) {
    if (auto status = model::ParseParameter(learner, specs, name, text, parameters); !status)
      Raise(Error(status.error()).In(caller));
  }
  return parameters;
}

/// Passes the losses of each round to Python; keeps what it raises.
class Rounds {
 public:
  Rounds(nb::object callback, StopFlag& stop) : callback_(std::move(callback)), stop_(stop) {}
  bool operator()(int round, double train, double valid) {
    nb::gil_scoped_acquire acquire;
    try {
      return nb::cast<bool>(callback_(round, train, valid));
    } catch (nb::python_error& failure) {
      raised.emplace(std::move(failure));
    }
    stop_.Request();
    return true;
  }
  std::optional<nb::python_error> raised;

 private:
  nb::object callback_;
  StopFlag& stop_;
};

/// What a fit is about, beside the rows.
struct Request {
  std::string learner, caller;
  int classes = 0;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::vector<double> quantiles;
  std::vector<int> directions;
  std::vector<std::vector<std::uint32_t>> groups;
  std::int64_t threads = 1;
  std::uint64_t seed = 0;
};

/// Fits on the rows of `parts`, with those of `valid` for early stopping; y and weight cover both. Returns the model
/// and whether Ctrl-C ended the fit.
nb::tuple Fit(const Request& request, nb::list parts, std::optional<nb::list> valid, const Floats& y,
              std::optional<Floats> weight, nb::object callback, const TreeModel* before) {
  const model::Parameters parameters = ParametersOf(request.learner, request.caller, request.parameters);
  const Columns train(parts);
  std::vector<const Columns*> tables{&train};
  std::optional<Columns> held;
  if (valid) tables.push_back(&held.emplace(*valid));
  const std::size_t rows = train.rows() + (held ? held->rows() : 0);
  if (y.shape(0) != rows || (weight && weight->shape(0) != rows)) throw nb::value_error("rows differ in number");
  StopFlag stop;
  Rounds rounds(callback, stop);
  learners::trees::FitExtras extras;
  extras.quantiles = request.quantiles;
  extras.directions.assign(request.directions.begin(), request.directions.end());
  extras.groups = request.groups;
  if (before != nullptr) extras.before = &before->forest();
  if (!callback.is_none()) extras.on_round = std::ref(rounds);
  std::optional<Result<model::Fitted>> fitted;
  auto raised = Watched(stop, [&] {
    Pool pool(ThreadsOf(request.threads));
    const Context context = MakeContext(pool, &stop, request.seed);
    // A model that is continued walks through all rows first.
    const model::Matrix x = before != nullptr ? Columns::Stack(tables, 0, rows, &pool) : Columns::Refer(tables);
    const model::Rows all = model::AllRows(rows);
    model::TrainingData data;
    data.task = request.classes == 0 ? Task::kRegression : request.classes == 2 ? Task::kBinary : Task::kMulticlass;
    data.num_classes = request.classes;
    data.x = &x;
    data.y = {y.data(), rows};
    if (weight) data.weight = {weight->data(), rows};
    data.train_rows = model::RowSpan(all).first(train.rows());
    data.valid_rows = model::RowSpan(all).subspan(train.rows());
    fitted = learners::trees::FitTrees(request.learner, context, data, parameters, extras);
  });
  if (rounds.raised) throw std::move(*rounds.raised);
  if (!*fitted) Raise(Error(fitted->error()).In(request.caller));
  const bool interrupted = raised.has_value();
  if (raised && !raised->matches(PyExc_KeyboardInterrupt)) throw std::move(*raised);
  auto model = std::make_unique<TreeModel>(std::move((*fitted)->model), train.cols());
  for (const auto& point : (*fitted)->curve)
    model->curve.emplace_back(point.iteration, point.train_loss, point.valid_loss);
  model->stopped_early = (*fitted)->stopped_early;
  return nb::make_tuple(nb::cast(std::move(model)), interrupted);
}

/// The declared parameters of a learner as JSON.
std::string LearnerParameters(const std::string& learner) {
  Json out = Json::array();
  for (const model::ParameterSpec& spec : Must(learners::FindLearner(learner))->parameters) {
    constexpr const char* kTypes[] = {"integer", "real", "boolean", "choice"};
    Json entry = {{"name", spec.name}, {"type", kTypes[int(spec.type)]}, {"doc", spec.doc}};
    entry["low"] = spec.low;
    entry["high"] = spec.high;
    entry["choices"] = spec.choices;
    entry["zero_is_none"] = spec.zero_is_none;
    entry["default"] = model::ParametersJson({spec}, {}).at(spec.name);
    out.push_back(std::move(entry));
  }
  return DumpJson(out);
}

}  // namespace

void BindTrees(nb::module_& m) {
  nb::class_<TreeModel>(m, "TreeModel")
      .def_static("parse", &TreeModel::Parse, nb::arg("data"), nb::arg("columns"))
      .def("to_bytes", &TreeModel::Bytes)
      .def_prop_ro("trees", &TreeModel::trees)
      .def_prop_ro("outputs", &TreeModel::outputs)
      .def_prop_ro("scores", &TreeModel::scores)
      .def_prop_ro("per_round", &TreeModel::per_round)
      .def_prop_ro("start", [](const TreeModel& t) { return t.forest().start; })
      .def_ro("curve", &TreeModel::curve)
      .def_ro("stopped_early", &TreeModel::stopped_early)
      .def("predict", &TreeModel::Predict, nb::arg("parts"), nb::arg("threads"))
      .def("leaves", &TreeModel::Leaves, nb::arg("parts"), nb::arg("threads"))
      .def("add_trees", &TreeModel::AddTrees, nb::arg("parts"), nb::arg("sums"), nb::arg("first"), nb::arg("last"),
           nb::arg("threads"))
      .def("finish", &TreeModel::Finish, nb::arg("sums"), nb::arg("trees"))
      .def("contributions", &TreeModel::Contributions, nb::arg("parts"), nb::arg("threads"))
      .def("gains", &TreeModel::Gains)
      .def("tree", &TreeModel::Tree, nb::arg("index"))
      .def("model_file", &TreeModel::ModelFile, nb::arg("about"));
  m.def(
      "fit_trees",
      [](const std::string& learner, const std::string& caller, int classes,
         const std::vector<std::pair<std::string, std::string>>& parameters, const std::vector<double>& quantiles,
         const std::vector<int>& directions, const std::vector<std::vector<std::uint32_t>>& groups,
         std::int64_t threads, std::uint64_t seed, nb::list parts, std::optional<nb::list> valid, const Floats& y,
         std::optional<Floats> weight, nb::object callback, const TreeModel* before) {
        return Fit({learner, caller, classes, parameters, quantiles, directions, groups, threads, seed},
                   std::move(parts), std::move(valid), y, std::move(weight), std::move(callback), before);
      },
      nb::arg("learner"), nb::arg("caller"), nb::arg("classes"), nb::arg("parameters"), nb::arg("quantiles"),
      nb::arg("directions"), nb::arg("groups"), nb::arg("threads"), nb::arg("seed"), nb::arg("parts"),
      nb::arg("valid").none(), nb::arg("y"), nb::arg("weight").none(), nb::arg("callback").none(),
      nb::arg("before").none());
  m.def("usable_cores", &UsableCores);
  m.def("learner_parameters", &LearnerParameters, nb::arg("learner"));
}

}  // namespace tagwerk::python
