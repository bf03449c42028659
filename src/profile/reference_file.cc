// A sample as a section of a model file: JSON of counts, frequent values and quantiles. Everything read is
// checked: the file may come from anywhere.
#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "profile/reference.h"

namespace tagwerk::profile {
namespace {

constexpr std::size_t kCells = 128;         // of equal mass, between quantiles
constexpr std::size_t kPointsPerCell = 16;  // a cell is read back as so many even points
constexpr std::size_t kMostSavedCategories = 500;
constexpr std::size_t kMostExact = 256;  // distinct numbers that are all kept
constexpr std::string_view kForms[] = {"numbers", "categories", "lengths"};

struct Runs {
  std::vector<double> values, mass;
};

Runs SavedRunsOf(const stats::SortedSample& sample) {
  Runs runs;
  for (std::size_t i = 0; i < sample.values.size(); ++i) {
    if (runs.values.empty() || sample.values[i] != runs.values.back()) {
      runs.values.push_back(sample.values[i]);
      runs.mass.push_back(0);
    }
    runs.mass.back() += sample.Weight(i);
  }
  return runs;
}

/// Frequent values with their mass, and quantiles of the rest.
void SaveNumbers(const stats::SortedSample& sample, Json& out) {
  const Runs runs = SavedRunsOf(sample);
  const double frequent = runs.values.size() <= kMostExact ? 0 : sample.total / double(kCells);
  Json atoms = Json::array(), knots = Json::array();
  stats::SortedSample rest;
  for (std::size_t i = 0; i < runs.values.size(); ++i) {
    if (runs.mass[i] >= frequent) {
      atoms.push_back({runs.values[i], runs.mass[i]});
    } else {
      rest.values.push_back(runs.values[i]);
      rest.weights.push_back(runs.mass[i]);
      rest.total += runs.mass[i];
    }
  }
  if (!rest.empty()) {
    double mass = 0;
    std::size_t at = 0;
    knots.push_back(rest.values.front());
    for (std::size_t k = 1; k < kCells; ++k) {
      const double until = rest.total * double(k) / double(kCells);
      while (at + 1 < rest.values.size() && mass + rest.weights[at] < until) mass += rest.weights[at++];
      knots.push_back(rest.values[at]);
    }
    knots.push_back(rest.values.back());
  }
  out["atoms"] = std::move(atoms);
  out["knots"] = std::move(knots);
  out["between"] = rest.total;
  out["sd"] = 0.0;
}

/// Reading with a memory of the first fault.
class Fields {
 public:
  Fields(const Json& json, bool& ok) : json_(json), ok_(ok) { ok_ = ok_ && json.is_object(); }
  const Json& Get(const char* name) {
    static const Json none;
    if (!ok_) return none;
    const auto at = json_.find(name);
    ok_ = at != json_.end();
    return ok_ ? *at : none;
  }
  std::string Text(const char* name) {
    const Json& value = Get(name);
    ok_ = ok_ && value.is_string();
    return ok_ ? value.get<std::string>() : "";
  }
  /// A count or a measure: finite, not below 0.
  double Amount(const char* name) { return Amount(Get(name)); }
  double Amount(const Json& value) {
    const double number = Number(value);
    ok_ = ok_ && number >= 0 && number <= 1e15;
    return ok_ ? number : 0;
  }
  double Number(const Json& value) {
    ok_ = ok_ && value.is_number() && std::isfinite(value.get<double>());
    return ok_ ? value.get<double>() : 0;
  }
  const Json& List(const char* name) {
    static const Json none = Json::array();
    const Json& value = Get(name);
    ok_ = ok_ && value.is_array();
    return ok_ ? value : none;
  }
  bool Pair(const Json& value) {
    ok_ = ok_ && value.is_array() && value.size() == 2;
    return ok_;
  }

