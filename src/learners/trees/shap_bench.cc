// Times the Shapley values of a LightGBM text model here, one thread; bench/macro/predict/shap.py writes the files and
// runs this beside its peer.
//
//   shap_bench MODEL.txt ROWS COLUMNS REPEATS OUT
//
// ROWS: rows x COLUMNS doubles, row by row. OUT: rows x scores x (columns + 1) doubles, the base last, as LightGBM
// orders them. Prints JSON: seconds of the first call for one row (it prepares the trees), seconds a row one at a time
// and in one batch (medians with least and most).
#include "learners/trees/bench_rows.h"
#include "learners/trees/lightgbm_text.h"

int main(int argc, char** argv) {
  using namespace tagwerk;
  using namespace tagwerk::learners::trees;
  if (argc != 6) return 2;
  auto read = ReadLightGbm(*ReadFile(argv[1]), argv[1]);
  if (!read) return 1;
  const auto model = MakeForestModel(std::move(read->forest));
  const model::Matrix x = ReadRows(argv[2], std::stoul(argv[3]));
  const auto all = model::AllRows(x.rows());
  double started = Now();
  auto values = model->Contribute(x, {all.data(), 1});
  const double first = Now() - started;
  if (!values) return 1;
  std::vector<double> one, batch;
  for (int repeat = 0; repeat < std::stoi(argv[4]); ++repeat) {
    started = Now();
    values = model->Contribute(x, all);
    batch.push_back((Now() - started) / double(x.rows()));
    const std::size_t few = std::min<std::size_t>(x.rows(), 200);
    started = Now();
    for (std::size_t i = 0; i < few; ++i) (void)model->Contribute(x, {&all[i], 1});
    one.push_back((Now() - started) / double(few));
  }
  std::string bytes;
  const auto put = [&](double v) { bytes.append(reinterpret_cast<const char*>(&v), sizeof v); };
  for (std::size_t i = 0; i < x.rows() * values->scores; ++i) {
    for (std::size_t j = 0; j < values->columns; ++j) put(values->values[i * values->columns + j]);
    put(values->base[i % values->scores]);
  }
  if (!WriteFileAtomically(argv[5], bytes)) return 1;
  fmt::print("{{\"first\": {:.4g}, \"one_row\": {}, \"batch\": {}, \"rows\": {}}}\n", first, Spread(one), Spread(batch),
             x.rows());
}
