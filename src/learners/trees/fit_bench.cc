// Times one fit and prediction of a tree learner on a raw file; bench/macro/gbdt/compare.py writes the file
// and runs this beside its peers.
//
//   fit_bench LEARNER FILE PREDICTIONS THREADS REPEATS [name=value ...]
//
// FILE: int64 rows, train_rows, columns, classes (0 = regression); columns x int64 categories (0 = numeric);
// columns x rows doubles; rows doubles of y. The first train_rows rows teach, the others are predicted.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/files.h"
#include "learners/trees/trees.h"

namespace {

using namespace tagwerk;

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

int Run(int argc, char** argv) {
  const model::LearnerDescriptor* learner = argc >= 6 ? Find(argv[1]) : nullptr;
  if (learner == nullptr) {
    std::fputs("usage: fit_bench LEARNER FILE PREDICTIONS THREADS REPEATS [name=value ...]\n", stderr);
    return 2;
  }
  const Data data = Read(argv[2]);
  Pool pool(std::atoi(argv[4]));
  Context context;
  context.pool = &pool;
  model::Parameters parameters;
  for (int i = 6; i < argc; ++i) {
    const std::string_view text = argv[i];
    const std::size_t equals = text.find('=');
    const auto parsed = model::ParseParameter(learner->id, learner->parameters, text.substr(0, equals),
                                              text.substr(equals + 1), parameters);
    if (!parsed) {
      std::fprintf(stderr, "%s\n", parsed.error().Text().c_str());
      return 2;
    }
  }
  model::Rows rows = model::AllRows(data.matrix.rows());
  const auto train = static_cast<std::size_t>(data.train_rows);
  model::TrainingData training;
  training.num_classes = static_cast<int>(data.classes);
  training.task = data.classes == 0 ? Task::kRegression : data.classes == 2 ? Task::kBinary : Task::kMulticlass;
  training.x = &data.matrix;
  training.y = data.y;
  training.train_rows = model::RowSpan(rows).first(train);
  for (int repeat = 0; repeat < std::atoi(argv[5]); ++repeat) {
    ForgetPeak();
    const double before = Megabytes("VmRSS");
    auto start = Clock::now();
    const std::clock_t cpu_start = std::clock();
    const auto fitted = learner->fit(context, training, parameters);
    const double fit = Since(start);
    const double cpu = double(std::clock() - cpu_start) / CLOCKS_PER_SEC;
    const double extra = Megabytes("VmHWM") - before;
    if (!fitted) {
      std::fprintf(stderr, "%s\n", fitted.error().Text().c_str());
      return 1;
    }
    start = Clock::now();
    const model::RowSpan test = model::RowSpan(rows).subspan(train);
    std::vector<double> out(test.size() * std::size_t(fitted->model->num_outputs()));
    fitted->model->Predict(data.matrix, test, out);
    const double predict = Since(start);
    model::ByteWriter writer;
    fitted->model->Save(writer);
    fmt::print("{{\"fit\": {:.4f}, \"cpu\": {:.4f}, \"predict\": {:.4f}, \"bytes\": {}, \"extra_mb\": {:.1f}}}\n", fit,
               cpu, predict, writer.bytes().size(), extra);
    const std::string_view bytes(reinterpret_cast<const char*>(out.data()), out.size() * sizeof(double));
    if (!WriteFileAtomically(argv[3], bytes)) return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return Run(argc, argv); }
