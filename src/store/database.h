// One connection to the database: statements, short transactions, and SQLite's failures as errors of ours. The only
// place that includes sqlite3.h; everything above speaks portable SQL.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tagwerk::store {

/// NULL, whole number, number, text or bytes.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

Value NullIfEmpty(std::string text);
/// NaN and infinity become NULL.
Value Number(double value);
/// A member of a document as a value: NULL if it is absent; objects and lists as JSON text.
Value Member(const Json& object, const char* name);

/// One row of an answer; columns count from 0.
class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
  std::size_t size() const { return values_.size(); }
  bool Null(std::size_t column) const { return std::holds_alternative<std::monostate>(values_[column]); }
  std::int64_t Int(std::size_t column) const;  ///< 0 if NULL
  double Real(std::size_t column) const;       ///< NaN if NULL
  std::string Text(std::size_t column) const;  ///< "" if NULL
  Json AsJson(std::size_t column) const;       ///< null, number or text

 private:
  std::vector<Value> values_;
};

enum class Access : std::uint8_t { kRead, kWrite };

/// A connection; may be shared by threads (calls are serialised). All errors: store-locked, disk-full,
/// store-not-writable (5), store-damaged (3), store-failed (70).
class Database {
 public:
  /// Opens an existing file. A file on a read-only medium can still be read.
  static Result<std::unique_ptr<Database>> Open(const std::string& path, Access access);
  /// Makes an empty database that lives in memory.
  static Result<std::unique_ptr<Database>> InMemory();
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& path() const { return path_; }
  /// Runs one statement and returns its rows.
  Result<std::vector<Row>> Query(const std::string& sql, const std::vector<Value>& values = {});
  /// The same for a statement that gives one row or none.
  Result<std::optional<Row>> QueryOne(const std::string& sql, const std::vector<Value>& values = {});
  /// Runs one statement that gives no rows; returns how many rows it changed.
  Result<std::int64_t> Change(const std::string& sql, const std::vector<Value>& values = {});
  /// Runs several statements without values.
  Status Script(const std::string& sql);
  /// Runs `body` as one transaction that has the right to write from its start: all of it lasts, or nothing. Inside
  /// another one it is part of that. Once it returns without error, not even a power cut takes it back.
  Status Write(const std::function<Status()>& body);
  /// Runs `body` in the same way and takes all of it back: what would be. Not inside another transaction.
  Status Rehearse(const std::function<Status()>& body);
  /// Replaces the whole content by that of another database, as one transaction.
  Status ReplaceBy(Database& source);
  /// How long a writer waits for others, in milliseconds (30,000 at first).
  void WaitAtMost(int milliseconds);

 private:
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  Error Failure(int code) const;
  Status Apply(const std::string& sql, const std::vector<Value>& values, std::vector<Row>* rows);
  Status Fill(sqlite3_stmt* statement, std::vector<Row>* rows);
  Status Transaction(const std::function<Status()>& body, bool keep);

  sqlite3* handle_;
  std::string path_;
  std::recursive_mutex mutex_;
  std::unordered_map<std::string, sqlite3_stmt*> statements_;  ///< prepared before
  int depth_ = 0;                                              ///< of Write
};

}  // namespace tagwerk::store
