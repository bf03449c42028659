// The HTTP core: a loop a core, each waiting on its connections with epoll; answers that would take long are made on
// worker threads. Knows bytes, limits and time-outs; what is asked and answered is the handler's business.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "serve/http.h"
#include "serve/loop_count.h"
#include "serve/tls.h"

namespace tagwerk::serve {

/// Answers requests. Called from many threads at once; `thread` numbers them from 0, so that each can have scratch
/// space of its own.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Fills the answer, or returns false: it would keep the loop too long and is to be made by AnswerLater.
  virtual bool AnswerNow(const Request& request, Response& response, std::size_t thread) = 0;
  virtual void AnswerLater(const Request& request, Response& response, std::size_t thread) = 0;
  /// Fills an answer that the core gives itself: a fault of the protocol, a limit, a time-out.
  virtual void Refuse(int status, std::string_view reason, const Request& request, Response& response) = 0;
  /// Told of every answer, on the loop's thread.
  virtual void Answered(const Request& request, const Response& response, double seconds, std::size_t thread) = 0;
};

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 0;           ///< 0: a free one
  int loops = 1;          ///< at most; those in use follow the work and the free cores (loop_count.h)
  bool restless = false;  ///< for tests: loops hand their connections round all the time
  HttpLimits limits;
  std::function<LoopLoad()> load;  ///< for tests: what the loops are said to do; empty: it is measured
};

/// What the process is doing.
struct HttpFigures {
  std::size_t connections = 0, jobs = 0, buffered = 0;
};

class HttpServer {
 public:
  /// Binds and listens. `tls` may be null. Errors: port-in-use (5), host-unknown (2), address-refused (2).
  static Result<std::unique_ptr<HttpServer>> Listen(const HttpOptions& options, Handler& handler,
                                                    const TlsContext* tls);
  ~HttpServer();
  int port() const;
  std::size_t threads() const;  ///< that call the handler: loops and workers
  HttpFigures figures() const;
  std::size_t loops_in_use() const;
  /// Serves until `stop`, then ends idle connections, finishes what was asked and returns; `now` ends at once.
  void Run(const StopFlag& stop, const StopFlag* now);

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Returns whether a host means this machine only: localhost, 127.0.0.0/8, ::1.
bool IsLoopback(const std::string& host);

}  // namespace tagwerk::serve
