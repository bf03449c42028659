// Fuzz target: any bytes as a model file. A custom mutator changes the manifest or one section and writes the container
// again, so that its checksums are right and the fuzzer gets past them. What must hold: a clean error, or a pipeline
// that predicts columns of every storage.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/context.h"
#include "pipeline/container.h"
#include "pipeline/pipeline.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using namespace tagwerk;

void MutateText(std::string& text) {
  const std::size_t before = text.size();
  text.resize(before + 256);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), before, text.size()));
}

table::ColumnPtr OddValues(int storage) {
  if (storage == 0) return table::Column::Doubles({0.5, -1e300, std::nan("")});
  if (storage == 1) return table::Column::Timestamps({0, 253'402'300'799'000'000, table::kMissingTime});
  table::DictionaryBuilder builder;
  const std::int32_t first = builder.Intern("a"), second = builder.Intern("b c \xC3\xA9 1");
  return table::Column::Strings({first, second, -1}, std::move(builder).Finish());
}

void TryModel(std::string_view bytes) {
  const auto loaded = pipeline::Pipeline::Parse(bytes, "fuzz.tw");
  if (!loaded) return;
  static Pool pool(1);
  Context context;
  context.pool = &pool;
  const std::vector<table::Field> fields = loaded->ExpectedFields();
  for (int other = 0; other < 3; ++other) {
    std::vector<table::ColumnPtr> columns;
    for (std::size_t c = 0; c < fields.size(); ++c) columns.push_back(OddValues((int(c) + other) % 3));
    const table::Table table(fields, std::move(columns), 3);
    const auto predictions = loaded->Predict(context, table);
    if (predictions) (void)loaded->OutputTable(*predictions).has_value();
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  const auto container = pipeline::ReadContainer({reinterpret_cast<const char*>(data), size}, "fuzz.tw");
  if (!container || seed % 16 == 0) return LLVMFuzzerMutate(data, size, most);
  std::vector<pipeline::Section> sections;
  for (const auto& view : container->sections) sections.push_back({view.name, std::string(view.bytes)});
  Json manifest = container->manifest;
  const std::size_t chosen = seed / 16 % (sections.size() + 1);
  if (chosen < sections.size()) {
    MutateText(sections[chosen].bytes);
  } else {
    std::string text = DumpJson(manifest);
    MutateText(text);
    auto changed = ParseJson(text, "fuzz.tw");
    if (changed && changed->is_object()) manifest = std::move(*changed);
  }
  const std::string written = pipeline::WriteContainer(std::move(manifest), sections);
  if (written.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::memcpy(data, written.data(), written.size());
  return written.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  TryModel({reinterpret_cast<const char*>(data), size});
  return 0;
}
