// What may be looked at and changed in the store over HTTP. Called on worker threads: a transaction may wait for
// others.
#pragma once

#include <mutex>
#include <string>

#include "app/options.h"
#include "base/context.h"
#include "base/json.h"
#include "serve/admin_route.h"
#include "serve/idempotency.h"
#include "serve/shelf.h"
#include "serve/store_link.h"

namespace tagwerk::serve {

class Admin {
 public:
  /// `place`: words that name store and project, for the gate of a promotion. All must outlive this.
  Admin(const Context& context, const app::Arguments& place, StoreWriter& writer, Idempotency& once,
        const store::Location& location)
      : context_(context), place_(place), writer_(writer), once_(once), reader_(location) {}

  /// Who asks, for the audit log.
  struct Caller {
    std::string name;
    bool open = false;  ///< nobody needs a token
  };
  /// Answers a resource with a method that it has. `snapshot`: what is served. Errors: request-malformed, content-type,
  /// option-value, gate-failed, alias-moved, if-match-missing, first-token, those of catalogue.h and the store.
  Status Answer(const AdminRoute& route, const Request& request, const Caller& caller, const Snapshot& snapshot,
                Response& response);

 private:
  Status Look(const AdminRoute& route, const Request& request, const Snapshot& snapshot, Response& response);
  Status Send(const AdminRoute& route, Response& response);
  Status RollBack(store::Store& store, const AdminRoute& route, const Request& request, const Caller& caller,
                  Response& response) const;
  Status ShowAlias(store::Store& store, const AdminRoute& route, Response& response) const;
  Status PutAlias(store::Store& store, const AdminRoute& route, const Request& request, const Caller& caller,
                  Response& response) const;
  Status AddToken(store::Store& store, const Request& request, const Caller& caller, Response& response) const;

  const Context& context_;
  const app::Arguments& place_;
  StoreWriter& writer_;
  Idempotency& once_;
  std::mutex mutex_;  ///< of the reader
  StoreReader reader_;
};

}  // namespace tagwerk::serve
