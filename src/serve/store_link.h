// The store behind a running server. It may be absent, locked, replaced or broken at any time: who asks gets the store
// or an error, and answers never wait for it.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/context.h"
#include "base/result.h"
#include "store/store.h"

namespace tagwerk::serve {

/// Which file lies under a path: another text once it is replaced; "" where there is none. Error store-not-writable: it
/// cannot be seen, which is not the same.
Result<std::string> FileIdentity(const std::string& path);

/// Reads, for one thread.
class StoreReader {
 public:
  explicit StoreReader(store::Location location) : location_(std::move(location)) {}
  const store::Location& location() const { return location_; }
  /// Returns the store that lies there now, null where there is none. A file that was put in place of another is opened
  /// anew; an older schema is lifted. Errors: those of Store::Open.
  Result<store::Store*> Get();
  /// The same, but an empty one where there is none: it says what is missing.
  Result<store::Store*> GetOrEmpty();
  /// After an error: Get opens the file anew.
  void Close() { store_.reset(); }

 private:
  store::Location location_;
  std::string identity_;
  std::unique_ptr<store::Store> store_, empty_;
};

/// Writes, for all threads.
class StoreWriter {
 public:
  explicit StoreWriter(store::Location location) : location_(std::move(location)) {}
  /// Opens the store that lies there now; makes it where there is none. It waits for other writers at most 2 s. Keep
  /// what it returns for one piece of work, not longer. Errors: those of Store::Open.
  Result<std::shared_ptr<store::Store>> Get();
  /// The same, but null where there is none.
  Result<std::shared_ptr<store::Store>> GetIfThere();

 private:
  store::Location location_;
  std::mutex mutex_;
  std::string identity_;
  std::shared_ptr<store::Store> store_;
};

/// Tells a trouble that lasts once, not at every look.
class Trouble {
 public:
  explicit Trouble(std::string phase) : phase_(std::move(phase)) {}
  void Tell(const Context& context, const Error& error);
  void Over() { told_.clear(); }

 private:
  std::string phase_, told_;
};

}  // namespace tagwerk::serve
