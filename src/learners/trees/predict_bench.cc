// Times the prediction of a LightGBM text model here, one thread; bench/macro/predict/compare.py writes the files and
// runs this beside its peers.
//
//   predict_bench MODEL.txt ROWS COLUMNS REPEATS
//
// ROWS: rows x COLUMNS doubles, row by row. Prints JSON: seconds a row one at a time and in one batch (medians with
// least and most), seconds of reading the model, and the sum of the scores.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>

#include "base/files.h"
#include "learners/trees/lightgbm_text.h"

namespace {

using namespace tagwerk;

double Now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::string Spread(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  return fmt::format("[{:.4g}, {:.4g}, {:.4g}]", times.front(), times[times.size() / 2], times.back());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const double before = Now();
  auto read = learners::trees::ReadLightGbm(*ReadFile(argv[1]), argv[1]);
  if (!read) return 1;
  const auto model = learners::trees::MakeForestModel(std::move(read->forest));
  const double reading = Now() - before;
  const std::string bytes = *ReadFile(argv[2]);
  const std::size_t columns = std::stoul(argv[3]), rows = bytes.size() / 8 / columns;
  const int repeats = std::stoi(argv[4]);
  std::vector<model::MatrixColumn> made(columns);
  for (std::size_t j = 0; j < columns; ++j) {
    std::vector<double> values(rows);
    for (std::size_t i = 0; i < rows; ++i) std::memcpy(&values[i], bytes.data() + 8 * (i * columns + j), 8);
    made[j].numeric = std::make_shared<const std::vector<double>>(std::move(values));
  }
  const model::Matrix x(rows, std::move(made));
  const auto all = model::AllRows(rows);
  const auto outputs = std::size_t(model->num_outputs());
  std::vector<double> out(rows * outputs), one, batch;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    double started = Now();
    model->Predict(x, all, out);
    batch.push_back((Now() - started) / double(rows));
    const std::size_t few = std::min<std::size_t>(rows, 2000);
    started = Now();
    for (std::size_t i = 0; i < few; ++i) {
      const model::RowIndex row = all[i];
      model->Predict(x, {&row, 1}, std::span(out).first(outputs));
    }
    one.push_back((Now() - started) / double(few));
  }
  model->Predict(x, all, out);
  fmt::print("{{\"one_row\": {}, \"batch\": {}, \"reading\": {:.4g}, \"rows\": {}, \"sum\": {:.17g}}}\n", Spread(one),
             Spread(batch), reading, rows, std::accumulate(out.begin(), out.end(), 0.0));
}
