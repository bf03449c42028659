// Fuzz target: workbooks. A custom mutator changes the XML of one part and packs it again, so that the archive and its
// checksums stay right. What must hold: a table or one error.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/hash.h"
#include "io/arrow_files.h"
#include "io/csv_read.h"
#include "io/zip_archive.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using namespace tagwerk;

struct Part {
  std::string name, bytes;
};

void Append(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i, value >>= 8) out.push_back(char(value & 0xFF));
}

/// Packs parts without compression (APPNOTE.TXT 4.3).
std::string Pack(const std::vector<Part>& parts) {
  std::string out, directory;
  for (const Part& part : parts) {
    std::string shared;  // what the local header and the directory have in common
    Append(shared, 20, 2);
    Append(shared, 0, 8);  // flags, stored, time, date
    Append(shared, Crc32(part.bytes), 4);
    Append(shared, part.bytes.size(), 4);
    Append(shared, part.bytes.size(), 4);
    Append(shared, part.name.size(), 2);
    Append(shared, 0, 2);
    Append(directory, 0x02014b50, 4);
    Append(directory, 20, 2);
    directory += shared;
    Append(directory, 0, 10);  // comment, disk, attributes
    Append(directory, out.size(), 4);
    directory += part.name;
    Append(out, 0x04034b50, 4);
    out += shared + part.name + part.bytes;
  }
  const std::size_t begin = out.size();
  out += directory;
  Append(out, 0x06054b50, 4);
  Append(out, 0, 4);
  Append(out, parts.size(), 2);
  Append(out, parts.size(), 2);
  Append(out, directory.size(), 4);
  Append(out, begin, 4);
  Append(out, 0, 2);
  return out;
}

std::vector<Part> Unpack(std::string_view bytes) {
  std::vector<Part> parts;
  const Context context;
  const auto archive = io::ZipArchive::Open(bytes, "fuzz.xlsx");
  if (!archive) return parts;
  for (std::size_t i = 0; i < archive->names().size(); ++i) {
    auto whole = archive->ReadWhole(context, i, 1 << 20);
    if (whole) parts.push_back({archive->names()[i], std::move(*whole)});
  }
  return parts;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  std::vector<Part> parts = Unpack({reinterpret_cast<const char*>(data), size});
  if (parts.empty() || seed % 16 == 0) return LLVMFuzzerMutate(data, size, most);
  std::string& chosen = parts[seed / 16 % parts.size()].bytes;
  const std::size_t before = chosen.size();
  chosen.resize(before + 256);
  chosen.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(chosen.data()), before, chosen.size()));
  const std::string packed = Pack(parts);
  if (packed.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::memcpy(data, packed.data(), packed.size());
  return packed.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Pool pool(1);
  Context context;
  context.pool = &pool;
  context.memory_limit = 1 << 26;
  io::Input input;
  input.path = "fuzz.xlsx";
  input.Hold(std::string(reinterpret_cast<const char*>(data), size));
  auto parts = io::Decompress(context, std::move(input), 1 << 22, "#1");
  if (!parts || parts->empty()) return 0;
  const auto format = io::DetectFormat((*parts)[0]);
  if (format && *format == io::FileFormat::kCsv) (void)io::ReadCsv(context, std::move(*parts), {}, {}).has_value();
  return 0;
}
