// The HTTP core of src/serve with a constant answer: own PORT THREADS
#include <signal.h>

#include <cstdio>
#include <cstdlib>

#include "serve/http_server.h"

namespace {

tagwerk::StopFlag stop;

class Constant final : public tagwerk::serve::Handler {
  bool AnswerNow(const tagwerk::serve::Request&, tagwerk::serve::Response& response, std::size_t) override {
    response.body.append(R"({"model_name":"m","model_version":"1","outputs":[]})");
    return true;
  }
  void AnswerLater(const tagwerk::serve::Request&, tagwerk::serve::Response&, std::size_t) override {}
  void Refuse(int status, std::string_view reason, const tagwerk::serve::Request&,
              tagwerk::serve::Response& response) override {
    response.status = status;
    response.body.append(reason);
  }
  void Answered(const tagwerk::serve::Request&, const tagwerk::serve::Response&, double, std::size_t) override {}
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  signal(SIGTERM, [](int) { stop.Request(); });
  tagwerk::serve::HttpOptions options;
  options.port = std::atoi(argv[1]);
  options.loops = std::atoi(argv[2]);
  Constant handler;
  auto server = tagwerk::serve::HttpServer::Listen(options, handler, nullptr);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().Text().c_str());
    return 1;
  }
  (*server)->Run(stop, nullptr);
  return 0;
}
