// The isolation forest of stats as an object of Python.
#include "stats/isolation_forest.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <memory>

#include "model/archive.h"

#include "columns.h"
#include "common.h"

namespace nb = nanobind;

namespace tagwerk::python {
namespace {

using stats::IsolationForest;

constexpr std::size_t kScoreRows = 65536;  // copied at a time

std::vector<std::vector<double>> NumbersOf(const Columns& columns, std::size_t begin, std::size_t end, Pool& pool) {
  const Columns* table = &columns;
  const model::Matrix x = Columns::Stack({&table, 1}, begin, end, &pool);
  std::vector<std::vector<double>> out;
  for (const auto& column : x.columns()) {
    if (column.is_category()) throw std::invalid_argument("an isolation forest takes numbers, no categories");
    out.push_back(*column.numeric);
  }
  return out;
}

/// A fitted forest and its number of columns.
class IsolationModel {
 public:
  IsolationModel(IsolationForest forest, std::size_t columns) : forest_(std::move(forest)), columns_(columns) {}

  /// Returns the model and whether Ctrl-C came meanwhile.
  static nb::tuple Fit(nb::list parts, int trees, std::size_t rows, std::int64_t threads, std::uint64_t seed) {
    const Columns columns(parts);
    std::optional<IsolationForest> forest;
    StopFlag stop;
    auto raised = Watched(stop, [&] {
      Pool pool(ThreadsOf(threads));
      const Context context = MakeContext(pool, &stop, seed);
      const stats::ForestOptions options{trees, rows};
      if (const auto sparse = columns.OnlySparse())
        forest = IsolationForest::Fit(context, *sparse, options);
      else
        forest = IsolationForest::Fit(context, NumbersOf(columns, 0, columns.rows(), pool), options);
    });
    if (raised && !raised->matches(PyExc_KeyboardInterrupt)) throw std::move(*raised);
    return nb::make_tuple(nb::cast(std::make_unique<IsolationModel>(std::move(*forest), columns.cols())),
                          raised.has_value());
  }

  /// Scores of rows, 0..1: higher = less like the others.
  nb::object Score(nb::list parts, std::int64_t threads) const {
    const Columns columns(parts);
    if (columns.cols() != columns_) throw nb::value_error("another number of columns than in training");
    std::vector<double> out;
    {
      nb::gil_scoped_release release;
      Pool pool(ThreadsOf(threads));
      const Context context = MakeContext(pool, nullptr, 0);
      const auto sparse = columns.OnlySparse();
      if (sparse) out = forest_.Score(context, *sparse);
      for (std::size_t begin = 0; !sparse && begin < columns.rows(); begin += kScoreRows) {
        const std::size_t end = std::min(columns.rows(), begin + kScoreRows);
        const std::vector<double> part = forest_.Score(context, NumbersOf(columns, begin, end, pool));
        out.insert(out.end(), part.begin(), part.end());
      }
    }
    return Array(std::move(out), {columns.rows()});
  }

  nb::bytes Bytes() const {
    model::ByteWriter writer;
    writer.U64(columns_);
    writer.F64(forest_.expected());
    writer.U64(forest_.trees().size());
    for (const auto& tree : forest_.trees()) {
      std::vector<std::int32_t> features;
      std::vector<std::uint32_t> left;
      std::vector<double> cuts;
      for (const IsolationForest::Node& node : tree) {
        features.push_back(node.feature);
        left.push_back(node.left);
        cuts.push_back(node.cut);
      }
      writer.I32s(features);
      writer.U32s(left);
      writer.Doubles(cuts);
    }
    return nb::bytes(writer.bytes().data(), writer.bytes().size());
  }

  static std::unique_ptr<IsolationModel> Parse(const nb::bytes& bytes) {
    model::ByteReader reader(std::string_view(bytes.c_str(), bytes.size()));
    const std::uint64_t columns = reader.U64();
    const double expected = reader.F64();
    const std::uint64_t count = reader.CountOf(3 * sizeof(std::uint64_t));
    std::vector<std::vector<IsolationForest::Node>> trees;
    for (std::uint64_t t = 0; t < count && reader.ok(); ++t) {
      const auto features = reader.I32s();
      const auto left = reader.U32s();
      const auto cuts = reader.Doubles();
      if (!reader.Expect(left.size() == features.size() && cuts.size() == features.size(), "nodes")) break;
      trees.emplace_back();
      for (std::size_t i = 0; i < features.size(); ++i) trees.back().push_back({features[i], left[i], cuts[i]});
    }
    if (auto status = reader.Finish("isolation forest"); !status) Raise(status.error());
    return std::make_unique<IsolationModel>(Must(IsolationForest::FromTrees(std::move(trees), expected, columns)),
                                            columns);
  }

 private:
  IsolationForest forest_;
  std::size_t columns_;
};

}  // namespace

void BindIsolationForest(nb::module_& m) {
  nb::class_<IsolationModel>(m, "IsolationModel")
      .def_static("parse", &IsolationModel::Parse, nb::arg("data"))
      .def("to_bytes", &IsolationModel::Bytes)
      .def("score", &IsolationModel::Score, nb::arg("parts"), nb::arg("threads"));
  m.def("fit_isolation_forest", &IsolationModel::Fit, nb::arg("parts"), nb::arg("trees"), nb::arg("rows"),
        nb::arg("threads"), nb::arg("seed"));
  m.def("isolation_forest_defaults", [] {
    const stats::ForestOptions options;
    return std::make_tuple(options.trees, options.rows);
  });
}

}  // namespace tagwerk::python
