// Who is waited for: sockets, connections that come and go, time-outs. What is said on them: loop_exchange.cc.
#include "serve/loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

namespace tagwerk::serve {
namespace {

constexpr int kEvents = 256;
constexpr int kTickMilliseconds = 100;
constexpr std::size_t kUncharged = 16 << 10;  ///< bytes that each connection may hold

/// What epoll hands back for sockets that are no connection.
char listener_tag, mail_tag;

std::uint64_t Random() {
  std::uint64_t value = 0;
  if (getrandom(&value, sizeof value, 0) != sizeof value)
    value = std::uint64_t(Clock::now().time_since_epoch().count());
  return value;
}

/// The address at the other end; one of IPv4 in the clothes of IPv6 as that of IPv4.
std::string PeerOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(&address)->sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    const in6_addr& six = reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&six))
      inet_ntop(AF_INET, six.s6_addr + 12, text, sizeof text);
    else
      inet_ntop(AF_INET6, &six, text, sizeof text);
  }
  return text;
}

}  // namespace

Loop::Loop(Shared& shared, std::size_t thread) : shared_(shared), thread_(thread), id_state_(Random()) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  mail_event_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &mail_tag;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, mail_event_, &event);
  now_ = swept_ = Clock::now();
}

Loop::~Loop() {
  for (const auto& c : connections_)
    if (c) ::close(c->fd);
  for (const auto& c : mail_connections_) ::close(c->fd);
  ::close(mail_event_);
  ::close(epoll_);
}

void Loop::Listen(int listener) {
  listener_ = listener;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &listener_tag;
  listening_ = epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) == 0;
}

void Loop::Run() {
  sigset_t broken;  // OpenSSL writes without MSG_NOSIGNAL: a peer that goes must not end the process
  sigemptyset(&broken);
  sigaddset(&broken, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken, nullptr);
  thread_id_ = gettid();
  std::array<epoll_event, kEvents> events;
  while (!shared_.ending.load(std::memory_order_relaxed)) {
    const int n = epoll_wait(epoll_, events.data(), kEvents, kTickMilliseconds);
    now_ = Clock::now();
    bool heard = false;
    for (int i = 0; i < n; ++i) {
      void* const tag = events[std::size_t(i)].data.ptr;
      if (tag == &listener_tag)
        Accept();
      else if (tag == &mail_tag)
        TakeMail();
      else
        OnEvent(*static_cast<Connection*>(tag), events[std::size_t(i)].events);
      heard = heard || tag != &mail_tag;
    }
    Send();
    const bool draining = shared_.draining.load(std::memory_order_relaxed);
    if (draining || now_ - swept_ >= std::chrono::milliseconds(kTickMilliseconds)) Sweep();
    if (draining && MayEnd()) return;
    ShareOut(heard);  // here no event is left that speaks of a connection
  }
}

// No connection is here, and from now on none comes.
bool Loop::MayEnd() {
  if (load_.load() > 0) return false;
  const std::lock_guard lock(mail_mutex_);
  ended_ = mail_connections_.empty() && load_.load() == 0;
  return ended_;
}

void Loop::Wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(mail_event_, &one, sizeof one);
}

void Loop::Accept() {
  for (int i = 0; i < 64; ++i) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        epoll_ctl(epoll_, EPOLL_CTL_DEL, listener_, nullptr);  // Sweep listens again: no loop without rest
        listening_ = false;
        listener_rest_ = now_ + std::chrono::milliseconds(kTickMilliseconds);
      }
      return;
    }
    if (shared_.connections.load() >= shared_.limits.max_connections) {
      static constexpr std::string_view kFull =
          "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      if (shared_.tls == nullptr) ::send(fd, kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      ::close(fd);
      continue;
    }
    shared_.connections.fetch_add(1);
    Adopt(fd);
  }
}

