// Parquet and Arrow IPC files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "io/input.h"
#include "io/read.h"
#include "io/typed_table.h"

namespace tagwerk::io {

enum class FileFormat : std::uint8_t { kCsv, kJson, kParquet, kArrowFile, kArrowStream };

/// Returns the format, by content first. Error: not-a-table for known formats that are not read.
Result<FileFormat> DetectFormat(const Input& input);

/// Reads a whole Parquet file, columns in parallel. Error: parquet-unreadable.
Result<TypedSource> ReadParquet(const Context& context, const Input& input, const ReadOptions& options);
/// Reads a whole Arrow IPC file or stream. Error: arrow-unreadable.
Result<TypedSource> ReadArrowIpc(const Context& context, const Input& input, FileFormat format,
                                 const ReadOptions& options);

/// Returns about how many bytes the table of a typed input takes. Error: parquet-unreadable.
Result<std::uint64_t> TableBytes(const Input& input, FileFormat format);

/// Batches of a Parquet or IPC file, one after the other.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  virtual Result<std::optional<TypedSource>> Next() = 0;
  virtual std::vector<std::string> names() const = 0;
};
Result<std::unique_ptr<BatchSource>> OpenBatches(const Context& context, const Input& input, FileFormat format,
                                                 const ReadOptions& options, std::size_t batch_rows);

}  // namespace tagwerk::io
