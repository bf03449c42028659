#include "app/reasons.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/use.h"
#include "base/text.h"
#include "explain/explain.h"

namespace tagwerk::app {

namespace {

constexpr std::size_t kReasonRows = 10;  ///< background rows to explain against: many rows are explained

/// +0.21, +1,234, -0.0031: three significant digits.
std::string ShortSigned(double value) { return Signed(value, std::max(std::abs(value) / 200, 1e-12)); }

}  // namespace

Status CheckReasons(const pipeline::Pipeline& pipeline, const std::string& where) {
  if (pipeline.background.num_rows() > 0 || explain::HasExactRows(pipeline)) return Ok();
  return Error(Code::kFailedPrecondition, "model-lacks-background", "model file holds no rows to explain against")
      .In(where)
      .Do("train it again with this version, or ask for no reasons");
}

Result<std::vector<std::string>> ReasonsOf(const Context& context, const pipeline::Pipeline& pipeline,
                                           const table::Table& table, int top) {
  explain::ExplainInput input;
  input.pipeline = &pipeline;
  input.table = &table;
  input.seed = context.seed;
  input.background = &pipeline.background;
  input.most_background = kReasonRows;
  input.columns = StoredImportance(pipeline);
  std::vector<std::size_t> rows(table.num_rows());
  std::iota(rows.begin(), rows.end(), std::size_t(0));
  const Json cases = explain::ExplainRows(context, input, rows, top);
  if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "interrupted; nothing was written");
  const auto width = std::size_t(top);
  std::vector<std::string> reasons(table.num_rows() * width);
  for (const Json& one : cases) {
    const Json& list = one["contributions"];
    for (std::size_t place = 0; place < std::min(width, list.size()); ++place) {
      const Json& c = list[place];
      reasons[one["row"].get<std::size_t>() * width + place] = c["column"].get<std::string>() + "=" +
                                                               c["value"].get<std::string>() + " (" +
                                                               ShortSigned(c["effect"].get<double>()) + ")";
    }
  }
  return reasons;
}

}  // namespace tagwerk::app
