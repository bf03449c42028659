// One row is answered without a table; the answer must be that of the table.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "pipeline/pipeline_test.h"
#include "serve/row_request.h"
#include "serve/score.h"

namespace tagwerk::serve {
namespace {

using pipeline::testing::Bench;
using pipeline::testing::ToyPipeline;
using table::SemanticType;

/// The toy pipeline whose columns are told to have another type each.
pipeline::Pipeline WithTypes(Task task, std::size_t shift) {
  pipeline::Pipeline p = ToyPipeline(task);
  const SemanticType types[] = {SemanticType::kNumeric, SemanticType::kOrdinal,  SemanticType::kBoolean,
                                SemanticType::kText,    SemanticType::kDatetime, SemanticType::kCategorical};
  for (std::size_t i = 0; shift > 0 && i < p.inputs.size(); ++i) {
    table::Field& field = p.inputs[i].field;
    field.type = types[(i + shift) % std::size(types)];
    if (field.type == SemanticType::kNumeric) field.form.kind = table::ValueKind::kNumber;
    if (field.type == SemanticType::kDatetime) field.form.kind = table::ValueKind::kTime;
    if (shift % 2 == 0) field.form.order = table::DateOrder::kDayFirst;
    if (shift % 2 == 0) field.form.missing = {"none"};
  }
  return p;
}

std::string Text(const Status& status, const Scored& scored) {
  if (!status) return status.error().id() + " " + status.error().WhereText() + " " + status.error().message();
  std::string out;
  const pipeline::Predictions& p = scored.predictions;
  for (const auto* values : {&p.scores, &p.values, &p.lower, &p.upper})
    for (const double v : *values) out += std::to_string(std::isnan(v) ? 0 : std::bit_cast<std::uint64_t>(v)) + " ";
  for (const std::int32_t label : p.labels) out += std::to_string(label) + " ";
  for (const RowWarning& warning : scored.warnings)
    out += std::string(warning.id) + " " + warning.column + " " + std::to_string(warning.rows) + "; ";
  return out;
}

const char* const kValues[] = {"null",
                               "true",
                               "0",
                               "-0.0",
                               "7",
                               "1e300",
                               "-5e-324",
                               "20130501",
                               "1367366400",
                               "9007199254740993",
                               R"("")",
                               R"("red")",
                               R"(" red ")",
                               R"("n7")",
                               R"("7")",
                               R"("1,250.5")",
                               R"("inf")",
                               R"("NA")",
                               R"("none")",
                               R"("yes")",
                               R"("never heard of")",
                               R"("2013-05-01")",
                               R"("2013-05-01T10:30:00Z")",
                               R"("01.05.2013")",
                               R"("2013-05-99")",
                               "[1, 2]",
                               "{}",
                               R"({"a": 1})"};

TEST(Score, OneRowIsAnsweredAsItsTable) {
  const Bench bench;
  Scorer scorer(bench.context);
  JsonBody body;
  InputRows rows;
  Scored one, table_scored;
  std::size_t errors = 0, answers = 0;
  for (const Task task : {Task::kBinary, Task::kRegression})
    for (std::size_t shift = 0; shift < 7; ++shift) {
      const auto model = std::make_shared<ServedModel>("toy", 1, 1, WithTypes(task, shift));
      for (std::size_t i = 0; i < std::size(kValues); ++i)
        for (std::size_t j = 0; j < model->inputs().size(); ++j) {
          // One odd value, the next column written twice.
          const std::string& name = model->inputs()[j].name;
          const std::string& next = model->inputs()[(j + 1) % model->inputs().size()].name;
          const std::string value = kValues[i], other = kValues[(i * 5 + j) % std::size(kValues)];
          const std::string row =
              R"([{")" + name + R"(": )" + value + R"(, ")" + next + R"(": "x", ")" + next + R"(": )" + other + "}]";
          RowOptions options;
          const auto root = body.Parse(row);
          ASSERT_TRUE(root.has_value()) << row;
          ASSERT_TRUE(ReadRows(*root, *model, options, rows).has_value()) << row;
          const auto table = rows.ToTable();
          const Status by_table =
              table ? scorer.ScoreTable(*model, *table, ScoreOptions(), table_scored) : Status(table.error());
          const Status by_row = scorer.Score(model, rows, ScoreOptions(), one);
          std::erase_if(one.warnings, [](const RowWarning& w) { return w.id == "column-missing"; });
          EXPECT_EQ(Text(by_row, one), Text(by_table, table_scored)) << row << " shift " << shift;
          ++(by_row ? answers : errors);
        }
    }
  EXPECT_GT(errors, 100U);
  EXPECT_GT(answers, 500U);
}

}  // namespace
}  // namespace tagwerk::serve
