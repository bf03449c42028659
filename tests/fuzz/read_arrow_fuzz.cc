// Fuzz target: any bytes as Parquet or Arrow IPC. What must hold: a table or one error, never a crash.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "io/arrow_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tagwerk;
  static Pool pool(1);
  Context context;
  context.pool = &pool;
  context.memory_limit = 1 << 28;
  io::Input input;
  input.path = "fuzz";
  auto owner = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
  input.bytes = *owner;
  input.owner = owner;
  const auto format = io::DetectFormat(input);
  if (!format) return 0;
  if (*format == io::FileFormat::kParquet) {
    (void)io::ReadParquet(context, input, {}).has_value();
  } else if (*format == io::FileFormat::kArrowFile || *format == io::FileFormat::kArrowStream) {
    (void)io::ReadArrowIpc(context, input, *format, {}).has_value();
  }
  return 0;
}
