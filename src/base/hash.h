// Hashes: XXH3 for tables and maps, SHA-256 for fingerprints and files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tagwerk {

std::uint64_t HashBytes(std::string_view bytes, std::uint64_t seed = 0);
/// Returns the SHA-256 of the bytes as 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);
std::uint32_t Crc32(std::string_view bytes);

}  // namespace tagwerk