 private:
  const Json& json_;
  bool& ok_;
};

stats::SortedSample LoadNumbers(Fields& fields, double effective_share, bool& ok) {
  struct Point {
    double value, mass;
  };
  std::vector<Point> points;
  for (const Json& atom : fields.List("atoms")) {
    if (!fields.Pair(atom)) return {};
    points.push_back({fields.Number(atom[0]), fields.Amount(atom[1])});
  }
  std::vector<double> knots;
  for (const Json& knot : fields.List("knots")) knots.push_back(fields.Number(knot));
  const double between = fields.Amount("between");
  ok =
      ok && std::is_sorted(knots.begin(), knots.end()) && knots.size() != 1 && (knots.size() < 2 ? between == 0 : true);
  if (!ok) return {};
  for (std::size_t k = 0; k + 1 < knots.size(); ++k) {
    for (std::size_t p = 0; p < kPointsPerCell; ++p) {
      const double share = (double(p) + 0.5) / double(kPointsPerCell);
      points.push_back(
          {knots[k] + (knots[k + 1] - knots[k]) * share, between / double((knots.size() - 1) * kPointsPerCell)});
    }
  }
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.value < b.value; });
  stats::SortedSample out;
  for (const Point& point : points) {
    if (point.mass <= 0) continue;
    out.values.push_back(point.value);
    out.weights.push_back(point.mass);
    out.total += point.mass;
  }
  out.effective = out.total * effective_share;
  return out;
}

Json ReferenceColumnJson(const ColumnSample& sample) {
  Json out = {{"name", sample.name},
              {"type", table::TypeName(sample.type)},
              {"form", kForms[std::size_t(sample.form)]},
              {"date_only", sample.date_only},
              {"rows", sample.rows},
              {"missing", sample.missing},
              {"effective", sample.effective}};
  if (sample.form != Form::kCategories) {
    SaveNumbers(sample.numbers, out);
    out["sd"] = sample.sd;
    return out;
  }
  Json categories = Json::array();
  double other = sample.other;
  for (const CategoryCount& category : sample.categories) {
    if (categories.size() < kMostSavedCategories) {
      categories.push_back({category.value, category.count});
    } else {
      other += category.count;
    }
  }
  out["categories"] = std::move(categories);
  out["other"] = other;
  return out;
}

ColumnSample LoadColumn(const Json& json, bool& ok) {
  Fields fields(json, ok);
  ColumnSample out;
  out.name = fields.Text("name");
  const auto type = table::TypeFromName(fields.Text("type"));
  const std::string form = fields.Text("form");
  const auto found = std::find(std::begin(kForms), std::end(kForms), form);
  out.date_only = fields.Get("date_only") == Json(true);
  out.rows = fields.Amount("rows");
  out.missing = fields.Amount("missing");
  out.effective = fields.Amount("effective");
  ok = ok && type && found != std::end(kForms) && out.missing <= out.rows && out.effective <= out.rows * 1.000001;
  if (!ok) return out;
  out.type = *type;
  out.form = Form(found - std::begin(kForms));
  if (out.form != Form::kCategories) {
    out.numbers = LoadNumbers(fields, out.rows > 0 ? out.effective / out.rows : 0, ok);
    out.sd = fields.Amount("sd");
    return out;
  }
  for (const Json& entry : fields.List("categories")) {
    if (!fields.Pair(entry) || !entry[0].is_string()) {
      ok = false;
      return out;
    }
    out.categories.push_back({entry[0].get<std::string>(), fields.Amount(entry[1])});
  }
  out.other = fields.Amount("other");
  return out;
}

}  // namespace

std::string SaveSample(const DataSample& sample) {
  Json columns = Json::array();
  for (const ColumnSample& column : sample.columns) columns.push_back(ReferenceColumnJson(column));
  return DumpJson({{"rows", sample.rows}, {"target", sample.target}, {"columns", std::move(columns)}});
}

Result<DataSample> LoadSample(std::string_view bytes, const std::string& file) {
  const auto damaged = [&] {
    return Error(Code::kInvalidData, "model-damaged", "training profile of the model is damaged")
        .In(file)
        .Do("copy the file again; the original's SHA-256 is in run.json");
  };
  const auto json = ParseJson(bytes, file);
  if (!json) return damaged();
  bool ok = true;
  Fields fields(*json, ok);
  DataSample out;
  out.source = file;
  out.compact = true;
  out.rows = std::int64_t(fields.Amount("rows"));
  out.target = fields.Text("target");
  for (const Json& column : fields.List("columns")) {
    out.columns.push_back(LoadColumn(column, ok));
    if (!ok) break;
  }
  if (!ok) return damaged();
  return out;
}

}  // namespace tagwerk::profile
