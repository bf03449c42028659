// Formats and files: JSON lines, Parquet, Arrow, compression, globs, streams, writers, C Data Interface.
#include <arrow/api.h>
#include <arrow/c/abi.h>
#include <arrow/io/api.h>
#include <arrow/ipc/api.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <zlib.h>
#include <zstd.h>

#include <fcntl.h>
#include <unistd.h>

#include "io/arrow_c.h"
#include "io/output_file.h"
#include "io/test_files.h"

namespace tagwerk::io {
namespace {

using table::SemanticType;

Result<ReadResult> ReadPath(const std::string& path, const ReadOptions& options = {}) {
  TestContext test;
  return Read(test.context, path, options);
}

std::string Gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = uInt(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = uInt(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

TEST(Compressed, GzipZstdAndZip) {
  TestFolder folder;
  const std::string text = "a,b\n1,x\n2,y\n";
  EXPECT_EQ(Rendered(TableOf(ReadPath(folder.Write("a.csv.gz", Gzip(text))))), "1|x\n2|y\n");
  EXPECT_EQ(Rendered(TableOf(ReadPath(folder.Write("b.csv.gz", Gzip("a,b\n1,x\n") + Gzip("2,y\n"))))), "1|x\n2|y\n");
  const auto zstd = ReadPath(folder.Write("no-ending", Zstd(text)));
  EXPECT_EQ(Rendered(TableOf(zstd)), "1|x\n2|y\n");
  EXPECT_EQ(zstd->sources[0].compression, "zstd");
  WriteZip(folder.Path("c.zip"), {{"x.csv", text}});
  EXPECT_EQ(Rendered(TableOf(ReadPath(folder.Path("c.zip")))), "1|x\n2|y\n");
  WriteZip(folder.Path("d.zip"),
           {{"x.csv", text}, {"y.csv", "b,a\nz,3\n"}, {"__MACOSX/._x.csv", "junk"}, {"readme.txt", "hi"}});
  EXPECT_EQ(Rendered(TableOf(ReadPath(folder.Path("d.zip")))), "1|x\n2|y\n3|z\n");
}

TEST(Compressed, AnArchiveThatOnlyLooksLikeAWorkbook) {
  TestFolder folder;
  WriteZip(folder.Path("a.xlsx"), {{"[Content_Types].xml", "<?xml?>"}, {"xl/workbook.xml", "<x/>"}});
  EXPECT_EQ(ReadPath(folder.Path("a.xlsx")).error().id(), "not-a-table");
}

TEST(Compressed, DamageIsOneClearError) {
  TestFolder folder;
  const std::string gzip = Gzip("a,b\n1,x\n2,y\n"), zstd = Zstd("a,b\n1,x\n2,y\n");
  for (const std::string& bytes :
       {gzip.substr(0, gzip.size() - 9), zstd.substr(0, zstd.size() - 3), std::string("PK\x03\x04garbage")}) {
    const auto result = ReadPath(folder.Write("x", bytes));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "archive-damaged");
    EXPECT_EQ(result.error().exit_code(), 3);
  }
}

TEST(Compressed, TextThatBeginsLikeBzip2IsText) {
  TestFolder folder;
  EXPECT_EQ(Rendered(TableOf(ReadPath(folder.Write("a.csv", "BZh,b\n1,2\n")))), "1|2\n");
  const auto short_text = ReadPath(folder.Write("b.csv", "BZh"));  // a header and no rows
  ASSERT_FALSE(short_text);
  EXPECT_EQ(short_text.error().exit_code(), 3);
}

TEST(Compressed, ABombEndsAtTheMemoryLimit) {
  TestFolder folder;
  TestContext test;
  test.context.memory_limit = 1 << 20;
  const std::string zeros(50 << 20, '0');
  for (const std::string& bytes : {Gzip(zeros), Zstd(zeros)}) {
    const auto result = Read(test.context, folder.Write("bomb", bytes), {});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "memory-limit");
    EXPECT_EQ(result.error().exit_code(), 5);
  }
}

TEST(Files, MissingUnreadableAndEmpty) {
  TestFolder folder;
  folder.Write("flights.csv", "a\n1\n");
  const auto missing = ReadPath(folder.Path("flight.csv"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().id(), "file-not-found");
  EXPECT_EQ(missing.error().exit_code(), 3);
  EXPECT_EQ(ReadPath(folder.Write("empty.csv", "")).error().id(), "file-empty");
  EXPECT_EQ(ReadPath(folder.Path("*.tsv")).error().id(), "file-not-found");
}

TEST(Files, AGlobAndAFolderAreOneTable) {
  TestFolder folder;
  folder.Write("a.csv", "x,y\n1,p\n");
  folder.Write("b.csv", "y,x\nq,2\n");
  const auto result = ReadPath(folder.Path("*.csv"));
  EXPECT_EQ(Rendered(TableOf(result)), "1|p\n2|q\n");
  EXPECT_EQ(result->sources.size(), 2u);
  EXPECT_EQ(result->sources[1].rows, 1u);
  EXPECT_EQ(Rendered(TableOf(ReadPath(folder.Path("")))), "1|p\n2|q\n");
  folder.Write("c.csv", "x,z\n1,2\n");
  const auto differs = ReadPath(folder.Path("*.csv"));
  ASSERT_FALSE(differs);
  EXPECT_EQ(differs.error().id(), "schema-differs");
  EXPECT_EQ(differs.error().exit_code(), 3);
}

TEST(Files, TypesAreDecidedOverAllFilesOfAGlob) {
  TestFolder folder;
  folder.Write("a.csv", "x\n1\n2\n");
  folder.Write("b.csv", "x\nlow\nhigh\n");
  const auto table = TableOf(ReadPath(folder.Path("*.csv")));
  EXPECT_EQ(table.field(0).type, SemanticType::kCategorical);
  EXPECT_EQ(Rendered(table), "1\n2\nlow\nhigh\n");
}

TEST(JsonLines, FlattensObjectsAndJoinsLists) {
  TestFolder folder;
  const auto table = TableOf(ReadPath(folder.Write("a.jsonl",
                                                   "{\"a\":1,\"b\":{\"c\":\"x\",\"d\":true},\"e\":[1,2]}\n\n{"
                                                   "\"e\":null,\"a\":2.5,\"f\":\"2020-01-02\"}\n")));
  EXPECT_EQ(table.names(), (std::vector<std::string>{"a", "b.c", "b.d", "e", "e.length", "f"}));
  EXPECT_EQ(Rendered(table), "1|x|true|1, 2|2|\n2.5|||||2020-01-02T00:00:00\n");
  EXPECT_EQ(table.field(2).type, SemanticType::kBoolean);
  EXPECT_EQ(table.field(5).type, SemanticType::kDatetime);
}

TEST(JsonLines, RejectsLinesThatAreNoObject) {
  TestFolder folder;
  ReadOptions options;
  options.max_rejected = 0.9;
  options.rejected_path = folder.Path("rejected.csv");
  const auto result = ReadPath(folder.Write("a.jsonl", "{\"a\":1}\n{\"a\":\n[1]\n{\"a\":4}\n"), options);
  ASSERT_TRUE(result) << result.error().Text();
  EXPECT_EQ(Rendered(result->table), "1\n4\n");
  ASSERT_EQ(result->rejected.size(), 2u);
  EXPECT_EQ(result->rejected[0].line, 2);
  EXPECT_EQ(result->rejected[0].reason, "bad-json");
  EXPECT_EQ(result->rejected[1].detail, "not a JSON object");
  options.max_rejected = 0.01;
  EXPECT_EQ(ReadPath(folder.Path("a.jsonl"), options).error().id(), "rows-rejected");
}

TEST(JsonLines, LongIntegersStayExact) {
  TestFolder folder;
  const auto table = TableOf(ReadPath(folder.Write("a.jsonl", "{\"k\":9007199254740993}\n{\"k\":12}\n")));
  EXPECT_EQ(Rendered(table), "9007199254740993\n12\n");
}

TEST(JsonLines, NumbersInQuotesStayTextWithANote) {
  TestFolder folder;
  const auto result = ReadPath(folder.Write("a.jsonl", "{\"k\":\"1\"}\n{\"k\":\"2\"}\n"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->table.column(0).storage(), table::Storage::kString);
  EXPECT_TRUE(HasNote(*result, "value.mixed_types"));
}

TEST(JsonLines, AnArrayOfObjectsIsATable) {
  TestFolder folder;
  EXPECT_EQ(Rendered(TableOf(ReadPath(folder.Write("a.json", "[{\"a\":1},\n {\"a\":2}]")))), "1\n2\n");
}

template <class Builder, class... Values>
std::shared_ptr<arrow::Array> Array(Builder builder, Values... values) {
  for (const auto& value : {values...}) EXPECT_TRUE(builder.Append(value).ok());
  EXPECT_TRUE(builder.AppendNull().ok());
  return *builder.Finish();
}

std::shared_ptr<arrow::RecordBatch> TypedBatch() {
  const auto micro = arrow::timestamp(arrow::TimeUnit::MILLI, "Europe/Berlin");
  arrow::ArrayVector arrays = {
      Array(arrow::Int32Builder(), 7),
      Array(arrow::Int64Builder(), std::int64_t(9007199254740993)),
      Array(arrow::BooleanBuilder(), true),
      Array(arrow::TimestampBuilder(micro, arrow::default_memory_pool()), std::int64_t(1382205600000)),
      Array(arrow::Date32Builder(), 15'000),
      Array(arrow::StringDictionaryBuilder(), "red"),
      Array(arrow::StringBuilder(), " 12 "),
      Array(arrow::FloatBuilder(), 0.5f),
  };
  arrow::FieldVector fields;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    fields.push_back(arrow::field("c" + std::to_string(i), arrays[i]->type()));
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), 2, arrays);
}

const char* kTyped = "7|9007199254740993|true|2013-10-19T18:00:00|2011-01-26T00:00:00|red|12|0.5\n|||||||\n";

TEST(Parquet, KeepsTypes) {
  TestFolder folder;
  const auto batch = TypedBatch();
  const auto out = *arrow::io::FileOutputStream::Open(folder.Path("t.parquet"));
  auto writer = *parquet::arrow::FileWriter::Open(*batch->schema(), arrow::default_memory_pool(), out);
  ASSERT_TRUE(writer->WriteRecordBatch(*batch).ok());
  ASSERT_TRUE(writer->Close().ok());
  ASSERT_TRUE(out->Close().ok());
  const auto table = TableOf(ReadPath(folder.Path("t.parquet")));
  EXPECT_EQ(Rendered(table), kTyped);
  EXPECT_EQ(table.field(2).type, SemanticType::kBoolean);
  EXPECT_EQ(table.field(4).type, SemanticType::kDatetime);
  EXPECT_TRUE(table.field(4).date_only);
  EXPECT_EQ(table.field(6).type, SemanticType::kCategorical);
}

TEST(Parquet, DamageIsOneClearError) {
  TestFolder folder;
  std::string bytes = "PAR1" + std::string(40, 'x') + std::string("\x00\x00\x00\x71", 4) + "PAR1";
  const auto footer = ReadPath(folder.Write("a.parquet", bytes));
  ASSERT_FALSE(footer);
  EXPECT_EQ(footer.error().id(), "parquet-unreadable");
  EXPECT_NE(footer.error().message().find("1,895,825,408"), std::string::npos);
  EXPECT_EQ(footer.error().exit_code(), 3);
  bytes[44] = 10;
  bytes[47] = 0;
  EXPECT_EQ(ReadPath(folder.Write("b.parquet", bytes)).error().id(), "parquet-unreadable");
  EXPECT_EQ(ReadPath(folder.Write("c.parquet", "a,b\n1,2\n")).error().id(), "parquet-unreadable");
  EXPECT_EQ(ReadPath(folder.Write("d.parquet", "PAR1")).error().id(), "parquet-unreadable");
}

TEST(Parquet, APageOfGigabytesEndsAtTheMemoryLimit) {
  const std::string path = std::string(TAGWERK_SOURCE_DIR) + "/tests/fuzz/corpus/read_arrow/page_of_gigabytes";
  TestContext test;
  test.context.memory_limit = 64 << 20;
  const auto result = Read(test.context, path, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id(), "memory-limit");
}

TEST(ArrowIpc, FileAndStream) {
  TestFolder folder;
  const auto batch = TypedBatch();
  for (bool stream : {false, true}) {
    const std::string path = folder.Path(stream ? "s.arrows" : "f.arrow");
    const auto out = *arrow::io::FileOutputStream::Open(path);
    auto writer = stream ? *arrow::ipc::MakeStreamWriter(out, batch->schema())
                         : *arrow::ipc::MakeFileWriter(out, batch->schema());
    ASSERT_TRUE(writer->WriteRecordBatch(*batch).ok());
    ASSERT_TRUE(writer->Close().ok());
    ASSERT_TRUE(out->Close().ok());
    EXPECT_EQ(Rendered(TableOf(ReadPath(path))), kTyped) << stream;
    const std::string bytes = folder.Contents(stream ? "s.arrows" : "f.arrow");
    EXPECT_EQ(ReadPath(folder.Write("cut.arrow", bytes.substr(0, bytes.size() / 2))).error().id(), "arrow-unreadable");
  }
}

TEST(ArrowStream, TablesCrossTheCDataInterface) {
  TestContext test;
  const auto table = TableOf(ReadText("a,b,t\n1,x,2020-01-01 10:00\n,y,\n3,,2020-01-02 11:00\n"));
  ArrowArrayStream stream;
  ASSERT_TRUE(ExportArrowStream(table, &stream));
  const auto back = ReadArrowStream(test.context, &stream, {});
  ASSERT_TRUE(back) << back.error().Text();
  EXPECT_EQ(Rendered(back->table), Rendered(table));
  EXPECT_EQ(back->table.Fingerprint(), table.Fingerprint());
}

TEST(Writers, EveryFormatReadsBackEqual) {
  TestFolder folder;
  const auto table =
      TableOf(ReadText("n,s,t,b,q\n1.5,x,2020-01-01 10:00,true,\"a,\"\"b\"\"\nc\"\n,y,,false,é\n1e-300,,2020-01-02 "
                       "11:00,true,p\n-7,x,2021-12-31 23:59:59.5,true,p\n"));
  for (const char* name : {"t.csv", "t.tsv", "t.jsonl", "t.parquet", "t.arrow"}) {
    auto writer = OpenWriter(folder.Path(name));
    ASSERT_TRUE(writer) << name;
    const table::Rows head = {0, 1}, tail = {2, 3};
    ASSERT_TRUE((*writer)->Write(table.Take(head)));
    ASSERT_TRUE((*writer)->Write(table.Take(tail)));
    EXPECT_FALSE(std::filesystem::exists(folder.Path(name))) << "not before Close";
    ASSERT_TRUE((*writer)->Close());
    const auto back = TableOf(ReadPath(folder.Path(name)));
    EXPECT_EQ(Rendered(back), Rendered(table)) << name;
    EXPECT_EQ(back.Fingerprint(), table.Fingerprint()) << name;
  }
}

TEST(Writers, AnUnfinishedFileLeavesNothing) {
  TestFolder folder;
  {
    auto writer = OpenWriter(folder.Path("t.csv"));
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->Write(TableOf(ReadText("a\n1\n2\n"))));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.Path("")));
  EXPECT_EQ(OpenWriter(folder.Path("t.xyz")).error().id(), "format-unknown");
  EXPECT_FALSE(OpenWriter(folder.Path("no/such/folder/t.csv")));
}

TEST(Writers, AFullDiskIsOneClearError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  TestFolder folder;
  ReadOptions options;
  const auto table = TableOf(ReadText("a,b\n1,2\n3,4\n"));
  auto file = OutputFile::Open(folder.Path("x"));
  ASSERT_TRUE(file);
  const int full = ::open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  ASSERT_GE(::dup2(full, file->descriptor()), 0);
  ::close(full);
  const Status status = file->Write("bytes");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().id(), "disk-full");
  EXPECT_EQ(status.error().exit_code(), 5);
}

