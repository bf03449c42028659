// For the tests of this folder: a temporary folder, a context, and short ways to read text.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zip.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "io/csv_read.h"
#include "io/read.h"

namespace tagwerk::io {

/// A folder that is removed at the end of the test.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tagwerk-io-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string Path(const std::string& name) const { return path_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(Path(name), std::ios::binary) << bytes;
    return Path(name);
  }
  std::string Contents(const std::string& name) const {
    std::ifstream file(Path(name), std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

 private:
  std::string path_;
};

inline void WriteZip(const std::string& path, const std::map<std::string, std::string>& members) {
  int code = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  for (const auto& [name, text] : members) {
    zip_file_add(archive, name.c_str(), zip_source_buffer(archive, text.data(), text.size(), 0), 0);
  }
  zip_close(archive);
}

/// A context with its own pool.
struct TestContext {
  explicit TestContext(int threads = 2) : pool(threads) { context.pool = &pool; }
  Pool pool;
  Context context;
};

inline Result<ReadResult> ReadText(const std::string& text, const ReadOptions& options = {},
                                   const CsvTuning& tuning = {}, int threads = 2) {
  TestContext test(threads);
  Input input;
  input.path = "test.csv";
  auto owner = std::make_shared<const std::string>(text);
  input.bytes = *owner;
  input.owner = owner;
  std::vector<Input> inputs;
  inputs.push_back(std::move(input));
  return ReadCsv(test.context, std::move(inputs), options, tuning);
}

/// The table as CSV-like text: one line a row, cells joined by '|'.
inline std::string Rendered(const table::Table& table) {
  std::string out;
  for (std::size_t r = 0; r < table.num_rows(); ++r) {
    for (std::size_t c = 0; c < table.num_columns(); ++c) {
      if (c > 0) out += '|';
      out += table.column(c).Text(r);
    }
    out += '\n';
  }
  return out;
}

/// The table of a result that must be good.
inline table::Table TableOf(Result<ReadResult> result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().Text());
  return result ? std::move(result->table) : table::Table();
}

inline bool HasNote(const ReadResult& result, const std::string& id) {
  for (const ReadNote& note : result.notes) {
    if (note.id == id) return true;
  }
  return false;
}

}  // namespace tagwerk::io
