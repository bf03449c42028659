#include "serve/loop.h"

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
constexpr std::size_t kReadAtOnce = 16 << 10;
constexpr std::size_t kMostWaitingOut = 1 << 20;  ///< bytes of answers that a peer has not taken: no more is read
constexpr std::size_t kUncharged = 16 << 10;      ///< bytes that each connection may hold
constexpr std::size_t kKeepBuffer = 64 << 10;     ///< of an idle connection
constexpr std::size_t kMostUnread = 128 << 10;    ///< bytes beside a body
constexpr double kLingerSeconds = 2;
constexpr std::size_t kMostRequestId = 128;

/// What epoll hands back for sockets that are no connection.
char listener_tag, mail_tag;

bool IsSafeId(std::string_view id) {
  if (id.empty() || id.size() > kMostRequestId) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.' || c == ':';
  });
}

std::uint64_t Random() {
  std::uint64_t value = 0;
  if (getrandom(&value, sizeof value, 0) != sizeof value)
    value = std::uint64_t(Clock::now().time_since_epoch().count());
  return value;
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
  for (const int fd : mail_descriptors_) ::close(fd);
  ::close(mail_event_);
  ::close(epoll_);
}

void Loop::Listen(int listener, std::vector<Loop*> loops) {
  listener_ = listener;
  loops_ = std::move(loops);
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
  std::array<epoll_event, kEvents> events;
  while (!shared_.ending.load(std::memory_order_relaxed)) {
    const int n = epoll_wait(epoll_, events.data(), kEvents, kTickMilliseconds);
    now_ = Clock::now();
    for (int i = 0; i < n; ++i) {
      void* const tag = events[std::size_t(i)].data.ptr;
      if (tag == &listener_tag)
        Accept();
      else if (tag == &mail_tag)
        TakeMail();
      else
        OnEvent(*static_cast<Connection*>(tag), events[std::size_t(i)].events);
    }
    if (now_ - swept_ >= std::chrono::milliseconds(kTickMilliseconds)) Sweep();
    if (shared_.draining.load(std::memory_order_relaxed)) {
      Sweep();
      if (load_.load() == 0) return;
    }
  }
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
    Loop* least = *std::min_element(loops_.begin(), loops_.end(),
                                    [](const Loop* a, const Loop* b) { return a->load_.load() < b->load_.load(); });
    if (shared_.draining.load()) least = this;  // the others may have ended
    least->load_.fetch_add(1);
    if (least == this) {
      Adopt(fd);
    } else {
      const std::lock_guard lock(least->mail_mutex_);
      least->mail_descriptors_.push_back(fd);
      least->Wake();
    }
  }
}

void Loop::Adopt(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto connection = std::make_unique<Connection>(fd, shared_.limits);
  Connection& c = *connection;
  c.place = connections_.size();
  c.deadline = now_ + ToDuration(shared_.tls != nullptr ? shared_.limits.head_seconds : shared_.limits.idle_seconds);
  connections_.push_back(std::move(connection));
  if (shared_.tls != nullptr) {
    c.tls = shared_.tls->Accept(fd);
    if (!c.tls) return Close(c);
  }
  Watch(c, EPOLLIN);
}

void Loop::Finished(Connection* connection) {
  const std::lock_guard lock(mail_mutex_);
  mail_finished_.push_back(connection);
  Wake();
}

void Loop::TakeMail() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(mail_event_, &count, sizeof count);
  std::vector<int> descriptors;
  std::vector<Connection*> finished;
  {
    const std::lock_guard lock(mail_mutex_);
    descriptors.swap(mail_descriptors_);
    finished.swap(mail_finished_);
  }
  for (const int fd : descriptors) Adopt(fd);
  for (Connection* c : finished) {
    Answer(*c);
    Process(*c);
  }
}

void Loop::OnEvent(Connection& c, std::uint32_t events) {
  if ((events & EPOLLERR) != 0) return Close(c);
  if ((events & EPOLLOUT) != 0 && c.written < c.out.size()) {
    Flush(c);  // goes on to what was asked meanwhile
    return;
  }
  if ((events & (EPOLLIN | EPOLLOUT | EPOLLHUP)) != 0 && Read(c)) Process(c);
}

