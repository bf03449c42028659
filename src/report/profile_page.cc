// The page of `tagwerk profile -o FILE.html`: findings and columns as in a run's report, and what belongs
// together: related columns, gaps, keys, unusual rows.
#include <algorithm>

#include "report/chart.h"
#include "report/page.h"
#include "report/parts.h"
#include "report/report.h"

namespace tagwerk::report {
namespace {

constexpr std::size_t kMostRowsShown = 30;

Inline NamesOf(const Language& t, const View& names) { return t.List(Value::From(names).texts(), Style::kCode, 4); }

Inline MeasureOf(const Language& t, const View& pair) {
  const std::string kind = pair["kind"].text();
  const auto figure = [&](const char* name) { return t.Fixed(pair[name].number_or(0), 2); };
  if (kind == "number_number")
    return t.Fill("profile.measure.numbers", {{"pearson", figure("pearson")}, {"spearman", figure("spearman")}});
  if (kind == "number_category") return t.Fill("profile.measure.mixed", {{"ratio", figure("correlation_ratio")}});
  return t.Fill("profile.measure.groups", {{"v", figure("cramers_v")}});
}

Block Related(const Language& t, const View& profile) {
  const View summary = profile["pairs_summary"];
  Block block{t.Fill("profile.related.title"),
              t.Fill("profile.related.lede",
                     {{"pairs", summary["tested"].number_or(0)}, {"rows", summary["rows"].number_or(0)}}),
              "",
              {},
              {},
              false};
  Table table;
  table.css = "rows";
  table.in_box = false;
  const Scale scale{0, 1};
  table.heads = {TextHead(t.Fill("column.column")),
                 Head{t.Fill("profile.strength"), false, true, "mk", RowAxis(scale, {{0, "0"}, {1, "1"}})},
                 TextHead(t.Fill("column.metric")), NumberHead(t.Fill("column.rows"))};
  for (const View& pair : profile["pairs"].items()) {
    const double strength = pair["strength"].number_or(0);
    if (table.rows.size() >= kMostRowsShown || strength < 0.2 || pair["q_value"].number_or(1) > 0.01) break;
    RowMarks marks(scale, {0, 0.5, 1}, 18);
    marks.Bar(0, strength, "model");
    table.rows.push_back({{TextCell(NamesOf(t, pair["columns"])),
                           {{}, marks.Svg(), "class=\"mk\"", false},
                           TextCell(MeasureOf(t, pair)),
                           NumberCell(t.Count(pair["rows"].number_or(0)))},
                          "",
                          ""});
  }
  block.tables.push_back(std::move(table));
  return block;
}

Block Gaps(const Language& t, const View& missing) {
  Block block{t.Fill("profile.gaps.title"),
              t.Fill("profile.gaps.lede",
                     {{"count", missing["columns"].number_or(0)}, {"rows", missing["complete_rows"].number_or(0)}}),
              "",
              {},
              {},
              true};
  Table table;
  table.heads = {TextHead(t.Fill("profile.gaps.empty")), NumberHead(t.Fill("column.rows"))};
  for (const View& pattern : missing["patterns"].items()) {
    if (pattern["columns"].size() == 0 || table.rows.size() >= 10) continue;
    table.rows.push_back(
        {{TextCell(NamesOf(t, pattern["columns"])), NumberCell(t.Count(pattern["rows"].number_or(0)))}, "", ""});
  }
  block.tables.push_back(std::move(table));
  return block;
}

Block Keys(const Language& t, const View& profile) {
  Block block{t.Fill("profile.keys.title"), t.Fill("profile.keys.lede"), "", {}, {}, true};
  Table keys, depends;
  keys.heads = {TextHead(t.Fill("profile.key"))};
  for (const View& key : profile["keys"].items()) keys.rows.push_back({{TextCell(NamesOf(t, key["columns"]))}, "", ""});
  depends.heads = {TextHead(t.Fill("profile.left")), TextHead(t.Fill("profile.right")),
                   NumberHead(t.Fill("profile.exceptions"))};
  for (const View& one : profile["dependencies"].items()) {
    if (depends.rows.size() >= kMostRowsShown) break;
    const double error = one["error"].number_or(0);
    depends.rows.push_back({{TextCell(NamesOf(t, one["left"])), TextCell(NamesOf(t, one["right"])),
                             NumberCell(error > 0 ? t.Percent(error) : "\xE2\x80\x93")},
                            "",
                            ""});
  }
  if (!keys.empty()) block.tables.push_back(std::move(keys));
  if (!depends.empty()) block.tables.push_back(std::move(depends));
  return block;
}

Block Unusual(const Language& t, const View& unusual) {
  Block block{t.Fill("profile.unusual.title"),
              t.Fill("profile.unusual.lede", {{"rows", unusual["looked_at"].number_or(0)}}),
              "",
              {},
              {},
              false};
  Table table;
  table.heads = {NumberHead(t.Fill("column.row")), TextHead(t.Fill("column.values")),
                 NumberHead(t.Fill("profile.score"))};
  for (const View& row : unusual["rows"].items()) {
    Inline why;
    for (const View& reason : row["reasons"].items())
      why = why + Plain(why.empty() ? "" : ", ") + Code(reason["column"].text()) + Plain(" ") +
            Name(Shorten(reason["value"].text(), 30));
    table.rows.push_back({{NumberCell(t.Count(row["row"].number_or(0))), TextCell(why),
                           NumberCell(t.Fixed(row["score"].number_or(0), 2))},
                          "",
                          ""});
  }
  block.tables.push_back(std::move(table));
  return block;
}

Section Together(const Language& t, const View& profile) {
  Section section{"together", t.Fill("profile.together.title"), {}, {}, {}};
  const auto add = [&](Block block) {
    const bool filled =
        std::any_of(block.tables.begin(), block.tables.end(), [](const Table& x) { return !x.empty(); });
    if (filled) section.blocks.push_back(std::move(block));
  };
  add(Related(t, profile));
  add(Gaps(t, profile["missingness"]));
  add(Keys(t, profile));
  add(Unusual(t, profile["unusual_rows"]));
  return section;
}

std::string Head(const Language& t, const View& profile, const std::string& name, const std::string& number) {
  const double columns = double(profile["columns"].size());
  return "<header class=\"mast\" id=\"short" + number + "\"><p class=\"kicker\">" + Html(t.Fill("profile.kicker")) +
         "</p><h1>" + Html(Name(name)) + "</h1><p class=\"sub\">" +
         Html(t.Fill("profile.basis", {{"rows", profile["rows"].number_or(0)}, {"columns", columns}})) +
         "</p></header>\n";
}

std::string NameOf(const View& profile) {
  if (const std::string name = profile["name"].text(); !name.empty()) return name;
  const std::string path = profile["sources"].at(0)["path"].text();
  return path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
}

/// One data set: its head, findings and columns, what belongs together.
struct Part {
  std::string head;
  Section data, together;

