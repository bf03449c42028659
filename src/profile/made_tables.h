// Tables and profiles for the tests of this folder.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "base/constants.h"
#include "base/random.h"
#include "base/threads.h"
#include "profile/profile.h"

namespace tagwerk::profile::test {

class Made {
 public:
  Made& Numbers(const std::string& name, std::vector<double> values) {
    table::Field field = FieldOf(name, table::SemanticType::kNumeric);
    field.integers = true;
    for (const double v : values) field.integers &= std::isnan(v) || v == std::trunc(v);
    return Add(field, table::Column::Doubles(std::move(values)));
  }
  /// An empty string is a missing value.
  Made& Strings(const std::string& name, const std::vector<std::string>& values,
                table::SemanticType type = table::SemanticType::kCategorical) {
    table::DictionaryBuilder builder;
    std::vector<std::int32_t> codes;
    for (const std::string& v : values) codes.push_back(v.empty() ? -1 : builder.Intern(v));
    return Add(FieldOf(name, type), table::Column::Strings(std::move(codes), std::move(builder).Finish()));
  }
  Made& Times(const std::string& name, std::vector<std::int64_t> seconds) {
    for (std::int64_t& s : seconds) s *= 1000000;
    return Add(FieldOf(name, table::SemanticType::kDatetime), table::Column::Timestamps(std::move(seconds)));
  }

  table::ReadResult read;

  /// Profiles with the last column or the named one as the target; TW_CHECK-like failure as test abort.
  Result<Profile> Run(const std::string& target, ProfileOptions options = {}, const std::string& task = "") {
    Pool pool(2);
    Context context;
    context.pool = &pool;
    if (target.empty()) return MakeProfile(context, read, nullptr, options);
    auto goal = ResolveGoal(read.table, *read.table.Find(target), task, "");
    if (!goal) return std::move(goal).error();
    return MakeProfile(context, read, &*goal, options);
  }

 private:
  static table::Field FieldOf(const std::string& name, table::SemanticType type) {
    table::Field field;
    field.name = field.original_name = name;
    field.type = type;
    return field;
  }
  Made& Add(table::Field field, table::ColumnPtr column) {
    std::vector<table::Field> fields = read.table.fields();
    std::vector<table::ColumnPtr> columns;
    for (std::size_t c = 0; c < read.table.num_columns(); ++c) columns.push_back(read.table.column_ptr(c));
    const std::size_t rows = column->size();
    fields.push_back(std::move(field));
    columns.push_back(std::move(column));
    read.table = table::Table(std::move(fields), std::move(columns), rows);
    return *this;
  }
};

inline std::vector<double> Uniforms(std::size_t n, std::uint64_t seed, double low = 0, double high = 1) {
  Random random(seed);
  std::vector<double> values(n);
  for (double& v : values) v = low + (high - low) * random.Uniform();
  return values;
}

inline std::vector<double> Integers(std::size_t n, std::uint64_t seed, int low, int high) {
  std::vector<double> values = Uniforms(n, seed, low, high + 1);
  for (double& v : values) v = std::floor(v);
  return values;
}

template <class F>
std::vector<double> Each(std::size_t n, F&& f) {
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = f(i);
  return values;
}

inline const Finding* Find(const Profile& profile, const std::string& id, const std::string& column) {
  for (const Finding& f : profile.findings) {
    if (f.id == id && !f.columns.empty() && f.columns[0] == column) return &f;
  }
  return nullptr;
}

/// Names of the certain leaks or of the suspects, in order.
inline std::vector<std::string> Names(const Made& made, const std::vector<std::size_t>& columns) {
  std::vector<std::string> names;
  for (const std::size_t c : columns) names.push_back(made.read.table.field(c).name);
  return names;
}

}  // namespace tagwerk::profile::test
