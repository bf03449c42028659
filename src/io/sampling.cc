// Reading time is estimated from one measured stretch in the middle of the largest file.
#include "io/sampling.h"

#include <algorithm>

#include "io/csv_read.h"

namespace tagwerk::io {
namespace {

constexpr std::size_t kMeasured = 4 << 20;
// Share of the time that splitting into cells takes without converting any; measured on wide number files.
constexpr double kScanShare = 0.3;

}  // namespace

Sampling ChooseSampling(const Context& context, const CsvSource& source, const std::vector<ColumnPlan>& plans,
                        double seconds) {
  Sampling sampling;
  std::size_t largest = 0;
  for (std::size_t f = 1; f < source.files.size(); ++f) {
    if (source.files[f].input.bytes.size() > source.files[largest].input.bytes.size()) largest = f;
  }
  ChunkJob job = source.Job(largest, plans);
  const std::size_t begin = source.files[largest].format.data_begin;
  const std::size_t data = job.text.size() - begin;
  const bool limited = seconds > 0 && seconds < 1e17;
  if (data < kMeasured && !limited) {
    job.max_rows = 100;
    const Chunk chunk = ParseChunk(context, job, begin, job.text.size());
    if (chunk.rows > 0) sampling.rows_per_byte = double(chunk.rows) / double(chunk.end - chunk.begin);
    return sampling;
  }
  std::size_t start = begin;
  if (data > 2 * kMeasured) {
    start = std::min(job.text.size(), job.text.find(job.dialect.newline, begin + data / 2));
    start += start < job.text.size();
  }
  const TimePoint before = Clock::now();
  const Chunk chunk =
      ParseChunk(context, job, start, std::min(job.text.size(), start + (limited ? kMeasured : kMeasured / 16)));
  const double elapsed = std::chrono::duration<double>(Clock::now() - before).count();
  if (chunk.end == chunk.begin) return sampling;
  sampling.rows_per_byte = double(chunk.rows) / double(chunk.end - chunk.begin);
  if (!limited) return sampling;
  const double all =
      elapsed * double(source.total_bytes()) / double(chunk.end - chunk.begin) / double(context.pool->threads());
  if (all <= seconds) return sampling;
  const double scan = all * kScanShare;
  if (seconds > 1.5 * scan) {
    sampling.shares.rows = std::clamp((seconds - scan) / (all - scan), 0.01, 1.0);
  } else {
    sampling.shares.blocks = std::clamp(seconds / all, 1e-4, 1.0);
  }
  return sampling;
}

}  // namespace tagwerk::io
