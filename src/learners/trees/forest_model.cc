#include "learners/trees/forest_model.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <optional>

#include "learners/trees/bit_forest.h"
#include "learners/trees/coder.h"
#include "learners/trees/forest_shap.h"
#include "learners/trees/lane_forest.h"
#include "learners/trees/table_forest.h"
#include "learners/trees/tile_forest.h"

namespace tagwerk::learners::trees {

namespace {

using model::Matrix;
using model::RowIndex;
using model::RowSpan;

constexpr std::size_t kLanes = 8;  // rows that walk a tree side by side
constexpr double kZero = 1e-35f;   // as LightGBM has it (kZeroThreshold)
// Rows asked for so far from which an engine is worth making.
constexpr std::size_t kRowsWorthTables = 2000, kRowsWorthTiles = 256, kRowsWorthLanes = 64;
constexpr std::size_t kRowsOfTiles = 24;  // fewer are walked faster
constexpr std::size_t kTilesTogether = 2, kTreesTogether = 8;
constexpr std::size_t kMostShapRows = 1024, kShapCells = std::size_t(1) << 20;
constexpr std::size_t kTileBytes = 48 * 1024;

model::Scale ScaleOf(Transform transform) {
  switch (transform) {
    case Transform::kLogistic:
    case Transform::kProbability:
      return model::Scale::kLogOdds;
    case Transform::kSoftmax:
      return model::Scale::kLogits;
    case Transform::kMeanBinary:
    case Transform::kMeanClasses:
      return model::Scale::kProbability;
    case Transform::kExponential:
      return model::Scale::kLogarithm;
    case Transform::kSignedSquare:
      return model::Scale::kRoot;
    case Transform::kIdentity:
    case Transform::kMean:
    case Transform::kSorted:
      return model::Scale::kValue;
  }
  return model::Scale::kValue;
}

class ForestModel final : public model::Model {
 public:
  explicit ForestModel(Forest forest) : forest_(std::move(forest)) {
    for (const ForestColumn& c : forest_.columns) coders_.push_back(CoderOf(c.thresholds));
    for (std::size_t t = 0; t < forest_.trees(); ++t) {
      bool category = false;
      for (std::size_t i = forest_.tree_begin[t]; i < forest_.tree_begin[t + 1]; ++i) {
        category |= (forest_.nodes[i].flags & kCategoryNode) != 0;
      }
      has_category_.push_back(category);
    }
    const std::size_t slots = std::max<std::size_t>(1, forest_.columns.size());
    tile_rows_ = std::clamp<std::size_t>(kTileBytes / slots, kLanes, 512);
  }

  std::string_view type_id() const override { return "trees/forest"; }
  int num_outputs() const override { return static_cast<int>(forest_.outputs); }
  const Forest& forest() const { return forest_; }
  void Save(model::ByteWriter& writer) const override { WriteForest(forest_, writer); }

  void Predict(const Matrix& x, RowSpan rows, std::span<double> out) const override {
    TW_CHECK(out.size() == rows.size() * forest_.outputs);
    const std::size_t asked = asked_.fetch_add(rows.size(), std::memory_order_relaxed) + rows.size();
    if (const TileEngine* tiles = rows.size() >= kRowsOfTiles ? Tiles(asked) : nullptr; tiles != nullptr) {
      const std::size_t whole =
          rows.size() % kTileRows < kRowsOfTiles ? rows.size() / kTileRows * kTileRows : rows.size();
      PredictByTiles(*tiles, x, rows.first(whole), out.first(whole * forest_.outputs));
      rows = rows.subspan(whole);
      out = out.subspan(whole * forest_.outputs);
    }
    if (const RowEngine* engine = rows.size() < kRowsOfTiles ? ByRow(asked) : nullptr; engine != nullptr)
      PredictByRow(*engine, x, rows, out);
    else
      PredictByWalking(asked, x, rows, out);
  }

  Result<model::Contributions> Contribute(const Matrix& x, RowSpan rows) const override;

