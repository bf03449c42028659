// Requests in each form become the same rows; what does not fit is refused with its place.
#include <gtest/gtest.h>

#include <cmath>

#include "base/json.h"
#include "io/bytes.h"
#include "pipeline/pipeline_test.h"
#include "serve/mlflow.h"
#include "serve/row_answer.h"
#include "serve/row_request.h"
#include "serve/tensors.h"
#include "serve/text.h"

namespace tagwerk::serve {
namespace {

using pipeline::testing::ToyPipeline;

ServedModelPtr Toy(Task task = Task::kBinary) { return std::make_shared<ServedModel>("toy", 3, 1, ToyPipeline(task)); }

/// The cells of rows as text, or the error.
std::string Cells(const Status& status, const InputRows& rows) {
  if (!status) return status.error().id();
  const auto table = rows.ToTable();
  if (!table) return table.error().id() + " " + table.error().WhereText();
  std::string out;
  for (std::size_t r = 0; r < table->num_rows(); ++r) {
    for (std::size_t j = 0; j < table->num_columns(); ++j) out += table->column(j).Text(r) + "|";
    out += "\n";
  }
  return out;
}

std::string Rows(std::string_view json) {
  static JsonBody body;
  const auto model = Toy();
  InputRows rows;
  RowOptions options;
  const auto root = body.Parse(json);
  return root ? Cells(ReadRows(*root, *model, options, rows), rows) : root.error().id();
}

std::string Invocation(std::string_view json) {
  static JsonBody body;
  const auto model = Toy();
  InputRows rows;
  const auto root = body.Parse(json);
  return root ? Cells(ReadInvocation(*root, *model, rows), rows) : root.error().id();
}

TEST(RowRequest, CellsOfEveryKind) {
  EXPECT_EQ(Rows(R"([{"x":1.5,"z":2,"color":"red","many":"n7","when":"2020-01-02T03:04:05"}])"),
            "1.5|2|red|n7|2020-01-02T03:04:05|\n");
  EXPECT_EQ(Rows(R"([{"when":"2020-01-02","many":12,"color":true,"z":null,"x":-0.0,"extra":[1]}])"),
            "0||true|12|2020-01-02T00:00:00|\n");
  EXPECT_EQ(Rows(R"([{"x":"1.5","z":" 7 ","color":" red "}])"), "1.5|7|red|||\n");
  EXPECT_EQ(Rows(R"([{"many":9007199254740993},{"many":18446744073709551615},{"many":["a",2]}])"),
            "|||9007199254740993||\n|||18446744073709551615||\n|||a, 2||\n");
  EXPECT_EQ(Rows(R"([{"x":0.000e055,"z":1e+2},{"x":1E-400,"z":-0.5e-1}])"), "0|100||||\n0|-0.05||||\n");
  EXPECT_EQ(Rows(R"([{"x":123456789012345678901234}])"), "1.2345678901234569e+23|||||\n");
  EXPECT_EQ(Rows(R"([{"x":1,"x":2}])"), "2|||||\n");
  EXPECT_EQ(Rows(R"([{"x":"a","x":2}])"), "2|||||\n");
}

/// The same row as `tagwerk predict` reads it from a file of JSON lines.
std::string AsJsonLines(const std::string& row) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  io::ReadOptions options;
  options.expected = ToyPipeline(Task::kBinary).ExpectedFields();
  options.keep_extra = false;
  const auto stream = io::OpenBytes(context, row, "rows.jsonl", options, 10);
  if (!stream) return stream.error().id();
  const auto read = (*stream)->Next();
  if (!read || !*read) return "nothing";
  const table::Table& table = **read;
  std::string out;
  for (const char* name : {"x", "z", "color", "many", "when"}) {
    const auto at = table.Find(name);
    if (at && table.field(*at).unparsed > 0) return "type-changed row 1, column \"" + std::string(name) + "\"";
    out += (at ? table.column(*at).Text(0) : "") + "|";
  }
  return out + "\n";
}

TEST(RowRequest, CellsAreThoseOfJsonLines) {
  const std::vector<std::string> values{"null",
                                        "true",
                                        "false",
                                        "0",
                                        "-0.0",
                                        "7",
                                        "1.50",
                                        "1e2",
                                        "1e308",
                                        "-5e-324",
                                        "0.000e055",
                                        "9007199254740993",
                                        "18446744073709551615",
                                        "123456789012345678901234",
                                        R"("")",
                                        R"("7")",
                                        R"(" 7.5 ")",
                                        R"("1,250.5")",
                                        R"("1e3")",
                                        R"("inf")",
                                        R"("nan")",
                                        R"("NA")",
                                        R"("red")",
                                        R"(" red ")",
                                        R"("2020-01-02")",
                                        R"("2020-01-02T03:04:05Z")",
                                        R"("02.01.2020")",
                                        "20200102",
                                        "1577934245",
                                        R"("soon")",
                                        "[]",
                                        "[7]",
                                        R"(["red"])",
                                        R"(["a",2,2.0,1e23,null,true])",
                                        R"(["a",["\t\u0001\"b",1.0]])",
                                        R"([{"k":1.5}])",
                                        "{}",
                                        R"({"k":1})",
                                        R"("\u00e9\ud83d\ude00")"};
  for (const std::string name : {"x", "z", "color", "many", "when"})
    for (const std::string& value : values) {
      if (name == "when" && value == "9007199254740993") continue;  // a time here, a text that is none in files
      std::string row = "{";
      for (const std::string other : {"x", "z", "color", "many", "when"})
        if (other != name) row += "\"" + other + "\":null,";
      const std::string given = row + "\"" + name + "\":" + value + "}";
      EXPECT_EQ(Rows("[" + given + "]"), AsJsonLines(given)) << given;
      if (value == R"({"k":1})") continue;
      const std::string twice = row + "\"" + name + "\":5,\"" + name + "\":" + value + "}";
      EXPECT_EQ(Rows("[" + twice + "]"), AsJsonLines(twice)) << twice;
    }
}

