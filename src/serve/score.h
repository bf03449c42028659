// From rows to predictions, with what was surprising about the rows; scratch space of one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/context.h"
#include "pipeline/single_row.h"
#include "serve/rows.h"
#include "serve/served_model.h"

namespace tagwerk::serve {

/// A surprise, counted over the rows of one request.
struct RowWarning {
  std::string_view id;  ///< new-category, out-of-range, column-missing
  std::string column;
  std::int64_t rows = 0;
};

struct Scored {
  std::size_t rows = 0;
  pipeline::Predictions predictions;
  std::vector<RowWarning> warnings;
  std::vector<std::string> reasons;  ///< rows x `reasons_per_row`, empty texts where there are fewer
  int reasons_per_row = 0;
  bool one_by_one = false;  ///< a row of numbers that never was a table
  /// Columns in the order of the model's inputs, null where one was not sent: of a table, where asked for.
  std::vector<table::ColumnPtr> inputs;
};

struct ScoreOptions {
  double level = 0.9;
  int reasons = 0;
  bool keep_inputs = false;  ///< for the prediction log
};

class Scorer {
 public:
  /// `context` holds the pool for large requests and the memory limit; it must outlive this.
  explicit Scorer(const Context& context) : context_(context) {}
  /// Predicts what lies in `rows`; `out` is reused. Errors: type-changed, model-lacks-background, those of predicting.
  Status Score(const ServedModelPtr& model, InputRows& rows, const ScoreOptions& options, Scored& out);
  /// The same for a table that was read from a file's format.
  Status ScoreTable(const ServedModel& model, const table::Table& table, const ScoreOptions& options, Scored& out);
  /// Forgets models that nobody serves any more.
  void Forget();

 private:
  pipeline::SingleRow* RowOf(const ServedModelPtr& model);
  Status ScoreRow(const ServedModel& model, pipeline::SingleRow& row, InputRows& rows, const ScoreOptions& options,
                  Scored& out);
  const Context& context_;
  std::unordered_map<ServedModelPtr, std::unique_ptr<pipeline::SingleRow>> single_rows_;
};

}  // namespace tagwerk::serve
