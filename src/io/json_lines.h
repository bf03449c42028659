// JSON lines (one object a line) and JSON documents. Nested objects are flattened with dots, lists of plain values
// become their text and a column of their length, other lists are kept as JSON text; what is no object is rejected.
#pragma once

#include <optional>

#include "base/context.h"
#include "io/input.h"
#include "io/json_records.h"
#include "io/read.h"
#include "io/rejects.h"
#include "io/typed_table.h"

namespace tagwerk::io {

/// What a JSON file holds, and how many lines were read.
struct JsonSource {
  TypedSource source;
  std::int64_t lines = 0;       ///< physical
  std::int64_t data_lines = 0;  ///< records, malformed ones counted
};

/// Reads a whole input (UTF-8 already). Malformed records go to the log. Errors: those of FindRecords.
Result<JsonSource> ReadJson(const Context& context, const Input& input, const ReadOptions& options, RejectLog& log);

/// Reads an input (UTF-8 already) batch by batch; the input and options must outlive it.
class JsonBatches {
 public:
  JsonBatches(const Context& context, const Input& input, const ReadOptions& options)
      : context_(context), input_(input), options_(options) {}
  Status Open();
  /// Returns the next rows, nothing at the end. A document of arrays is one batch.
  Result<std::optional<TypedSource>> Next(std::size_t max_rows, RejectLog& log);
  std::int64_t lines() const { return line_ - 1; }   ///< so far
  std::int64_t records() const { return records_; }  ///< so far, malformed ones counted

 private:
  const Context& context_;
  const Input& input_;
  const ReadOptions& options_;
  JsonLayout layout_;
  std::size_t position_ = 0;
  std::int64_t line_ = 1, records_ = 0;
};

}  // namespace tagwerk::io
