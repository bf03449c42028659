// Writing and reading the container of a model file.
#include "pipeline/container.h"

#include <algorithm>
#include <cstring>

#include "base/hash.h"
#include "base/text.h"

namespace tagwerk::pipeline {
namespace {

constexpr std::string_view kMagic("TAGWERK\x1a", 8);
constexpr std::uint64_t kAlign = 64, kHeaderBytes = 64, kCrcAt = 60;
constexpr std::uint64_t kFirstFree = 40;  ///< unused bytes of the header from here, zeros

std::uint64_t Align(std::uint64_t at) { return (at + kAlign - 1) / kAlign * kAlign; }

template <class T>
void Put(std::string& out, std::size_t at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out[at + i] = static_cast<char>(value >> (8 * i) & 0xFF);
}

template <class T>
T Take(std::string_view bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes[at + i])) << (8 * i));
  }
  return value;
}

bool AllZero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

/// Shows the first bytes of a foreign file: "PK\x03\x04".
std::string Start(std::string_view bytes) {
  std::string shown;
  for (const char c : bytes.substr(0, 8)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\') {
      shown += c;
    } else {
      constexpr char kHex[] = "0123456789abcdef";
      shown += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return shown;
}

Error NotAModel(std::string_view bytes, const std::string& file) {
  const std::string what = bytes.empty() ? "it is empty" : "starts with \"" + Start(bytes) + "\"";
  return Error(Code::kInvalidData, "not-a-model", "file is not a Tagwerk model: " + what)
      .In(file)
      .Do("LightGBM, XGBoost, CatBoost files: tagwerk import");
}

/// The manifest of a newer file may be unreadable; then the writer stays unknown.
Error Newer(std::string_view bytes, const std::string& file, std::uint32_t format) {
  std::string writer;
  const auto at = Take<std::uint64_t>(bytes, 16), size = Take<std::uint64_t>(bytes, 24);
  if (at <= bytes.size() && size <= bytes.size() - at) {
    const auto manifest = ParseJson(bytes.substr(at, size), file);
    if (manifest && manifest->is_object() && manifest->contains("written_by") &&
        (*manifest)["written_by"].is_string()) {
      writer = Printable((*manifest)["written_by"].get<std::string>());
    }
  }
  const std::string version = writer.substr(writer.find(' ') == std::string::npos ? 0 : writer.find(' ') + 1);
  Error error(Code::kInvalidData, "model-newer",
              "model format " + Count(format) + " is newer than this program reads: 1" +
                  (kModelFormat > 1 ? " to " + Count(kModelFormat) : std::string()));
  error.In(file, writer.empty() ? "" : "written by " + writer);
  error.Do("update tagwerk" + (version.empty() ? std::string() : " to " + version) + ", or export from there");
  return error;
}

Status CheckHeader(std::string_view bytes, const std::string& file) {
  if (bytes.size() < kMagic.size() || bytes.substr(0, kMagic.size()) != kMagic) return NotAModel(bytes, file);
  if (bytes.size() < kHeaderBytes) {
    return Damaged(file, "file ends inside its header: " + Count(std::int64_t(bytes.size())) + " of 64 bytes");
  }
  if (Take<std::uint32_t>(bytes, kCrcAt) != Crc32(bytes.substr(0, kCrcAt))) {
    return Damaged(file, "checksum of the header is wrong", 0);
  }
  const auto format = Take<std::uint32_t>(bytes, 8);
  if (format > kModelFormat) return Newer(bytes, file, format);
  if (format == 0 || !AllZero(bytes.substr(kFirstFree, kCrcAt - kFirstFree))) {
    return Damaged(file, "header holds values that no version writes", 8);
  }
  const auto told = Take<std::uint64_t>(bytes, 32);
  if (told != bytes.size()) {
    return Damaged(file,
                   "file has another length than it was written with: " + Count(std::int64_t(bytes.size())) + " bytes");
  }
  return Ok();
}

Result<Json> ReadManifest(std::string_view bytes, const std::string& file) {
  const auto at = Take<std::uint64_t>(bytes, 16), size = Take<std::uint64_t>(bytes, 24);
  if (at != kHeaderBytes || size > bytes.size() - at) {
    return Damaged(file, "manifest reaches beyond the end of the file", 16);
  }
  const std::string_view text = bytes.substr(at, size);
  if (Crc32(text) != Take<std::uint32_t>(bytes, 12)) {
    return Damaged(file, "checksum of the manifest is wrong", std::int64_t(at));
  }
  auto manifest = ParseJson(text, file);
  if (!manifest || !manifest->is_object()) {
    return Damaged(file, "manifest is not a JSON object", std::int64_t(at));
  }
  return std::move(*manifest);
}

struct Entry {
  std::string name, sha256;
  std::uint64_t offset = 0, size = 0;
};

Result<Entry> ReadEntry(const Json& json, const std::string& file) {
  const bool good = json.is_object() && json.contains("name") && json["name"].is_string() && json.contains("offset") &&
                    json["offset"].is_number_unsigned() && json.contains("bytes") &&
                    json["bytes"].is_number_unsigned() && json.contains("sha256") && json["sha256"].is_string();
  if (!good) return Damaged(file, "manifest does not describe its sections", kHeaderBytes);
  return Entry{json["name"].get<std::string>(), json["sha256"].get<std::string>(), json["offset"].get<std::uint64_t>(),
               json["bytes"].get<std::uint64_t>()};
}

/// Places sections after a manifest of a given length; returns the sections' JSON and the file's length.
std::pair<Json, std::uint64_t> Layout(const std::vector<Section>& sections, const std::vector<std::string>& sums,
                                      std::uint64_t manifest_bytes) {
  Json list = Json::array();
  std::uint64_t at = kHeaderBytes + manifest_bytes;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    at = Align(at);
    list.push_back(
        {{"name", sections[i].name}, {"offset", at}, {"bytes", sections[i].bytes.size()}, {"sha256", sums[i]}});
    at += sections[i].bytes.size();
  }
  return {std::move(list), at};
}

}  // namespace

