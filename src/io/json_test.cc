// JSON documents beside JSON lines: wrappers, pandas' layouts, nested values, damage.
#include <gtest/gtest.h>

#include "io/json_records.h"
#include "io/test_files.h"

namespace tagwerk::io {
namespace {

Result<ReadResult> ReadDocument(const std::string& text, const ReadOptions& options = {}) {
  TestFolder folder;
  TestContext test;
  return Read(test.context, folder.Write("a.json", text), options);
}

TEST(Json, AnObjectThatHoldsOneArray) {
  const char* text = R"({"status": "ok", "page": {"n": 1},
    "response": {"items": [{"a": 1, "b": {"c": "x, }y"}}, {"a": 2, "b": {"c": null}}]}})";
  const auto result = ReadDocument(text);
  const auto table = TableOf(result);
  EXPECT_EQ(table.names(), (std::vector<std::string>{"a", "b.c"}));
  EXPECT_EQ(Rendered(table), "1|x, }y\n2|\n");
  EXPECT_EQ(result->sources[0].format, "JSON");
  EXPECT_EQ(result->sources[0].dialect["table"], "response.items");
}

TEST(Json, SeveralArraysNeedAName) {
  const char* text = R"({"users": [{"a": 1}], "orders": [{"b": 2}, {"b": 3}]})";
  const auto unnamed = ReadDocument(text);
  ASSERT_FALSE(unnamed);
  EXPECT_EQ(unnamed.error().id(), "table-needed");
  EXPECT_EQ(unnamed.error().allowed(), (std::vector<std::string>{"users", "orders"}));
  ReadOptions options;
  options.table = "orders";
  EXPECT_EQ(Rendered(TableOf(ReadDocument(text, options))), "2\n3\n");
}

TEST(Json, LayoutsOfPandas) {
  for (const char* text :
       {R"({"a":{"0":1,"1":2},"b":{"0":"x","1":"y"}})", R"({"0":{"a":1,"b":"x"},"1":{"a":2,"b":"y"}})",
        R"({"columns":["a","b"],"index":[0,1],"data":[[1,"x"],[2,"y"]]})", R"({"a":[1,2],"b":["x","y"]})",
        R"([{"a":1,"b":"x"},{"a":2,"b":"y"}])", R"([["a","b"],[1,"x"],[2,"y"]])",
        "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n",
        "{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n{\n\"a\": 2, \"b\": \"y\"}"}) {
    const auto table = TableOf(ReadDocument(text));
    EXPECT_EQ(table.names(), (std::vector<std::string>{"a", "b"})) << text;
    EXPECT_EQ(Rendered(table), "1|x\n2|y\n") << text;
  }
}

TEST(Json, ListsBecomeTextAndLength) {
  const auto table = TableOf(ReadDocument(R"([{"tags":["a","b"],"n":1},{"tags":[],"n":2},{"n":3},
    {"tags":[{"x":1}],"n":4}])"));
  EXPECT_EQ(table.names(), (std::vector<std::string>{"tags", "tags.length", "n"}));
  EXPECT_EQ(Rendered(table), "a, b|2|1\n|0|2\n||3\n[{\"x\":1}]|1|4\n");
}

TEST(Json, ManyRecordsInStretches) {
  std::string text = "{\"rows\": [";
  std::string expected;
  for (int i = 0; i < 200'000; ++i) {
    text += (i == 0 ? "" : ",\n") + ("{\"i\": " + std::to_string(i)) + ", \"s\": \"]}{[\\\"\"}";
    if (i % 50'000 == 0) expected += std::to_string(i) + " ";
  }
  const auto table = TableOf(ReadDocument(text + "]}"));
  ASSERT_EQ(table.num_rows(), 200'000u);
  for (std::size_t r = 0; r < table.num_rows(); r += 997) EXPECT_EQ(table.column(0).Text(r), std::to_string(r));
}

TEST(Json, ALargeArrayInsideAnObject) {
  // Longer than two stretches, with members before and behind it.
  std::string text = R"({"meta": {"n": [1, 2]}, "data": [)";
  const std::string filler(30'000, 'x');
  for (int i = 0; i < 400; ++i)
    text += (i == 0 ? "" : ",\n") + std::string(R"({"i": )") + std::to_string(i) + R"(, "s": "}])" + filler + "\"}";
  text += R"(], "next": {"rows": [{"z": 1}]}})";
  const auto layout = FindRecords(text, "a", {});
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->cuts.size(), text.size() / kStretch + 1);
  EXPECT_EQ(text[layout->end], ']');
  EXPECT_EQ(layout->cuts.back(), layout->end);
  const auto table = TableOf(ReadDocument(text));
  ASSERT_EQ(table.num_rows(), 400u);
  EXPECT_EQ(table.names(), (std::vector<std::string>{"i", "s"}));
  for (std::size_t i = 0; i < 400; ++i) EXPECT_EQ((*table.column(0).doubles())[i], double(i));
}

TEST(Json, DamageIsOneClearError) {
  EXPECT_EQ(ReadDocument("[{\"a\":1},{\"a\":").error().id(), "json-malformed");
  EXPECT_EQ(ReadDocument("{\"a\": [{\"b\": 1}").error().id(), "json-malformed");
  EXPECT_EQ(ReadDocument("{\"a\" 1}").error().id(), "json-malformed");
  EXPECT_EQ(ReadDocument("{\"a\": [1, 2], \"b\": [1]}").error().id(), "not-a-table");
  EXPECT_EQ(ReadDocument("[[\"a\"], 7]").error().id(), "not-a-table");
  EXPECT_EQ(ReadDocument(R"({"columns": ["a"], "data": [[1]], "data": 5})").error().id(), "not-a-table");
  EXPECT_EQ(ReadDocument(R"({"columns": ["a"], "columns": 5, "data": [[1]]})").error().id(), "not-a-table");
  EXPECT_EQ(ReadDocument("[{\"a\":1}, 7, {\"a\":2}]").error().id(), "rows-rejected");
  EXPECT_EQ(ReadDocument(std::string(100'000, '[')).error().id(), "json-malformed");
  ReadOptions options;
  options.max_rejected = 0.5;
  EXPECT_EQ(Rendered(TableOf(ReadDocument("[{\"a\":1}, 7, {\"a\":2}]", options))), "1\n2\n");
}

TEST(Json, AnObjectWithTheColumnsOfAModelIsARow) {
  ReadOptions options;
  table::Field field;
  field.name = "id";
  options.expected = {field};
  const auto table = TableOf(ReadDocument(R"({"id": 7, "orders": [{"x": 1}, {"x": 2}]})", options));
  EXPECT_EQ(table.num_rows(), 1u);
}

TEST(Json, StreamsADocument) {
  TestFolder folder;
  TestContext test;
  const std::string path = folder.Write("a.json", R"({"rows": [{"a": 1}, {"a": 2}, {"a": 3}]})");
  auto stream = OpenStream(test.context, path, {}, 2);
  ASSERT_TRUE(stream) << stream.error().Text();
  std::string rows;
  while (true) {
    auto batch = (*stream)->Next();
    ASSERT_TRUE(batch) << batch.error().Text();
    if (!*batch) break;
    rows += Rendered(**batch) + "-\n";
  }
  EXPECT_EQ(rows, "1\n2\n-\n3\n-\n");
}

}  // namespace
}  // namespace tagwerk::io
