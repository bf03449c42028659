#include "app/targets.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "table/table.h"

namespace tagwerk::app {

namespace {

/// Names of the columns; empty when the data cannot be read, which the run then says better.
std::vector<std::string> ColumnNames(const Context& context, const RunRequest& request) {
  if (request.given) return request.given->table.names();
  const auto stream = io::OpenStream(context, request.data, request.read, 1);
  return stream ? (*stream)->column_names() : std::vector<std::string>();
}

bool IsColumn(const std::vector<std::string>& names, const std::string& typed) {
  return bool(table::ResolveColumn(names, typed, "target-not-found", ""));
}

Error Several(const RunRequest& request, const std::string& message) {
  Error error(Code::kInvalidArgument, "several-targets", message);
  return error.In("--target").Got(request.target);
}

/// The one run of a list: folder, name and left-out columns of its own.
RunRequest RequestOf(const RunRequest& all, const std::vector<std::string>& targets, std::size_t i,
                     const std::string& part) {
  RunRequest one = all;
  one.target = targets[i];
  for (std::size_t j = 0; j < targets.size(); ++j)
    if (j != i) one.drop.push_back(targets[j]);
  one.name = all.name + "-" + part;
  if (!all.out.empty()) one.out = all.out + "/" + part;
  return one;
}

}  // namespace

Result<std::vector<RunRequest>> RequestsByTarget(const Context& context, const RunRequest& request) {
  const std::vector<std::string> targets = SplitList(request.target);
  if (targets.size() < 2) return std::vector<RunRequest>{request};
  if (!request.given && request.data == "-")
    return Several(request, "standard input can be read once, and every target needs its own run")
        .Do("save the data to a file first");
  const std::vector<std::string> names = ColumnNames(context, request);
  if (names.empty() || IsColumn(names, request.target)) return std::vector<RunRequest>{request};
  if (request.write_files && request.resume && request.out.empty())
    return Several(request, "say which folder holds the runs of several targets").Do("--resume=FOLDER");
  std::vector<RunRequest> requests;
  std::map<std::string, int> taken;
  std::set<std::size_t> columns;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    TW_TRY(const std::size_t column, table::ResolveColumn(names, targets[i], "target-not-found", request.data));
    if (!columns.insert(column).second) return Several(request, "a target is named twice: " + Quoted(targets[i]));
    std::string part = SafeName(targets[i]);
    if (const int count = ++taken[part]; count > 1) part += "-" + std::to_string(count);
    requests.push_back(RequestOf(request, targets, i, part));
  }
  return requests;
}

void ShareOfBudget(RunRequest& request, TimePoint started, double budget_seconds, std::size_t left) {
  const TimePoint now = Clock::now();
  const double used = std::chrono::duration<double>(now - started).count();
  request.started = now;
  request.budget_seconds = std::max(1.0, (budget_seconds - used) / double(left));
}

}  // namespace tagwerk::app
