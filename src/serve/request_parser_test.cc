#include "serve/request_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tagwerk::serve {
namespace {

using State = RequestParser::State;

const HttpLimits kLimits;

/// What came of a run of bytes that arrived in pieces of `step` bytes, the buffer moving with each.
struct Parsed {
  std::vector<std::string> bodies, targets;
  int status = 0;
  std::size_t left = 0;
};

Parsed ParseAll(const std::string& bytes, std::size_t step, const HttpLimits& limits = kLimits) {
  Parsed out;
  RequestParser parser(limits);
  Request request;
  std::string buffer;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    buffer = std::string(buffer) + bytes.substr(at, step);
    while (true) {
      const State state = parser.Parse(buffer, request);
      if (state == State::kBad) {
        out.status = parser.status();
        return out;
      }
      if (state == State::kNeedMore) break;
      out.bodies.emplace_back(request.body);
      out.targets.emplace_back(request.target);
      buffer = buffer.substr(parser.used());
      parser.Next();
      if (buffer.empty()) break;
    }
  }
  out.left = buffer.size();
  return out;
}

constexpr const char* kHost = " HTTP/1.1\r\nHost: a\r\n";

TEST(RequestParser, PiecesOfAnySizeGiveTheSameRequests) {
  const std::string bytes = std::string("GET /one?x=1") + kHost + "\r\n" + "POST /two" + kHost +
                            "Content-Length: 5\r\n\r\nhello" + "\r\nPOST /three" + kHost +
                            "Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n" +
                            "GET /four" + kHost + "\r\n";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    const Parsed parsed = ParseAll(bytes, step);
    ASSERT_EQ(parsed.status, 0) << step;
    EXPECT_EQ(parsed.bodies, (std::vector<std::string>{"", "hello", "abcde", ""})) << step;
    EXPECT_EQ(parsed.targets, (std::vector<std::string>{"/one?x=1", "/two", "/three", "/four"})) << step;
    EXPECT_EQ(parsed.left, 0U) << step;
  }
}

TEST(RequestParser, ViewsPointIntoTheBytes) {
  RequestParser parser(kLimits);
  Request request;
  const std::string bytes =
      std::string("POST /v1/a?b=c#d") + kHost + "X-One:  1 \r\nEmpty:\r\nContent-Length: 2\r\n\r\n{}";
  ASSERT_EQ(parser.Parse(bytes, request), State::kDone);
  EXPECT_EQ(request.method, Method::kPost);
  EXPECT_EQ(request.path, "/v1/a");
  EXPECT_EQ(request.query, "b=c");
  EXPECT_EQ(request.Find("x-one"), "1 ");
  EXPECT_EQ(request.Find("EMPTY"), "");
  EXPECT_TRUE(request.keep_alive);
  EXPECT_EQ(request.body.data(), bytes.data() + bytes.size() - 2);
}

TEST(RequestParser, LimitsOfSize) {
  HttpLimits limits;
  limits.max_head = 200;
  limits.max_headers = 3;
  limits.max_body = 10;
  const std::string post = std::string("POST /") + kHost;
  EXPECT_EQ(ParseAll(post + "A: " + std::string(300, 'x') + "\r\n\r\n", 1000, limits).status, 431);
  EXPECT_EQ(ParseAll(post + "A: " + std::string(300, 'x'), 7, limits).status, 431);
  EXPECT_EQ(ParseAll(post + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", 1000, limits).status, 431);
  EXPECT_EQ(ParseAll(post + "Content-Length: 11\r\n\r\n", 1000, limits).status, 413);
  EXPECT_EQ(ParseAll(post + "Content-Length: 10\r\n\r\n0123456789", 3, limits).bodies.size(), 1U);
  EXPECT_EQ(ParseAll(post + "Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n", 1000, limits).status, 413);
  EXPECT_EQ(ParseAll("\r\n\r\n\r\n\r\n" + post + "\r\n", 1000, limits).status, 400);
}

TEST(RequestParser, WaitsForTheBodyThatItIsToAskFor) {
  RequestParser parser(kLimits);
  Request request;
  const std::string head = std::string("POST /") + kHost + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(parser.Parse(head, request), State::kNeedMore);
  EXPECT_TRUE(parser.wants_continue());
  parser.Continued();
  EXPECT_EQ(parser.Parse(head + "{}", request), State::kDone);
  EXPECT_FALSE(parser.wants_continue());
}

TEST(RequestParser, KeepAliveByVersionAndHeader) {
  Request request;
  for (const auto& [text, keep] :
       std::vector<std::pair<std::string, bool>>{{"GET / HTTP/1.0\r\n\r\n", false},
                                                 {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
                                                 {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
                                                 {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true}}) {
    RequestParser parser(kLimits);
    ASSERT_EQ(parser.Parse(text, request), State::kDone) << text;
    EXPECT_EQ(request.keep_alive, keep) << text;
  }
}

TEST(Http, PercentEscapes) {
  std::string out;
  EXPECT_TRUE(PercentDecode("a%2Fb%20c", out));
  EXPECT_EQ(out, "a/b c");
  for (const char* bad : {"%", "%1", "%zz", "%00", "a%0"}) EXPECT_FALSE(PercentDecode(bad, out)) << bad;
  EXPECT_TRUE(QueryValue("a=1&alias=x%2dy&b", "alias", out));
  EXPECT_EQ(out, "x-y");
  EXPECT_TRUE(QueryValue("a=1&b", "b", out));
  EXPECT_FALSE(QueryValue("alias2=1", "alias", out));
}

TEST(Http, DatesAreThoseOfRfc9110) { EXPECT_EQ(HttpDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT"); }

}  // namespace
}  // namespace tagwerk::serve
