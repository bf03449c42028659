// The run as an article for readers outside: question, data, method, results, limits, how to repeat it.
// Prose from the facts of the run document; the figures are those of the report.
#include <algorithm>

#include "report/assets.h"
#include "report/page.h"
#include "report/parts.h"
#include "report/pictures.h"
#include "report/references.h"
#include "report/report.h"
#include "report/story.h"

namespace tagwerk::report {

namespace {

constexpr std::size_t kMostNotes = 3;  // findings of the lowest severity

/// One part: paragraphs, a list, a table, figures; what is empty is left out.
struct Chapter {
  std::string id;
  Inline title;
  std::vector<Inline> paragraphs;
  std::vector<Inline> items;
  std::vector<Inline> after;  ///< paragraphs after the list
  Table table;
  std::string command;
  std::vector<Figure> figures;
  bool empty() const {
    return paragraphs.empty() && items.empty() && table.empty() && figures.empty() && command.empty();
  }
};

Chapter Question(const Facts& facts, const Story& story) {
  return {"question", facts.t.Fill("article.question.title"), story.asked, {}, {}, {}, "", {}};
}

Chapter Data(const Facts& facts) {
  const Language& t = facts.t;
  const View data = facts.run["data"];
  Chapter chapter{"data", t.Fill("article.data.title"), {}, {}, {}, {}, "", {}};
  std::vector<std::string> sources;
  for (const View& source : data["sources"].items()) sources.push_back(source["path"].text());
  if (data.has())
    chapter.paragraphs.push_back(t.Fill(
        "article.data",
        {{"count", data["rows"].number_or(0)}, {"columns", data["columns"].number_or(0)}, {"sources", sources}}));
  double used = 0, left = 0;
  for (const View& column : facts.run["columns"].items()) {
    if (column["name"].text() == facts.target) continue;
    (column["used"].truth() ? used : left) += 1;
  }
  if (used + left > 0 && !chapter.paragraphs.empty())
    chapter.paragraphs.back() =
        chapter.paragraphs.back() + Plain(" ") +
        (left > 0 ? t.Fill("article.data.columns", {{"used", used}, {"left", left}}) : t.Fill("article.data.all"));
  std::size_t notes = 0, hidden = 0;
  for (const View& finding : facts.run["findings"].items()) {
    if (finding["severity"].text() == "note" && ++notes > kMostNotes) {
      ++hidden;
      continue;
    }
    chapter.items.push_back(Sentence(FindingInline(finding, t)));
  }
  chapter.paragraphs.push_back(t.Fill(chapter.items.empty() ? "article.data.found.none" : "article.data.found"));
  if (hidden > 0) chapter.after.push_back(t.Fill("article.data.more", {{"count", double(hidden)}}));
  return chapter;
}

/// What the split says of itself, in the language where the document has a key for it.
Inline SplitReason(const Facts& facts) {
  const View split = facts.run["split"];
  const std::string key = split["reason_key"].text();
  if (key.empty() || !facts.t.Has(key)) return Plain(split["reason"].text());
  Values values;
  for (const std::string& name : split["reason_values"].keys())
    values.emplace_back(name, Value::From(split["reason_values"][name]));
  return facts.t.Fill(key, values);
}

Inline ArticleCandidates(const Facts& facts) {
  double count = 0;
  std::vector<std::string> families;
  for (const View& row : facts.run["leaderboard"].items()) {
    if (row["baseline"].truth()) continue;
    ++count;
    const std::string title = row["model"].text();
    const std::string family = title.substr(0, title.find("  "));
    if (std::find(families.begin(), families.end(), family) == families.end()) families.push_back(family);
  }
  if (count == 0) return {};
  return facts.t.Fill("article.method.search", {{"count", count},
                                                {"families", facts.t.List(families, Style::kPlain, 12)},
                                                {"metric", facts.MetricName(facts.metric)}});
}

Inline Chosen(const Facts& facts) {
  const std::vector<View> members = facts.run["model"]["members"].items();
  if (members.empty()) return {};
  Inline list;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) list = list + Plain(", ");
    list =
        list + facts.ModelTitle(members[i]) + Plain(" (" + facts.t.Fixed(members[i]["weight"].number_or(0), 2) + ")");
  }
  return Sentence(
      facts.t.Fill("article.method.model",
                   {{"count", double(members.size())}, {"model", facts.ModelTitle(members[0])}, {"models", list}}));
}

