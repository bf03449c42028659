// The model card (Mitchell et al. 2019) in Markdown: what it is for, data, performance with intervals,
// limits, findings, the columns it needs, and how to get it again.
#include "report/parts.h"
#include "report/report.h"
#include "report/story.h"

namespace tagwerk::report {

namespace {

std::string List(const std::vector<Inline>& items) {
  std::string out;
  for (const Inline& item : items) out += "- " + Markdown(item) + "\n";
  return out + "\n";
}

std::string Heading(const Language& t, const char* key) { return "## " + Markdown(t.Fill(key)) + "\n\n"; }

Table Inputs(const Facts& facts) {
  const Language& t = facts.t;
  Table table;
  table.heads = {TextHead(t.Fill("column.column")), TextHead(t.Fill("column.type")),
                 NumberHead(t.Fill("column.missing")), TextHead(t.Fill("card.range"))};
  for (const View& column : facts.run["columns"].items()) {
    if (!column["used"].truth()) continue;
    const View statistics = column["statistics"];
    const auto low = statistics["min"].number();
    const auto high = statistics["max"].number();
    const std::string type = "type." + column["type"].text();
    Inline range;
    if (low && high)
      range = t.Fill("number.span", {{"low", t.Number(*low)}, {"high", t.Number(*high)}});
    else if (const auto distinct = column["distinct"].number())
      range = t.Fill("card.values", {{"count", *distinct}});
    table.rows.push_back(
        {{TextCell(Code(column["name"].text())), TextCell(t.Has(type) ? t.Fill(type) : Plain(column["type"].text())),
          NumberCell(t.Percent(column["missing_share"].number_or(0))), TextCell(range)},
         "",
         ""});
  }
  return table;
}

}  // namespace

Table PerformanceTable(const Facts& facts) {
  const Language& t = facts.t;
  Table table;
  table.heads = {TextHead(t.Fill("column.metric")), NumberHead(t.Fill("metrics.model")),
                 NumberHead(t.Fill("metrics.base"))};
  for (const View& item : facts.run["test"]["metrics"].items()) {
    const auto metric = ReadMetric(item);
    if (!metric) continue;
    const auto base = facts.Baseline(metric->name);
    table.rows.push_back({{TextCell(Plain(facts.MetricName(metric->name))), NumberCell(facts.ScoreInterval(*metric)),
                           NumberCell(base ? facts.ScoreInterval(*base) : "")},
                          "",
                          ""});
  }
  return table;
}

Result<std::string> RenderCard(const Json& run, const std::string& language) {
  const Language* found = Language::Find(language);
  if (found == nullptr)
    return Error(Code::kInvalidArgument, "language-unknown", "no texts in this language: \"" + language + "\"")
        .In("--lang")
        .Got(language)
        .Allowed(Languages())
        .ExitCode(2);
  const Language& t = *found;
  const Facts facts(View(run), t);
  const Story story = Tell(facts);
  const View model = facts.run["model"];
  std::string name = model["name"].text().empty() ? facts.run["name"].text() : model["name"].text();
  std::string out = "# " + Markdown(t.Fill("card.title", {{"model", name}, {"version", model["version"].text()}})) +
                    "\n\n" + Markdown(story.kicker) + "\n\n";
  out += Heading(t, "card.purpose") + Markdown(story.question) + "\n\n";
  for (const Inline& text : story.asked) out += Markdown(text) + "\n\n";
  out += Heading(t, "card.answer");
  for (const Inline& text : story.answer) out += Markdown(text) + " ";
  out += "\n\n" + Heading(t, "card.data");
  const View data = facts.run["data"];
  out += Markdown(t.Fill("data.lede", {{"rows", data["rows"].number_or(0)},
                                       {"columns", data["columns"].number_or(0)},
                                       {"count", data["sources"].size()}})) +
         " " + Markdown(story.basis) + "\n\n";
  if (const Table table = PerformanceTable(facts); !table.empty())
    out += Heading(t, "card.performance") + TableMarkdown(table) + Markdown(t.Fill("card.intervals")) + "\n\n";
  if (!story.limits.empty()) out += Heading(t, "six.limits") + List(story.limits);
  if (facts.run["findings"].size() > 0) {
    out += Heading(t, "findings.title");
    std::size_t shown = 0;
    for (const View& finding : facts.run["findings"].items())
      if (shown++ < 60)
        out += "- **" + Markdown(Plain(FindingPill(finding, t).second)) +
               "**: " + Markdown(Sentence(FindingInline(finding, t))) + "\n";
    out += "\n";
  }
  if (const Table table = Inputs(facts); !table.empty()) out += Heading(t, "card.columns") + TableMarkdown(table);
  if (const double rows = model["background_rows"].number_or(0); rows > 0)
    out += Heading(t, "card.contents") + Markdown(t.Fill("card.background", {{"rows", rows}})) + "\n\n";
  const Section trace = TracePart(facts);
  out += Heading(t, "trace.title") + Markdown(trace.lede) + "\n\n";
  for (std::size_t i = 0; i + 1 < trace.blocks.size(); ++i)
    for (const Table& table : trace.blocks[i].tables) out += TableMarkdown(table);
  return out;
}

}  // namespace tagwerk::report
