#include "base/error.h"

#include <stdexcept>
#include <utility>

#include "base/text.h"

namespace tagwerk {

namespace {

constexpr ErrorMap kErrorMap[] = {
    {Code::kInvalidArgument, "InvalidArgument", 2, 400, "InvalidArgumentError", false},
    {Code::kInvalidData, "InvalidData", 3, 422, "DataError", false},
    {Code::kNotFound, "NotFound", 3, 404, "NotFoundError", false},
    {Code::kAlreadyExists, "AlreadyExists", 2, 409, "AlreadyExistsError", false},
    {Code::kFailedPrecondition, "FailedPrecondition", 2, 409, "PreconditionError", false},
    {Code::kOutOfRange, "OutOfRange", 2, 400, "OutOfRangeError", false},
    {Code::kResourceExhausted, "ResourceExhausted", 5, 507, "ResourceError", true},
    {Code::kCancelled, "Cancelled", 130, 499, "CancelledError", false},
    {Code::kUnavailable, "Unavailable", 4, 503, "UnavailableError", true},
    {Code::kUnimplemented, "Unimplemented", 2, 501, "NotSupportedError", false},
    {Code::kInternal, "Internal", 70, 500, "InternalError", false},
};

}  // namespace

const ErrorMap& ErrorMapOf(Code code) {
  for (const ErrorMap& row : kErrorMap)
    if (row.code == code) return row;
  return kErrorMap[std::size(kErrorMap) - 1];
}

Error::Error(Code code, std::string id, std::string message) : data_(std::make_unique<Data>()) {
  data_->code = code;
  data_->id = std::move(id);
  data_->message = std::move(message);
}

Error::Error(const Error& other) : data_(std::make_unique<Data>(*other.data_)) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) data_ = std::make_unique<Data>(*other.data_);
  return *this;
}

Error& Error::In(std::string file, std::string detail) {
  data_->where.file = std::move(file);
  if (!detail.empty()) data_->where.detail = std::move(detail);
  return *this;
}
Error& Error::Line(std::int64_t line) {
  data_->where.line = line;
  return *this;
}
Error& Error::Row(std::int64_t row) {
  data_->where.row = row;
  return *this;
}
Error& Error::Byte(std::int64_t byte) {
  data_->where.byte = byte;
  return *this;
}
Error& Error::Column(std::string column) {
  data_->where.column = std::move(column);
  return *this;
}
Error& Error::Key(std::string key) {
  data_->where.key = std::move(key);
  return *this;
}
Error& Error::Got(std::string got) {
  data_->got = std::move(got);
  return *this;
}
Error& Error::Allowed(std::vector<std::string> allowed) {
  data_->allowed = std::move(allowed);
  return *this;
}
Error& Error::Similar(std::vector<std::string> similar) {
  data_->similar = std::move(similar);
  return *this;
}
Error& Error::Do(std::string remedy) {
  data_->remedies.push_back(std::move(remedy));
  return *this;
}
Error& Error::Cause(Error cause) {
  data_->causes.push_back(std::move(cause));
  return *this;
}
Error& Error::ExitCode(int exit_code) {
  data_->exit_code = exit_code;
  return *this;
}

int Error::exit_code() const { return data_->exit_code >= 0 ? data_->exit_code : ErrorMapOf(data_->code).exit_code; }

std::string Error::WhereText() const {
  const Where& where = data_->where;
  std::vector<std::string> parts;
  if (!where.file.empty()) parts.push_back(Printable(where.file, 200));
  if (where.line) parts.push_back("line " + Count(*where.line));
  if (where.row) parts.push_back("row " + Count(*where.row));
  if (where.byte) parts.push_back("byte " + Count(*where.byte));
  if (!where.column.empty()) parts.push_back("column " + Quoted(where.column));
  if (!where.key.empty()) parts.push_back("key " + Quoted(where.key));
  if (!where.detail.empty()) parts.push_back(Printable(where.detail, 300));
  return Join(parts, ", ");
}

std::string Error::Text(std::string_view label) const {
  std::string text;
  if (!label.empty()) text = std::string(label) + "[" + data_->id + "]: ";
  text += data_->message;
  int lines = 1;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty() || lines >= 6) return;
    text += "\n  " + std::string(name) + ": " + value;
    ++lines;
  };
  add("where", WhereText());
  if (data_->got) add("got", *data_->got);
  add("allowed", Join(data_->allowed, ", "));
  add("similar", Join(data_->similar, ", "));
  for (const std::string& remedy : data_->remedies) add("do", remedy);
  for (const Error& cause : data_->causes) text += "\n" + cause.Text(label);
  return text;
}

void ThrowInternal(const char* file, int line, const char* condition) {
  std::string_view path(file);
  const auto slash = path.rfind("src/");
  if (slash != std::string_view::npos) path.remove_prefix(slash);
  throw std::logic_error("internal error at " + std::string(path) + ":" + std::to_string(line) + ": " + condition);
}

}  // namespace tagwerk
