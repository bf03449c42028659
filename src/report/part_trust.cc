// How it holds up: damaged rows, groups of people or things, and the check of the search itself.
#include <algorithm>
#include <cmath>

#include "report/parts.h"

namespace tagwerk::report {

namespace {

constexpr std::size_t kMostStressRows = 15;

/// The columns of a test: by name, or how many.
Inline ColumnsOf(const Facts& facts, const View& test) {
  const std::vector<View> columns = test["columns"].items();
  if (columns.size() > 2) return facts.t.Fill("stress.columns", {{"count", double(columns.size())}});
  Inline text;
  for (const View& column : columns) text = (text.empty() ? text : text + Plain(", ")) + Code(column.text());
  return text;
}

std::string ShareText(const Facts& facts, const View& share) {
  const auto value = share.number();
  return value ? facts.t.Percent(std::clamp(*value, 0.0, 1.0)) : "\xE2\x80\x93";
}

const View* Worst(const std::vector<View>& tests) {
  for (const View& test : tests)
    if (test["columns"].size() == 1 && test["loss"].number_or(0) > 0) return &test;
  return nullptr;
}

Block Stress(const Facts& facts) {
  const Language& t = facts.t;
  const View stress = facts.run["stress"];
  const std::vector<View> tests = stress["tests"].items();
  Block block;
  if (tests.empty()) return block;
  const auto intact = stress["intact"].number();
  block.title = t.Fill("stress.title");
  block.lede = t.Fill("stress.lede", {{"count", stress["rows"].number_or(0)}});
  const std::string metric = facts.MetricName(stress["metric"].text());
  Table table;
  table.heads = {TextHead(t.Fill("stress.head.kind")),
                 TextHead(t.Fill("column.column")),
                 NumberHead(Plain(metric)),
                 NumberHead(t.Fill("stress.head.lost")),
                 NumberHead(t.Fill("stress.head.changed")),
                 NumberHead(t.Fill("stress.head.noticed"))};
  for (const View& test : tests) {
    const std::string key = "stress.kind." + test["kind"].text();
    if (!t.Has(key) || table.rows.size() >= kMostStressRows) continue;
    const auto lost = test["lost_share"].number();
    table.rows.push_back(
        {{TextCell(t.Fill(key)), TextCell(ColumnsOf(facts, test)), NumberCell(t.Number(test["value"].number_or(0))),
          NumberCell(!lost        ? "\xE2\x80\x93"
                     : *lost >= 1 ? t.Text("stress.all_lost")
                                  : t.Percent(std::max(0.0, *lost))),
          NumberCell(ShareText(facts, test["changed_share"])), NumberCell(ShareText(facts, test["noticed_share"]))},
         "",
         ""});
  }
  table.sortable = true;
  block.tables.push_back(std::move(table));
  if (const View* worst = Worst(tests); worst != nullptr && intact)
    block.notes.push_back(t.Fill("stress.worst", {{"kind", t.Text("stress.kind." + (*worst)["kind"].text())},
                                                  {"column", (*worst)["columns"].at(0).text()},
                                                  {"metric", metric},
                                                  {"from", t.Number(*intact)},
                                                  {"to", t.Number((*worst)["value"].number_or(0))}}));
  for (const View& test : tests) {
    if (test["kind"].text() != "far") continue;
    const Values values = {{"noticed", ShareText(facts, test["noticed_share"])},
                           {"sure", ShareText(facts, test["sure_share"])}};
    block.notes.push_back(t.Fill(facts.regression ? "stress.far.number" : "stress.far", values));
  }
  return block;
}

std::string WithRange(const Facts& facts, const View& figure, bool share) {
  const auto value = figure["value"].number();
  if (!value) return "\xE2\x80\x93";
  const auto text = [&](double v) { return share ? facts.t.Percent(v) : facts.t.Number(v); };
  return text(*value) + " (" +
         facts.t.Text("number.span", {{"low", text(figure["low"].number_or(*value))},
                                      {"high", text(figure["high"].number_or(*value))}}) +
         ")";
}

Block Fairness(const Facts& facts, const View& column) {
  const Language& t = facts.t;
  static constexpr const char* kBinary[] = {"selected_share", "true_positive_rate", "false_positive_rate", "accuracy"};
  static constexpr const char* kOther[] = {"accuracy"};
  static constexpr const char* kNumber[] = {"mean_error", "mean_absolute_error"};
  std::vector<const char*> figures(std::begin(kOther), std::end(kOther));
  if (facts.binary) figures.assign(std::begin(kBinary), std::end(kBinary));
  if (facts.regression) figures.assign(std::begin(kNumber), std::end(kNumber));
  Block block;
  block.title = t.Fill("fairness.title", {{"column", column["column"].text()}});
  block.lede = t.Fill("fairness.lede");
  Table table;
  table.heads = {TextHead(Code(column["column"].text())), NumberHead(t.Fill("column.rows"))};
  for (const char* figure : figures)
    table.heads.push_back(NumberHead(t.Fill(std::string("fairness.") + figure, {{"positive", facts.positive}})));
  for (const View& group : column["groups"].items()) {
    Row row{{TextCell(Name(group["value"].text())), NumberCell(t.Count(group["rows"].number_or(0)))}, "", ""};
    for (const char* figure : figures)
      row.cells.push_back(NumberCell(WithRange(facts, group[figure], !facts.regression)));
    table.rows.push_back(std::move(row));
  }
  block.tables.push_back(std::move(table));
  for (const View& gap : column["gaps"].items()) {
    const std::string key = "fairness.gap." + gap["name"].text();
    if (t.Has(key)) block.notes.push_back(t.Fill(key, {{"gap", WithRange(facts, gap, !facts.regression)}}));
  }
  return block;
}

Block Selection(const Facts& facts) {
  const Language& t = facts.t;
  const View check = facts.run["test"]["selection"];
  const auto chosen = check["chosen"].number(), corrected = check["corrected"].number();
  const auto test = facts.Test(facts.metric);
  Block block;
  if (!chosen || !corrected || !test) return block;
  block.title = t.Fill("selection.title");
  const double half = std::max(test->HalfWidth(), 1e-9);
  block.notes.push_back(t.Fill("selection.text", {{"count", check["candidates"].number_or(0)},
                                                  {"metric", facts.MetricName(facts.metric)},
                                                  {"chosen", t.Rounded(*chosen, half / 10)},
                                                  {"corrected", t.Rounded(*corrected, half / 10)},
                                                  {"test", facts.ScoreInterval(*test)}}));
  return block;
}

}  // namespace

Section TrustPart(const Facts& facts) {
  const Language& t = facts.t;
  Section section{"trust", t.Fill("trust.title"), t.Fill("trust.lede"), {}, {}};
  if (Block block = Stress(facts); !block.tables.empty()) section.blocks.push_back(std::move(block));
  for (const View& column : facts.run["test"]["fairness"].items()) section.blocks.push_back(Fairness(facts, column));
  if (Block block = Selection(facts); !block.notes.empty()) section.blocks.push_back(std::move(block));
  return section;
}

}  // namespace tagwerk::report
