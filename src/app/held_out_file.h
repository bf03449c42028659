// held_out.parquet in a run's folder: key, truth and scores of every held-out row, so that runs can be compared
// later on the rows that both held out.
#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "metrics/metrics.h"
#include "table/table.h"

namespace tagwerk::app {

struct HeldOut {
  std::vector<std::string> keys;      ///< hash of the row, and its number among equal rows
  std::vector<double> truth, scores;  ///< scores: rows x classes, or rows
};

/// Returns one key a row: equal rows have keys of their own, in the order of the rows.
std::vector<std::string> RowKeys(const table::Table& rows);
/// Writes the file. Classes: in label order, empty for a regression.
Status WriteHeldOut(const std::string& path, const HeldOut& rows, std::size_t num_classes);
/// Reads it back. Error no-held-out-rows (3) when there is none or it does not fit the classes.
Result<HeldOut> ReadHeldOut(const Context& context, const std::string& path, std::size_t num_classes);

}  // namespace tagwerk::app
