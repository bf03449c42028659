// Times the prediction of a LightGBM text model here, one thread; bench/macro/predict/compare.py writes the files and
// runs this beside its peers.
//
//   predict_bench MODEL.txt ROWS COLUMNS REPEATS
//
// ROWS: rows x COLUMNS doubles, row by row. Prints JSON: seconds a row one at a time and in one batch (medians with
// least and most), seconds of reading the model, and the sum of the scores.
#include <numeric>

#include "learners/trees/bench_rows.h"
#include "learners/trees/lightgbm_text.h"

int main(int argc, char** argv) {
  using namespace tagwerk;
  using namespace tagwerk::learners::trees;
  if (argc != 5) return 2;
  const double before = Now();
  auto read = ReadLightGbm(*ReadFile(argv[1]), argv[1]);
  if (!read) return 1;
  const auto model = MakeForestModel(std::move(read->forest));
  const double reading = Now() - before;
  const model::Matrix x = ReadRows(argv[2], std::stoul(argv[3]));
  const std::size_t rows = x.rows();
  const int repeats = std::stoi(argv[4]);
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