Error Damaged(const std::string& file, std::string message, std::int64_t byte) {
  Error error(Code::kInvalidData, "model-damaged", std::move(message));
  error.In(file).Do("copy the file again; the original's SHA-256 is in run.json");
  if (byte >= 0) error.Byte(byte);
  return error;
}

std::string WriteContainer(Json manifest, const std::vector<Section>& sections) {
  std::vector<std::string> sums;
  for (const Section& section : sections) sums.push_back(Sha256Hex(section.bytes));
  // Offsets stand in the manifest and depend on its length: repeat until the length stays. It only grows
  // with the digits of the offsets, so this ends after a few rounds.
  std::string text;
  std::uint64_t length = 0, end = 0;
  do {
    length = text.size();
    auto [list, total] = Layout(sections, sums, length);
    manifest["sections"] = std::move(list);
    end = total;
    text = DumpJson(manifest);
    if (text.size() < length) text.append(length - text.size(), ' ');
  } while (text.size() != length);
  std::string out(end, '\0');
  std::memcpy(out.data(), kMagic.data(), kMagic.size());
  Put<std::uint32_t>(out, 8, kModelFormat);
  Put<std::uint32_t>(out, 12, Crc32(text));
  Put<std::uint64_t>(out, 16, kHeaderBytes);
  Put<std::uint64_t>(out, 24, text.size());
  Put<std::uint64_t>(out, 32, end);
  Put<std::uint32_t>(out, kCrcAt, Crc32(std::string_view(out).substr(0, kCrcAt)));
  out.replace(kHeaderBytes, text.size(), text);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const auto at = manifest["sections"][i]["offset"].get<std::uint64_t>();
    out.replace(at, sections[i].bytes.size(), sections[i].bytes);
  }
  return out;
}

const Container::View* Container::Find(std::string_view name) const {
  for (const View& section : sections) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

Result<Container> ReadContainer(std::string_view bytes, const std::string& file) {
  TW_RETURN_IF_ERROR(CheckHeader(bytes, file));
  Container out;
  TW_TRY(out.manifest, ReadManifest(bytes, file));
  const auto list = out.manifest.find("sections");
  if (list == out.manifest.end() || !list->is_array()) {
    return Damaged(file, "manifest does not describe its sections", kHeaderBytes);
  }
  std::uint64_t end = kHeaderBytes + Take<std::uint64_t>(bytes, 24);
  for (const Json& json : *list) {
    TW_TRY(const Entry entry, ReadEntry(json, file));
    const std::string quoted = Quoted(entry.name);
    if (entry.offset % kAlign != 0 || entry.offset < end || entry.offset > bytes.size() ||
        entry.size > bytes.size() - entry.offset) {
      return Damaged(file, "section does not lie in the file: " + quoted, kHeaderBytes);
    }
    if (!AllZero(bytes.substr(end, entry.offset - end))) {
      return Damaged(file, "bytes before a section are not zero: " + quoted, std::int64_t(end));
    }
    const std::string_view view = bytes.substr(entry.offset, entry.size);
    if (Sha256Hex(view) != entry.sha256) {
      return Damaged(file, "checksum of a section is wrong: " + quoted, std::int64_t(entry.offset));
    }
    if (out.Find(entry.name) != nullptr) return Damaged(file, "two sections have one name: " + quoted);
    out.sections.push_back({entry.name, view, entry.offset});
    end = entry.offset + entry.size;
  }
  if (end != bytes.size()) return Damaged(file, "bytes are left over after the last section", std::int64_t(end));
  return out;
}

}  // namespace tagwerk::pipeline
