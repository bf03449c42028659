// Fuzz target: any bytes as a model file. Either a clean error or a pipeline that predicts.
// First byte even: the bytes are the file as they come. Odd: they replace one section of a container whose
// checksums are right, so that the fuzzer gets past them.
#include <cstdint>
#include <string>

#include "base/context.h"
#include "pipeline/container.h"
#include "pipeline/pipeline.h"

namespace {

void Try(std::string_view bytes) {
  const auto loaded = tagwerk::pipeline::Pipeline::Parse(bytes, "fuzz.tw");
  if (!loaded) return;
  tagwerk::Pool pool(1);
  tagwerk::Context context;
  context.pool = &pool;
  std::vector<tagwerk::table::Field> fields = loaded->ExpectedFields();
  std::vector<tagwerk::table::ColumnPtr> columns;
  for (std::size_t j = 0; j < fields.size(); ++j) {
    columns.push_back(tagwerk::table::Column::Doubles({0.5, -1e300}));
  }
  const tagwerk::table::Table table(std::move(fields), std::move(columns), 2);
  const auto predictions = loaded->Predict(context, table);
  if (predictions) (void)loaded->OutputTable(*predictions);
}

/// Splits bytes into sections at the separator 0xFE 0xED; the names are those of a model file.
std::string Assemble(std::string_view bytes) {
  static constexpr const char* kNames[] = {"pipeline", "features/0", "learner/0", "learner/1"};
  std::vector<tagwerk::pipeline::Section> sections;
  for (const char* name : kNames) {
    const std::size_t cut = std::min(bytes.find("\xFE\xED"), bytes.size());
    sections.push_back({name, std::string(bytes.substr(0, cut))});
    bytes.remove_prefix(std::min(bytes.size(), cut + 2));
  }
  tagwerk::Json manifest = {{"learners", {{{"parameters", nullptr}}}}, {"test", tagwerk::Json::array()}};
  return tagwerk::pipeline::WriteContainer(std::move(manifest), sections);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Try(data[0] % 2 == 0 ? std::string(bytes) : Assemble(bytes));
  return 0;
}
