// Workbooks made by hand: what the format allows, and what a hostile one may try. Those that openpyxl and pandas write
// are read in tests/flow/test_formats.py.
#include <gtest/gtest.h>

#include "io/cell_format.h"
#include "io/test_files.h"
#include "io/xml.h"

namespace tagwerk::io {
namespace {

constexpr const char* kMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr const char* kRelations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

struct Book {
  std::vector<std::pair<std::string, std::string>> sheets;  // name, XML inside <worksheet>
  std::string texts, styles, workbook_extra;

  void Write(const std::string& path) const {
    std::map<std::string, std::string> members;
    members["[Content_Types].xml"] = "<Types/>";
    members["_rels/.rels"] = std::string("<Relationships><Relationship Id=\"r\" Type=\"") + kRelations +
                             "/officeDocument\" Target=\"/xl/workbook.xml\"/></Relationships>";
    std::string list, relations;
    for (std::size_t i = 0; i < sheets.size(); ++i) {
      const std::string n = std::to_string(i + 1);
      list += "<sheet name=\"" + sheets[i].first + "\" sheetId=\"" + n + "\" r:id=\"r" + n + "\"/>";
      relations += "<Relationship Id=\"r" + n + "\" Type=\"" + kRelations + "/worksheet\" Target=\"worksheets/s" + n +
                   ".xml\"/>";
      members["xl/worksheets/s" + n + ".xml"] =
          std::string("<?xml version=\"1.0\"?><worksheet xmlns=\"") + kMain + "\">" + sheets[i].second + "</worksheet>";
    }
    for (const auto& [kind, text] : {std::pair{"sharedStrings", &texts}, std::pair{"styles", &styles}}) {
      if (text->empty()) continue;
      relations += std::string("<Relationship Id=\"") + kind + "\" Type=\"" + kRelations + "/" + kind + "\" Target=\"" +
                   kind + ".xml\"/>";
      members[std::string("xl/") + kind + ".xml"] = *text;
    }
    members["xl/workbook.xml"] = std::string("<workbook xmlns=\"") + kMain + "\" xmlns:r=\"" + kRelations + "\">" +
                                 workbook_extra + "<sheets>" + list + "</sheets></workbook>";
    members["xl/_rels/workbook.xml.rels"] = "<Relationships>" + relations + "</Relationships>";
    WriteZip(path, members);
  }
};

std::string Cell(const std::string& at, const std::string& text) {
  return "<c r=\"" + at + "\" t=\"inlineStr\"><is><t>" + text + "</t></is></c>";
}
std::string Number(const std::string& at, const std::string& value, const std::string& more = "") {
  return "<c r=\"" + at + "\"" + more + "><v>" + value + "</v></c>";
}

Result<ReadResult> ReadBook(const Book& book, const ReadOptions& options = {}) {
  TestFolder folder;
  book.Write(folder.Path("a.xlsx"));
  TestContext test;
  return Read(test.context, folder.Path("a.xlsx"), options);
}

TEST(Workbook, CellsOfEveryKind) {
  Book book;
  book.texts =
      "<sst><si><t>name</t></si><si><r><t>Ann </t></r><r><t>Lee</t></r><rPh><t>phonetic</t></rPh></si>"
      "<si><t>a, \"b\"</t></si></sst>";
  book.styles =
      "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"dd/mm/yyyy\"/></numFmts>"
      "<cellStyleXfs><xf numFmtId=\"22\"/></cellStyleXfs>"
      "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"22\"/></cellXfs></styleSheet>";
  book.sheets = {{"Data", "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c>" + Cell("B1", "day") +
                              Cell("C1", "at") + Cell("D1", "x") + Cell("E1", "ok") + Cell("F1", "sum") +
                              "</row><row r=\"2\"><c r=\"A2\" t=\"s\"><v>1</v></c>" +
                              Number("B2", "45322", " s=\"1\"") + Number("C2", "45322.5625", " s=\"2\"") +
                              Number("D2", "0.10000000000000001") + Number("E2", "1", " t=\"b\"") +
                              "<c r=\"F2\"><f>D2*2</f><v>0.2</v></c>" +
                              "</row><row r=\"3\"/><row r=\"7\"><c r=\"A7\" t=\"s\"><v>2</v></c>" +
                              Number("B7", "1", " s=\"1\"") + "<c r=\"D7\" t=\"e\"><v>#DIV/0!</v></c>" +
                              Number("E7", "0", " t=\"b\"") + "<c r=\"F7\"><f>D7*2</f></c></row></sheetData>"}};
  const auto result = ReadBook(book);
  const auto table = TableOf(result);
  EXPECT_EQ(table.names(), (std::vector<std::string>{"name", "day", "at", "x", "ok", "sum"}));
  EXPECT_EQ(Rendered(table),
            "Ann Lee|2024-01-31T00:00:00|2024-01-31T13:30:00|0.1|TRUE|0.2\na, \"b\"|1900-01-01T00:00:00|||FALSE|\n");
  EXPECT_EQ(table.field(4).type, table::SemanticType::kBoolean);
  EXPECT_EQ(result->sources[0].format, "Excel");
  EXPECT_EQ(result->sources[0].dialect["sheet"], "Data");
  EXPECT_EQ(result->sources[0].dialect["formulas_without_value"], 1);
  EXPECT_EQ(result->sources[0].dialect["error_cells"], 1);
}

TEST(Workbook, DateSystems) {
  EXPECT_EQ(SerialText(59, false, CellFormat::kDate), "1900-02-28");
  EXPECT_EQ(SerialText(61, false, CellFormat::kDate), "1900-03-01");
  EXPECT_EQ(SerialText(45322.75, false, CellFormat::kDateTime), "2024-01-31T18:00:00");
  EXPECT_EQ(SerialText(0, true, CellFormat::kDate), "1904-01-01");
  EXPECT_EQ(SerialText(43860, true, CellFormat::kDate), "2024-01-31");
  EXPECT_EQ(SerialText(-1, false, CellFormat::kDate), "");
  EXPECT_EQ(SerialText(1e300, false, CellFormat::kDate), "");
  EXPECT_EQ(SerialText(std::nan(""), false, CellFormat::kDate), "");
}

TEST(Workbook, TimesOfDayAndDurations) {
  EXPECT_EQ(SerialText(0.354166666666667, false, CellFormat::kTime), "08:30:00");
  EXPECT_EQ(SerialText(0.5000058, false, CellFormat::kTime), "12:00:00.501");
  EXPECT_EQ(SerialText(45322.75, false, CellFormat::kTime), "2024-01-31T18:00:00");
  EXPECT_EQ(SerialText(1.5208333333333333, false, CellFormat::kDuration), "36:30:00");
  EXPECT_EQ(SerialText(-0.5, false, CellFormat::kTime), "");
  for (const char* code : {"h:mm AM/PM", "hh:mm:ss", "mm:ss", "[$-409]h:mm:ss AM/PM;@"}) {
    EXPECT_EQ(FormatOfCode(code), CellFormat::kTime) << code;
  }
  for (const char* code : {"[h]:mm:ss", "[mm]:ss"}) EXPECT_EQ(FormatOfCode(code), CellFormat::kDuration) << code;
}

TEST(Workbook, FormatCodes) {
  for (const char* code : {"yyyy-mm-dd", "dd/mm/yyyy", "[$-409]d-mmm-yy;@", "mmm yy", "\"day \"d"}) {
    EXPECT_EQ(FormatOfCode(code), CellFormat::kDate) << code;
  }
  for (const char* code : {"yyyy-mm-dd hh:mm:ss", "m/d/yy h:mm AM/PM"}) {
    EXPECT_EQ(FormatOfCode(code), CellFormat::kDateTime) << code;
  }
  for (const char* code : {"General", "0.00", "#,##0.00 \"days\"", "0.00E+00", "@", "[Red]0.0%", "\"", "[", "\\", ""}) {
    EXPECT_EQ(FormatOfCode(code), CellFormat::kPlain) << code;
  }
}

TEST(Workbook, TitlesAboveNotesBelowAndMergedCells) {
  Book book;
  std::string rows = "<row r=\"1\">" + Cell("B1", "Sales of 2024") + "</row>";
  rows += "<row r=\"3\">" + Cell("B3", "region") + Cell("C3", "month") + Cell("D3", "sold") + "</row>";
  for (int r = 4; r < 10; ++r) {
    const std::string n = std::to_string(r);
    rows += "<row r=\"" + n + "\">" + (r % 3 == 1 ? Cell("B" + n, "north" + n) : "") +
            Cell("C" + n, std::string(1, char('a' + r))) + Number("D" + n, n) + "</row>";
  }
  rows += "<row r=\"12\">" + Cell("B12", "Source: the accounts") + "</row>";
  book.sheets = {{"S", "<sheetData>" + rows +
                           "</sheetData><mergeCells><mergeCell ref=\"B1:D1\"/><mergeCell ref=\"B4:B6\"/>"
                           "<mergeCell ref=\"B7:B9\"/></mergeCells>"}};
  const auto result = ReadBook(book);
  const auto table = TableOf(result);
  EXPECT_EQ(table.names(), (std::vector<std::string>{"region", "month", "sold"}));
  EXPECT_EQ(Rendered(table), "north4|e|4\nnorth4|f|5\nnorth4|g|6\nnorth7|h|7\nnorth7|i|8\nnorth7|j|9\n");
  EXPECT_EQ(result->sources[0].dialect["rows_above"], 1);
  EXPECT_EQ(result->sources[0].dialect["rows_below"], 1);
  EXPECT_EQ(result->sources[0].dialect["merged_cells_filled"], 4);
}

TEST(Workbook, TheDateSystemOf1904) {
  Book book;
  book.workbook_extra = "<workbookPr date1904=\"1\"/>";
  book.styles = "<styleSheet><cellXfs><xf numFmtId=\"14\"/></cellXfs></styleSheet>";
  book.sheets = {{"S", "<sheetData><row>" + Cell("A1", "d") + Cell("B1", "e") + "</row><row>" +
                           Number("A2", "43860", " s=\"0\"") + Cell("B2", "x") + "</row></sheetData>"}};
  EXPECT_EQ(Rendered(TableOf(ReadBook(book))), "2024-01-31T00:00:00|x\n");
}

TEST(Workbook, SeveralSheetsNeedAName) {
  const std::string rows =
      "<sheetData><row r=\"1\">" + Cell("A1", "x") + "</row><row r=\"2\">" + Number("A2", "1") + "</row></sheetData>";
  Book book;
  book.sheets = {{"Readme", "<sheetData><row r=\"1\">" + Cell("A1", "hello") + "</row></sheetData>"},
                 {"Sales", rows},
                 {"Costs", rows}};
  const auto unnamed = ReadBook(book);
  ASSERT_FALSE(unnamed);
  EXPECT_EQ(unnamed.error().id(), "table-needed");
  EXPECT_EQ(unnamed.error().exit_code(), 2);
  EXPECT_EQ(unnamed.error().allowed(), (std::vector<std::string>{"Sales", "Costs"}));
  ReadOptions options;
  options.table = "Costs";
  EXPECT_EQ(Rendered(TableOf(ReadBook(book, options))), "1\n");
  options.table = "#2";
  EXPECT_EQ(Rendered(TableOf(ReadBook(book, options))), "1\n");
  options.table = "Cost";
  const auto wrong = ReadBook(book, options);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().id(), "table-not-found");
  EXPECT_EQ(wrong.error().similar(), (std::vector<std::string>{"Costs"}));
}

TEST(Workbook, EntitiesAndDamageAreRefused) {
  Book book;
  const std::string good =
      "<sheetData><row r=\"1\">" + Cell("A1", "x") + "</row><row r=\"2\">" + Number("A2", "1") + "</row></sheetData>";
  book.sheets = {{"S", good}};
  book.texts =
      "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]>"
      "<sst><si><t>&b;</t></si></sst>";
  const auto bomb = ReadBook(book);
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().id(), "workbook-unreadable");
  book.texts.clear();
  for (const std::string& xml :
       {std::string("<sheetData><row r=\"1\"><c r=\"A1\"><v>1</v>"), std::string("<sheetData><row><c r=\"XXXX1\"/>"),
        std::string("<sheetData><row><c r=\"A99999999999\"/></row></sheetData>"),
        std::string("<sheetData><row><c t=\"s\"><v>7</v></c></row><row><c t=\"s\"><v>7</v></c></row></sheetData>"),
        std::string("<a>", 3) + std::string("<b>") + [] {
          std::string deep;
          for (int i = 0; i < 200; ++i) deep += "<d>";
          return deep;
        }()}) {
    book.sheets = {{"S", xml}};
    const auto damaged = ReadBook(book);
    ASSERT_FALSE(damaged) << xml;
    EXPECT_EQ(damaged.error().id(), "workbook-unreadable") << xml;
  }
  book.sheets = {{"S", good + "<mergeCells><mergeCell ref=\"A1:XFD1048576\"/><mergeCell ref=\"::\"/></mergeCells>"}};
  EXPECT_EQ(Rendered(TableOf(ReadBook(book))), "1\n");
}

TEST(Workbook, ABombEndsAtTheLimit) {
  std::string rows = "<sheetData>";
  for (int i = 0; i < 400'000; ++i) rows += "<row><c><v>1</v></c></row>";
  Book book;
  book.sheets = {{"S", rows + std::string(30 << 20, ' ') + "</sheetData>"}};
  TestFolder folder;
  book.Write(folder.Path("a.xlsx"));
  TestContext test;
  test.context.memory_limit = 1 << 20;
  const auto result = Read(test.context, folder.Path("a.xlsx"), {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id(), "memory-limit");
}

}  // namespace
}  // namespace tagwerk::io
