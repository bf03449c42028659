#include "serve/http_server.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>

#include "base/text.h"
#include "serve/loop.h"
#include "serve/loop_watch.h"

namespace tagwerk::serve {

/// Requests that wait for a worker, and the workers.
class Workers {
 public:
  Workers(Shared& shared, std::size_t count, std::size_t first_thread) : shared_(shared) {
    for (std::size_t i = 0; i < count; ++i)
      threads_.push_back(std::make_unique<Background>([this, thread = first_thread + i] { Work(thread); }));
  }
  ~Workers() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
  }
  void Submit(Connection* connection, Loop* loop) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back({connection, loop});
    }
    changed_.notify_one();
  }

 private:
  struct Job {
    Connection* connection;
    Loop* loop;
  };
  void Work(std::size_t thread) {
    while (true) {
      Job job;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ended_ || !jobs_.empty(); });
        if (ended_) return;
        job = jobs_.front();
        jobs_.pop_front();
      }
      Connection& c = *job.connection;
      c.response.Clear();
      if (Clock::now() - c.asked > ToDuration(shared_.limits.request_seconds))
        shared_.handler->Refuse(503, "request waited too long", c.request, c.response);
      else
        shared_.handler->AnswerLater(c.request, c.response, thread);
      shared_.jobs.fetch_sub(1);
      job.loop->Finished(&c);
    }
  }

  Shared& shared_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool ended_ = false;
  std::vector<std::unique_ptr<Background>> threads_;  // last: joined before the rest goes
};

namespace {

constexpr double kSignalSeconds = 0.05;        ///< between two looks at signals and loops
constexpr std::size_t kOtherDescriptors = 64;  ///< files and such beside connections
constexpr int kBacklog = 1024;

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

Error CannotListen(const HttpOptions& options, int error_number) {
  const std::string where = options.host + ":" + std::to_string(options.port);
  if (error_number == EADDRINUSE)
    return Error(Code::kResourceExhausted, "port-in-use", "port is taken: " + std::to_string(options.port))
        .In(options.host)
        .Do("--port " + std::to_string(options.port + 1) + ", or --port 0 for any");
  return Error(Code::kInvalidArgument, "address-refused",
               std::string("the system refuses this address: ") + std::strerror(error_number))
      .In(where)
      .Do("another --host or --port");
}

Result<int> OpenListener(const HttpOptions& options) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int fault = getaddrinfo(options.host.c_str(), std::to_string(options.port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  if (fault != 0)
    return Error(Code::kInvalidArgument, "host-unknown", std::string("host has no address: ") + gai_strerror(fault))
        .Got(options.host)
        .Do("--host 127.0.0.1");
  int error_number = EADDRNOTAVAIL;
  for (const addrinfo* a = list.get(); a != nullptr; a = a->ai_next) {
    const int fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
    if (fd < 0) continue;
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, kBacklog) == 0) return fd;
    error_number = errno;
    ::close(fd);
  }
  return CannotListen(options, error_number);
}

int PortOf(int listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  return address.ss_family == AF_INET6 ? ntohs(reinterpret_cast<sockaddr_in6*>(&address)->sin6_port)
                                       : ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

}  // namespace

struct HttpServer::State {
  Shared shared;
  int listener = -1;
  std::size_t workers_count = 1;
  std::function<LoopLoad()> load;
  std::vector<std::unique_ptr<Loop>> loops;
  std::unique_ptr<Workers> workers;

  ~State() {
    if (listener >= 0) ::close(listener);
  }
};

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::Listen(const HttpOptions& options, Handler& handler,
                                                       const TlsContext* tls) {
  auto state = std::make_unique<State>();
  TW_TRY(state->listener, OpenListener(options));
  state->shared.limits = options.limits;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY) {
    const std::size_t most = files.rlim_cur > 2 * kOtherDescriptors ? files.rlim_cur - kOtherDescriptors : 16;
    state->shared.limits.max_connections = std::min(state->shared.limits.max_connections, most);
  }
  state->shared.handler = &handler;
  state->shared.tls = tls;
  state->shared.restless = options.restless;
  state->load = options.load;
  state->workers_count = std::size_t(options.loops);
  for (int i = 0; i < options.loops; ++i) state->loops.push_back(std::make_unique<Loop>(state->shared, std::size_t(i)));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

int HttpServer::port() const { return PortOf(state_->listener); }
std::size_t HttpServer::threads() const { return state_->loops.size() + state_->workers_count; }

std::size_t HttpServer::loops_in_use() const { return state_->shared.loops_in_use.load(); }

HttpFigures HttpServer::figures() const {
  return {state_->shared.connections.load(), state_->shared.jobs.load(), state_->shared.buffered.load()};
}

void HttpServer::Run(const StopFlag& stop, const StopFlag* now) {
  State& s = *state_;
  s.workers = std::make_unique<Workers>(s.shared, s.workers_count, s.loops.size());
  s.shared.submit = [&s](Connection* c, Loop* loop) { s.workers->Submit(c, loop); };
  std::vector<Loop*> all;
  for (const auto& loop : s.loops) all.push_back(loop.get());
  for (Loop* loop : all) loop->Meet(all);
  s.loops[0]->Listen(s.listener);
  LoopWatch watch(s.shared, all, s.load);
  std::vector<std::unique_ptr<Background>> threads;
  for (Loop* loop : all) threads.push_back(std::make_unique<Background>([loop] { loop->Run(); }));
  for (auto& thread : threads)
    while (!thread->WaitFor(kSignalSeconds)) {
      if (stop.requested()) s.shared.draining = true;
      if (now != nullptr && now->requested()) s.shared.ending = true;
      if (!s.shared.draining) watch.Look();
    }
  s.workers.reset();  // before the connections whose requests they hold
}

bool IsLoopback(const std::string& host) {
  if (host == "localhost" || host == "::1") return true;
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

}  // namespace tagwerk::serve