TEST(RowRequest, WhatDoesNotFitNamesItsPlace) {
  EXPECT_EQ(Rows(R"([{"x":1},{"x":"old"}])"), "type-changed row 2, column \"x\"");
  EXPECT_EQ(Rows(R"([{"x":true}])"), "type-changed row 1, column \"x\"");
  EXPECT_EQ(Rows(R"([{"when":"soon"}])"), "type-changed row 1, column \"when\"");
  EXPECT_EQ(Rows(R"([{"x":[1]}])"), "1|||||\n");
  for (const char* bad : {"[]", "5", "[5]", "[[1]]", "{}", R"({"rows":5})", R"({"rows":[]})"})
    EXPECT_EQ(Rows(bad), "request-malformed") << bad;
  EXPECT_EQ(Rows(R"({"rows":[{}],"more":1})"), "request-key");
  EXPECT_EQ(Rows(R"({"rows":[{}],"reasons":31})"), "option-value");
}

TEST(RowRequest, CountsWhatIsAbsent) {
  JsonBody body;
  const auto model = Toy();
  InputRows rows;
  RowOptions options;
  const auto root = body.Parse(R"({"rows":[{"x":null,"z":1},{"color":"red"}],"id":"color"})");
  ASSERT_TRUE(root && ReadRows(*root, *model, options, rows));
  EXPECT_EQ(rows.absent(), (std::vector<std::int64_t>{1, 1, 1, 2, 2}));
  EXPECT_EQ(options.ids, (std::vector<std::string>{"", "red"}));
}

TEST(Mlflow, AllFormsGiveTheSameRows) {
  const std::string wanted = "1|2|red|||\n3|||||\n";
  EXPECT_EQ(Invocation(R"({"dataframe_records":[{"x":1,"z":2,"color":"red"},{"x":3}]})"), wanted);
  EXPECT_EQ(Invocation(R"({"dataframe_split":{"columns":["z","x","color"],"data":[[2,1,"red"],[null,3,null]]}})"),
            wanted);
  EXPECT_EQ(Invocation(R"({"instances":[[1,2,"red",null,null],[3,null,null,null,null]]})"), wanted);
  EXPECT_EQ(Invocation(R"({"inputs":{"x":[1,3],"z":[2,null],"color":["red",null]}})"), wanted);
  EXPECT_EQ(Invocation(R"({"inputs":{"x":1}})"), "1|||||\n");
  for (const char* bad : {"[]", "{}", R"({"inputs":5})", R"({"instances":[[1]]})", R"({"inputs":{"x":[1,2],"z":[1]}})",
                          R"({"dataframe_split":{"columns":["x"],"data":[[1,2]]}})",
                          R"({"dataframe_split":{"data":[]}})", R"({"inputs":{}})", R"({"instances":[]})"})
    EXPECT_EQ(Invocation(bad), "request-malformed") << bad;
}

