// Keys and functional dependencies; see dependencies.h.
#include "profile/dependencies.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "profile/code_table.h"
#include "profile/frame.h"

namespace tagwerk::profile {
namespace {

constexpr std::size_t kMostCodedRows = 1000000;
constexpr std::size_t kMostCoded = 32;        ///< columns looked at
constexpr std::int32_t kMostValues = 200000;  ///< distinct values of such a column
constexpr std::size_t kScreenedRows = 5000;
constexpr std::size_t kMostKeys = 10, kMostDependencies = 100;
constexpr double kMostError = 0.01;      ///< g3
constexpr double kLeastCollisions = 10;  ///< expected by chance where none is seen: p < 5e-5
constexpr double kLeastEvidence = 8;     ///< -log10 of the chance that repeated values agree throughout

std::uint64_t BitsAt(const table::Column& column, std::size_t row) {
  if (column.storage() == table::Storage::kDouble) return std::bit_cast<std::uint64_t>((*column.doubles())[row] + 0.0);
  return std::uint64_t((*column.timestamps())[row]);
}

void Frequencies(CodedColumn& column) {
  std::vector<double> counts(std::size_t(column.size));
  double total = 0;
  for (const std::int32_t code : column.codes) {
    if (code < 0) continue;
    counts[std::size_t(code)] += 1;
    total += 1;
  }
  column.collide = 0;
  column.most = 0;
  for (const double n : counts) {
    column.collide += n / total * n / total;
    column.most = std::max(column.most, n / total);
  }
}

/// Two columns as one.
CodedColumn Joined(const CodedColumn& a, const CodedColumn& b) {
  CodedColumn joined;
  joined.codes.resize(a.codes.size());
  CodeTable table;
  for (std::size_t i = 0; i < joined.codes.size(); ++i) {
    const bool missing = a.codes[i] < 0 || b.codes[i] < 0;
    joined.codes[i] =
        missing ? -1 : table.CodeOf(std::uint64_t(a.codes[i]) * std::uint64_t(b.size) + std::uint64_t(b.codes[i]));
  }
  joined.size = table.size();
  joined.collide = a.collide * b.collide;
  return joined;
}

/// Whether no row lacks a value and no two rows agree in all columns; ends with the first that do.
bool Unique(const std::vector<const CodedColumn*>& columns) {
  CodeTable table;
  const std::size_t rows = columns[0]->codes.size();
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint64_t key = 0;
    for (const CodedColumn* column : columns) {
      if (column->codes[row] < 0) return false;
      key = key * std::uint64_t(column->size) + std::uint64_t(column->codes[row]);
    }
    if (std::size_t(table.CodeOf(key)) != row) return false;
  }
  return true;
}

/// Whether two rows agree in both columns on the left and differ on the right; ends with the first that do.
bool Contradicted(const CodedColumn& a, const CodedColumn& b, const CodedColumn& right) {
  CodeTable table;
  std::vector<std::int32_t> first;  // value on the right, by pair
  for (std::size_t row = 0; row < right.codes.size(); ++row) {
    if (a.codes[row] < 0 || b.codes[row] < 0 || right.codes[row] < 0) continue;
    const std::uint64_t key = std::uint64_t(a.codes[row]) * std::uint64_t(b.size) + std::uint64_t(b.codes[row]);
    const auto code = std::size_t(table.CodeOf(key));
    if (code == first.size()) first.push_back(right.codes[row]);
    if (first[code] != right.codes[row]) return true;
  }
  return false;
}

/// Rows in the order of a column's codes, the partition of TANE; rows without a value stand first.
struct Partition {
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> begin;  ///< of each code; one more at the end
};

Partition PartitionBy(const CodedColumn& column) {
  Partition partition;
  partition.begin.assign(std::size_t(column.size) + 2, 0);
  for (const std::int32_t code : column.codes) ++partition.begin[std::size_t(code + 2)];
  std::partial_sum(partition.begin.begin(), partition.begin.end(), partition.begin.begin());
  partition.rows.resize(column.codes.size());
  std::vector<std::uint32_t> at(partition.begin.begin(), partition.begin.end());
  for (std::size_t row = 0; row < column.codes.size(); ++row)
    partition.rows[at[std::size_t(column.codes[row] + 1)]++] = std::uint32_t(row);
  partition.begin.erase(partition.begin.begin());
  return partition;
}

struct Error3 {
  double rows = 0, wrong = 0, groups = 0;
  double share() const { return rows > 0 ? wrong / rows : 1; }
};

/// g3 of partition -> right: in every group all rows but those of its most frequent value must go. Ends
/// early when more than `most` rows are wrong.
Error3 ErrorOf(const Partition& partition, const CodedColumn& right, double most) {
  Error3 error;
  std::vector<std::int32_t> count(std::size_t(right.size));
  for (std::size_t g = 0; g + 1 < partition.begin.size() && error.wrong <= most; ++g) {
    std::int32_t largest = 0, rows = 0;
    for (std::uint32_t i = partition.begin[g]; i < partition.begin[g + 1]; ++i) {
      const std::int32_t code = right.codes[partition.rows[i]];
      if (code < 0) continue;
      ++rows;
      largest = std::max(largest, ++count[std::size_t(code)]);
    }
    for (std::uint32_t i = partition.begin[g]; i < partition.begin[g + 1]; ++i) {
      if (const std::int32_t code = right.codes[partition.rows[i]]; code >= 0) count[std::size_t(code)] = 0;
    }
    error.groups += rows > 0;
    error.rows += rows;
    error.wrong += rows - largest;
  }
  return error;
}

class DependencySearch {
 public:
  DependencySearch(const Context& context, const table::Table& table, const std::vector<ColumnProfile>& columns)
      : context_(context), table_(table), profiles_(columns) {
    result_.sampled = table.num_rows() > kMostCodedRows;
    rows_ = SampleRows(table.num_rows(), kMostCodedRows, context.seed);
    result_.rows = std::int64_t(rows_.size());
  }

