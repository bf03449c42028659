// rejected.csv is written to a temporary as lines come in, so that a file full of malformed lines does
// not fill the memory, and gets its name when reading has ended.
#include "io/rejects.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/files.h"
#include "base/text.h"
#include "io/csv_write.h"
#include "io/output_file.h"

namespace tagwerk::io {
namespace {

constexpr std::size_t kRawLimit = 4096;
constexpr std::size_t kFlushBytes = 1 << 20;

const char* Slug(RejectReason reason) {
  switch (reason) {
    case RejectReason::kTooFewFields:
      return "too-few-fields";
    case RejectReason::kTooManyFields:
      return "too-many-fields";
    case RejectReason::kOpenQuote:
      return "open-quote";
    case RejectReason::kBadJson:
      return "bad-json";
    case RejectReason::kShifted:
      return "shifted-cells";
    case RejectReason::kPreamble:
      return "preamble";
    case RejectReason::kFooter:
      return "footer";
  }
  return "";
}

std::string Detail(const Reject& reject, std::size_t width) {
  if (!reject.detail.empty()) return reject.detail;
  if (reject.reason == RejectReason::kOpenQuote) return "a quoted cell is not closed on its line";
  if (reject.reason == RejectReason::kPreamble) return "before the header";
  if (reject.reason == RejectReason::kFooter) return "after the last row";
  return fmt::format("{} fields, expected {}", Count(std::int64_t(reject.cells)), Count(std::int64_t(width)));
}

}  // namespace

RejectLog::RejectLog(std::string path) : path_(std::move(path)) {}

RejectLog::~RejectLog() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

Status RejectLog::Add(const std::string& file, std::string_view text, const std::vector<Reject>& rejects,
                      std::size_t width) {
  for (const Reject& reject : rejects) {
    if (reject.reason < RejectReason::kShifted) count_ += reject.lines;
    RejectedLine line;
    line.file = file;
    line.line = reject.line;
    line.byte = std::int64_t(reject.begin);
    line.reason = Slug(reject.reason);
    line.detail = Detail(reject, width);
    line.raw = std::string(text.substr(reject.begin, std::min(reject.length, kRawLimit)));
    if (!path_.empty()) {
      if (pending_.empty() && descriptor_ < 0) pending_ = "file,line,byte,reason,detail,raw\n";
      AppendCsvCell(pending_, line.file, ',');
      pending_ += fmt::format(",{},{},{},", line.line, line.byte, line.reason);
      AppendCsvCell(pending_, line.detail, ',');
      pending_ += ',';
      AppendCsvCell(pending_, line.raw, ',');
      pending_ += '\n';
      if (pending_.size() >= kFlushBytes) TW_RETURN_IF_ERROR(Flush());
    }
    if (lines_.size() < kListedRejects) lines_.push_back(std::move(line));
  }
  return Ok();
}

Status RejectLog::Flush() {
  if (descriptor_ < 0) {
    temporary_ = TemporaryName(path_);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor_ < 0) return WriteFailed(path_, errno);
  }
  if (const int code = WriteAll(descriptor_, pending_); code != 0) return WriteFailed(path_, code);
  pending_.clear();
  return Ok();
}

Status RejectLog::Finish(std::int64_t data_lines, double max_rejected) {
  if (lines_.empty()) return Ok();
  if (!path_.empty()) {
    TW_RETURN_IF_ERROR(Flush());
    if (::fsync(descriptor_) != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
      return WriteFailed(path_, errno);
    }
    ::close(descriptor_);
    descriptor_ = -1;
  }
  const double share = data_lines > 0 ? double(count_) / double(data_lines) : 1.0;
  if (count_ == 0 || share <= max_rejected) return Ok();
  const RejectedLine& first = lines_.front();
  Error error(Code::kInvalidData, "rows-rejected",
              fmt::format("{} of the rows are malformed, more than the limit of {}: {} of {}", Percent(share),
                          Percent(max_rejected), Count(count_), Count(data_lines)));
  error
      .In(first.file, fmt::format("first at line {}: {}{}", Count(first.line), first.detail,
                                  path_.empty() ? "" : "; all in " + path_))
      .Line(first.line)
      .Do("mend the file")
      .Do(fmt::format("--max-rejected {}%", Shortest(std::min(100.0, std::ceil(share * 100)))));
  return error;
}

}  // namespace tagwerk::io
