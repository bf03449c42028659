// The parts of a workbook beside its cells: list of sheets, relations, shared texts, number formats.
#include "io/workbook.h"

#include <charconv>
#include <map>

#include "base/text.h"
#include "io/xml.h"

namespace tagwerk::io {
namespace {

constexpr std::uint64_t kMostOfAPart = 64 << 20;  // lists of sheets, relations, styles
constexpr std::size_t kMostSheets = 10'000;

struct Sheet {
  std::string name, relation, member;
  bool hidden = false;
};

Error BadWorkbook(const Input& input, const std::string& what) {
  return Error(Code::kInvalidData, "workbook-unreadable", "workbook is damaged: " + what)
      .In(input.path)
      .Do("open it in the program that wrote it and save it again, or export CSV");
}

int NumberOf(std::string_view text, int otherwise) {
  int value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

class RelationReader : public XmlHandler {
 public:
  struct Relation {
    std::string type, target;
  };
  Status Start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "Relationship") {
      relations[std::string(attributes.Get("Id"))] = {std::string(attributes.Get("Type")),
                                                      std::string(attributes.Get("Target"))};
    }
    return Ok();
  }
  Status End(std::string_view) override { return Ok(); }
  void Text(std::string_view) override {}
  std::map<std::string, Relation> relations;
};

class SheetLister : public XmlHandler {
 public:
  Status Start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "sheet" && sheets.size() < kMostSheets) {
      const std::string_view state = attributes.Get("state");
      sheets.push_back({std::string(attributes.Get("name")), std::string(attributes.Get("id")), "",
                        state == "hidden" || state == "veryHidden"});
    } else if (name == "workbookPr") {
      const std::string_view value = attributes.Get("date1904");
      from_1904 = value == "1" || value == "true";
    }
    return Ok();
  }
  Status End(std::string_view) override { return Ok(); }
  void Text(std::string_view) override {}
  std::vector<Sheet> sheets;
  bool from_1904 = false;
};

class StyleReader : public XmlHandler {
 public:
  Status Start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "numFmt") {
      codes_[NumberOf(attributes.Get("numFmtId"), 0)] = FormatOfCode(attributes.Get("formatCode"));
    } else if (name == "cellXfs") {
      inside_ = true;
    } else if (name == "xf" && inside_) {
      const int id = NumberOf(attributes.Get("numFmtId"), 0);
      const auto own = codes_.find(id);
      formats.push_back(own == codes_.end() ? BuiltInFormat(id) : own->second);
    }
    return Ok();
  }
  Status End(std::string_view name) override {
    if (name == "cellXfs") inside_ = false;
    return Ok();
  }
  void Text(std::string_view) override {}
  std::vector<CellFormat> formats;

 private:
  std::map<int, CellFormat> codes_;
  bool inside_ = false;
};

// A text may come in runs of different fonts; phonetic readings (rPh) are no part of it.
class SharedTextReader : public XmlHandler {
 public:
  SharedTextReader(SharedTexts& out, std::uint64_t cap, std::string path)
      : out_(out), cap_(cap), path_(std::move(path)) {}
  Status Start(std::string_view name, const XmlAttributes&) override {
    if (name == "si") text_.clear();
    phonetic_ += name == "rPh";
    inside_ = name == "t" && phonetic_ == 0;
    return Ok();
  }
  Status End(std::string_view name) override {
    inside_ = false;
    phonetic_ -= name == "rPh";
    if (name != "si") return Ok();
    total_ += text_.size() + sizeof(std::uint64_t);
    if (total_ > cap_) {
      return Error(Code::kResourceExhausted, "memory-limit", "texts of the workbook need more than " + Bytes(cap_))
          .In(path_)
          .Do("--memory with a larger limit")
          .Do("export the sheet as CSV");
    }
    out_.Add(text_);
    return Ok();
  }
  void Text(std::string_view text) override {
    if (inside_) text_.append(text);
  }

 private:
  SharedTexts& out_;
  std::uint64_t cap_, total_ = 0;
  std::string path_, text_;
  int phonetic_ = 0;
  bool inside_ = false;
};

// Resolves a target such as "worksheets/sheet1.xml" or "/xl/worksheets/sheet1.xml" against the folder of its source.
std::string Resolve(const std::string& folder, const std::string& target) {
  if (target.starts_with('/')) return target.substr(1);
  std::string out = folder;
  std::string_view rest = target;
  while (rest.starts_with("../")) {
    rest.remove_prefix(3);
    const std::size_t slash = out.find_last_of('/', out.empty() ? 0 : out.size() - 2);
    out.resize(slash == std::string::npos ? 0 : slash + 1);
  }
  return out + std::string(rest);
}

class WorkbookReader {
 public:
  WorkbookReader(const Context& context, const Input& input, const ZipArchive& archive, std::uint64_t cap)
      : context_(context), input_(input), archive_(archive), cap_(cap) {}

  Result<Input> Read(const std::string& part) {
    TW_RETURN_IF_ERROR(ListSheets());
    TW_TRY(const std::size_t chosen, Choose(part));
    TW_RETURN_IF_ERROR(ReadParts());
    const Sheet& sheet = sheets_[chosen];
    Input out;
    out.path = input_.path;
    out.file_bytes = input_.file_bytes;
    out.made_from = "Excel";
    out.facts = Json{{"sheet", sheet.name}};
    TW_RETURN_IF_ERROR(ReadSheet(context_, archive_, *archive_.Find(sheet.member), parts_, cap_, out));
    return out;
  }

