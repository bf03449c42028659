#include "store/database.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cmath>

#include "base/text.h"

namespace tagwerk::store {

namespace {

constexpr int kWaitMilliseconds = 30'000;
constexpr std::size_t kMostStatements = 200;

/// Set on every connection. FULL: a commit that was acknowledged is on the disk.
constexpr const char* kSettings =
    "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;";

int BindOne(sqlite3_stmt* statement, int position, const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, position, *whole);
  if (const auto* number = std::get_if<double>(&value)) return sqlite3_bind_double(statement, position, *number);
  if (const auto* text = std::get_if<std::string>(&value))
    return sqlite3_bind_text64(statement, position, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return sqlite3_bind_null(statement, position);
}

Value ColumnValue(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return std::int64_t(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_NULL:
      return std::monostate();
    default: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      return bytes == nullptr ? std::string()
                              : std::string(bytes, std::size_t(sqlite3_column_bytes(statement, column)));
    }
  }
}

std::string FileUri(const std::string& path, const char* parameters) {
  std::string uri = "file:";
  for (const char c : path) {
    static constexpr const char* kHex = "0123456789ABCDEF";
    if (c == '%' || c == '?' || c == '#')
      uri += std::string("%") + kHex[(c >> 4) & 15] + kHex[c & 15];
    else
      uri += c;
  }
  return uri + parameters;
}

/// A database in WAL mode needs its side files. Where they cannot be made and none hold anything, the file itself
/// cannot change either.
bool Alone(const std::string& path) {
  struct stat info{};
  return ::stat((path + "-wal").c_str(), &info) != 0 || info.st_size == 0;
}

}  // namespace

Value NullIfEmpty(std::string text) { return text.empty() ? Value() : Value(std::move(text)); }

Value Number(double value) { return std::isfinite(value) ? Value(value) : Value(); }

Value Member(const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name)) return Value();
  const Json& member = object[name];
  if (member.is_null()) return Value();
  if (member.is_string()) return member.get<std::string>();
  if (member.is_boolean()) return std::int64_t(member.get<bool>());
  if (member.is_number_integer()) return member.get<std::int64_t>();
  if (member.is_number()) return Number(member.get<double>());
  return DumpJson(member);
}

std::int64_t Row::Int(std::size_t column) const {
  if (const auto* number = std::get_if<double>(&values_[column])) return std::int64_t(*number);
  const auto* whole = std::get_if<std::int64_t>(&values_[column]);
  return whole == nullptr ? 0 : *whole;
}

double Row::Real(std::size_t column) const {
  if (const auto* whole = std::get_if<std::int64_t>(&values_[column])) return double(*whole);
  const auto* number = std::get_if<double>(&values_[column]);
  return number == nullptr ? std::nan("") : *number;
}

std::string Row::Text(std::size_t column) const {
  const auto* text = std::get_if<std::string>(&values_[column]);
  return text == nullptr ? "" : *text;
}

Json Row::AsJson(std::size_t column) const {
  if (const auto* whole = std::get_if<std::int64_t>(&values_[column])) return *whole;
  if (const auto* number = std::get_if<double>(&values_[column])) return *number;
  if (const auto* text = std::get_if<std::string>(&values_[column])) return *text;
  return nullptr;
}

Error Database::Failure(int code) const {
  const int kind = code & 0xff;
  const std::string why = sqlite3_errstr(code);
  if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED)
    return Error(Code::kResourceExhausted, "store-locked", "another process holds the store")
        .In(path_)
        .Do("wait or stop it; read-only verbs work meanwhile");
  if (kind == SQLITE_FULL || code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_TRUNCATE)
    return Error(Code::kResourceExhausted, "disk-full", "no space left while writing the store")
        .In(path_)
        .Do("free space; nothing that was acknowledged is lost");
  if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB)
    return Error(Code::kInvalidData, "store-damaged", "the store's file is damaged: " + why)
        .In(path_)
        .Do("tagwerk store restore FILE, or move the file away: a new store is begun");
  if (kind == SQLITE_READONLY || kind == SQLITE_CANTOPEN || kind == SQLITE_PERM || kind == SQLITE_IOERR)
    return Error(Code::kResourceExhausted, "store-not-writable", "the store cannot be opened or written: " + why)
        .In(path_)
        .Do("check the permissions of file and folder, or name another with --store");
  if (kind == SQLITE_CONSTRAINT || kind == SQLITE_MISMATCH || kind == SQLITE_TOOBIG)
    return Error(Code::kInvalidData, "store-refused",
                 "the store does not take this: " + std::string(sqlite3_errmsg(handle_)))
        .In(path_);
  return Error(Code::kInternal, "store-failed", why + ": " + sqlite3_errmsg(handle_)).In(path_);
}

