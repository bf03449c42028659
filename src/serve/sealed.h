// Text that only who knows a secret can read: AES-256-GCM (NIST SP 800-38D) under the SHA-256 of the secret.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tagwerk::serve {

/// Seals a text; returns hexadecimal digits, other ones at each call.
std::string Seal(std::string_view secret, std::string_view text);
/// Opens what Seal returned; nothing where the secret is another or a digit was changed.
std::optional<std::string> Unseal(std::string_view secret, std::string_view sealed);

}  // namespace tagwerk::serve