std::vector<table::Field> ExpectedFields() {
  table::Field a, b;
  a.name = "a";
  b.name = "b";
  b.type = SemanticType::kCategorical;
  return {a, b};
}

TEST(Stream, GivesBatchesOfFixedTypes) {
  TestFolder folder;
  TestContext test;
  std::string csv = "b,extra,a\n", json;
  for (int i = 0; i < 1000; ++i) {
    csv += "k" + std::to_string(i % 3) + ",e," + (i == 500 ? "oops" : std::to_string(i)) + "\n";
    json += "{\"b\":\"k" + std::to_string(i % 3) +
            "\",\"extra\":\"e\",\"a\":" + (i == 500 ? "\"oops\"" : std::to_string(i)) + "}\n";
  }
  ReadOptions options;
  options.expected = ExpectedFields();
  for (const std::string& path : {folder.Write("s.csv", csv), folder.Write("s.jsonl", json)}) {
    auto stream = OpenStream(test.context, path, options, 64);
    ASSERT_TRUE(stream) << stream.error().Text();
    EXPECT_EQ((*stream)->column_names(), (std::vector<std::string>{"b", "extra", "a"}));
    std::size_t rows = 0, unparsed = 0;
    while (true) {
      auto batch = (*stream)->Next();
      ASSERT_TRUE(batch) << batch.error().Text();
      if (!*batch) break;
      EXPECT_LE((*batch)->num_rows(), 64u);
      const std::size_t a = *(*batch)->Find("a");
      ASSERT_EQ((*batch)->column(a).storage(), table::Storage::kDouble);
      ASSERT_EQ((*batch)->column(*(*batch)->Find("b")).storage(), table::Storage::kString);
      EXPECT_EQ((*batch)->column(a).Text(0), std::to_string(rows));
      unparsed += std::size_t((*batch)->field(a).unparsed);
      rows += (*batch)->num_rows();
    }
    EXPECT_EQ(rows, 1000u) << path;
    EXPECT_EQ(unparsed, 1u) << path;
  }
}

