// FoldStore: what a fit on one fold under one recipe needs - feature matrix, targets, row numbers and the
// cache of bins - made when first asked for, shared by all trials, released when memory runs short.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <tuple>

#include "search/problem.h"

namespace tagwerk::search {

/// One fold at one share of its training rows. With a share below 1 the table, and so y, weight and the
/// row numbers, hold the sampled training rows followed by the validation rows.
struct FoldData {
  std::shared_ptr<const model::Matrix> matrix;
  std::vector<double> own_y, own_weight;
  table::Rows own_train, own_valid;
  std::span<const double> y, weight;
  table::RowSpan train, valid;
  std::uint64_t bytes = 0;  ///< of the matrix beyond the table, and the bins to come
  model::FitCache cache;

  model::TrainingData Training(const SearchInput& input, bool with_valid);
};

class FoldStore {
 public:
  explicit FoldStore(const Problem& problem) : problem_(&problem) {}

  /// Returns the data of a fold; the first caller makes it, others wait. Errors: memory-limit, Cancelled
  /// (budget or interrupt), and those of the features.
  Result<std::shared_ptr<FoldData>> Get(const Context& context, std::size_t fold, model::Recipe recipe, double share);
  /// Forgets what no fit is using.
  void Release();

 private:
  using Key = std::tuple<std::size_t, int, double>;
  struct Slot {
    std::mutex mutex;
    std::shared_ptr<FoldData> data;
  };
  Status MakeRoom(const Context& context, std::size_t fold, model::Recipe recipe, double share);
  Result<std::shared_ptr<FoldData>> Make(const Context& context, std::size_t fold, model::Recipe recipe,
                                         double share) const;
  const Problem* problem_;
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<Slot>> slots_;
  std::map<int, double> bytes_per_row_;  ///< measured, by recipe
};

/// Draws a share of rows by hash, so that a smaller share is a part of a larger one; every class keeps at
/// least 20 rows.
table::Rows SampleRows(table::RowSpan rows, std::span<const double> y, int num_classes, double share,
                       std::uint64_t seed);

/// Bytes of a matrix that are not shared with the table, plus one byte a cell for bins.
std::uint64_t MatrixBytes(const model::Matrix& matrix, const table::Table& table);

}  // namespace tagwerk::search
