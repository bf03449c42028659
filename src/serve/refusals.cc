#include "serve/refusals.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace tagwerk::serve {
namespace {

constexpr double kSecondsPerLine = 60;
constexpr std::size_t kMostCallers = 200;  ///< told apart; the others of an error are one line
constexpr std::size_t kMostPath = 200;
const char* const kOthers = "others";

}  // namespace

void Refusals::Add(const Key& key, const Line& line) {
  const bool room = gathered_.size() < kMostCallers || gathered_.contains(key);
  Line& held = gathered_[room ? key : Key(key.first, kOthers)];
  if (held.count == 0) held = {0, line.status, line.path, line.address, line.first, line.last};
  held.count += line.count;
  held.first = std::min(held.first, line.first);
  held.last = std::max(held.last, line.last);
}

void Refusals::Note(const Error& error, int status, std::string_view caller, const Request& request) {
  const double now = UnixNow();
  const std::lock_guard lock(mutex_);
  Add({error.id(), std::string(caller)},
      {1, status, Printable(request.path, kMostPath), std::string(request.peer), now, now});
}

bool Refusals::empty() const {
  const std::lock_guard lock(mutex_);
  return gathered_.empty();
}

Status Refusals::Write(store::Store& store, TimePoint now, bool rest) {
  std::vector<std::pair<Key, Line>> lines;
  {
    const std::lock_guard lock(mutex_);
    allowed_ =
        std::min(kMostAtOnce, allowed_ + std::chrono::duration<double>(now - refilled_).count() / kSecondsPerLine);
    refilled_ = now;
    lines.assign(gathered_.begin(), gathered_.end());
    std::stable_sort(lines.begin(), lines.end(),
                     [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
    if (!rest && double(lines.size()) > allowed_) lines.resize(std::size_t(allowed_));
    for (const auto& [key, line] : lines) gathered_.erase(key);
    allowed_ -= std::min(allowed_, double(lines.size()));
  }
  if (lines.empty()) return Ok();
  const Status written = store.database().Write([&]() -> Status {
    for (const auto& [key, line] : lines)
      TW_RETURN_IF_ERROR(store.Audit(key.second, "request.refused", line.path,
                                     {{"error", key.first},
                                      {"status", line.status},
                                      {"count", line.count},
                                      {"address", line.address},
                                      {"first_at", UtcTime(line.first)},
                                      {"last_at", UtcTime(line.last)}}));
    return Ok();
  });
  if (written) return Ok();
  const std::lock_guard lock(mutex_);
  for (const auto& [key, line] : lines) Add(key, line);
  allowed_ += double(lines.size());
  return written;
}

}  // namespace tagwerk::serve
