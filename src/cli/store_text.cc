#include "cli/store_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/lines.h"
#include "cli/summary.h"

namespace tagwerk::cli {

namespace {

using Cells = std::vector<std::string>;

/// Columns as wide as what stands in them, two blanks apart; the last one is not padded.
std::string TableText(const Cells& head, const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths;
  for (const std::string& name : head) widths.push_back(DisplayWidth(name));
  for (const Cells& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  std::string out;
  const auto add = [&](const Cells& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += i + 1 < row.size() ? PadRight(row[i], widths[i]) + "  " : row[i];
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  };
  add(head);
  for (const Cells& row : rows) add(row);
  return out;
}

std::string Cell(const Json& object, const char* name, std::size_t width = 40) {
  const std::string text = Text(object, name);
  return text.empty() ? "-" : Fit(Printable(text, 200), width);
}

/// 2026-11-22T08:00:01.000Z as 2026-11-22 08:00.
std::string When(const Json& object, const char* name) {
  const std::string text = Text(object, name);
  return text.size() < 16 ? "-" : text.substr(0, 10) + " " + text.substr(11, 5);
}

std::string Score(const Json& object) {
  const double value = Number(object, "score"), low = Number(object, "score_low"), high = Number(object, "score_high");
  if (!std::isfinite(value)) return "-";
  return std::isfinite(low) && std::isfinite(high) ? Interval(value, low, high)
                                                   : Shortest(std::round(value * 1e4) / 1e4);
}

std::string Aliases(const Json& item) {
  std::vector<std::string> names;
  for (const Json& alias : item["aliases"]) names.push_back(Printable(alias.get<std::string>()));
  return names.empty() ? "-" : Join(names, ", ");
}

std::string ModelsList(const Json& document) {
  if (document["items"].empty()) return "No models yet. A run registers its model: tagwerk run DATA --target COL\n";
  std::vector<Cells> rows;
  for (const Json& item : document["items"])
    rows.push_back({Cell(item, "name", 30), std::to_string(item.value("version", 0)), Aliases(item),
                    Cell(item, "metric"), Score(item), When(item, "created_at"),
                    Bytes(item.value("bytes", std::uint64_t(0)))});
  return TableText({"NAME", "VERSION", "ALIAS", "METRIC", "SCORE", "CREATED", "SIZE"}, rows);
}

std::string GateText(const Json& gate) {
  std::string out;
  if (!gate.is_object()) return out;
  for (const Json& part : gate["parts"]) {
    const char* mark = part["passed"].is_null() ? "-   " : part["passed"].get<bool>() ? "ok  " : "fail";
    out += std::string("  ") + mark + "  " + Printable(Text(part, "text"), 200) + "\n";
  }
  return out;
}

std::string PromoteText(const Json& document) {
  const std::string version = Text(document, "name") + ":" + std::to_string(document.value("version", 0));
  if (!document.value("promoted", false))
    return version + " was not promoted: the gate says no\n" + GateText(document["gate"]) +
           "To do it all the same: tagwerk models promote " + version + " --force --reason TEXT\n";
  return version + " is " + Text(document, "alias") + " now" +
         (document.value("forced", false) ? ", against the gate" : "") + "\n" + GateText(document["gate"]);
}

std::string HistoryText(const Json& document) {
  std::vector<Cells> rows;
  const auto version = [](const Json& value) { return value.is_null() ? "-" : DumpJson(value); };
  for (const Json& item : document["items"])
    rows.push_back({When(item, "at"), Cell(item, "alias"), version(item["from"]), version(item["to"]),
                    Text(item, "kind") + (item.value("forced", false) ? " (forced)" : ""), Cell(item, "actor"),
                    Cell(item, "reason", 60)});
  return TableText({"WHEN", "ALIAS", "FROM", "TO", "WHAT", "BY", "REASON"}, rows);
}

std::string ModelsText(const app::StoreResponse& response) {
  const Json& document = response.document;
  const std::string version = Text(document, "name") + ":" + std::to_string(document.value("version", 0));
  if (response.kind == "list" || response.kind == "register") return ModelsList(document);
  if (response.kind == "promote") return PromoteText(document);
  if (response.kind == "history") return HistoryText(document);
  if (response.kind == "rollback") return version + " is champion again\n";
  if (response.kind == "delete") return version + " was deleted; tagwerk store gc frees its file\n";
  std::string out = ModelText(document);
  if (document.contains("registry"))
    out += "Registry: " + Text(document["registry"], "name") + " version " +
           std::to_string(document["registry"].value("version", 0)) + ", " + Aliases(document["registry"]) + ", from " +
           Cell(document["registry"], "run", 80) + "\n";
  return out;
}

std::string RunsList(const Json& document) {
  if (document["items"].empty()) return "No runs.\n";
  std::vector<Cells> rows;
  for (const Json& item : document["items"])
    rows.push_back({Cell(item, "id", 80), Cell(item, "status"), When(item, "started_at"), Cell(item, "target", 20),
                    Cell(item, "metric"), Score(item), std::to_string(item.value("trials", 0)),
                    item["version"].is_null() ? "-" : DumpJson(item["version"])});
  return TableText({"RUN", "STATUS", "STARTED", "TARGET", "METRIC", "SCORE", "TRIALS", "VERSION"}, rows);
}

std::string Short(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_number_float()) return Shortest(std::round(value.get<double>() * 1e4) / 1e4);
  return Fit(LabelText(value), 28);
}

std::string RunsComparison(const Json& document) {
  Cells head = {""};
  for (const Json& id : document["items"]) head.push_back(Fit(LabelText(id), 40));
  std::vector<Cells> rows;
  for (const Json& metric : document["metrics"]) {
    Cells row = {Printable(Text(metric, "name"))};
    for (const Json& value : metric["values"])
      row.push_back(value.is_null() || !std::isfinite(Number(value, "value"))
                        ? "-"
                        : Interval(Number(value, "value"), Number(value, "low"), Number(value, "high")));
    rows.push_back(std::move(row));
  }
  for (const Json& fact : document["facts"]) {
    if (fact.value("same", false)) continue;
    Cells row = {Printable(Text(fact, "name"))};
    for (const Json& value : fact["values"]) row.push_back(Short(value));
    rows.push_back(std::move(row));
  }
  return TableText(head, rows) + "Facts that are equal are left out. Whether one is better: tagwerk compare A B\n";
}

/// A run without a result: how it stands, and its trials.
std::string RunSketchText(const Json& document) {
  std::string out = "Run " + Printable(Text(document, "id"), 200) + ": " + Text(document, "status") + "\n";
  out += "started " + When(document, "started_at") + ", " + Printable(Text(document, "command"), 400) + "\n";
  if (document.contains("error") && document["error"].is_object())
    out += "error[" + Text(document["error"], "id") + "]: " + Printable(Text(document["error"], "message"), 400) + "\n";
  if (const std::string folder = Text(document, "folder"); !folder.empty())
    out += "continue: tagwerk run --resume=" + Printable(folder, 400) + " ...\n";
  return out;
}

std::string RunsText(const app::StoreResponse& response) {
  const Json& document = response.document;
  if (response.kind == "list") return RunsList(document);
  if (response.kind == "compare") return RunsComparison(document);
  if (response.kind == "delete")
    return "Run " + Printable(Text(document, "deleted"), 200) + " was deleted; its folder stays\n";
  if (response.kind == "import") return "Run " + Printable(Text(document, "id"), 200) + " was imported\n";
  if (response.kind == "export") return "";
  return RunSketchText(document);
}

std::string CheckText(const Json& document) {
  std::string out = Printable(Text(document, "store"), 400) + ": schema " +
                    std::to_string(document.value("schema_version", 0)) +
                    (document.value("exists", true) ? "" : " (no store yet)") + "\n";
  std::int64_t rows = 0;
  for (const auto& [name, count] : document["tables"].items()) rows += count.get<std::int64_t>();
  const Json& files = document["artifacts"];
  out += std::to_string(document["tables"].size()) + " tables, " + Count(rows) + " rows; " +
         Count(files.value("files", 0)) + " files, " + Bytes(files.value("bytes", std::uint64_t(0)));
  if (files.value("unnamed", 0) > 0) out += "; " + Count(files.value("unnamed", 0)) + " more that nothing names (gc)";
  out += "\n";
  for (const Json& problem : document["problems"])
    out += "problem  " + Printable(Text(problem, "what"), 300) + " -> " + Printable(Text(problem, "do"), 100) + "\n";
  return out + (document["problems"].empty() ? "whole\n" : "");
}

std::string TokensText(const app::StoreResponse& response, bool quiet) {
  const Json& document = response.document;
  if (response.kind == "tokens add") return response.token + "\n";
  if (response.kind == "tokens revoke")
    return quiet ? "" : "Token " + Printable(Text(document, "revoked")) + " is revoked\n";
  std::vector<Cells> rows;
  for (const Json& item : document["items"]) {
    std::vector<std::string> scopes;
    for (const Json& scope : item["scopes"]) scopes.push_back(scope.get<std::string>());
    rows.push_back({Cell(item, "name"), Join(scopes, ","), When(item, "created_at"), When(item, "expires_at"),
                    Cell(item, "state")});
  }
  return rows.empty() ? "No tokens.\n" : TableText({"NAME", "SCOPES", "CREATED", "EXPIRES", "STATE"}, rows);
}

std::string StoreVerbText(const app::StoreResponse& response, bool quiet) {
  const Json& document = response.document;
  const auto amount = [&] {
    return Count(document.value("files", 0)) + " files, " + Bytes(document.value("bytes", std::uint64_t(0)));
  };
  if (response.kind.rfind("tokens", 0) == 0) return TokensText(response, quiet);
  if (response.kind == "check" || document.contains("problems")) return CheckText(document);
  if (quiet) return "";
  if (response.kind == "backup") return "Backup " + Printable(Text(document, "backup"), 400) + ": " + amount() + "\n";
  if (response.kind == "restore")
    return "Restored from " + Printable(Text(document, "restored"), 400) + ": " + amount() + "\n";
  if (response.kind == "gc")
    return std::string(document.value("dry_run", false) ? "Would be removed: " : "Removed ") +
           Count(document.value("removed_files", 0)) + " files, " +
           Bytes(document.value("removed_bytes", std::uint64_t(0))) + "; files of " +
           Count(document.value("old_runs", 0)) + " old runs; " + Count(document.value("interrupted_runs", 0)) +
           " runs marked as interrupted\n";
  return "Schema " + std::to_string(document.value("schema_version", 0)) +
         " (before: " + std::to_string(document.value("schema_before", 0)) + ")\n";
}

}  // namespace

std::string StoreText(const std::string& verb, const app::StoreResponse& response, bool quiet) {
  if (verb == "models") return ModelsText(response);
  if (verb == "runs") return RunsText(response);
  return StoreVerbText(response, quiet);
}

}  // namespace tagwerk::cli
