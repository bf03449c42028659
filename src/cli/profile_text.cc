// The text of `tagwerk profile`: a line a column, what belongs together, what was found.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "cli/summary.h"

namespace tagwerk::cli {
namespace {

constexpr std::size_t kShownPairs = 8, kShownGroups = 4, kShownKeys = 5, kShownDependencies = 8, kShownRows = 5;
constexpr double kLeastStrength = 0.3;

double Figure(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at != json.end() && at->is_number() ? at->get<double>() : std::nan("");
}

std::string Word(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at != json.end() && at->is_string() ? at->get<std::string>() : "";
}

const Json& Member(const Json& json, const char* name) {
  static const Json none = Json::array();
  const auto at = json.is_object() ? json.find(name) : json.end();
  return at == json.end() ? none : *at;
}

std::string NameList(const Json& names, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < most; ++i)
    out += (i > 0 ? ", " : "") + Printable(names[i].get<std::string>(), 24);
  return names.size() > most ? out + ", ..." : out;
}

std::string RangeOf(const Json& column, const Json& facts) {
  std::string range;
  if (facts.contains("top") && !facts["top"].empty() && !facts.contains("mean")) {
    for (std::size_t i = 0; i < facts["top"].size() && i < 3; ++i)
      range += (i > 0 ? ", " : "") + Printable(facts["top"][i].value("value", ""), 20) + " (" +
               Count(facts["top"][i].value("count", 0)) + ")";
  } else if (std::isfinite(Figure(facts, "min")) && Word(column, "type") != "datetime") {
    range = Shortest(Figure(facts, "min")) + " to " + Shortest(Figure(facts, "max")) + ", mean " +
            Rounded(Figure(facts, "mean"), std::abs(Figure(facts, "sd")) / 50);
  } else if (std::isfinite(Figure(facts, "min"))) {
    range = UtcTime(Figure(facts, "min")).substr(0, 10) + " to " + UtcTime(Figure(facts, "max")).substr(0, 10);
  }
  for (const char* words : {"distribution", "text", "times"}) {
    const std::string said = Word(Member(facts, words), "words");
    if (!said.empty()) range += (range.empty() ? "" : "; ") + said;
  }
  return range;
}

std::string ColumnLines(const Json& profile, const Stream& stream) {
  std::size_t name_width = 6;
  for (const Json& column : profile["columns"])
    name_width = std::max(name_width, std::min<std::size_t>(24, DisplayWidth(Printable(Word(column, "name")))));
  std::string out = PadRight("column", name_width) + "  " + PadRight("type", 11) + PadLeft("missing", 9) +
                    PadLeft("distinct", 11) + "  range or top values\n";
  for (const Json& column : profile["columns"]) {
    const Json& facts = column.contains("statistics") ? column["statistics"] : column;
    const double rows = Figure(facts, "rows");
    const std::size_t room = std::size_t(std::max(20, stream.Width() - int(name_width) - 35));
    out += PadRight(Fit(Printable(Word(column, "name"), 60), name_width), name_width) + "  " +
           PadRight(Word(column, "type"), 11) + PadLeft(Percent(rows > 0 ? Figure(facts, "missing") / rows : 0), 9) +
           PadLeft(Count(facts.value("distinct", 0)), 11) + "  " + Fit(RangeOf(column, facts), room) + "\n";
  }
  return out;
}

std::string Measure(const Json& pair) {
  const std::string kind = Word(pair, "kind");
  if (kind == "number_number")
    return fmt::format("Pearson {:+.2f}, Spearman {:+.2f}", Figure(pair, "pearson"), Figure(pair, "spearman"));
  if (kind == "number_category") return fmt::format("correlation ratio {:.2f}", Figure(pair, "correlation_ratio"));
  const Json& u = Member(pair, "theils_u");
  return fmt::format("Cramer's V {:.2f}, Theil's U {:.2f} and {:.2f}", Figure(pair, "cramers_v"),
                     u.size() == 2 ? u[0].get<double>() : 0.0, u.size() == 2 ? u[1].get<double>() : 0.0);
}

std::string RelatedBlock(const Json& profile) {
  const Json& summary = Member(profile, "pairs_summary");
  std::string out;
  std::size_t shown = 0;
  for (const Json& pair : Member(profile, "pairs")) {
    if (shown >= kShownPairs || Figure(pair, "strength") < kLeastStrength || Figure(pair, "q_value") > 0.01) break;
    out += "  " + PadRight(Fit(NameList(pair["columns"], 2), 38), 38) + "  " + Measure(pair) + "\n";
    ++shown;
  }
  if (shown == 0) return "";
  const std::string of = summary.value("sampled", false) ? " of a sample of " : " on ";
  return "\nRelated (the strongest of " + Count(summary.value("tested", 0)) + " pairs," + of +
         Count(summary.value("rows", 0)) + " rows)\n" + out;
}

std::string TogetherBlock(const Json& profile) {
  const Json& groups = Member(Member(profile, "missingness"), "groups");
  std::string out;
  for (std::size_t i = 0; i < groups.size() && i < kShownGroups; ++i)
    out += "  " + Count(groups[i].value("rows", 0)) + " rows: " + NameList(groups[i]["columns"], 3) + "\n";
  return out.empty() ? "" : "\nEmpty together\n" + out;
}

std::string KeysBlock(const Json& profile) {
  const Json& keys = Member(profile, "keys");
  const Json& dependencies = Member(profile, "dependencies");
  std::string out;
  if (!keys.empty()) {
    out += "\nKeys (no two rows agree)\n";
    for (std::size_t i = 0; i < keys.size() && i < kShownKeys; ++i)
      out += "  " + Fit(NameList(keys[i]["columns"], 3), 76) + "\n";
  }
  if (!dependencies.empty()) {
    out += "\nDetermined by other columns\n";
    for (std::size_t i = 0; i < dependencies.size() && i < kShownDependencies; ++i) {
      const Json& one = dependencies[i];
      const double error = Figure(one, "error");
      out += "  " +
             Fit(NameList(one["left"], 2) + " -> " + NameList(one["right"], 4) +
                     (error > 0 ? ", but for " + Percent(error) + " of the rows" : ""),
                 76) +
             "\n";
    }
    if (dependencies.size() > kShownDependencies)
      out += "  ... " + Count(std::int64_t(dependencies.size() - kShownDependencies)) + " more\n";
  }
  return out;
}

std::string RowsBlock(const Json& profile) {
  const Json& rows = Member(Member(profile, "unusual_rows"), "rows");
  std::string out;
  for (std::size_t i = 0; i < rows.size() && i < kShownRows; ++i) {
    std::string why;
    for (const Json& reason : Member(rows[i], "reasons"))
      why += (why.empty() ? "" : ", ") + Printable(Word(reason, "column"), 20) + " " +
             Printable(Word(reason, "value"), 14);
    out += "  " + Fit("row " + Count(rows[i].value("row", 0)) + ": " + why, 76) + "\n";
  }
  return out.empty() ? "" : "\nRows unlike the others\n" + out;
}

std::string ReferencesBlock(const Json& references) {
  std::string out = "\nReferences\n";
  if (references.empty()) return out + "  none found\n";
  for (const Json& r : references) {
    const double found = Figure(r, "found_share");
    out += "  " + Printable(Word(r, "table"), 24) + " (" + NameList(r["columns"], 3) + ") -> " +
           Printable(Word(r, "references"), 24) + " (" + NameList(r["key"], 3) + ")" +
           (found < 1 ? ", in " + Percent(found) + " of the rows" : "") + "\n";
  }
  return out;
}

std::string OneProfile(const Json& profile, const Stream& stream) {
  std::string out = ColumnLines(profile, stream) + RelatedBlock(profile) + TogetherBlock(profile) + KeysBlock(profile) +
                    RowsBlock(profile);
  const Json& findings = profile["findings"];
  out += "\nFound (" + std::to_string(findings.size()) + ")\n";
  for (const Json& finding : findings) {
    const std::string severity = Word(finding, "severity");
    const Ink ink = severity == "critical" ? Ink::kRed : severity == "warning" ? Ink::kYellow : Ink::kPlain;
    out += "  " + stream.Paint(PadRight(severity, 8), ink) + "  " + Printable(Word(finding, "text"), 300) + "\n";
  }
  return out;
}

}  // namespace

std::string ProfileText(const Json& profile, const Stream& stream) {
  if (Word(profile, "schema") != "tagwerk.profiles/1") return OneProfile(profile, stream);
  std::string out;
  for (const Json& item : profile["items"])
    out += Printable(Word(item, "name")) + ", " + Count(item.value("rows", 0)) + " rows\n" + OneProfile(item, stream) +
           "\n";
  return out + ReferencesBlock(profile["references"]);
}

}  // namespace tagwerk::cli