// Returns whether there is something to look at; false also where the connection was closed.
bool Loop::Read(Connection& c) {
  std::size_t total = 0;
  while (true) {
    char* const to = c.in.Room(kReadAtOnce / 4);
    const std::size_t room = std::min(c.in.room(), kReadAtOnce);
    Transfer got;
    if (c.tls) {
      got = c.tls->Read(to, room);
    } else {
      const ssize_t n = ::recv(c.fd, to, room, 0);
      if (n > 0)
        got.bytes = std::size_t(n);
      else if (n < 0 && (errno == EAGAIN || errno == EINTR))
        got.state = Transfer::State::kWouldBlock;
      else
        got.state = Transfer::State::kClosed;
    }
    if (got.state == Transfer::State::kClosed) {
      Close(c);
      return false;
    }
    if (got.state == Transfer::State::kWouldBlock) break;
    total += got.bytes;
    if (c.phase != Connection::Phase::kLinger) c.in.Filled(got.bytes);  // else thrown away
    if (c.tls && c.phase != Connection::Phase::kLinger) {
      // Bytes may wait inside OpenSSL, of which epoll knows nothing: all are taken, but not without end.
      if (c.in.view().size() <= kMostUnread + 2 * shared_.limits.max_body) continue;
      Close(c);
      return false;
    }
    if (got.bytes < room) break;          // the socket is empty, most likely
    if (total >= 4 * kReadAtOnce) break;  // others wait too; epoll comes back
  }
  if (c.tls && c.written >= c.out.size()) Watch(c, c.tls->wants_write() ? EPOLLIN | EPOLLOUT : EPOLLIN);
  return total > 0 && c.phase != Connection::Phase::kLinger;
}

// Answers all requests that are there whole.
void Loop::Process(Connection& c) {
  while (!c.closing) {
    c.stalled = c.out.size() - c.written >= kMostWaitingOut;
    if (c.stalled) break;
    const std::string_view bytes = c.in.view();
    if (bytes.empty()) {
      if (c.phase != Connection::Phase::kIdle) {
        c.phase = Connection::Phase::kIdle;
        c.in.Shrink(kKeepBuffer);
      }
      if (shared_.draining.load(std::memory_order_relaxed)) c.closing = true;
      c.deadline = now_ + ToDuration(shared_.limits.idle_seconds);
      break;
    }
    const auto state = c.parser.Parse(bytes, c.request);
    if (state == RequestParser::State::kNeedMore) {
      Await(c);
      break;
    }
    if (state == RequestParser::State::kBad) {
      Refuse(c, c.parser.status(), c.parser.reason());
      break;
    }
    c.asked = Clock::now();
    NameRequest(c.request);
    c.response.Clear();
    if (shared_.handler->AnswerNow(c.request, c.response, thread_)) {
      Answer(c);
    } else if (Start(c)) {
      return;
    }
  }
  Flush(c);
}

// Part of a request came.
void Loop::Await(Connection& c) {
  if (c.phase == Connection::Phase::kIdle) {
    c.phase = Connection::Phase::kReading;
    c.asked = now_;
    c.deadline = now_ + ToDuration(shared_.limits.head_seconds);
  }
  if (c.parser.in_head()) return;
  c.deadline = c.asked + ToDuration(shared_.limits.request_seconds);
  Charge(c, c.in.view().size() + c.parser.held());
  if (c.charged > 0 && shared_.buffered.load() > shared_.limits.max_buffered)
    return Refuse(c, 503, "too many large bodies are on their way");
  if (!c.parser.wants_continue()) return;
  c.parser.Continued();
  c.out.append("HTTP/1.1 100 Continue\r\n\r\n");
}

void Loop::NameRequest(Request& request) {
  if (const std::string_view given = request.Find("x-request-id"); IsSafeId(given)) {
    request.id.assign(given);
    return;
  }
  id_state_ += 0x9E3779B97F4A7C15U;  // SplitMix64 (Steele et al. 2014)
  std::uint64_t z = id_state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  z ^= z >> 31;
  request.id.resize(16);
  for (char& c : request.id) {
    c = "0123456789abcdef"[z & 15];
    z >>= 4;
  }
}

// Writes the answer of the request at the front and goes on to the next.
void Loop::Answer(Connection& c) {
  const bool keep = c.request.keep_alive && !c.response.close && !shared_.draining.load(std::memory_order_relaxed);
  AppendHead(c.response, c.request.id, Date(), keep, c.out);
  if (c.request.method != Method::kHead) c.out.append(c.response.body);
  const double seconds = std::chrono::duration<double>(Clock::now() - c.asked).count();
  shared_.handler->Answered(c.request, c.response, seconds, thread_);
  c.in.Eat(c.parser.used());
  c.parser.Next();
  Charge(c, 0);
  c.phase = Connection::Phase::kIdle;
  c.closing = c.closing || !keep;
}