  Json Summary() const override {
    std::size_t leaves = 0;
    for (const FlatNode& n : forest_.nodes) leaves += (n.flags & kLeafNode) != 0;
    Json importance = Json::array();
    for (const ForestColumn& c : forest_.columns) {
      importance.push_back({{"column", c.column}, {"gain", c.gain}});
    }
    return {{"trees", forest_.trees()}, {"leaves", leaves}, {"importance", importance}};
  }

 private:
  /// All splits of every tree at once for a tile of rows: best from kRowsOfTiles on.
  void PredictByTiles(const TileEngine& tiles, const Matrix& x, RowSpan rows, std::span<double> out) const {
    const std::size_t lists = 2 * std::max<std::size_t>(1, forest_.columns.size()), scores = forest_.scores();
    std::vector<std::uint8_t> codes(kTilesTogether * lists * kTileRows);
    std::vector<double> sums(kTilesTogether * kTileRows * scores);
    for (std::size_t begin = 0; begin < rows.size(); begin += kTilesTogether * kTileRows) {
      const std::size_t n = std::min(kTilesTogether * kTileRows, rows.size() - begin);
      const std::size_t count = (n + kTileRows - 1) / kTileRows;
      for (std::size_t p = 0; p < count; ++p)
        CodeTile(x, rows.subspan(begin + p * kTileRows, std::min(kTileRows, n - p * kTileRows)),
                 codes.data() + p * lists * kTileRows);
      std::fill(sums.begin(), sums.end(), 0.0);
      for (std::size_t t = 0; t < forest_.trees(); t += kTreesTogether)
        for (std::size_t p = 0; p < count; ++p)
          tiles.AddTo(t, std::min(t + kTreesTogether, forest_.trees()), codes.data() + p * lists * kTileRows,
                      sums.data() + p * kTileRows * scores);
      FinishScores(forest_, forest_.trees(), sums.data(), n, out.data() + begin * forest_.outputs);
    }
  }

  /// For each slot the codes of at most kTileRows rows, then the same plus 1.
  void CodeTile(const Matrix& x, RowSpan rows, std::uint8_t* to) const {
    for (std::size_t s = 0; s < forest_.columns.size(); ++s, to += 2 * kTileRows) {
      CodeColumn(x, s, rows, to, 1);
      for (std::size_t r = 0; r < kTileRows; ++r) to[kTileRows + r] = static_cast<std::uint8_t>(to[r] + 1);
    }
  }

  void PredictByRow(const RowEngine& engine, const Matrix& x, RowSpan rows, std::span<double> out) const {
    std::vector<std::uint8_t> codes(std::max<std::size_t>(2 * forest_.columns.size(), RowEngine::kCodes));
    std::vector<const double*> numbers(forest_.columns.size());
    for (std::size_t s = 0; s < numbers.size(); ++s) numbers[s] = NumbersOf(x, s);
    std::vector<double> sums(forest_.scores());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto value = [&](std::size_t slot) {
        const double v = numbers[slot] == nullptr ? NumberOf(x, slot, rows[i]) : numbers[slot][rows[i]];
        return forest_.columns[slot].zero_is_missing && std::abs(v) <= kZero ? std::nan("") : v;
      };
      row_coder_->Code(value, codes.data());
      for (const std::size_t s : row_coder_->others()) {
        CodeColumn(x, s, rows.subspan(i, 1), codes.data() + 2 * s, 1);
        codes[2 * s + 1] = static_cast<std::uint8_t>(codes[2 * s] + 1);
      }
      std::fill(sums.begin(), sums.end(), 0.0);
      engine.AddRow(codes.data(), sums.data());
      FinishScores(forest_, forest_.trees(), sums.data(), 1, out.data() + i * forest_.outputs);
    }
  }

  bool IsNumeric(const Matrix& x, std::size_t slot) const {
    const ForestColumn& c = forest_.columns[slot];
    return !c.category && c.column < x.cols() && !x.column(c.column).is_category();
  }

