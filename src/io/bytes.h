// Tables in bytes that are held in memory: bodies of requests and answers.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/read.h"

namespace tagwerk::io {

/// Streams bytes that are uncompressed and outlive the stream; `name` is for messages. Errors: those of OpenStream.
Result<std::unique_ptr<TableStream>> OpenBytes(const Context& context, std::string_view bytes, const std::string& name,
                                               const ReadOptions& options, std::size_t batch_rows);
/// Returns a table as the bytes of an Arrow IPC stream. Error: memory-limit.
Result<std::string> ArrowStreamBytes(const table::Table& table);

}  // namespace tagwerk::io
