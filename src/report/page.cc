// The frame of a page; see page.h.
#include "report/page.h"

#include "report/assets.h"
#include "report/report.h"

namespace tagwerk::report {

Result<const Language*> FindLanguage(const std::string& name) {
  if (const Language* language = Language::Find(name)) return language;
  return Error(Code::kInvalidArgument, "language-unknown", "no texts in this language: \"" + name + "\"")
      .In("--lang")
      .Got(name)
      .Allowed(Languages())
      .ExitCode(2);
}

std::string Page(const Language& language, const std::string& title, const std::string& top,
                 const std::string& content) {
  return "<!doctype html>\n<html lang=\"" + Escape(language.name()) + "\" data-decimal=\"" +
         Escape(language.decimal()) +
         "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
         "<meta name=\"generator\" content=\"Tagwerk\"><title>" +
         Escape(title) + "</title>\n<style>" + std::string(FindAsset("assets/report.css")) + "</style>\n<script>" +
         std::string(FindAsset("assets/theme.js")) + "</script></head>\n<body class=\"report\">\n" + top + "<main>" +
         content + "</main>\n<footer><div class=\"wrap\">" + Html(language.Fill("footer.text")) +
         "</div></footer>\n<div id=\"tip\" aria-hidden=\"true\"></div>\n<script>" +
         std::string(FindAsset("assets/report.js")) + "</script>\n</body></html>\n";
}

}  // namespace tagwerk::report