  /// Values of a column that is numeric as in training and held row by row; else null.
  const double* NumbersOf(const Matrix& x, std::size_t slot) const {
    const auto* numbers = IsNumeric(x, slot) ? x.column(forest_.columns[slot].column).numeric.get() : nullptr;
    return numbers != nullptr ? numbers->data() : nullptr;
  }

  double NumberOf(const Matrix& x, std::size_t slot, RowIndex row) const {
    return IsNumeric(x, slot) ? x.column(forest_.columns[slot].column).NumberAt(row)
                              : std::numeric_limits<double>::quiet_NaN();
  }

  /// Several rows side by side through a tree, or by tables of bits once they pay.
  void PredictByWalking(std::size_t asked, const Matrix& x, RowSpan rows, std::span<double> out) const {
    const std::size_t slots = std::max<std::size_t>(1, forest_.columns.size());
    const std::size_t tile_rows = std::min(tile_rows_, rows.size());
    std::vector<std::uint8_t> tile(slots * tile_rows);
    const BitForest* bits = Bits(asked);
    std::vector<double> sums(forest_.scores() * tile_rows);
    for (std::size_t begin = 0; begin < rows.size(); begin += tile_rows) {
      const std::size_t n = std::min(tile_rows, rows.size() - begin);
      for (std::size_t s = 0; s < forest_.columns.size(); ++s) {
        CodeColumn(x, s, rows.subspan(begin, n), tile.data() + s, slots);
      }
      std::fill(sums.begin(), sums.end(), 0.0);
      if (bits != nullptr)
        bits->AddTo(tile.data(), slots, n, sums.data());
      else
        for (std::size_t t = 0; t < forest_.trees(); ++t) AddTree(t, tile.data(), slots, n, sums.data());
      FinishScores(forest_, forest_.trees(), sums.data(), n, out.data() + begin * forest_.outputs);
    }
  }

  // A column of the other kind than in training counts as missing throughout.
  void CodeColumn(const Matrix& x, std::size_t slot, RowSpan rows, std::uint8_t* out, std::size_t step) const {
    const ForestColumn& c = forest_.columns[slot];
    const model::MatrixColumn* column = c.column < x.cols() ? &x.column(c.column) : nullptr;
    if (column == nullptr || column->is_category() != c.category) {
      for (std::size_t i = 0; i < rows.size(); ++i) out[i * step] = kMissingCode;
    } else if (c.category) {
      const std::vector<std::int32_t>& codes = *column->codes;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::int32_t code = codes[rows[i]];
        const bool known = code >= 0 && std::size_t(code) < c.bin_of_code.size();
        out[i * step] = known ? c.bin_of_code[std::size_t(code)] : kMissingCode;
      }
    } else if (column->numeric == nullptr) {
      CodeNumbers(*column, slot, rows, out, step);
    } else {
      const std::vector<double>& values = *column->numeric;
      const Coder& coder = coders_[slot];
      std::size_t i = 0;
      for (double some[Coder::kTogether]; i + Coder::kTogether <= rows.size(); i += Coder::kTogether) {
        for (std::size_t k = 0; k < Coder::kTogether; ++k) some[k] = values[rows[i + k]];
        coder.Codes(some, out + i * step, step);
      }
      for (; i < rows.size(); ++i) out[i * step] = coder.Code(values[rows[i]]);
      for (i = 0; i < rows.size() && c.zero_is_missing; ++i)
        if (std::abs(values[rows[i]]) <= kZero) out[i * step] = kMissingCode;
    }
  }

  // Numbers without their zeros, or read where they lie.
  void CodeNumbers(const model::MatrixColumn& column, std::size_t slot, RowSpan rows, std::uint8_t* out,
                   std::size_t step) const {
    const bool zero_is_missing = forest_.columns[slot].zero_is_missing;
    const auto code = [&](double x) {
      return zero_is_missing && std::abs(x) <= kZero ? kMissingCode : coders_[slot].Code(x);
    };
    if (column.nonzeros == nullptr) {
      for (std::size_t i = 0; i < rows.size(); ++i) out[i * step] = code(column.NumberAt(rows[i]));
      return;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) out[i * step] = code(0);
    column.nonzeros->ForEachIn(rows, [&](std::size_t i, double x) { out[i * step] = code(x); });
  }

