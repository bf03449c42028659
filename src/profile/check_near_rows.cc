// Rows that repeat another row in all columns but one. Two halves of the columns are hashed: rows that
// differ in one column agree in one half, so that candidates are neighbours after a sort. Agreement must
// be no accident: the values that agree are too rare together for chance to pair them up.
#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "base/text.h"
#include "profile/checks.h"
#include "profile/source_line.h"

namespace tagwerk::profile {
namespace {

constexpr std::size_t kMostNearRows = 500000;  ///< rows; larger tables are not searched
constexpr std::size_t kMostGroup = 20;         ///< rows that share a half: more say that the half says little
constexpr double kLeastBits = 20;              ///< beyond the log2 of all pairs
constexpr double kTellingShare = 0.001;        ///< of the rows

/// -log2 of the chance that two rows agree, per column and value: by the share of the value.
class Surprise {
 public:
  Surprise(const CheckState& state, const std::vector<std::size_t>& columns) : state_(state), columns_(columns) {
    for (const std::size_t c : columns) {
      std::vector<double> bits;
      const table::Column& column = state.table.column(c);
      const double n = double(column.size());
      if (column.storage() == table::Storage::kString) {
        bits.resize(std::size_t(column.dictionary()->size()));
        for (const std::int32_t code : *column.codes()) {
          if (code >= 0) bits[std::size_t(code)] += 1;
        }
        for (double& b : bits) b = b > 0 ? -std::log2(b / n) : 0;
      }
      bits_.push_back(std::move(bits));
    }
  }
  /// Of one column's value in a row. Numbers: by how many values there are, and nothing for the commonest.
  double Bits(std::size_t i, std::size_t row) const {
    const std::size_t c = columns_[i];
    const table::Column& column = state_.table.column(c);
    if (column.IsMissing(row)) return 0;
    if (!bits_[i].empty()) return bits_[i][std::size_t((*column.codes())[row])];
    const ColumnProfile& profile = state_.profile.columns[c];
    const double n = double(profile.rows);
    double share = 1 / std::max(1.0, double(profile.distinct));
    if (!profile.top.empty()) {
      share = std::max(share, double(profile.top.back().count) / n);
      const std::string text = column.Text(row);
      for (const TopValue& top : profile.top) {
        if (top.value == text) share = double(top.count) / n;
      }
    }
    return -std::log2(std::min(1.0, share));
  }

 private:
  const CheckState& state_;
  const std::vector<std::size_t>& columns_;
  std::vector<std::vector<double>> bits_;
};

struct NearRow {
  std::size_t row = 0, other = 0, column = 0;
};

}  // namespace

void CheckNearRows(CheckState& state) {
  const std::size_t n = state.table.num_rows();
  std::vector<std::size_t> columns;
  for (std::size_t c = 0; c < state.table.num_columns(); ++c) {
    const bool key = state.profile.reason_not_used[c] == "id" || state.profile.reason_not_used[c] == "constant";
    if (!key && state.profile.reason_not_used[c] != "ignored") columns.push_back(c);
  }
  if (!state.options.full || columns.size() < 4 || n < 50 || n > kMostNearRows) return;
  std::vector<std::uint64_t> half[2] = {std::vector<std::uint64_t>(n), std::vector<std::uint64_t>(n)};
  for (std::size_t i = 0; i < columns.size(); ++i) state.table.column(columns[i]).HashInto(half[i % 2], i + 1);
  const Surprise surprise(state, columns);
  const double needed = 2 * std::log2(double(n)) - 1 + kLeastBits;
  std::vector<std::uint8_t> near(n);
  std::vector<NearRow> found;
  for (const auto& hashes : half) {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> order(n);
    for (std::size_t row = 0; row < n; ++row) order[row] = {hashes[row], std::uint32_t(row)};
    std::sort(order.begin(), order.end());
    for (std::size_t begin = 0; begin < n && !state.context.ShouldStop();) {
      std::size_t end = begin + 1;
      while (end < n && order[end].first == order[begin].first) ++end;
      for (std::size_t i = begin; i < end && end - begin <= kMostGroup; ++i) {
        for (std::size_t j = begin; j < i; ++j) {
          const std::size_t row = std::max(order[i].second, order[j].second),
                            other = std::min(order[i].second, order[j].second);
          if (near[row] != 0) continue;
          std::size_t differ = 0, where = 0;
          double bits = 0;
          for (std::size_t k = 0; k < columns.size() && differ < 2; ++k) {
            const table::Column& column = state.table.column(columns[k]);
            if (column.Hash(row) == column.Hash(other)) {
              bits += surprise.Bits(k, row);
            } else {
              ++differ;
              where = columns[k];
            }
          }
          if (differ != 1 || bits < needed) continue;
          near[row] = 1;
          found.push_back({row, other, where});
        }
      }
      begin = end;
    }
  }
  if (double(found.size()) < std::max(2.0, kTellingShare * double(n))) return;
  std::sort(found.begin(), found.end(), [](const NearRow& a, const NearRow& b) { return a.row < b.row; });
  std::vector<std::int64_t> by_column(state.table.num_columns());
  for (const NearRow& pair : found) ++by_column[pair.column];
  const std::size_t most = std::size_t(std::max_element(by_column.begin(), by_column.end()) - by_column.begin());
  Finding finding = MakeFinding("row.near_duplicates", Severity::kNote, state.Name(most), "finding.near_rows",
                                {{"count", found.size()}, {"share", double(by_column[most]) / double(found.size())}});
  finding.rows = std::int64_t(found.size());
  for (std::size_t i = 0; i < std::min<std::size_t>(5, found.size()); ++i) {
    const auto& pair = found[i];
    const table::Column& column = state.table.column(pair.column);
    finding.examples.push_back(ExampleAt(state.read, pair.row,
                                         state.Name(pair.column) + " " + Printable(column.Text(pair.row), 30) +
                                             ", row " + Count(std::int64_t(pair.other) + 1) + " has " +
                                             Printable(column.Text(pair.other), 30)));
  }
  finding.brief = Count(finding.rows) + " rows repeat another but for one column";
  finding.evidence = {{"rows", finding.rows}, {"in_this_column", by_column[most]}};
  state.profile.findings.push_back(std::move(finding));
}

}  // namespace tagwerk::profile
