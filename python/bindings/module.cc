// tagwerk._core: tables in, run documents and models out. Faces translate only; every call that works for
// longer than a moment releases the GIL, and Ctrl-C is looked at while it runs.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "app/options.h"
#include "app/names.h"
#include "app/use.h"
#include "app/version.h"
#include "base/json.h"
#include "base/text.h"
#include "evaluate/evaluate.h"
#include "pipeline/contributions.h"
#include "pipeline/pipeline.h"
#include "profile/profile.h"
#include "report/report.h"

#include "common.h"
#include "number_rows.h"
#include "own_model.h"
#include "run.h"
#include "table.h"

namespace nb = nanobind;
namespace {

using tagwerk::Error;
using tagwerk::Json;

using tagwerk::python::Finished;
using tagwerk::python::MakeContext;
using tagwerk::python::Must;
using tagwerk::python::Raise;
using tagwerk::python::Run;
using tagwerk::python::Table;

/// A loaded model.
class Model {
 public:
  explicit Model(tagwerk::pipeline::Pipeline pipeline) : pipeline_(std::move(pipeline)) {}
  static std::unique_ptr<Model> Parse(const nb::bytes& bytes) {
    return std::make_unique<Model>(
        Must(tagwerk::pipeline::Pipeline::Parse(std::string_view(bytes.c_str(), bytes.size()), "model")));
  }
  /// A path, or a name of the registry; `store` as the option --store, "" = the usual one.
  static std::unique_ptr<Model> Load(const std::string& typed, const std::string& store) {
    tagwerk::app::Arguments arguments;
    if (!store.empty()) arguments.values["--store"] = {store};
    return std::make_unique<Model>(Must(tagwerk::app::LoadModel(arguments, typed)));
  }
  nb::bytes Bytes() const {
    if (const auto names = tagwerk::python::OwnMembers(pipeline_); !names.empty())
      Raise(tagwerk::app::NotPortable(names));
    const std::string bytes = Must(pipeline_.Serialize());
    return nb::bytes(bytes.data(), bytes.size());
  }
  const tagwerk::pipeline::Pipeline& pipeline() const { return pipeline_; }
  std::string Manifest() const { return tagwerk::DumpJson(pipeline_.Manifest()); }
  std::vector<std::string> InputNames() const {
    std::vector<std::string> names;
    for (const auto& input : pipeline_.inputs) names.push_back(input.field.name);
    return names;
  }

  /// Returns (probabilities or values, class numbers, lower, upper) as float64 arrays and the warnings as JSON.
  nb::tuple Predict(const Table& table, double level) const {
    tagwerk::Pool pool(tagwerk::UsableCores());
    const tagwerk::Context context = MakeContext(pool, nullptr, 0);
    tagwerk::Result<tagwerk::pipeline::Predictions> result = [&] {
      nb::gil_scoped_release release;
      return pipeline_.Predict(context, table.read->table, level);
    }();
    auto predictions = Must(std::move(result));
    tagwerk::python::RaiseFailures(pipeline_);
    return Parts(std::move(predictions));
  }

  /// The same for few rows of numbers, without threads; None where this model or this array needs a table.
  nb::object PredictRows(const tagwerk::python::NumberMatrix& rows, double level) {
    if (!rows_tried_) rows_ = tagwerk::python::NumberRows::Make(pipeline_);
    rows_tried_ = true;
    if (rows_ == nullptr) return nb::none();
    auto predictions = rows_->Predict(rows, level);
    return predictions ? nb::object(Parts(std::move(*predictions))) : nb::none();
  }

