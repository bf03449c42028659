// The data part: every finding with evidence, columns that know the answer, who taught and who judged,
// and the columns with their distributions. Beyond 100 columns the rest is summarised.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/chart.h"
#include "report/parts.h"
#include "report/story.h"

namespace tagwerk::report {

namespace {

constexpr std::size_t kMostFindings = 60;
constexpr std::size_t kMostColumns = 100;

Inline Evidence(const Facts& facts, const View& finding) {
  Inline out;
  const View evidence = finding["evidence"];
  for (const std::string& name : evidence.keys()) {
    const View value = evidence[name];
    std::string text = value.number() ? facts.t.Number(*value.number()) : value.text();
    if (value.size() > 0) text = PlainText(facts.t.List(Value::From(value).texts(), Style::kName));
    if (text.empty()) continue;
    std::string words = name;
    std::replace(words.begin(), words.end(), '_', ' ');
    out = out + Plain(out.empty() ? "" : "; ") + Plain(words + " ") + Name(text);
  }
  std::size_t shown = 0;
  for (const View& example : finding["examples"].items()) {
    if (shown++ >= 3) break;
    const std::string line = example["line"].text();
    out = out + Plain(out.empty() ? "" : "; ") +
          (line.empty() || line == "0" ? Inline{} : facts.t.Fill("finding.line", {{"line", line}}) + Plain(" ")) +
          Name(example["value"].text());
  }
  return out;
}

Inline Done(const Facts& facts, const View& finding) {
  const std::string action = finding["action"].text();
  const bool suspect = finding["suspect"].truth() && action == "kept";
  const std::string key = "action." + (suspect ? std::string("suspect") : action) + ".done";
  return facts.t.Has(key) ? facts.t.Fill(key) : Inline{};
}

Block Findings(const Facts& facts) {
  const Language& t = facts.t;
  Block block{t.Fill("findings.title"), t.Fill("findings.lede"), "", {}, {}, false};
  Table table;
  table.heads = {TextHead(t.Fill("column.done")), TextHead(t.Fill("column.finding")),
                 TextHead(t.Fill("finding.otherwise"))};
  const std::vector<View> findings = facts.run["findings"].items();
  for (std::size_t i = 0; i < findings.size() && i < kMostFindings; ++i) {
    const View& finding = findings[i];
    const auto [kind, word] = FindingPill(finding, t);
    const Inline text = Sentence(FindingInline(finding, t));
    const double rows = finding["rows"].number_or(0);
    const std::string override_option = finding["override"].text();
    const Inline evidence = Evidence(facts, finding);
    const Inline done = Done(facts, finding);
    std::string body;
    if (!evidence.empty()) body += "<div><h4>" + Html(t.Fill("finding.evidence")) + "</h4>" + Html(evidence) + "</div>";
    if (!done.empty()) body += "<div><h4>" + Html(t.Fill("finding.done")) + "</h4>" + Html(done) + "</div>";
    if (!override_option.empty())
      body += "<div><h4>" + Html(t.Fill("finding.otherwise")) + "</h4><pre>" + Escape(Shorten(override_option, 400)) +
              "</pre></div>";
    block.html += "<details class=\"finding\"" + std::string(i == 0 ? " open" : "") + "><summary>" + Pill(kind, word) +
                  "<span class=\"what\">" + Html(text) + "</span><span class=\"faint small\">" +
                  (rows > 0 ? Html(t.Fill("finding.rows", {{"count", rows}})) : "") +
                  "</span></summary><div class=\"body\">" + body + "</div></details>";
    table.rows.push_back(
        {{TextCell(Plain(word)), TextCell(text), TextCell(override_option.empty() ? Inline{} : Code(override_option))},
         "",
         ""});
  }
  block.tables.push_back(std::move(table));
  if (findings.size() > kMostFindings)
    block.notes.push_back(t.Fill("findings.more", {{"count", double(findings.size() - kMostFindings)}}));
  return block;
}

Block Leakage(const Facts& facts) {
  const Language& t = facts.t;
  Block block{t.Fill("leakage.title"), t.Fill("leakage.lede"), "", {}, {}, true};
  const Scale scale{facts.binary ? 0.48 : -0.02, 1.02};
  const std::vector<std::pair<double, std::string>> ticks =
      facts.binary ? std::vector<std::pair<double, std::string>>{{0.5, t.Fixed(0.5, 2)},
                                                                 {0.75, t.Fixed(0.75, 2)},
                                                                 {1.0, t.Fixed(1, 2)}}
                   : std::vector<std::pair<double, std::string>>{{0.0, "0"}, {0.5, t.Fixed(0.5, 1)}, {1.0, "1"}};
  Table table;
  table.css = "rows";
  table.in_box = false;
  table.heads = {{}, Head{t.Fill("leakage.alone"), false, true, "mk", RowAxis(scale, ticks)}, {}, {}};
  for (const View& column : facts.run["leakage"]["columns"].items()) {
    if (table.rows.size() >= 25) break;
    const auto score = column["score_alone"].number();
    const bool used = column["used"].truth();
    RowMarks marks(scale, {ticks[0].first, ticks[1].first, ticks[2].first}, 18);
    if (score) marks.Bar(facts.binary ? 0.5 : 0, *score, "bad");
    table.rows.push_back({{TextCell(Code(column["column"].text())),
                           {{}, marks.Svg(), "class=\"mk\"", false},
                           {score ? Plain(t.Fixed(*score, 3)) : Inline{}, "", "class=\"v r\"", false},
                           {t.Fill(used ? "leakage.used" : "leakage.left_out"), "", "class=\"opt\"", false}},
                          "",
                          ""});
  }
  const auto with = ReadMetric(facts.run["leakage"]["score_with"]);
  const auto without = ReadMetric(facts.run["leakage"]["score_without"]);
  if (with && without)
    block.notes.push_back(t.Fill("leakage.scores", {{"metric", facts.MetricName(with->name)},
                                                    {"with", facts.ScoreInterval(*with)},
                                                    {"without", facts.ScoreInterval(*without)}}));
  block.tables.push_back(std::move(table));
  return block;
}

Block Split(const Facts& facts) {
  const Language& t = facts.t;
  const View split = facts.run["split"];
  Block block{t.Fill("split.title"), {}, "", {}, {}, true};
  const std::string key = split["reason_key"].text();
  Values values;
  for (const std::string& name : split["reason_values"].keys())
    values.emplace_back(name, Value::From(split["reason_values"][name]));
  block.lede = !key.empty() && t.Has(key) ? t.Fill(key, values) : Plain(split["reason"].text());
  if (!PlainText(block.lede).empty()) block.lede = Sentence(std::move(block.lede));
  const double all = facts.train_rows + facts.test_rows;
  if (all > 0) {
    const double share = facts.train_rows / all * 100;
    const std::string train = t.Text("split.train", {{"count", facts.train_rows}});
    const std::string test = t.Text("split.test", {{"count", facts.test_rows}});
    block.html = "<svg width=\"100%\" height=\"26\" role=\"img\" aria-label=\"" + Escape(train + "; " + test) +
                 "\"><rect class=\"d-base\" x=\"0\" y=\"2\" height=\"22\" rx=\"2\" width=\"" +
                 Number2(std::max(0.0, share - 0.4)) +
                 "%\"/><rect class=\"d-model\" y=\"2\" height=\"22\" rx=\"2\" x=\"" + Number2(share) + "%\" width=\"" +
                 Number2(100 - share) + "%\"/></svg><p class=\"ends\"><span>" + Escape(train) + "</span><span>" +
                 Escape(test) + "</span></p>";
    if (facts.time_split && split["train_from"].has())
      block.html += "<p class=\"ends faint\"><span>" +
                    Escape(t.Date(split["train_from"].text()) + " \xE2\x80\x93 " + t.Date(split["train_to"].text())) +
                    "</span><span>" +
                    Escape(t.Date(split["from"].text()) + " \xE2\x80\x93 " + t.Date(split["to"].text())) +
                    "</span></p>";
  }
  Table table;
  table.heads = {TextHead(t.Fill("column.part")), NumberHead(t.Fill("column.rows"))};
  table.rows.push_back({{TextCell(t.Fill("split.train.name")), NumberCell(t.Count(facts.train_rows))}, "", ""});
  table.rows.push_back({{TextCell(t.Fill("split.test.name")), NumberCell(t.Count(facts.test_rows))}, "", ""});
  block.tables.push_back(std::move(table));
  if (const double folds = split["folds"].number_or(0); folds > 0)
    block.notes.push_back(t.Fill("split.folds", {{"count", folds}}));
  if (const double gap = split["gap_seconds"].number_or(0); gap > 0)
    block.notes.push_back(t.Fill("split.gap", {{"gap", gap}}));
  if (const double twins = split["duplicate_groups"].number_or(0); twins > 0)
    block.notes.push_back(t.Fill("split.duplicates", {{"count", twins}}));
  return block;
}

std::string StateWord(const Facts& facts, const View& column, std::string& kind) {
  const std::string role = column["role"].text();
  const Language& t = facts.t;
  kind = "";
  if (role == "target" || column["name"].text() == facts.target) return kind = "info", t.Text("state.target");
  if (column["used"].truth()) return kind = "model", t.Text("state.used");
  const std::string reason = column["reason"].text();
  if (reason.find("leak") != std::string::npos) kind = "bad";
  const std::string key = "state." + reason;
  return t.Has(key) ? t.Text(key) : t.Text("state.left_out");
}

Inline Summary(const Facts& facts, const View& statistics) {
  const Language& t = facts.t;
  const std::vector<double> q = statistics["quantiles"].numbers();
  if (q.size() == 11) return Plain(t.Number(q[0]) + " \xC2\xB7 " + t.Number(q[5]) + " \xC2\xB7 " + t.Number(q[10]));
  std::vector<std::string> names;
  for (const View& top : statistics["top"].items())
    if (names.size() < 3) names.push_back(Shorten(top["value"].text(), 24));
  Inline out;
  for (std::size_t i = 0; i < names.size(); ++i) out = out + Plain(i > 0 ? ", " : "") + Name(names[i]);
  if (statistics["top"].size() > 3) out = out + Plain(" \xE2\x80\xA6");
  return out;
}

std::vector<double> Shape20(const View& statistics) {
  std::vector<double> counts = statistics["histogram"]["counts"].numbers();
  if (counts.empty())
    for (const View& top : statistics["top"].items()) counts.push_back(top["count"].number_or(0));
  std::vector<double> merged;
  const std::size_t step = std::max<std::size_t>(1, (counts.size() + 23) / 24);
  for (std::size_t i = 0; i < counts.size(); i += step) {
    double sum = 0;
    for (std::size_t j = i; j < std::min(i + step, counts.size()); ++j) sum += counts[j];
    merged.push_back(sum);
  }
  return merged;
}

/// Beyond 100 columns: those that matter to the model first, the rest only counted.
std::vector<View> Shown(const Facts& facts, const std::vector<View>& columns) {
  if (columns.size() <= kMostColumns) return columns;
  std::vector<std::string> important;
  for (const View& item : facts.run["detail"]["importance"]["columns"].items())
    important.push_back(item["column"].text());
  const auto place = [&](const View& column) {
    const std::string name = column["name"].text();
    if (name == facts.target) return std::size_t(0);
    const auto it = std::find(important.begin(), important.end(), name);
    return it == important.end() ? important.size() + 1 : std::size_t(it - important.begin()) + 1;
  };
  std::vector<std::pair<std::size_t, std::size_t>> order;
  for (std::size_t i = 0; i < columns.size(); ++i) order.emplace_back(place(columns[i]), i);
  std::sort(order.begin(), order.end());
  std::vector<View> shown;
  for (std::size_t i = 0; i < kMostColumns; ++i) shown.push_back(columns[order[i].second]);
  return shown;
}

Block Columns(const Facts& facts) {
  const Language& t = facts.t;
  const std::vector<View> columns = facts.run["columns"].items();
  Block block{t.Fill("columns.title"), t.Fill("columns.lede", {{"count", double(columns.size())}}), "", {}, {}, false};
  Table table;
  table.css = "mid";
  table.sortable = true;
  table.heads = {TextHead(t.Fill("column.column")),
                 TextHead(t.Fill("column.state")),
                 TextHead(t.Fill("column.type")),
                 NumberHead(t.Fill("column.missing")),
                 NumberHead(t.Fill("column.distinct")),
                 Head{t.Fill("column.distribution"), false, false, "", ""},
                 Head{t.Fill("column.values"), false, false, "", ""},
                 NumberHead(t.Fill("column.alone"))};
  for (const View& column : Shown(facts, columns)) {
    const View statistics = column["statistics"];
    const std::string name = column["name"].text();
    std::string kind;
    const std::string word = StateWord(facts, column, kind);
    const auto missing = column["missing_share"].number();
    const auto distinct = column["distinct"].number();
    const auto alone = statistics["target_score"].number();
    const std::string type = "type." + column["type"].text();
    table.rows.push_back({{TextCell(Code(name)),
                           {Plain(word), "", "", false},
                           TextCell(t.Has(type) ? t.Fill(type) : Plain(column["type"].text())),
                           NumberCell(missing && *missing > 0 ? t.Percent(*missing) : "\xE2\x80\x93"),
                           NumberCell(distinct ? t.Count(*distinct) : ""),
                           {{},
                            Sparkline(Shape20(statistics), column["used"].truth() ? "model" : "base",
                                      t.Text("columns.spark", {{"column", name}})),
                            "",
                            false},
                           {Summary(facts, statistics), "", "class=\"faint\"", false},
                           NumberCell(alone ? t.Fixed(*alone, 3) : "\xE2\x80\x93")},
                          "",
                          ""});
    Cell& state = table.rows.back().cells[1];
    state.svg = Pill(kind, word);
    state.attributes = "data-pill";
  }
  block.html = "";
  block.tables.push_back(table);
  for (Row& row : table.rows) row.cells[1].text.clear();
  block.html = TableHtml(table);
  if (columns.size() > kMostColumns)
    block.notes.push_back(t.Fill("columns.more", {{"count", double(columns.size() - kMostColumns)}}));
  return block;
}

}  // namespace

Section DataPart(const Facts& facts) {
  const Language& t = facts.t;
  Section section{"data", t.Fill("data.title"), {}, {}, {}};
  const View data = facts.run["data"];
  if (data.has())
    section.lede = t.Fill("data.lede", {{"rows", data["rows"].number_or(0)},
                                        {"columns", data["columns"].number_or(0)},
                                        {"count", data["sources"].size()}});
  if (facts.run["findings"].size() > 0) section.blocks.push_back(Findings(facts));
  const bool leakage = facts.run["leakage"]["columns"].size() > 0;
  if (leakage) section.blocks.push_back(Leakage(facts));
  if (facts.run["split"].has() && facts.train_rows > 0) section.blocks.push_back(Split(facts));
  if (facts.run["columns"].size() > 0) section.blocks.push_back(Columns(facts));
  return section;
}

}  // namespace tagwerk::report