  std::string Html(const Language& t) const {
    return "<div class=\"wrap\">\n" + head + "</div>\n" + SectionHtml(data, t) + SectionHtml(together, t);
  }
};

/// `number` keeps ids apart on a page of several data sets; "" on a page of one.
Part PartOf(const Language& t, const Json& document, const std::string& number) {
  const View profile(document);
  Part part{Head(t, profile, NameOf(profile), number), DataPart(Facts(profile, t)), Together(t, profile)};
  part.data.id += number;
  part.together.id += number;
  return part;
}

}  // namespace

Result<std::string> RenderProfile(const Json& profile, const std::string& language) {
  TW_TRY(const Language* t, FindLanguage(language));
  const Inline footer = t->Fill("profile.footer");
  if (View(profile)["schema"].text() != "tagwerk.profiles/1") {
    const Part part = PartOf(*t, profile, "");
    return FramedHtml(*t, NameOf(View(profile)), footer, part.Html(*t), {&part.data, &part.together});
  }
  std::string body;
  std::size_t count = 0;
  for (const Json& item : profile["items"])
    body += PartOf(*t, item, ++count == 1 ? "" : "-" + std::to_string(count)).Html(*t);
  return FramedHtml(*t, t->Text("profile.kicker"), footer, body, {});
}

}  // namespace tagwerk::report
