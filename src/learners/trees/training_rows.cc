#include "learners/trees/training_rows.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace tagwerk::learners::trees {

namespace {

using model::RowIndex;

Status CheckRow(const model::TrainingData& data, RowIndex row) {
  TW_CHECK(row < data.y.size() && row < data.x->rows());
  const double y = data.y[row];
  if (!std::isfinite(y)) {
    return Error(Code::kInvalidData, "target-not-finite", "the target is missing or infinite")
        .Row(std::int64_t(row) + 1);
  }
  if (IsClassification(data.task) && !(y >= 0 && y < data.num_classes && y == std::floor(y))) {
    return Error(Code::kInvalidData, "class-out-of-range", "the target is not a class index").Got(Shortest(y));
  }
  if (!data.weight.empty() && !(data.weight[row] >= 0 && std::isfinite(data.weight[row]))) {
    return Error(Code::kInvalidData, "weight-negative", "a weight is negative or not a number")
        .Row(std::int64_t(row) + 1)
        .Got(Shortest(data.weight[row]));
  }
  return Ok();
}

void SetWeights(const model::TrainingData& data, const std::vector<RowIndex>& sorted, TrainingRows& rows) {
  const bool repeated = std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
  const bool equal = data.weight.empty() || std::all_of(sorted.begin(), sorted.end(), [&](RowIndex r) {
                       return data.weight[r] == data.weight[sorted.front()];
                     });
  if (!repeated && equal) return;  // one weight for all is no weight
  rows.weight.assign(data.x->rows(), 0.0f);
  double sum = 0;
  for (const RowIndex r : sorted) sum += data.weight.empty() ? 1 : data.weight[r];
  const double scale = sum > 0 ? double(sorted.size()) / sum : 1;  // mean 1: penalties keep their meaning
  for (const RowIndex r : sorted) {
    rows.weight[r] += static_cast<float>((data.weight.empty() ? 1 : data.weight[r]) * scale);
  }
}

}  // namespace

Result<TrainingRows> PrepareRows(const model::TrainingData& data) {
  TW_CHECK(data.x != nullptr);
  std::vector<RowIndex> sorted(data.train_rows.begin(), data.train_rows.end());
  std::sort(sorted.begin(), sorted.end());
  for (const RowIndex r : sorted) TW_RETURN_IF_ERROR(CheckRow(data, r));
  TrainingRows rows;
  rows.valid.assign(data.valid_rows.begin(), data.valid_rows.end());
  std::sort(rows.valid.begin(), rows.valid.end());
  for (const RowIndex r : rows.valid) TW_RETURN_IF_ERROR(CheckRow(data, r));
  if (!data.weight.empty()) {
    std::erase_if(sorted, [&](RowIndex r) { return data.weight[r] == 0; });
    std::erase_if(rows.valid, [&](RowIndex r) { return data.weight[r] == 0; });
  }
  if (sorted.empty()) {
    return Error(Code::kInvalidData, "no-rows", "there are no training rows with a weight above 0");
  }
  SetWeights(data, sorted, rows);
  rows.train = std::move(sorted);
  rows.train.erase(std::unique(rows.train.begin(), rows.train.end()), rows.train.end());
  if (!rows.weight.empty()) {
    for (const RowIndex r : rows.valid) {
      rows.weight[r] = data.weight.empty() ? 1.0f : static_cast<float>(data.weight[r]);
    }
  }
  return rows;
}

}  // namespace tagwerk::learners::trees
