// Finding the time and the group column; see choose.h.
#include "split/choose.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "base/name_words.h"
#include "base/text.h"

namespace tagwerk::split {
namespace {

template <std::size_t N>
bool HasWord(const std::vector<std::string>& words, const std::array<std::string_view, N>& list) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& w) { return std::find(list.begin(), list.end(), w) != list.end(); });
}

constexpr std::array<std::string_view, 13> kNotEventWords = {"birth", "birthday", "birthdate", "born",    "dob",
                                                             "death", "died",     "expiry",    "expires", "due",
                                                             "end",   "until",    "deadline"};
constexpr std::array<std::string_view, 14> kTimeWords = {"time",   "date",   "datetime", "timestamp", "ts",
                                                         "hour",   "day",    "week",     "month",     "event",
                                                         "dteday", "period", "utc",      "local"};
constexpr std::array<std::string_view, 3> kKeyWords = {"id", "key", "uuid"};
constexpr std::array<std::string_view, 14> kOwnerWords = {"patient", "subject", "user",        "customer",  "household",
                                                          "person",  "client",  "member",      "animal",    "device",
                                                          "machine", "speaker", "participant", "respondent"};

/// Share of the steps between neighbouring rows (in file order) that go the more frequent way.
double OrderShare(const std::vector<double>& times) {
  double up = 0, down = 0, previous = std::nan("");
  for (const double t : times) {
    if (std::isnan(t)) continue;
    up += t > previous;
    down += t < previous;
    previous = t;
  }
  return up + down == 0 ? 0 : std::max(up, down) / (up + down);
}

/// How well the file runs in the order of a time; nothing if it does not tell when a row happened.
std::optional<double> EventOrder(const SplitInput& input, const table::EventTime& time) {
  const std::vector<std::string> words =
      NameWords(time.date ? time.date->common : input.table->field(time.column).name);
  if (HasWord(words, kNotEventWords)) return std::nullopt;
  std::vector<double> times = OrderOf(input, time);
  const double missing = double(std::count_if(times.begin(), times.end(), [](double t) { return t != t; }));
  if (missing > 0.01 * double(times.size())) return std::nullopt;
  const bool plain_name = (time.date || !words.empty()) && std::all_of(words.begin(), words.end(), [](const auto& w) {
                            return std::find(kTimeWords.begin(), kTimeWords.end(), w) != kTimeWords.end();
                          });
  const double order = OrderShare(times);
  if (order < 0.9 && !plain_name) return std::nullopt;
  std::erase_if(times, [](double t) { return std::isnan(t); });
  std::sort(times.begin(), times.end());
  if (std::unique(times.begin(), times.end()) - times.begin() < 20) return std::nullopt;
  return order;
}

/// Intra-class correlation ICC(1) of the target by group, from the one-way analysis of variance.
double IntraClassCorrelation(const SplitInput& input, const std::vector<std::uint64_t>& keys) {
  struct Sums {
    double n = 0, sum = 0;
  };
  std::unordered_map<std::uint64_t, std::size_t> index;
  std::vector<Sums> groups;
  double n = 0, sum = 0, squares = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const double y = input.target[input.rows[i]];
    const auto [at, fresh] = index.try_emplace(keys[i], groups.size());
    if (fresh) groups.emplace_back();
    groups[at->second].n += 1;
    groups[at->second].sum += y;
    n += 1;
    sum += y;
    squares += y * y;
  }
  double between = -sum * sum / n, sizes = 0;
  for (const Sums& g : groups) {
    between += g.sum * g.sum / g.n;
    sizes += g.n * g.n;
  }
  const double k = double(groups.size());
  if (k < 2 || n <= k) return 0;
  const double within = squares - sum * sum / n - between;
  const double ms_between = between / (k - 1), ms_within = within / (n - k);
  const double mean_size = (n - sizes / n) / (k - 1);
  const double denominator = ms_between + (mean_size - 1) * ms_within;
  return denominator <= 0 ? 0 : (ms_between - ms_within) / denominator;
}

bool LooksLikeGroups(const SplitInput& input, const std::vector<std::uint64_t>& keys) {
  std::unordered_map<std::uint64_t, std::size_t> counts;
  std::size_t largest = 0;
  for (const std::uint64_t key : keys) largest = std::max(largest, ++counts[key]);
  const std::size_t n = keys.size();
  if (counts.size() < 20 || 2 * counts.size() > n || 5 * largest > n) return false;
  return IntraClassCorrelation(input, keys) >= 0.5;
}

}  // namespace

std::vector<double> OrderOf(const SplitInput& input, const table::EventTime& time) {
  std::vector<double> order;
  order.reserve(input.rows.size());
  if (const auto times = table::TimesOf(*input.table, time)) {
    for (const RowIndex row : input.rows)
      order.push_back((*times)[row] == table::kMissingTime ? std::nan("") : double((*times)[row]));
    return order;
  }
  const auto& numbers = input.table->column(time.column).doubles();
  if (!numbers) return order;
  for (const RowIndex row : input.rows) order.push_back((*numbers)[row]);
  return order;
}

std::string TimeText(const table::Table& table, const table::EventTime& time, double value) {
  if (!table::HoldsTimes(table, time)) return Shortest(value);
  return table::TimestampText(std::int64_t(value), table::HoldsDays(table, time));
}

std::optional<table::EventTime> FindTime(const SplitInput& input) {
  const auto best_of = [&](const std::vector<table::EventTime>& candidates) {
    std::optional<table::EventTime> best;
    double best_order = 0;
    for (const table::EventTime& time : candidates) {
      const auto order = EventOrder(input, time);
      if (!order || (best && *order <= best_order)) continue;
      best = time;
      best_order = *order;
    }
    return best;
  };
  std::vector<table::EventTime> columns, dates;
  for (const std::size_t c : input.features) {
    if (input.table->column(c).storage() == table::Storage::kTimestamp) columns.push_back(table::EventTime::Of(c));
  }
  if (auto best = best_of(columns)) return best;
  for (const table::SplitDate& date : table::FindSplitDates(*input.table, input.features, input.rows)) {
    dates.push_back(table::EventTime::Of(date));
  }
  return best_of(dates);
}

std::optional<std::size_t> FindGroupColumn(const SplitInput& input) {
  for (std::size_t c = 0; c < input.table->num_columns(); ++c) {
    const table::Field& field = input.table->field(c);
    const table::Column& column = input.table->column(c);
    if (field.role == table::Role::kTarget || column.storage() == table::Storage::kTimestamp) continue;
    if (column.storage() == table::Storage::kDouble && !field.integers) continue;
    const auto words = NameWords(field.name);
    if (!HasWord(words, kKeyWords) && !HasWord(words, kOwnerWords)) continue;
    std::vector<std::uint64_t> keys;
    std::size_t missing = 0;
    keys.reserve(input.rows.size());
    for (const RowIndex row : input.rows) {
      missing += column.IsMissing(row);
      keys.push_back(column.Hash(row));
    }
    if (missing * 100 <= keys.size() && LooksLikeGroups(input, keys)) return c;
  }
  return std::nullopt;
}

}  // namespace tagwerk::split
