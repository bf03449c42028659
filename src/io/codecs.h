// Streams of compressed bytes, found by their first bytes: gzip (all members), zstd (all frames), bzip2, xz.
#pragma once

#include <string_view>

#include "base/context.h"
#include "base/result.h"
#include "io/spool.h"

namespace tagwerk::io {

struct Codec {
  const char* name;        ///< as reported
  std::string_view magic;  ///< first bytes
  /// Unpacks `bytes` into the spool. Errors: archive-damaged, memory-limit, interrupted and those of the spool.
  Status (*unpack)(const Context& context, std::string_view bytes, Spool& out);
};

/// Returns the codec of the bytes, or null.
const Codec* FindCodec(std::string_view bytes);

}  // namespace tagwerk::io