  /// Returns (values: rows x scores x columns, base, names of the columns, scale); see pipeline/contributions.h.
  nb::tuple Contributions(const Table& table) const {
    tagwerk::Pool pool(tagwerk::UsableCores());
    const tagwerk::Context context = MakeContext(pool, nullptr, 0);
    auto result = [&] {
      nb::gil_scoped_release release;
      return tagwerk::pipeline::Contribute(context, pipeline_, table.read->table);
    }();
    auto made = Must(std::move(result));
    const std::size_t rows = table.read->table.num_rows();
    return nb::make_tuple(tagwerk::python::Array(std::move(made.values), {rows, made.scores, made.columns.size()}),
                          Array(std::move(made.base)), made.columns, tagwerk::pipeline::NameOf(made.scale));
  }

 private:
  static nb::object Array(std::vector<double> values) {
    const std::size_t n = values.size();
    return tagwerk::python::Array(std::move(values), {n});
  }
  nb::tuple Parts(tagwerk::pipeline::Predictions predictions) const {
    Json warnings = Json::array();
    for (const auto& entry : predictions.report.new_categories)
      warnings.push_back({{"id", "new-category"}, {"column", entry.column}, {"rows", entry.rows}});
    for (const auto& name : predictions.report.missing_columns)
      warnings.push_back({{"id", "column-missing"}, {"column", name}});
    std::vector<double> labels(predictions.labels.begin(), predictions.labels.end());
    const bool numbers = pipeline_.task == tagwerk::Task::kRegression;
    return nb::make_tuple(Array(std::move(numbers ? predictions.values : predictions.scores)), Array(std::move(labels)),
                          Array(std::move(predictions.lower)), Array(std::move(predictions.upper)),
                          tagwerk::DumpJson(warnings));
  }

  tagwerk::pipeline::Pipeline pipeline_;
  std::unique_ptr<tagwerk::python::NumberRows> rows_;  ///< made when first asked for
  bool rows_tried_ = false;
};

/// Explains the rows of a table. Returns tagwerk.explanation/1 as JSON.
std::string ExplainTable(const Model& model, const Table& table, const std::string& method, int top) {
  tagwerk::Pool pool(tagwerk::UsableCores());
  const tagwerk::Context context = MakeContext(pool, nullptr, 0);
  tagwerk::Result<Json> document = [&] {
    nb::gil_scoped_release release;
    return tagwerk::app::ExplainTable(context, model.pipeline(), table.read->table, method, top);
  }();
  return tagwerk::DumpJson(Must(std::move(document)));
}

/// Profiles a table; `target` may be empty. Returns tagwerk.profile/1 as JSON.
std::string Profile(const Table& table, const std::string& target) {
  tagwerk::Pool pool(tagwerk::UsableCores());
  const tagwerk::Context context = MakeContext(pool, nullptr, 0);
  std::optional<tagwerk::profile::Goal> goal;
  if (!target.empty()) {
    const std::size_t column =
        Must(tagwerk::table::ResolveColumn(table.read->table.names(), target, "target-not-found", "table"));
    goal = Must(tagwerk::profile::ResolveGoal(table.read->table, column, "", ""));
  }
  tagwerk::Result<tagwerk::profile::Profile> made = [&] {
    nb::gil_scoped_release release;
    return tagwerk::profile::MakeProfile(context, *table.read, goal ? &*goal : nullptr, {});
  }();
  return tagwerk::DumpJson(tagwerk::profile::ProfileJson(Must(std::move(made)), *table.read));
}

/// Compares a table with a table, or with a model's training profile. Returns tagwerk.drift/1 as JSON.
std::string Drift(std::optional<Table> reference, const Model* model, const Table& current,
                  const std::vector<std::string>& names, const std::vector<std::string>& columns, double alpha,
                  double min_effect) {
  tagwerk::Pool pool(tagwerk::UsableCores());
  const tagwerk::Context context = MakeContext(pool, nullptr, 0);
  tagwerk::app::DriftRequest request;
  request.reference = names.at(0);
  request.current = names.at(1);
  request.options.columns = columns;
  request.options.alpha = alpha;
  request.options.min_effect = min_effect;
  tagwerk::Result<tagwerk::app::DriftResponse> response = [&] {
    nb::gil_scoped_release release;
    return model != nullptr
               ? tagwerk::app::CompareWithModel(context, model->pipeline(), current.read->table, request)
               : tagwerk::app::CompareData(context, reference.value().read->table, current.read->table, request);
  }();
  return tagwerk::DumpJson(Must(std::move(response)).document);
}

std::string RenderDrift(const std::string& document, const std::string& language) {
  return Must(tagwerk::report::RenderDrift(Must(tagwerk::ParseJson(document, "drift.json")), language));
}

/// Compares two models; `words` as for `tagwerk compare`. Returns tagwerk.comparison/1 as JSON.
std::string Compare(const std::vector<std::string>& words) {
  tagwerk::Pool pool(tagwerk::UsableCores());
  const tagwerk::Context context = MakeContext(pool, nullptr, 0);
  const auto arguments = Must(tagwerk::app::ParseArguments(*tagwerk::app::FindVerb("compare"), words));
  tagwerk::Result<tagwerk::app::CompareResponse> response = [&] {
    nb::gil_scoped_release release;
    return tagwerk::app::Compare(context, arguments);
  }();
  return tagwerk::DumpJson(Must(std::move(response)).document);
}

std::string RenderHtml(const std::string& document, const std::string& language) {
  return Must(tagwerk::report::RenderHtml(Must(tagwerk::ParseJson(document, "run.json")), language));
}

}  // namespace