  Dependencies Run() {
    if (rows_.size() < 20) return std::move(result_);
    SingleKeys();
    Code();
    for (std::size_t a = 0; a < coded_.size() && !context_.ShouldStop(); ++a) FromOne(a);
    Pairs();
    if (result_.keys.empty()) Triples();
    return std::move(result_);
  }

 private:
  bool Repeats(std::size_t c) const {
    const ColumnProfile& column = profiles_[c];
    const table::Field& field = table_.field(c);
    const std::int64_t present = column.rows - column.missing;
    if (column.distinct < 2 || field.type == table::SemanticType::kText) return false;
    // Measured numbers: unique or not, their values name nothing.
    const bool measured = table_.column(c).storage() == table::Storage::kDouble && !field.integers;
    return 2 * column.distinct <= present * (measured ? 1 : 2) && !IsKey(c);
  }
  bool IsKey(std::size_t c) const {
    return std::any_of(result_.keys.begin(), result_.keys.end(), [&](const auto& key) { return key.columns[0] == c; });
  }

  void SingleKeys() {
    for (std::size_t c = 0; c < table_.num_columns(); ++c) {
      const ColumnProfile& column = profiles_[c];
      const table::Field& field = table_.field(c);
      const bool measured = table_.column(c).storage() == table::Storage::kDouble && !field.integers;
      if (column.missing > 0 || measured || field.type == table::SemanticType::kText) continue;
      const bool exact = column.distinct_exact ? column.distinct == column.rows : NoneTwice(c);
      if (exact) result_.keys.push_back({{c}});
    }
  }
  /// Beyond the rows in which values are counted exactly.
  bool NoneTwice(std::size_t c) const {
    if (double(profiles_[c].distinct) < 0.9 * double(profiles_[c].rows)) return false;
    std::vector<std::uint64_t> hashes(table_.num_rows());
    table_.column(c).HashInto(hashes, 1);
    std::sort(hashes.begin(), hashes.end());
    return std::adjacent_find(hashes.begin(), hashes.end()) == hashes.end();
  }