TEST(JsonBody, DepthAndNumbers) {
  JsonBody body;
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(body.Parse(nested(60)));
  EXPECT_FALSE(body.Parse(nested(70)));
  EXPECT_FALSE(body.Parse(nested(100000)));
  for (const char* bad : {"", " ", "nul", "[1,]", "{\"a\":}", "1e999", "[NaN]", "\"\xff\"", "1 2", "[1]x", "01"})
    EXPECT_FALSE(body.Parse(bad)) << bad;
  std::string large = "[0";
  while (large.size() < (3U << 20)) large += ",1.25";
  EXPECT_TRUE(body.Parse(large + "]"));
  EXPECT_TRUE(body.Parse("[1]"));
}

TEST(Text, NumbersAndTextsAreJson) {
  std::string out;
  for (const double value : {0.1, -0.0, 1e300, 5e-324, 3.0, 1e21}) {
    out.clear();
    AppendNumber(value, out);
    EXPECT_EQ(Json::parse(out).get<double>(), value) << out;
  }
  out.clear();
  AppendNumber(std::nan(""), out);
  AppendNumber(INFINITY, out);
  EXPECT_EQ(out, "nullnull");
  std::string all;
  for (int c = 1; c < 128; ++c) all.push_back(static_cast<char>(c));
  all += "é\xF0\x9F\x98\x80";
  out.clear();
  AppendQuoted(all, out);
  EXPECT_EQ(Json::parse(out).get<std::string>(), all);
}

TEST(Answers, NumbersOutOfRangeAreToldHoweverTheyAreSent) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  JsonBody body;
  const ServedModelPtr model = Toy();
  InputRows rows;
  RowOptions options;
  const auto root = body.Parse(R"([{"z":2},{"z":"200"},{"z":200}])");
  ASSERT_TRUE(root && ReadRows(*root, *model, options, rows));
  Scorer scorer(context);
  Scored scored;
  ASSERT_TRUE(scorer.Score(model, rows, ScoreOptions(), scored));
  ASSERT_FALSE(scored.warnings.empty());
  EXPECT_EQ(scored.warnings[0].id, "out-of-range");
  EXPECT_EQ(scored.warnings[0].column, "z");
  EXPECT_EQ(scored.warnings[0].rows, 2);
}

TEST(Answers, SayWhatThePipelineSays) {
  Pool pool(1);
  Context context;
  context.pool = &pool;
  JsonBody body;
  for (const Task task : {Task::kBinary, Task::kMulticlass, Task::kRegression}) {
    const ServedModelPtr model = Toy(task);
    InputRows rows;
    RowOptions options;
    const auto root = body.Parse(R"([{"x":1,"z":200,"color":"pink"},{"x":2,"many":"n1"}])");
    ASSERT_TRUE(root && ReadRows(*root, *model, options, rows));
    Scorer scorer(context);
    Scored scored;
    ASSERT_TRUE(scorer.Score(model, rows, ScoreOptions(), scored));
    const auto table = rows.ToTable();
    const auto direct = model->pipeline().Predict(context, *table);
    std::string text;
    WriteRows(*model, scored, options, "id", text);
    const Json told = Json::parse(text);
    EXPECT_EQ(told["version"], 3);
    ASSERT_EQ(told["predictions"].size(), 2U);
    const auto output = model->pipeline().OutputTable(*direct);
    for (std::size_t r = 0; r < 2; ++r) {
      EXPECT_EQ(told["predictions"][r]["prediction_id"], "id:" + std::to_string(r));
      for (std::size_t j = 0; j < output->num_columns(); ++j) {
        const Json& value = told["predictions"][r][output->field(j).name];
        const auto& column = output->column(j);
        if (column.storage() == table::Storage::kDouble)
          EXPECT_EQ(value.get<double>(), (*column.doubles())[r]);
        else
          EXPECT_EQ(value.get<std::string>(), column.Text(r));
      }
    }
    Json warned = Json::object();
    for (const Json& w : told["warnings"])
      warned[w["id"].get<std::string>() + " " + w["column"].get<std::string>()] = w["rows"];
    EXPECT_EQ(warned["new-category color"], 1);
    EXPECT_EQ(warned["out-of-range z"], 1);
    EXPECT_EQ(warned["column-missing when"], 2);
  }
}

}  // namespace
}  // namespace tagwerk::serve
