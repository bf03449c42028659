// Fuzz target: any bytes as the training profile of a model, which `tagwerk drift` compares new data with. What must
// hold: a clean error or a sample that compares with itself, and that is written and read back.
#include <cstddef>
#include <cstdint>
#include <string>

#include "profile/drift.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tagwerk;
  const auto loaded = profile::LoadSample({reinterpret_cast<const char*>(data), size}, "model.tw");
  if (!loaded) return 0;
  for (const profile::ColumnSample& column : loaded->columns) {
    for (const profile::ColumnSample& other : loaded->columns) {
      if (column.form == other.form) (void)profile::CompareColumn(column, other);
    }
  }
  TW_CHECK(profile::LoadSample(profile::SaveSample(*loaded), "model.tw"));
  return 0;
}
