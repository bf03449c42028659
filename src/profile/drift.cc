#include "profile/drift.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "stats/tests.h"

namespace tagwerk::profile {
namespace {

constexpr double kTypeChanged = 0.01;  // share of the values that cannot be read as the reference's type

Result<std::vector<const ColumnSample*>> Chosen(const DataSample& reference, const std::vector<std::string>& typed) {
  std::vector<const ColumnSample*> out;
  if (typed.empty()) {
    for (const ColumnSample& column : reference.columns) out.push_back(&column);
    return out;
  }
  std::vector<std::string> names;
  for (const ColumnSample& column : reference.columns) names.push_back(column.name);
  for (const std::string& name : typed) {
    TW_TRY(const std::size_t index, table::ResolveColumn(names, name, "column-not-found", "--columns"));
    if (std::find(out.begin(), out.end(), &reference.columns[index]) == out.end())
      out.push_back(&reference.columns[index]);
  }
  return out;
}

void Judge(Drift& drift) {
  std::vector<double> p;
  for (const ColumnDrift& column : drift.columns)
    p.push_back(column.p_value.value_or(std::numeric_limits<double>::quiet_NaN()));
  const std::vector<double> q = stats::BenjaminiHochberg(p);
  for (std::size_t i = 0; i < q.size(); ++i) {
    ColumnDrift& column = drift.columns[i];
    if (std::isnan(q[i])) continue;
    column.q_value = q[i];
    column.drifted = q[i] <= drift.options.alpha && column.effect >= drift.options.min_effect;
  }
}

Json OptionalJson(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json CellsJson(const ColumnDrift& column) {
  Json cells = Json::array();
  for (const DriftCell& cell : column.cells) {
    cells.push_back({{"kind", cell.kind},
                     {"label", cell.label},
                     {"upper", OptionalJson(cell.upper)},
                     {"reference", cell.reference},
                     {"current", cell.current}});
  }
  return cells;
}

Json DriftColumnJson(const ColumnDrift& column) {
  static constexpr std::string_view kCompared[] = {"numbers", "categories", "lengths"};
  return {{"name", column.name},
          {"type", table::TypeName(column.type)},
          {"compared", kCompared[std::size_t(column.form)]},
          {"drifted", column.drifted},
          {"grade", DriftGrade(column.effect)},
          {"effect", column.effect},
          {"psi", column.psi},
          {"jensen_shannon", column.jensen_shannon},
          {"wasserstein", OptionalJson(column.wasserstein)},
          {"ks", OptionalJson(column.ks)},
          {"chi_square", OptionalJson(column.chi_square)},
          {"p_value", OptionalJson(column.p_value)},
          {"q_value", OptionalJson(column.q_value)},
          {"missing_reference_share", column.missing_reference_share},
          {"missing_current_share", column.missing_current_share},
          {"mean_reference", column.ks ? Json(column.mean_reference) : Json()},
          {"mean_current", column.ks ? Json(column.mean_current) : Json()},
          {"new_categories", column.new_categories},
          {"new_category_count", column.new_category_count},
          {"new_category_share", column.new_category_share},
          {"cells", CellsJson(column)}};
}

Json TypeChangesJson(const Drift& drift) {
  Json out = Json::array();
  for (const TypeChange& change : drift.type_changes) {
    out.push_back({{"name", change.name},
                   {"reference", table::TypeName(change.reference)},
                   {"current", table::TypeName(change.current)},
                   {"unparsed_share", change.unparsed_share}});
  }
  return out;
}

/// Names of the drifted columns, largest effect first.
std::vector<const ColumnDrift*> Drifted(const Drift& drift) {
  std::vector<const ColumnDrift*> out;
  for (const ColumnDrift& column : drift.columns)
    if (column.drifted) out.push_back(&column);
  std::stable_sort(out.begin(), out.end(), [](const auto* a, const auto* b) { return a->effect > b->effect; });
  return out;
}

}  // namespace

Result<Drift> CompareTables(const Context& context, const DataSample& reference, const table::Table& current,
                            const DriftOptions& options, std::span<const double> weights) {
  TW_TRY(const std::vector<const ColumnSample*> chosen, Chosen(reference, options.columns));
  Drift out;
  out.reference = reference.source;
  out.reference_rows = reference.rows;
  out.current_rows = std::int64_t(current.num_rows());
  out.from_model = reference.compact;
  out.options = options;
  struct Pair {
    const ColumnSample* reference;
    std::size_t column;
    ColumnDrift drift;
    double unparsed_share = 0;
  };
  std::vector<Pair> pairs;
  for (const ColumnSample* column : chosen) {
    if (const auto found = current.Find(column->name)) {
      pairs.push_back({column, *found, {}});
    } else if (column->name != reference.target) {
      out.missing_columns.push_back(column->name);
    }
  }
  if (pairs.empty())
    return Error(Code::kInvalidData, "drift-no-columns", "the two data sets have no column in common")
        .In(reference.source, Count(std::int64_t(reference.columns.size())) + " columns")
        .Do("compare data with the same column names");
  context.pool->For(pairs.size(), [&](std::size_t i) {
    if (context.Stopped()) return;
    Pair& pair = pairs[i];
    const ColumnSample sample =
        SampleColumn(current, pair.column, pair.reference->form, StorageOf(*pair.reference), weights);
    const double present = sample.rows - sample.missing + sample.unparsed;
    pair.unparsed_share = present > 0 ? std::min(1.0, sample.unparsed / present) : 0;
    pair.drift = CompareColumn(*pair.reference, sample);
  });
  if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "interrupted; nothing was compared");
  for (Pair& pair : pairs) {
    if (pair.unparsed_share > kTypeChanged) {
      const table::SemanticType found = current.field(pair.column).type;
      out.type_changes.push_back({pair.reference->name, pair.reference->type,
                                  found == pair.reference->type ? table::SemanticType::kText : found,
                                  pair.unparsed_share});
    }
    out.columns.push_back(std::move(pair.drift));
  }
  if (options.columns.empty()) {
    for (const table::Field& field : current.fields()) {
      if (std::none_of(reference.columns.begin(), reference.columns.end(),
                       [&](const ColumnSample& column) { return column.name == field.name; }))
        out.extra_columns.push_back(field.name);
    }
  }
  Judge(out);
  return out;
}

Json DriftJson(const Drift& drift, const Json& multivariate) {
  Json drifted = Json::array(), columns = Json::array();
  for (const ColumnDrift* column : Drifted(drift)) drifted.push_back(column->name);
  for (const ColumnDrift& column : drift.columns) columns.push_back(DriftColumnJson(column));
  const double count = double(drift.columns.size());
  Json out;
  out["schema"] = "tagwerk.drift/1";
  out["reference"] = {{"source", drift.reference}, {"rows", drift.reference_rows}, {"model", drift.from_model}};
  out["current"] = {{"source", drift.current}, {"rows", drift.current_rows}};
  out["drifted_share"] = count > 0 ? double(drifted.size()) / count : 0.0;
  out["drifted"] = std::move(drifted);
  const bool together = multivariate.is_object() && multivariate.value("drifted", false);
  out["data_set_drifted"] = multivariate.is_object() ? Json(together) : Json();
  out["columns"] = std::move(columns);
  out["missing_columns"] = drift.missing_columns;
  out["extra_columns"] = drift.extra_columns;
  out["type_changes"] = TypeChangesJson(drift);
  out["multivariate"] = multivariate;
  out["thresholds"] = {{"alpha", drift.options.alpha}, {"min_effect", drift.options.min_effect},
                       {"small", kSmallDrift},         {"moderate", kModerateDrift},
                       {"large", kLargeDrift},         {"auc", 0.55}};
  return out;
}

}  // namespace tagwerk::profile
