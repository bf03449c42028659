// The container of a model file: a 64-byte header, a JSON manifest, then sections, each aligned to 64 bytes.
//
//   0  magic "TAGWERK\x1a"     8  u32 format    12  u32 CRC-32 of the manifest
//  16  u64 manifest offset    24  u64 manifest bytes    32  u64 file bytes    40  zeros
//  60  u32 CRC-32 of bytes 0..59
//
// The manifest lists the sections with offset, length and SHA-256. Gaps are zeros. Everything is checked
// before use: every length against the file, every checksum, order and gaps of the sections. Later formats
// keep this header, so that an older program can say what it met.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tagwerk::pipeline {

inline constexpr std::uint32_t kModelFormat = 1;  ///< highest format that is read and written
inline constexpr std::string_view kProgram = "tagwerk 0.1.0";

struct Section {
  std::string name;
  std::string bytes;
};

/// Lays out manifest and sections; adds the manifest's member `sections`.
std::string WriteContainer(Json manifest, const std::vector<Section>& sections);

struct Container {
  struct View {
    std::string name;
    std::string_view bytes;
    std::uint64_t offset = 0;
  };
  Json manifest;
  std::vector<View> sections;

  const View* Find(std::string_view name) const;
};

/// Reads and checks a container; views point into `bytes`. Errors: not-a-model, model-damaged, model-newer.
Result<Container> ReadContainer(std::string_view bytes, const std::string& file);

/// Returns the error model-damaged with the usual remedy.
Error Damaged(const std::string& file, std::string message, std::int64_t byte = -1);

}  // namespace tagwerk::pipeline
