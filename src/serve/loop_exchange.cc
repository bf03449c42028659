// What a connection says and is answered: reading, parsing, answering, sending.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "serve/loop.h"

namespace tagwerk::serve {
namespace {

constexpr std::size_t kReadAtOnce = 16 << 10;
constexpr std::size_t kMostWaitingOut = 1 << 20;  ///< bytes of answers that a peer has not taken: no more is read
constexpr std::size_t kKeepBuffer = 64 << 10;     ///< of an idle connection
constexpr std::size_t kMostUnread = 128 << 10;    ///< bytes beside a body
constexpr double kLingerSeconds = 2;
constexpr auto kHold = std::chrono::microseconds(200);  ///< that a finished answer waits for others
constexpr std::size_t kMostRequestId = 128;

bool IsSafeId(std::string_view id) {
  if (id.empty() || id.size() > kMostRequestId) return false;
  return std::all_of(id.begin(), id.end(),
                     [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.' || c == ':'; });
}

}  // namespace

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

// Answers the requests that are there whole. What is to be sent waits for the other connections that are ready now: a
// peer that serves them all (a proxy, a client on this machine) is then woken once, not for each answer.
void Loop::Process(Connection& c) {
  if (!AnswerAll(c)) return;
  c.held = true;
  held_.push_back(&c);
  if (held_.size() == 1) held_since_ = c.asked;
  if (Clock::now() - held_since_ > kHold) Send();
}

// Sends what waits; goes on with a connection when the peer took what held its further requests up.
void Loop::Send() {
  for (Connection* c : held_) {
    c->held = false;
    while (Flush(*c) && c->stalled && AnswerAll(*c)) {
    }
  }
  held_.clear();
}

// False: a worker has the connection now.
bool Loop::AnswerAll(Connection& c) {
  while (!c.closing) {
    c.stalled = c.out.size() - c.written >= kMostWaitingOut;
    if (c.stalled) break;
    const std::string_view bytes = c.in.view();
    if (bytes.empty()) {
      c.in.Shrink(kKeepBuffer);
      if (c.response.body.capacity() > kKeepBuffer) std::string().swap(c.response.body);
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
    c.asked = c.request.arrived = Clock::now();
    NameRequest(c.request);
    c.response.Clear();
    if (shared_.handler->AnswerNow(c.request, c.response, thread_)) {
      Answer(c);
    } else if (Start(c)) {
      return false;
    }
  }
  return true;
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
  const bool keep = c.request.keep_alive && !shared_.draining.load(std::memory_order_relaxed);
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

// Whether all is sent and more may be asked; false also where the connection was closed.
bool Loop::Flush(Connection& c) {
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
    if (sent.state == Transfer::State::kClosed) {
      Close(c);
      return false;
    }
    if (sent.state == Transfer::State::kWouldBlock) {
      c.deadline = now_ + ToDuration(shared_.limits.request_seconds);
      Watch(c, EPOLLOUT);
      return false;
    }
    c.written += sent.bytes;
  }
  c.out.clear();
  c.written = 0;
  if (c.out.capacity() > kKeepBuffer) c.out.shrink_to_fit();
  if (c.closing) {
    Linger(c);
    return false;
  }
  if (c.phase == Connection::Phase::kIdle) c.deadline = now_ + ToDuration(shared_.limits.idle_seconds);
  Watch(c, EPOLLIN);
  return true;
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

std::string_view Loop::Date() {
  const std::int64_t second = std::time(nullptr);
  if (second != date_second_) {
    date_second_ = second;
    date_ = HttpDate(second);
  }
  return date_;
}

}  // namespace tagwerk::serve