  void Code() {
    for (std::size_t c = 0; c < table_.num_columns() && columns_.size() < kMostCoded; ++c) {
      if (Repeats(c)) columns_.push_back(c);
    }
    coded_.resize(columns_.size());
    context_.pool->For(columns_.size(), [&](std::size_t i) {
      if (!context_.ShouldStop()) coded_[i] = CodeColumn(table_.column(columns_[i]), rows_, kMostValues);
    });
    for (std::size_t i = coded_.size(); i > 0; --i) {
      if (!coded_[i - 1].codes.empty()) continue;
      coded_.erase(coded_.begin() + std::ptrdiff_t(i - 1));
      columns_.erase(columns_.begin() + std::ptrdiff_t(i - 1));
    }
    result_.columns = std::int64_t(columns_.size());
    determined_.assign(columns_.size() * columns_.size(), 0);
    screen_ = SampleRows(rows_.size(), kScreenedRows, context_.seed + 2);
    small_.resize(coded_.size());
    for (std::size_t i = 0; i < coded_.size(); ++i) {
      small_[i].size = coded_[i].size;
      for (const table::RowIndex row : screen_) small_[i].codes.push_back(coded_[i].codes[row]);
    }
  }

  /// Whether left -> right holds, tells something, and is no accident. Two columns on the left must hold in
  /// every row and repeat in a fifth of them: nearly unique pairs determine anything nearly.
  bool Holds(const Partition& screen, const Partition& full, std::size_t right, bool exact, Error3& error) const {
    const CodedColumn& values = coded_[right];
    const double allowed = exact ? 0 : std::min(kMostError, 0.05 * (1 - values.most));
    const double of_screen = double(screen_.size());
    if (ErrorOf(screen, small_[right], 3 * allowed * of_screen + 3).wrong > 3 * allowed * of_screen + 3) return false;
    const double most = allowed * double(rows_.size());
    error = ErrorOf(full, values, most);
    if (error.wrong > allowed * error.rows || error.rows < 20) return false;
    const double repeated = error.rows - error.groups - error.wrong;
    return repeated >= std::max(10.0, (exact ? 0.2 : 0.0) * error.rows) &&
           -repeated * std::log10(values.collide) >= kLeastEvidence;
  }

  void Add(std::vector<std::size_t> left, const std::vector<std::pair<std::size_t, Error3>>& right) {
    if (right.empty() || result_.dependencies.size() >= kMostDependencies) return;
    Dependencies::Dependency found;
    for (const std::size_t i : left) found.left.push_back(columns_[i]);
    for (const auto& [i, error] : right) {
      found.right.push_back(columns_[i]);
      found.error = std::max(found.error, error.share());
      found.groups = std::max(found.groups, std::int64_t(error.groups));
      found.rows = std::max(found.rows, std::int64_t(error.rows));
    }
    result_.dependencies.push_back(std::move(found));
  }

  std::vector<std::pair<std::size_t, Error3>> Determined(const CodedColumn& left, const CodedColumn& small_left,
                                                         const std::vector<std::size_t>& candidates, bool exact) const {
    const Partition screen = PartitionBy(small_left), full = PartitionBy(left);
    std::vector<Error3> errors(candidates.size());
    std::vector<std::uint8_t> holds(candidates.size());
    context_.pool->For(candidates.size(), [&](std::size_t i) {
      if (!context_.ShouldStop()) holds[i] = Holds(screen, full, candidates[i], exact, errors[i]);
    });
    std::vector<std::pair<std::size_t, Error3>> right;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (holds[i] != 0) right.emplace_back(candidates[i], errors[i]);
    }
    return right;
  }

  void FromOne(std::size_t a) {
    std::vector<std::size_t> candidates;
    for (std::size_t b = 0; b < coded_.size(); ++b) {
      // Fewer values cannot determine more of them.
      if (b != a && double(coded_[b].size) * (1 - kMostError) <= double(coded_[a].size) + 1) candidates.push_back(b);
    }
    const auto right = Determined(coded_[a], small_[a], candidates, false);
    for (const auto& [b, error] : right) determined_[a * coded_.size() + b] = 1;
    Add({a}, right);
  }

  bool Knows(std::size_t a, std::size_t b) const { return determined_[a * coded_.size() + b] != 0; }
  double Expected(double collide) const { return 0.5 * double(rows_.size()) * double(rows_.size()) * collide; }

