// Properties: written tables read back equal; any chunking and any number of threads give one table;
// no bytes crash the reader.
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "io/csv_write.h"
#include "io/test_files.h"

namespace tagwerk::io {
namespace {

std::string RandomCell(Random& random) {
  static const std::vector<std::string> kPieces = {"a", "b c", "\"", ",", "\n", "é", "12", "-", ";", "'", "x\r\ny"};
  std::string text = "t";  // never a number or a missing marker
  for (std::uint64_t n = random.Below(4); n > 0; --n) text += kPieces[random.Below(kPieces.size())];
  return text + "t";
}

table::Table RandomTable(std::uint64_t seed) {
  Random random(seed);
  const std::size_t rows = 1 + random.Below(300), width = 2 + random.Below(5);
  std::vector<table::Field> fields;
  std::vector<table::ColumnPtr> columns;
  for (std::size_t c = 0; c < width; ++c) {
    table::Field field;
    field.name = "col" + std::to_string(c);
    const std::uint64_t kind = c == 0 ? 0 : random.Below(3);
    if (kind == 0) {
      std::vector<double> values;
      for (std::size_t r = 0; r < rows; ++r) {
        const bool missing = c > 0 && random.Below(10) == 0;
        values.push_back(missing ? std::nan("") : std::ldexp(random.Normal(), int(random.Below(80)) - 40));
      }
      columns.push_back(table::Column::Doubles(std::move(values)));
    } else if (kind == 1) {
      std::vector<std::int64_t> values;
      for (std::size_t r = 0; r < rows; ++r) values.push_back(std::int64_t(random.Below(1ULL << 51)));
      columns.push_back(table::Column::Timestamps(std::move(values)));
    } else {
      table::DictionaryBuilder builder;
      std::vector<std::int32_t> codes;
      for (std::size_t r = 0; r < rows; ++r) {
        codes.push_back(random.Below(10) == 0 ? -1 : builder.Intern(RandomCell(random)));
      }
      columns.push_back(table::Column::Strings(std::move(codes), std::move(builder).Finish()));
    }
    fields.push_back(std::move(field));
  }
  return table::Table(std::move(fields), std::move(columns), rows);
}

std::string CsvOf(const table::Table& table) {
  std::string text;
  AppendCsvHeader(text, table, ',');
  AppendCsvRows(text, table, 0, table.num_rows(), ',');
  return text;
}

TEST(Property, WrittenTablesReadBackEqual) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const table::Table table = RandomTable(seed);
    const auto back = ReadText(CsvOf(table));
    ASSERT_TRUE(back) << seed << back.error().Text();
    ASSERT_EQ(back->table.names(), table.names()) << seed;
    ASSERT_EQ(Rendered(back->table), Rendered(table)) << seed;
    ASSERT_EQ(back->table.RowHashes(), table.RowHashes()) << seed;
  }
}

// Everything that a reader decides, as text.
std::string Everything(const Result<ReadResult>& result) {
  if (!result) return result.error().Text();
  std::string out = Rendered(result->table);
  for (const table::Field& field : result->table.fields()) {
    out += field.name + " " + std::string(table::TypeName(field.type)) + " " + field.type_evidence + " " +
           std::to_string(field.unparsed) + "\n";
    for (const std::string& example : field.unparsed_examples) out += example + "\n";
  }
  for (const RejectedLine& line : result->rejected) {
    out += std::to_string(line.line) + " " + std::to_string(line.byte) + " " + line.reason + " " + line.raw + "\n";
  }
  return out + std::to_string(result->physical_lines) + " " + result->table.Fingerprint();
}

TEST(Property, ChunksAndThreadsDoNotChangeTheTable) {
  ReadOptions options;
  options.max_rejected = 1;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed);
    std::string text = CsvOf(RandomTable(seed + 1000));
    // Dirt: stray quotes, cut lines, blank lines.
    for (std::uint64_t n = random.Below(6); n > 0 && seed % 2 == 1; --n) {
      static const std::vector<std::string> kDirt = {"\"", "\n", ",", "\n\n", "x\"", "\r"};
      text.insert(random.Below(text.size()), kDirt[random.Below(kDirt.size())]);
    }
    const std::string whole = Everything(ReadText(text, options, {}, 1));
    for (std::size_t bytes : {7u, 64u, 500u, 4000u}) {
      for (int threads : {1, 3}) {
        CsvTuning tuning;
        tuning.chunk_bytes = bytes;
        ASSERT_EQ(Everything(ReadText(text, options, tuning, threads)), whole) << seed << " " << bytes;
      }
    }
  }
}

TEST(Property, TheSampleDoesNotChangeTheTable) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const std::string text = CsvOf(RandomTable(seed + 2000));
    CsvTuning tiny;
    tiny.sample_rows = 50;
    ASSERT_EQ(Everything(ReadText(text, {}, tiny)), Everything(ReadText(text)));
  }
}

TEST(Property, NoMutationCrashesTheReader) {
  const std::vector<std::string> seeds = {
      "a,b,c\n1,x,2.5\n2,\"y\",-3e2\n3,\"z \"\"q\"\"\",4\n",
      "id;when;value\r\n1;31/12/2013;2,6\r\n2;01/01/2014;1.234,5\r\n",
      "\xEF\xBB\xBFn\tt\n9007199254740993\ttext\n01067\t\xC3\xA9\n",
      "x\n1\n\n3\nNA\n",
  };
  ReadOptions options;
  options.max_rejected = 1;
  CsvTuning tuning;
  tuning.chunk_bytes = 16;
  Random random(7);
  std::size_t read = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string text = seeds[random.Below(seeds.size())];
    for (std::uint64_t n = 1 + random.Below(8); n > 0; --n) {
      const std::size_t at = random.Below(text.size() + 1);
      switch (random.Below(4)) {
        case 0:
          text.insert(at, 1, char(random.Below(256)));
          break;
        case 1:
          text.erase(at, 1 + random.Below(5));
          break;
        case 2:
          text.insert(at, text.substr(random.Below(text.size() + 1), random.Below(30)));
          break;
        case 3:
          text.insert(at, 1, "\",;\n\r\t' .-+eE0"[random.Below(15)]);
          break;
      }
      if (text.empty()) text = "a";
    }
    options.keep_rejected_rows = i % 3 == 0;
    read += bool(ReadText(text, options, tuning, 1));
  }
  EXPECT_GT(read, 1000u);
}

}  // namespace
}  // namespace tagwerk::io
