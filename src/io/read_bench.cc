// Times one reading of a file and prints what was read; bench/macro/read/compare.py runs it beside its peers.
//
//   read_bench FILE THREADS
//
// Prints one JSON document: seconds of the wall and of the processor, rows, and by column the missing cells with
// the sum (numbers), the sum of seconds since 1970 (times) or the number of distinct values (strings).
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/json.h"
#include "io/read.h"

namespace {

using namespace tagwerk;

double ProcessorSeconds() {
  std::timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

Json Facts(const table::Column& column) {
  std::int64_t missing = 0;
  for (std::size_t row = 0; row < column.size(); ++row) missing += column.IsMissing(row);
  if (column.storage() == table::Storage::kString) {
    std::vector<bool> met(std::size_t(column.dictionary()->size()));
    for (const std::int32_t code : *column.codes()) {
      if (code >= 0) met[std::size_t(code)] = true;
    }
    return {{"missing", missing}, {"distinct", std::count(met.begin(), met.end(), true)}};
  }
  double sum = 0;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.IsMissing(row)) continue;
    const bool number = column.storage() == table::Storage::kDouble;
    sum += number ? (*column.doubles())[row] : double((*column.timestamps())[row]) * 1e-6;
  }
  return {{"missing", missing}, {"sum", sum}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: read_bench FILE THREADS\n", stderr);
    return 2;
  }
  const double processor = ProcessorSeconds();
  const auto start = std::chrono::steady_clock::now();
  Pool pool(std::atoi(argv[2]));
  Context context;
  context.pool = &pool;
  const auto read = io::Read(context, argv[1], {});
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  if (!read) {
    std::fprintf(stderr, "%s\n", ErrorJson(read.error()).dump().c_str());
    return 1;
  }
  Json document = {{"wall", wall.count()}, {"cpu", ProcessorSeconds() - processor}, {"rows", read->table.num_rows()}};
  for (std::size_t c = 0; c < read->table.num_columns(); ++c) {
    document["columns"][read->table.field(c).name] = Facts(read->table.column(c));
  }
  std::printf("%s\n", document.dump().c_str());
  return 0;
}
