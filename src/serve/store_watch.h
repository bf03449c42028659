// What goes between the store and a running server beside models: its tokens come in, refused requests go out.
#pragma once

#include "base/context.h"
#include "serve/access.h"
#include "serve/refusals.h"
#include "serve/store_link.h"

namespace tagwerk::serve {

/// Keeps the server's copy of the store's tokens; for one thread. A store that cannot be read leaves it as it is.
class TokenWatch {
 public:
  TokenWatch(const Context& context, Access& access, const store::Location& location)
      : context_(context), access_(access), reader_(location) {}
  /// Errors: those of the store; none where there is no store.
  Status Look();
  void LookAgain();  ///< errors go to the log, once

 private:
  const Context& context_;
  Access& access_;
  StoreReader reader_;
  Trouble trouble_{"tokens"};
};

/// Brings refused requests into the audit log, where there is a store; for one thread.
class RefusalWatch {
 public:
  RefusalWatch(const Context& context, StoreWriter& writer) : context_(context), writer_(writer) {}
  Refusals& refusals() { return refusals_; }
  /// Writes what may be written now; `rest`: all, at the end. What cannot be written is tried again after 10 s.
  void Write(bool rest);

 private:
  const Context& context_;
  StoreWriter& writer_;
  Refusals refusals_;
  TimePoint again_;
  Trouble trouble_{"audit"};
};

}  // namespace tagwerk::serve