TEST(Stream, KeepsRowsAlignedWhenLinesAreMalformed) {
  TestFolder folder;
  TestContext test;
  ReadOptions options;
  options.expected = ExpectedFields();
  options.keep_rejected_rows = true;
  options.max_rejected = 1;
  options.rejected_path = folder.Path("rejected.csv");
  auto stream = OpenStream(test.context, folder.Write("s.csv", "a,b\n1,x\n2\n3,\"z\n4,w\n"), options, 3);
  ASSERT_TRUE(stream);
  std::string rows;
  while (auto batch = std::move((*stream)->Next()).value()) rows += Rendered(*batch);
  EXPECT_EQ(rows, "1|x\n|\n|\n4|w\n");
  EXPECT_EQ((*stream)->rejected_lines(), 2);
  EXPECT_EQ((*stream)->rejected()[1].line, 4);
  EXPECT_NE(folder.Contents("rejected.csv").find("too-few-fields"), std::string::npos);
}

TEST(Stream, ReadsParquetInSlices) {
  TestFolder folder;
  TestContext test;
  auto writer = OpenWriter(folder.Path("t.parquet"));
  std::string csv = "a,b\n";
  for (int i = 0; i < 100; ++i) csv += std::to_string(i) + ",x" + std::to_string(i) + "\n";
  ASSERT_TRUE((*writer)->Write(TableOf(ReadText(csv))));
  ASSERT_TRUE((*writer)->Close());
  ReadOptions options;
  options.expected = ExpectedFields();
  auto stream = OpenStream(test.context, folder.Path("t.parquet"), options, 30);
  ASSERT_TRUE(stream) << stream.error().Text();
  std::vector<std::size_t> sizes;
  while (auto batch = std::move((*stream)->Next()).value()) sizes.push_back(batch->num_rows());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{30, 30, 30, 10}));
}

}  // namespace
}  // namespace tagwerk::io
