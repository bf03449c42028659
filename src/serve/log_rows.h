// Answers on their way to the prediction log: copied off the answer's path, made into a file elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "serve/score.h"

namespace tagwerk::serve {

/// Single rows of numbers of one model, one after the other: the cheapest form, for the most frequent requests.
struct NumberRows {
  struct Row {
    std::int64_t time = 0;  ///< microseconds since 1970
    std::int32_t latency = 0;
    std::size_t id_end = 0;  ///< in `ids`
  };
  ServedModelPtr model;
  std::vector<Row> rows;
  std::vector<double> cells;  ///< of each row its inputs, then its outputs; a label as its number
  std::string ids;
  std::vector<std::pair<std::size_t, std::string>> warnings;  ///< with the number of their row
  std::size_t bytes = 0;                                      ///< about
};

/// The rows of one request. Columns are shared, not copied.
struct TableRows {
  ServedModelPtr model;
  std::size_t rows = 0;
  std::int64_t time = 0;
  std::int32_t latency = 0;
  std::string request_id;
  std::vector<std::string> ids;          ///< of rows that have one of the caller's
  std::vector<table::ColumnPtr> inputs;  ///< as Scored::inputs
  pipeline::Predictions predictions;
  std::vector<RowWarning> warnings;
  std::size_t bytes = 0;  ///< about
};

/// How a warning stands in the log: new-category:city.
std::string WarningText(const RowWarning& warning);

}  // namespace tagwerk::serve
