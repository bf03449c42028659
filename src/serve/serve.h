// tagwerk serve: models behind HTTP until a signal comes.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/options.h"
#include "base/context.h"
#include "base/json.h"
#include "base/result.h"
#include "serve/http.h"
#include "serve/service.h"
#include "store/store.h"

namespace tagwerk::serve {

struct ServeOptions {
  std::vector<std::pair<std::string, std::string>> models;  ///< name and file; an empty name: a word for the registry
  app::Arguments place;                                     ///< words that name store and project
  store::Location store;                                    ///< an empty path: none can be found
  std::string host = "127.0.0.1";
  int port = 8080;
  int threads = 1;  ///< loops; as many workers stand beside them
  std::string token_file, tls_certificate, tls_key;
  HttpLimits limits;
  ServiceOptions service;
  std::string log_folder;  ///< of the prediction log; empty: there is none
};

/// Reads what was typed. Errors: argument-missing, option-value, option-contradiction (2).
Result<ServeOptions> ServeOptionsFrom(const app::Arguments& arguments, int threads, bool log_access);

class ModelServer {
 public:
  /// Loads the models and listens. `context` (its pool and listener) must outlive the server. Errors: those of loading,
  /// of the store, of the files of tokens and TLS, of the prediction log, port-in-use (5), host-unknown,
  /// address-refused, address-needs-token, name-taken (2).
  static Result<std::unique_ptr<ModelServer>> Start(const Context& context, const ServeOptions& options);
  ~ModelServer();
  Json Ready() const;             ///< tagwerk.serving/1
  std::string ReadyText() const;  ///< serving model (version 1) at http://127.0.0.1:8080
  /// Serves until `stop`, then finishes what was asked; `now` ends at once. Files that change are loaded
  /// again, names of the registry follow it.
  void Run(const StopFlag& stop, const StopFlag* now);

 private:
  struct State;
  explicit ModelServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tagwerk::serve
