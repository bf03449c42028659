// Who may see what: a test set that no choice sees, and validation folds inside the rest. Membership
// comes from row hashes and the seed, so it is stable when a file grows or is reordered.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "base/task.h"
#include "table/event_time.h"
#include "table/table.h"

namespace tagwerk::split {

using table::RowIndex;
using table::Rows;

enum class Kind : std::uint8_t { kRandom, kStratified, kGroup, kTime };
std::string_view KindName(Kind kind);

struct SplitOptions {
  std::optional<Kind> kind;  ///< empty: chosen
  double test_share = 0.2;   ///< 0: none
  std::size_t max_test_rows = 100000;
  int folds = 0;           ///< 0: chosen by rows (algorithms.md 2.2)
  double gap_seconds = 0;  ///< time split: left out between train and validation
  std::int64_t gap_rows = 0;
  std::uint64_t seed = 0;
};

struct SplitInput {
  const table::Table* table = nullptr;
  Rows rows;                   ///< labelled rows
  std::vector<double> target;  ///< over all rows of the table
  Task task = Task::kRegression;
  int num_classes = 0;
  std::vector<std::size_t> features;       ///< duplicates are found over these
  std::optional<std::size_t> time, group;  ///< given by the user
  bool time_given = false, group_given = false;
};

struct Fold {
  Rows train, valid;
};

struct Split {
  Kind kind = Kind::kRandom;
  std::string reason;      ///< a sentence
  std::string reason_key;  ///< of the text catalogue
  Json reason_values;
  Rows train, test;         ///< test is empty when test_share = 0
  std::vector<Fold> folds;  ///< within train, newest first if by time; one fold = a single hold-out
  std::optional<table::EventTime> time;
  std::optional<std::size_t> group;
  std::int64_t duplicate_groups = 0;  ///< sets of equal rows that were kept together
  bool exact_strata = false;          ///< below 5,000 rows
  std::string test_from, test_to;     ///< time split: range of the test rows (RFC 3339)
  std::string train_from, train_to;
  double gap_seconds = 0;
  std::uint64_t seed = 0;
};

/// Chooses and makes the split. Errors: split-impossible (too few rows, groups or classes), config ones.
Result<Split> MakeSplit(const Context& context, const SplitInput& input, const SplitOptions& options);
Json SplitJson(const Split& split, const table::Table& table);  ///< `split` of tagwerk.run/1

}  // namespace tagwerk::split
