// Fuzz target: any bytes as a file of settings; the first byte chooses which: tagwerk.toml, a schema (--schema), or
// tests.toml. What must hold: settings, or one clear error; and tests that were read are written and read back.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "app/project.h"
#include "app/schema_file.h"
#include "app/tests.h"

namespace {

using namespace tagwerk;

/// A file in memory that can be opened by name.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& bytes) : file_(::memfd_create("settings", MFD_CLOEXEC)) {
    TW_CHECK(::write(file_, bytes.data(), bytes.size()) == ssize_t(bytes.size()));
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(file_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

Status TryTests(const std::string& bytes) {
  TW_TRY(const app::ModelTests tests, app::ParseTests(bytes, "tests.toml"));
  const std::string written = app::WriteTests(tests, "model.tw");
  const auto again = app::ParseTests(written, "tests.toml");
  TW_CHECK(again && again->tests.size() == tests.tests.size());
  TW_CHECK(app::WriteTests(*again, "model.tw") == written);
  return Ok();
}

Status Try(int kind, const std::string& bytes) {
  if (kind == 2) return TryTests(bytes);
  const MemoryFile file(bytes);
  if (kind == 1) {
    io::ReadOptions options;
    return app::TakeSchema(file.path(), options);
  }
  app::Arguments arguments;
  arguments.verb = app::FindVerb("run");
  return app::TakeProject(file.path(), arguments);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto status = Try(data[0] % 3, std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  if (!status) TW_CHECK(!status.error().Text().empty());
  return 0;
}