  void Pairs() {
    for (std::size_t a = 0; a < coded_.size(); ++a) {
      for (std::size_t b = a + 1; b < coded_.size(); ++b) {
        if (context_.ShouldStop()) return;
        if (Knows(a, b) || Knows(b, a)) continue;  // the other column adds nothing
        const CodedColumn small = Joined(small_[a], small_[b]);
        if (std::size_t(small.size) > screen_.size() * 98 / 100) {
          TryKey({a, b});
          continue;
        }
        std::vector<std::size_t> candidates;
        const Partition screen = PartitionBy(small);
        for (std::size_t c = 0; c < coded_.size(); ++c) {
          if (c == a || c == b || Knows(a, c) || Knows(b, c)) continue;
          if (ErrorOf(screen, small_[c], 0).wrong == 0) candidates.push_back(c);
        }
        std::erase_if(candidates, [&](std::size_t c) { return Contradicted(coded_[a], coded_[b], coded_[c]); });
        if (!candidates.empty()) Add({a, b}, Determined(Joined(coded_[a], coded_[b]), small, candidates, true));
      }
    }
  }

  void TryKey(const std::vector<std::size_t>& parts) {
    double collide = 1, room = 1;
    for (const std::size_t i : parts) {
      collide *= coded_[i].collide;
      room *= double(coded_[i].size);
    }
    const bool seen = result_.keys.size() >= kMostKeys || result_.sampled;
    if (seen || room < double(rows_.size()) || Expected(collide) < kLeastCollisions) return;
    std::vector<const CodedColumn*> columns;
    for (const std::size_t i : parts) columns.push_back(&coded_[i]);
    if (!Unique(columns)) return;
    Dependencies::Key key;
    for (const std::size_t i : parts) key.columns.push_back(columns_[i]);
    result_.keys.push_back(std::move(key));
  }

  void Triples() {
    const std::size_t n = coded_.size();
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = a + 1; b < n; ++b) {
        if (Knows(a, b) || Knows(b, a)) continue;
        const CodedColumn two = Joined(small_[a], small_[b]);
        for (std::size_t c = b + 1; c < n; ++c) {
          if (context_.ShouldStop() || result_.keys.size() >= kMostKeys) return;
          if (Knows(a, c) || Knows(b, c) || Knows(c, a) || Knows(c, b)) continue;
          if (double(coded_[a].size) * double(coded_[b].size) * double(coded_[c].size) < double(rows_.size())) continue;
          if (Unique({&two, &small_[c]})) TryKey({a, b, c});
        }
      }
    }
  }

  const Context& context_;
  const table::Table& table_;
  const std::vector<ColumnProfile>& profiles_;
  table::Rows rows_;
  std::vector<std::size_t> columns_;  ///< looked at
  std::vector<CodedColumn> coded_, small_;
  table::Rows screen_;
  std::vector<std::uint8_t> determined_;  ///< by [left][right]
  Dependencies result_;
};

Json ColumnNames(const std::vector<std::size_t>& columns, const table::Table& table) {
  Json names = Json::array();
  for (const std::size_t c : columns) names.push_back(table.field(c).name);
  return names;
}

}  // namespace

CodedColumn CodeColumn(const table::Column& column, const table::Rows& rows, std::int32_t limit) {
  CodedColumn coded;
  coded.codes.resize(rows.size());
  CodeTable table;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (column.storage() == table::Storage::kString) {
      const std::int32_t code = (*column.codes())[rows[i]];
      coded.codes[i] = code < 0 ? -1 : table.CodeOf(std::uint64_t(code));
    } else {
      coded.codes[i] = column.IsMissing(rows[i]) ? -1 : table.CodeOf(BitsAt(column, rows[i]));
    }
    if (table.size() > limit) return {};
  }
  coded.size = table.size();
  if (coded.size == 0) return {};
  Frequencies(coded);
  return coded;
}

Dependencies FindDependencies(const Context& context, const table::Table& table,
                              const std::vector<ColumnProfile>& columns) {
  return DependencySearch(context, table, columns).Run();
}

Json KeysJson(const Dependencies& found, const table::Table& table) {
  Json json = Json::array();
  for (const auto& key : found.keys) json.push_back({{"columns", ColumnNames(key.columns, table)}});
  return json;
}

Json DependenciesJson(const Dependencies& found, const table::Table& table) {
  Json json = Json::array();
  for (const auto& dependency : found.dependencies) {
    Json entry = Json::object();
    entry["left"] = ColumnNames(dependency.left, table);
    entry["right"] = ColumnNames(dependency.right, table);
    entry["error"] = dependency.error;
    entry["groups"] = dependency.groups;
    entry["rows"] = dependency.rows;
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace tagwerk::profile