 private:
  // Reads a part if the archive has it.
  Status ParsePart(const std::string& name, XmlHandler& handler, std::uint64_t most = kMostOfAPart) {
    const auto member = archive_.Find(name);
    if (!member) return Ok();
    const std::string path = input_.path + "/" + name;
    XmlParser parser(path, handler);
    std::uint64_t total = 0;
    TW_RETURN_IF_ERROR(archive_.Read(context_, *member, [&](std::string_view piece) -> Status {
      total += piece.size();
      if (total > most) return BadWorkbook(input_, name + " is larger than " + Bytes(most));
      return parser.Feed(piece);
    }));
    return parser.Finish();
  }

  std::string RelationsOf(const std::string& name) const {
    const std::size_t slash = name.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : name.substr(0, slash + 1);
    return folder + "_rels/" + name.substr(folder.size()) + ".rels";
  }

  Status ListSheets() {
    RelationReader root;
    TW_RETURN_IF_ERROR(ParsePart("_rels/.rels", root));
    std::string book;
    for (const auto& [id, relation] : root.relations) {
      if (relation.type.ends_with("/officeDocument")) book = Resolve("", relation.target);
    }
    if (book.empty()) book = "xl/workbook.xml";
    if (book.ends_with(".bin")) {
      return Error(Code::kInvalidData, "not-a-table", "binary workbooks (.xlsb) are not read")
          .In(input_.path)
          .Do("save the sheet as .xlsx or CSV");
    }
    if (!archive_.Find(book)) return BadWorkbook(input_, "it has no " + book);
    SheetLister lister;
    TW_RETURN_IF_ERROR(ParsePart(book, lister));
    RelationReader own;
    TW_RETURN_IF_ERROR(ParsePart(RelationsOf(book), own));
    folder_ = book.substr(0, book.rfind('/') + 1);
    parts_.from_1904 = lister.from_1904;
    for (Sheet& sheet : lister.sheets) {
      const auto relation = own.relations.find(sheet.relation);
      if (relation == own.relations.end() || !relation->second.type.ends_with("/worksheet")) continue;
      sheet.member = Resolve(folder_, relation->second.target);
      if (!archive_.Find(sheet.member)) return BadWorkbook(input_, "sheet " + Quoted(sheet.name) + " is not in it");
      sheets_.push_back(std::move(sheet));
    }
    for (const auto& [id, relation] : own.relations) {
      if (relation.type.ends_with("/sharedStrings")) texts_ = Resolve(folder_, relation.target);
      if (relation.type.ends_with("/styles")) styles_ = Resolve(folder_, relation.target);
    }
    if (!sheets_.empty()) return Ok();
    return Error(Code::kInvalidData, "not-a-table", "Office document holds no sheet of cells")
        .In(input_.path)
        .Do("export the table as CSV");
  }

  Result<std::size_t> Choose(const std::string& part) {
    std::vector<std::string> names;
    for (const Sheet& sheet : sheets_) names.push_back(sheet.name);
    if (!part.empty()) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == part) return i;
      }
      const int number = part[0] == '#' ? NumberOf(part.substr(1), 0) : 0;
      if (number >= 1 && std::size_t(number) <= names.size()) return std::size_t(number - 1);
      return TableNotFound(input_.path, part, names);
    }
    std::vector<std::size_t> full;
    std::vector<std::string> shown;
    for (std::size_t i = 0; i < sheets_.size(); ++i) {
      if (sheets_[i].hidden) continue;
      TW_TRY(const bool holds, HoldsTable(context_, archive_, *archive_.Find(sheets_[i].member)));
      if (!holds) continue;
      full.push_back(i);
      shown.push_back(names[i]);
    }
    if (full.size() == 1) return full[0];
    if (full.empty()) {
      return Error(Code::kInvalidData, "file-empty", "no sheet holds a table: two rows with values are needed")
          .In(input_.path, std::to_string(sheets_.size()) + (sheets_.size() == 1 ? " sheet" : " sheets"));
    }
    return Error(Code::kInvalidArgument, "table-needed", "workbook holds several sheets: say which one to read")
        .In(input_.path)
        .Allowed(shown)
        .Do("--table " + (shown[0].find(' ') == std::string::npos ? shown[0] : Quoted(shown[0])));
  }

  Status ReadParts() {
    if (!styles_.empty()) {
      StyleReader styles;
      TW_RETURN_IF_ERROR(ParsePart(styles_, styles));
      parts_.formats = std::move(styles.formats);
    }
    if (texts_.empty()) return Ok();
    const std::uint64_t most = context_.memory_limit > 0 ? context_.memory_limit / 4 : cap_;
    SharedTextReader texts(parts_.texts, most, input_.path);
    return ParsePart(texts_, texts, cap_);
  }

  const Context& context_;
  const Input& input_;
  const ZipArchive& archive_;
  std::uint64_t cap_;
  std::vector<Sheet> sheets_;
  std::string folder_, texts_, styles_;
  WorkbookParts parts_;
};

}  // namespace

Error TableNotFound(const std::string& path, const std::string& typed, const std::vector<std::string>& names) {
  Error error(Code::kInvalidArgument, "table-not-found", "file holds no table of this name: " + Quoted(typed));
  error.In(path).Allowed(names);
  const auto similar = SimilarNames(typed, names);
  if (!similar.empty()) error.Similar(similar);
  return error.Do("--table NAME");
}

Result<Input> ReadWorkbook(const Context& context, const Input& input, const ZipArchive& archive, std::uint64_t cap,
                           const std::string& part) {
  return WorkbookReader(context, input, archive, cap).Read(part);
}

}  // namespace tagwerk::io
