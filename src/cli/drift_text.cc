#include "cli/drift_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"

namespace tagwerk::cli {

namespace {

std::string TextOf(const Json& json, const char* name) {
  return json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : "";
}
double NumberOf(const Json& json, const char* name) {
  return json.contains(name) && json[name].is_number() ? json[name].get<double>() : 0;
}

/// What moved, in a few words: missing values, new categories, the mean, or the category that moved most.
std::string What(const Json& column) {
  const double missing = NumberOf(column, "missing_current_share") - NumberOf(column, "missing_reference_share");
  if (missing > 0.02 || missing < -0.02)
    return "missing " + Percent(NumberOf(column, "missing_reference_share")) + " -> " +
           Percent(NumberOf(column, "missing_current_share"));
  if (NumberOf(column, "new_category_share") > 0.02)
    return "new: " + Printable(column["new_categories"][0].get<std::string>(), 20) + " ..., " +
           Percent(NumberOf(column, "new_category_share"));
  if (TextOf(column, "compared") == "lengths")
    return fmt::format("mean length {:.4g} -> {:.4g}", NumberOf(column, "mean_reference"),
                       NumberOf(column, "mean_current"));
  if (TextOf(column, "compared") == "numbers" && TextOf(column, "type") == "datetime")
    return "mean " + UtcTime(NumberOf(column, "mean_reference")).substr(0, 10) + " -> " +
           UtcTime(NumberOf(column, "mean_current")).substr(0, 10);
  if (TextOf(column, "compared") == "numbers")
    return fmt::format("mean {:.4g} -> {:.4g}", NumberOf(column, "mean_reference"), NumberOf(column, "mean_current"));
  const Json* most = nullptr;
  double gap = -1;
  for (const Json& cell : column["cells"]) {
    const double moved = std::abs(NumberOf(cell, "current") - NumberOf(cell, "reference"));
    if (TextOf(cell, "kind") == "value" && moved > gap) most = &cell, gap = moved;
  }
  if (most == nullptr) return "";
  return Printable(TextOf(*most, "label"), 20) + " " + Percent(NumberOf(*most, "reference")) + " -> " +
         Percent(NumberOf(*most, "current"));
}

std::string Names(const Json& list) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < list.size() && i < 8; ++i) names.push_back(Printable(list[i].get<std::string>()));
  return Join(names, ", ") + (list.size() > 8 ? ", ..." : "");
}

std::string Together(const Json& drift) {
  const Json& all = drift["multivariate"];
  if (!all.is_object()) return "";
  const std::string auc = Interval(NumberOf(all, "auc"), NumberOf(all, "low"), NumberOf(all, "high"));
  if (drift["data_set_drifted"] == Json(true))
    return "As a whole the rows can be told apart: auc " + auc + ", mostly by " + Names(all["top_columns"]) + ".\n";
  return "As a whole the rows can hardly be told apart: auc " + auc + " (0.5 = not at all).\n";
}

std::string Schema(const Json& drift, const Stream& stream) {
  std::string out;
  const auto line = [&](const char* what, const std::string& names) {
    if (!names.empty()) out += stream.Paint(what, Ink::kYellow) + names + "\n";
  };
  line("missing columns: ", Names(drift["missing_columns"]));
  line("further columns: ", Names(drift["extra_columns"]));
  for (const Json& change : drift["type_changes"])
    line("type changed: ", Printable(TextOf(change, "name")) + " was " + TextOf(change, "reference") + ", " +
                               Percent(NumberOf(change, "unparsed_share")) + " of the values are not");
  return out;
}

}  // namespace

std::string DriftText(const Json& drift, const Stream& stream) {
  std::map<std::string, const Json*> by_name;
  std::size_t width = 6;
  for (const Json& column : drift["columns"]) by_name[TextOf(column, "name")] = &column;
  for (const Json& name : drift["drifted"])
    width = std::max(width, std::min<std::size_t>(24, DisplayWidth(Printable(name.get<std::string>()))));
  std::string out;
  int telling = 0;
  const std::size_t room = std::size_t(std::max(20, stream.Width() - int(width) - 40));
  if (!drift["drifted"].empty())
    out += PadRight("column", width) + "  " + PadRight("grade", 10) + PadLeft("effect", 8) + PadLeft("q", 10) +
           "  what moved\n";
  for (const Json& name : drift["drifted"]) {
    const Json& column = *by_name.at(name.get<std::string>());
    const std::string grade = TextOf(column, "grade");
    const bool tells = grade == "moderate" || grade == "large";
    telling += tells;
    const double q = NumberOf(column, "q_value");
    out += PadRight(Fit(Printable(name.get<std::string>()), width), width) + "  " +
           stream.Paint(PadRight(grade, 10), grade == "large" ? Ink::kRed
                                             : tells          ? Ink::kYellow
                                                              : Ink::kPlain) +
           PadLeft(fmt::format("{:.3f}", NumberOf(column, "effect")), 8) +
           PadLeft(q < 0.001 ? "< 0.001" : fmt::format("{:.3f}", q), 10) + "  " + Fit(What(column), room) + "\n";
  }
  const std::size_t columns = drift["columns"].size();
  out += fmt::format("{} of {} {} drifted, {} of them moderate or large.\n", drift["drifted"].size(), columns,
                     columns == 1 ? "column" : "columns", telling);
  return out + Together(drift) + Schema(drift, stream);
}

}  // namespace tagwerk::cli