Result<std::unique_ptr<Database>> Database::Open(const std::string& path, Access access) {
  const auto connect = [&](const char* parameters, int flags) -> Result<std::unique_ptr<Database>> {
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(FileUri(path, parameters).c_str(), &handle,
                                     flags | SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX, nullptr);
    auto database = std::unique_ptr<Database>(new Database(handle, path));
    if (code != SQLITE_OK) return database->Failure(code);
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, kWaitMilliseconds);
    TW_RETURN_IF_ERROR(database->Script(kSettings));
    TW_RETURN_IF_ERROR(database->Query("SELECT count(*) FROM sqlite_master"));
    return database;
  };
  auto opened = connect("", access == Access::kWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  if (opened || access == Access::kWrite || opened.error().id() != "store-not-writable" || !Alone(path)) return opened;
  return connect("?immutable=1", SQLITE_OPEN_READONLY);
}

Result<std::unique_ptr<Database>> Database::InMemory() {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(":memory:", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  auto database = std::unique_ptr<Database>(new Database(handle, ":memory:"));
  if (code != SQLITE_OK) return database->Failure(code);
  TW_RETURN_IF_ERROR(database->Script(kSettings));
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

void Database::WaitAtMost(int milliseconds) { sqlite3_busy_timeout(handle_, milliseconds); }

Status Database::Fill(sqlite3_stmt* statement, std::vector<Row>* rows) {
  while (true) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return Ok();
    if (code != SQLITE_ROW) return Failure(sqlite3_extended_errcode(handle_));
    if (rows == nullptr) continue;
    std::vector<Value> values;
    const int columns = sqlite3_column_count(statement);
    values.reserve(std::size_t(columns));
    for (int i = 0; i < columns; ++i) values.push_back(ColumnValue(statement, i));
    rows->emplace_back(std::move(values));
  }
}

Status Database::Apply(const std::string& sql, const std::vector<Value>& values, std::vector<Row>* rows) {
  const std::lock_guard lock(mutex_);
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    const int code =
        sqlite3_prepare_v3(handle_, sql.data(), int(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) {
      statements_.erase(sql);
      return Failure(sqlite3_extended_errcode(handle_));
    }
  }
  TW_CHECK(sqlite3_bind_parameter_count(statement) == int(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) TW_CHECK(BindOne(statement, int(i) + 1, values[i]) == SQLITE_OK);
  Status status = Fill(statement, rows);
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  if (statements_.size() > kMostStatements) {
    for (const auto& [text, prepared] : statements_) sqlite3_finalize(prepared);
    statements_.clear();
  }
  return status;
}

Result<std::vector<Row>> Database::Query(const std::string& sql, const std::vector<Value>& values) {
  std::vector<Row> rows;
  TW_RETURN_IF_ERROR(Apply(sql, values, &rows));
  return rows;
}

Result<std::optional<Row>> Database::QueryOne(const std::string& sql, const std::vector<Value>& values) {
  TW_TRY(std::vector<Row> rows, Query(sql, values));
  if (rows.empty()) return std::optional<Row>();
  return std::optional<Row>(std::move(rows.front()));
}

Result<std::int64_t> Database::Change(const std::string& sql, const std::vector<Value>& values) {
  const std::lock_guard lock(mutex_);
  TW_RETURN_IF_ERROR(Apply(sql, values, nullptr));
  return std::int64_t(sqlite3_changes64(handle_));
}

Status Database::Script(const std::string& sql) {
  const std::lock_guard lock(mutex_);
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return Failure(sqlite3_extended_errcode(handle_));
  return Ok();
}

Status Database::Write(const std::function<Status()>& body) {
  const std::lock_guard lock(mutex_);
  return depth_ > 0 ? body() : Transaction(body, true);
}

Status Database::Rehearse(const std::function<Status()>& body) {
  const std::lock_guard lock(mutex_);
  TW_CHECK(depth_ == 0);
  return Transaction(body, false);
}

Status Database::Transaction(const std::function<Status()>& body, bool keep) {
  TW_RETURN_IF_ERROR(Script("BEGIN IMMEDIATE"));
  struct Depth {
    int& depth;
    explicit Depth(int& d) : depth(++d) {}
    ~Depth() { --depth; }
  };
  Status status = Ok();
  {
    const Depth inside(depth_);
    try {
      status = body();
    } catch (...) {
      (void)Script("ROLLBACK");
      throw;
    }
  }
  if (status && keep) status = Script("COMMIT");
  if (sqlite3_get_autocommit(handle_) == 0) (void)Script("ROLLBACK");
  return status;
}

Status Database::ReplaceBy(Database& source) {
  const std::lock_guard lock(mutex_);
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  statements_.clear();
  sqlite3_backup* copy = sqlite3_backup_init(handle_, "main", source.handle_, "main");
  if (copy == nullptr) return Failure(sqlite3_extended_errcode(handle_));
  int code = SQLITE_OK;
  for (int waited = 0; (code = sqlite3_backup_step(copy, -1)) == SQLITE_BUSY && waited < kWaitMilliseconds;
       waited += 20)
    sqlite3_sleep(20);
  const int end = sqlite3_backup_finish(copy);
  if (code != SQLITE_DONE) return Failure(end != SQLITE_OK ? end : code);
  return Ok();
}

}  // namespace tagwerk::store
