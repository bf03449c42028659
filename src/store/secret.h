// Randomness from the machine, for keys; comparison that tells nothing by its time is not needed: keys are looked up by
// their SHA-256.
#pragma once

#include <cstddef>
#include <string>

namespace tagwerk::store {

/// Returns bytes that nobody can guess (getrandom).
std::string RandomBytes(std::size_t count);
std::string RandomHex(std::size_t bytes);
/// Encodes by RFC 4648, part 5, without padding: 32 bytes are 43 characters.
std::string Base64Url(const std::string& bytes);

}  // namespace tagwerk::store
