#include "report/page.h"

#include "report/assets.h"
#include "report/report.h"

namespace tagwerk::report {

namespace {

std::string Top(const Language& t, const std::vector<const Section*>& sections) {
  std::string nav = "<a href=\"#short\">" + Html(t.Fill("nav.short")) + "</a>";
  for (const Section* section : sections)
    if (!section->empty()) nav += "<a href=\"#" + section->id + "\">" + Html(t.Fill("nav." + section->id)) + "</a>";
  return "<a class=\"skip\" href=\"#short\">" + Html(t.Fill("nav.skip")) +
         "</a>\n<header class=\"top\"><div class=\"wrap\"><a class=\"brand\" href=\"#short\"><svg "
         "viewBox=\"0 0 18 18\" aria-hidden=\"true\">"
         "<path d=\"M1 13h16\" stroke=\"currentColor\" stroke-width=\"2\"/><path d=\"M4 13a5 5 0 0 1 10 0\" "
         "fill=\"var(--warn-mark)\"/></svg>Tagwerk</a>"
         "<nav aria-label=\"" +
         Escape(t.Text("nav.label")) + "\">" + nav +
         "</nav><div class=\"tools\"><button type=\"button\" id=\"theme\" hidden data-dark=\"" +
         Escape(t.Text("button.dark")) + "\" data-light=\"" + Escape(t.Text("button.light")) + "\">" +
         Html(t.Fill("button.dark")) + "</button><button type=\"button\" id=\"print\" hidden>" +
         Html(t.Fill("button.print")) + "</button></div></div></header>\n";
}

}  // namespace

Result<const Language*> FindLanguage(const std::string& name) {
  if (const Language* language = Language::Find(name)) return language;
  return Error(Code::kInvalidArgument, "language-unknown", "no texts in this language: \"" + name + "\"")
      .In("--lang")
      .Got(name)
      .Allowed(Languages())
      .ExitCode(2);
}

std::string PageStart(const Language& language, std::string_view title, std::string_view body_class,
                      std::string_view css) {
  return "<!doctype html>\n<html lang=\"" + Escape(language.name()) + "\" data-decimal=\"" +
         Escape(language.decimal()) +
         "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
         "<meta name=\"generator\" content=\"Tagwerk\"><title>" +
         Escape(title) + "</title>\n<style>" + std::string(FindAsset("assets/report.css")) + std::string(css) +
         "</style>\n<script>" + std::string(FindAsset("assets/theme.js")) + "</script></head>\n<body class=\"" +
         std::string(body_class) + "\">\n";
}

std::string PageEnd() {
  return "<div id=\"tip\" aria-hidden=\"true\"></div>\n<script>" + std::string(FindAsset("assets/report.js")) +
         "</script>\n</body></html>\n";
}

std::vector<std::string> Languages() { return Language::Names(); }

std::string FramedHtml(const Language& language, const std::string& title, const Inline& footer,
                       const std::string& body, const std::vector<const Section*>& named) {
  return PageStart(language, title, "report") + Top(language, named) + "<main>" + body +
         "</main>\n<footer><div class=\"wrap\">" + Html(footer) + "</div></footer>\n" + PageEnd();
}

std::string PageHtml(const Language& language, const std::string& title, const Inline& footer, const std::string& top,
                     const std::vector<const Section*>& sections) {
  std::string body = "<div class=\"wrap\">\n" + top + "</div>\n";
  for (const Section* section : sections) body += SectionHtml(*section, language);
  return FramedHtml(language, title + " \xE2\x80\x93 " + language.Text("heading.title"), footer, body, sections);
}

}  // namespace tagwerk::report
