// Every text is read to the same double as by the standard library.
#include "table/decimal.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <string>

#include "base/random.h"
#include "table/number_text.h"

namespace tagwerk::table {
namespace {

double ByLibrary(const std::string& text) {
  const char* begin = text.data() + (text[0] == '+');
  double value = 0;
  EXPECT_EQ(std::from_chars(begin, text.data() + text.size(), value).ec, std::errc()) << text;
  return value;
}

void ExpectSame(const std::string& text) {
  const double expected = ByLibrary(text), got = ParseNumber(text, NumberStyle::kPlain).value;
  ASSERT_EQ(std::bit_cast<std::uint64_t>(got), std::bit_cast<std::uint64_t>(expected)) << text;
}

TEST(Decimal, NearestDoubleOfRandomDigits) {
  Random random(1);
  for (int i = 0; i < 400000; ++i) {
    const std::uint64_t mantissa = random.Next() >> random.Below(64);
    const int exponent = int(random.Below(62)) - 31;
    if (const auto nearest = NearestDouble(mantissa, exponent)) {
      ASSERT_EQ(*nearest, ByLibrary(fmt::format("{}e{}", mantissa, exponent))) << mantissa << "e" << exponent;
    } else {
      ASSERT_GT(std::abs(exponent), 27);
    }
  }
}

TEST(Decimal, TiesGoToEven) {
  for (std::uint64_t k = 0; k < 2000; ++k) {
    const std::uint64_t between = (1ULL << 53) + 2 * k + 1;  // between two doubles
    for (const char* end : {"", ".0", "e0", ".5", "000e-3", "00000e-5"}) ExpectSame(fmt::format("{}{}", between, end));
    ExpectSame(fmt::format("{}e{}", 9007199254740993ULL + 2 * k, int(k % 24)));
  }
}

TEST(Decimal, RandomDoublesInManySpellings) {
  Random random(2);
  for (int i = 0; i < 60000; ++i) {
    const double value = std::ldexp(random.Normal(), int(random.Below(140)) - 70);
    for (const auto& text : {fmt::format("{}", value), fmt::format("{:.18e}", value), fmt::format("{:.6f}", value),
                             fmt::format("{:.17g}", value), fmt::format("{:.25f}", value)}) {
      ExpectSame(text);
    }
  }
}

TEST(Decimal, LongAndOddSpellings) {
  for (const char* text : {"0", "-0", "0.0", "00000000000000000000001.5", "0.00000000000000000000000015", "1.", ".5",
                           "12345678", "1234567.8", "12345678.12345678", "1e-400", "4.9e-324", "1.7976931348623157e308",
                           "18446744073709551615.0", "18446744073709551616.5", "99999999999999999999.0",
                           "0.1000000000000000055511151231257827021181583404541015625"}) {
    if (std::string(text) == "1e-400") {
      EXPECT_EQ(ParseNumber(text, NumberStyle::kPlain).value, 0.0);
    } else {
      ExpectSame(text);
    }
  }
  for (const char* text : {"1234567a", "12345678a", "1234567:", "1234567/", "12345678 12345678", "1.2.3",
                           "\xB1"
                           "2345678"}) {
    EXPECT_EQ(ParseNumber(text, NumberStyle::kPlain).kind, NumberKind::kNotNumber) << text;
  }
}

}  // namespace
}  // namespace tagwerk::table
