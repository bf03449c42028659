// What is read in one pass is what the general reader says, or is left to it.
#include "serve/plain_tensor.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "base/constants.h"
#include "base/random.h"
#include "serve/json_body.h"
#include "serve/tensor_data.h"

namespace tagwerk::serve {
namespace {

std::string Read(const std::string& body) {
  PlainTensor plain;
  if (!ReadPlainTensor(body, plain)) return "other";
  std::string out = std::string(plain.id) + "|" + std::string(plain.name) + "|" + std::to_string(plain.rows) + "x" +
                    std::to_string(plain.columns) + "|";
  for (const double value : plain.values) out += std::isnan(value) ? "null " : std::to_string(value) + " ";
  return out;
}

TEST(PlainTensor, IsReadWhateverTheOrderAndTheBlanks) {
  const std::string wanted = "|x|2x2|1.000000 -2.500000 null 3000.000000 ";
  EXPECT_EQ(Read(R"({"inputs":[{"name":"x","shape":[2,2],"datatype":"FP64","data":[1,-2.5,null,3e3]}]})"), wanted);
  EXPECT_EQ(
      Read("{ \"inputs\" : [ {\"data\":[1 , -2.5,\tnull\n,3e3 ], \"datatype\" :\"FP32\",\r\n \"shape\": [ 2 , 2 ],"
           "\"name\":\"x\"} ] } \n"),
      wanted);
  EXPECT_EQ(Read(R"({"id":"a","inputs":[{"name":"","shape":[1,1],"datatype":"FP64","data":[0]}]})"),
            "a||1x1|0.000000 ");
}

TEST(PlainTensor, LeavesTheRestToOthers) {
  const std::string good = R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","data":[1,2]}]})";
  ASSERT_NE(Read(good), "other");
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  for (const std::string& body : {with("[1,2]}", "[1,2,3]}"),
                                  with("[1,2]}", "[1]}"),
                                  with("[1,2]}", "[]}"),
                                  with("[1,2]}", "[[1,2]]}"),
                                  with("[1,2]}", "[1,\"2\"]}"),
                                  with("[1,2]}", "[1,true]}"),
                                  with("[1,2]}", "[1,2,]}"),
                                  with("[1,2]}", "[1 2]}"),
                                  with("[1,2]}", "[01,2]}"),
                                  with("[1,2]}", "[1.,2]}"),
                                  with("[1,2]}", "[.5,2]}"),
                                  with("[1,2]}", "[+1,2]}"),
                                  with("[1,2]}", "[1e,2]}"),
                                  with("[1,2]}", "[-,2]}"),
                                  with("[1,2]}", "[1e999,2]}"),
                                  with("[1,2]}", "[nul,2]}"),
                                  with("[1,2],", "[2],"),
                                  with("[1,2],", "[1,2,1],"),
                                  with("[1,2],", "[-1,2],"),
                                  with("[1,2],", "[1.0,2],"),
                                  with("[1,2],", "[0,2],"),
                                  with("[1,2],", "[01,2],"),
                                  with("[1,2],", "[99999999999999999999,2],"),
                                  with("[1,2],", "[9223372036854775809,2],"),
                                  with("FP64", "INT64"),
                                  with("\"x\"", "\"\\u0041\""),
                                  with("\"x\"", "\"\xc3\xa9\""),
                                  with("\"x\"", "\"\n\""),
                                  with("\"name\"", "\"nam\""),
                                  with("\"name\":\"x\",", "\"name\":\"x\",\"name\":\"y\","),
                                  with("\"name\":\"x\",", ""),
                                  with("\"data\":[1,2]", "\"data\":[1],\"data\":[1,2]"),
                                  with("}]}", "}]} x"),
                                  with("}]}", "}],\"outputs\":[]}"),
                                  with("}]}", "},{}]}"),
                                  with("{\"inputs", "[{\"inputs"),
                                  good.substr(0, good.size() - 1),
                                  std::string("{}"),
                                  std::string(),
                                  good + std::string(1, '\0')})
    EXPECT_EQ(Read(body), "other") << body;
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_EQ(Read(good.substr(0, size)), "other") << size;
}

TEST(PlainTensor, NumbersAreTheNearestDoubles) {
  Random random(7);
  const auto check = [](const std::string& text) {
    double ours = 0, theirs = 0;
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    const bool plain = std::from_chars(at, end, theirs).ec == std::errc();
    ASSERT_EQ(ReadJsonNumber(at, end, ours), plain) << text;
    if (!plain) return;
    EXPECT_EQ(at, end) << text;
    if (text.find_first_of(".eE") == std::string::npos) theirs += 0.0;  // -0 is a whole number: 0
    EXPECT_EQ(std::memcmp(&ours, &theirs, sizeof ours), 0) << text;
  };
  for (const char* text : {"0",
                           "-0",
                           "-0.0",
                           "0.1",
                           "9007199254740993",
                           "9007199254740991",
                           "-9007199254740992.5",
                           "123456789012345678",
                           "1234567890123456789",
                           "18446744073709551616",
                           "0.0000000000000000000001",
                           "0.00000000000000000000001",
                           "1e22",
                           "1e23",
                           "1e-400",
                           "1E400",
                           "5e-324",
                           "1.7976931348623157e308",
                           "0.000e055",
                           "2.2250738585072011e-308",
                           "100000000000000000000000000000000000000000000000.5"})
    check(text);
  for (int i = 0; i < 20000; ++i) {
    std::string text = random.Below(2) == 0 ? "-" : "";
    text += std::to_string(random.Below(2) == 0 ? random.Below(1000) : random.Next() >> random.Below(64));
    if (random.Below(3) > 0) {
      text += ".";
      for (std::uint64_t n = 1 + random.Below(random.Below(4) == 0 ? 25 : 7); n > 0; --n)
        text += static_cast<char>('0' + random.Below(10));
    }
    if (random.Below(5) == 0) text += "e" + std::to_string(int(random.Below(60)) - 30);
    check(text);
  }
}

}  // namespace
}  // namespace tagwerk::serve
