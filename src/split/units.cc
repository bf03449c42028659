// Units and their assignment; see units.h.
#include "split/units.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"

namespace tagwerk::split {
namespace {

constexpr std::uint32_t kSmallStratum = 100;

/// Numbers equal keys 0, 1, ... in the order of the keys.
struct Numbering {
  std::vector<std::uint32_t> number_of;
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> sizes;
};

Numbering NumberKeys(const std::vector<std::uint64_t>& keys) {
  Numbering result;
  result.number_of.resize(keys.size());
  std::vector<std::uint32_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return keys[a] < keys[b]; });
  for (const std::uint32_t position : order) {
    if (result.keys.empty() || result.keys.back() != keys[position]) {
      result.keys.push_back(keys[position]);
      result.sizes.push_back(0);
    }
    result.number_of[position] = std::uint32_t(result.keys.size() - 1);
    ++result.sizes.back();
  }
  return result;
}

Units FromNumbering(Numbering numbering) {
  Units units;
  units.unit_of = std::move(numbering.number_of);
  units.hash = std::move(numbering.keys);
  units.size = std::move(numbering.sizes);
  return units;
}

/// Share of the repeated keys whose rows have different targets.
double ConflictShare(const SplitInput& input, const Numbering& numbering) {
  std::vector<double> first(numbering.keys.size(), std::nan(""));
  std::vector<bool> conflict(numbering.keys.size());
  for (std::size_t i = 0; i < input.rows.size(); ++i) {
    const double y = input.target[input.rows[i]];
    const std::uint32_t unit = numbering.number_of[i];
    if (std::isnan(first[unit])) {
      first[unit] = y;
    } else if (first[unit] != y) {
      conflict[unit] = true;
    }
  }
  double repeated = 0, conflicts = 0;
  for (std::size_t u = 0; u < conflict.size(); ++u) {
    repeated += numbering.sizes[u] > 1;
    conflicts += conflict[u];
  }
  return repeated == 0 ? 0 : conflicts / repeated;
}

std::vector<std::uint64_t> AtRows(const std::vector<std::uint64_t>& hashes, const Rows& rows) {
  std::vector<std::uint64_t> keys(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) keys[i] = hashes[rows[i]];
  return keys;
}

/// Tells equal keys apart by counting them; only equal rows can swap places when a file is reordered.
void CountApart(std::vector<std::uint64_t>& keys) {
  const Numbering numbering = NumberKeys(keys);
  std::vector<std::uint32_t> seen(numbering.keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::uint32_t n = seen[numbering.number_of[i]]++;
    if (n > 0) keys[i] = Mix64(keys[i], n);
  }
}

std::vector<double> DecileCuts(const SplitInput& input) {
  std::vector<double> sorted;
  sorted.reserve(input.rows.size());
  for (const RowIndex row : input.rows) sorted.push_back(input.target[row]);
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> cuts;
  for (int i = 1; i < 10 && !sorted.empty(); ++i) cuts.push_back(sorted[sorted.size() * std::size_t(i) / 10]);
  return cuts;
}

std::int32_t PartOf(double position, const std::vector<double>& shares) {
  double end = 0;
  for (std::size_t p = 0; p + 1 < shares.size(); ++p) {
    end += shares[p];
    if (position < end) return std::int32_t(p);
  }
  return std::int32_t(shares.size() - 1);
}

}  // namespace

Units UnitsByFeatures(const SplitInput& input) {
  const table::Table& table = *input.table;
  // Without features every row would be equal: then whole rows are told apart.
  std::vector<std::uint64_t> keys = AtRows(table.RowHashes(input.features), input.rows);
  Numbering numbering = NumberKeys(keys);
  const double distinct = double(numbering.keys.size());
  const bool by_nature = distinct < 0.5 * double(keys.size()) && ConflictShare(input, numbering) > 0.2;
  if (by_nature || distinct < 50) {
    std::vector<std::uint64_t> apart = AtRows(table.RowHashes(), input.rows);
    CountApart(apart);
    return FromNumbering(NumberKeys(apart));
  }
  Units units = FromNumbering(std::move(numbering));
  for (const std::uint32_t size : units.size) units.duplicate_groups += size > 1;
  return units;
}

Units UnitsByGroup(const SplitInput& input, std::size_t group) {
  const table::Column& column = input.table->column(group);
  const std::vector<std::uint64_t> whole = input.table->RowHashes();
  std::vector<std::uint64_t> keys(input.rows.size());
  std::vector<std::uint64_t> lone;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const RowIndex row = input.rows[i];
    if (!column.IsMissing(row)) keys[i] = Mix64(column.Hash(row), 1);
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (column.IsMissing(input.rows[i])) lone.push_back(Mix64(whole[input.rows[i]], 2));
  }
  CountApart(lone);
  std::size_t next = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (column.IsMissing(input.rows[i])) keys[i] = lone[next++];
  }
  return FromNumbering(NumberKeys(keys));
}

void SetStrata(const SplitInput& input, bool one, Units& units) {
  const bool classes = IsClassification(input.task);
  const std::vector<double> cuts = classes || one ? std::vector<double>() : DecileCuts(input);
  units.stratum.assign(units.count(), -1);
  for (std::size_t i = 0; i < input.rows.size(); ++i) {
    const double y = input.target[input.rows[i]];
    std::int32_t stratum = 0;
    if (!one && classes) stratum = std::int32_t(y);
    if (!one && !classes) {
      stratum = std::int32_t(std::upper_bound(cuts.begin(), cuts.end(), y) - cuts.begin());
    }
    std::int32_t& of_unit = units.stratum[units.unit_of[i]];
    of_unit = of_unit < 0 ? stratum : std::min(of_unit, stratum);
  }
  units.stratum_rows.assign(std::size_t(std::max(input.num_classes, 10)) + 1, 0);
  for (std::size_t u = 0; u < units.count(); ++u) units.stratum_rows[units.stratum[u]] += units.size[u];
}

std::vector<std::int32_t> Assign(const Units& units, const std::vector<double>& shares, std::uint64_t seed,
                                 std::uint64_t salt, bool exact, bool rotate, std::int32_t lone) {
  std::vector<double> place(units.count());
  for (std::size_t u = 0; u < place.size(); ++u) place[u] = ToUnit(Mix64(units.hash[u], seed, salt));
  std::vector<std::int32_t> part(units.count());
  std::vector<std::vector<std::uint32_t>> ranked(units.stratum_rows.size());
  for (std::size_t u = 0; u < place.size(); ++u) {
    const std::int32_t stratum = units.stratum[u];
    if (exact || units.stratum_rows[stratum] < kSmallStratum) {
      ranked[stratum].push_back(std::uint32_t(u));
    } else {
      part[u] = PartOf(place[u], shares);
    }
  }
  for (std::size_t s = 0; s < ranked.size(); ++s) {
    auto& members = ranked[s];
    if (members.size() == 1) {
      part[members[0]] = lone;
      continue;
    }
    std::sort(members.begin(), members.end(), [&](auto a, auto b) {
      return place[a] != place[b] ? place[a] < place[b] : units.hash[a] < units.hash[b];
    });
    const double offset = rotate ? ToUnit(Mix64(seed, salt, s)) : 0;
    double before = 0;
    for (const std::uint32_t u : members) {
      double position = (before + 0.5 * units.size[u]) / units.stratum_rows[s] + offset;
      position -= std::floor(position);
      part[u] = PartOf(position, shares);
      before += units.size[u];
    }
  }
  return part;
}

}  // namespace tagwerk::split
