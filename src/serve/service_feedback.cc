// POST /v1/feedback: labels that came true.
#include <algorithm>

#include "base/text.h"
#include "serve/log_lookup.h"
#include "serve/service.h"
#include "store/models.h"

namespace tagwerk::serve {
namespace {

constexpr double kLookSeconds = 1;  ///< for the predictions that labels belong to

/// Labels whose prediction is not in the log; nothing where that is not known.
std::optional<std::size_t> CountUnknown(PredictionLog* log, const std::string& store_folder, const Feedback& feedback) {
  std::vector<std::string> ids;
  for (const store::FeedbackItem& item : feedback.items) ids.push_back(item.key);
  std::vector<bool> found(ids.size(), false);
  std::vector<std::string> folders{store_folder + "/predictions"};
  if (log != nullptr) {
    log->FindOpen(feedback.model, ids, found);
    if (log->folder() != folders[0]) folders.push_back(log->folder());
  }
  if (!FindLogged(folders, feedback.model, ids, Clock::now() + ToDuration(kLookSeconds), found)) return std::nullopt;
  return std::size_t(std::count(found.begin(), found.end(), false));
}

}  // namespace

// Which model the labels are of, and whether it can have them.
Status Service::CheckFeedback(const Request& request, Desk& desk, store::Store& store, Feedback& feedback) const {
  if (feedback.model.empty()) QueryValue(request.query, "model", feedback.model);
  const auto& models = desk.snapshot->models;
  if (feedback.model.empty() && models.size() == 1) feedback.model = models.begin()->first;
  if (feedback.model.empty())
    return Error(Code::kInvalidArgument, "model-unclear", "several models are served, and the request names none")
        .Do(R"({"model": NAME, "items": [...]}, or ?model=NAME)");
  const auto served = models.find(feedback.model);
  if (served != models.end()) {
    TW_TRY(const ServedModelPtr model, desk.snapshot->Find(feedback.model, "", ""));
    return FitLabels(*model, feedback.items);
  }
  TW_TRY(const auto versions, store::ListVersions(store, feedback.model));  // labels come late
  if (!versions.empty()) return Ok();
  TW_RETURN_IF_ERROR(desk.snapshot->Find(feedback.model, "", ""));
  return Ok();
}

Result<bool> Service::Learn(const Request& request, Response& response, Desk& desk, bool may_wait) {
  if (store_ == nullptr)
    return Error(Code::kFailedPrecondition, "store-none", "labels have nowhere to be kept: there is no store")
        .Do("serve in a project (tagwerk init), or with --store FILE");
  const std::string_view type = request.Find("content-type");
  const BodyForm form = FormOfType(type);
  if (form == BodyForm::kOther)
    return Error(Code::kInvalidArgument, "content-type", "body has a type that is not read here: " + Quoted(type))
        .Allowed({"application/json", "text/csv", "application/vnd.apache.arrow.stream"});
  if (may_wait) return false;  // the store may keep it waiting
  Feedback feedback;
  if (form == BodyForm::kJson) {
    TW_TRY(const json::Element root, desk.json.Parse(request.body));
    TW_TRY(feedback, ReadFeedback(root));
  } else {
    TW_TRY(feedback, ReadFeedbackTable(context_, request.body, form));
  }
  if (feedback.items.empty()) return Malformed("there are no items");
  TW_RETURN_IF_ERROR(
      once_->Once(request, CallerOf(desk), response, [&] { return KeepFeedback(request, response, desk, feedback); }));
  return true;
}

Status Service::KeepFeedback(const Request& request, Response& response, Desk& desk, Feedback& feedback) {
  TW_TRY(const auto store, store_->Get());
  TW_RETURN_IF_ERROR(CheckFeedback(request, desk, *store, feedback));
  TW_TRY(const auto outcome, store::AppendFeedback(*store, feedback.model, feedback.items));
  const auto unknown = CountUnknown(log_, store->location().Folder(), feedback);
  response.body = DumpJson(Json{{"accepted", outcome.accepted},
                                {"repeated", outcome.repeated},
                                {"conflicting", outcome.conflicting},
                                {"unknown", unknown ? Json(*unknown) : Json()}});
  return Ok();
}

}  // namespace tagwerk::serve
