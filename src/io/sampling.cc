// Reading time is estimated from one measured stretch in the middle of the largest file.
#include "io/sampling.h"

#include <algorithm>

#include "io/csv_read.h"

namespace tagwerk::io {
namespace {

constexpr std::size_t kMeasured = 4 << 20;
// Share of the time that splitting into cells takes without converting any; measured on wide number files.
constexpr double kScanShare = 0.3;
constexpr double kTableShare = 0.1;  // of the memory limit
constexpr double kPerText = 40;      // bytes of a distinct text beside its characters, while it is looked up

// What a row of the table takes, as the measured stretch shows it.
double BytesPerRow(const Chunk& chunk, const std::vector<ColumnPlan>& plans) {
  double bytes = 0;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].kind == PlanKind::kSkip) continue;
    bytes += plans[i].kind == PlanKind::kString ? 4 : 8;
    const auto& dictionary = chunk.columns[i].dictionary;
    if (plans[i].kind != PlanKind::kString || !dictionary || dictionary->size() == 0) continue;
    double characters = 0;
    for (std::int32_t code = 0; code < dictionary->size(); ++code) characters += double(dictionary->at(code).size());
    bytes += (characters + kPerText * dictionary->size()) / double(chunk.rows);
  }
  return bytes;
}

void Measure(const Chunk& chunk, const std::vector<ColumnPlan>& plans, Sampling& sampling) {
  if (chunk.rows == 0) return;
  sampling.rows_per_byte = double(chunk.rows) / double(chunk.end - chunk.begin);
  sampling.bytes_per_row = BytesPerRow(chunk, plans);
}

void FitMemory(const Context& context, const CsvSource& source, Sampling& sampling) {
  if (context.memory_limit == 0) return;
  const double table = double(source.total_bytes()) * sampling.rows_per_byte * sampling.bytes_per_row;
  const double share = double(TableBudget(context.memory_limit)) / std::max(table, 1.0);
  if (share >= sampling.shares.share()) return;
  sampling.shares.rows = share / sampling.shares.blocks;
  sampling.by_memory = true;
}

void FitTime(const Context& context, const CsvSource& source, const Chunk& chunk, double elapsed, double seconds,
             Sampling& sampling) {
  const double all =
      elapsed * double(source.total_bytes()) / double(chunk.end - chunk.begin) / double(context.pool->threads());
  if (all <= seconds) return;
  const double scan = all * kScanShare;
  if (seconds > 1.5 * scan) {
    sampling.shares.rows = std::clamp((seconds - scan) / (all - scan), 0.01, 1.0);
  } else {
    sampling.shares.blocks = std::clamp(seconds / all, 1e-4, 1.0);
  }
}

}  // namespace

std::uint64_t TableBudget(std::uint64_t memory_limit) { return std::uint64_t(double(memory_limit) * kTableShare); }

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
    Measure(chunk, plans, sampling);
    FitMemory(context, source, sampling);
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
  Measure(chunk, plans, sampling);
  if (limited) FitTime(context, source, chunk, elapsed, seconds, sampling);
  FitMemory(context, source, sampling);
  return sampling;
}
}  // namespace tagwerk::io