// Makes a connection of a new socket and gives it to a loop.
void Loop::Adopt(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto connection = std::make_unique<Connection>(fd, shared_.limits);
  Connection& c = *connection;
  c.interest = EPOLLIN;
  c.peer = PeerOf(fd);
  c.request.peer = c.peer;
  c.deadline = now_ + ToDuration(shared_.tls != nullptr ? shared_.limits.head_seconds : shared_.limits.idle_seconds);
  if (shared_.tls != nullptr) {
    c.tls = shared_.tls->Accept(fd);
    if (!c.tls) {
      ::close(fd);
      shared_.connections.fetch_sub(1);
      return;
    }
  }
  Loop* const least = LeastLoaded();
  if (least != this && least->Enter(connection)) return;
  load_.fetch_add(1);
  Welcome(std::move(connection));
}

void Loop::Finished(Connection* connection) {
  const std::lock_guard lock(mail_mutex_);
  mail_finished_.push_back(connection);
  Wake();
}

void Loop::TakeMail() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(mail_event_, &count, sizeof count);
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<Connection*> finished;
  {
    const std::lock_guard lock(mail_mutex_);
    connections.swap(mail_connections_);
    finished.swap(mail_finished_);
  }
  for (auto& c : connections) Welcome(std::move(c));
  for (Connection* c : finished) {
    Answer(*c);
    Process(*c);
  }
}

void Loop::OnEvent(Connection& c, std::uint32_t events) {
  if ((events & EPOLLERR) != 0) return Close(c);
  if ((events & EPOLLOUT) != 0 && c.written < c.out.size()) {
    if (Flush(c) && c.stalled) Process(c);
    return;
  }
  if ((events & (EPOLLIN | EPOLLOUT | EPOLLHUP)) != 0 && Read(c)) Process(c);
}

void Loop::Watch(Connection& c, std::uint32_t interest) {
  if (c.watched && c.interest == interest) return;
  epoll_event event{};
  event.events = interest;
  event.data.ptr = &c;
  epoll_ctl(epoll_, c.watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c.fd, &event);
  c.watched = true;
  c.interest = interest;
}

void Loop::Charge(Connection& c, std::size_t bytes) {
  const std::size_t charge = bytes > kUncharged ? bytes : 0;
  if (charge == c.charged) return;
  shared_.buffered.fetch_add(charge - c.charged);  // wraps to a subtraction
  c.charged = charge;
}

void Loop::Close(Connection& c) {
  Charge(c, 0);
  if (c.held) std::erase(held_, &c);
  ::close(c.fd);
  shared_.connections.fetch_sub(1);
  load_.fetch_sub(1);
  const std::size_t place = c.place;
  std::swap(connections_[place], connections_.back());
  connections_[place]->place = place;
  connections_.pop_back();
}

// Ends what took too long, and when the server drains what is idle.
void Loop::Sweep() {
  swept_ = now_;
  const bool draining = shared_.draining.load(std::memory_order_relaxed);
  if (listener_ >= 0 && draining && listening_) {
    Accept();  // who connected before the end is answered
    epoll_ctl(epoll_, EPOLL_CTL_DEL, listener_, nullptr);
    listening_ = false;
  } else if (listener_ >= 0 && !draining && !listening_ && now_ >= listener_rest_) {
    Listen(listener_);
  }
  for (std::size_t i = connections_.size(); i-- > 0;) {  // Close puts the last in the place of the closed
    Connection& c = *connections_[i];
    if (c.phase == Connection::Phase::kJob) continue;
    const bool idle = c.phase == Connection::Phase::kIdle && c.written >= c.out.size();
    if (draining && idle && c.in.view().empty()) {
      Close(c);
    } else if (now_ >= c.deadline) {
      if (c.phase == Connection::Phase::kReading && c.out.empty()) {
        Refuse(c, 408, "request did not arrive in time");
        Flush(c);
      } else {
        Close(c);
      }
    }
  }
}

}  // namespace tagwerk::serve
