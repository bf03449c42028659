// Hashes of single values, which row hashes and fingerprints are made of: a change changes every fingerprint.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "base/random.h"
#include "table/table.h"

namespace tagwerk::table {

// Each storage has its own salt: the number 0 and a time at 1970-01-01 are different values.
inline constexpr std::uint64_t kMissingHash = 0x6d697373696e6721ULL;
inline constexpr std::uint64_t kNumberSalt = 0x4e;
inline constexpr std::uint64_t kTimeSalt = 0x54;

inline std::uint64_t HashNumber(double value) {
  if (std::isnan(value)) return kMissingHash;
  if (value == 0) value = 0;  // -0 equals 0
  return Mix64(kNumberSalt, std::bit_cast<std::uint64_t>(value));
}

inline std::uint64_t HashTime(std::int64_t value) {
  return value == kMissingTime ? kMissingHash : Mix64(kTimeSalt, std::uint64_t(value));
}

/// What a value adds to the hash of its row: a sum does not depend on the order of columns, and the salt (from the
/// column's name) keeps equal values of different columns apart.
inline std::uint64_t InRow(std::uint64_t value_hash, std::uint64_t salt) { return Mix64(value_hash, salt); }

}  // namespace tagwerk::table
