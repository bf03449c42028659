// One error record for the whole program: what failed, where, and what to do about it.
// User faults travel as values (see base/result.h); exceptions are for our own bugs only.
//
//   return Error(Code::kInvalidArgument, "target-not-found", "column is not in the data: \"lat\"")
//       .In("flights.parquet").Similar({"late"}).Do("tagwerk run flights.parquet --target late");
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tagwerk {

/// Classes of failure. ErrorMapOf() gives exit code, HTTP status and Python exception of each.
enum class Code : std::uint8_t {
  kInvalidArgument,
  kInvalidData,
  kNotFound,
  kAlreadyExists,
  kFailedPrecondition,
  kOutOfRange,
  kResourceExhausted,
  kCancelled,
  kUnavailable,
  kUnimplemented,
  kInternal,
};

/// What a code means at each boundary.
struct ErrorMap {
  Code code;
  const char* name;    ///< as written in JSON: "InvalidArgument"
  int exit_code;       ///< of the command
  int http_status;     ///< of the server
  const char* python;  ///< exception class of the Python package
  bool retriable;
};

/// Returns the row of the one table that maps codes to the outside world.
const ErrorMap& ErrorMapOf(Code code);

/// Where a fault was seen; members that were not set are left out of the message.
struct Where {
  std::string file;    ///< file, folder, option or setting
  std::string detail;  ///< free text after it: "44 columns"
  std::string column;
  std::string key;
  std::optional<std::int64_t> line;  ///< 1 = first line of the file
  std::optional<std::int64_t> row;   ///< 1 = first data row
  std::optional<std::int64_t> byte;
};

/// An error; copyable, heap-allocated, never empty. The slug is stable and documented.
class [[nodiscard]] Error {
 public:
  Error(Code code, std::string id, std::string message);
  Error(const Error& other);
  Error& operator=(const Error& other);
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  // Each returns *this, so that an error is written as one expression.
  Error& In(std::string file, std::string detail = "");
  Error& Line(std::int64_t line);
  Error& Row(std::int64_t row);
  Error& Byte(std::int64_t byte);
  Error& Column(std::string column);
  Error& Key(std::string key);
  Error& Got(std::string got);
  Error& Allowed(std::vector<std::string> allowed);
  Error& Similar(std::vector<std::string> similar);
  Error& Do(std::string remedy);   ///< a command or setting that cures it; repeatable
  Error& Cause(Error cause);       ///< a further fault found together with this one
  Error& ExitCode(int exit_code);  ///< overrides the code's own (gate: 1, name not found: 2)

  Code code() const { return data_->code; }
  const std::string& id() const { return data_->id; }
  const std::string& message() const { return data_->message; }
  const Where& where() const { return data_->where; }
  const std::optional<std::string>& got() const { return data_->got; }
  const std::vector<std::string>& allowed() const { return data_->allowed; }
  const std::vector<std::string>& similar() const { return data_->similar; }
  const std::vector<std::string>& remedies() const { return data_->remedies; }
  const std::vector<Error>& causes() const { return data_->causes; }
  int exit_code() const;

  /// Returns the text of experience.md part 3: line 1, then where / similar / do lines.
  /// `label` is "error" or "warning"; an empty label leaves out the `label[id]: ` start.
  std::string Text(std::string_view label = "error") const;
  /// Returns the `where` cell: "new.csv, line 2, column \"weight\"".
  std::string WhereText() const;

 private:
  struct Data {
    Code code;
    std::string id, message;
    Where where;
    std::optional<std::string> got;
    std::vector<std::string> allowed, similar, remedies;
    std::vector<Error> causes;
    int exit_code = -1;
  };
  std::unique_ptr<Data> data_;
};

/// Thrown by TW_CHECK: a bug of ours, caught at the boundary and reported with exit code 70.
[[noreturn]] void ThrowInternal(const char* file, int line, const char* condition);

}  // namespace tagwerk

/// States what must hold; never reachable by input of a user.
#define TW_CHECK(condition) ((condition) ? void(0) : ::tagwerk::ThrowInternal(__FILE__, __LINE__, #condition))
