// What is missing together, and where: patterns of missing values over all rows, columns that are empty
// in the same rows, and columns whose being empty depends on another column (not missing completely at
// random; Rubin 1976). Tests on a sample, q-values over all of them, with a threshold of effect.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "profile/frame.h"

namespace tagwerk::profile {

struct Missingness {
  struct Pattern {
    std::vector<std::size_t> columns;  ///< empty in these rows, all others are filled
    std::int64_t rows = 0;
  };
  struct Group {
    std::vector<std::size_t> columns;
    std::int64_t rows = 0;  ///< in which all of them are empty
    double overlap = 1;     ///< least share of rows that two of them have in common (Jaccard)
  };
  struct Depends {
    std::size_t column = 0, on = 0;
    bool numbers = false;  ///< `on` is compared as numbers: effect = 2 |auc - 0.5|, else Cramer's V
    double effect = 0, p_value = 1, q_value = 1;
    double median_empty = 0, median_filled = 0;  ///< of `on`, numbers
    std::string level;                           ///< of `on` in which `column` is empty most
    double share_in_level = 0, share_elsewhere = 0;
    std::int64_t rows = 0;
  };
  std::int64_t columns = 0;        ///< with a missing value
  std::int64_t complete_rows = 0;  ///< without one
  std::int64_t patterns_found = 0;
  std::vector<Pattern> patterns;  ///< at most 20, most rows first
  std::vector<Group> groups;      ///< most rows first
  std::vector<Depends> depends;   ///< the strongest of each column, strongest first
};

Missingness FindMissingness(const Context& context, const table::Table& table, const Frame& frame);
Json MissingnessJson(const Missingness& missingness, const table::Table& table);

}  // namespace tagwerk::profile