Chapter Method(const Facts& facts) {
  const Language& t = facts.t;
  Chapter chapter{"method", t.Fill("article.method.title"), {}, {}, {}, {}, "", {}};
  const bool folds = facts.run["test"]["method"].text() == "out_of_fold_corrected";
  Inline rows;
  if (facts.train_rows > 0)
    rows = t.Fill(folds ? "article.method.rows.folds" : "article.method.rows",
                  {{"train", facts.train_rows}, {"test", facts.test_rows}});
  if (const Inline reason = SplitReason(facts); !PlainText(reason).empty())
    rows = rows + Plain(" ") + t.Fill("article.method.split", {{"split", reason}});
  if (const double n = facts.run["split"]["folds"].number_or(0); n > 0)
    rows = rows + Plain(" ") + t.Fill("split.folds", {{"count", n}});
  if (!rows.empty()) chapter.paragraphs.push_back(rows);
  Inline search = ArticleCandidates(facts);
  if (const std::string stop = "stop." + facts.run["stop_reason"].text(); !search.empty() && t.Has(stop))
    search = search + Plain(" ") + t.Fill(stop);
  if (!search.empty()) chapter.paragraphs.push_back(search);
  Inline chosen = Chosen(facts);
  const std::string calibration = facts.run["model"]["calibration"].text();
  if (!chosen.empty() && !calibration.empty() && calibration != "none")
    chosen = chosen + Plain(" ") + t.Fill("article.method.calibration", {{"method", calibration}});
  if (!chosen.empty() && facts.run["model"]["refitted"].truth() && !folds)
    chosen = chosen + Plain(" ") + t.Fill("article.method.refit");
  if (!chosen.empty()) chapter.paragraphs.push_back(chosen);
  chapter.paragraphs.push_back(t.Fill("article.method.intervals"));
  return chapter;
}

Inline Difference(const Facts& facts) {
  const View better = facts.run["test"]["better_than_baseline"];
  const auto value = better["difference"].number(), low = better["low"].number(), high = better["high"].number();
  if (!value || !low || !high) return {};
  const double half = (*high - *low) / 2;
  return facts.t.Fill("article.results.difference", {{"metric", facts.MetricName(better["metric"].text())},
                                                     {"difference", facts.t.Signed(*value, half)},
                                                     {"low", facts.t.Signed(*low, half)},
                                                     {"high", facts.t.Signed(*high, half)},
                                                     {"p", facts.t.Probability(better["p_value"].number_or(1))}});
}

Chapter Results(const Facts& facts, const Story& story) {
  Chapter chapter{"results", facts.t.Fill("article.results.title"), story.good, {}, {}, PerformanceTable(facts), "",
                  {}};
  if (Inline difference = Difference(facts); !difference.empty()) chapter.paragraphs.push_back(std::move(difference));
  chapter.table.caption = facts.t.Fill("article.results.table");
  Section figures;
  DrawLadder(facts, figures);
  DrawCalibration(facts, figures);
  DrawCoverage(facts, figures);
  DrawTime(facts, figures);
  DrawSlices(facts, figures);
  chapter.figures = std::move(figures.figures);
  return chapter;
}

Chapter Look(const Facts& facts) {
  Section figures;
  DrawImportance(facts, figures);
  DrawDependence(facts, figures);
  return {"look", facts.t.Fill("article.look.title"), {}, {}, {}, {}, "", std::move(figures.figures)};
}

Chapter Reproduce(const Facts& facts) {
  const Language& t = facts.t;
  const View run = facts.run;
  Chapter chapter{"reproduce", t.Fill("article.reproduce.title"), {}, {}, {}, {}, "", {}};
  chapter.command = run["reproduce"]["command"].text();
  if (chapter.command.empty()) chapter.command = run["command"].text();
  chapter.paragraphs.push_back(t.Fill(run["reproduce"]["exact"].truth() ? "trace.exact" : "trace.not_exact"));
  chapter.after.push_back(t.Fill("article.reproduce.data", {{"fingerprint", run["data"]["fingerprint"].text()},
                                                            {"version", run["version"].text()},
                                                            {"seed", run["seed"].text()},
                                                            {"threads", run["threads"].number_or(1)}}));
  return chapter;
}

std::vector<Chapter> Chapters(const Facts& facts, const Story& story) {
  std::vector<Chapter> chapters = {Question(facts, story),
                                   Data(facts),
                                   Method(facts),
                                   Results(facts, story),
                                   Look(facts),
                                   {"limits", facts.t.Fill("article.limits.title"), {}, story.limits, {}, {}, "", {}},
                                   Reproduce(facts)};
  Chapter references{"references", facts.t.Fill("article.references.title"), {}, {}, {}, {}, "", {}};
  for (const std::string& citation : References(facts)) references.items.push_back(Plain(citation));
  chapters.push_back(std::move(references));
  std::erase_if(chapters, [](const Chapter& chapter) { return chapter.empty(); });
  int number = 0;
  for (Chapter& chapter : chapters)
    for (Figure& figure : chapter.figures) {
      figure.title = facts.t.Fill("article.figure", {{"number", std::to_string(++number)}}) + Plain(" ") + figure.title;
      figure.css = "wide";
    }
  return chapters;
}

