// Loops that follow the work, and connections that move between them: no answer may be lost or mixed up.
#include "serve/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <set>
#include <thread>

#include "base/text.h"

namespace tagwerk::serve {
namespace {

/// Answers with what was sent and the number of the thread; "long" is for a worker, "busy" takes a millisecond.
class Echo final : public Handler {
 public:
  bool AnswerNow(const Request& request, Response& response, std::size_t thread) override {
    if (request.path == "/long") return false;
    if (request.path == "/busy")
      for (const TimePoint end = Clock::now() + std::chrono::milliseconds(1); Clock::now() < end;) {
      }
    Answer(request, response, thread);
    return true;
  }
  void AnswerLater(const Request& request, Response& response, std::size_t thread) override {
    Answer(request, response, thread);
  }
  void Refuse(int status, std::string_view reason, const Request&, Response& response) override {
    response.status = status;
    response.body.assign(reason);
  }
  void Answered(const Request&, const Response&, double, std::size_t thread) override { answers[thread].fetch_add(1); }

  std::array<std::atomic<std::uint64_t>, 16> answers{};

 private:
  static void Answer(const Request& request, Response& response, std::size_t thread) {
    response.body.assign(request.body).append("|").append(std::to_string(thread));
  }
};

HttpOptions Options(int loops, bool restless) {
  HttpOptions options;
  options.loops = loops;
  options.restless = restless;
  return options;
}

class Served {
 public:
  explicit Served(HttpOptions options) {
    options.limits.max_jobs = 64;
    server_ = std::move(*HttpServer::Listen(options, echo, nullptr));
    thread_ = std::thread([this] { server_->Run(stop_, nullptr); });
  }
  ~Served() { Stop(); }
  void Stop() {
    stop_.Request();
    if (thread_.joinable()) thread_.join();
  }
  const HttpServer& server() const { return *server_; }
  Echo echo;

 private:
  StopFlag stop_;
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

class Client {
 public:
  explicit Client(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(std::uint16_t(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const timeval patience{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Client() { ::close(fd_); }
  bool connected() const { return connected_; }
  bool Send(std::string_view bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == ssize_t(bytes.size());
  }
  bool Ask(std::string_view path, std::string_view body) {
    std::string text("POST ");
    text.append(path).append(" HTTP/1.1\r\nHost: localhost\r\nContent-Length: ");
    text.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    return Send(text);
  }
  /// Returns the body of the next answer; empty where the connection ended.
  std::string Answer() {
    while (true) {
      if (const std::size_t head = held_.find("\r\n\r\n"); head != std::string::npos) {
        const std::size_t at = held_.find("Content-Length: ");
        const auto size = std::size_t(std::atoi(held_.c_str() + at + 16));
        if (held_.size() >= head + 4 + size) {
          const std::string body = held_.substr(head + 4, size);
          held_.erase(0, head + 4 + size);
          return body;
        }
      }
      std::array<char, 4096> bytes;
      const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
      if (got <= 0) return "";
      held_.append(bytes.data(), std::size_t(got));
    }
  }

 private:
  int fd_;
  bool connected_ = false;
  std::string held_;
};

TEST(HttpServer, AnswersWhileConnectionsMove) {
  Served served(Options(4, /*restless=*/true));
  std::atomic<int> wrong{0}, right{0};
  std::vector<std::thread> clients;
  for (int k = 0; k < 8; ++k)
    clients.emplace_back([&, k] {
      Client client(served.server().port());
      for (int i = 0; i < 400; ++i) {
        const std::string body =
            std::to_string(k) + "." + std::to_string(i) + std::string(std::size_t(i) * 7 % 3000, 'x');
        // One, several at once, one in parts, one for a worker.
        const int together = i % 5 == 0 ? 3 : 1;
        for (int n = 0; n < together; ++n) {
          if (i % 7 == 0) {
            client.Send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-");
            std::this_thread::sleep_for(std::chrono::microseconds(300));
            client.Send("Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
          } else {
            client.Ask(i % 11 == 0 ? "/long" : "/a", body);
          }
        }
        for (int n = 0; n < together; ++n) {
          const std::string answer = client.Answer();
          (answer.substr(0, answer.find('|')) == body && !answer.empty() ? right : wrong).fetch_add(1);
        }
      }
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(right.load(), 8 * (400 + 2 * 80));
  int loops = 0;
  for (int i = 0; i < 4; ++i) loops += served.echo.answers[std::size_t(i)] > 0;
  EXPECT_EQ(loops, 4);
}

TEST(HttpServer, EndsWhileConnectionsMove) {
  for (int round = 0; round < 20; ++round) {
    Served served(Options(3, /*restless=*/true));
    std::atomic<bool> ending{false};
    std::atomic<int> lost{0};
    std::vector<std::thread> clients;
    for (int k = 0; k < 6; ++k)
      clients.emplace_back([&, k] {
        Client client(served.server().port());
        for (int i = 0;; ++i) {
          const std::string body = std::to_string(k * 1000 + i);
          const bool sent = client.Ask(i % 3 == 0 ? "/long" : "/a", body);
          const std::string answer = client.Answer();
          if (!sent || answer.empty()) {
            lost += !ending.load();  // a server that ends may close a quiet connection as a request is on its way
            return;
          }
          lost += answer.substr(0, answer.find('|')) != body;
        }
      });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ending = true;
    served.Stop();
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(lost.load(), 0);
    EXPECT_EQ(served.server().figures().connections, 0U);
  }
}

TEST(HttpServer, OneLoopAnswersWhatIsLittle) {
  Served served(Options(4, /*restless=*/false));
  Client client(served.server().port());
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(client.Ask("/a", "b"));
    ASSERT_EQ(client.Answer(), "b|0");
  }
}

TEST(HttpServer, LoopsFollowTheLoad) {
  std::atomic<bool> much{true};
  HttpOptions options;
  options.loops = 2;
  // Of two cores: the loops take what they get, or the client holds one of the two.
  options.load = [&] { return much ? LoopLoad{2, 0, 1.0} : LoopLoad{1, 1, 0.0}; };
  Served served(options);
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> clients;
  for (int k = 0; k < 6; ++k)
    clients.emplace_back([&] {
      Client client(served.server().port());
      while (!done.load() && wrong == 0) wrong += !client.Ask("/busy", "b") || !client.Answer().starts_with("b|");
    });
  const auto wait_until = [](const auto& reached) {
    for (const TimePoint end = Clock::now() + std::chrono::seconds(60); !reached() && Clock::now() < end;)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return reached();
  };
  auto& answers = served.echo.answers;
  EXPECT_TRUE(wait_until([&] { return answers[1] > 100; }));
  const std::uint64_t first = answers[0];
  EXPECT_TRUE(wait_until([&] { return answers[0] > first + 100; }));  // it kept its share
  EXPECT_EQ(served.server().loops_in_use(), 2U);
  much = false;
  EXPECT_TRUE(wait_until([&] { return served.server().loops_in_use() == 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // what the second has is handed over
  const std::uint64_t second = answers[1], before = answers[0];
  EXPECT_TRUE(wait_until([&] { return answers[0] > before + 100; }));
  EXPECT_EQ(answers[1], second);
  done = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace tagwerk::serve
