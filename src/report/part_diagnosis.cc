// Where the error comes from and what the split hides: the run document's `diagnosis`.
#include <algorithm>

#include "report/parts.h"

namespace tagwerk::report {

namespace {

constexpr std::size_t kMostSuspects = 20;

/// "city = Bern", "age above 30 up to 40", "income missing".
Inline SliceName(const Facts& facts, const View& slice) {
  const Language& t = facts.t;
  const Inline column = Code(slice["column"].text());
  if (slice["kind"].text() == "missing") return t.Fill("diagnosis.slice.missing", {{"column", column}});
  if (slice["kind"].text() == "value")
    return t.Fill("diagnosis.slice.value", {{"column", column}, {"value", Name(slice["value"].text())}});
  const auto low = slice["low"].number(), high = slice["high"].number();
  const Values values = {{"column", column}, {"low", t.Number(low.value_or(0))}, {"high", t.Number(high.value_or(0))}};
  return t.Fill(low && high ? "diagnosis.slice.range" : low ? "diagnosis.slice.above" : "diagnosis.slice.upto", values);
}

Block Slices(const Facts& facts, const View& list, const char* title, const char* lede) {
  const Language& t = facts.t;
  Block block{t.Fill(title), t.Fill(lede), "", {}, {}, false};
  Table table;
  table.sortable = true;
  table.heads = {TextHead(t.Fill("diagnosis.where")), NumberHead(t.Fill("diagnosis.rows")),
                 NumberHead(t.Fill("diagnosis.loss")), NumberHead(t.Fill("diagnosis.gain"))};
  for (const View& slice : list.items())
    table.rows.push_back(
        {{TextCell(SliceName(facts, slice)), NumberCell(t.Percent(slice["rows_share"].number_or(0))),
          NumberCell(t.Percent(slice["loss_share"].number_or(0))), NumberCell(t.Percent(slice["gain"].number_or(0)))},
         "",
         ""});
  if (!table.empty()) {
    const View worst = list.at(0);
    block.notes.push_back(t.Fill("diagnosis.slice.worst", {{"slice", SliceName(facts, worst)},
                                                           {"rows", worst["rows_share"].number_or(0)},
                                                           {"loss", worst["loss_share"].number_or(0)},
                                                           {"gain", worst["gain"].number_or(0)}}));
  }
  block.html = TableHtml(table);
  block.tables.push_back(std::move(table));
  return block;
}

Block Confused(const Facts& facts, const View& list) {
  const Language& t = facts.t;
  Block block{t.Fill("diagnosis.confused.title"), t.Fill("diagnosis.confused.lede"), "", {}, {}, false};
  Table table;
  table.sortable = true;
  table.heads = {TextHead(t.Fill("diagnosis.truth")), TextHead(t.Fill("diagnosis.decision")),
                 NumberHead(t.Fill("diagnosis.count")), NumberHead(t.Fill("diagnosis.wrong")),
                 NumberHead(t.Fill("diagnosis.loss"))};
  for (const View& pair : list.items())
    table.rows.push_back(
        {{TextCell(Name(pair["truth"].text())), TextCell(Name(pair["decision"].text())),
          NumberCell(t.Count(pair["rows"].number_or(0))), NumberCell(t.Percent(pair["share_of_wrong"].number_or(0))),
          NumberCell(t.Percent(pair["loss_share"].number_or(0)))},
         "",
         ""});
  block.html = TableHtml(table);
  block.tables.push_back(std::move(table));
  return block;
}

Block SuspectLabels(const Facts& facts, const View& noise) {
  const Language& t = facts.t;
  Block block{t.Fill("diagnosis.labels.title"), {}, "", {}, {}, false};
  const double rows = noise["rows_looked_at"].number_or(1);
  block.lede = t.Fill("diagnosis.labels.lede", {{"count", noise["rows"].number_or(0)},
                                                {"low", noise["low"].number_or(0)},
                                                {"high", noise["high"].number_or(0)},
                                                {"share", noise["rows"].number_or(0) / rows}});
  Table table;
  table.sortable = true;
  const bool numbers = facts.regression;
  table.heads = {TextHead(t.Fill("diagnosis.place")), TextHead(t.Fill("diagnosis.given")),
                 TextHead(t.Fill("diagnosis.suggested")),
                 NumberHead(t.Fill(numbers ? "diagnosis.deviations" : "diagnosis.probability"))};
  for (const View& suspect : noise["suspects"].items()) {
    if (table.rows.size() >= kMostSuspects) break;
    const auto line = suspect["line"].number();
    const Inline place =
        line ? t.Fill("diagnosis.place.line", {{"file", suspect["file"].text()}, {"line", t.Count(*line)}})
             : t.Fill("diagnosis.place.row", {{"row", suspect["row"].number_or(0)}});
    const auto label = [&](const View& value) {
      return numbers ? Plain(facts.Target(value.number_or(0))) : Name(value.text());
    };
    table.rows.push_back(
        {{TextCell(place), TextCell(label(suspect["given"])), TextCell(label(suspect["suggested"])),
          NumberCell(t.Fixed(suspect[numbers ? "deviations" : "probability_suggested"].number_or(0), numbers ? 1 : 3))},
         "",
         ""});
  }
  block.html = TableHtml(table);
  block.tables.push_back(std::move(table));
  const View cost = facts.run["diagnosis"]["errors"]["suspect_labels"];
  if (cost.has()) {
    block.notes.push_back(t.Fill("diagnosis.labels.cost",
                                 {{"count", cost["rows"].number_or(0)}, {"share", cost["loss_share"].number_or(0)}}));
  }
  return block;
}

Block Across(const Facts& facts, const View& diagnosis) {
  const Language& t = facts.t;
  Block block{t.Fill("diagnosis.split.title"), t.Fill("diagnosis.split.lede"), "", {}, {}, false};
  const View duplicates = diagnosis["duplicates"], adversarial = diagnosis["adversarial"], groups = diagnosis["groups"];
  if (duplicates.has()) {
    const auto without = ReadMetric(duplicates["score_without"]);
    const double count = duplicates["rows"].number_or(0);
    block.notes.push_back(count == 0 ? t.Fill("diagnosis.duplicates.none")
                                     : t.Fill("diagnosis.duplicates",
                                              {{"count", count}, {"same", duplicates["same_target"].number_or(0)}}));
    if (without)
      block.notes.push_back(t.Fill("diagnosis.duplicates.without", {{"metric", facts.MetricName(without->name)},
                                                                    {"score", facts.ScoreInterval(*without)}}));
  }
  if (adversarial.has()) {
    std::vector<std::string> top;
    for (const View& name : adversarial["top_columns"].items()) top.push_back(name.text());
    const Values values = {{"auc", t.Fixed(adversarial["auc"].number_or(0.5), 3)},
                           {"columns", t.List(top, Style::kCode)}};
    block.notes.push_back(
        t.Fill(adversarial["differs"].truth() ? "diagnosis.adversarial.apart" : "diagnosis.adversarial.alike", values));
  }
  if (groups["column"].has()) {
    const double shuffled = groups["loss_shuffled"].number_or(1);
    block.notes.push_back(
        t.Fill("diagnosis.groups", {{"column", groups["column"].text()},
                                    {"share", groups["difference"].number_or(0) / std::max(1e-12, shuffled)},
                                    {"count", groups["groups"].number_or(0)}}));
  }
  return block;
}

}  // namespace

Section DiagnosisPart(const Facts& facts) {
  const Language& t = facts.t;
  const View diagnosis = facts.run["diagnosis"], errors = diagnosis["errors"];
  Section section{"diagnosis", t.Fill("diagnosis.title"), t.Fill("diagnosis.lede"), {}, {}};
  if (errors["slices"].size() > 0)
    section.blocks.push_back(Slices(facts, errors["slices"], "diagnosis.slices.title", "diagnosis.slices.lede"));
  if (errors["missing"].size() > 0)
    section.blocks.push_back(Slices(facts, errors["missing"], "diagnosis.missing.title", "diagnosis.missing.lede"));
  if (errors["confusions"].size() > 0) section.blocks.push_back(Confused(facts, errors["confusions"]));
  if (diagnosis["label_noise"]["found"].truth())
    section.blocks.push_back(SuspectLabels(facts, diagnosis["label_noise"]));
  Block across = Across(facts, diagnosis);
  if (!across.notes.empty()) section.blocks.push_back(std::move(across));
  return section;
}

}  // namespace tagwerk::report
