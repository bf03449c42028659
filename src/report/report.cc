// The whole report as one HTML file and as Markdown. The page holds everything: style, marks, script.
#include "report/report.h"

#include "report/chart.h"
#include "report/element.h"
#include "report/facts.h"
#include "report/page.h"
#include "report/parts.h"
#include "report/pictures.h"
#include "report/story.h"

namespace tagwerk::report {

namespace {

std::string StatsHtml(const Story& story) {
  if (story.stats.empty()) return "";
  std::string out = "<dl class=\"stats\">";
  for (const Stat& stat : story.stats)
    out += "<div><dt>" + Html(stat.what) + "</dt><dd class=\"n\">" + Escape(stat.number) + "</dd><dd class=\"s\">" +
           Html(stat.small) + "</dd></div>";
  return out + "</dl>";
}

std::string HundredsHtml(const Hundreds& hundreds) {
  if (hundreds.shapes.empty()) return "";
  std::string label = PlainText(hundreds.title) + ": ";
  std::string keys = "<ul class=\"keys\">";
  for (std::size_t i = 0; i < hundreds.shapes.size(); ++i) {
    const auto& [kind, count] = hundreds.shapes[i];
    label += (i > 0 ? "; " : "") + std::to_string(count) + " " + PlainText(hundreds.keys[i]);
    keys += "<li>" + WaffleKey(kind) + "<b>" + std::to_string(count) + "</b><span>" + Html(hundreds.keys[i]) +
            "</span></li>";
  }
  return "<div class=\"waffle\"><h2>" + Html(hundreds.title) + "</h2><p class=\"small muted\">" + Html(hundreds.note) +
         "</p>" + Waffle(hundreds.shapes, label) + keys + "</ul></div>";
}

std::string Paragraphs(const std::vector<Inline>& list) {
  std::string out;
  for (const Inline& text : list) out += "<p>" + Html(text) + "</p>";
  return out;
}

std::string Items(const std::vector<Inline>& list, const char* open, const char* close) {
  std::string out = open;
  for (const Inline& text : list) out += "<li>" + Html(text) + "</li>";
  return out + close;
}

std::string SixHtml(const Language& t, const Story& story) {
  std::string out = "<div class=\"six\">";
  const auto add = [&](const char* css, const char* key, const std::string& body) {
    if (!body.empty())
      out += "<section" + std::string(css) + "><h2>" + Html(t.Fill(key)) + "</h2>" + body + "</section>\n";
  };
  add("", "six.asked", Paragraphs(story.asked));
  add("", "six.good", Paragraphs(story.good));
  if (!story.found.empty()) {
    std::string found = "<ul class=\"found\">";
    for (const Found& item : story.found)
      found += "<li>" + Pill(item.kind, item.word) + "<span>" + Html(item.text) + "</span></li>";
    add(" class=\"wide\"", "six.found", found + "</ul>");
  }
  if (!story.limits.empty()) add("", "six.limits", Items(story.limits, "<ul class=\"no\">", "</ul>"));
  if (!story.next.empty()) add("", "six.next", Items(story.next, "<ol>", "</ol>"));
  return out + "</div>";
}

std::string StoryHtml(const Language& t, const Story& story) {
  std::string answer;
  for (const Inline& sentence : story.answer) answer += (answer.empty() ? "" : " ") + Html(sentence);
  return "<header class=\"mast\" id=\"short\"><p class=\"kicker\">" + Html(story.kicker) + "</p><h1>" +
         Html(story.question) + "</h1><p class=\"sub\">" + Html(story.basis) +
         "</p></header>\n<div class=\"lead\"><div><p class=\"answer\">" + answer + "</p>" + StatsHtml(story) +
         "</div>" + HundredsHtml(story.hundreds) + "</div>\n" + SixHtml(t, story);
}

std::string StoryMarkdown(const Language& t, const Story& story) {
  std::string out =
      "# " + Markdown(story.question) + "\n\n" + Markdown(story.kicker) + "\n\n" + Markdown(story.basis) + "\n\n";
  for (const Inline& sentence : story.answer) out += Markdown(sentence) + " ";
  out += "\n\n";
  for (const Stat& stat : story.stats)
    out += "- **" + Markdown(Plain(stat.number)) + "** " + Markdown(stat.what) + " (" + Markdown(stat.small) + ")\n";
  if (!story.hundreds.shapes.empty()) {
    out += "\n## " + Markdown(story.hundreds.title) + "\n\n";
    for (std::size_t i = 0; i < story.hundreds.shapes.size(); ++i)
      out += "- " + std::to_string(story.hundreds.shapes[i].second) + " " + Markdown(story.hundreds.keys[i]) + "\n";
  }
  const auto list = [&](const char* key, const std::vector<Inline>& items, const char* mark) {
    if (items.empty()) return;
    out += "\n## " + Markdown(t.Fill(key)) + "\n\n";
    for (const Inline& item : items) out += mark + Markdown(item) + "\n" + (*mark == '\0' ? "\n" : "");
  };
  list("six.asked", story.asked, "");
  list("six.good", story.good, "");
  if (!story.found.empty()) {
    out += "\n## " + Markdown(t.Fill("six.found")) + "\n\n";
    for (const Found& item : story.found)
      out += "- **" + Markdown(Plain(item.word)) + "**: " + Markdown(item.text) + "\n";
  }
  list("six.limits", story.limits, "- ");
  list("six.next", story.next, "1. ");
  return out + "\n";
}

}  // namespace

Result<std::string> RenderHtml(const Json& run, const std::string& language) {
  TW_TRY(const Language* t, FindLanguage(language));
  const Facts facts(View(run), *t);
  const Story story = Tell(facts);
  const Section pictures = Pictures(facts);
  const Section cases = CasesPart(facts);
  const Section trust = TrustPart(facts);
  const Section data = DataPart(facts);
  const Section diagnosis = DiagnosisPart(facts);
  const Section search = SearchPart(facts);
  const Section trace = TracePart(facts);
  const std::vector<const Section*> sections = {&pictures, &cases, &trust, &diagnosis, &data, &search, &trace};
  return PageHtml(*t, PlainText(story.question), t->Fill("footer.text"), StoryHtml(*t, story), sections);
}

Result<std::string> RenderMarkdown(const Json& run, const std::string& language) {
  TW_TRY(const Language* t, FindLanguage(language));
  const Facts facts(View(run), *t);
  std::string out = StoryMarkdown(*t, Tell(facts));
  for (const Section& section : {Pictures(facts), CasesPart(facts), TrustPart(facts), DiagnosisPart(facts),
                                 DataPart(facts), SearchPart(facts), TracePart(facts)})
    out += SectionMarkdown(section, *t);
  return out;
}

std::string FindingText(const Json& finding, const std::string& language) {
  const Language* t = Language::Find(language);
  if (t == nullptr) t = Language::Find("en");
  return PlainText(FindingInline(View(finding), *t));
}

}  // namespace tagwerk::report
