// How to get the same result again, and the words used.
#include <set>

#include "report/parts.h"

namespace tagwerk::report {

namespace {

Inline Sources(const Facts& facts) {
  Inline out;
  for (const View& source : facts.run["data"]["sources"].items()) {
    if (!out.empty()) out = out + Plain("; ");
    out = out + Code(source["path"].text()) +
          Plain(", " + facts.t.Text("trace.source", {{"count", source["rows"].number_or(0)},
                                                     {"size", facts.t.Size(source["bytes"].number_or(0))}}));
  }
  return out;
}

Inline Members(const Facts& facts) {
  Inline out;
  for (const View& member : facts.run["model"]["members"].items()) {
    if (!out.empty()) out = out + Plain("; ");
    out = out + facts.ModelTitle(member);
    if (facts.run["model"]["members"].size() > 1)
      out = out + Plain(" (" + facts.t.Fixed(member["weight"].number_or(0), 2) + ")");
  }
  return out;
}

Inline Gate(const Facts& facts) {
  const View gate = facts.run["gate"];
  if (!gate) return facts.t.Fill("trace.gate.none");
  Inline out = Code(gate["expression"].text()) + Plain(": ") +
               facts.t.Fill(gate["passed"].truth() ? "trace.gate.passed" : "trace.gate.failed", {}, true);
  for (const View& part : gate["parts"].items())
    out = out + Plain("; ") + Code(part["text"].text()) + Plain(" ") +
          Plain(part["value"].number() ? facts.t.Number(*part["value"].number()) : part["value"].text());
  return out;
}

Block Glossary(const Facts& facts) {
  const Language& t = facts.t;
  KeyValues words;
  std::set<std::string> seen;
  for (const View& item : facts.run["test"]["metrics"].items()) {
    const std::string name = item["name"].text();
    const std::string key = "metric." + name + ".doc";
    if (t.Has(key) && seen.insert(name).second) words.Add(Plain(facts.MetricName(name)), t.Fill(key));
  }
  for (const char* key : {"baseline", "validation", "test", "fold", "interval", "calibration", "leakage"})
    words.Add(t.Fill(std::string("word.") + key), t.Fill(std::string("word.") + key + ".doc"));
  return {t.Fill("words.title"), {}, words.Html(), {words.AsTable()}, {}, false};
}

}  // namespace

std::string KeyValues::Html() const {
  std::string out = "<dl class=\"kv\">";
  for (const auto& [name, value] : rows)
    out += "<dt>" + report::Html(name) + "</dt><dd>" + report::Html(value) + "</dd>";
  return out + "</dl>";
}

Table KeyValues::AsTable() const {
  Table table;
  table.heads = {{}, {}};
  for (const auto& [name, value] : rows) table.rows.push_back({{TextCell(name), TextCell(value)}, "", ""});
  return table;
}

Section TracePart(const Facts& facts) {
  const Language& t = facts.t;
  const View run = facts.run;
  Section section{"trace", t.Fill("trace.title"), {}, {}, {}};
  section.lede = t.Fill(run["reproduce"]["exact"].truth() ? "trace.exact" : "trace.not_exact");
  KeyValues left;
  left.Add(
      t.Fill("trace.command"),
      Code(run["reproduce"]["command"].text().empty() ? run["command"].text() : run["reproduce"]["command"].text()));
  left.Add(t.Fill("trace.data"), Sources(facts));
  left.Add(t.Fill("trace.fingerprint"), Code(run["data"]["fingerprint"].text()));
  left.Add(t.Fill("trace.seed"), Plain(run["seed"].text()));
  left.Add(t.Fill("trace.threads"),
           t.Fill("trace.threads.value", {{"threads", run["threads"].number_or(1)},
                                          {"memory", t.Size(run["memory_limit_bytes"].number_or(0))}}));
  left.Add(t.Fill("trace.time"), t.Fill("trace.time.value", {{"seconds", run["used"]["seconds"].number_or(0)},
                                                             {"budget", run["budget_seconds"].number_or(0)}}));
  left.Add(t.Fill("trace.version"), Plain(run["version"].text()));
  KeyValues right;
  right.Add(t.Fill("trace.model"), Members(facts));
  right.Add(t.Fill("trace.calibration"), Plain(run["model"]["calibration"].text()));
  if (run["model"].has())
    right.Add(t.Fill("trace.refit"), t.Fill(run["model"]["refitted"].truth() ? "trace.refit.yes" : "trace.refit.no"));
  std::vector<std::string> own;
  for (const View& name : run["model"]["own"].items()) own.push_back(name.text());
  right.Add(t.Fill("trace.file"),
            !own.empty() ? t.Fill("trace.no_file", {{"models", own}})
            : run["model"]["path"].text().empty()
                ? Inline{}
                : Code(run["model"]["path"].text()) + Plain(", " + t.Size(run["model"]["bytes"].number_or(0))));
  right.Add(t.Fill("trace.hash"),
            run["model"]["sha256"].text().empty() ? Inline{} : Code(run["model"]["sha256"].text()));
  if (const auto latency = run["model"]["latency_us"].number())
    right.Add(t.Fill("trace.latency"), Plain(t.Number(*latency) + "\xE2\x80\xAF\xC2\xB5s"));
  right.Add(t.Fill("trace.gate"), Gate(facts));
  section.blocks.push_back({{}, {}, left.Html(), {left.AsTable()}, {}, true});
  if (!right.rows.empty()) section.blocks.push_back({{}, {}, right.Html(), {right.AsTable()}, {}, true});
  section.blocks.push_back(Glossary(facts));
  return section;
}

}  // namespace tagwerk::report
