// One loop of the HTTP core: its connections, their bytes and time-outs.
#pragma once

#include <atomic>
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
  /// Hands a connection's request to a worker; it comes back by Loop::Finished.
  std::function<void(Connection*, class Loop*)> submit;
};

class Loop {
 public:
  Loop(Shared& shared, std::size_t thread);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Accepts from this socket and gives each connection to the loop with the fewest.
  void Listen(int listener, std::vector<Loop*> loops);
  void Run();                             ///< until the server drains and the last connection ends
  void Finished(Connection* connection);  ///< from any thread: the answer of a job is there

 private:
  void Wake();  ///< from any thread
  void Accept();
  void Adopt(int fd);
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
  std::mutex mail_mutex_;
  std::vector<int> mail_descriptors_;
  std::vector<Connection*> mail_finished_;
  std::vector<Connection*> held_;  ///< have answers to send
  TimePoint now_, swept_, listener_rest_, held_since_;
  bool listening_ = false;
  std::int64_t date_second_ = -1;
  std::string date_;
  std::uint64_t id_state_ = 0;
};

}  // namespace tagwerk::serve