std::string ChapterHtml(const Chapter& chapter, const Language& t) {
  std::string out = "<section id=\"" + chapter.id + "\"><h2>" + Html(chapter.title) + "</h2>\n";
  for (const Inline& text : chapter.paragraphs) out += "<p>" + Html(text) + "</p>\n";
  if (!chapter.command.empty()) out += "<pre tabindex=\"0\"><code>" + Escape(chapter.command) + "</code></pre>\n";
  if (!chapter.items.empty()) {
    out += "<ul>";
    for (const Inline& item : chapter.items) out += "<li>" + Html(item) + "</li>";
    out += "</ul>\n";
  }
  for (const Inline& text : chapter.after) out += "<p>" + Html(text) + "</p>\n";
  if (!chapter.table.empty())
    out += "<div class=\"tab\"><p class=\"cap\">" + Html(chapter.table.caption) + "</p>" + TableHtml(chapter.table) +
           "</div>\n";
  for (const Figure& figure : chapter.figures) out += FigureHtml(figure, t);
  return out + "</section>\n";
}

std::string ChapterMarkdown(const Chapter& chapter) {
  std::string out = "## " + Markdown(chapter.title) + "\n\n";
  for (const Inline& text : chapter.paragraphs) out += Markdown(text) + "\n\n";
  if (!chapter.command.empty()) out += Markdown(Code(chapter.command)) + "\n\n";
  for (const Inline& item : chapter.items) out += "- " + Markdown(item) + "\n";
  if (!chapter.items.empty()) out += "\n";
  for (const Inline& text : chapter.after) out += Markdown(text) + "\n\n";
  out += TableMarkdown(chapter.table);
  for (const Figure& figure : chapter.figures) {
    out += "### " + Markdown(figure.title) + "\n\n";
    for (const Inline& sentence : figure.read)
      if (!sentence.empty()) out += Markdown(sentence) + "\n\n";
    out += TableMarkdown(figure.numbers);
  }
  return out;
}

Inline Answer(const Story& story) {
  Inline answer;
  for (const Inline& sentence : story.answer) answer = answer + Plain(answer.empty() ? "" : " ") + sentence;
  return answer;
}

}  // namespace

Result<std::string> RenderArticle(const Json& run, const std::string& language, bool markdown) {
  TW_TRY(const Language* t, FindLanguage(language));
  const Facts facts(View(run), *t);
  const Story story = Tell(facts);
  const Inline kicker = t->Fill("article.kicker", {{"when", facts.run["finished_at"].text()},
                                                   {"rows", facts.run["data"]["rows"].number_or(0)},
                                                   {"columns", facts.run["data"]["columns"].number_or(0)}});
  const Inline footer =
      t->Fill("article.footer", {{"version", facts.run["version"].text()}, {"run", facts.run["id"].text()}});
  const std::vector<Chapter> chapters = Chapters(facts, story);
  if (markdown) {
    std::string out =
        "# " + Markdown(story.question) + "\n\n" + Markdown(kicker) + "\n\n" + Markdown(Answer(story)) + "\n\n";
    for (const Chapter& chapter : chapters) out += ChapterMarkdown(chapter);
    return out + "---\n\n" + Markdown(footer) + "\n";
  }
  std::string out = PageStart(*t, PlainText(story.question), "article", FindAsset("assets/article.css"));
  out += "<main><article><header><p class=\"kicker\">" + Html(kicker) + "</p><h1>" + Html(story.question) +
         "</h1><p class=\"standfirst\">" + Html(Answer(story)) + "</p></header>\n<nav aria-label=\"" +
         Escape(t->Text("article.nav.label")) + "\"><ol>";
  for (const Chapter& chapter : chapters)
    out += "<li><a href=\"#" + chapter.id + "\">" + Html(chapter.title) + "</a></li>";
  out += "</ol></nav>\n";
  for (const Chapter& chapter : chapters) out += ChapterHtml(chapter, *t);
  return out + "</article></main>\n<footer><p>" + Html(footer) + "</p></footer>\n" + PageEnd();
}

}  // namespace tagwerk::report