  // Which child, relative to `left`.
  template <bool kCategories>
  std::uint32_t Step(const FlatNode& node, std::size_t index, const std::uint8_t* row) const {
    const std::uint8_t code = row[node.slot];
    if constexpr (kCategories) {
      if (node.flags & kCategoryNode) {
        const CodeSet& set = forest_.sets[forest_.payload[index]];
        return 1 - std::uint32_t((set[code >> 6] >> (code & 63)) & 1);
      }
    }
    return static_cast<std::uint8_t>(code + (node.flags & kAddOne)) > node.limit;
  }

  template <bool kCategories>
  std::size_t WalkOne(std::size_t root, const std::uint8_t* row) const {
    std::size_t at = root;
    while (!(forest_.nodes[at].flags & kLeafNode)) {
      const FlatNode& node = forest_.nodes[at];
      at = root + node.left + Step<kCategories>(node, at, row);
    }
    return at;
  }

  // Several rows at once, so that their cache misses and compares overlap. Rows that reached a leaf stay.
  template <bool kCategories>
  void WalkLanes(std::size_t root, const std::uint8_t* rows, std::size_t slots, std::size_t* leaf) const {
    const FlatNode* nodes = forest_.nodes.data() + root;
    std::array<std::uint32_t, kLanes> at{};
    bool walking = true;
    while (walking) {
      for (int repeat = 0; repeat < 3; ++repeat) {
        for (std::size_t k = 0; k < kLanes; ++k) {
          const FlatNode node = nodes[at[k]];
          at[k] = node.left + Step<kCategories>(node, root + at[k], rows + k * slots);
        }
      }
      std::uint8_t all = kLeafNode;
      for (std::size_t k = 0; k < kLanes; ++k) all &= nodes[at[k]].flags;
      walking = all == 0;
    }
    for (std::size_t k = 0; k < kLanes; ++k) leaf[k] = root + at[k];
  }

  void AddTree(std::size_t tree, const std::uint8_t* tile, std::size_t slots, std::size_t n, double* sums) const {
    if (has_category_[tree])
      AddTreeRows<true>(tree, tile, slots, n, sums);
    else
      AddTreeRows<false>(tree, tile, slots, n, sums);
  }