NB_MODULE(_core, m) {
  m.attr("__version__") = tagwerk::app::kVersion;
  tagwerk::python::BindTables(m);
  nb::class_<Finished>(m, "Finished")
      .def_ro("document", &Finished::document)
      .def_prop_ro("model", [](const Finished& f) { return nb::bytes(f.model.data(), f.model.size()); })
      .def_prop_ro("fitted",
                   [](const Finished& f) {
                     return f.pipeline == nullptr ? std::unique_ptr<Model>() : std::make_unique<Model>(*f.pipeline);
                   })
      .def_ro("folder", &Finished::folder)
      .def_ro("interrupted", &Finished::interrupted)
      .def_ro("gate_failed", &Finished::gate_failed);
  m.def("run", &Run, nb::arg("table").none(), nb::arg("words"), nb::arg("threads"), nb::arg("seed"),
        nb::arg("write_files"), nb::arg("callback").none(), nb::arg("own"));
  nb::class_<Model>(m, "Model")
      .def_static("parse", &Model::Parse, nb::arg("data"))
      .def_static("load", &Model::Load, nb::arg("typed"), nb::arg("store") = "")
      .def("to_bytes", &Model::Bytes)
      .def("manifest", &Model::Manifest)
      .def_prop_ro("input_names", &Model::InputNames)
      .def("contributions", &Model::Contributions, nb::arg("table"))
      .def("predict", &Model::Predict, nb::arg("table"), nb::arg("level"))
      .def("predict_rows", &Model::PredictRows, nb::arg("rows"), nb::arg("level"));
  m.def("explain", &ExplainTable, nb::arg("model"), nb::arg("table"), nb::arg("method"), nb::arg("top"));
  m.def("profile", &Profile, nb::arg("table"), nb::arg("target"));
  m.def("drift", &Drift, nb::arg("reference").none(), nb::arg("model").none(), nb::arg("current"), nb::arg("names"),
        nb::arg("columns"), nb::arg("alpha"), nb::arg("min_effect"));
  m.def("names_model", &tagwerk::app::NamesModel, nb::arg("typed"));
  m.def("render_drift", &RenderDrift, nb::arg("document"), nb::arg("language"));
  m.def("compare", &Compare, nb::arg("words"));
  tagwerk::python::BindTrees(m);
  tagwerk::python::BindIsolationForest(m);
  m.def("render_html", &RenderHtml, nb::arg("document"), nb::arg("language"));
}
