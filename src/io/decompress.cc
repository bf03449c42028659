// Undoes the compression of one input, and picks the tables out of archives and workbooks; with a cap on what comes
// out: a small file that unpacks without end is an error, not a full memory or disk.
#include <algorithm>

#include "base/text.h"
#include "io/codecs.h"
#include "io/input.h"
#include "io/spool.h"
#include "io/workbook.h"
#include "io/zip_archive.h"

namespace tagwerk::io {
namespace {

bool HasDataEnding(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return false;
  const std::string ending = Lower(name.substr(dot));
  for (const char* known : {".csv", ".tsv", ".data", ".jsonl", ".ndjson", ".json", ".parquet", ".arrow"}) {
    if (ending == known) return true;
  }
  return false;
}

bool IsDataMember(std::string_view name) {
  if (name.empty() || name.back() == '/') return false;
  const std::size_t slash = name.rfind('/');
  const std::string_view base = slash == std::string_view::npos ? name : name.substr(slash + 1);
  return base[0] != '.' && name.substr(0, 9) != "__MACOSX/";
}

using Members = std::vector<std::pair<std::string, std::size_t>>;

// Beside tables there may be a readme: it is not read when some members have the ending of a table.
Members DataMembers(const ZipArchive& archive) {
  Members members;
  for (std::size_t i = 0; i < archive.names().size(); ++i) {
    if (IsDataMember(archive.names()[i])) members.emplace_back(archive.names()[i], i);
  }
  const auto other = std::stable_partition(members.begin(), members.end(),
                                           [](const auto& member) { return HasDataEnding(member.first); });
  if (other != members.begin()) members.erase(other, members.end());
  std::sort(members.begin(), members.end());
  return members;
}

Status PickMember(const std::string& path, const std::string& part, Members& members) {
  std::vector<std::string> names;
  for (const auto& [name, index] : members) names.push_back(name);
  const auto found = std::find(names.begin(), names.end(), part);
  if (found == names.end()) return TableNotFound(path, part, names);
  members = {members[std::size_t(found - names.begin())]};
  return Ok();
}

Result<std::vector<Input>> Unzip(const Context& context, const Input& input, std::uint64_t cap,
                                 const std::string& part) {
  TW_TRY(const ZipArchive archive, ZipArchive::Open(input.bytes, input.path));
  if (archive.Find("[Content_Types].xml")) {
    TW_TRY(Input sheet, ReadWorkbook(context, input, archive, cap, part));
    std::vector<Input> one;
    one.push_back(std::move(sheet));
    return one;
  }
  if (archive.Find("mimetype") && archive.Find("content.xml")) {
    return Error(Code::kInvalidData, "not-a-table", "OpenDocument files are not read")
        .In(input.path)
        .Do("save the sheet as .xlsx or CSV");
  }
  Members members = DataMembers(archive);
  if (!part.empty()) TW_RETURN_IF_ERROR(PickMember(input.path, part, members));
  if (members.empty()) return Error(Code::kInvalidData, "file-empty", "zip archive holds no file").In(input.path);
  std::vector<Input> inputs;
  for (const auto& [name, index] : members) {
    Input out;
    out.path = members.size() == 1 ? input.path : input.path + "/" + name;
    out.compression = "zip";
    out.file_bytes = input.file_bytes;
    Spool spool(context, out.path, cap);
    TW_RETURN_IF_ERROR(archive.Read(context, index, [&](std::string_view piece) { return spool.Append(piece); }));
    cap -= spool.size();
    TW_RETURN_IF_ERROR(spool.MoveTo(out));
    inputs.push_back(std::move(out));
  }
  return inputs;
}

}  // namespace

Result<std::vector<Input>> Decompress(const Context& context, Input input, std::uint64_t cap, const std::string& part) {
  const std::string_view bytes = input.bytes;
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) return Unzip(context, input, cap, part);
  if (bytes.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) {
    return Error(Code::kInvalidData, "not-a-table", "old Office files and encrypted ones are not read")
        .In(input.path)
        .Byte(0)
        .Do("save the sheet as .xlsx without a password, or as CSV");
  }
  std::vector<Input> inputs;
  if (const Codec* codec = FindCodec(bytes)) {
    Input out;
    out.path = input.path;
    out.compression = codec->name;
    out.file_bytes = input.file_bytes;
    Spool spool(context, out.path, cap);
    TW_RETURN_IF_ERROR(codec->unpack(context, bytes, spool));
    TW_RETURN_IF_ERROR(spool.MoveTo(out));
    inputs.push_back(std::move(out));
  } else {
    inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace tagwerk::io
