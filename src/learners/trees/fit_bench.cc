// Times one fit and prediction of a tree learner on a raw file; bench/macro/gbdt/compare.py writes the file
// and runs this beside its peers.
//
//   fit_bench LEARNER FILE PREDICTIONS THREADS REPEATS [curve=N,N,...] [wait=yes] [name=value ...]
//
// curve=: also tells the task's metric (auc, log_loss, rmse) on the predicted rows after so many rounds each.
// wait=yes: prints "ready" once the file is read and fits when a line comes in, so that two programs start together.
//
// FILE: int64 rows, train_rows, columns, classes (0 = regression); columns x int64 categories (0 = numeric);
// columns x rows doubles; rows doubles of y. The first train_rows rows teach, the others are predicted.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/files.h"
#include "learners/trees/forest_walk.h"
#include "learners/trees/trees.h"
#include "metrics/metrics.h"

namespace {

using namespace tagwerk;
namespace trees = learners::trees;

struct Data {
  model::Matrix matrix;
  std::vector<double> y;
  std::int64_t train_rows = 0, classes = 0;
};

std::vector<double> Doubles(const char*& at, std::size_t n) {
  std::vector<double> values(n);
  std::memcpy(values.data(), at, n * sizeof(double));
  at += n * sizeof(double);
  return values;
}

Data Read(const char* path) {
  const auto file = *MappedFile::Open(path);
  const char* at = file->bytes().data();
  const auto integer = [&] {
    std::int64_t v;
    std::memcpy(&v, at, 8);
    at += 8;
    return v;
  };
  Data data;
  const std::int64_t rows = integer();
  data.train_rows = integer();
  const std::int64_t columns = integer();
  data.classes = integer();
  std::vector<std::int64_t> categories(std::size_t(columns), 0);
  for (auto& c : categories) c = integer();
  std::vector<model::MatrixColumn> made;
  for (std::int64_t j = 0; j < columns; ++j) {
    model::MatrixColumn column;
    column.name = fmt::format("x{}", j);
    std::vector<double> values = Doubles(at, std::size_t(rows));
    if (categories[std::size_t(j)] > 0) {
      column.num_categories = static_cast<std::int32_t>(categories[std::size_t(j)]);
      column.codes = std::make_shared<std::vector<std::int32_t>>(values.begin(), values.end());
    } else {
      column.numeric = std::make_shared<std::vector<double>>(std::move(values));
    }
    made.push_back(std::move(column));
  }
  data.y = Doubles(at, std::size_t(rows));
  data.matrix = model::Matrix(std::size_t(rows), std::move(made));
  return data;
}

// Megabytes of this process: VmRSS (now) or VmHWM (the most since ForgetPeak).
double Megabytes(std::string_view of) {
  const auto status = ReadFile("/proc/self/status");
  const std::size_t at = status ? status->find(of) : std::string::npos;
  return at == std::string::npos ? 0 : std::atof(status->c_str() + at + of.size() + 1) * 1024 / 1e6;
}
void ForgetPeak() {
  if (std::FILE* file = std::fopen("/proc/self/clear_refs", "w")) {
    std::fputs("5", file);
    std::fclose(file);
  }
}

double Since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

const model::LearnerDescriptor* Find(std::string_view id) {
  using namespace learners::trees;
  for (const auto* d : {&GradientBoosting(), &RandomForest(), &ExtraTrees(), &DecisionTree()}) {
    if (d->id == id) return d;
  }
  return nullptr;
}

struct Options {
  model::Parameters parameters;
  std::vector<std::size_t> curve;  // rounds after which the metric is told, ascending
  bool wait = false;
};

std::vector<std::size_t> Integers(std::string_view text) {
  std::vector<std::size_t> numbers;
  for (const char* at = text.data(); at < text.data() + text.size(); ++at) {
    std::size_t number = 0;
    at = std::from_chars(at, text.data() + text.size(), number).ptr;
    numbers.push_back(number);
  }
  return numbers;
}

Result<Options> Parse(const model::LearnerDescriptor& learner, std::span<char* const> words) {
  Options options;
  for (const std::string_view text : words) {
    const std::size_t equals = std::min(text.find('='), text.size());
    const std::string_view name = text.substr(0, equals), value = text.substr(std::min(equals + 1, text.size()));
    if (name == "curve") {
      options.curve = Integers(value);
    } else if (name == "wait") {
      options.wait = value == "yes";
    } else {
      TW_RETURN_IF_ERROR(model::ParseParameter(learner.id, learner.parameters, name, value, options.parameters));
    }
  }
  return options;
}

model::TrainingData TrainingOf(const Data& data, model::RowSpan rows) {
  model::TrainingData training;
  training.num_classes = static_cast<int>(data.classes);
  training.task = data.classes == 0 ? Task::kRegression : data.classes == 2 ? Task::kBinary : Task::kMulticlass;
  training.x = &data.matrix;
  training.y = data.y;
  training.train_rows = rows.first(static_cast<std::size_t>(data.train_rows));
  return training;
}

// [[rounds, metric], ...] on the rows that did not teach; only the sums of the trees so far are held.
std::string Curve(const model::Model& model, const model::TrainingData& training, model::RowSpan test,
                  const std::vector<std::size_t>& rounds) {
  const trees::Forest& forest = *trees::ForestOf(model);
  const std::size_t a_round = forest.width > 1 ? 1 : forest.scores();
  std::vector<double> sums(test.size() * forest.scores()), out(test.size() * std::size_t(model.num_outputs()));
  metrics::Scored scored{.task = training.task, .num_classes = training.num_classes};
  scored.truth = training.y.subspan(training.train_rows.size());
  scored.scores = out;
  const metrics::Metric& metric = metrics::DefaultMetric(training.task);
  std::string text;
  std::size_t done = 0;
  for (const std::size_t round : rounds) {
    const std::size_t last = std::min(forest.trees(), std::max(done, round * a_round));
    trees::AddTrees(forest, *training.x, test, done, last, sums);
    done = last;
    trees::FinishScores(forest, done, sums.data(), test.size(), out.data());
    text += fmt::format("{}[{}, {:.17g}]", text.empty() ? "" : ", ", round, metric.compute(scored));
  }
  return "[" + text + "]";
}

bool Fit(const model::LearnerDescriptor& learner, const Context& context, const model::TrainingData& training,
         model::RowSpan test, const Options& options, const char* predictions) {
  ForgetPeak();
  const double before = Megabytes("VmRSS");
  auto start = Clock::now();
  const std::clock_t cpu_start = std::clock();
  const auto fitted = learner.fit(context, training, options.parameters);
  const double fit = Since(start);
  const double cpu = double(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  const double extra = Megabytes("VmHWM") - before;
  if (!fitted) {
    std::fprintf(stderr, "%s\n", fitted.error().Text().c_str());
    return false;
  }
  start = Clock::now();
  std::vector<double> out(test.size() * std::size_t(fitted->model->num_outputs()));
  fitted->model->Predict(*training.x, test, out);
  const double predict = Since(start);
  model::ByteWriter writer;
  fitted->model->Save(writer);
  const std::string curve =
      options.curve.empty() ? "" : ", \"curve\": " + Curve(*fitted->model, training, test, options.curve);
  fmt::print("{{\"fit\": {:.4f}, \"cpu\": {:.4f}, \"predict\": {:.4f}, \"bytes\": {}, \"extra_mb\": {:.1f}{}}}\n", fit,
             cpu, predict, writer.bytes().size(), extra, curve);
  const std::string_view bytes(reinterpret_cast<const char*>(out.data()), out.size() * sizeof(double));
  return static_cast<bool>(WriteFileAtomically(predictions, bytes));
}

int Run(int argc, char** argv) {
  const model::LearnerDescriptor* learner = argc >= 6 ? Find(argv[1]) : nullptr;
  if (learner == nullptr) {
    std::fputs(
        "usage: fit_bench LEARNER FILE PREDICTIONS THREADS REPEATS [curve=N,N,...] [wait=yes] [name=value ...]\n",
        stderr);
    return 2;
  }
  const auto options = Parse(*learner, std::span(argv, std::size_t(argc)).subspan(6));
  if (!options) {
    std::fprintf(stderr, "%s\n", options.error().Text().c_str());
    return 2;
  }
  const Data data = Read(argv[2]);
  Pool pool(std::atoi(argv[4]));
  Context context;
  context.pool = &pool;
  const model::Rows rows = model::AllRows(data.matrix.rows());
  const model::TrainingData training = TrainingOf(data, rows);
  const model::RowSpan test = model::RowSpan(rows).subspan(training.train_rows.size());
  if (options->wait) {
    std::puts("ready");
    std::fflush(stdout);
    std::getchar();
  }
  for (int repeat = 0; repeat < std::atoi(argv[5]); ++repeat) {
    if (!Fit(*learner, context, training, test, *options, argv[3])) return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return Run(argc, argv); }
