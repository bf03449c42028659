// Lines of rows; see source_line.h.
#include "profile/source_line.h"

#include "base/text.h"

namespace tagwerk::profile {

Example ExampleAt(const table::ReadResult& read, std::size_t row, const std::string& value) {
  Example example;
  example.value = value;
  std::size_t first = 0;
  const table::SourceInfo* source = nullptr;
  for (const table::SourceInfo& candidate : read.sources) {
    source = &candidate;
    if (row < first + candidate.rows) break;
    first += candidate.rows;
  }
  if (source != nullptr) example.file = source->path;
  const bool sampled = read.sampled.share() < 1;
  const Json* header = source != nullptr && source->dialect.is_object() && source->dialect.contains("header")
                           ? &source->dialect["header"]
                           : nullptr;
  const bool one_file = read.sources.size() == 1 && header != nullptr && header->is_boolean();
  const std::int64_t above = one_file && header->get<bool>() ? 1 : 0;
  const bool line_a_row = read.physical_lines == above + std::int64_t(read.table.num_rows());
  if (one_file && !sampled && read.rejected_lines == 0 && line_a_row) {
    example.line = std::int64_t(row) + above + 1;
  } else if (!sampled) {
    example.value = "row " + Count(std::int64_t(row) + 1) + ": " + value;
  }
  return example;
}

}  // namespace tagwerk::profile
