// Connections that change their loop: a connection is all that is known of its client, and between two rounds of its
// loop nothing else speaks of it. Who takes it over finds in epoll what came meanwhile.
#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "serve/loop.h"

namespace tagwerk::serve {

Loop* Loop::LeastLoaded() const {
  const std::size_t in_use = std::min(shared_.loops_in_use.load(std::memory_order_relaxed), loops_.size());
  return *std::min_element(loops_.begin(), loops_.begin() + std::ptrdiff_t(in_use),
                           [](const Loop* a, const Loop* b) { return a->load_.load() < b->load_.load(); });
}

// From any thread: takes a connection in, unless this loop has ended.
bool Loop::Enter(std::unique_ptr<Connection>& connection) {
  const std::lock_guard lock(mail_mutex_);
  if (ended_) return false;
  load_.fetch_add(1);
  mail_connections_.push_back(std::move(connection));
  Wake();
  return true;
}

void Loop::Welcome(std::unique_ptr<Connection> connection) {
  Connection& c = *connection;
  c.place = connections_.size();
  connections_.push_back(std::move(connection));
  Watch(c, c.interest);
}

void Loop::Move(Connection& c, Loop& to) {
  const std::size_t place = c.place;
  std::swap(connections_[place], connections_.back());
  connections_[place]->place = place;
  std::unique_ptr<Connection> moved = std::move(connections_.back());
  connections_.pop_back();
  if (moved->watched) epoll_ctl(epoll_, EPOLL_CTL_DEL, moved->fd, nullptr);
  moved->watched = false;
  if (to.Enter(moved))
    load_.fetch_sub(1);  // after the other has counted it: as long as the server drains, somebody waits for it
  else
    Welcome(std::move(moved));
}

// Gives connections to the other loops: all where this one is not in use, else those beyond its share.
void Loop::ShareOut(bool heard) {
  const std::size_t in_use = shared_.loops_in_use.load(std::memory_order_relaxed);
  const std::uint64_t shares = shared_.shares.load(std::memory_order_acquire);
  const bool leaves = thread_ >= in_use;
  const bool restless = shared_.restless && heard;  // not only passing on what came
  if (connections_.empty() || (shares == shares_seen_ && !leaves && !restless)) return;
  shares_seen_ = shares;
  std::size_t all = leaves ? load_.load() : 0, keep = 0;
  for (std::size_t i = 0; i < std::min(in_use, loops_.size()); ++i) all += loops_[i]->load_.load();
  if (!leaves) keep = (all + in_use - 1) / in_use;
  if (restless) keep = connections_.size() - 1;
  if (connections_.size() <= keep) return;
  std::vector<Connection*> movable;  // a worker's connection has its loop's address
  for (const auto& c : connections_)
    if (c->phase != Connection::Phase::kJob) movable.push_back(c.get());
  // Every second of those that ask, and of those that are quiet: by their number alone all work might stay here.
  std::sort(movable.begin(), movable.end(),
            [](const Connection* a, const Connection* b) { return a->asked > b->asked; });
  std::size_t goes = std::min(connections_.size() - keep, movable.size());
  for (const std::size_t first : {1U, 0U})
    for (std::size_t i = first; i < movable.size() && goes > 0; i += 2, --goes) {
      Loop* const to = restless ? loops_[(thread_ + 1) % loops_.size()] : LeastLoaded();
      if (to != this) Move(*movable[i], *to);
    }
}

}  // namespace tagwerk::serve
