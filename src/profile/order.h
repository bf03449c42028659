// Order of the rows: what they are sorted by, and which columns change along them (or along the time
// column). Rows are cut into ten blocks; a column's bins against the blocks are tested by chi-square,
// q-values over all columns, with a threshold on Cohen's w, so that a large table does not alarm by size.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "profile/frame.h"
#include "profile/profile.h"
#include "table/event_time.h"

namespace tagwerk::profile {

struct OrderFacts {
  struct Change {
    std::size_t column = 0;
    double effect = 0;  ///< Cohen's w
    double p_value = 1, q_value = 1;
    bool drifts = false;  ///< clear and large
    bool numbers = false;
    bool missing = false;      ///< what changes is the share of missing values
    double share = 0.5;        ///< numbers: the quantile that changes most, 0.1, 0.5 or 0.9
    double low = 0, high = 0;  ///< least and largest value of a block: of that quantile, or shares of `level`
    std::string level;         ///< category whose share changes most
    std::int64_t rows = 0;
  };
  std::optional<table::EventTime> along;  ///< time; empty: order of the file
  std::vector<std::size_t> sorted_by;
  std::vector<Change> changes;  ///< strongest first
};

/// `time`: what orders the rows, if anything. Columns that only say when (sorted along it, as a
/// month or a running number is) do not count as changing.
OrderFacts FindOrder(const Context& context, const table::Table& table, const Frame& frame,
                     const std::vector<ColumnProfile>& columns, const std::optional<table::EventTime>& time);
Json OrderJson(const OrderFacts& order, const table::Table& table);

}  // namespace tagwerk::profile
