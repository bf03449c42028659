// The page of a comparison of two data sets: what moved and how far, column by column, and as a whole.
#include <algorithm>
#include <cmath>
#include <limits>

#include "report/chart.h"
#include "report/element.h"
#include "report/page.h"
#include "report/pictures.h"
#include "report/report.h"
#include "report/view.h"

namespace tagwerk::report {

namespace {

constexpr std::size_t kMostPictures = 12;
constexpr std::size_t kMostRows = 200;

std::vector<View> ByEffect(const View& drift) {
  std::vector<View> columns = drift["columns"].items();
  std::stable_sort(columns.begin(), columns.end(), [](const View& a, const View& b) {
    if (a["drifted"].truth() != b["drifted"].truth()) return a["drifted"].truth();
    return a["effect"].number_or(0) > b["effect"].number_or(0);
  });
  return columns;
}

std::string GradePill(const Language& t, const View& column) {
  const std::string grade = column["grade"].text();
  if (!column["drifted"].truth()) return Pill("", t.Text("drift.same"));
  const std::string word = t.Has("drift.grade." + grade) ? t.Text("drift.grade." + grade) : grade;
  return Pill(grade == "large" ? "bad" : grade == "moderate" ? "warn" : "info", word);
}

std::string CellName(const Language& t, const View& cell, double from) {
  const std::string kind = cell["kind"].text();
  if (kind == "value") return Shorten(cell["label"].text(), 40);
  if (kind == "rest") return t.Text("drift.cell.rest");
  if (kind == "missing") return t.Text("drift.cell.missing");
  const auto upper = cell["upper"].number();
  const bool open = std::isnan(from);
  if (kind == "above") return t.Text("drift.cell.above", {{"low", t.Number(from)}});
  if (!upper) return "";
  if (open) return t.Text("drift.cell.upto", {{"high", t.Number(*upper)}});
  return t.Text("drift.cell.range", {{"low", t.Number(from)}, {"high", t.Number(*upper)}});
}

/// Shares of the rows in both data sets, cell by cell.
Figure Picture(const Language& t, const View& column) {
  Figure figure;
  figure.title = t.Fill("drift.picture", {{"column", column["name"].text()}});
  figure.lede = t.Fill("drift.picture.lede", {{"effect", t.Fixed(column["effect"].number_or(0), 3)},
                                              {"psi", t.Fixed(column["psi"].number_or(0), 3)}});
  double most = 0.01;
  for (const View& cell : column["cells"].items())
    most = std::max({most, cell["reference"].number_or(0), cell["current"].number_or(0)});
  const Scale scale{0, most * 1.05};
  Table table;
  table.css = "rows";
  table.in_box = false;
  const Labels ticks = TickLabels(t, scale, true, 4);
  table.heads = {TextHead(t.Fill("drift.cell")), Head{{}, false, false, "mk", RowAxis(scale, ticks)},
                 NumberHead(t.Fill("drift.reference")), NumberHead(t.Fill("drift.current"))};
  double from = std::numeric_limits<double>::quiet_NaN();
  for (const View& cell : column["cells"].items()) {
    const double before = cell["reference"].number_or(0), now = cell["current"].number_or(0);
    RowMarks marks(scale, TickValues(ticks), 22);
    marks.Bar(0, now, "model").Tick(before, "ink");
    table.rows.push_back({{TextCell(Name(CellName(t, cell, from))),
                           {{}, marks.Svg(), "class=\"mk\"", false},
                           NumberCell(t.Percent(before)),
                           NumberCell(t.Percent(now))},
                          "",
                          ""});
    if (const auto upper = cell["upper"].number()) from = *upper;
  }
  figure.body = TableHtml(table);
  return figure;
}

Section ColumnsSection(const Language& t, const View& drift, const std::vector<View>& columns) {
  Section section{"columns", t.Fill("drift.columns.title"), t.Fill("drift.columns.lede"), {}, {}};
  Block block;
  Table table;
  table.sortable = true;
  table.heads = {
      TextHead(t.Fill("drift.column")), TextHead(t.Fill("drift.verdict")), NumberHead(t.Fill("drift.effect")),
      NumberHead(Plain("q")),           NumberHead(Plain("PSI")),          NumberHead(Plain("Jensen-Shannon")),
      NumberHead(Plain("Wasserstein")), NumberHead(Plain("KS")),           NumberHead(t.Fill("drift.missing"))};
  const auto number = [&](const View& value) { return NumberCell(value.number() ? t.Fixed(*value.number(), 3) : ""); };
  for (const View& column : columns) {
    if (table.rows.size() >= kMostRows) break;
    const auto q = column["q_value"].number();
    table.rows.push_back({{TextCell(Code(column["name"].text())),
                           {{}, GradePill(t, column), "", false},
                           number(column["effect"]),
                           NumberCell(q ? (*q < 0.001 ? "< 0.001" : t.Fixed(*q, 3)) : ""),
                           number(column["psi"]),
                           number(column["jensen_shannon"]),
                           number(column["wasserstein"]),
                           number(column["ks"]),
                           NumberCell(t.Percent(column["missing_reference_share"].number_or(0)) + " \xE2\x86\x92 " +
                                      t.Percent(column["missing_current_share"].number_or(0)))},
                          "",
                          ""});
  }
  block.html = TableHtml(table);
  block.tables.push_back(std::move(table));
  block.notes.push_back(t.Fill("drift.columns.note", {{"alpha", drift["thresholds"]["alpha"].number_or(0)}}));
  section.blocks.push_back(std::move(block));
  return section;
}

Section PicturesSection(const Language& t, const std::vector<View>& columns) {
  Section section{"shifts", t.Fill("drift.shifts.title"), t.Fill("drift.shifts.lede"), {}, {}};
  for (const View& column : columns)
    if (column["drifted"].truth() && section.figures.size() < kMostPictures)
      section.figures.push_back(Picture(t, column));
  return section;
}

std::vector<std::string> Texts(const View& list) {
  std::vector<std::string> out;
  for (const View& item : list.items()) out.push_back(item.text());
  return out;
}

Section SchemaSection(const Language& t, const View& drift) {
  Section section{"schema", t.Fill("drift.schema.title"), {}, {}, {}};
  Block block;
  const auto list = [&](const char* key, const View& names) {
    if (names.size() > 0) block.notes.push_back(t.Fill(key, {{"columns", t.List(Texts(names), Style::kCode, 20)}}));
  };
  list("drift.schema.missing", drift["missing_columns"]);
  list("drift.schema.extra", drift["extra_columns"]);
  for (const View& change : drift["type_changes"].items())
    block.notes.push_back(t.Fill("drift.schema.type", {{"column", change["name"].text()},
                                                       {"type", t.Text("type." + change["reference"].text())},
                                                       {"share", change["unparsed_share"].number_or(0)}}));
  for (const View& column : drift["columns"].items())
    if (column["new_category_share"].number_or(0) > 0)
      block.notes.push_back(
          t.Fill("drift.schema.new", {{"column", column["name"].text()},
                                      {"values", t.List(Texts(column["new_categories"]), Style::kName, 5)},
                                      {"share", column["new_category_share"].number_or(0)}}));
  if (!block.notes.empty()) section.blocks.push_back(std::move(block));
  return section;
}

Section WholeSection(const Language& t, const View& drift) {
  Section section{"whole", t.Fill("drift.whole.title"), t.Fill("drift.whole.lede"), {}, {}};
  const View all = drift["multivariate"];
  if (!all.has()) return section;
  Block block;
  const double auc = all["auc"].number_or(0.5), low = all["low"].number_or(0.5), high = all["high"].number_or(0.5);
  const Values values = {{"auc", t.Rounded(auc, (high - low) / 2)},
                         {"low", t.Rounded(low, (high - low) / 2)},
                         {"high", t.Rounded(high, (high - low) / 2)},
                         {"rows", all["reference_rows"].number_or(0) + all["current_rows"].number_or(0)}};
  block.notes.push_back(t.Fill(drift["data_set_drifted"].truth() ? "drift.whole.apart" : "drift.whole.alike", values));
  if (drift["data_set_drifted"].truth())
    block.notes.push_back(t.Fill("drift.whole.top", {{"columns", t.List(Texts(all["top_columns"]), Style::kCode)}}));
  const View rebuilt = all["reconstruction"];
  if (rebuilt.has())
    block.notes.push_back(t.Fill("drift.whole.rebuilt", {{"before", t.Fixed(rebuilt["reference"].number_or(0), 2)},
                                                         {"now", t.Fixed(rebuilt["current"].number_or(0), 2)},
                                                         {"p", t.Probability(rebuilt["p_value"].number_or(1))}}));
  section.blocks.push_back(std::move(block));
  return section;
}

std::string Mast(const Language& t, const View& drift) {
  double telling = 0;
  for (const View& column : drift["columns"].items()) {
    const std::string grade = column["grade"].text();
    telling += column["drifted"].truth() && (grade == "moderate" || grade == "large");
  }
  const double drifted = double(drift["drifted"].size()), columns = double(drift["columns"].size());
  const char* question = telling > 0 ? "drift.title.moved" : drifted > 0 ? "drift.title.little" : "drift.title.same";
  Inline answer = t.Fill("drift.answer", {{"count", columns}, {"drifted", drifted}, {"telling", telling}});
  if (drift["drifted"].size() > 0)
    answer = answer + Plain(" ") +
             t.Fill("drift.answer.which", {{"columns", t.List(Texts(drift["drifted"]), Style::kCode, 6)}});
  return "<header class=\"mast\" id=\"short\"><p class=\"kicker\">" + Html(t.Fill("drift.kicker")) + "</p><h1>" +
         Html(t.Fill(question)) + "</h1><p class=\"sub\">" +
         Html(t.Fill("drift.basis", {{"reference", drift["reference"]["source"].text()},
                                     {"current", drift["current"]["source"].text()},
                                     {"reference_rows", drift["reference"]["rows"].number_or(0)},
                                     {"current_rows", drift["current"]["rows"].number_or(0)}})) +
         "</p></header>\n<div class=\"lead\"><div><p class=\"answer\">" + Html(answer) + "</p></div></div>\n";
}

}  // namespace

Result<std::string> RenderDrift(const Json& drift, const std::string& language) {
  TW_TRY(const Language* t, FindLanguage(language));
  const View view(drift);
  const std::vector<View> columns = ByEffect(view);
  const Section pictures = PicturesSection(*t, columns), schema = SchemaSection(*t, view),
                whole = WholeSection(*t, view), all = ColumnsSection(*t, view, columns);
  return PageHtml(*t, t->Text("drift.kicker"), t->Fill("drift.footer"), Mast(*t, view),
                  {&pictures, &whole, &schema, &all});
}

}  // namespace tagwerk::report
