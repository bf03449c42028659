// One loop of the HTTP core: its connections, their bytes and time-outs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "serve/connection.h"
#include "serve/http_server.h"

namespace tagwerk::serve {

/// What the loops of a server share.
struct Shared {
  HttpLimits limits;
  Handler* handler = nullptr;
  const TlsContext* tls = nullptr;
  std::atomic<std::size_t> connections{0}, jobs{0}, buffered{0};
  std::atomic<bool> draining{false}, ending{false};
  std::atomic<std::size_t> loops_in_use{1};  ///< the first so many
  std::atomic<std::uint64_t> shares{0};      ///< goes up when connections are to be shared out anew
  bool restless = false;                     ///< HttpOptions::restless
  /// Hands a connection's request to a worker; it comes back by Loop::Finished.
  std::function<void(Connection*, class Loop*)> submit;
};

class Loop {
 public:
  Loop(Shared& shared, std::size_t thread);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Tells the loop of all loops of the server, itself among them; called before any runs.
  void Meet(std::vector<Loop*> loops) { loops_ = std::move(loops); }
  /// Accepts from this socket and gives each connection to the loop in use with the fewest.
  void Listen(int listener);
  void Run();                             ///< until the server drains and the last connection ends
  void Finished(Connection* connection);  ///< from any thread: the answer of a job is there
  /// Thread that runs this loop, as the system numbers it; 0 before it runs.
  int thread_id() const { return thread_id_.load(); }

 private:
  void Wake();  ///< from any thread
  bool MayEnd();
  void Accept();
  void Adopt(int fd);
  bool Enter(std::unique_ptr<Connection>& connection);
  void Welcome(std::unique_ptr<Connection> connection);
  void ShareOut(bool heard);
  void Move(Connection& c, Loop& to);
  Loop* LeastLoaded() const;
  void TakeMail();
  void OnEvent(Connection& c, std::uint32_t events);
  bool Read(Connection& c);
  void Process(Connection& c);
  void Send();
  bool AnswerAll(Connection& c);
  void Await(Connection& c);
  void Answer(Connection& c);
  void Refuse(Connection& c, int status, std::string_view reason);
  bool Start(Connection& c);
  bool Flush(Connection& c);
  void Linger(Connection& c);
  void Watch(Connection& c, std::uint32_t interest);
  void Charge(Connection& c, std::size_t bytes);
  void Close(Connection& c);
  void Sweep();
  void NameRequest(Request& request);
  std::string_view Date();

  Shared& shared_;
  const std::size_t thread_;
  int epoll_ = -1, mail_event_ = -1, listener_ = -1;
  std::vector<Loop*> loops_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::atomic<std::size_t> load_{0};  ///< connections, those in the mail counted
  std::atomic<int> thread_id_{0};
  std::uint64_t shares_seen_ = 0;
  std::mutex mail_mutex_;
  bool ended_ = false;  ///< takes no more mail
  std::vector<std::unique_ptr<Connection>> mail_connections_;
  std::vector<Connection*> mail_finished_;
  std::vector<Connection*> held_;  ///< have answers to send
  TimePoint now_, swept_, listener_rest_, held_since_;
  bool listening_ = false;
  std::int64_t date_second_ = -1;
  std::string date_;
  std::uint64_t id_state_ = 0;
};

}  // namespace tagwerk::serve
