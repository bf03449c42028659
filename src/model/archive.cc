// Writing and reading of flat little-endian bytes. The reader trusts nothing: a length is compared with
// what is left before anything is allocated, so damaged input costs at most its own size in memory.
#include "model/archive.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace tagwerk::model {
namespace {

template <class T>
T LittleEndian(T v) {
  if constexpr (std::endian::native == std::endian::little || sizeof(T) == 1) {
    return v;
  } else {
    auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(v);
    std::reverse(bytes.begin(), bytes.end());
    return std::bit_cast<T>(bytes);
  }
}

template <class T>
void Append(std::string& out, T v) {
  v = LittleEndian(v);
  char raw[sizeof(T)];
  std::memcpy(raw, &v, sizeof(T));
  out.append(raw, sizeof(T));
}

template <class T>
void AppendAll(std::string& out, std::span<const T> values) {
  Append<std::uint64_t>(out, values.size());
  if constexpr (std::endian::native == std::endian::little || sizeof(T) == 1) {
    if (!values.empty()) out.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  } else {
    for (const T v : values) Append<T>(out, v);
  }
}

/// Takes the next sizeof(T) bytes; false when fewer are left.
template <class T>
bool Take(std::string_view bytes, std::size_t& position, T& value) {
  if (bytes.size() - position < sizeof(T)) return false;
  std::memcpy(&value, bytes.data() + position, sizeof(T));
  value = LittleEndian(value);
  position += sizeof(T);
  return true;
}

/// Takes `count` values that are known to be there.
template <class T>
std::vector<T> TakeAll(std::string_view bytes, std::size_t& position, std::size_t count) {
  std::vector<T> values(count);
  if (count > 0) std::memcpy(values.data(), bytes.data() + position, count * sizeof(T));
  position += count * sizeof(T);
  for (T& v : values) v = LittleEndian(v);
  return values;
}

}  // namespace

void ByteWriter::U8(std::uint8_t v) { Append(bytes_, v); }
void ByteWriter::U32(std::uint32_t v) { Append(bytes_, v); }
void ByteWriter::I32(std::int32_t v) { Append(bytes_, v); }
void ByteWriter::U64(std::uint64_t v) { Append(bytes_, v); }
void ByteWriter::I64(std::int64_t v) { Append(bytes_, v); }
void ByteWriter::F64(double v) { Append(bytes_, std::bit_cast<std::uint64_t>(v)); }

void ByteWriter::String(std::string_view v) {
  Append<std::uint64_t>(bytes_, v.size());
  bytes_.append(v);
}

void ByteWriter::Doubles(std::span<const double> v) { AppendAll(bytes_, v); }
void ByteWriter::F32s(std::span<const float> v) { AppendAll(bytes_, v); }
void ByteWriter::I32s(std::span<const std::int32_t> v) { AppendAll(bytes_, v); }
void ByteWriter::U32s(std::span<const std::uint32_t> v) { AppendAll(bytes_, v); }
void ByteWriter::U8s(std::span<const std::uint8_t> v) { AppendAll(bytes_, v); }

void ByteWriter::Strings(const std::vector<std::string>& v) {
  Append<std::uint64_t>(bytes_, v.size());
  for (const std::string& s : v) String(s);
}

namespace {
constexpr std::string_view kTooShort = "ends too early";
}

std::uint8_t ByteReader::U8() {
  std::uint8_t v = 0;
  if (ok() && !Take(bytes_, position_, v)) Fail(kTooShort);
  return v;
}
std::uint32_t ByteReader::U32() {
  std::uint32_t v = 0;
  if (ok() && !Take(bytes_, position_, v)) Fail(kTooShort);
  return v;
}
std::int32_t ByteReader::I32() { return static_cast<std::int32_t>(U32()); }
std::uint64_t ByteReader::U64() {
  std::uint64_t v = 0;
  if (ok() && !Take(bytes_, position_, v)) Fail(kTooShort);
  return v;
}
std::int64_t ByteReader::I64() { return static_cast<std::int64_t>(U64()); }
double ByteReader::F64() { return std::bit_cast<double>(U64()); }

std::string ByteReader::String() {
  const std::size_t count = CountOf(1);
  if (!ok()) return {};
  std::string v(bytes_.substr(position_, count));
  position_ += count;
  return v;
}

std::vector<double> ByteReader::Doubles() {
  const std::size_t count = CountOf(sizeof(double));
  return ok() ? TakeAll<double>(bytes_, position_, count) : std::vector<double>();
}
std::vector<float> ByteReader::F32s() {
  const std::size_t count = CountOf(sizeof(float));
  return ok() ? TakeAll<float>(bytes_, position_, count) : std::vector<float>();
}
std::vector<std::int32_t> ByteReader::I32s() {
  const std::size_t count = CountOf(sizeof(std::int32_t));
  return ok() ? TakeAll<std::int32_t>(bytes_, position_, count) : std::vector<std::int32_t>();
}
std::vector<std::uint32_t> ByteReader::U32s() {
  const std::size_t count = CountOf(sizeof(std::uint32_t));
  return ok() ? TakeAll<std::uint32_t>(bytes_, position_, count) : std::vector<std::uint32_t>();
}
std::vector<std::uint8_t> ByteReader::U8s() {
  const std::size_t count = CountOf(1);
  return ok() ? TakeAll<std::uint8_t>(bytes_, position_, count) : std::vector<std::uint8_t>();
}

std::vector<std::string> ByteReader::Strings() {
  const std::size_t count = CountOf(sizeof(std::uint64_t));
  std::vector<std::string> v;
  v.reserve(count);
  for (std::size_t i = 0; i < count && ok(); ++i) v.push_back(String());
  return ok() ? v : std::vector<std::string>();
}

std::uint64_t ByteReader::CountOf(std::size_t item_bytes) {
  const std::uint64_t count = U64();
  if (!ok()) return 0;
  // An item takes at least one byte, so that a count can never ask for more than the input holds.
  const std::uint64_t most = remaining() / (item_bytes == 0 ? 1 : item_bytes);
  return Expect(count <= most, "a length is larger than the section") ? count : 0;
}

void ByteReader::Fail(std::string_view what) {
  if (failure_.empty()) failure_ = what.empty() ? std::string("damaged") : std::string(what);
}

bool ByteReader::Expect(bool condition, std::string_view what) {
  if (!condition) Fail(what);
  return condition;
}

Status ByteReader::Finish(std::string_view section) const {
  if (ok() && remaining() == 0) return Ok();
  const std::string reason = ok() ? "bytes are left over" : failure_;
  return Error(Code::kInvalidData, "model-damaged",
               "a section of the model is damaged: \"" + std::string(section) + "\"")
      .In("", reason)
      .Byte(static_cast<std::int64_t>(position_))
      .Do("copy the file again; the original's SHA-256 is in run.json");
}

}  // namespace tagwerk::model
