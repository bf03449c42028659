// What the server answers: the handler that the HTTP core calls.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/setting_forms.h"
#include "base/context.h"
#include "serve/access.h"
#include "serve/admin.h"
#include "serve/feedback.h"
#include "serve/figures.h"
#include "serve/http_server.h"
#include "serve/idempotency.h"
#include "serve/prediction_log.h"
#include "serve/problem.h"
#include "serve/rate_limit.h"
#include "serve/refusals.h"
#include "serve/route.h"
#include "serve/row_answer.h"
#include "serve/score.h"
#include "serve/shelf.h"
#include "serve/store_link.h"
#include "serve/tensors.h"

namespace tagwerk::serve {

struct ServiceOptions {
  bool log_access = false;
  bool metrics_public = false;  ///< /metrics needs no token
  double explain_seconds = 30;  ///< that explaining the rows of a request may take
  app::Rate rate;               ///< of one token; where none is shown, of one address
};

class Service final : public Handler {
 public:
  /// All must outlive this. `threads` as HttpServer::threads() will say.
  Service(const Context& context, const Shelf& shelf, const Access& access, std::size_t threads,
          const ServiceOptions& options);
  void Watch(const HttpServer& server) { server_ = &server; }
  void Tell(Refusals& refusals) { refusals_ = &refusals; }  ///< of each request that is refused
  void Ask(Admin& admin) { admin_ = &admin; }               ///< for what the store holds
  /// Every answered row goes to this log too; call before the first request.
  void LogTo(PredictionLog& log) { log_ = &log; }
  /// Labels that come; without it they are refused. `once` keeps their answers.
  void KeepLabels(StoreWriter& store, Idempotency& once) {
    store_ = &store;
    once_ = &once;
  }

  bool AnswerNow(const Request& request, Response& response, std::size_t thread) override;
  void AnswerLater(const Request& request, Response& response, std::size_t thread) override;
  void Refuse(int status, std::string_view reason, const Request& request, Response& response) override;
  void Answered(const Request& request, const Response& response, double seconds, std::size_t thread) override;

 private:
  /// Scratch space of one thread.
  struct Desk {
    Desk(const Context& context, std::size_t thread) : number(thread), scorer(context) {}
    const std::size_t number;  ///< of the thread
    Route route;
    JsonBody json;
    InputRows rows;
    InferRequest infer;
    Scored scored;
    Scorer scorer;
    std::string text;
    SnapshotPtr snapshot;
    std::uint64_t generation = 0;
    KeysPtr keys;
    AdminRoute admin;
    const Grant* grant = nullptr;  ///< of the request; lives as long as `keys`
    std::uint64_t keys_generation = 0;
  };

  bool Answer(const Request& request, Response& response, std::size_t thread, bool may_wait);
  void Find(const Request& request, Desk& desk) const;
  Result<bool> AskStore(const Request& request, Response& response, Desk& desk, bool may_wait);
  Status MayPass(const Request& request, Response& response, Desk& desk, bool first);
  Result<bool> Dispatch(const Request& request, Response& response, Desk& desk, bool may_wait);
  Result<ServedModelPtr> ModelOf(const Request& request, Desk& desk) const;
  Result<ServedModelPtr> OnlyModel(Desk& desk) const;
  bool TakesLong(const ServedModel& model, const Request& request) const;
  // Each answers one resource; false: it takes long and is for a worker.
  Result<bool> Infer(const Request& request, Response& response, Desk& desk, bool may_wait);
  Result<bool> Predict(const Request& request, Response& response, Desk& desk, bool may_wait);
  Result<bool> Learn(const Request& request, Response& response, Desk& desk, bool may_wait);
  Status KeepFeedback(const Request& request, Response& response, Desk& desk, Feedback& feedback);
  static std::string CallerOf(const Desk& desk);
  Status CheckFeedback(const Request& request, Desk& desk, store::Store& store, Feedback& feedback) const;
  Result<bool> Explain(const Request& request, Response& response, Desk& desk, bool may_wait);
  Result<bool> Invoke(const Request& request, Response& response, Desk& desk, bool may_wait);
  ScoreOptions Scoring(double level = 0.9, int reasons = 0) const { return {level, reasons, log_ != nullptr}; }
  /// Hands the rows that were answered to the prediction log. `id` is that of the request.
  void LogRows(const Request& request, const ServedModelPtr& model, Desk& desk, std::string_view id,
               const std::vector<std::string>* ids = nullptr);
  Status Describe(const Request& request, Response& response, Desk& desk);

  const Context& context_;
  const Shelf& shelf_;
  const Access& access_;
  const HttpServer* server_ = nullptr;
  Refusals* refusals_ = nullptr;
  Admin* admin_ = nullptr;
  PredictionLog* log_ = nullptr;
  StoreWriter* store_ = nullptr;
  Idempotency* once_ = nullptr;
  Figures figures_;
  const ServiceOptions options_;
  RateLimit rate_;
  std::vector<std::unique_ptr<Desk>> desks_;
};

}  // namespace tagwerk::serve