// An answer that ends the connection: where the next request begins is not known.
void Loop::Refuse(Connection& c, int status, std::string_view reason) {
  c.request.method = Method::kOther;
  c.request.headers.clear();  // they may point to bytes that moved
  c.request.target = c.request.path = c.request.query = c.request.body = {};
  NameRequest(c.request);
  c.response.Clear();
  c.response.status = status;
  if (status == 503 || status == 429) c.response.headers.append("Retry-After: 1\r\n");
  shared_.handler->Refuse(status, reason, c.request, c.response);
  AppendHead(c.response, c.request.id, Date(), false, c.out);
  c.out.append(c.response.body);
  shared_.handler->Answered(c.request, c.response, 0, thread_);
  c.closing = true;
}

// Hands a request to a worker. False: all are busy, and that is the answer.
bool Loop::Start(Connection& c) {
  if (shared_.jobs.fetch_add(1) >= shared_.limits.max_jobs) {
    shared_.jobs.fetch_sub(1);
    c.response.Clear();
    c.response.status = 503;
    c.response.headers.append("Retry-After: 1\r\n");
    shared_.handler->Refuse(503, "too many requests are worked on", c.request, c.response);
    Answer(c);
    return false;
  }
  if (c.watched) epoll_ctl(epoll_, EPOLL_CTL_DEL, c.fd, nullptr);
  c.watched = false;
  c.phase = Connection::Phase::kJob;
  shared_.submit(&c, this);
  return true;
}

void Loop::Flush(Connection& c) {
  while (c.written < c.out.size()) {
    Transfer sent;
    if (c.tls) {
      sent = c.tls->Write(c.out.data() + c.written, c.out.size() - c.written);
    } else {
      const ssize_t n = ::send(c.fd, c.out.data() + c.written, c.out.size() - c.written, MSG_NOSIGNAL);
      if (n >= 0)
        sent.bytes = std::size_t(n);
      else
        sent.state = errno == EAGAIN || errno == EINTR ? Transfer::State::kWouldBlock : Transfer::State::kClosed;
    }
    if (sent.state == Transfer::State::kClosed) return Close(c);
    if (sent.state == Transfer::State::kWouldBlock) {
      c.deadline = now_ + ToDuration(shared_.limits.request_seconds);
      return Watch(c, EPOLLOUT);
    }
    c.written += sent.bytes;
  }
  c.out.clear();
  c.written = 0;
  if (c.out.capacity() > kKeepBuffer) c.out.shrink_to_fit();
  if (c.closing) return Linger(c);
  if (c.phase == Connection::Phase::kIdle) c.deadline = now_ + ToDuration(shared_.limits.idle_seconds);
  Watch(c, EPOLLIN);
  if (std::exchange(c.stalled, false)) Process(c);
}

void Loop::Linger(Connection& c) {
  if (c.phase == Connection::Phase::kLinger) return;
  c.phase = Connection::Phase::kLinger;
  if (c.tls) c.tls->Close();
  ::shutdown(c.fd, SHUT_WR);
  c.deadline = now_ + ToDuration(kLingerSeconds);
  c.in.Eat(c.in.view().size());
  Charge(c, 0);
  Watch(c, EPOLLIN);
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
    Listen(listener_, loops_);
  }
  for (std::size_t i = connections_.size(); i-- > 0;) {  // Close puts the last in the place of the closed
    Connection& c = *connections_[i];
    if (c.phase == Connection::Phase::kJob) continue;
    const bool idle = c.phase == Connection::Phase::kIdle && c.written >= c.out.size();
    if (draining && idle && c.in.view().empty()) {
      Close(c);
    } else if (now_ >= c.deadline) {
      if (c.phase == Connection::Phase::kReading && c.out.empty() && (!c.tls || !c.in.view().empty())) {
        Refuse(c, 408, "request did not arrive in time");
        Flush(c);
      } else {
        Close(c);
      }
    }
  }
}

std::string_view Loop::Date() {
  const std::int64_t second = std::time(nullptr);
  if (second != date_second_) {
    date_second_ = second;
    date_ = HttpDate(second);
  }
  return date_;
}

}  // namespace tagwerk::serve
