// What one answered request costs beside the kernel, part by part: one row of a model's inputs as a tensor in JSON.
//   request_bench MODEL.tw [ROWS]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/threads.h"
#include "serve/json_body.h"
#include "serve/request_parser.h"
#include "serve/service.h"

namespace tagwerk::serve {
namespace {

constexpr int kRounds = 200, kRequests = 200;

/// Least time of many short rounds: what else the machine does falls out.
template <class Body>
void Measure(const char* name, const Body& body) {
  double least = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const TimePoint start = Clock::now();
    for (int i = 0; i < kRequests; ++i) body();
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count() / kRequests);
  }
  std::printf("%-28s %8.3f us\n", name, least * 1e6);
}

std::string BodyOf(std::size_t rows, std::size_t columns) {
  std::string text = R"({"inputs": [{"name": "input", "shape": [)" + std::to_string(rows) + ", " +
                     std::to_string(columns) + R"(], "datatype": "FP64", "data": [)";
  std::srand(1);
  for (std::size_t i = 0; i < rows * columns; ++i)
    text += (i > 0 ? ", " : "") + std::to_string(4.0 * std::rand() / RAND_MAX - 2);
  return text + "]}]}";
}

int Run(const char* file, std::size_t rows) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  Shelf shelf(context);
  Access access;
  if (const Status added = shelf.AddFile("m", file); !added) {
    std::fprintf(stderr, "%s\n", added.error().Text().c_str());
    return 1;
  }
  shelf.WarmUp();
  Service service(context, shelf, access, 1, {});
  const ServedModelPtr model = *shelf.Current()->Find("m", "", "");
  const std::string body = BodyOf(rows, model->inputs().size());
  const std::string bytes =
      "POST /v2/models/m/infer HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  HttpLimits limits;
  RequestParser parser(limits);
  Request request;
  request.peer = "127.0.0.1";
  Response response;
  std::string out;
  const auto parse = [&] {
    parser.Next();
    return parser.Parse(bytes, request) == RequestParser::State::kDone;
  };
  Measure("parse the head", parse);
  Measure("answer", [&] {
    response.Clear();
    service.AnswerNow(request, response, 0);
  });
  std::printf("%d %s\n", response.status, response.body.substr(0, 300).c_str());
  Measure("write the head, count", [&] {
    out.clear();
    AppendHead(response, "0123456789abcdef", "Sun, 22 Nov 2026 08:00:01 GMT", true, out);
    service.Answered(request, response, 1e-5, 0);
  });
  JsonBody json;
  InferRequest infer;
  InputRows cells;
  Scorer scorer(context);
  Scored scored;
  Measure("JSON alone", [&] { static_cast<void>(json.Parse(body)); });
  Measure("JSON to rows", [&] { static_cast<void>(ReadInfer(*json.Parse(body), {}, *model, infer, cells)); });
  Measure("plain form to rows", [&] { ReadPlainInfer(body, *model, infer, cells); });
  Measure("predict", [&] { static_cast<void>(scorer.Score(model, cells, ScoreOptions(), scored)); });
  const auto row = pipeline::SingleRow::Make(model->pipeline());
  if (row != nullptr && rows == 1) {
    static_cast<void>(cells.ToCells(row->cells()));
    Measure("the model alone", [&] { row->Predict(0.9, scored.predictions); });
  }
  Measure("write the answer", [&] {
    out.clear();
    WriteInfer(*model, scored, infer, out);
  });
  return 0;
}

}  // namespace
}  // namespace tagwerk::serve

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  return tagwerk::serve::Run(argv[1], argc > 2 ? std::size_t(std::atoi(argv[2])) : 1);
}
