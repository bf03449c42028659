// The profile as JSON: statistics of a column, and tagwerk.profile/1.
#include <cmath>

#include "profile/dependencies.h"
#include "profile/order.h"
#include "profile/profile.h"
#include "profile/unusual_rows.h"

namespace tagwerk::profile {
namespace {

Json TopJson(const ColumnProfile& profile) {
  Json top = Json::array();
  for (const TopValue& value : profile.top) {
    Json entry = Json::object();
    entry["value"] = value.value;
    entry["count"] = value.count;
    top.push_back(std::move(entry));
  }
  return top;
}

Json SourceJson(const table::SourceInfo& source) {
  Json json = Json::object();
  json["path"] = source.path;
  json["format"] = source.format;
  json["compression"] = source.compression;
  json["bytes"] = source.bytes;
  json["rows"] = source.rows;
  json["dialect"] = source.dialect;
  return json;
}

}  // namespace

Json ColumnProfileJson(const ColumnProfile& profile, const table::Field& field) {
  Json json = Json::object();
  json["rows"] = profile.rows;
  json["missing"] = profile.missing;
  json["distinct"] = profile.distinct;
  json["distinct_exact"] = profile.distinct_exact;
  if (profile.whole) json["from_sample"] = Json{"histogram", "top", "target_score", "target_relation"};
  if (!profile.quantiles.empty()) {
    json["mean"] = profile.mean;
    json["sd"] = profile.sd;
    json["min"] = profile.min;
    json["max"] = profile.max;
    json["skewness"] = profile.skewness;
    json["quantiles"] = profile.quantiles;
    Json histogram = Json::object();
    histogram["edges"] = profile.histogram_edges;
    histogram["counts"] = profile.histogram_counts;
    json["histogram"] = std::move(histogram);
    if (field.type != table::SemanticType::kDatetime) {
      json["zeros"] = profile.zeros;
      json["negatives"] = profile.negatives;
    }
  }
  json["top"] = TopJson(profile);
  if (profile.quantiles.empty()) json["mean_length"] = profile.mean_length;
  if (profile.target_score) {
    json["target_score"] = *profile.target_score;
    json["target_metric"] = profile.target_metric;
  }
  if (profile.distribution.is_object()) json["distribution"] = profile.distribution;
  if (profile.text.is_object()) json["text"] = profile.text;
  if (profile.times.is_object()) json["times"] = profile.times;
  if (profile.target_relation.is_array()) json["target_relation"] = profile.target_relation;
  return json;
}

Json ProfileJson(const Profile& profile, const table::ReadResult& read) {
  Json json = Json::object();
  json["schema"] = "tagwerk.profile/1";
  Json sources = Json::array();
  for (const table::SourceInfo& source : read.sources) sources.push_back(SourceJson(source));
  json["sources"] = std::move(sources);
  json["rows"] = read.totals.empty() ? std::int64_t(read.table.num_rows()) : read.totals[0].rows;
  json["rows_in_sample"] = read.sampled.share() < 1 ? Json(read.table.num_rows()) : Json();
  json["rejected_rows"] = read.rejected_lines;
  json["sampled_share"] = read.sampled.share();
  json["fingerprint"] = profile.digest.fingerprint;
  Json columns = Json::array();
  for (std::size_t c = 0; c < profile.columns.size(); ++c) {
    const table::Field& field = read.table.field(c);
    const ColumnProfile& column = profile.columns[c];
    Json entry = Json::object();
    entry["name"] = field.name;
    entry["original_name"] = field.original_name;
    entry["type"] = table::TypeName(field.type);
    entry["type_confidence"] = field.type_confidence;
    entry["type_evidence"] = field.type_evidence;
    entry["unit"] = field.unit.empty() ? Json() : Json(field.unit);
    entry["role"] = table::RoleName(field.role);
    entry["used"] = profile.reason_not_used[c].empty();
    entry["reason"] = profile.reason_not_used[c].empty() ? Json() : Json(profile.reason_not_used[c]);
    entry["missing_share"] = column.rows > 0 ? double(column.missing) / double(column.rows) : 0.0;
    entry["distinct"] = column.distinct;
    entry["statistics"] = ColumnProfileJson(column, field);
    columns.push_back(std::move(entry));
  }
  json["columns"] = std::move(columns);
  json["pairs"] = PairsJson(profile.pairs, read.table);
  json["pairs_summary"] = PairsSummaryJson(profile.pairs);
  if (profile.missingness) json["missingness"] = MissingnessJson(*profile.missingness, read.table);
  if (profile.order) json["order"] = OrderJson(*profile.order, read.table);
  if (profile.dependencies) {
    json["keys"] = KeysJson(*profile.dependencies, read.table);
    json["dependencies"] = DependenciesJson(*profile.dependencies, read.table);
  }
  if (profile.unusual) json["unusual_rows"] = UnusualRowsJson(*profile.unusual, read.table);
  Json findings = Json::array();
  for (const Finding& finding : profile.findings) findings.push_back(FindingJson(finding));
  json["findings"] = std::move(findings);
  return json;
}

}  // namespace tagwerk::profile
