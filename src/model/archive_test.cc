// Bytes that are written read back; bytes that lie are refused without large allocations.
#include "model/archive.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"

namespace tagwerk::model {
namespace {

std::string Sample() {
  ByteWriter w;
  w.U8(200);
  w.U32(4000000000U);
  w.I32(-5);
  w.U64(~0ULL);
  w.I64(std::numeric_limits<std::int64_t>::min());
  w.F64(-0.0);
  w.String("na\xc3\xafve");
  w.Doubles(std::vector<double>{1.5, std::numeric_limits<double>::infinity()});
  w.I32s(std::vector<std::int32_t>{-1, 7});
  w.U32s(std::vector<std::uint32_t>{3});
  w.U8s(std::vector<std::uint8_t>{1, 2, 3});
  w.Strings({"", "b"});
  return std::move(w).Take();
}

void ReadSample(ByteReader& r) {
  r.U8();
  r.U32();
  r.I32();
  r.U64();
  r.I64();
  r.F64();
  r.String();
  r.Doubles();
  r.I32s();
  r.U32s();
  r.U8s();
  r.Strings();
}

TEST(Archive, ReadsBackWhatWasWritten) {
  const std::string bytes = Sample();
  ByteReader r(bytes);
  EXPECT_EQ(r.U8(), 200);
  EXPECT_EQ(r.U32(), 4000000000U);
  EXPECT_EQ(r.I32(), -5);
  EXPECT_EQ(r.U64(), ~0ULL);
  EXPECT_EQ(r.I64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(std::signbit(r.F64()));
  EXPECT_EQ(r.String(), "na\xc3\xafve");
  EXPECT_EQ(r.Doubles(), (std::vector<double>{1.5, std::numeric_limits<double>::infinity()}));
  EXPECT_EQ(r.I32s(), (std::vector<std::int32_t>{-1, 7}));
  EXPECT_EQ(r.U32s(), (std::vector<std::uint32_t>{3}));
  EXPECT_EQ(r.U8s(), (std::vector<std::uint8_t>{1, 2, 3}));
  EXPECT_EQ(r.Strings(), (std::vector<std::string>{"", "b"}));
  EXPECT_TRUE(r.Finish("sample").has_value());
}

TEST(Archive, BytesAreLittleEndian) {
  ByteWriter w;
  w.U32(0x01020304);
  w.String("ab");
  EXPECT_EQ(w.bytes(), std::string("\x04\x03\x02\x01\x02\0\0\0\0\0\0\0ab", 14));
}

TEST(Archive, EveryTruncationIsDamage) {
  const std::string bytes = Sample();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ByteReader r(std::string_view(bytes).substr(0, length));
    ReadSample(r);
    const auto status = r.Finish("sample");
    ASSERT_FALSE(status.has_value()) << length;
    EXPECT_EQ(status.error().id(), "model-damaged");
  }
}

TEST(Archive, LeftOverBytesAreDamage) {
  const std::string bytes = Sample() + "x";
  ByteReader r(bytes);
  ReadSample(r);
  EXPECT_TRUE(r.ok());
  EXPECT_FALSE(r.Finish("sample").has_value());
}

TEST(Archive, LyingLengthsAllocateNothing) {
  for (const std::uint64_t lie : {std::uint64_t{1} << 62, ~std::uint64_t{0}, std::uint64_t{3}}) {
    ByteWriter w;
    w.U64(lie);
    w.U8(1);
    const auto refused = [&](const auto& read) {
      ByteReader r(w.bytes());
      EXPECT_TRUE(read(r).empty());
      EXPECT_FALSE(r.ok());
    };
    refused([](ByteReader& r) { return r.Doubles(); });
    refused([](ByteReader& r) { return r.I32s(); });
    refused([](ByteReader& r) { return r.U32s(); });
    refused([](ByteReader& r) { return r.U8s(); });
    refused([](ByteReader& r) { return r.String(); });
    refused([](ByteReader& r) { return r.Strings(); });
    ByteReader r(w.bytes());
    EXPECT_EQ(r.CountOf(1), 0U);
  }
}

TEST(Archive, AfterAFaultEverythingIsZero) {
  const std::string bytes = Sample();
  ByteReader r(bytes);
  EXPECT_FALSE(r.Expect(false, "first"));
  r.Fail("second");
  EXPECT_EQ(r.U8(), 0);
  EXPECT_EQ(r.F64(), 0);
  EXPECT_EQ(r.String(), "");
  EXPECT_EQ(r.CountOf(0), 0U);
  const auto status = r.Finish("sample");
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().where().detail, "first");
}

TEST(Archive, RandomBytesNeverCrash) {
  Random random(5);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random.Below(120), '\0');
    for (char& c : bytes) c = static_cast<char>(random.Below(3) == 0 ? random.Below(256) : 0);
    ByteReader r(bytes);
    ReadSample(r);
    (void)r.Finish("random").has_value();
  }
}

}  // namespace
}  // namespace tagwerk::model
