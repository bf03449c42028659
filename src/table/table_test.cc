// Tables: values, hashes that depend on nothing but values, dictionaries, time text, column names.
#include "table/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/constants.h"
#include "table/digest.h"

namespace tagwerk::table {
namespace {

ColumnPtr Strings(const std::vector<std::string>& texts, const std::vector<std::string>& order = {}) {
  DictionaryBuilder builder;
  for (const auto& text : order) builder.Intern(text);
  std::vector<std::int32_t> codes;
  for (const auto& text : texts) codes.push_back(text.empty() ? -1 : builder.Intern(text));
  return Column::Strings(std::move(codes), std::move(builder).Finish());
}

Field Named(const std::string& name, SemanticType type = SemanticType::kNumeric) {
  Field field;
  field.name = field.original_name = name;
  field.type = type;
  return field;
}

TEST(DictionaryBuilder, GivesEqualTextsOneCode) {
  DictionaryBuilder builder;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 10'000; ++i) EXPECT_EQ(builder.Intern("value " + std::to_string(i)), i);
  }
  EXPECT_EQ(builder.Find("value 77"), 77);
  EXPECT_EQ(builder.Find("value 10000"), std::nullopt);
  EXPECT_EQ(builder.Intern(""), 10'000);
  const auto dictionary = std::move(builder).Finish();
  EXPECT_EQ(dictionary->size(), 10'001);
  EXPECT_EQ(dictionary->at(9'999), "value 9999");
  EXPECT_EQ(dictionary->at(10'000), "");
}

TEST(Column, TellsMissingValuesOfEveryStorage) {
  EXPECT_TRUE(Column::Doubles({1, kNaN})->IsMissing(1));
  EXPECT_TRUE(Column::Timestamps({0, kMissingTime})->IsMissing(1));
  EXPECT_TRUE(Strings({"a", ""})->IsMissing(1));
  EXPECT_FALSE(Column::Timestamps({0, kMissingTime})->IsMissing(0));
}

TEST(Column, HashDependsOnTheValueNotOnTheCode) {
  const auto a = Strings({"x", "y"}), b = Strings({"x", "y"}, {"z", "y"});
  EXPECT_NE((*a->codes())[0], (*b->codes())[0]);
  EXPECT_EQ(a->Hash(0), b->Hash(0));
  EXPECT_EQ(a->Hash(1), b->Hash(1));
  EXPECT_NE(a->Hash(0), a->Hash(1));
  EXPECT_EQ(Column::Doubles({0.0})->Hash(0), Column::Doubles({-0.0})->Hash(0));
  EXPECT_NE(Column::Doubles({0.0})->Hash(0), Column::Timestamps({0})->Hash(0));
}

TEST(Column, TakeRepeatsAndReordersRows) {
  const Rows rows = {2, 0, 2};
  EXPECT_EQ(*Column::Doubles({1, 2, 3})->Take(rows)->doubles(), (std::vector<double>{3, 1, 3}));
  EXPECT_EQ(Strings({"a", "b", ""})->Take(rows)->Text(1), "a");
  EXPECT_TRUE(Strings({"a", "b", ""})->Take(rows)->IsMissing(0));
  EXPECT_THROW(Column::Doubles({1})->Take(rows), std::exception);
}

TEST(TimestampText, FollowsTheCalendar) {
  EXPECT_EQ(TimestampText(0), "1970-01-01T00:00:00");
  EXPECT_EQ(TimestampText(0, true), "1970-01-01");
  EXPECT_EQ(TimestampText(1382205600000000), "2013-10-19T18:00:00");
  EXPECT_EQ(TimestampText(951782400000000, true), "2000-02-29");
  EXPECT_EQ(TimestampText(-1, true), "1969-12-31T23:59:59.999999");
  EXPECT_EQ(TimestampText(1'500'000), "1970-01-01T00:00:01.500");
  EXPECT_EQ(TimestampText(-62135596800000000, true), "0001-01-01");
  EXPECT_EQ(TimestampText(kMissingTime), "");
}

Table Sample(bool swapped) {
  std::vector<Field> fields = {Named("a"), Named("b", SemanticType::kCategorical), Named("c")};
  std::vector<ColumnPtr> columns = {
      Column::Doubles({1, 2, 2}),
      Strings({"x", "y", "y"}, swapped ? std::vector<std::string>{"y"} : std::vector<std::string>{}),
      Column::Doubles({kNaN, 3, 3})};
  if (swapped) {
    std::swap(fields[0], fields[2]);
    std::swap(columns[0], columns[2]);
  }
  return Table(fields, columns, 3);
}

TEST(Table, RowHashesIgnoreColumnOrderAndDictionaries) {
  EXPECT_EQ(Sample(false).RowHashes(), Sample(true).RowHashes());
  const auto hashes = Sample(false).RowHashes();
  EXPECT_NE(hashes[0], hashes[1]);
  EXPECT_EQ(hashes[1], hashes[2]);
}

TEST(Table, RowHashesKeepEqualValuesOfDifferentColumnsApart) {
  const Table ab({Named("a"), Named("b")}, {Column::Doubles({1}), Column::Doubles({2})}, 1);
  const Table ba({Named("a"), Named("b")}, {Column::Doubles({2}), Column::Doubles({1})}, 1);
  EXPECT_NE(ab.RowHashes(), ba.RowHashes());
  EXPECT_EQ(ab.RowHashes({0}), Table({Named("a")}, {Column::Doubles({1})}, 1).RowHashes());
}

TEST(Table, DigestIsTheSameForAnyNumberOfThreads) {
  std::vector<double> x(20000);
  std::vector<std::int32_t> codes(x.size());
  std::vector<std::int64_t> times(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = i % 7 == 0 ? std::nan("") : double(i % 9000);
    codes[i] = std::int32_t(i % 3) - 1;
    times[i] = i % 11 == 0 ? kMissingTime : std::int64_t(i % 9000) * 1000;
  }
  DictionaryBuilder words;
  words.Intern("a");
  words.Intern("b");
  const Table table({Named("x"), Named("s", SemanticType::kCategorical), Named("t", SemanticType::kDatetime)},
                    {Column::Doubles(x), Column::Strings(codes, std::move(words).Finish()), Column::Timestamps(times)},
                    x.size());
  Pool one(1), three(3);
  EXPECT_EQ(RowHashes(table, three), table.RowHashes());
  EXPECT_EQ(MakeDigest(table, one).fingerprint, table.Fingerprint());
  const Digest digest = MakeDigest(table, three);
  EXPECT_EQ(digest.fingerprint, table.Fingerprint());
  std::map<std::uint64_t, int> counts;
  for (const std::uint64_t hash : table.RowHashes()) ++counts[hash];
  EXPECT_EQ(digest.repeats, std::int64_t(x.size() - counts.size()));
  EXPECT_EQ(digest.repeated_sets,
            std::count_if(counts.begin(), counts.end(), [](const auto& c) { return c.second > 1; }));
  EXPECT_GT(digest.repeats, 0);
}

TEST(Table, FingerprintIgnoresRowOrderAndSeesEveryChange) {
  const Table table = Sample(false);
  const Rows reversed = {2, 1, 0};
  EXPECT_EQ(table.Fingerprint(), table.Take(reversed).Fingerprint());
  EXPECT_EQ(table.Fingerprint(), Sample(true).Fingerprint());
  EXPECT_EQ(table.Fingerprint().substr(0, 7), "sha256:");
  const Rows two = {0, 1};
  EXPECT_NE(table.Fingerprint(), table.Take(two).Fingerprint());
  EXPECT_NE(table.Fingerprint(), table.WithField(0, Named("A")).Fingerprint());
  EXPECT_NE(table.Fingerprint(), table.WithField(0, Named("a", SemanticType::kOrdinal)).Fingerprint());
}

TEST(Table, SelectAndWithColumnShareColumns) {
  const Table table = Sample(false);
  const Table chosen = table.Select({2, 0});
  EXPECT_EQ(chosen.names(), (std::vector<std::string>{"c", "a"}));
  EXPECT_EQ(chosen.column_ptr(1), table.column_ptr(0));
  EXPECT_EQ(table.WithColumn(Named("d"), Column::Doubles({7, 8, 9})).Find("d"), 3u);
  EXPECT_EQ(table.Find("d"), std::nullopt);
  EXPECT_THROW(table.WithColumn(Named("d"), Column::Doubles({7})), std::exception);
}

TEST(ResolveColumn, TakesNamesBeforePositions) {
  const std::vector<std::string> names = {"late", "#3", "origin", "dest_lat"};
  EXPECT_EQ(*ResolveColumn(names, "late", "target-not-found", "f.csv"), 0u);
  EXPECT_EQ(*ResolveColumn(names, "#3", "target-not-found", "f.csv"), 1u);
  EXPECT_EQ(*ResolveColumn(names, "#4", "target-not-found", "f.csv"), 3u);
  EXPECT_EQ(*ResolveColumn(names, "#-1", "target-not-found", "f.csv"), 3u);
}

TEST(ResolveColumn, NamesSimilarColumnsWhenThereIsNone) {
  const std::vector<std::string> names = {"late", "origin"};
  for (const char* typed : {"lat", "#0", "#5", "#-3", "#", "#99999999999999999999"}) {
    const auto found = ResolveColumn(names, typed, "target-not-found", "f.csv");
    ASSERT_FALSE(found) << typed;
    EXPECT_EQ(found.error().id(), "target-not-found");
    EXPECT_EQ(found.error().exit_code(), 2);
  }
  EXPECT_EQ(ResolveColumn(names, "lat", "target-not-found", "f.csv").error().similar(),
            std::vector<std::string>{"late"});
}

TEST(TypeNames, ReadBack) {
  for (int i = 0; i < 7; ++i) EXPECT_EQ(TypeFromName(TypeName(SemanticType(i))), SemanticType(i));
  EXPECT_EQ(TypeFromName("number"), std::nullopt);
}

}  // namespace
}  // namespace tagwerk::table
