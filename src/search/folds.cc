// Makes, shares and releases the data of folds; keeps them within the memory limit.
#include "search/folds.h"

#include <algorithm>
#include <set>

#include "base/random.h"
#include "base/text.h"

namespace tagwerk::search {
namespace {

constexpr double kUsable = 0.9;  // of the memory limit; the rest is for the fits

bool Fits(const Context& context, double more_bytes) {
  return context.memory_limit == 0 || double(ResidentBytes()) + more_bytes <= kUsable * double(context.memory_limit);
}

}  // namespace

model::TrainingData FoldData::Training(const SearchInput& input, bool with_valid) {
  model::TrainingData data;
  data.task = input.task;
  data.num_classes = input.num_classes;
  data.x = matrix.get();
  data.y = y;
  data.weight = weight;
  data.train_rows = train;
  if (with_valid) data.valid_rows = valid;
  data.cache = &cache;
  return data;
}

table::Rows SampleRows(table::RowSpan rows, std::span<const double> y, int num_classes, double share,
                       std::uint64_t seed) {
  if (share >= 1) return {rows.begin(), rows.end()};
  std::vector<std::size_t> kept(std::size_t(std::max(num_classes, 1)), 0);
  table::Rows out;
  std::vector<char> taken(rows.size(), 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (ToUnit(Mix64(seed, rows[i], 77)) >= share) continue;
    taken[i] = 1;
    if (num_classes > 0) ++kept[std::size_t(y[rows[i]])];
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (num_classes > 0 && !taken[i] && kept[std::size_t(y[rows[i]])] < 20) {
      taken[i] = 1;
      ++kept[std::size_t(y[rows[i]])];
    }
    if (taken[i]) out.push_back(rows[i]);
  }
  if (out.empty() && !rows.empty()) out.push_back(rows.front());
  return out;
}

std::uint64_t MatrixBytes(const model::Matrix& matrix, const table::Table& table) {
  std::set<const void*> shared;
  for (std::size_t c = 0; c < table.num_columns(); ++c) {
    shared.insert(table.column(c).doubles().get());
    shared.insert(table.column(c).codes().get());
  }
  std::uint64_t bytes = 0;
  for (const auto& column : matrix.columns()) {
    bytes += matrix.rows();
    if (column.numeric && !shared.contains(column.numeric.get())) bytes += 8 * matrix.rows();
    if (column.sparse) bytes += column.sparse->csr.bytes() + 4 * matrix.rows();
    if (column.codes && !shared.contains(column.codes.get())) bytes += 4 * matrix.rows();
  }
  return bytes;
}

Result<std::shared_ptr<FoldData>> FoldStore::Get(const Context& context, std::size_t fold, model::Recipe recipe,
                                                 double share) {
  std::unique_lock lock(mutex_);
  auto& place = slots_[Key(fold, int(recipe), share)];
  if (!place) place = std::make_shared<Slot>();
  const std::shared_ptr<Slot> slot = place;
  lock.unlock();
  std::lock_guard making(slot->mutex);
  if (slot->data) return slot->data;
  TW_RETURN_IF_ERROR(MakeRoom(context, fold, recipe, share));
  TW_TRY(auto data, Make(context, fold, recipe, share));
  lock.lock();
  double& measured = bytes_per_row_[int(recipe)];
  measured = std::max(measured, double(data->bytes) / double(std::max<std::size_t>(1, data->matrix->rows())));
  // A slot that Release() forgot in the meantime serves only its present users.
  slot->data = data;
  return data;
}

void FoldStore::Release() {
  std::lock_guard lock(mutex_);
  for (auto it = slots_.begin(); it != slots_.end();) {
    // Held by the map alone: no fit waits for it or reads from it.
    const bool unused = it->second.use_count() == 1 && (!it->second->data || it->second->data.use_count() == 1);
    it = unused ? slots_.erase(it) : std::next(it);
  }
}

Status FoldStore::MakeRoom(const Context& context, std::size_t fold, model::Recipe recipe, double share) {
  if (context.memory_limit == 0) return Ok();
  const SearchInput& input = *problem_->input;
  const auto& part = input.split->folds[fold];
  const double rows =
      share >= 1 ? double(input.table->num_rows()) : double(part.train.size()) * share + double(part.valid.size());
  double per_row = 0;
  {
    std::lock_guard lock(mutex_);
    if (auto it = bytes_per_row_.find(int(recipe)); it != bytes_per_row_.end()) per_row = it->second;
  }
  if (per_row == 0) per_row = double(input.features.size()) * (recipe == model::Recipe::kLinear ? 12 : 4);
  const double need = rows * per_row;
  if (Fits(context, need)) return Ok();
  Release();
  if (Fits(context, need)) return Ok();
  const double about = (double(ResidentBytes()) + need) / kUsable;
  return Error(Code::kResourceExhausted, "memory-limit",
               "limit is too small for any learner: " + Bytes(context.memory_limit) + " given, about " +
                   Bytes(std::uint64_t(about)) + " needed")
      .In(Count(std::int64_t(rows)) + " rows x " + Count(std::int64_t(input.features.size())) + " columns")
      .Do("--memory " + std::to_string(std::uint64_t(about / 1e6) + 1) + "MB, or --drop wide columns");
}

Result<std::shared_ptr<FoldData>> FoldStore::Make(const Context& context, std::size_t fold, model::Recipe recipe,
                                                  double share) const {
  const SearchInput& input = *problem_->input;
  const split::Fold& part = input.split->folds[fold];
  auto data = std::make_shared<FoldData>();
  table::Table own;
  const table::Table* table = input.table;
  if (share >= 1) {
    data->y = input.y, data->weight = input.weight;
    data->train = part.train, data->valid = part.valid;
  } else {
    table::Rows rows = SampleRows(part.train, input.y, input.num_classes, share, input.seed);
    const std::size_t taught = rows.size();
    rows.insert(rows.end(), part.valid.begin(), part.valid.end());
    own = input.table->Take(rows);
    table = &own;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      data->own_y.push_back(input.y[rows[i]]);
      if (!input.weight.empty()) data->own_weight.push_back(input.weight[rows[i]]);
      (i < taught ? data->own_train : data->own_valid).push_back(table::RowIndex(i));
    }
    data->y = data->own_y, data->weight = data->own_weight;
    data->train = data->own_train, data->valid = data->own_valid;
  }
  features::FitInput fit;
  fit.table = table;
  fit.columns = input.features;
  fit.train_rows = data->train;
  fit.y = data->y;
  fit.task = input.task;
  fit.num_classes = input.num_classes;
  fit.seed = Mix64(input.seed, 1000 + fold);
  fit.time_split = input.split->kind == split::Kind::kTime;
  TW_TRY(auto made, features::FitFeatures(context, recipe, fit));
  data->matrix = std::move(made.matrix);
  data->bytes = MatrixBytes(*data->matrix, *table);
  return data;
}

}  // namespace tagwerk::search