  template <bool kCategories>
  void AddTreeRows(std::size_t tree, const std::uint8_t* tile, std::size_t slots, std::size_t n, double* sums) const {
    const std::size_t root = forest_.tree_begin[tree];
    std::size_t leaf[kLanes];
    std::size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
      WalkLanes<kCategories>(root, tile + i * slots, slots, leaf);
      for (std::size_t k = 0; k < kLanes; ++k) AddLeaf(tree, leaf[k], sums + (i + k) * forest_.scores());
    }
    for (; i < n; ++i) {
      AddLeaf(tree, WalkOne<kCategories>(root, tile + i * slots), sums + i * forest_.scores());
    }
  }

  void AddLeaf(std::size_t tree, std::size_t node, double* sums) const {
    const double* values = forest_.values.data() + std::size_t(forest_.payload[node]) * forest_.width;
    if (forest_.width > 1) {
      for (std::uint32_t k = 0; k < forest_.width; ++k) sums[k] += values[k];
    } else {
      const std::uint32_t scores = forest_.scores();
      sums[scores == 1 ? 0 : tree % scores] += values[0];
    }
  }

  const TileEngine* Tiles(std::size_t asked) const {
    if (asked < kRowsWorthTiles) return nullptr;
    if (Tables(asked) != nullptr) return tables_.get();
    std::call_once(tiles_made_, [&] { tiles_ = TileForest::Make(forest_); });
    return tiles_.get();
  }

  const TableForest* Tables(std::size_t asked) const {
    if (asked < kRowsWorthLanes) return nullptr;
    std::call_once(tables_made_, [&] { tables_ = TableForest::Make(forest_); });
    return tables_.get();
  }

  const RowEngine* ByRow(std::size_t asked) const {
    if (asked < kRowsWorthLanes) return nullptr;
    std::call_once(row_coder_made_, [&] { row_coder_ = std::make_unique<RowCoder>(coders_, forest_.columns); });
    if (Tables(asked) != nullptr) return tables_.get();
    std::call_once(lanes_made_, [&] { lanes_ = LaneForest::Make(forest_); });
    return lanes_.get();
  }

  /// The tables, once so many rows were asked for that making them pays; null before, and for large trees.
  const BitForest* Bits(std::size_t asked) const {
    if (asked < kRowsWorthTables) return nullptr;
    std::call_once(made_, [&] { bits_ = BitForest::Make(forest_); });
    return bits_.get();
  }

  Forest forest_;
  mutable std::atomic<std::size_t> asked_{0};
  mutable std::once_flag made_;
  mutable std::unique_ptr<const BitForest> bits_;
  mutable std::once_flag tables_made_, tiles_made_, lanes_made_;
  mutable std::unique_ptr<const TableForest> tables_;
  mutable std::unique_ptr<const TileForest> tiles_;
  mutable std::unique_ptr<const LaneForest> lanes_;
  mutable std::once_flag shap_asked_;
  mutable std::optional<Result<std::unique_ptr<const ForestShap>>> shap_;
  std::vector<Coder> coders_;
  mutable std::once_flag row_coder_made_;
  mutable std::unique_ptr<const RowCoder> row_coder_;
  std::vector<bool> has_category_;
  std::size_t tile_rows_ = 1;
};

Result<model::Contributions> ForestModel::Contribute(const Matrix& x, RowSpan rows) const {
  std::call_once(shap_asked_, [&] { shap_.emplace(ForestShap::Make(forest_)); });
  if (!*shap_) return shap_->error();
  const ForestShap& shap = ***shap_;
  model::Contributions out;
  out.scale = ScaleOf(forest_.transform);
  out.scores = forest_.scores();
  out.columns = x.cols();
  out.base = shap.base();
  out.values.assign(rows.size() * out.scores * out.columns, 0.0);
  const std::vector<std::uint32_t>& players = shap.players();
  const std::size_t cells = std::max<std::size_t>(1, out.scores * players.size());
  const std::size_t tile = std::clamp<std::size_t>(kShapCells / cells, kShapRows, kMostShapRows);
  std::vector<std::uint8_t> codes(forest_.columns.size() * tile);
  std::vector<double> values(cells * tile);
  for (std::size_t begin = 0; begin < rows.size(); begin += tile) {
    const std::size_t n = std::min(tile, rows.size() - begin);
    for (std::size_t s = 0; s < forest_.columns.size(); ++s)
      CodeColumn(x, s, rows.subspan(begin, n), codes.data() + s * n, 1);
    std::fill(values.begin(), values.end(), 0.0);
    shap.AddTo(codes.data(), n, values.data());
    for (std::size_t i = 0; i < n * out.scores; ++i)
      for (std::size_t p = 0; p < players.size(); ++p)
        if (players[p] < out.columns)
          out.values[(begin * out.scores + i) * out.columns + players[p]] = values[i * players.size() + p];
  }
  return out;
}

}  // namespace

const Forest* ForestOf(const model::Model& model) {
  const auto* made = dynamic_cast<const ForestModel*>(&model);
  return made == nullptr ? nullptr : &made->forest();
}

std::unique_ptr<model::Model> MakeForestModel(Forest forest) {
  return std::make_unique<ForestModel>(std::move(forest));
}

Result<std::unique_ptr<model::Model>> LoadForest(model::ByteReader& reader, std::size_t columns) {
  TW_TRY(Forest forest, ReadForest(reader, columns));
  return MakeForestModel(std::move(forest));
}

}  // namespace tagwerk::learners::trees
