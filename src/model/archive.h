// Flat little-endian bytes for fitted things. Reading is bounded: every length is checked against what
// is left, every failure is remembered, and no allocation is larger than the input justifies.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tagwerk::model {

class ByteWriter {
 public:
  void U8(std::uint8_t v);
  void U32(std::uint32_t v);
  void I32(std::int32_t v);
  void U64(std::uint64_t v);
  void I64(std::int64_t v);
  void F64(double v);
  void String(std::string_view v);          ///< u64 length, bytes
  void Doubles(std::span<const double> v);  ///< u64 count, values
  void F32s(std::span<const float> v);
  void I32s(std::span<const std::int32_t> v);
  void U32s(std::span<const std::uint32_t> v);
  void U8s(std::span<const std::uint8_t> v);
  void Strings(const std::vector<std::string>& v);
  const std::string& bytes() const { return bytes_; }
  std::string Take() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// After the first fault every further read returns zero or empty; check with Finish() or ok().
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}
  std::uint8_t U8();
  std::uint32_t U32();
  std::int32_t I32();
  std::uint64_t U64();
  std::int64_t I64();
  double F64();
  std::string String();
  std::vector<double> Doubles();
  std::vector<float> F32s();
  std::vector<std::int32_t> I32s();
  std::vector<std::uint32_t> U32s();
  std::vector<std::uint8_t> U8s();
  std::vector<std::string> Strings();
  /// Reads a count that precedes items of at least `item_bytes` each; a lie is a fault.
  std::uint64_t CountOf(std::size_t item_bytes);
  /// Marks the input as damaged: a value out of its allowed range.
  void Fail(std::string_view what);
  /// Fails unless the condition holds; returns it.
  bool Expect(bool condition, std::string_view what);
  bool ok() const { return failure_.empty(); }
  std::size_t remaining() const { return bytes_.size() - position_; }
  /// Returns model-damaged if anything was wrong or bytes are left over.
  Status Finish(std::string_view section) const;

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;
  std::string failure_;
};

}  // namespace tagwerk::model
